package request

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

// read reads a request of which the first word of what is the method and the second the path, with X-Amz-Target if there is one.
func read(t *testing.T, service, target, what, body string) (*Request, error) {
	t.Helper()
	method, path, _ := strings.Cut(what, " ")
	r := httptest.NewRequest(method, path, nil)
	r.Host = "127.0.0.1:4566"
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	return Read(r, service, []byte(body), here, tables{})
}

// What operations ask for, by the Service Authorization Reference and the pages of the services.
func TestWhatOperationsAskFor(t *testing.T) {
	const (
		stack, account = "arn:aws:cloudformation:eu-west-1:111111111111:stack/", "111111111111"
		sqs, sns       = "arn:aws:sqs:eu-west-1:111111111111:", "arn:aws:sns:eu-west-1:111111111111:"
		function       = "arn:aws:lambda:eu-west-1:111111111111:function:list"
		logs           = "arn:aws:logs:eu-west-1:111111111111:log-group:/aws/lambda/list"
		ec2            = "arn:aws:ec2:eu-west-1:111111111111:"
		events         = "arn:aws:events:eu-west-1:111111111111:"
		other          = "arn:aws:kms:eu-west-1:222222222222:key/1"
	)
	for name, c := range map[string]struct {
		service, target, what, body string
		asks                        []string
	}{
		// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
		"a batch of messages":            {"sqs", "AmazonSQS.DeleteMessageBatch", "POST /", `{"QueueUrl":"http://localhost:4566/111111111111/jobs","Entries":[{},{}]}`, []string{"sqs:DeleteMessage " + sqs + "jobs"}},
		"a batch of visibilities":        {"sqs", "AmazonSQS.ChangeMessageVisibilityBatch", "POST /", `{"QueueUrl":"http://localhost:4566/111111111111/jobs"}`, []string{"sqs:ChangeMessageVisibility " + sqs + "jobs"}},
		"the URL of another's queue":     {"sqs", "AmazonSQS.GetQueueUrl", "POST /", `{"QueueName":"jobs","QueueOwnerAWSAccountId":"222222222222"}`, []string{"sqs:GetQueueUrl arn:aws:sqs:eu-west-1:222222222222:jobs"}},
		"all queues":                     {"sqs", "AmazonSQS.ListQueues", "POST /", `{}`, []string{"sqs:ListQueues *"}},
		"moving messages back":           {"sqs", "AmazonSQS.StartMessageMoveTask", "POST /", `{"SourceArn":"` + sqs + `dead"}`, []string{"sqs:StartMessageMoveTask " + sqs + "dead"}},
		"a message to a topic":           {"sns", "", "POST /", "Action=Publish&TopicArn=" + sns + "t&Message=m", []string{"sns:Publish " + sns + "t"}},
		"messages to a topic":            {"sns", "", "POST /", "Action=PublishBatch&TopicArn=" + sns + "t", []string{"sns:Publish " + sns + "t"}},
		"a text message":                 {"sns", "", "POST /", "Action=Publish&PhoneNumber=%2B1&Message=m", []string{"sns:Publish *"}},
		"a push message":                 {"sns", "", "POST /", "Action=Publish&TargetArn=" + sns + "endpoint/GCM/app/1&Message=m", []string{"sns:Publish " + sns + "endpoint/GCM/app/1"}},
		"a subscription":                 {"sns", "", "POST /", "Action=Subscribe&TopicArn=" + sns + "t&Protocol=sqs&Endpoint=" + sqs + "jobs", []string{"sns:Subscribe " + sns + "t"}},
		"the end of a subscription":      {"sns", "", "POST /", "Action=Unsubscribe&SubscriptionArn=" + sns + "t:1234", []string{"sns:Unsubscribe " + sns + "t"}},
		"a new topic":                    {"sns", "", "POST /", "Action=CreateTopic&Name=t", []string{"sns:CreateTopic " + sns + "t"}},
		"events to two buses":            {"events", "AWSEvents.PutEvents", "POST /", `{"Entries":[{"Source":"a"},{"Source":"b","EventBusName":"own"}]}`, []string{"events:PutEvents " + events + "event-bus/default", "events:PutEvents " + events + "event-bus/own"}},
		"events to another account":      {"events", "AWSEvents.PutEvents", "POST /", `{"Entries":[{"EventBusName":"arn:aws:events:eu-west-1:222222222222:event-bus/b"}]}`, []string{"events:PutEvents arn:aws:events:eu-west-1:222222222222:event-bus/b"}},
		"a rule with a role":             {"events", "AWSEvents.PutRule", "POST /", `{"Name":"r","EventPattern":"{\"source\":[\"aws.s3\"]}","RoleArn":"arn:aws:iam::111111111111:role/x"}`, []string{"events:PutRule " + events + "rule/r", "iam:PassRole arn:aws:iam::111111111111:role/x"}},
		"a rule of another bus":          {"events", "AWSEvents.DescribeRule", "POST /", `{"Name":"r","EventBusName":"own"}`, []string{"events:DescribeRule " + events + "rule/own/r"}},
		"targets with a role":            {"events", "AWSEvents.PutTargets", "POST /", `{"Rule":"r","Targets":[{"Id":"1","Arn":"` + sqs + `jobs","RoleArn":"arn:aws:iam::111111111111:role/x"}]}`, []string{"events:PutTargets " + events + "rule/r", "iam:PassRole arn:aws:iam::111111111111:role/x"}},
		"the default bus":                {"events", "AWSEvents.DescribeEventBus", "POST /", `{}`, []string{"events:DescribeEventBus " + events + "event-bus/default"}},
		"an invocation of an alias":      {"lambda", "", "POST /2015-03-31/functions/list/invocations?Qualifier=live", "x", []string{"lambda:InvokeFunction " + function + ":live"}},
		"a streamed invocation":          {"lambda", "", "POST /2021-11-15/functions/" + function + "/response-streaming-invocations", "x", []string{"lambda:InvokeFunction " + function}},
		"another account's function":     {"lambda", "", "POST /2015-03-31/functions/222222222222:function:f/invocations", "{}", []string{"lambda:InvokeFunction arn:aws:lambda:eu-west-1:222222222222:function:f"}},
		"a function by its encoded ARN":  {"lambda", "", "GET /2015-03-31/functions/arn%3Aaws%3Alambda%3Aeu-west-1%3A111111111111%3Afunction%3Alist", "", []string{"lambda:GetFunction " + function}},
		"a new function with a layer":    {"lambda", "", "POST /2015-03-31/functions", `{"FunctionName":"list","Role":"arn:aws:iam::111111111111:role/x","Layers":["arn:aws:lambda:eu-west-1:222222222222:layer:l:3"]}`, []string{"lambda:CreateFunction " + function, "lambda:GetLayerVersion arn:aws:lambda:eu-west-1:222222222222:layer:l:3", "iam:PassRole arn:aws:iam::111111111111:role/x"}},
		"new code of a function":         {"lambda", "", "PUT /2015-03-31/functions/list/code", `{"S3Bucket":"code","S3Key":"list.zip"}`, []string{"lambda:UpdateFunctionCode " + function, "s3:GetObject arn:aws:s3:::code/list.zip by lambda"}},
		"a URL of a function":            {"lambda", "", "POST /2021-10-31/functions/list/url", `{"AuthType":"NONE"}`, []string{"lambda:CreateFunctionUrlConfig " + function}},
		"a version of a layer":           {"lambda", "", "GET /2018-10-31/layers/l/versions/2", "", []string{"lambda:GetLayerVersion arn:aws:lambda:eu-west-1:111111111111:layer:l:2"}},
		"tags of a function":             {"lambda", "", "GET /2017-03-31/tags/" + function, "", []string{"lambda:ListTags " + function}},
		"a new log group":                {"logs", "Logs_20140328.CreateLogGroup", "POST /", `{"logGroupName":"/aws/lambda/list"}`, []string{"logs:CreateLogGroup " + logs + ":log-stream:"}},
		"log events":                     {"logs", "Logs_20140328.PutLogEvents", "POST /", `{"logGroupName":"/aws/lambda/list","logStreamName":"1"}`, []string{"logs:PutLogEvents " + logs + ":log-stream:1"}},
		"tags of a log group":            {"logs", "Logs_20140328.ListTagsForResource", "POST /", `{"resourceArn":"` + logs + `"}`, []string{"logs:ListTagsForResource " + logs}},
		"log groups by ARN":              {"logs", "Logs_20140328.StartQuery", "POST /", `{"logGroupIdentifiers":["` + logs + `:*"]}`, []string{"logs:StartQuery " + logs + ":log-stream:"}},
		"a secret by its name":           {"secretsmanager", "secretsmanager.GetSecretValue", "POST /", `{"SecretId":"token"}`, []string{"secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-west-1:111111111111:secret:token-aBcDeF"}},
		"a secret of nobody":             {"secretsmanager", "secretsmanager.GetSecretValue", "POST /", `{"SecretId":"other"}`, []string{"secretsmanager:GetSecretValue arn:aws:secretsmanager:eu-west-1:111111111111:secret:other-‹SecretSuffix›"}},
		"parameters":                     {"ssm", "AmazonSSM.GetParameters", "POST /", `{"Names":["/a/b:3","c"]}`, []string{"ssm:GetParameters arn:aws:ssm:eu-west-1:111111111111:parameter/a/b", "ssm:GetParameters arn:aws:ssm:eu-west-1:111111111111:parameter/c"}},
		"parameters of a path":           {"ssm", "AmazonSSM.GetParametersByPath", "POST /", `{"Path":"/a","Recursive":true}`, []string{"ssm:GetParametersByPath arn:aws:ssm:eu-west-1:111111111111:parameter/a"}},
		"a command":                      {"ssm", "AmazonSSM.SendCommand", "POST /", `{"DocumentName":"d","InstanceIds":["i-1"]}`, []string{"ssm:SendCommand arn:aws:ec2:eu-west-1:111111111111:instance/i-1", "ssm:SendCommand arn:aws:ssm:eu-west-1:111111111111:document/d"}},
		"all stacks":                     {"cloudformation", "", "POST /", "Action=DescribeStacks", []string{"cloudformation:DescribeStacks " + stack + "*/*"}},
		"a list of stacks":               {"cloudformation", "", "POST /", "Action=ListStacks", []string{"cloudformation:ListStacks *"}},
		"a role into a profile":          {"iam", "", "POST /", "Action=AddRoleToInstanceProfile&RoleName=reader&InstanceProfileName=p", []string{"iam:AddRoleToInstanceProfile arn:aws:iam::111111111111:instance-profile/p", "iam:PassRole arn:aws:iam::111111111111:role/team/reader"}},
		"a policy onto a role":           {"iam", "", "POST /", "Action=AttachRolePolicy&RoleName=reader&PolicyArn=arn:aws:iam::aws:policy/ReadOnlyAccess", []string{"iam:AttachRolePolicy arn:aws:iam::111111111111:role/team/reader"}},
		"a role that a service owns":     {"iam", "", "POST /", "Action=CreateServiceLinkedRole&AWSServiceName=ecs.amazonaws.com", []string{"iam:CreateServiceLinkedRole arn:aws:iam::111111111111:role/aws-service-role/ecs.amazonaws.com/*"}},
		"a simulation":                   {"iam", "", "POST /", "Action=SimulatePrincipalPolicy&PolicySourceArn=arn:aws:iam::111111111111:role/x&ActionNames.member.1=s3:GetObject", []string{"iam:SimulatePrincipalPolicy arn:aws:iam::111111111111:role/x"}},
		"an encryption by an alias":      {"kms", "TrentService.Encrypt", "POST /", `{"KeyId":"alias/lake","Plaintext":""}`, []string{"kms:Encrypt " + lakeKey}},
		"a decryption by the ciphertext": {"kms", "TrentService.Decrypt", "POST /", `{"CiphertextBlob":"MTIzNDU2NzgtMTIzNC0xMjM0LTEyMzQtMTIzNDU2Nzg5MDEyeHg="}`, []string{"kms:Decrypt " + lakeKey}},
		"a change of keys":               {"kms", "TrentService.ReEncrypt", "POST /", `{"SourceKeyId":"alias/lake","DestinationKeyId":"` + other + `"}`, []string{"kms:ReEncryptFrom " + lakeKey, "kms:ReEncryptTo " + other}},
		"another alias":                  {"kms", "TrentService.UpdateAlias", "POST /", `{"AliasName":"alias/lake","TargetKeyId":"` + other + `"}`, []string{"kms:UpdateAlias arn:aws:kms:eu-west-1:111111111111:alias/lake", "kms:UpdateAlias " + lakeKey, "kms:UpdateAlias " + other}},
		"a random number":                {"kms", "TrentService.GenerateRandom", "POST /", `{}`, []string{"kms:GenerateRandom *"}},
		"an instance": {"ec2", "", "POST /", "Action=RunInstances&ImageId=ami-1&SubnetId=subnet-1&SecurityGroupId.1=sg-1&KeyName=k&IamInstanceProfile.Name=p&TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b",
			[]string{"ec2:CreateTags " + ec2 + "instance/*", "ec2:RunInstances " + ec2 + "instance/*", "ec2:RunInstances " + ec2 + "key-pair/k", "ec2:RunInstances " + ec2 + "network-interface/*", "ec2:RunInstances " + ec2 + "security-group/sg-1",
				"ec2:RunInstances " + ec2 + "subnet/subnet-1", "ec2:RunInstances " + ec2 + "volume/*", "ec2:RunInstances arn:aws:ec2:eu-west-1::image/ami-1", "iam:PassRole arn:aws:iam::111111111111:role/team/reader"}},
		"a metric":              {"monitoring", "GraniteServiceVersion20100801.PutMetricData", "POST /", `{"Namespace":"a"}`, []string{"cloudwatch:PutMetricData *"}},
		"all alarms":            {"monitoring", "", "POST /", "Action=DescribeAlarms", []string{"cloudwatch:DescribeAlarms arn:aws:cloudwatch:eu-west-1:111111111111:alarm:*"}},
		"all instances":         {"ec2", "", "POST /", "Action=DescribeInstances&InstanceId.1=i-1", []string{"ec2:DescribeInstances *"}},
		"the end of instances":  {"ec2", "", "POST /", "Action=TerminateInstances&InstanceId.1=i-1&InstanceId.2=i-2", []string{"ec2:TerminateInstances " + ec2 + "instance/i-1", "ec2:TerminateInstances " + ec2 + "instance/i-2"}},
		"an endpoint's policy":  {"ec2", "", "POST /", "Action=ModifyVpcEndpoint&VpcEndpointId=vpce-1&PolicyDocument={}&AddRouteTableId.1=rtb-1", []string{"ec2:ModifyVpcEndpoint " + ec2 + "route-table/rtb-1", "ec2:ModifyVpcEndpoint " + ec2 + "vpc-endpoint/vpce-1"}},
		"a new subnet":          {"ec2", "", "POST /", "Action=CreateSubnet&VpcId=vpc-1&CidrBlock=10.0.0.0/24", []string{"ec2:CreateSubnet " + ec2 + "subnet/*", "ec2:CreateSubnet " + ec2 + "vpc/vpc-1"}},
		"a rule of a group":     {"ec2", "", "POST /", "Action=AuthorizeSecurityGroupIngress&GroupId=sg-1&IpPermissions.1.Groups.1.GroupId=sg-2", []string{"ec2:AuthorizeSecurityGroupIngress " + ec2 + "security-group-rule/*", "ec2:AuthorizeSecurityGroupIngress " + ec2 + "security-group/sg-1"}},
		"a route":               {"ec2", "", "POST /", "Action=ReplaceRoute&RouteTableId=rtb-1&DestinationCidrBlock=0.0.0.0/0&NatGatewayId=nat-1", []string{"ec2:ReplaceRoute " + ec2 + "route-table/rtb-1"}},
		"tags of several types": {"ec2", "", "POST /", "Action=CreateTags&ResourceId.1=i-1&ResourceId.2=vol-1&Tag.1.Key=a&Tag.1.Value=b", []string{"ec2:CreateTags " + ec2 + "instance/i-1", "ec2:CreateTags " + ec2 + "volume/vol-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			q, err := read(t, c.service, c.target, c.what, c.body)
			if err != nil {
				t.Fatal(err)
			}
			found := asked(q)
			for i := range found {
				found[i] = policy.Readable(found[i])
			}
			if !slices.Equal(found, c.asks) {
				t.Errorf("found %q, expected %q", found, c.asks)
			}
		})
	}
}

// The condition keys that come with requests, by the pages of the services.
func TestConditionKeysOfRequests(t *testing.T) {
	for name, c := range map[string]struct {
		service, target, what, body string
		ask                         int
		key, expected               string
	}{
		"the protocol of a subscription": {"sns", "", "POST /", "Action=Subscribe&TopicArn=arn:aws:sns:eu-west-1:111111111111:t&Protocol=https&Endpoint=https://example.com", 0, "sns:Protocol", "https"},
		"its endpoint":                   {"sns", "", "POST /", "Action=Subscribe&TopicArn=arn:aws:sns:eu-west-1:111111111111:t&Protocol=https&Endpoint=https://example.com", 0, "sns:Endpoint", "https://example.com"},
		"the source of an event":         {"events", "AWSEvents.PutEvents", "POST /", `{"Entries":[{"Source":"a","DetailType":"d"}]}`, 0, "events:source", "a"},
		"its type":                       {"events", "AWSEvents.PutEvents", "POST /", `{"Entries":[{"Source":"a","DetailType":"d"}]}`, 0, "events:detail-type", "d"},
		"the sources of a rule":          {"events", "AWSEvents.PutRule", "POST /", `{"Name":"r","EventPattern":"{\"source\":[\"a\",{\"prefix\":\"b\"}]}"}`, 0, "events:source", "a,‹events.source›"},
		"the targets of a rule":          {"events", "AWSEvents.PutTargets", "POST /", `{"Rule":"r","Targets":[{"Arn":"arn:aws:sqs:eu-west-1:111111111111:a"},{"Arn":"arn:aws:sqs:eu-west-1:111111111111:b"}]}`, 0, "events:TargetArn", "arn:aws:sqs:eu-west-1:111111111111:a,arn:aws:sqs:eu-west-1:111111111111:b"},
		"the function of a mapping":      {"lambda", "", "POST /2015-03-31/event-source-mappings", `{"FunctionName":"list"}`, 0, "lambda:FunctionArn", "arn:aws:lambda:eu-west-1:111111111111:function:list"},
		"who may use a URL":              {"lambda", "", "POST /2021-10-31/functions/list/url", `{"AuthType":"NONE"}`, 0, "lambda:FunctionUrlAuthType", "NONE"},
		"the subnets of a function":      {"lambda", "", "PUT /2015-03-31/functions/list/configuration", `{"VpcConfig":{"SubnetIds":["subnet-1","subnet-2"]}}`, 0, "lambda:SubnetIds", "subnet-1,subnet-2"},
		"whom a function is added for":   {"lambda", "", "POST /2015-03-31/functions/list/policy", `{"Principal":"s3.amazonaws.com"}`, 0, "lambda:Principal", "s3.amazonaws.com"},
		"an encryption context":          {"kms", "TrentService.Decrypt", "POST /", `{"KeyId":"alias/lake","EncryptionContext":{"team":"blue","a":"b"}}`, 0, "kms:EncryptionContext:team", "blue"},
		"its keys":                       {"kms", "TrentService.Decrypt", "POST /", `{"KeyId":"alias/lake","EncryptionContext":{"team":"blue","a":"b"}}`, 0, "kms:EncryptionContextKeys", "a,team"},
		"the alias":                      {"kms", "TrentService.Decrypt", "POST /", `{"KeyId":"arn:aws:kms:eu-west-1:111111111111:alias/lake"}`, 0, "kms:RequestAlias", "alias/lake"},
		"what a grant is for":            {"kms", "TrentService.CreateGrant", "POST /", `{"KeyId":"alias/lake","GranteePrincipal":"arn:aws:iam::222222222222:role/x","Operations":["Decrypt","Encrypt"]}`, 0, "kms:GrantOperations", "Decrypt,Encrypt"},
		"a change of the same key":       {"kms", "TrentService.ReEncrypt", "POST /", `{"SourceKeyId":"alias/lake","DestinationKeyId":"` + lakeKey + `","DestinationEncryptionContext":{"a":"b"}}`, 1, "kms:ReEncryptOnSameKey", "true"},
		"the stage of a secret":          {"secretsmanager", "secretsmanager.GetSecretValue", "POST /", `{"SecretId":"token","VersionStage":"AWSPREVIOUS"}`, 0, "secretsmanager:VersionStage", "AWSPREVIOUS"},
		"below a path":                   {"ssm", "AmazonSSM.GetParametersByPath", "POST /", `{"Path":"/a","Recursive":true}`, 0, "ssm:Recursive", "true"},
		"the policy that is attached":    {"iam", "", "POST /", "Action=AttachRolePolicy&RoleName=reader&PolicyArn=arn:aws:iam::aws:policy/ReadOnlyAccess", 0, "iam:PolicyARN", "arn:aws:iam::aws:policy/ReadOnlyAccess"},
		"a boundary":                     {"iam", "", "POST /", "Action=CreateRole&RoleName=r&PermissionsBoundary=arn:aws:iam::111111111111:policy/b", 0, "iam:PermissionsBoundary", "arn:aws:iam::111111111111:policy/b"},
		"whom a role is passed to":       {"lambda", "", "POST /2015-03-31/functions", `{"FunctionName":"list","Role":"arn:aws:iam::111111111111:role/x"}`, 1, "iam:PassedToService", "lambda.amazonaws.com"},
		"what tags are created with":     {"ec2", "", "POST /", "Action=CreateVpc&TagSpecification.1.ResourceType=vpc&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b", 0, "ec2:CreateAction", "CreateVpc"},
		"the tags of a creation":         {"ec2", "", "POST /", "Action=CreateVpc&TagSpecification.1.ResourceType=vpc&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b", 1, "aws:RequestTag/a", "b"},
	} {
		t.Run(name, func(t *testing.T) {
			q, err := read(t, c.service, c.target, c.what, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if found := policy.Readable(strings.Join(q.Asks[c.ask].Context[c.key], ",")); found != c.expected {
				t.Errorf("%s of %s: found %q, expected %q", c.key, q.Asks[c.ask].Action, found, c.expected)
			}
		})
	}
}

// A request that changes by what others are decided is found out, and its twin that does not is not.
func TestWhatChangesDecisions(t *testing.T) {
	for name, c := range map[string]struct {
		service, target, what, body string
		expected                    string
	}{
		"a policy of a bucket":             {"s3", "", "PUT /lake?policy", "{}", "s3:PutBucketPolicy"},
		"an object":                        {"s3", "", "PUT /lake/a", "", ""},
		"the key of a bucket":              {"s3", "", "PUT /lake?encryption", "", "s3:PutEncryptionConfiguration"},
		"the versions of a bucket":         {"s3", "", "PUT /lake?versioning", "", ""},
		"an ACL of an object":              {"s3", "", "PUT /lake/a?acl", "", "s3:PutObjectAcl"},
		"a policy of a role":               {"iam", "", "POST /", "Action=PutRolePolicy&RoleName=reader&PolicyName=p", "iam:PutRolePolicy"},
		"a new role":                       {"iam", "", "POST /", "Action=CreateRole&RoleName=new", ""},
		"a policy that nobody has":         {"iam", "", "POST /", "Action=CreatePolicy&PolicyName=p", ""},
		"tags of a role":                   {"iam", "", "POST /", "Action=TagRole&RoleName=reader&Tags.member.1.Key=a&Tags.member.1.Value=b", "iam:TagRole"},
		"a route":                          {"ec2", "", "POST /", "Action=DeleteRoute&RouteTableId=rtb-1", "ec2:DeleteRoute"},
		"routes":                           {"ec2", "", "POST /", "Action=DescribeRouteTables", ""},
		"an endpoint":                      {"ec2", "", "POST /", "Action=DeleteVpcEndpoints&VpcEndpointId.1=vpce-1", "ec2:DeleteVpcEndpoints"},
		"the size of an instance":          {"ec2", "", "POST /", "Action=ModifyInstanceAttribute&InstanceId=i-1&InstanceType.Value=t4g.nano", ""},
		"the groups of an instance":        {"ec2", "", "POST /", "Action=ModifyInstanceAttribute&InstanceId=i-1&GroupId.1=sg-1", "ec2:ModifyInstanceAttribute"},
		"the role of a function":           {"lambda", "", "PUT /2015-03-31/functions/list/configuration", `{"Role":"arn:aws:iam::111111111111:role/x"}`, "lambda:UpdateFunctionConfiguration"},
		"a parameter under a key":          {"ssm", "AmazonSSM.PutParameter", "POST /", `{"Name":"p","KeyId":"alias/lake"}`, "ssm:PutParameter"},
		"a parameter":                      {"ssm", "AmazonSSM.PutParameter", "POST /", `{"Name":"p"}`, ""},
		"the memory of a function":         {"lambda", "", "PUT /2015-03-31/functions/list/configuration", `{"MemorySize":128}`, ""},
		"who may invoke a function":        {"lambda", "", "POST /2015-03-31/functions/list/policy", `{}`, "lambda:AddPermission"},
		"a new queue with a policy":        {"sqs", "AmazonSQS.CreateQueue", "POST /", `{"QueueName":"q","Attributes":{"Policy":"{}"}}`, "sqs:CreateQueue"},
		"the same from an older SDK":       {"sqs", "", "POST /", "Action=CreateQueue&QueueName=q&Attribute.1.Name=Policy&Attribute.1.Value={}", "sqs:CreateQueue"},
		"a new queue":                      {"sqs", "AmazonSQS.CreateQueue", "POST /", `{"QueueName":"q","Attributes":{"DelaySeconds":"1"}}`, ""},
		"a new topic under a key":          {"sns", "", "POST /", "Action=CreateTopic&Name=t&Attributes.entry.1.key=KmsMasterKeyId&Attributes.entry.1.value=k", "sns:CreateTopic"},
		"a new table with a policy":        {"dynamodb", "DynamoDB_20120810.CreateTable", "POST /", `{"TableName":"t","ResourcePolicy":"{}"}`, "dynamodb:CreateTable"},
		"a new table":                      {"dynamodb", "DynamoDB_20120810.CreateTable", "POST /", `{"TableName":"t"}`, ""},
		"a policy of a table":              {"dynamodb", "DynamoDB_20120810.PutResourcePolicy", "POST /", `{"ResourceArn":"arn:aws:dynamodb:eu-west-1:111111111111:table/t","Policy":"{}"}`, "dynamodb:PutResourcePolicy"},
		"the state of a key":               {"kms", "TrentService.DisableKey", "POST /", `{"KeyId":"alias/lake"}`, "kms:DisableKey"},
		"the rotation of a key":            {"kms", "TrentService.EnableKeyRotation", "POST /", `{"KeyId":"alias/lake"}`, ""},
		"an alias":                         {"kms", "TrentService.DeleteAlias", "POST /", `{"AliasName":"alias/lake"}`, "kms:DeleteAlias"},
		"stacks in other accounts":         {"cloudformation", "", "POST /", "Action=CreateStackSet&StackSetName=s", "cloudformation:CreateStackSet"},
		"a stack":                          {"cloudformation", "", "POST /", "Action=CreateStack&StackName=s", ""},
		"how long logs stay":               {"logs", "Logs_20140328.PutRetentionPolicy", "POST /", `{"logGroupName":"g","retentionInDays":7}`, ""},
		"a policy of a destination's logs": {"logs", "Logs_20140328.PutDestinationPolicy", "POST /", `{"destinationName":"d","accessPolicy":"{}"}`, "logs:PutDestinationPolicy"},
	} {
		t.Run(name, func(t *testing.T) {
			q, err := read(t, c.service, c.target, c.what, c.body)
			if err != nil {
				t.Fatal(err)
			}
			if found := q.Changes(); found != c.expected {
				t.Errorf("found %q, expected %q", found, c.expected)
			}
		})
	}
}

// What PartiQL statements ask for. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
func TestPartiQL(t *testing.T) {
	const table = "arn:aws:dynamodb:eu-west-1:111111111111:table/devices"
	for statement, expected := range map[string]string{ // asks, with the leading keys and whether the whole table is read
		`SELECT * FROM devices`:                                    "dynamodb:PartiQLSelect " + table + "  true",
		`select a, b from "devices" where id = 'it''s'`:            "dynamodb:PartiQLSelect " + table + " it's false",
		`SELECT * FROM "devices"."by-owner" WHERE "owner" = 'b'`:   "dynamodb:PartiQLSelect " + table + "/index/by-owner b false",
		`SELECT * FROM devices WHERE x = 1 AND id = ?`:             "dynamodb:PartiQLSelect " + table + " p false",
		`SELECT * FROM devices WHERE id = 'a' OR id = 'b'`:         "dynamodb:PartiQLSelect " + table + " ‹dynamodb.LeadingKeys› ‹dynamodb.FullTableScan›",
		`SELECT * FROM devices WHERE id IN ['a', 'b']`:             "dynamodb:PartiQLSelect " + table + " ‹dynamodb.LeadingKeys› ‹dynamodb.FullTableScan›",
		`INSERT INTO "devices" VALUE {'x': 1, 'id': ?}`:            "dynamodb:PartiQLInsert " + table + " p ",
		`UPDATE devices SET a = 1 WHERE id = 'a'`:                  "dynamodb:PartiQLUpdate " + table + " a ",
		`UPDATE devices SET id = 'b' WHERE x = 'a'`:                "dynamodb:PartiQLUpdate " + table + " ‹dynamodb.LeadingKeys› ",
		`DELETE FROM devices WHERE id = 7`:                         "dynamodb:PartiQLDelete " + table + " 7 ",
		`SELECT x AS "FROM" FROM devices`:                          "dynamodb:PartiQLSelect " + table + "  true",
		`SELECT a.FROM FROM devices`:                               "",
		`SELECT * FROM devices; DELETE FROM others WHERE id = 'a'`: "",
		`SELECT * FROM devices, others`:                            "",
		`SELECT * FROM devices WHERE EXISTS(SELECT * FROM x)`:      "",
		`SELECT`:            "",
		`DROP TABLE`:        "",
		`SELECT * FROM [1]`: "",
	} {
		q, err := read(t, "dynamodb", "DynamoDB_20120810.ExecuteStatement", "POST /", `{"Statement":`+quoted(statement)+`,"Parameters":[{"S":"p"}]}`)
		if (err == nil) != (expected != "") {
			t.Errorf("%s: found %v", statement, err)
			continue
		}
		if err != nil {
			continue
		}
		c := q.Asks[0].Context
		if found := policy.Readable(asked(q)[0] + " " + strings.Join(c["dynamodb:LeadingKeys"], ",") + " " + strings.Join(c["dynamodb:FullTableScan"], ",")); found != expected {
			t.Errorf("%s: found %q, expected %q", statement, found, expected)
		}
	}
	q, err := read(t, "dynamodb", "DynamoDB_20120810.ExecuteTransaction", "POST /", `{"TransactStatements":[{"Statement":"UPDATE devices SET a = 1 WHERE id = 'a'"},{"Statement":"DELETE FROM other WHERE id = 'a'"}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if found := asked(q); !slices.Equal(found, []string{"dynamodb:PartiQLUpdate " + table, "dynamodb:PartiQLDelete arn:aws:dynamodb:eu-west-1:111111111111:table/other"}) || q.Asks[0].Context["dynamodb:EnclosingOperation"][0] != "ExecuteTransaction" {
		t.Errorf("a transaction: found %q with %v", found, q.Asks[0].Context)
	}
}

func quoted(text string) string {
	return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"`
}

// The attributes that a request names. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
func TestAttributesOfDynamoDB(t *testing.T) {
	for name, c := range map[string]struct{ operation, body, expected string }{
		"a projection":              {"GetItem", `{"TableName":"devices","Key":{"id":{"S":"a"}},"ProjectionExpression":"#n, a.b[0], c","ExpressionAttributeNames":{"#n":"name"}}`, "a,c,id,name"},
		"all attributes":            {"GetItem", `{"TableName":"devices","Key":{"id":{"S":"a"}}}`, ""},
		"those of an item":          {"PutItem", `{"TableName":"devices","Item":{"id":{"S":"a"},"x":{"S":"y"}},"ConditionExpression":"attribute_not_exists(old) AND size(y) > :n"}`, "id,old,x,y"},
		"an update":                 {"UpdateItem", `{"TableName":"devices","Key":{"id":{"S":"a"}},"UpdateExpression":"SET a = if_not_exists(b, :v) REMOVE c[1] ADD d :v"}`, "a,b,c,d,id"},
		"a query":                   {"Query", `{"TableName":"devices","KeyConditionExpression":"id = :i","FilterExpression":"z BETWEEN :i AND :j","ProjectionExpression":"a"}`, "a,id,z"},
		"the old parameters":        {"Query", `{"TableName":"devices","KeyConditions":{"id":{}},"AttributesToGet":["a"]}`, "a,id"},
		"a placeholder of nothing":  {"GetItem", `{"TableName":"devices","Key":{"id":{"S":"a"}},"ProjectionExpression":"#n"}`, "‹dynamodb.Attributes›,id"},
		"a placeholder in the path": {"GetItem", `{"TableName":"devices","Key":{"id":{"S":"a"}},"ProjectionExpression":"a.#n"}`, "a,id"},
	} {
		q, err := read(t, "dynamodb", "DynamoDB_20120810."+c.operation, "POST /", c.body)
		if err != nil {
			t.Fatal(err)
		}
		if found := policy.Readable(strings.Join(q.Asks[0].Context["dynamodb:Attributes"], ",")); found != c.expected {
			t.Errorf("%s: found %q, expected %q", name, found, c.expected)
		}
	}
}
