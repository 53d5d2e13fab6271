package stacks

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein" // one function without dependencies, MIT

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/constructs/network"
	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/machineimage"
)

// ReadConfig reads the configuration from CDK context, and applies the defaults. The error is a [ConfigError] with all problems. Keys of CDK
// itself (with ":", "@" or "cli-") are ignored; any other unknown key is a problem.
func ReadConfig(context map[string]any) (Config, error) {
	r := reader{context: context}
	c := Config{
		SourceAccount:      r.text("sourceAccount", required, account),
		TargetAccount:      r.text("targetAccount", required, account),
		Region:             r.text("region", required, satisfying(contract.IsRegion, "a region, such as ap-northeast-1")),
		Stage:              r.text("stage", optional, matching(stage, "1 to 16 lower-case letters, digits and hyphens, beginning with a letter, such as dev")),
		AvailabilityZones:  r.list("availabilityZones", satisfying(network.IsZone, "zones, such as ap-northeast-1a")),
		VpcCIDR:            r.text("vpcCidr", optional, satisfying(network.IsCIDR, "an IPv4 block of private addresses between /16 and /20, such as 10.0.0.0/16")),
		VpcID:              r.text("vpcId", optional, isID("vpc")),
		PrivateSubnets:     r.list("privateSubnets", satisfying(isExistingSubnet, existingSubnet)),
		IsolatedSubnets:    r.list("isolatedSubnets", satisfying(isExistingSubnet, existingSubnet)),
		STSEndpointID:      r.text("stsEndpointId", optional, isID("vpce")),
		S3EndpointID:       r.text("s3EndpointId", optional, isID("vpce")),
		DynamoDBEndpointID: r.text("dynamoDbEndpointId", optional, isID("vpce")),
		StatementsAdded:    r.flag("statementsAdded", false),
		DataBucket:         r.text("dataBucket", optional, satisfying(isBucketName, "the name of a bucket, such as company-data")),
		DataKeyARN:         r.text("dataKeyArn", optional, satisfying(isKeyARN, keyForm)),
		Table:              r.text("table", optional, matching(tableName, "the name of a table: 3 to 255 letters, digits and _.-")),
		TableKeyARN:        r.text("tableKeyArn", optional, satisfying(isKeyARN, keyForm)),
		TrailBucket:        r.text("trailBucket", optional, satisfying(isBucketName, "the name of a bucket, such as company-logs")),
		TrailKeyARN:        r.text("trailKeyArn", optional, satisfying(isKeyARN, keyForm)),
		TrailPrefix:        r.text("trailPrefix", optional, matching(trailPrefix, "what is before /AWSLogs/ in the keys, at most 200 letters, digits and !_.'()/-, such as audit")),
		Facts:              r.text("facts", optional, satisfying(func(s string) bool { return s != "" }, "the path of a file, such as facts.json")),
		PermissionsBoundary: r.text("permissionsBoundary", optional, satisfying(isBoundary, "the name of a managed policy of both accounts, such as company-boundary, or an ARN such as "+
			"arn:aws:iam::${AWS::AccountId}:policy/company-boundary")),
		ImageID:              r.text("imageId", optional, satisfying(machineimage.IsID, "the ID of an image of Amazon Linux 2023 for arm64 in the region, such as ami-0a1b2c3d4e5f67890")),
		Egress:               network.Egress(r.text("egress", optional, oneOf(network.Egresses()))),
		Architecture:         workload.Architecture(r.text("architecture", optional, oneOf(workload.Architectures()))),
		Prefixes:             r.list("prefixes", satisfying(isPrefix, "key prefixes, such as inbox/, without a bucket, a leading /, spaces around them, control characters, *, ? or $")),
		RemovalPolicy:        Removal(r.text("removalPolicy", optional, oneOf([]Removal{Retain, Destroy}))),
		AlarmEmails:          r.listOrNone("alarmEmails", satisfying(workload.IsEmail, "email addresses, such as ops@example.com")),
		LogRetentionDays:     r.number("logRetentionDays", oneOf(logRetentionDays())),
		CopyPartMiB:          r.number("copyPartMiB", wholeFrom(5, 5120)),
		CopyScale:            CopyScale(r.text("copyScale", optional, oneOf([]CopyScale{CopyFunction, CopyDistributedMap}))),
		CopyInventory:        workload.InventoryFormat(r.text("copyInventory", optional, oneOf(workload.InventoryFormats()))),
		CopyConcurrency:      r.number("copyConcurrency", wholeFrom(1, 1000)),
		CopyToleratedPercent: r.numberOr("copyToleratedPercent", defaultTolerated, wholeFrom(0, 100)),
		CopySchedule:         r.text("copySchedule", optional, matching(schedule, "a schedule of EventBridge, such as rate(1 day) or cron(0 3 * * ? *)")),
		CreateTrail:          r.flag("createTrail", false),
		SessionManager:       r.flag("sessionManager", true),
		APIAuthorization:     workload.Authorization(r.text("apiAuthorization", optional, oneOf(workload.Authorizations()))),
		APIPath:              r.text("apiPath", optional, satisfying(workload.IsAPIPath, "a path such as /items, without parameters")),
		APIOrigins:           r.listOrNone("apiOrigins", satisfying(workload.IsOrigin, "schemes and hosts of websites, such as https://www.example.com")),
		EventsTo:             EventsTo(r.text("eventsTo", optional, oneOf([]EventsTo{EventsCopy, EventsList}))),
		EventSuffixes:        r.listOrNone("eventSuffixes", matching(suffix, "key suffixes, such as .csv, without spaces around them, control characters, *, ? or $")),
		Perimeter:            Perimeter(r.text("perimeter", optional, oneOf(Perimeters()))),
		Administrators:       r.listOrNone("administrators", satisfying(contract.IsRoleOrUserARN, "ARNs of roles and users, such as arn:aws:iam::222222222222:role/admin")),
		ExternalID: r.text("externalId", optional, satisfying(contract.IsExternalID,
			fmt.Sprintf("%d to %d letters, digits and _+=,.@:/-", contract.MinExternalID, contract.MaxExternalID))),
		OrganizationID:        r.text("organizationId", optional, satisfying(contract.IsOrganizationID, "an organization's ID, such as o-a1b2c3d4e5")),
		SessionSeconds:        r.number("sessionSeconds", wholeFrom(int(crossaccount.MinSession.Seconds()), int(crossaccount.MaxSession.Seconds()))),
		NoncurrentVersionDays: r.number("noncurrentVersionDays", wholeFrom(0, maxDays)),
		IncompleteUploadDays:  r.number("incompleteUploadDays", wholeFrom(1, maxDays)),
		TrailLogDays:          r.number("trailLogDays", wholeFrom(0, maxDays)),
	}
	for _, name := range r.list("workloads", oneOf(Workloads())) {
		c.Workloads = append(c.Workloads, Workload(name))
	}
	r.unknownKeys()
	r.checkRegion(c.Region)
	r.checkTogether(c)
	r.checkVpc(c)
	r.checkExisting(c)
	r.checkPrefixes(c.Prefixes)
	r.checkOverlaps("prefixes", c.Prefixes, "the beginning", strings.HasPrefix)
	r.checkOverlaps("eventSuffixes", c.EventSuffixes, "the end", strings.HasSuffix)
	r.checkEffects(c)
	r.checkCopyScale(c)
	r.checkPerimeter(c)
	if len(r.problems) > 0 {
		slices.Sort(r.problems)
		return Config{}, &ConfigError{Problems: r.problems}
	}
	return c.withDefaults(), nil
}

// ConfigError is the error of an invalid configuration.
type ConfigError struct {
	// Problems are all problems, sorted, one line each: the key, the value that was found, and what was expected.
	Problems []string
}

func (e *ConfigError) Error() string {
	return "configuration (context in cdk.json, or -c KEY=VALUE):\n  " + strings.Join(e.Problems, "\n  ")
}

var (
	stage  = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,14}[a-z0-9])?$`)
	prefix = regexp.MustCompile(`^[^/*?$\s\pC]([^*?$\pC]*[^*?$\s\pC])?$`)
	suffix = regexp.MustCompile(`^[^*?$\s\pC]([^*?$\pC]*[^*?$\s\pC])?$`)
)

// schedule is the form of EventBridge's schedules, which checks the fields of cron itself.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
var schedule = regexp.MustCompile(`^(rate\((1 (minute|hour|day)|([2-9]|[1-9][0-9]+) (minutes|hours|days))\)|cron\([^()\s]+( [^()\s]+){5}\))$`)

// defaultTolerated is the default of copyToleratedPercent.
const defaultTolerated = 10

// maxDays is the longest period that S3 takes in a lifecycle rule, in days.
const maxDays = 1<<31 - 1

// isPrefix reports whether s can be a prefix of keys. A URI has the bucket in it, which no key has.
func isPrefix(s string) bool { return prefix.MatchString(s) && !strings.Contains(s, "://") }

// check returns "" for a valid value, and what was expected for any other.
type check func(value string) (expected string)

func account(value string) string {
	if contract.IsAccountID(value) {
		return ""
	}
	return fmt.Sprintf("12 digits (this has %d characters)", len([]rune(value)))
}

func matching(form *regexp.Regexp, expected string) check {
	return func(value string) string {
		if form.MatchString(value) {
			return ""
		}
		return expected
	}
}

func oneOf[T ~string](values []T) check {
	return func(value string) string {
		if slices.Contains(values, T(value)) {
			return ""
		}
		var names []string
		for _, v := range values {
			names = append(names, string(v))
		}
		return "one of " + strings.Join(names, ", ")
	}
}

func satisfying(valid func(string) bool, expected string) check {
	return func(value string) string {
		if valid(value) {
			return ""
		}
		return expected
	}
}

func wholeFrom(least, most int) check {
	return func(value string) string {
		if n, err := strconv.Atoi(value); err == nil && n >= least && n <= most {
			return ""
		}
		return fmt.Sprintf("a whole number from %d to %d", least, most)
	}
}

const (
	required = true
	optional = false
)

// reader reads known keys from the context and collects problems.
type reader struct {
	context  map[string]any
	known    []string
	problems []string
}

func (r *reader) problem(key, found, expected string) {
	r.problems = append(r.problems, fmt.Sprintf("%s: found %s, expected %s", key, found, expected))
}

func (r *reader) text(key string, isRequired bool, valid check) string {
	r.known = append(r.known, key)
	raw, set := r.context[key]
	if !set {
		if isRequired {
			r.problem(key, "nothing", valid.expectation())
		}
		return ""
	}
	value, ok := raw.(string)
	if !ok {
		r.problem(key, describe(raw), "text in quotes: "+valid.expectation())
		return ""
	}
	if expected := valid(value); expected != "" {
		r.problem(key, describe(value), expected)
		return ""
	}
	return value
}

// expectation returns what the check expects. It relies on the fact that no check accepts "".
func (c check) expectation() string {
	return strings.TrimSuffix(c(""), " (this has 0 characters)")
}

// number reads a JSON number, or digits as -c gives them; the check gets the digits. It returns 0 for a key that is not set.
func (r *reader) number(key string, valid check) int {
	r.known = append(r.known, key)
	raw, set := r.context[key]
	if !set {
		return 0
	}
	digits := fmt.Sprint(raw)
	if f, ok := raw.(float64); ok {
		digits = strconv.FormatFloat(f, 'f', -1, 64)
	}
	value, err := strconv.Atoi(digits)
	if expected := valid(digits); expected != "" || err != nil {
		r.problem(key, describe(raw), valid.expectation())
	}
	return value
}

// numberOr is like number, with a default that is not zero although zero is a value.
func (r *reader) numberOr(key string, absent int, valid check) int {
	value := r.number(key, valid)
	if _, set := r.context[key]; !set {
		return absent
	}
	return value
}

// flag reads true or false, as JSON or as text.
func (r *reader) flag(key string, absent bool) bool {
	r.known = append(r.known, key)
	raw, set := r.context[key]
	if !set {
		return absent
	}
	switch fmt.Sprint(raw) {
	case "true":
		return true
	case "false":
		return false
	}
	r.problem(key, describe(raw), "true or false")
	return false
}

// listOrNone reads a list that may be empty.
func (r *reader) listOrNone(key string, valid check) []string {
	if values, ok := texts(r.context[key]); ok && len(values) == 0 || r.context[key] == "" {
		r.known = append(r.known, key)
		return nil
	}
	return r.list(key, valid)
}

// list reads a JSON array, or text with commas as -c gives it.
func (r *reader) list(key string, valid check) []string {
	r.known = append(r.known, key)
	raw, set := r.context[key]
	if !set {
		return nil
	}
	values, ok := texts(raw)
	if !ok {
		r.problem(key, describe(raw), "a list of "+valid.expectation())
		return nil
	}
	if len(values) == 0 {
		r.problem(key, "an empty list", "at least one, or leave the key out for the default")
	}
	for i, value := range values {
		if expected := valid(value); expected != "" {
			r.problem(key, describe(value), expected)
		} else if slices.Contains(values[:i], value) {
			r.problem(key, describe(value)+" twice", "each once")
		}
	}
	return values
}

func texts(raw any) ([]string, bool) {
	if text, ok := raw.(string); ok {
		if !strings.HasPrefix(text, "[") {
			return strings.Split(text, ","), true
		}
		raw = nil
		_ = json.Unmarshal([]byte(text), &raw) // invalid JSON leaves nil, which is not a list
	}
	elements, ok := raw.([]any)
	if !ok {
		return nil, false
	}
	var values []string
	for _, element := range elements {
		value, ok := element.(string)
		if !ok {
			return nil, false
		}
		values = append(values, value)
	}
	return values, true
}

// describe returns a value as JSON.
func describe(value any) string {
	encoded, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(encoded)
}

func (r *reader) unknownKeys() {
	for key := range maps.Keys(r.context) {
		if slices.Contains(r.known, key) || strings.ContainsAny(key, ":@") || strings.HasPrefix(key, "cli-") {
			continue
		}
		expected := "one of " + strings.Join(slices.Sorted(slices.Values(r.known)), ", ")
		if nearest := nearest(key, r.known); nearest != "" {
			expected = "a known key: did you mean " + nearest + "?"
		}
		r.problem(key, "an unknown key", expected)
	}
}

// nearest returns the known word with the smallest edit distance, if that is at most a third of the word's length; otherwise "".
func nearest(word string, known []string) string {
	best, fewest := "", len(word)/3+1
	for _, k := range known {
		if d := levenshtein.ComputeDistance(strings.ToLower(word), strings.ToLower(k)); d < fewest {
			best, fewest = k, d
		}
	}
	return best
}
