package audit

import (
	"strings"
	"testing"
)

// A statement by which a role does what is declared permits no more than that. What other statements permit on the role's own account is that
// account's decision.
func TestPoliciesForUses(t *testing.T) {
	const own = `  Own:
    Type: AWS::IAM::Policy
    Metadata: {CrossGrant::MustWork: true}
    Properties: {PolicyName: own, Roles: [!Ref Reader], PolicyDocument: {Statement: [{Sid: Write, Effect: Allow, Action: ["s3:PutObject", "s3:AbortMultipartUpload"], Resource: "arn:aws:s3:::own/in/*", Condition: {StringEquals: {"s3:x-amz-acl": private}}}]}}
`
	for name, c := range map[string]struct{ statement, says string }{
		"nothing else":                  {`{Sid: Log, Effect: Allow, Action: "logs:PutLogEvents", Resource: "*"}`, ""},
		"the same without a Sid":        {`{Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::own/in/*", Condition: {StringEquals: {"s3:x-amz-acl": private}}}`, ""},
		"less":                          {`{Sid: Write, Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::own/in/a", Condition: {StringEquals: {"s3:x-amz-acl": private}}}`, ""},
		"another purpose":               {`{Effect: Allow, Action: "s3:Get*", Resource: ["arn:aws:s3:::own", "arn:aws:s3:::own/*"]}`, ""},
		"denied":                        {`{Sid: Write, Effect: Deny, Action: "s3:*", Resource: "*"}`, ""},
		"an action more":                {`{Effect: Allow, Action: ["s3:PutObject", "s3:DeleteObject"], Resource: "arn:aws:s3:::own/in/*", Condition: {StringEquals: {"s3:x-amz-acl": private}}}`, "s3:DeleteObject on arn:aws:s3:::own/in/* is permitted, and nothing that is declared needs it"},
		"without the condition":         {`{Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::own/in/*"}`, "s3:PutObject on arn:aws:s3:::own/in/* is permitted, and nothing"},
		"all of the bucket, by its Sid": {`{Sid: Write, Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::own/*", Condition: {StringEquals: {"s3:x-amz-acl": private}}}`, "s3:PutObject on arn:aws:s3:::own/* is permitted"},
		"all but something":             {`{Sid: Write, Effect: Allow, NotAction: "s3:DeleteBucket", Resource: "arn:aws:s3:::own/in/*"}`, "everything but s3:DeleteBucket on arn:aws:s3:::own/in/* is permitted"},
		"what the grant needs, with it": {`{Effect: Allow, Action: ["s3:PutObject", "s3:GetObject"], Resource: "arn:aws:s3:::own/in/*", Condition: {StringEquals: {"s3:x-amz-acl": private}}}`, "s3:GetObject on arn:aws:s3:::own/in/* is permitted"},
	} {
		t.Run(name, func(t *testing.T) {
			a := right()
			a.source += own + "  More: {Type: AWS::IAM::Policy, Properties: {PolicyName: more, Roles: [!Ref Reader], PolicyDocument: {Statement: [" + c.statement + "]}}}\n"
			says, _ := excess(a.load(t, ""))
			if found := strings.Join(says, "\n"); c.says == "" && found != "" || !strings.Contains(found, c.says) {
				t.Errorf("found %q, expected %q", found, c.says)
			}
		})
	}
}
