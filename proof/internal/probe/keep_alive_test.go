package probe

import (
	"testing"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

const readLake = `{sid: Read, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::lake/*"]}`

// lake is a bucket with statements of its policy.
func lake(statements string) string {
	return "  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n" +
		"  LakePolicy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Statement: [" + statements + "]}}}\n"
}

// passing says of each caller whether an action passes as a rule tries it.
func passing(m *model.Model, checks []check.Check, action string) map[string]policy.Answer {
	all := map[string]policy.Answer{}
	for i := range checks {
		if a := checks[i].Access; a.Action == action {
			all[a.Caller] = simulate.Walk(m, a)[0].Passes
		}
	}
	return all
}

// An administrator and CloudFormation are different principals, and CloudFormation's requests are made through the service.
func TestAdministratorsAndCloudFormation(t *testing.T) {
	const administrator, deployment = "arn:aws:iam::222222222222:role/crossgrant-probe-administrator", "arn:aws:iam::222222222222:role/cdk-hnb659fds-cfn-exec-role-222222222222-eu-west-1"
	for condition, want := range map[string][2]policy.Answer{ // of an administrator, and of CloudFormation
		`ArnNotEquals: {"aws:PrincipalArn": "` + administrator + `"}`: {policy.Yes, policy.No},
		`ArnNotEquals: {"aws:PrincipalArn": "` + deployment + `"}`:    {policy.No, policy.Yes},
		`Bool: {"aws:ViaAWSService": "false"}`:                        {policy.No, policy.Yes},
		`Bool: {"aws:ViaAWSService": "true"}`:                         {policy.Yes, policy.No},
	} {
		m := grants(t, readLake, "", lake(`{Effect: Deny, Principal: "*", Action: "s3:DeleteBucketPolicy", Resource: "arn:aws:s3:::lake", Condition: {`+condition+`}}`), "")
		found := passing(m, keepAlive(m), "s3:DeleteBucketPolicy")
		if found[administrator] != want[0] || found[deployment] != want[1] || len(found) != 2 {
			t.Errorf("Deny if %s: found %v, expected %v", condition, found, want)
		}
	}
}

// A service that the policy allows has to get access, with the condition that the policy has for it.
func TestServicesThatThePolicyAllows(t *testing.T) {
	const trail = `{Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/AWSLogs/*", Condition: {StringEquals: {"s3:x-amz-acl": bucket-owner-full-control}}}`
	for deny, want := range map[string]policy.Answer{
		"": policy.Yes,
		`, {Effect: Deny, Principal: "*", Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/*", Condition: {"Null": {"aws:PrincipalArn": "true"}}}`:                 policy.No,
		`, {Effect: Deny, Principal: "*", Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/*", Condition: {BoolIfExists: {"aws:PrincipalIsAWSService": "false"}}}`: policy.Yes,
	} {
		m := grants(t, readLake, "", lake(trail+deny), "")
		if found := passing(m, keepAlive(m), "s3:PutObject"); found["cloudtrail.amazonaws.com"] != want {
			t.Errorf("with %q: found %v, expected %s", deny, found, want)
		}
	}
}

// Each service that accepts plain HTTP is asked over it: the grant's data, and what connections lead to.
func TestPlainHTTPOfEachService(t *testing.T) {
	const tls = `{Effect: Deny, Principal: "*", Action: "*", Resource: "*", Condition: {Bool: {"aws:SecureTransport": "false"}}}`
	queue := func(policy string) string {
		return "  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: q}}\n" +
			`  QueuePolicy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Queue], PolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: "sqs:SendMessage", Resource: "*", Condition: {ArnEquals: {"aws:SourceArn": !GetAtt Rule.Arn}}}` + policy + "]}}}\n" +
			`  Rule: {Type: AWS::Events::Rule, Metadata: {"CrossGrant::MustWork": true}, Properties: {Name: r, EventPattern: {source: [aws.s3]}, Targets: [{Id: q, Arn: !GetAtt Queue.Arn}]}}` + "\n"
	}
	topic := func(policy string) string {
		return "  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: n}}\n" +
			`  TopicPolicy: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref Topic], PolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: "sns:Publish", Resource: "*", Condition: {ArnEquals: {"aws:SourceArn": !GetAtt Rule.Arn}}}` + policy + "]}}}\n" +
			`  Rule: {Type: AWS::Events::Rule, Metadata: {"CrossGrant::MustWork": true}, Properties: {Name: r, EventPattern: {source: [aws.s3]}, Targets: [{Id: n, Arn: !Ref Topic}]}}` + "\n"
	}
	allow := `{Effect: Allow, Principal: {AWS: "arn:aws:iam::222222222222:role/reports"}, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"}`
	for name, c := range map[string]struct {
		resources, action string
		want              policy.Answer
	}{
		"a queue":             {queue(""), "sqs:SendMessage", policy.Yes},
		"a queue with TLS":    {queue(", " + tls), "sqs:SendMessage", policy.No},
		"a topic":             {topic(""), "sns:Publish", policy.Yes},
		"a topic with TLS":    {topic(", " + tls), "sns:Publish", policy.No},
		"the bucket":          {lake(allow), "s3:GetObject", policy.Yes},
		"the bucket with TLS": {lake(allow + ", " + tls), "s3:GetObject", policy.No},
	} {
		m := grants(t, readLake, "", c.resources, "")
		tried := false
		for _, one := range plainHTTP(m) {
			if one.Access.Action == c.action && (c.action != "s3:GetObject" || one.Access.Assumes != nil) {
				tried = true
				one.Access.Assumes, one.Access.Administrator = nil, one.Access.Assumes == nil
				if c.action == "s3:GetObject" {
					one.Access.Caller = "arn:aws:iam::222222222222:role/reports"
				}
				if got := simulate.Walk(m, one.Access)[0].Passes; got != c.want {
					t.Errorf("%s: found %s, expected %s", name, got, c.want)
				}
			}
		}
		if !tried {
			t.Errorf("%s: %s was not tried over plain HTTP", name, c.action)
		}
	}
}
