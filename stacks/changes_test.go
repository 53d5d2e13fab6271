package stacks

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/deployment"
)

// change is a change of a setting of a deployed app.
type change struct {
	key      string
	from, to any // nil for the default
	// on are settings that are set before and after, with are settings that change with it.
	on, with map[string]any
}

// existingVPC are the settings of a VPC that is there already.
var existingVPC = map[string]any{
	"vpcId": "vpc-0a1b2c3d4e5f67890", "availabilityZones": nil, "egress": nil,
	"privateSubnets":  "ap-northeast-1a/subnet-0a1b2c3d4e5f6789a/rtb-0a1b2c3d4e5f6789a,ap-northeast-1c/subnet-0a1b2c3d4e5f6789b/rtb-0a1b2c3d4e5f6789b",
	"isolatedSubnets": "ap-northeast-1a/subnet-0a1b2c3d4e5f6789c/rtb-0a1b2c3d4e5f6789c,ap-northeast-1c/subnet-0a1b2c3d4e5f6789d/rtb-0a1b2c3d4e5f6789d",
}

// changed are changes of all settings.
var changed = []change{
	{"sourceAccount", nil, "333333333333", nil, nil}, {"targetAccount", nil, "333333333333", nil, nil}, {"region", nil, "eu-west-1", nil, nil}, {"stage", nil, "prod", nil, nil},
	{"workloads", "list,scan", "list,scan,copy", nil, nil}, {"workloads", nil, "list,scan,trail,instance,events", nil, nil},
	{"availabilityZones", nil, "ap-northeast-1a,ap-northeast-1c,ap-northeast-1d", nil, nil}, {"availabilityZones", nil, "ap-northeast-1a,ap-northeast-1d", nil, nil},
	{"availabilityZones", nil, "ap-northeast-1c,ap-northeast-1d", nil, nil}, {"vpcCidr", nil, "10.1.0.0/16", nil, nil},
	{"vpcId", nil, "vpc-0a1b2c3d4e5f67890", nil, existingVPC}, {"s3EndpointId", nil, "vpce-0a1b2c3d4e5f67890", existingVPC, map[string]any{
		"stsEndpointId": "vpce-1a1b2c3d4e5f67890", "dynamoDbEndpointId": "vpce-2a1b2c3d4e5f67890", "statementsAdded": true,
	}},
	{"egress", nil, "natInstance", nil, nil}, {"egress", nil, "endpoints", nil, nil}, {"imageId", nil, "ami-0a1b2c3d4e5f67890", nil, nil},
	{"architecture", nil, "x86_64", nil, nil}, {"prefixes", nil, "inbox/,reports/2026/", nil, nil}, {"copyPartMiB", nil, 64.0, nil, nil}, {"createTrail", nil, true, nil, nil}, {"createTrail", true, false, nil, nil},
	{"sessionManager", nil, false, nil, nil}, {"apiAuthorization", nil, "none", nil, nil}, {"apiPath", nil, "/hello", nil, nil}, {"apiOrigins", nil, "https://www.example.com", nil, nil},
	{"eventsTo", nil, "list", nil, nil}, {"eventSuffixes", nil, ".csv", nil, nil}, {"alarmEmails", nil, "ops@example.com", nil, nil}, {"logRetentionDays", nil, 7.0, nil, nil},
	{"perimeter", nil, "endpoints", nil, nil}, {"administrators", "arn:aws:iam::222222222222:role/admin", "arn:aws:iam::222222222222:role/ops", map[string]any{"perimeter": "bucket"}, nil},
	{"externalId", nil, "crossgrant-2026", nil, nil}, {"organizationId", nil, "o-a1b2c3d4e5", nil, nil}, {"sessionSeconds", nil, 900.0, nil, nil},
	{"noncurrentVersionDays", nil, 30.0, nil, nil}, {"incompleteUploadDays", nil, 1.0, nil, nil}, {"trailLogDays", nil, 400.0, nil, nil}, {"removalPolicy", nil, "destroy", nil, nil},
}

// The table of docs/updating.md says what CloudFormation does when a setting of a deployed app changes, by comparing two syntheses of it.
func TestTableOfChanges(t *testing.T) {
	const begin, end = "<!-- The table of changes, written by go test ./stacks -run TestTableOfChanges -update -->\n", "<!-- End of the table of changes -->\n"
	table := "| setting | change | what is deployed |\n|---|---|---|\n"
	for _, c := range changed {
		from, to := map[string]any{}, map[string]any{}
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
		text := "to `" + fmt.Sprint(c.to) + "`"
		if c.from != nil {
			text = "`" + fmt.Sprint(c.from) + "` " + text
		}
		table += "| `" + c.key + "` | " + strings.ReplaceAll(text, ",", ", ") + " | " + effects(t, from, to) + " |\n"
	}
	document, err := os.ReadFile("../docs/updating.md")
	if err != nil {
		t.Fatal(err)
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

// loaded are the assemblies of settings.
var loaded = map[string]*assembly.Assembly{}

func load(t *testing.T, settings map[string]any) *assembly.Assembly {
	t.Helper()
	key := asJSON(settings)
	if loaded[key] == nil {
		a, err := assembly.Load(synthesize(t, settings).dir, assembly.Options{})
		if err != nil {
			t.Fatal(err)
		}
		loaded[key] = a
	}
	return loaded[key]
}

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
		return "in place"
	}
	return strings.Join(texts, "; ")
}
