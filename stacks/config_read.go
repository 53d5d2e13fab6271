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
	"github.com/aws/aws-cdk-go/awscdk/v2/regioninfo"

	"github.com/crossgrant/crossgrant/constructs/network"
	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/contract"
)

// ReadConfig reads the configuration from CDK context, and applies the defaults. The error is a [ConfigError] with all problems. Keys of CDK
// itself (with ":", "@" or "cli-") are ignored; any other unknown key is a problem.
func ReadConfig(context map[string]any) (Config, error) {
	r := reader{context: context}
	c := Config{
		SourceAccount:     r.text("sourceAccount", required, account),
		TargetAccount:     r.text("targetAccount", required, account),
		Region:            r.text("region", required, satisfying(contract.IsRegion, "a region, such as ap-northeast-1")),
		Stage:             r.text("stage", optional, matching(stage, "1 to 16 lower-case letters, digits and hyphens, beginning with a letter, such as dev")),
		AvailabilityZones: r.list("availabilityZones", satisfying(isZone, "zones, such as ap-northeast-1a")),
		Egress:            network.Egress(r.text("egress", optional, oneOf(network.Egresses()))),
		Architecture:      workload.Architecture(r.text("architecture", optional, oneOf(workload.Architectures()))),
		Prefixes:          r.list("prefixes", matching(prefix, "key prefixes, such as inbox/, without a leading / and without *, ? or $")),
		RemovalPolicy:     Removal(r.text("removalPolicy", optional, oneOf([]Removal{Retain, Destroy}))),
		AlarmEmails:       r.listOrNone("alarmEmails", satisfying(workload.IsEmail, "email addresses, such as ops@example.com")),
		LogRetentionDays:  r.number("logRetentionDays", oneOf(logRetentionDays())),
		CopyPartMiB:       r.number("copyPartMiB", wholeFrom(5, 5120)),
		CreateTrail:       r.flag("createTrail", false),
		SessionManager:    r.flag("sessionManager", true),
		APIAuthorization:  workload.Authorization(r.text("apiAuthorization", optional, oneOf(workload.Authorizations()))),
		APIOrigins:        r.listOrNone("apiOrigins", satisfying(workload.IsOrigin, "schemes and hosts of websites, such as https://www.example.com")),
		EventsTo:          EventsTo(r.text("eventsTo", optional, oneOf([]EventsTo{EventsCopy, EventsList}))),
		EventSuffixes:     r.listOrNone("eventSuffixes", matching(suffix, "key suffixes, such as .csv, without *, ? or $")),
	}
	for _, name := range r.list("workloads", oneOf(Workloads())) {
		c.Workloads = append(c.Workloads, Workload(name))
	}
	r.unknownKeys()
	r.checkRegion(c.Region)
	r.checkTogether(c)
	r.checkPrefixes(c.Prefixes)
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
	prefix = regexp.MustCompile(`^[^/*?$][^*?$]*$`)
	suffix = regexp.MustCompile(`^[^*?$]+$`)
)

// isZone reports whether s is an Availability Zone: a region and a letter.
// https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
func isZone(s string) bool {
	last := len(s) - 1
	return last > 0 && s[last] >= 'a' && s[last] <= 'z' && contract.IsRegion(s[:last])
}

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

// checkRegion checks that a region exists, as far as this version of CDK knows.
func (r *reader) checkRegion(region string) {
	if !contract.IsRegion(region) {
		return // which is a problem already
	}
	known := *regioninfo.RegionInfo_RegionMap(regioninfo.FactName_DOMAIN_SUFFIX())
	if known[region] != nil {
		return
	}
	expected := "a region that this version of the CDK knows"
	if nearest := nearest(region, slices.Sorted(maps.Keys(known))); nearest != "" {
		expected += ": did you mean " + nearest + "?"
	}
	r.problem("region", describe(region), expected)
}

// checkTogether checks values that depend on each other.
func (r *reader) checkTogether(c Config) {
	if c.SourceAccount != "" && c.SourceAccount == c.TargetAccount {
		r.problem("targetAccount", describe(c.TargetAccount)+", the same as sourceAccount", "another account")
	}
	if len(c.AvailabilityZones) == 1 {
		r.problem("availabilityZones", describe(c.AvailabilityZones), "2 or more zones")
	}
	for _, z := range c.AvailabilityZones {
		if c.Region != "" && isZone(z) && z[:len(z)-1] != c.Region {
			r.problem("availabilityZones", describe(z), "zones of region "+c.Region+", such as "+c.Region+"a")
		}
	}
}

// maxKey is the longest key of an object, in bytes. maxPrefixes limits all prefixes together, because they are part of the function's
// environment, which has 4 KB.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	maxKey      = 1024
	maxPrefixes = 2048
)

func (r *reader) checkPrefixes(prefixes []string) {
	total := 0
	for _, p := range prefixes {
		if total += len(p); len(p) > maxKey {
			r.problem("prefixes", fmt.Sprintf("one of %d bytes", len(p)), fmt.Sprintf("%d at most, the length of a key", maxKey))
		}
	}
	if total > maxPrefixes {
		r.problem("prefixes", fmt.Sprintf("%d bytes in all", total), fmt.Sprintf("%d at most", maxPrefixes))
	}
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
