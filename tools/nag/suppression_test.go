package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The suppressed template is the bare one with a suppression at each construct.
func TestSuppressedFindingsAreCounted(t *testing.T) {
	code, found, printed, problems := nag(t, "testdata/suppressed.json", "testdata/suppressed.json")
	expected := `suppressed 2: AwsSolutions-DDB3: A cache, filled anew each night.
suppressed 2: AwsSolutions-EC23: A public web server.
suppressed 2: AwsSolutions-IAM4: AWS keeps this list.
suppressed 2: AwsSolutions-IAM5: AWS knows no resource here.
suppressed 2: AwsSolutions-IAM5: Keys below a prefix.
suppressed 2: AwsSolutions-L1: Until the autumn release.
suppressed 2: AwsSolutions-S10: CloudFront alone can reach it.
suppressed 2: AwsSolutions-S1: CloudTrail records who reads.
suppressed 2: AwsSolutions-SMG4: A partner rotates it.
suppressed 2: AwsSolutions-VPC7: Nothing runs in this VPC.
suppressed 2: CdkNagValidationFailure: The VPC's own range, known when it is deployed.
found no findings in templates: 2
`
	if diff := cmp.Diff(expected, printed); diff != "" || code != 0 || problems != "" {
		t.Errorf("found exit code %d, problems %q, findings %q and (-expected +found):\n%s", code, problems, found, diff)
	}
}

func TestInvalidSuppressions(t *testing.T) {
	for name, c := range map[string]struct {
		file     string
		expected string // how the one finding begins; empty for none
	}{
		"no reason":                              {"no-reason", `App/Table/Resource: AwsSolutions-DDB3: found a suppression with reason "", expected why the rule does not apply here`},
		"a reason of 8 characters":               {"short-reason", `App/Table/Resource: AwsSolutions-DDB3: found a suppression with reason "trust me"`},
		"a reason of 6 Japanese characters":      {"japanese-reason", `App/Table/Resource: AwsSolutions-DDB3: found a suppression with reason "毎晩作り直す"`},
		"a reason for what a rule cannot decide": {"undecided", ""},
		"a reason for another finding":           {"other-finding", "App/Policy/Resource: AwsSolutions-IAM5[Resource::*]: "},
		"a reason without a finding":             {"unused", "App/Table/Resource: AwsSolutions-DDB3: found a suppression without a finding: remove it"},
		"a reason for the whole stack":           {"whole-stack", "(whole stack): AwsSolutions-DDB3: found a suppression for the whole stack, expected one for the construct"},
	} {
		t.Run(name, func(t *testing.T) {
			file := "testdata/" + c.file + ".json"
			code, found, printed, problems := nag(t, file)
			switch {
			case c.expected == "" && (code != 0 || problems != ""):
				t.Errorf("found exit code %d and:\n%s%s", code, printed, problems)
			case c.expected != "" && (code != 1 || len(found) != 1 || !strings.HasPrefix(printed, file+": "+c.expected)):
				t.Errorf("found exit code %d and:\n%s%sexpected 1 and %s", code, printed, problems, c.expected)
			}
		})
	}
}
