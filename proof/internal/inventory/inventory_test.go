package inventory

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	function = "  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: list, Role: !GetAtt Reader.Arn}}\n"
	bucket   = "  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n"
)

// guarded are the logical ids of what is guarded, with their kinds.
func guarded(i *Inventory) map[string]Kind {
	all := map[string]Kind{}
	for _, g := range i.Guarded {
		all[g.LogicalID] = g.Kind
	}
	return all
}

func TestGuarded(t *testing.T) {
	for name, c := range map[string]struct {
		source, target string
		want           map[string]Kind // beside the roles
	}{
		"data with its key": {"", `
  Key: {Type: AWS::KMS::Key}
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {KMSMasterKeyID: !GetAtt Key.Arn}}]}}}
  Other: {Type: AWS::S3::Bucket, Properties: {BucketName: lake-2}}`, map[string]Kind{"Lake": Data, "Key": Key}},
		"a function and its log group": {`
  Logs: {Type: AWS::Logs::LogGroup}
  Function: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Reader.Arn, LoggingConfig: {LogGroup: !Ref Logs}}}
  Other: {Type: AWS::Lambda::Function, Properties: {Role: "arn:aws:iam::111111111111:role/other"}}`, "", map[string]Kind{"Function": Workload, "Logs": Logs}},
		"a function and the log group that Lambda writes to by default": {`
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /aws/lambda/list}}
  Others: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /aws/lambda/list-2}}
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: list, Role: !GetAtt Reader.Arn}}`, "", map[string]Kind{"Function": Workload, "Logs": Logs}},
		"an instance and its profile": {`
  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Reader]}}
  Instance: {Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: !Ref Profile}}`, "", map[string]Kind{"Profile": Workload, "Instance": Workload}},
		"a task": {`
  Task: {Type: AWS::ECS::TaskDefinition, Properties: {TaskRoleArn: !GetAtt Reader.Arn}}
  Execution: {Type: AWS::ECS::TaskDefinition, Properties: {ExecutionRoleArn: !GetAtt Reader.Arn}}
  Service: {Type: AWS::ECS::Service, Properties: {TaskDefinition: !Ref Task}}`, "", map[string]Kind{"Task": Workload, "Service": Workload}},
		"an HTTP API": {function + `
  Api: {Type: AWS::ApiGatewayV2::Api}
  Other: {Type: AWS::ApiGatewayV2::Api}
  Integration: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationUri: !GetAtt Function.Arn}}`, "",
			map[string]Kind{"Function": Workload, "Api": API}},
		"a quick-created HTTP API": {function + "  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Target: !GetAtt Function.Arn}}\n", "", map[string]Kind{"Function": Workload, "Api": API}},
		"a REST API before a state machine": {function + `
  Machine: {Type: AWS::StepFunctions::StateMachine, Properties: {DefinitionString: !Sub '{"States":{"A":{"Resource":"${Function.Arn}"}}}'}}
  Api: {Type: AWS::ApiGateway::RestApi}
  Method: {Type: AWS::ApiGateway::Method, Properties: {RestApiId: !Ref Api, Integration: {RequestTemplates: {a: !Sub '{"stateMachineArn":"${Machine}"}'}}}}`, "",
			map[string]Kind{"Function": Workload, "Machine": Workload, "Api": API}},
		"a topic to a queue to a function": {function + `
  Key: {Type: AWS::KMS::Key}
  Topic: {Type: AWS::SNS::Topic}
  Later: {Type: AWS::SNS::Topic}
  Queue: {Type: AWS::SQS::Queue, Properties: {KmsMasterKeyId: !Ref Key}}
  Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: list, EventSourceArn: !GetAtt Queue.Arn}}
  Subscription: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, Endpoint: !GetAtt Queue.Arn}}
  Unrelated: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Later, Endpoint: "arn:aws:sqs:eu-west-1:111111111111:other"}}`, "",
			map[string]Kind{"Function": Workload, "Queue": Channel, "Topic": Channel, "Key": Key}},
		"a rule on a bus": {function + `
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: orders}}
  Rule: {Type: AWS::Events::Rule, Properties: {EventBusName: orders, Targets: [{Arn: !GetAtt Function.Arn}]}}`, "",
			map[string]Kind{"Function": Workload, "Bus": Channel}},
		"an access point's bucket": {"", `
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
  Point: {Type: AWS::S3::AccessPoint, Properties: {Name: lake, Bucket: !Ref Lake}}`, map[string]Kind{"Lake": Data, "Point": Data}},
		"what a pattern means": {"", `
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}
  Token: {Type: AWS::SecretsManager::Secret, Properties: {Name: token}}
  Other: {Type: AWS::SecretsManager::Secret, Properties: {Name: other}}`, map[string]Kind{"Lake": Data, "Token": Data}},
		"in what way else data and keys are there": {"", `
  Key: {Type: AWS::KMS::Key, Properties: {MultiRegion: true}}
  Replica: {Type: AWS::KMS::ReplicaKey, Properties: {PrimaryKeyArn: !GetAtt Key.Arn}}
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {KMSMasterKeyID: !GetAtt Key.Arn}}]}}}
  Location: {Type: AWS::S3::AccessGrantsLocation, Properties: {LocationScope: "s3://lake/in/*"}}`, map[string]Kind{"Lake": Data, "Key": Key, "Replica": Key, "Location": Data}},
		"an access point": {"", `
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: big-lake}}
  Point: {Type: AWS::S3::AccessPoint, Properties: {Name: point, Bucket: !Ref Lake}}`, map[string]Kind{"Lake": Data, "Point": Data}},
		"a load balancer and a GraphQL API": {function + `
  Group: {Type: AWS::ElasticLoadBalancingV2::TargetGroup, Properties: {Targets: [{Id: !GetAtt Function.Arn}]}}
  Graph: {Type: AWS::AppSync::GraphQLApi}
  Source: {Type: AWS::AppSync::DataSource, Properties: {ApiId: !GetAtt Graph.ApiId, LambdaConfig: {LambdaFunctionArn: !GetAtt Function.Arn}}}`, "",
			map[string]Kind{"Function": Workload, "Group": API, "Graph": API}},
		"keys that a grant is on": {"", `
  Key: {Type: AWS::KMS::Key}
  Replica: {Type: AWS::KMS::ReplicaKey, Properties: {PrimaryKeyArn: "arn:aws:kms:us-east-1:222222222222:key/mrk-1"}}`, map[string]Kind{"Key": Key, "Replica": Key}},
		"what is marked": {`
  Queue: {Type: AWS::SQS::Queue}
  Rule: {Type: AWS::Events::Rule, Metadata: {CrossGrant::MustWork: true}, Properties: {Targets: [{Arn: !GetAtt Queue.Arn}]}}`, "",
			map[string]Kind{"Rule": Channel, "Queue": Channel}},
		"a pipe to a function": {function + `
  Queue: {Type: AWS::SQS::Queue}
  Pipe: {Type: AWS::Pipes::Pipe, Properties: {Source: !GetAtt Queue.Arn, Target: !GetAtt Function.Arn}}`, "", map[string]Kind{"Function": Workload, "Queue": Channel}},
		"a bucket that tells a function": {function + "  Inbox: {Type: AWS::S3::Bucket, Properties: {NotificationConfiguration: {LambdaConfigurations: [{Function: !GetAtt Function.Arn}]}}}\n", "",
			map[string]Kind{"Function": Workload, "Inbox": Channel}},
		"a described REST API": {function + "  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Body: {uri: !GetAtt Function.Arn}}}\n", "", map[string]Kind{"Function": Workload, "Api": API}},
		"what is marked, of each kind": {`
  Topic: {Type: AWS::SNS::Topic}
  Alarm: {Type: AWS::CloudWatch::Alarm, Metadata: {CrossGrant::MustWork: true}, Properties: {AlarmActions: [!Ref Topic]}}
  Log: {Type: AWS::S3::Bucket}
  Trail: {Type: AWS::CloudTrail::Trail, Metadata: {CrossGrant::MustWork: true}, Properties: {S3BucketName: !Ref Log}}
  Queue: {Type: AWS::SQS::Queue}
  Own: ` + `{Type: AWS::IAM::Role, Properties: {RoleName: own, AssumeRolePolicyDocument: {Statement: []}}}
  Worker: {Type: AWS::Lambda::Function, Metadata: {CrossGrant::MustWork: true}, Properties: {FunctionName: worker, Role: !GetAtt Own.Arn, DeadLetterConfig: {TargetArn: !GetAtt Queue.Arn}}}
  Mapping: {Type: AWS::Lambda::EventSourceMapping, Metadata: {CrossGrant::MustWork: true}, Properties: {FunctionName: worker, EventSourceArn: !GetAtt Queue.Arn}}
  Api: {Type: AWS::ApiGatewayV2::Api}
  Integration: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationUri: !GetAtt Worker.Arn}}
  Route: {Type: AWS::ApiGatewayV2::Route, Metadata: {CrossGrant::MustWork: true}, Properties: {ApiId: !Ref Api, RouteKey: GET /a, Target: !Sub "integrations/${Integration}"}}
  Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: group}}
  Policy: {Type: AWS::IAM::Policy, Metadata: {CrossGrant::MustWork: true}, Properties: {Roles: [!Ref Own], PolicyDocument: {Statement: [{Effect: Allow, Action: "logs:CreateLogStream", Resource: !GetAtt Group.Arn}]}}}`, "",
			map[string]Kind{"Topic": Channel, "Log": Data, "Trail": Channel, "Queue": Channel, "Own": ConnectionRole, "Worker": Workload, "Mapping": Channel, "Api": API, "Route": API, "Group": Logs}},
		"a role of a connection": {`
  Sender: ` + `{Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: orders}}
  Rule: {Type: AWS::Events::Rule, Metadata: {CrossGrant::MustWork: true}, Properties: {Targets: [{Arn: !GetAtt Bus.Arn, RoleArn: !GetAtt Sender.Arn}]}}`, "",
			map[string]Kind{"Rule": Channel, "Bus": Channel, "Sender": ConnectionRole}},
	} {
		t.Run(name, func(t *testing.T) {
			_, i := inventory(t, c.source, c.target)
			c.want["Reader"], c.want["Role"] = GranteeRole, TrustedRole
			if d := cmp.Diff(c.want, guarded(i)); d != "" {
				t.Errorf("(-expected +found)\n%s", d)
			}
		})
	}
}

// What belongs to a grant has its key. What a rule of nobody's grant sends to has none.
func TestGrantOf(t *testing.T) {
	_, i := inventory(t, function+`
  Queue: {Type: AWS::SQS::Queue}
  Rule: {Type: AWS::Events::Rule, Metadata: {CrossGrant::MustWork: true}, Properties: {Targets: [{Arn: !GetAtt Queue.Arn}]}}
`, bucket)
	got := map[string]string{}
	for _, g := range i.Guarded {
		got[g.LogicalID] = g.Grant()
	}
	const key = "reports-prod-eu-west-1"
	if d := cmp.Diff(map[string]string{"Role": key, "Reader": key, "Function": key, "Lake": key, "Rule": "", "Queue": ""}, got); d != "" {
		t.Errorf("(-expected +found)\n%s", d)
	}
	if g := i.Of(i.Guarded[0].Resource); g != i.Guarded[0] {
		t.Errorf("found %v, expected the resource as it is guarded", g)
	}
}

// A resource is referred to by its name, its ARN or that of a part of it, a value that is unknown before deployment, or its address.
func TestReferences(t *testing.T) {
	_, i := inventory(t, function+`
  Alias: {Type: AWS::Lambda::Alias, Properties: {Name: live, FunctionName: !Ref Function}}
  ByARN: {Type: X::Y::Z, Properties: {A: [1, {B: !GetAtt Function.Arn}], C: !Sub "${Function.Arn}:live"}}
  ByURI: {Type: X::Y::Z, Properties: {Uri: !Sub "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"}}
  ByText: {Type: X::Y::Z, Properties: {Script: 'call("arn:aws:lambda:eu-west-1:111111111111:function:list:7"), then stop'}}
  ByBucketName: {Type: X::Y::Z, Properties: {Bucket: lake}}
  ByURL: {Type: X::Y::Z, Properties: {Url: "https://lake.s3.eu-west-1.amazonaws.com/in"}}
  ByOldURL: {Type: X::Y::Z, Properties: {Url: "https://s3.eu-west-1.amazonaws.com/lake/in"}}
  ByPath: {Type: X::Y::Z, Properties: {Home: /lake/in}}
  ByJSON: {Type: X::Y::Z, Properties: {Body: '{"Bucket":"lake","Other":"lakes"}'}}
  ByIntegration: {Type: X::Y::Z, Properties: {Uri: "arn:aws:apigateway:eu-west-1:s3:path/lake/{key}"}}
  ByVersion: {Type: X::Y::Z, Properties: {FunctionName: "list:7", Other: "other:list"}}
  ByPartOfARN: {Type: X::Y::Z, Properties: {FunctionName: "111111111111:function:list"}}
  ItsOwnName: {Type: X::Y::Thing, Properties: {Name: list, ThingName: lake}}
  ByS3URI: {Type: X::Y::Z, Properties: {Url: "s3://lake/in"}}
  Similar: {Type: X::Y::Z, Properties: {A: lakehouse, B: "arn:aws:s3:::lake-2/a", C: "https://lake-2.s3.amazonaws.com", D: "https://x.amazonaws.com/lake"}}
  OtherAccount: {Type: X::Y::Z, Properties: {RoleName: reports}}
  ToPeople: {Type: X::Y::Z, Properties: {Description: list, Tags: [{Key: a, Value: list}]}}
`, bucket+`
  Key: {Type: AWS::KMS::Key}
  Table: {Type: AWS::DynamoDB::Table}
  ByValue: {Type: X::Y::Z, Properties: {A: !Sub "${Role.RoleId}/x", B: !GetAtt Lake.WebsiteURL}}
  ByRoleName: {Type: X::Y::Z, Properties: {Role: reports}}
`)
	got := map[string]map[string][]string{}
	for _, r := range i.References {
		got[r.LogicalID] = map[string][]string{}
		for _, m := range r.Mentions {
			got[r.LogicalID][m.LogicalID] = m.Places
			if one, ok := r.To(m.Guarded); !ok || len(one.Places) != len(m.Places) {
				t.Errorf("%s: found %v, expected the mention of %s", r.LogicalID, one, m.LogicalID)
			}
		}
	}
	want := map[string]map[string][]string{
		"Function":      {"Reader": {"Role"}},
		"Alias":         {"Function": {"FunctionName"}},
		"ByARN":         {"Function": {"A[1].B", "C"}},
		"ByURI":         {"Function": {"Uri"}},
		"ByText":        {"Function": {"Script"}},
		"ByBucketName":  {"Lake": {"Bucket"}},
		"ByURL":         {"Lake": {"Url"}},
		"ByOldURL":      {"Lake": {"Url"}},
		"ByS3URI":       {"Lake": {"Url"}},
		"ByPath":        {"Lake": {"Home"}},
		"ByJSON":        {"Lake": {"Body"}},
		"ByIntegration": {"Lake": {"Uri"}},
		"ByVersion":     {"Function": {"FunctionName"}},
		"ByPartOfARN":   {"Function": {"FunctionName"}},
		"ByValue":       {"Role": {"A"}, "Lake": {"B"}},
		"ByRoleName":    {"Role": {"Role"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-expected +found)\n%s", d)
	}
	if _, ok := i.References[0].To(&Guarded{}); ok {
		t.Error("found a mention of what nothing mentions")
	}
	for _, r := range i.References {
		if r.LogicalID == "ByVersion" {
			if all := i.MentionedBy(r.Resource, "Other"); len(all) != 1 || all[0].LogicalID != "Function" {
				t.Errorf("found %v, expected the function", all)
			}
			if all := i.MentionedBy(r.Resource, "FunctionName"); len(all) != 0 {
				t.Errorf("found %v, expected nothing", all)
			}
		}
	}
	if all := i.Mentioning(i.Guarded[0].Resource); len(all) != 2 {
		t.Errorf("found %d resources that mention the role, expected 2", len(all))
	}
}

// The accounts between which a grant or a connection is are those that may use something.
func TestParties(t *testing.T) {
	_, i := inventory(t, function+`
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: queue}}
`, bucket+`
  Rule: {Type: AWS::Events::Rule, Metadata: {CrossGrant::MustWork: true}, Properties: {Targets: [{Arn: "arn:aws:sqs:eu-west-1:111111111111:queue", RoleArn: !GetAtt Sender.Arn}]}}
  Sender: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}
  Alarms: {Type: AWS::SNS::Topic}
  Alarm: {Type: AWS::CloudWatch::Alarm, Metadata: {CrossGrant::MustWork: true}, Properties: {AlarmActions: [!Ref Alarms]}}
`)
	got := map[string][]string{}
	for _, g := range i.Guarded {
		got[g.LogicalID] = g.Parties
	}
	both := []string{"111111111111", "222222222222"}
	want := map[string][]string{"Role": both, "Reader": both, "Function": both, "Lake": both, "Queue": both, "Rule": {"222222222222"}, "Sender": {"222222222222"}, "Alarms": {"222222222222"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-expected +found)\n%s", d)
	}
}
