package proof

import (
	"maps"
	"testing"
)

// Administrators and CloudFormation are different principals: a Deny that exempts one of them locks the other out.
func TestWhoManagesABucket(t *testing.T) {
	const administrator, deployment = "arn:aws:iam::222222222222:role/crossgrant-probe-administrator", "arn:aws:iam::222222222222:role/cdk-hnb659fds-cfn-exec-role-222222222222-eu-west-1"
	deny := func(condition string) edit {
		return edit{"target", "          - {Sid: Trail,", "          - {Sid: Locked, Effect: Deny, Principal: \"*\", Action: \"s3:DeleteBucketPolicy\", Resource: \"arn:aws:s3:::lake\", Condition: {" + condition + "}}\n          - {Sid: Trail,"}
	}
	for name, c := range map[string]struct {
		edit edit
		want map[string]Verdict // by caller
	}{
		"a Deny for all but administrators":                    {deny("ArnNotEquals: {\"aws:PrincipalArn\": \"" + administrator + "\"}"), map[string]Verdict{administrator: Proved, deployment: Broken}},
		"a Deny for all but the deployment role":               {deny("ArnNotEquals: {\"aws:PrincipalArn\": \"" + deployment + "\"}"), map[string]Verdict{administrator: Broken, deployment: Proved}},
		"a Deny for all but requests of services for a caller": {deny("Bool: {\"aws:ViaAWSService\": \"false\"}"), map[string]Verdict{administrator: Broken, deployment: Proved}},
		"a Deny for all but both": {deny("ArnNotEquals: {\"aws:PrincipalArn\": [\"" + administrator + "\", \"" + deployment + "\"]}"),
			map[string]Verdict{administrator: Proved, deployment: Proved}},
	} {
		t.Run(name, func(t *testing.T) {
			r := proved(t, grantApp(t, both, c.edit), Options{})
			found := map[string]Verdict{}
			for i := range r.Checks {
				if c := &r.Checks[i]; c.Rule == KeepAlive && c.Access.Action == "s3:DeleteBucketPolicy" {
					found[c.Access.Caller] = c.Verdict
				}
			}
			if !maps.Equal(found, c.want) {
				t.Errorf("found %v, expected %v\n%s", found, c.want, says(r))
			}
		})
	}
}
