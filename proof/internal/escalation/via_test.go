package escalation

import "testing"

// Permissions for requests that a service makes for its caller.
// https://docs.aws.amazon.com/athena/latest/ug/security-iam-athena-calledvia.html
func TestRequestsByServices(t *testing.T) {
	const perhaps = "undecided: 333333333333 -> role one: "
	const reads = perhaps + "s3:GetObject on arn:aws:s3:::lake/"
	under := func(action, condition string) string {
		return `{Effect: Allow, Action: "` + action + `", Resource: "*", Condition: ` + condition + "}"
	}
	athena := may(`"athena:StartQueryExecution"`, "*")
	for name, c := range map[string]struct {
		own  []string
		want []string
	}{
		"by Athena":                     {[]string{under("s3:GetObject", `{"ForAnyValue:StringEquals": {"aws:CalledVia": athena.amazonaws.com}}`), athena}, []string{reads}},
		"first by CloudFormation":       {[]string{under("s3:PutBucketPolicy", `{StringEquals: {"aws:CalledViaFirst": cloudformation.amazonaws.com}}`), may(`"cloudformation:CreateStack"`, "*")}, []string{perhaps + "s3:PutBucketPolicy on arn:aws:s3:::lake"}},
		"last by Athena":                {[]string{under("s3:GetObject", `{StringLike: {"aws:calledvialast": "athena.*"}}`), athena}, []string{reads}},
		"by any service":                {[]string{under("s3:GetObject", `{Bool: {"aws:ViaAWSService": true}}`)}, []string{reads}},
		"by some service":               {[]string{under("s3:GetObject", `{"Null": {"aws:CalledVia": false}}`)}, []string{reads}},
		"by Athena, which it never may": {[]string{under("s3:GetObject", `{"ForAnyValue:StringEquals": {"aws:CalledVia": athena.amazonaws.com}}`), may(`"sqs:SendMessage"`, "*")}, nil},
		"by no service":                 {[]string{under("s3:GetObject", `{Bool: {"aws:ViaAWSService": false}}`)}, []string{"broken: 333333333333 -> role one: s3:GetObject on arn:aws:s3:::lake/"}},
		"by another service":            {[]string{under("s3:GetObject", `{StringNotEquals: {"aws:CalledViaFirst": athena.amazonaws.com}}`)}, []string{"broken: 333333333333 -> role one: s3:GetObject on arn:aws:s3:::lake/"}},
		"denied unless by Athena":       {[]string{may(`"s3:GetObject"`, "*"), `{Effect: Deny, Action: "*", Resource: "*", Condition: {StringNotEquals: {"aws:CalledViaFirst": athena.amazonaws.com}}}`}, []string{reads}},
		"denied unless by a service":    {[]string{may(`"s3:GetObject"`, "*"), `{Effect: Deny, Action: "*", Resource: "*", Condition: {Bool: {"aws:ViaAWSService": false}}}`}, []string{reads}},
		"denied if none is named":       {[]string{may(`"s3:GetObject"`, "*"), `{Effect: Deny, Action: "*", Resource: "*", Condition: {"Null": {"aws:CalledVia": true}}}`}, []string{reads}},
		"denied by any service":         {[]string{may(`"s3:GetObject"`, "*"), `{Effect: Deny, Action: "*", Resource: "*", Condition: {Bool: {"aws:ViaAWSService": true}}}`}, []string{"broken: 333333333333 -> role one: s3:GetObject on arn:aws:s3:::lake/"}},
	} {
		t.Run(name, func(t *testing.T) { expect(t, "", by(c.own...), c.want) })
	}
}
