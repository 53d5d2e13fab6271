package escalation

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Each expected way is the beginning of a check's verdict and name. The actions and what they give are those of the Service Authorization Reference.
func TestWaysToData(t *testing.T) {
	const way = "broken: 333333333333 -> role one: "
	for name, c := range map[string]struct {
		source, target string
		want           []string
	}{
		"nobody":                            {},
		"a version of an object":            {"", by(may(`"s3:GetObjectVersion"`, "arn:aws:s3:::lake/*")), []string{way + "s3:GetObjectVersion on arn:aws:s3:::lake/crossgrant-probe"}},
		"any reading":                       {"", by(may(`"s3:Get*"`, "arn:aws:s3:::lake/*")), []string{way + "s3:GetObject on arn:aws:s3:::lake/"}},
		"in another case":                   {"", by(may(`"S3:getobjectTAGGING"`, "*")), []string{way + "s3:GetObjectTagging on"}},
		"listing":                           {"", by(may(`"s3:ListBucketVersions"`, "arn:aws:s3:::lake")), []string{way + "s3:ListBucketVersions on arn:aws:s3:::lake"}},
		"listing of one prefix":             {"", by(`{Effect: Allow, Action: "s3:ListBucket", Resource: "*", Condition: {StringLike: {"s3:prefix": "x/*"}}}`), []string{way + "s3:ListBucket on arn:aws:s3:::lake"}},
		"one prefix":                        {"", by(may(`"s3:DeleteObject"`, "arn:aws:s3:::lake/reports/*")), []string{way + "s3:DeleteObject on arn:aws:s3:::lake/reports/"}},
		"one prefix of many buckets":        {"", by(may(`"s3:PutObject"`, "arn:aws:s3:::l*/reports/2026/*")), []string{way + "s3:PutObject on arn:aws:s3:::lake/reports/2026/"}},
		"one prefix somewhere":              {"", by(may(`"s3:PutObject"`, "arn:aws:s3:::*inbox/*")), []string{way + "s3:PutObject on arn:aws:s3:::lake/inbox/"}},
		"everything but":                    {"", by(`{Effect: Allow, NotAction: ["iam:*", "s3:*", "kms:*"], Resource: "*"}`), []string{way + "dynamodb:GetItem on arn:aws:dynamodb:eu-west-1:222222222222:table/shop"}},
		"everywhere but":                    {"", by(`{Effect: Allow, Action: "s3:GetObject", NotResource: "arn:aws:s3:::pond/*"}`), []string{way + "s3:GetObject on arn:aws:s3:::lake/"}},
		"the bucket's policy":               {"", by(may(`"s3:PutBucketPolicy"`, "arn:aws:s3:::lake")), []string{way + "s3:PutBucketPolicy on arn:aws:s3:::lake"}},
		"replication":                       {"", by(may(`"s3:PutReplicationConfiguration"`, "*")), []string{way + "s3:PutReplicationConfiguration on arn:aws:s3:::lake"}},
		"an index":                          {"", by(may(`"dynamodb:Query"`, "arn:aws:dynamodb:*:*:table/shop/index/*")), []string{way + "dynamodb:Query on arn:aws:dynamodb:eu-west-1:222222222222:table/shop/index/"}},
		"a stream":                          {"", by(may(`"dynamodb:GetRecords"`, "arn:aws:dynamodb:eu-west-1:222222222222:table/*/stream/2026*")), []string{way + "dynamodb:GetRecords on arn:aws:dynamodb:eu-west-1:222222222222:table/shop/stream/2026"}},
		"an export":                         {"", by(may(`"dynamodb:ExportTableToPointInTime"`, "*")), []string{way + "dynamodb:ExportTableToPointInTime on"}},
		"a grant of the key":                {"", by(may(`"kms:CreateGrant"`, "*")), []string{way + "kms:CreateGrant on arn:aws:kms:eu-west-1:222222222222:key/"}},
		"the key as it is":                  {"", by(may(`["kms:DescribeKey", "kms:ListGrants"]`, "*")), nil},
		"the key by a service":              {"", by(`{Effect: Allow, Action: "kms:Decrypt", Resource: "*", Condition: {StringEquals: {"kms:ViaService": s3.eu-west-1.amazonaws.com}}}`), nil},
		"an access point":                   {"", by(may(`"s3:GetObject"`, "arn:aws:s3:eu-west-1:222222222222:accesspoint/ap/object/*")) + "  Ap: {Type: AWS::S3::AccessPoint, Properties: {Name: ap, Bucket: !Ref Lake}}\n", []string{"undecided: 333333333333 -> role one: s3:GetObject on arn:aws:s3:eu-west-1:222222222222:accesspoint/ap/object/"}},
		"an access point and its bucket":    {"", by(may(`"s3:GetObject"`, "*")) + "  Ap: {Type: AWS::S3::AccessPoint, Properties: {Name: ap, Bucket: !Ref Lake}}\n", []string{way + "s3:GetObject on arn:aws:s3:::lake/", way + "s3:GetObject on arn:aws:s3:eu-west-1:222222222222:accesspoint/ap/object/"}},
		"a replica":                         {"", by(may(`"dynamodb:Scan"`, "arn:aws:dynamodb:us-east-1:222222222222:table/*")) + "  Other: {Type: AWS::DynamoDB::GlobalTable, Properties: {TableName: shop, Replicas: [{Region: eu-west-1}, {Region: us-east-1}]}}\n", []string{way + "dynamodb:Scan on arn:aws:dynamodb:us-east-1:222222222222:table/shop"}},
		"where a grant of S3 is":            {"", by(may(`"s3:UpdateAccessGrantsLocation"`, "*")) + "  Location: {Type: AWS::S3::AccessGrantsLocation, Properties: {LocationScope: 's3://lake/*', IamRoleArn: !GetAtt Reports.Arn}}\n", []string{way + "s3:UpdateAccessGrantsLocation on"}},
		"the trusted role's policies":       {"", by(may(`"iam:PutRolePolicy"`, "arn:aws:iam::222222222222:role/reports")), []string{way + "iam:PutRolePolicy on arn:aws:iam::222222222222:role/reports"}},
		"the trusted role's trust":          {"", by(may(`"iam:UpdateAssumeRolePolicy"`, "arn:aws:iam::222222222222:role/reports")), []string{way + "iam:UpdateAssumeRolePolicy on arn:aws:iam::222222222222:role/reports"}},
		"a policy of AWS for it all":        {"", strings.Replace(by(), "RoleName: one", "RoleName: one\n      ManagedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess']", 1), []string{way + "s3:GetObject on arn:aws:s3:::lake/"}},
		"a policy that is unknown":          {"", strings.Replace(by(), "RoleName: one", "RoleName: one\n      ManagedPolicyArns: ['arn:aws:iam::aws:policy/NeverHeardOf']", 1), []string{"undecided: 333333333333 -> role one: "}},
		"a newer action":                    {"", by(may(`"s3:GetObjectFuture"`, "*")), []string{"undecided: 333333333333 -> role one: s3:GetObjectFuture on arn:aws:s3:::lake"}},
		"a policy for those of a team":      {"", by(may(`"s3:GetObject"`, "arn:aws:s3:::lake/${aws:PrincipalTag/team}/*")), nil},
		"a policy for one's own name":       {"", by(may(`"s3:GetObject"`, "arn:aws:s3:::lake/${aws:userid}/*")), []string{"undecided: 333333333333 -> role one: s3:GetObject on arn:aws:s3:::lake/"}},
		"objects that have to be encrypted": {"", by(may(`"s3:PutObject"`, "*"), `{Effect: Deny, Action: "s3:PutObject", Resource: "*", Condition: {StringNotEquals: {"s3:x-amz-server-side-encryption": "aws:kms"}}}`), []string{way + "s3:PutObject on arn:aws:s3:::lake/"}},
		"data that is denied":               {"", by(may(`"s3:*"`, "*"), `{Effect: Deny, Action: "*", Resource: "*"}`), nil},
		"other data":                        {"", by(may(`["s3:*", "dynamodb:*"]`, "arn:aws:s3:::pond/*"), may(`"dynamodb:*"`, "arn:aws:dynamodb:*:*:table/shopping"), may(`"kms:*"`, "arn:aws:kms:*:333333333333:key/*"), may(`["cloudwatch:*", "s3:ListAllMyBuckets", "logs:FilterLogEvents"]`, "*")), nil},
		"a policy of the bucket for it": {"", by() + `  LakePolicy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::222222222222:role/one"}, Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/*"}]}}}` + "\n",
			[]string{way + "s3:PutObject on arn:aws:s3:::lake/"}},
		"its own account": {"", role("one", `{AWS: "222222222222"}`, adopt, may(`"*"`, "*")), nil},
		"a service":       {"", role("one", `{Service: lambda.amazonaws.com}`, adopt, may(`"*"`, "*")), nil},
	} {
		t.Run(name, func(t *testing.T) { expect(t, c.source, c.target, c.want) })
	}
}

// expect compares the ways of the checks with the beginnings of those that are expected.
func expect(t *testing.T, source, target string, want []string) {
	t.Helper()
	got := found(t, load(t, source, target))
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("found\n  %s\nexpected\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestWaysToWorkloads(t *testing.T) {
	const way = "broken: 333333333333 -> role one: "
	const function = "arn:aws:lambda:eu-west-1:111111111111:function:reports"
	for name, c := range map[string]struct {
		source string
		want   []string
	}{
		"the function's code":                  {by(may(`"lambda:UpdateFunctionCode"`, function)), []string{way + "lambda:UpdateFunctionCode on " + function}},
		"its configuration":                    {by(may(`"lambda:UpdateFunction*"`, "*")), []string{way + "lambda:UpdateFunction"}},
		"its invocation":                       {by(may(`"lambda:InvokeFunction"`, function)), []string{way + "lambda:InvokeFunction on " + function}},
		"that of a version":                    {by(may(`"lambda:InvokeFunction"`, function+":*")), []string{way + "lambda:InvokeFunction on " + function + ":"}},
		"its policy":                           {by(may(`"lambda:AddPermission"`, function)), []string{way + "lambda:AddPermission on " + function}},
		"a URL of it":                          {by(may(`"lambda:CreateFunctionUrlConfig"`, function)), []string{way + "lambda:CreateFunctionUrlConfig on " + function}},
		"events of others for it":              {by(may(`"lambda:CreateEventSourceMapping"`, "*")), []string{way + "lambda:CreateEventSourceMapping on *"}},
		"those of other functions":             {by(`{Effect: Allow, Action: "lambda:CreateEventSourceMapping", Resource: "*", Condition: {ArnLike: {"lambda:FunctionArn": "arn:aws:lambda:*:*:function:other"}}}`), nil},
		"what it is":                           {by(may(`["lambda:GetFunction", "lambda:List*"]`, "*")), nil},
		"another function":                     {by(may(`"lambda:*"`, "arn:aws:lambda:eu-west-1:111111111111:function:reportsx")), nil},
		"a command on the instance":            {by(may(`"ssm:SendCommand"`, "*")), []string{way + "ssm:SendCommand on arn:aws:ec2:eu-west-1:111111111111:instance/"}},
		"a key on the instance":                {by(may(`"ec2-instance-connect:*"`, "arn:aws:ec2:*:*:instance/*")), []string{way + "ec2-instance-connect:SendS"}},
		"a document that writes into a bucket": {by(may(`"ssm:SendCommand"`, "arn:aws:s3:::lake")), nil},
		"stopping the instance":                {by(may(`["ec2:StopInstances", "ec2:Describe*"]`, "*")), nil},
		"the grantee passed on": {by(may(`"iam:PassRole"`, "arn:aws:iam::111111111111:role/reader"), may(`"lambda:CreateFunction"`, "arn:aws:lambda:*:*:function:mine")),
			[]string{"broken: 333333333333 -> role one: iam:PassRole on arn:aws:iam::111111111111:role/reader -> role reader, the role of a grantee"}},
		"the grantee passed on to nothing": {by(may(`"iam:PassRole"`, "arn:aws:iam::111111111111:role/reader"), may(`"glue:CreateJob"`, "*")), nil},
		"the instance's profile":           {by(may(`"iam:AddRoleToInstanceProfile"`, "*")), []string{way + "iam:AddRoleToInstanceProfile on arn:aws:iam::111111111111:instance-profile/profile"}},
	} {
		t.Run(name, func(t *testing.T) { expect(t, c.source, "", c.want) })
	}
}

// What leads to a function that runs as the grantee: an API, a queue, a topic, and a bus with a rule.
func TestWaysToChannels(t *testing.T) {
	const channels = `
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: api, ProtocolType: HTTP, Target: !GetAtt Function.Arn}}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: queue}}
  Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref Function, EventSourceArn: !GetAtt Queue.Arn}}
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: topic}}
  Subscription: {Type: AWS::SNS::Subscription, Properties: {TopicArn: !Ref Topic, Protocol: lambda, Endpoint: !GetAtt Function.Arn}}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: bus}}
  Rule: {Type: AWS::Events::Rule, Properties: {Name: rule, EventBusName: !Ref Bus, Targets: [{Id: q, Arn: !GetAtt Queue.Arn}]}}
  Logs: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /aws/lambda/reports}}
`
	const way = "broken: 333333333333 -> role one: "
	for name, c := range map[string]struct {
		own  string
		want []string
	}{
		"the API":              {may(`"execute-api:Invoke"`, "*"), []string{way + "execute-api:Invoke on arn:aws:execute-api:eu-west-1:111111111111:"}},
		"the API's routes":     {may(`"apigateway:PATCH"`, "*"), []string{way + "apigateway:PATCH on arn:aws:apigateway:eu-west-1::/apis/"}},
		"messages":             {may(`"sqs:SendMessage"`, "arn:aws:sqs:*:111111111111:queue"), []string{way + "sqs:SendMessage on arn:aws:sqs:eu-west-1:111111111111:queue"}},
		"messages of others":   {may(`"sqs:ReceiveMessage"`, "*"), []string{way + "sqs:ReceiveMessage on arn:aws:sqs:eu-west-1:111111111111:queue"}},
		"the queue as it is":   {may(`["sqs:GetQueueAttributes", "sqs:ListQueues"]`, "*"), nil},
		"another queue":        {may(`"sqs:*"`, "arn:aws:sqs:eu-west-1:111111111111:queue-2"), nil},
		"the topic":            {may(`"sns:Publish"`, "*"), []string{way + "sns:Publish on arn:aws:sns:eu-west-1:111111111111:topic"}},
		"the bus":              {may(`"events:PutEvents"`, "*"), []string{way + "events:PutEvents on arn:aws:events:eu-west-1:111111111111:event-bus/bus"}},
		"a new rule":           {may(`"events:PutTargets"`, "arn:aws:events:*:*:rule/bus/mine"), []string{way + "events:PutTargets on arn:aws:events:eu-west-1:111111111111:rule/bus/mine"}},
		"a rule elsewhere":     {may(`"events:*"`, "arn:aws:events:*:*:rule/other/*"), nil},
		"what is logged":       {may(`"logs:*"`, "*"), nil},
		"what nobody listed":   {may(`"sqs:SendFuture"`, "*"), []string{"undecided: 333333333333 -> role one: sqs:SendFuture on arn:aws:sqs:eu-west-1:111111111111:queue"}},
		"the mapping's change": {may(`"lambda:UpdateEventSourceMapping"`, "*"), nil}, // its ARN is not known, and what it runs is guarded by itself
	} {
		t.Run(name, func(t *testing.T) { expect(t, channels+by(c.own), "", c.want) })
	}
}

func TestSteps(t *testing.T) {
	const root = `{AWS: "arn:aws:iam::222222222222:root"}`
	const step = "broken: 333333333333 -> role one -> role two"
	read := may(`"s3:GetObject"`, "arn:aws:s3:::lake/*")
	to := func(name string) string { return may(`"sts:AssumeRole"`, "arn:aws:iam::222222222222:role/"+name) }
	for name, c := range map[string]struct {
		source, target string
		want           []string
	}{
		"two roles": {"", by(to("two")) + role("two", `{AWS: "arn:aws:iam::222222222222:role/one"}`, adopt, read), []string{step + ": s3:GetObject on arn:aws:s3:::lake/"}},
		"three roles": {"", by(to("*")) + role("two", root, adopt, to("three")) + role("three", `{AWS: "arn:aws:iam::222222222222:role/two"}`, adopt, read), []string{
			step + " -> role three: s3:GetObject on"}},
		"to an external ID":              {"", by(to("two")) + role("two", root, adopt+`, Condition: {StringEquals: {"sts:ExternalId": x}}`, read), []string{step + ": s3:GetObject"}},
		"to the trusted role":            {"", role("inside", other, adopt, to("reports")), []string{"broken: 333333333333 -> role inside -> role reports, the trusted role"}},
		"no trust":                       {"", by(to("two")) + role("two", `{AWS: "arn:aws:iam::222222222222:role/three"}`, adopt, read), nil},
		"no permission":                  {"", by(to("three")) + role("two", root, adopt, read), []string{"undecided: 333333333333 -> role one: sts:AssumeRole on arn:aws:iam::222222222222:role/three"}},
		"an unknown role that is denied": {"", by(to("three"), `{Effect: Deny, Action: "sts:AssumeRole", Resource: "*"}`), nil},
		"the last of two managed policies": {"", strings.Replace(by(may(`"iam:CreatePolicyVersion"`, "arn:aws:iam::222222222222:policy/first")), "RoleName: one", "RoleName: one\n      ManagedPolicyArns: [!Ref First]", 1) +
			"  First: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: first, PolicyDocument: {Statement: [" + may(`"sqs:ListQueues"`, "*") + "]}}}\n" +
			"  Second: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: second, Roles: [!Ref One], PolicyDocument: {Statement: [" + may(`"sqs:ListQueues"`, "*") + "]}}}\n",
			[]string{"broken: 333333333333 -> role one: iam:CreatePolicyVersion on arn:aws:iam::222222222222:policy/first"}},
		"a role of a third account": {"", by(may(`"sts:AssumeRole"`, "arn:aws:iam::444444444444:role/x")), nil},
		"a circle":                  {"", by(to("two")) + role("two", root, adopt, to("one")), nil},
		"from the source": {role("near", other, adopt, may(`"sts:AssumeRole"`, "arn:aws:iam::222222222222:role/two")), role("two", `{AWS: "arn:aws:iam::111111111111:role/near"}`, adopt, read),
			[]string{"broken: arn:aws:iam::111111111111:role/near -> role two: s3:GetObject on"}},
		"a trust that is rewritten": {"", by(may(`"iam:UpdateAssumeRolePolicy"`, "arn:aws:iam::222222222222:role/two")) + role("two", root, adopt, read),
			[]string{"broken: 333333333333 -> role one: iam:UpdateAssumeRolePolicy on arn:aws:iam::222222222222:role/two -> role two: s3:GetObject on"}},
		"code that runs as another role": {"", by(may(`"lambda:UpdateFunctionCode"`, "*")) + role("two", `{Service: lambda.amazonaws.com}`, adopt, read) + "  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f, Role: !GetAtt Two.Arn}}\n",
			[]string{"broken: 333333333333 -> role one: lambda:UpdateFunctionCode on arn:aws:lambda:eu-west-1:222222222222:function:f -> role two: s3:GetObject on"}},
		"code that others may change": {"", role("two", `{Service: lambda.amazonaws.com}`, adopt, read) + "  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f, Role: !GetAtt Two.Arn}}\n" +
			"  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref F, Action: 'lambda:*', Principal: '333333333333'}}\n",
			[]string{"broken: 333333333333: lambda:UpdateFunctionCode on arn:aws:lambda:eu-west-1:222222222222:function:f -> role two: s3:GetObject on"}},
		"invocations that others may make": {"", role("two", `{Service: lambda.amazonaws.com}`, adopt, read) + "  F: {Type: AWS::Lambda::Function, Properties: {FunctionName: f, Role: !GetAtt Two.Arn}}\n" +
			"  P: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref F, Action: 'lambda:InvokeFunction', Principal: '333333333333'}}\n", nil},
		"a task of a service": {role("one", other, adopt, may(`"ecs:ExecuteCommand"`, "*")) + role("runner", `{Service: ecs-tasks.amazonaws.com}`, adopt, may(`"iam:PutRolePolicy"`, "arn:aws:iam::111111111111:role/reader")) +
			"  Task: {Type: AWS::ECS::TaskDefinition, Properties: {Family: task, TaskRoleArn: !GetAtt Runner.Arn}}\n  Service: {Type: AWS::ECS::Service, Properties: {ServiceName: s, Cluster: c, TaskDefinition: !Ref Task}}\n", "",
			[]string{"broken: 333333333333 -> role one: ecs:ExecuteCommand on arn:aws:ecs:eu-west-1:111111111111:task/c/crossgrant-probe -> role runner: iam:PutRolePolicy on arn:aws:iam::111111111111:role/reader"}},
		"unknown roles passed on":            {"", by(may(`["iam:PassRole", "states:CreateStateMachine"]`, "*")), []string{"undecided: 333333333333 -> role one: iam:PassRole on arn:aws:iam::222222222222:role/"}},
		"unknown roles passed on to nothing": {"", by(may(`["iam:PassRole", "states:ListStateMachines"]`, "*")), nil},
		"an update of the stack":             {"", by(may(`"cloudformation:UpdateStack"`, "*")), []string{"undecided: 333333333333 -> role one: cloudformation:UpdateStack on arn:aws:cloudformation:eu-west-1:222222222222:stack/Target/"}},
		"an update of another stack":         {"", by(may(`"cloudformation:*"`, "arn:aws:cloudformation:*:*:stack/other/*")), nil},
		"a role that is passed on": {"", by(may(`["iam:PassRole", "glue:CreateJob"]`, "*")) + role("two", `{Service: glue.amazonaws.com}`, adopt, read),
			[]string{"broken: 333333333333 -> role one: iam:PassRole on arn:aws:iam::222222222222:role/two -> role two: s3:GetObject on"}},
		"to a service that may start it": {"", by(may(`["iam:PassRole", "sagemaker:*"]`, "arn:aws:iam::222222222222:role/two"), may(`"sagemaker:CreateNotebookInstance"`, "*")) + role("two", `{Service: sagemaker.amazonaws.com}`, adopt, read),
			[]string{"undecided: 333333333333 -> role one: iam:PassRole on arn:aws:iam::222222222222:role/two -> role two: s3:GetObject on"}},
		"a user": {"", "  Ann: {Type: AWS::IAM::User, Properties: {UserName: ann, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + read + "]}}]}}\n", []string{"broken: user ann: s3:GetObject on arn:aws:s3:::lake/"}},
		"a user of a group": {"  Ann: {Type: AWS::IAM::User, Properties: {UserName: ann, Groups: [!Ref All]}}\n  All: {Type: AWS::IAM::Group, Properties: {Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + may(`"lambda:UpdateFunctionCode"`, "*") + "]}}]}}\n", "",
			[]string{"broken: user ann: lambda:UpdateFunctionCode on arn:aws:lambda:eu-west-1:111111111111:function:reports"}},
		"a sure way that is longer": {"", by(to("three"), `{Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::222222222222:role/two", Condition: {IpAddress: {"aws:SourceIp": "203.0.113.0/24"}}}`) +
			role("two", root, adopt, read) + role("three", root, adopt, to("two")), []string{"broken: 333333333333 -> role one -> role three -> role two: s3:GetObject on"}},
		"a way that is not sure": {"", by(`{Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::222222222222:role/two", Condition: {IpAddress: {"aws:SourceIp": "203.0.113.0/24"}}}`) +
			role("two", root, adopt, read), []string{"undecided: 333333333333 -> role one -> role two: s3:GetObject on"}},
		"a user by a role": {"", role("two", root, adopt, read) + "  Ann: {Type: AWS::IAM::User, Properties: {UserName: ann, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + to("two") + "]}}]}}\n",
			[]string{"broken: user ann -> role two: s3:GetObject on arn:aws:s3:::lake/"}},
		"a user for something else": {"", "  Ann: {Type: AWS::IAM::User, Properties: {UserName: ann, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + may(`"sqs:*"`, "*") + "]}}]}}\n", nil},
		"a user's own policies": {"", "  Ann: {Type: AWS::IAM::User, Properties: {UserName: ann, Policies: [{PolicyName: p, PolicyDocument: {Version: '2012-10-17', Statement: [" + may(`"iam:PutUserPolicy"`, "*") + "]}}]}}\n",
			[]string{"broken: user ann: iam:PutUserPolicy on arn:aws:iam::222222222222:user/ann"}},
		"two entries to one role": {"", by(to("two")) + role("three", `{AWS: "444444444444"}`, adopt, to("two")) + role("two", root, adopt, read),
			[]string{step + ": s3:GetObject on", "broken: 444444444444 -> role three -> role two: s3:GetObject on"}},
		"its own policies": {"", by(may(`"iam:AttachRolePolicy"`, "arn:aws:iam::222222222222:role/one")), []string{"broken: 333333333333 -> role one: iam:AttachRolePolicy on arn:aws:iam::222222222222:role/one"}},
		"its own managed policy": {"", by(may(`"iam:CreatePolicyVersion"`, "arn:aws:iam::222222222222:policy/mine")) + "  Mine: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: mine, Roles: [!Ref One], PolicyDocument: {Statement: [" + may(`"sqs:ListQueues"`, "*") + "]}}}\n",
			[]string{"broken: 333333333333 -> role one: iam:CreatePolicyVersion on arn:aws:iam::222222222222:policy/mine"}},
		"an attached managed policy": {"", strings.Replace(by(may(`"iam:SetDefaultPolicyVersion"`, "*")), "RoleName: one", "RoleName: one\n      ManagedPolicyArns: [!Ref Mine]", 1) + "  Mine: {Type: AWS::IAM::ManagedPolicy, Properties: {ManagedPolicyName: mine, PolicyDocument: {Statement: [" + may(`"sqs:ListQueues"`, "*") + "]}}}\n",
			[]string{"broken: 333333333333 -> role one: iam:SetDefaultPolicyVersion on arn:aws:iam::222222222222:policy/mine"}},
		"a role that no template has": {"", by(may(`"iam:UpdateAssumeRolePolicy"`, "arn:aws:iam::222222222222:role/app-*")), []string{"undecided: 333333333333 -> role one: iam:UpdateAssumeRolePolicy on arn:aws:iam::222222222222:role/app-"}},
		"a user that no template has": {"", by(may(`"iam:CreateAccessKey"`, "arn:aws:iam::222222222222:user/*")), []string{"undecided: 333333333333 -> role one: iam:CreateAccessKey on arn:aws:iam::222222222222:user/"}},
		"everything": {"", by(may(`"*"`, "*")), []string{
			"broken: 333333333333 -> role one: iam:AttachRolePolicy on arn:aws:iam::222222222222:role/reports",
			"broken: 333333333333 -> role one: s3:GetObject on arn:aws:s3:::lake/", "broken: 333333333333 -> role one: kms:", "broken: 333333333333 -> role one: dynamodb:GetItem on",
			"broken: 333333333333 -> role one: iam:PutRolePolicy on arn:aws:iam::222222222222:role/one",
		}},
	} {
		t.Run(name, func(t *testing.T) { expect(t, c.source, c.target, c.want) })
	}
}

func TestOutsiders(t *testing.T) {
	const oidc = "arn:aws:iam::222222222222:oidc-provider/token.actions.githubusercontent.com"
	const reads = ": s3:GetObject on arn:aws:s3:::lake/"
	read := may(`"s3:GetObject"`, "arn:aws:s3:::lake/*")
	for name, c := range map[string]struct {
		principal, more string
		want            string // "" for nothing
	}{
		"another account's root":           {`{AWS: "arn:aws:iam::333333333333:root"}`, adopt, "broken: 333333333333 -> role one" + reads},
		"a user":                           {`{AWS: "arn:aws:iam::333333333333:user/ann"}`, adopt, "broken: arn:aws:iam::333333333333:user/ann -> role one" + reads},
		"a session":                        {`{AWS: "arn:aws:sts::333333333333:assumed-role/x/y"}`, adopt, "broken: arn:aws:sts::333333333333:assumed-role/x/y -> role one" + reads},
		"the source account":               {`{AWS: "111111111111"}`, adopt, "broken: 111111111111 -> role one" + reads},
		"several":                          {`{AWS: ["333333333333", "444444444444"]}`, adopt, "broken: 333333333333, 444444444444 -> role one" + reads},
		"everyone":                         {`"*"`, adopt, "broken: any account -> role one" + reads},
		"everyone of the account":          {`"*"`, adopt + `, Condition: {StringEquals: {"aws:PrincipalAccount": "222222222222"}}`, ""},
		"everyone of another account":      {`"*"`, adopt + `, Condition: {StringEquals: {"aws:PrincipalAccount": "333333333333"}}`, "broken: 333333333333 -> role one" + reads},
		"a role by condition":              {`"*"`, adopt + `, Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::333333333333:role/ci-*"}}`, "broken: arn:aws:iam::333333333333:role/ci-crossgrant-probe -> role one" + reads},
		"a role of an account":             {other, adopt + `, Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::*:role/ci"}}`, "broken: arn:aws:iam::333333333333:role/ci -> role one" + reads},
		"a role of its own by condition":   {`"*"`, adopt + `, Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/ci"}}`, ""},
		"nine other accounts":              {`"*"`, adopt + `, Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::22222222222?:role/*"}}`, "broken: 222222222220, arn:aws:iam::222222222220:role/crossgrant-probe -> role one" + reads},
		"accounts by their beginning":      {`"*"`, adopt + `, Condition: {StringLike: {"aws:PrincipalAccount": "2222*"}}`, "broken: 222200000000 -> role one" + reads},
		"roles by a text":                  {`"*"`, adopt + `, Condition: {StringLike: {"aws:PrincipalArn": "arn:aws:iam::2*/ci"}}`, "broken: arn:aws:iam::200000000000:role/ci -> role one" + reads},
		"roles by their end":               {`"*"`, adopt + `, Condition: {StringLike: {"aws:PrincipalArn": "*-ci"}}`, "broken: arn:aws:iam::" + model.OtherAccount + ":role/-ci -> role one" + reads},
		"roles of one other account":       {other, adopt + `, Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::33333333333?:role/ci"}}`, "broken: arn:aws:iam::333333333333:role/ci -> role one" + reads},
		"roles of no account":              {`"*"`, adopt + `, Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::none?:role/ci"}}`, ""},
		"an unknown account":               {`"*"`, adopt + `, Condition: {StringEquals: {"aws:PrincipalAccount": !Ref "AWS::NoSuch"}}`, "undecided: "},
		"an organization":                  {`"*"`, adopt + `, Condition: {StringEquals: {"aws:PrincipalOrgID": o-abcdefghij}}`, "broken: any account -> role one" + reads},
		"an external ID":                   {other, adopt + `, Condition: {StringEquals: {"sts:ExternalId": x}}`, "broken: 333333333333 -> role one" + reads},
		"two external IDs":                 {other, adopt + `, Condition: {StringEquals: {"sts:ExternalId": [x, y]}, StringNotEquals: {"sts:externalid": z}}`, "broken: 333333333333 -> role one" + reads},
		"a source identity":                {other, `Action: ["sts:AssumeRole", "sts:SetSourceIdentity"], Condition: {StringLike: {"sts:SourceIdentity": "a*"}}`, "broken: 333333333333 -> role one" + reads},
		"a session's name":                 {other, adopt + `, Condition: {StringLike: {"sts:RoleSessionName": "ci-*"}}`, "broken: 333333333333 -> role one" + reads},
		"session tags":                     {other, `Action: ["sts:AssumeRole", "sts:TagSession"], Condition: {StringEquals: {"aws:RequestTag/team": a}}`, "broken: 333333333333 -> role one" + reads},
		"tags of the principal":            {other, adopt + `, Condition: {StringEquals: {"aws:PrincipalTag/team": a}}`, "broken: 333333333333 -> role one" + reads},
		"a second factor":                  {other, adopt + `, Condition: {Bool: {"aws:MultiFactorAuthPresent": true}, NumericLessThan: {"aws:MultiFactorAuthAge": 3600}}`, "broken: 333333333333 -> role one" + reads},
		"something that is there":          {other, adopt + `, Condition: {"Null": {"sts:ExternalId": false}}`, "broken: 333333333333 -> role one" + reads},
		"something that is not":            {other, adopt + `, Condition: {"Null": {"sts:ExternalId": true}}`, "broken: 333333333333 -> role one" + reads},
		"an address":                       {other, adopt + `, Condition: {IpAddress: {"aws:SourceIp": "203.0.113.0/24"}}`, "undecided: 333333333333 -> role one" + reads},
		"an endpoint that no template has": {other, adopt + `, Condition: {StringEquals: {"aws:SourceVpce": vpce-0123}}`, "undecided: 333333333333 -> role one" + reads},
		"an endpoint of the templates":     {other, adopt + `, Condition: {StringEquals: {"aws:SourceVpce": !Ref Endpoint}}`, ""},
		"a deleted role":                   {`{AWS: AROAEXAMPLE}`, adopt, "undecided: any account -> role one" + reads},
		"certificates": {`{Service: rolesanywhere.amazonaws.com}`, `Action: ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"], Condition: {StringEquals: {"aws:PrincipalTag/x509Subject/CN": a}}`,
			"broken: holders of certificates -> role one" + reads},
		"a Deny of other external IDs":     {other, adopt + `}, {Effect: Deny, Principal: "*", Action: "sts:AssumeRole", Condition: {StringNotEquals: {"sts:ExternalId": x}}`, "broken: 333333333333 -> role one" + reads},
		"a Deny without a second factor":   {other, adopt + `}, {Effect: Deny, Principal: "*", Action: "sts:AssumeRole", Condition: {BoolIfExists: {"aws:MultiFactorAuthPresent": false}}`, "broken: 333333333333 -> role one" + reads},
		"a Deny without a source identity": {other, `Action: ["sts:AssumeRole", "sts:SetSourceIdentity"]}, {Effect: Deny, Principal: "*", Action: "sts:AssumeRole", Condition: {"Null": {"sts:SourceIdentity": true}}`, "broken: 333333333333 -> role one" + reads},
		"a Deny of everybody else":         {other, adopt + `}, {Effect: Deny, Principal: "*", Action: "sts:AssumeRole", Condition: {StringNotEquals: {"aws:PrincipalAccount": "222222222222"}}`, ""},
		"a role with a generated name":     {`{AWS: !Sub "arn:aws:iam::333333333333:role/${Endpoint}"}`, adopt, "broken: arn:aws:iam::333333333333:role/‹Target.Endpoint› -> role one" + reads},
		"roles by two operators":           {`"*"`, adopt + `, Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::333333333333:role/ci-*"}, StringLike: {"aws:PrincipalArn": "*-x"}}`, "undecided: some role of 333333333333 -> role one" + reads},
		"an external ID and its form":      {other, adopt + `, Condition: {StringLike: {"sts:ExternalId": "a*"}, StringEquals: {"sts:ExternalId": ab}}`, "broken: 333333333333 -> role one" + reads},
		"an external ID by two operators":  {other, adopt + `, Condition: {StringLike: {"sts:ExternalId": "a*"}, StringEqualsIgnoreCase: {"sts:ExternalId": "AB"}}`, "undecided: 333333333333 -> role one" + reads},
		"a parameter":                      {`{AWS: !Ref "AWS::NoSuch"}`, adopt, "undecided: any account -> role one" + reads},
		"a web identity": {`{Federated: "` + oidc + `"}`, `Action: "sts:AssumeRoleWithWebIdentity", Condition: {StringEquals: {"token.actions.githubusercontent.com:aud": sts.amazonaws.com}, StringLike: {"token.actions.githubusercontent.com:sub": "repo:o/r:*"}}`,
			"broken: users of oidc-provider/token.actions.githubusercontent.com -> role one" + reads},
		"SAML":    {`{Federated: "arn:aws:iam::222222222222:saml-provider/corp"}`, `Action: "sts:AssumeRoleWithSAML", Condition: {StringEquals: {"SAML:aud": "https://signin.aws.amazon.com/saml"}}`, "broken: users of saml-provider/corp -> role one" + reads},
		"Cognito": {`{Federated: cognito-identity.amazonaws.com}`, `Action: "sts:AssumeRoleWithWebIdentity", Condition: {"ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": unauthenticated}}`, "broken: users of cognito-identity.amazonaws.com -> role one" + reads},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			if c.want != "" {
				want = []string{c.want}
			}
			expect(t, "", role("one", c.principal, c.more, read)+"  Endpoint: {Type: AWS::EC2::VPCEndpoint, Properties: {VpcId: vpc-1, ServiceName: com.amazonaws.eu-west-1.sts, VpcEndpointType: Interface}}\n", want)
		})
	}
	t.Run("everyone but one", func(t *testing.T) {
		expect(t, "", strings.Replace(role("one", `{AWS: "arn:aws:iam::222222222222:root"}`, adopt, read), "Principal:", "NotPrincipal:", 1), []string{"undecided: any account -> role one" + reads})
	})
}

// A role of a grant that no template has is guarded all the same.
func TestImportedGrantee(t *testing.T) {
	for name, c := range map[string]struct{ own, want string }{
		"its policies":             {may(`"iam:PutRolePolicy"`, "arn:aws:iam::111111111111:role/reader"), "broken: 333333333333 -> role one: iam:PutRolePolicy on arn:aws:iam::111111111111:role/reader"},
		"itself":                   {may(`"sts:AssumeRole"`, "arn:aws:iam::111111111111:role/reader"), "undecided: 333333333333 -> role one: sts:AssumeRole on arn:aws:iam::111111111111:role/reader"},
		"those of another":         {may(`"iam:PutRolePolicy"`, "arn:aws:iam::444444444444:role/reader"), ""},
		"nothing that leads there": {may(`"sqs:*"`, "*"), ""},
	} {
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if got := found(t, loadAll(t, by(c.own), "")); !slices.EqualFunc(got, want, strings.HasPrefix) {
			t.Errorf("%s: found %q, expected %q", name, got, want)
		}
	}
}

// Nobody knows the policies of data that no template has.
func TestImportedData(t *testing.T) {
	reports := role("reports", `{AWS: "arn:aws:iam::111111111111:role/reader"}`, adopt)
	for name, c := range map[string]struct{ own, want string }{
		"an object":     {may(`"s3:GetObjectVersion"`, "arn:aws:s3:::lake/*"), "undecided: 333333333333 -> role one: s3:GetObjectVersion on arn:aws:s3:::lake/"},
		"the table":     {may(`"dynamodb:Scan"`, "*"), "undecided: 333333333333 -> role one: dynamodb:Scan on arn:aws:dynamodb:eu-west-1:222222222222:table/shop"},
		"another table": {may(`"dynamodb:Scan"`, "arn:aws:dynamodb:eu-west-1:222222222222:table/other"), ""},
	} {
		var want []string
		if c.want != "" {
			want = []string{c.want}
		}
		if got := found(t, loadAll(t, "", reports+by(c.own))); !slices.EqualFunc(got, want, strings.HasPrefix) {
			t.Errorf("%s: found %q, expected %q", name, got, want)
		}
	}
}

// Where deployment may add roles, it is not sure that there are none.
func TestMacro(t *testing.T) {
	m := loadAll(t, "", owned+by(may(`"sqs:ListQueues"`, "*"))+"Transform: Macro\n")
	if got := found(t, m); len(got) != 1 || got[0] != "undecided: account 222222222222: no further role lets anyone else in, and there are no further users" {
		t.Errorf("found %q", got)
	}
	m = loadAll(t, "", owned+"Transform: Macro\n")
	if got := found(t, m); len(got) != 1 || got[0] != "undecided: account 222222222222: no role lets anyone else in, and there are no users" {
		t.Errorf("found %q", got)
	}
}

// A way that no single access can stand for says each of its steps, and what to narrow.
func TestSteppedDetails(t *testing.T) {
	m := load(t, "", by(may(`"iam:UpdateAssumeRolePolicy"`, "arn:aws:iam::222222222222:role/two"))+role("two", `{AWS: "222222222222"}`, adopt, may(`"s3:GetObject"`, "*")))
	checks := privilegeEscalation(m)
	check.Run(m, checks)
	one := checks[0]
	const role1, role2 = "arn:aws:iam::222222222222:role/one", "arn:aws:iam::222222222222:role/two"
	says := []string{
		"sts:AssumeRole on " + role1 + ": allowed: statement 0 of the trust policy of role one allows sts:AssumeRole on " + role1,
		"iam:UpdateAssumeRolePolicy on " + role2 + ": allowed: statement 0 of the inline policy p of role one allows iam:UpdateAssumeRolePolicy on " + role2,
		"s3:GetObject on arn:aws:s3:::lake/crossgrant-probe: allowed: statement 0 of the inline policy p of role two allows s3:GetObject on arn:aws:s3:::lake/crossgrant-probe",
	}
	if !slices.Equal(one.Says, says) {
		t.Errorf("found\n  %s\nexpected\n  %s", strings.Join(one.Says, "\n  "), strings.Join(says, "\n  "))
	}
	remedy := []string{"narrow statement 0 of the trust policy of role one", "narrow statement 0 of the inline policy p of role one", "narrow statement 0 of the inline policy p of role two"}
	if !slices.EqualFunc(one.Remedy, remedy, strings.HasPrefix) || len(one.Where) != 2 || one.Grant != "reports-prod-eu-west-1" || one.Access.Caller != role2 {
		t.Errorf("found remedy %q at %d resources of grant %q, by %s", one.Remedy, len(one.Where), one.Grant, one.Access.Caller)
	}
}

// One of roles alone is one access, so that it is walked and drawn as others.
func TestAccessOfSteps(t *testing.T) {
	m := load(t, "", by(may(`"sts:AssumeRole"`, "arn:aws:iam::222222222222:role/two"))+role("two", `{AWS: "222222222222"}`, adopt, may(`"s3:GetObject"`, "*")))
	checks := privilegeEscalation(m)
	check.Run(m, checks)
	a := checks[0].Access
	if roles := a.Assumes.Roles(); !slices.Equal(roles, []string{"arn:aws:iam::222222222222:role/one", "arn:aws:iam::222222222222:role/two"}) || a.Caller != "arn:aws:iam::333333333333:role/crossgrant-probe-neighbour" ||
		len(checks[0].Chains) != 1 || len(checks[0].Remedy) != 4 {
		t.Errorf("found %+v by %q, and remedies %q", a, roles, checks[0].Remedy)
	}
}

func TestRules(t *testing.T) {
	if rules := Rules(); len(rules) != 1 || rules[0].Rule != PrivilegeEscalation {
		t.Errorf("found %v", rules)
	}
}

// Each account that has something guarded has a check, and each role that lets others in has one.
func TestChecksThatAreProved(t *testing.T) {
	for name, c := range map[string]struct {
		target string
		want   []string
	}{
		"nobody": {"", []string{"account 222222222222: no role lets anyone else in, and there are no users", "account 111111111111: no role lets anyone else in, and there are no users"}},
		"a role for something else": {by(may(`"sqs:ListQueues"`, "*")), []string{
			"333333333333 -> role one, and what it may assume or take over: nothing that is guarded", "account 111111111111: no role lets anyone else in, and there are no users"}},
	} {
		m := load(t, "", c.target)
		checks := privilegeEscalation(m)
		check.Run(m, checks)
		var names []string
		for _, one := range checks {
			names = append(names, one.Name)
			if one.Verdict != check.Proved {
				t.Errorf("%s: %s: found %s, expected proved", name, one.Name, one.Verdict)
			}
		}
		if !slices.Equal(names, c.want) {
			t.Errorf("%s: found %q, expected %q", name, names, c.want)
		}
	}
}

// The formats are those of the Service Authorization Reference.
func TestFit(t *testing.T) {
	for _, c := range []struct{ format, name, arn, open string }{
		{"s3:::*", "arn:aws:s3:::lake", "arn:aws:s3:::lake", ""},
		{"s3:::*/*", "arn:aws:s3:::lake", "arn:aws:s3:::lake/crossgrant-probe", "arn:aws:s3:::lake/"},
		{"s3:*:*:accesspoint/*", "arn:aws:s3:::lake", "", ""},
		{"s3::*:accesspoint/*", "arn:aws:s3:eu-west-1:222222222222:accesspoint/ap", "", ""},
		{"dynamodb:*:*:table/*/index/*", "arn:aws:dynamodb:eu-west-1:222222222222:table/shop", "arn:aws:dynamodb:eu-west-1:222222222222:table/shop/index/crossgrant-probe", "arn:aws:dynamodb:eu-west-1:222222222222:table/shop/index/"},
		{"dynamodb::*:global-table/*", "arn:aws:dynamodb:eu-west-1:222222222222:table/shop", "", ""},
		{"lambda:*:*:function:*:*", "arn:aws:lambda:eu-west-1:111111111111:function:f", "arn:aws:lambda:eu-west-1:111111111111:function:f:crossgrant-probe", "arn:aws:lambda:eu-west-1:111111111111:function:f:"},
		{"lambda:*:*:layer:*", "arn:aws:lambda:eu-west-1:111111111111:function:f", "", ""},
		{"iam::*:role/*", "arn:aws:iam::111111111111:role/path/r", "arn:aws:iam::111111111111:role/path/r", ""},
		{"iam::aws:contextProvider/*", "arn:aws:iam::111111111111:role/r", "", ""},
		{"sqs:*:*:*", "arn:aws:sqs:eu-west-1:111111111111:q", "arn:aws:sqs:eu-west-1:111111111111:q", ""},
		{"sns:*:*:*", "arn:aws:sqs:eu-west-1:111111111111:q", "", ""},
		{"events", "arn:aws:sqs:eu-west-1:111111111111:q", "", ""},
	} {
		got, ok := fit(c.format, c.name)
		if ok != (c.arn != "") || got.arn != c.arn || got.open != c.open {
			t.Errorf("%s of %s: found %q, open behind %q, expected %q and %q", c.format, c.name, got.arn, got.open, c.arn, c.open)
		}
	}
}
