package audit

import (
	"strings"
	"testing"
)

// A channel that leads to a grantee lets in the accounts of its grants, and an access point only callers of the grant.
func TestOtherPolicies(t *testing.T) {
	const (
		feeds = `  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: list, Role: !GetAtt Reader.Arn}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: news}}
  Subscription: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, Protocol: lambda, Endpoint: !GetAtt Function.Arn}}
  Policy: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref Topic], PolicyDocument: {Statement: [{Effect: Allow, Principal: PRINCIPAL, Action: "sns:Publish", Resource: !Ref Topic}]}}}
`
		point = `  Point: {Type: AWS::S3::AccessPoint, Properties: {Name: point, Bucket: !Ref Lake, Policy: {Statement: [{Effect: Allow, Principal: PRINCIPAL, Action: "s3:GetObject",
    Resource: "arn:aws:s3:eu-west-1:222222222222:accesspoint/point/object/*"}]}}}
`
		permission = `  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: list, Role: !GetAtt Reader.Arn}}
  Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: list, Action: "lambda:InvokeFunction", Principal: "333333333333"}}
`
	)
	for name, c := range map[string]struct {
		source, target, principal, says string
	}{
		"a topic for everybody":                  {feeds, "", `"*"`, "it allows *, and no grant does"},
		"a topic for another account":            {feeds, "", `{AWS: "333333333333"}`, "it allows 333333333333, and no grant does"},
		"a topic for the data's account":         {feeds, "", `{AWS: "222222222222"}`, ""},
		"a topic for a role of that":             {feeds, "", `{AWS: "arn:aws:iam::222222222222:role/x"}`, ""},
		"a topic for its account":                {feeds, "", `{AWS: "arn:aws:iam::111111111111:root"}`, ""},
		"a topic for somebody unknown":           {feeds, "", `{AWS: !GetAtt Function.Unknown}`, "which is not known before deployment"},
		"an access point for another account":    {"", point, `{AWS: "333333333333"}`, "it allows 333333333333, and no grant does"},
		"an access point for the grantee's":      {"", point, `{AWS: "111111111111"}`, "it allows 111111111111, and no grant does"},
		"an access point for its account":        {"", point, `{AWS: "222222222222"}`, ""},
		"a function, which another rule decides": {permission, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := right()
			a.source += strings.Replace(c.source, "PRINCIPAL", c.principal, 1)
			a.target = strings.Replace(a.target, "  LakePolicy", strings.Replace(c.target, "PRINCIPAL", c.principal, 1)+"  LakePolicy", 1)
			says, _ := excess(a.load(t, ""))
			if found := strings.Join(says, "\n"); c.says == "" && found != "" || !strings.Contains(found, c.says) {
				t.Errorf("found %q, expected %q", found, c.says)
			}
		})
	}
}

// A resource that connections lead to lets in whom they need, and a role of a connection may do what that needs.
func TestDestinations(t *testing.T) {
	const (
		queue = `  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: queue}}
  Policy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: SERVICE}, Action: ACTION, Resource: !GetAtt Queue.Arn, Condition: {CONDITION}}]}}}
  Rule: {Type: AWS::Events::Rule, Metadata: {CrossGrant::MustWork: true}, Properties: {EventPattern: {source: [a]}, Targets: [{Arn: !GetAtt Queue.Arn}]}}
`
		sender = `  Sender: {Type: AWS::IAM::Role, Properties: {RoleName: sender, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: SERVICE}, Action: "sts:AssumeRole"}]},
    Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: ACTION, Resource: "arn:aws:events:eu-west-1:111111111111:event-bus/b"}]}}]}}
  Rule: {Type: AWS::Events::Rule, Metadata: {CrossGrant::MustWork: true}, Properties: {EventPattern: {source: [a]}, Targets: [{Arn: "arn:aws:events:eu-west-1:111111111111:event-bus/b", RoleArn: !GetAtt Sender.Arn}]}}
`
	)
	for name, c := range map[string]struct{ resources, service, action, condition, says string }{
		"what the rule needs":                    {queue, "events.amazonaws.com", `"sqs:SendMessage"`, ``, ""},
		"what CDK writes":                        {queue, "events.amazonaws.com", `["SQS:SendMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes"]`, ``, ""},
		"another service":                        {queue, "sns.amazonaws.com", `"sqs:SendMessage"`, ``, "it allows sns.amazonaws.com sqs:SendMessage, and no connection needs all of that"},
		"more":                                   {queue, "events.amazonaws.com", `["sqs:SendMessage", "sqs:ReceiveMessage"]`, ``, "it allows events.amazonaws.com sqs:SendMessage, sqs:ReceiveMessage"},
		"another service for its account":        {queue, "sns.amazonaws.com", `"sqs:SendMessage"`, `ArnEquals: {"aws:SourceArn": "arn:aws:sns:eu-west-1:222222222222:t"}`, ""},
		"the service for its account, with more": {queue, "events.amazonaws.com", `"sqs:*"`, `StringEquals: {"aws:SourceAccount": "222222222222"}`, "it allows events.amazonaws.com sqs:*"},
		"another service for another account":    {queue, "sns.amazonaws.com", `"sqs:SendMessage"`, `ArnEquals: {"aws:SourceArn": "arn:aws:sns:eu-west-1:333333333333:t"}`, "it allows sns.amazonaws.com"},
		"what the role needs":                    {sender, "events.amazonaws.com", `"events:PutEvents"`, ``, ""},
		"a role for another service":             {sender, "glue.amazonaws.com", `"events:PutEvents"`, ``, "it allows glue.amazonaws.com sts:AssumeRole"},
		"a role that may do something else":      {sender, "events.amazonaws.com", `["events:PutEvents", "events:PutRule"]`, ``, "events:PutRule on arn:aws:events:eu-west-1:111111111111:event-bus/b is permitted"},
	} {
		t.Run(name, func(t *testing.T) {
			a := right()
			a.target = strings.Replace(a.target, "  LakePolicy", strings.NewReplacer("SERVICE", c.service, "ACTION", c.action, "CONDITION", c.condition).Replace(c.resources)+"  LakePolicy", 1)
			says, _ := excess(a.load(t, ""))
			if found := strings.Join(says, "\n"); c.says == "" && found != "" || !strings.Contains(found, c.says) {
				t.Errorf("found %q, expected %q", found, c.says)
			}
		})
	}
}

// The policy of the grant's data lets the grant's role do what the grant has, and that only.
func TestDataPoliciesForTheGrant(t *testing.T) {
	for name, c := range map[string]struct{ statement, says string }{
		"what the grant has": {`{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*", Condition: {ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/reports"}}}`, ""},
		"all of the bucket":  {`{Effect: Allow, Principal: {AWS: "arn:aws:iam::111111111111:role/reader"}, Action: "s3:GetObject", Resource: "*"}`, "it allows arn:aws:iam::111111111111:role/reader, and no grant does"},
	} {
		says, _ := excess(right().load(t, c.statement))
		if found := strings.Join(says, "\n"); found != c.says {
			t.Errorf("%s: found %q, expected %q", name, found, c.says)
		}
	}
}
