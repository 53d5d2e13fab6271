package stacks

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/internal/sample"
)

// change is a change of a setting of a deployed app.
type change struct {
	key      string
	from, to any // nil for the default
	// of are the workloads that it is about.
	of string
	// on are settings that are set before and after, with are settings that change with it.
	on, with map[string]any
}

// existingVPC are the settings of a VPC that is there already.
var existingVPC = map[string]any{
	"vpcId": "vpc-0a1b2c3d4e5f67890", "availabilityZones": nil, "egress": nil,
	"privateSubnets":  "ap-northeast-1a/subnet-0a1b2c3d4e5f6789a/rtb-0a1b2c3d4e5f6789a,ap-northeast-1c/subnet-0a1b2c3d4e5f6789b/rtb-0a1b2c3d4e5f6789b",
	"isolatedSubnets": "ap-northeast-1a/subnet-0a1b2c3d4e5f6789c/rtb-0a1b2c3d4e5f6789c,ap-northeast-1c/subnet-0a1b2c3d4e5f6789d/rtb-0a1b2c3d4e5f6789d",
}

// existingVPCOfFunctions are those without an instance.
var existingVPCOfFunctions = map[string]any{"vpcId": existingVPC["vpcId"], "availabilityZones": nil, "egress": nil, "privateSubnets": existingVPC["privateSubnets"]}

// changed are changes of all settings.
var changed = []change{
	{key: "sourceAccount", to: "333333333333", of: inTheVPC}, {key: "targetAccount", to: "333333333333", of: inTheVPC}, {key: "region", to: "eu-west-1", of: inTheVPC},
	{key: "stage", to: "prod", of: inTheVPC},
	{key: "workloads", from: "list,scan", to: "list,scan,copy"}, {key: "workloads", from: "list,copy,instance", to: "list"},
	{key: "availabilityZones", to: "ap-northeast-1a,ap-northeast-1c,ap-northeast-1d", of: inTheVPC}, {key: "availabilityZones", to: "ap-northeast-1a,ap-northeast-1d", of: inTheVPC},
	{key: "availabilityZones", to: "ap-northeast-1c,ap-northeast-1d", of: inTheVPC}, {key: "vpcCidr", to: "10.1.0.0/16", of: inTheVPC},
	{key: "vpcId", to: "vpc-0a1b2c3d4e5f67890", of: inTheVPC, with: existingVPC},
	{key: "s3EndpointId", to: "vpce-0a1b2c3d4e5f67890", of: inTheVPC, on: existingVPC, with: map[string]any{"stsEndpointId": "vpce-1a1b2c3d4e5f67890", "statementsAdded": true}},
	{key: "dynamoDbEndpointId", to: "vpce-2a1b2c3d4e5f67890", of: "scan", on: existingVPCOfFunctions, with: map[string]any{"statementsAdded": true}},
	{key: "dataBucket", to: "company-data", of: "list", with: map[string]any{"dataKeyArn": existingKeyARN}},
	{key: "table", to: "company-devices", of: "scan", with: map[string]any{"tableKeyArn": existingKeyARN}},
	{key: "trailBucket", to: "company-logs", of: "trail", with: map[string]any{"trailKeyArn": existingKeyARN, "trailPrefix": "audit"}}, {key: "facts", to: "facts.json", of: "list"},
	{key: "egress", to: "natInstance", of: inTheVPC}, {key: "egress", to: "endpoints", of: inTheVPC}, {key: "imageId", to: "ami-0a1b2c3d4e5f67890", of: "instance"},
	{key: "architecture", to: "x86_64", of: "list"}, {key: "prefixes", to: "inbox/,reports/2026/", of: "list"}, {key: "copyPartMiB", to: 64.0, of: "copy"},
	{key: "copyScale", to: "distributedMap", of: "copy"}, {key: "copyInventory", to: "csv", of: "copy", on: map[string]any{"copyScale": "distributedMap"}},
	{key: "copyConcurrency", to: 40.0, of: "copy", on: map[string]any{"copyScale": "distributedMap"}},
	{key: "copyToleratedPercent", to: 0.0, of: "copy", on: map[string]any{"copyScale": "distributedMap"}},
	{key: "copySchedule", to: "rate(1 day)", of: "copy", on: map[string]any{"copyScale": "distributedMap"}},
	{key: "createTrail", to: true, of: "trail"}, {key: "createTrail", from: true, to: false, of: "trail"}, {key: "trailLogDays", to: 400.0, of: "trail"},
	{key: "sessionManager", to: false, of: "instance"}, {key: "apiAuthorization", to: "none", of: "scan"}, {key: "apiPath", to: "/hello", of: "scan"},
	{key: "apiOrigins", to: "https://www.example.com", of: "scan"}, {key: "eventsTo", to: "list", of: "events"}, {key: "eventSuffixes", to: ".csv", of: "events"},
	{key: "alarmEmails", to: "ops@example.com", of: "list"}, {key: "logRetentionDays", to: 7.0, of: "list"}, {key: "perimeter", to: "endpoints", of: "list"},
	{key: "administrators", from: "arn:aws:iam::222222222222:role/admin", to: "arn:aws:iam::222222222222:role/ops", of: "list", on: map[string]any{"perimeter": "bucket"}},
	{key: "permissionsBoundary", to: "company-boundary", of: "list"},
	{key: "externalId", to: "crossgrant-2026", of: inTheVPC}, {key: "organizationId", to: "o-a1b2c3d4e5", of: "list"}, {key: "sessionSeconds", to: 900.0, of: inTheVPC},
	{key: "noncurrentVersionDays", to: 30.0, of: "list"}, {key: "incompleteUploadDays", to: 1.0, of: "list"}, {key: "removalPolicy", to: "destroy", of: "list"},
}

// inTheVPC are workloads with all that a VPC has.
const inTheVPC = "list,instance"

// The table of docs/updating.md says what CloudFormation does when a setting of a deployed app changes, by comparing two syntheses of it. With -short,
// the rows of a sample of changes do.
func TestTableOfChanges(t *testing.T) {
	const begin, end = "<!-- The table of changes, written by go test ./stacks -run TestTableOfChanges -update -->\n", "<!-- End of the table of changes -->\n"
	document, err := os.ReadFile("../docs/updating.md")
	if err != nil {
		t.Fatal(err)
	}
	table := "| setting | change | what is deployed |\n|---|---|---|\n"
	var all []int
	for i := range changed {
		all = append(all, i)
	}
	sampled := sample.Of(t, sample.Seed(t), all, func(i int) []string { return changed[i].kinds(string(document)) })
	together := inPlaceTogether(t, string(document), sampled)
	for i, c := range changed {
		said := ""
		switch from, to := c.settings(); {
		case !slices.Contains(sampled, i):
			said = c.said(string(document))
		case together[i]:
			said = inPlace
		default:
			said = effects(t, from, to)
		}
		table += c.row() + said + " |\n"
	}
	before, rest, ok := strings.Cut(string(document), begin)
	found, after, ok2 := strings.Cut(rest, end)
	switch {
	case !ok || !ok2:
		t.Fatal("found no table of changes in docs/updating.md")
	case *update && found != table:
		if err := os.WriteFile("../docs/updating.md", []byte(before+begin+table+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	case found != table:
		t.Error("the table in docs/updating.md is not what the app does: run go test ./stacks -run TestTableOfChanges -update, and read the difference")
	}
}

// text says what changes.
func (c change) text() string {
	text := "to `" + fmt.Sprint(c.to) + "`"
	if c.from != nil {
		text = "`" + fmt.Sprint(c.from) + "` " + text
	}
	return text
}

// row is the beginning of the row in the table.
func (c change) row() string {
	return "| `" + c.key + "` | " + strings.ReplaceAll(c.text(), ",", ", ") + " | "
}

// said is what a document says of the change, "" for nothing.
func (c change) said(document string) string {
	_, said, _ := strings.Cut(document, "\n"+c.row())
	said, _, _ = strings.Cut(said, " |\n")
	return said
}

// kinds of a change: the workloads, and what a document says that happens.
func (c change) kinds(document string) []string {
	return append(regexp.MustCompile(`a new stack|refused|replaced|removed|[*][*]|kept|`+inPlace).FindAllString(c.said(document), -1), c.of)
}

// settings are those before and after the change.
func (c change) settings() (from, to map[string]any) {
	from, to = map[string]any{}, map[string]any{}
	if c.of != "" {
		from["workloads"], to["workloads"] = c.of, c.of
	}
	maps.Copy(from, c.on)
	maps.Copy(to, c.on)
	maps.Copy(to, c.with)
	if c.from != nil {
		from[c.key] = c.from
	}
	to[c.key] = c.to
	if c.key == "region" { // its zones are others
		from["availabilityZones"], to["availabilityZones"] = nil, nil
	}
	return from, to
}

// inPlaceTogether tries those of some changes at once that the document says are in place, for each deployed app. If they are, so is each of them: what
// replaces or removes a resource, alone, does so among others. It returns which changes were tried and are.
func inPlaceTogether(t *testing.T, document string, some []int) map[int]bool {
	t.Helper()
	type deployed struct {
		before, after map[string]any
		changes       []int
	}
	apps := map[string]*deployed{}
	for _, i := range some {
		c := changed[i]
		if c.said(document) != inPlace {
			continue
		}
		from, to := c.settings()
		d := apps[asJSON(from)]
		if d == nil {
			d = &deployed{before: from, after: maps.Clone(from)}
			apps[asJSON(from)] = d
		}
		if slices.ContainsFunc(d.changes, func(other int) bool { return changed[other].key == c.key }) {
			continue // one value at a time
		}
		maps.Copy(d.after, to)
		d.changes = append(d.changes, i)
	}
	together := map[int]bool{}
	for _, d := range apps {
		if effects(t, d.before, d.after) == inPlace {
			for _, i := range d.changes {
				together[i] = true
			}
		}
	}
	return together
}

// Every setting has a row in the table.
func TestEverySettingIsInTheTableOfChanges(t *testing.T) {
	r := reader{context: map[string]any{"unknown": ""}}
	_, err := ReadConfig(r.context)
	_, known, _ := strings.Cut(err.Error(), "found an unknown key, expected one of ")
	known, _, _ = strings.Cut(known, "\n")
	if known == "" {
		t.Fatalf("found no list of the settings in %v", err)
	}
	for _, key := range strings.Split(known, ", ") {
		if !slices.ContainsFunc(changed, func(c change) bool { return c.key == key || c.with[key] != nil }) {
			t.Errorf("found no change of %s", key)
		}
	}
}

// loaded are assemblies by their folders.
var loaded = map[string]*assembly.Assembly{}

func load(t *testing.T, settings map[string]any) *assembly.Assembly {
	t.Helper()
	dir := synthesize(t, settings).dir
	if loaded[dir] == nil {
		a, err := assembly.Load(dir, assembly.Options{})
		if err != nil {
			t.Fatal(err)
		}
		loaded[dir] = a
	}
	return loaded[dir]
}

// inPlace is what becomes of an app in which nothing is replaced or removed.
const inPlace = "in place"

// effects says what CloudFormation does when settings change. What is only added or changed in place is "in place".
func effects(t *testing.T, from, to map[string]any) string {
	t.Helper()
	before, after := load(t, from), load(t, to)
	var texts []string
	for _, old := range before.Stacks {
		if !slices.ContainsFunc(after.Stacks, func(s *assembly.Stack) bool {
			return s.Name == old.Name && s.Account == old.Account && s.Region == old.Region
		}) {
			texts = append(texts, "a new stack for `"+old.Name+"`, which stays until you delete it")
		}
	}
	changes := deployment.Compare(before, after)
	for _, e := range []deployment.Effect{deployment.Refused, deployment.Replaced, deployment.Removed, deployment.PerhapsReplaced} {
		types := map[string]int{}
		for _, c := range changes {
			if c.Effect != e {
				continue
			}
			name := strings.TrimPrefix(c.Resource().Type, "AWS::")
			if c.Destroys() {
				name = "**" + name + "**"
			} else if c.Stateful && c.Kept {
				name += " (kept)"
			}
			types[name]++
		}
		var names []string
		for _, name := range slices.Sorted(maps.Keys(types)) {
			if n := types[name]; n > 1 {
				name = fmt.Sprint(n, " ", name)
			}
			names = append(names, name)
		}
		if len(names) > 0 {
			texts = append(texts, string(e)+": "+strings.Join(names, ", "))
		}
	}
	if len(texts) == 0 {
		return inPlace
	}
	return strings.Join(texts, "; ")
}
