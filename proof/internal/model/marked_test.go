package model

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// marks is a template in which a mark on each of these types has something to try. The mark is put where %MARK% stands.
const marks = `
Parameters: {P: {Type: String}}
Conditions: {Maybe: !Equals [!Ref P, a]}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: news}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs, KmsMasterKeyId: !Ref Key}}
  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: []}}}
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: worker, AssumeRolePolicyDocument: {Statement: []}, ManagedPolicyArns: [!Ref Managed]}}
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: work, Role: !GetAtt Role.Arn}}
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: lake
      NotificationConfiguration:
        LambdaConfigurations: [{Event: "s3:ObjectCreated:*", Function: !GetAtt Function.Arn}]
        QueueConfigurations: [{Event: "s3:ObjectCreated:*", Queue: !GetAtt Queue.Arn}]
        TopicConfigurations: [{Event: "s3:ObjectCreated:*", Topic: !Ref Topic}]
  Subscription: {Type: AWS::SNS::Subscription, Properties: {Protocol: sqs, TopicArn: "arn:aws:sns:eu-west-1:222222222222:news", Endpoint: !GetAtt Queue.Arn, RedrivePolicy: {deadLetterTargetArn: "arn:aws:sqs:eu-west-1:111111111111:failed"}}}
  Invoke: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref Function, Qualifier: $LATEST, DestinationConfig: {OnSuccess: {Destination: !Ref Topic}, OnFailure: {Destination: "arn:aws:events:eu-west-1:111111111111:event-bus/default"}}}}
  Schedule: {Type: AWS::Scheduler::Schedule, Properties: {Name: daily, State: ENABLED, Target: {Arn: !GetAtt Function.Arn, RoleArn: !GetAtt Role.Arn}}}
  Pipe: {Type: AWS::Pipes::Pipe, Properties: {Name: pipe, RoleArn: !GetAtt Role.Arn, Source: "arn:aws:sqs:eu-west-1:111111111111:in", Target: !Ref Topic}}
  Policy: {Type: AWS::IAM::Policy, Properties: {PolicyName: p, Roles: [!Ref Role], PolicyDocument: {Statement: [{Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/in/*", Condition: {IpAddress: {"aws:SourceIp": 203.0.113.0/24}, StringEquals: {"s3:x-amz-acl": private}}}, {Effect: Deny, Action: "s3:*", Resource: "*"}, {Effect: Allow, NotAction: "s3:*", Resource: "*"}]}}}
  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: m, PolicyDocument: {Statement: {Effect: Allow, Action: "ssm:UpdateInstanceInformation", Resource: "*"}}}}
  Inline: {Type: AWS::IAM::RolePolicy, Properties: {PolicyName: i, RoleName: worker, PolicyDocument: {Statement: {Effect: Allow, Action: "sns:Publish", Resource: !Ref Topic, Condition: {NumericLessThan: {"sns:x": 1}}}}}}
  Trail: {Type: AWS::CloudTrail::Trail, Properties: {TrailName: audit, S3BucketName: lake, IsLogging: true, IsOrganizationTrail: true, KMSKeyId: !Ref Key}}
  LogsPolicy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/AWSLogs/o-abcdefghij/*"}]}}}
  Rule: {Type: AWS::Events::Rule, Properties: {Name: created, EventPattern: {source: [aws.s3]}, Targets: [{Id: B, Arn: "arn:aws:events:eu-west-1:222222222222:event-bus/in", RoleArn: !GetAtt Role.Arn}, {Id: Q, Arn: "arn:aws:sqs:eu-west-1:222222222222:in", RoleArn: !GetAtt Role.Arn}]}}
`

// marked is the template with a mark on one resource.
func marked(t *testing.T, logicalID, metadata string, edits ...edit) *Model {
	t.Helper()
	type_ := "\n  " + logicalID + ": {Type: "
	if !strings.Contains(marks, type_) {
		type_ = "\n  " + logicalID + ":\n    Type: "
	}
	separator := ", "
	if !strings.Contains(type_, "{") {
		separator = "\n    "
	}
	return read(t, marks, append([]edit{{type_, strings.Replace(type_, "Type: ", "Metadata: {"+metadata+"}"+separator+"Type: ", 1)}}, edits...)...)
}

const mustWork = `"CrossGrant::MustWork": true`

// What a marked resource depends on follows from the resource, as AWS documents it for each service.
func TestRequestsOfMarks(t *testing.T) {
	const worker, key = "arn:aws:iam::111111111111:role/worker", "arn:aws:kms:eu-west-1:111111111111:key/‹S.Key›"
	for id, expected := range map[string][]string{
		"Bucket": {
			"s3.amazonaws.com lambda:InvokeFunction arn:aws:lambda:eu-west-1:111111111111:function:work for arn:aws:s3:::lake, deputy",
			"s3.amazonaws.com sqs:SendMessage arn:aws:sqs:eu-west-1:111111111111:jobs for arn:aws:s3:::lake, deputy",
			"s3.amazonaws.com kms:GenerateDataKey " + key + " for arn:aws:s3:::lake, deputy, implied",
			"s3.amazonaws.com kms:Decrypt " + key + " for arn:aws:s3:::lake, deputy, implied",
			"s3.amazonaws.com sns:Publish arn:aws:sns:eu-west-1:111111111111:news for arn:aws:s3:::lake, deputy",
		},
		"Subscription": {
			"sns.amazonaws.com sqs:SendMessage arn:aws:sqs:eu-west-1:111111111111:jobs for arn:aws:sns:eu-west-1:222222222222:news, deputy",
			"sns.amazonaws.com kms:GenerateDataKey " + key + " for arn:aws:sns:eu-west-1:222222222222:news, implied",
			"sns.amazonaws.com kms:Decrypt " + key + " for arn:aws:sns:eu-west-1:222222222222:news, implied",
			"sns.amazonaws.com sqs:SendMessage arn:aws:sqs:eu-west-1:111111111111:failed for arn:aws:sns:eu-west-1:222222222222:news, deputy",
		},
		"Invoke": {
			worker + " events:PutEvents arn:aws:events:eu-west-1:111111111111:event-bus/default",
			worker + " sns:Publish arn:aws:sns:eu-west-1:111111111111:news",
		},
		"Schedule": {
			"scheduler.amazonaws.com sts:AssumeRole " + worker + " for arn:aws:scheduler:eu-west-1:111111111111:schedule-group/default",
			worker + " lambda:InvokeFunction arn:aws:lambda:eu-west-1:111111111111:function:work",
		},
		"Pipe": {
			"pipes.amazonaws.com sts:AssumeRole " + worker + " for arn:aws:pipes:eu-west-1:111111111111:pipe/pipe",
			worker + " sqs:ReceiveMessage arn:aws:sqs:eu-west-1:111111111111:in",
			worker + " sqs:DeleteMessage arn:aws:sqs:eu-west-1:111111111111:in",
			worker + " sqs:GetQueueAttributes arn:aws:sqs:eu-west-1:111111111111:in",
			"pipes.amazonaws.com sts:AssumeRole " + worker + " for arn:aws:pipes:eu-west-1:111111111111:pipe/pipe",
			worker + " sns:Publish arn:aws:sns:eu-west-1:111111111111:news",
		},
		"Policy":  {worker + " s3:PutObject arn:aws:s3:::lake/in/crossgrant-probe"},
		"Managed": {worker + " ssm:UpdateInstanceInformation *"},
		"Trail": {
			"cloudtrail.amazonaws.com s3:GetBucketAcl arn:aws:s3:::lake for arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit, deputy",
			"cloudtrail.amazonaws.com s3:PutObject arn:aws:s3:::lake/AWSLogs/111111111111/CloudTrail/crossgrant-probe for arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit, deputy",
			"cloudtrail.amazonaws.com s3:PutObject arn:aws:s3:::lake/AWSLogs/o-abcdefghij/111111111111/CloudTrail/crossgrant-probe for arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit, deputy",
			"cloudtrail.amazonaws.com kms:GenerateDataKey " + key + " for arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit",
			"cloudtrail.amazonaws.com kms:DescribeKey " + key + " for arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit",
		},
		"Rule": {
			"events.amazonaws.com sts:AssumeRole " + worker + " for arn:aws:events:eu-west-1:111111111111:rule/created, deputy",
			worker + " events:PutEvents arn:aws:events:eu-west-1:222222222222:event-bus/in, deputy",
			"events.amazonaws.com sts:AssumeRole " + worker + " for arn:aws:events:eu-west-1:111111111111:rule/created",
			worker + " sqs:SendMessage arn:aws:sqs:eu-west-1:222222222222:in",
		},
	} {
		t.Run(id, func(t *testing.T) {
			m := marked(t, id, mustWork)
			if found := faults(m); found != "" {
				t.Errorf("found faults\n%s", found)
			}
			if d := cmp.Diff(strings.Join(expected, "\n"), requests(m)); d != "" {
				t.Errorf("requests (-expected +found):\n%s", d)
			}
		})
	}
}

// Actions with wildcards, as the CDK's grantRead writes them, are those that the service has and that can be on the resource, without what the policy itself denies.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
func TestWildcardsOfAUse(t *testing.T) {
	const statement = `{Effect: Allow, Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/in/*", Condition: {IpAddress: {"aws:SourceIp": 203.0.113.0/24}, StringEquals: {"s3:x-amz-acl": private}}}, {Effect: Deny, Action: "s3:*", Resource: "*"}`
	const worker = "arn:aws:iam::111111111111:role/worker "
	for statements, wanted := range map[string]string{
		`{Effect: Allow, Action: ["s3:GetObjectA*", "s3:ListB*"], Resource: [!GetAtt Bucket.Arn, !Sub "${Bucket.Arn}/*"]}`: worker + "s3:GetObjectAcl arn:aws:s3:::lake/crossgrant-probe\n" +
			worker + "s3:GetObjectAttributes arn:aws:s3:::lake/crossgrant-probe\n" + worker + "s3:GetObjectAnnotation arn:aws:s3:::lake/crossgrant-probe\n" +
			worker + "s3:ListBucket arn:aws:s3:::lake\n" + worker + "s3:ListBucketMultipartUploads arn:aws:s3:::lake\n" + worker + "s3:ListBucketVersions arn:aws:s3:::lake",
		`{Effect: Allow, Action: "sqs:*Message", Resource: !GetAtt Queue.Arn}, {Effect: Deny, Action: "sqs:Delete*", Resource: "*"}`: worker + "sqs:ReceiveMessage arn:aws:sqs:eu-west-1:111111111111:jobs\n" +
			worker + "sqs:SendMessage arn:aws:sqs:eu-west-1:111111111111:jobs",
		`{Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::222222222222:role/other"}`: worker + "sts:AssumeRole arn:aws:iam::222222222222:role/other",
		`{Effect: Allow, Action: "xray:PutTrace*", Resource: "*"}`:                                    worker + "xray:PutTraceSegments *",
	} {
		m := marked(t, "Policy", mustWork, edit{statement, statements})
		found, expected := strings.Split(requests(m), "\n"), strings.Split(wanted, "\n")
		slices.Sort(found)
		slices.Sort(expected)
		if f := faults(m); f != "" || !slices.Equal(found, expected) {
			t.Errorf("%s: found %q and faults %q, expected %q", statements, found, f, expected)
		}
		for _, one := range m.Connections() {
			if strings.Contains(one.Resource, "222222222222") != (one.Owner == "222222222222") {
				t.Errorf("found owner %s of %s", one.Owner, one.Resource)
			}
		}
	}
	for _, action := range []string{"*", "s3:Fetch*"} {
		m := marked(t, "Policy", mustWork, edit{statement, `{Effect: Allow, Action: "` + action + `", Resource: "arn:aws:s3:::lake"}`})
		if wanted := "unknown policy ‹S.Policy›: what " + action + " means on arn:aws:s3:::lake is not known; name the actions that have to work"; !strings.Contains(faults(m), wanted) {
			t.Errorf("found %q, expected %q", faults(m), wanted)
		}
	}
}

// A policy restricts where a request comes from: that is no part of what its role does.
func TestConditionsThatAUseMeets(t *testing.T) {
	m := marked(t, "Policy", mustWork)
	if found := m.Declared[0].Connections[0].Context; !cmp.Equal(found, map[string][]string{"s3:x-amz-acl": {"private"}}) {
		t.Errorf("found context %v", found)
	}
}

func TestFaultsOfMarks(t *testing.T) {
	for name, c := range map[string]struct {
		id, metadata string
		edit         edit
		want         string
	}{
		"the former name":                   {"Bucket", `"CrossGrant::HasToWork": true`, edit{}, ""},
		"a mark that is taken back":         {"Key", `"CrossGrant::MustWork": false`, edit{}, ""},
		"other metadata":                    {"Key", `"Other::MustWork": 1`, edit{}, ""},
		"a mark that nothing tries":         {"Key", mustWork, edit{}, "broken key ‹S.Key›: found the mark CrossGrant::MustWork on a AWS::KMS::Key, which nothing tries; expected one of AWS::ApiGatewayV2::Route, AWS::CloudTrail::Trail, "},
		"a mark with another name":          {"Bucket", `"CrossGrant::MustWrok": true`, edit{}, "broken bucket lake: found metadata CrossGrant::MustWrok, expected CrossGrant::MustWork; correct the name"},
		"a mark with a text":                {"Bucket", `"CrossGrant::MustWork": "true"`, edit{`"CrossGrant::MustWork": "true"`, `"CrossGrant::MustWork": "yes"`}, "broken bucket lake: found metadata CrossGrant::MustWork with yes, expected true"},
		"a resource that may not be":        {"Bucket", mustWork, edit{"Type: AWS::S3::Bucket\n", "Type: AWS::S3::Bucket\n    Condition: Maybe\n"}, "unknown bucket lake: bucket lake exists only under the condition Maybe"},
		"a bucket of EventBridge":           {"Bucket", mustWork, edit{"NotificationConfiguration:", "NotificationConfiguration: {EventBridgeConfiguration: {}}\n      Other:"}, ""},
		"a bucket not of EventBridge":       {"Bucket", mustWork, edit{"NotificationConfiguration:", "NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: false}}\n      Other:"}, "broken bucket lake: bucket lake sends no events to EventBridge"},
		"a bucket without notifications":    {"Bucket", mustWork, edit{"NotificationConfiguration", "Other"}, "unknown bucket lake: its destination is in no template, or in a form that is not known; connect it to a resource of this app"},
		"a subscription by email":           {"Subscription", mustWork, edit{"Protocol: sqs, TopicArn: \"arn:aws:sns:eu-west-1:222222222222:news\", Endpoint: !GetAtt Queue.Arn, RedrivePolicy: {deadLetterTargetArn: \"arn:aws:sqs:eu-west-1:111111111111:failed\"}", "Protocol: email, TopicArn: !Ref Topic, Endpoint: a@example.com"}, "unknown subscription"},
		"a schedule that is disabled":       {"Schedule", mustWork, edit{"State: ENABLED", "State: DISABLED"}, "broken schedule ‹S.Schedule›: schedule ‹S.Schedule› is disabled"},
		"a schedule of another kind":        {"Schedule", mustWork, edit{"Target: {Arn: !GetAtt Function.Arn", "Target: {Arn: 'arn:aws:scheduler:::aws-sdk:ec2:stopInstances'"}, "unknown schedule"},
		"a pipe that is stopped":            {"Pipe", mustWork, edit{"Name: pipe", "Name: pipe, DesiredState: STOPPED"}, "broken pipe ‹S.Pipe›: pipe ‹S.Pipe› is stopped"},
		"destinations of no function":       {"Invoke", mustWork, edit{"FunctionName: !Ref Function, Qualifier", "FunctionName: other, Qualifier"}, "unknown eventinvokeconfig"},
		"a condition without an example":    {"Inline", mustWork, edit{}, "unknown rolepolicy ‹S.Inline›: condition NumericLessThan of sns:x: found an operator of which no example can be made"},
		"a rule that is disabled":           {"Rule", mustWork, edit{"Name: created", "Name: created, State: DISABLED"}, "broken rule created: rule created has the state DISABLED"},
		"a bus of another account, no role": {"Rule", mustWork, edit{"event-bus/in\", RoleArn: !GetAtt Role.Arn", "event-bus/in\""}, "broken rule created: its target arn:aws:events:eu-west-1:222222222222:event-bus/in is in another account and has no RoleArn, without which EventBridge sends nothing there; set RoleArn of the target to a role that events.amazonaws.com may assume and that may events:PutEvents on"},
	} {
		t.Run(name, func(t *testing.T) {
			var edits []edit
			if c.edit.from != "" {
				edits = append(edits, c.edit)
			}
			found := faults(marked(t, c.id, c.metadata, edits...))
			if c.want == "" && found != "" || !strings.Contains(found, c.want) {
				t.Errorf("found\n%s\nexpected %s", found, c.want)
			}
		})
	}
}

// The bucket's policy says which organization, unless that is known, or nobody says so.
func TestOrganizationOfATrail(t *testing.T) {
	for name, c := range map[string]struct {
		edits []edit
		want  string
	}{
		"of the bucket's policy": {nil, "/o-abcdefghij/"},
		"of nobody":              {[]edit{{"AWSLogs/o-abcdefghij/*", "AWSLogs/111111111111/*"}}, "/o-crossgrantprobe/"},
		"of no bucket":           {[]edit{{"S3BucketName: lake", "S3BucketName: sea"}}, "/o-crossgrantprobe/"},
		"with a prefix":          {[]edit{{"S3BucketName: lake", "S3BucketName: lake, S3KeyPrefix: logs"}}, "arn:aws:s3:::lake/logs/AWSLogs/o-abcdefghij/111111111111/"},
	} {
		if found := requests(marked(t, "Trail", mustWork, c.edits...)); !strings.Contains(found, c.want) {
			t.Errorf("%s: found\n%s\nexpected %s", name, found, c.want)
		}
	}
	m := marked(t, "Trail", mustWork)
	m.organizations["111111111111"] = "o-known12345"
	if found := m.organizationOf(m.Declared[0].Resources[0]); found != "o-known12345" {
		t.Errorf("found %s, expected the one that is known", found)
	}
}

// The documentation names every type that can be marked.
func TestMarkableTypesInTheReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(readme), "These types can be marked:")
	list, _, _ = strings.Cut(list, "A mark on another type")
	for kind := range markable {
		if !strings.Contains(list, "`"+kind+"`") {
			t.Errorf("found no %s among the types that can be marked", kind)
		}
	}
	if found := strings.Count(list, "::") / 2; found != len(markable) {
		t.Errorf("found %d types, expected %d", found, len(markable))
	}
}
