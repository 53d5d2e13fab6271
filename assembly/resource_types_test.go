package assembly_test

import (
	"strings"
	"testing"
)

// Each line has a type and its properties, then the values of Ref, the ARN and attributes by the type's page in the CloudFormation Template Reference.
// "·" is what AWS generates, ‹S.X›; "·Name" is the unknown attribute ‹S.X.Name›. R is the region and account of the test.
const namesAndARNs = `
AWS::IAM::Role {RoleName: n} | Ref=n | ARN=arn:aws:iam::111122223333:role/n | Arn=arn:aws:iam::111122223333:role/n | RoleId=·RoleId
AWS::IAM::Role {Path: /a/b/} | Ref=· | ARN=arn:aws:iam::111122223333:role/a/b/· | Arn=arn:aws:iam::111122223333:role/a/b/·
AWS::IAM::OIDCProvider {Url: "https://example.com/id/10"} | Ref=arn:aws:iam::111122223333:oidc-provider/example.com/id/10 | ARN=arn:aws:iam::111122223333:oidc-provider/example.com/id/10
AWS::IAM::OIDCProvider {Url: !Ref NoSuch} | Ref=arn:aws:iam::111122223333:oidc-provider/·Url | ARN=arn:aws:iam::111122223333:oidc-provider/·Url
AWS::IAM::SAMLProvider {Name: corp} | Ref=arn:aws:iam::111122223333:saml-provider/corp | ARN=arn:aws:iam::111122223333:saml-provider/corp
AWS::IAM::Role {RoleName: !Ref AWS::NoValue, Path: !Ref AWS::NoValue} | Ref=· | ARN=arn:aws:iam::111122223333:role/·
AWS::IAM::Role {RoleName: [n], Path: [p]} | Ref=· | ARN=arn:aws:iam::111122223333:role/·Path·
AWS::IAM::User {UserName: n, Path: /p/} | Ref=n | ARN=arn:aws:iam::111122223333:user/p/n | Arn=arn:aws:iam::111122223333:user/p/n
AWS::IAM::Group {GroupName: n} | Ref=n | ARN=arn:aws:iam::111122223333:group/n | Arn=arn:aws:iam::111122223333:group/n
AWS::IAM::InstanceProfile {InstanceProfileName: n} | Ref=n | ARN=arn:aws:iam::111122223333:instance-profile/n | Arn=arn:aws:iam::111122223333:instance-profile/n
AWS::IAM::ManagedPolicy {ManagedPolicyName: n} | Ref=arn:aws:iam::111122223333:policy/n | ARN=arn:aws:iam::111122223333:policy/n | PolicyArn=arn:aws:iam::111122223333:policy/n | Arn=·Arn
AWS::IAM::Policy {PolicyName: n} | Ref=· | ARN= | Id=·Id | Arn=·Arn
AWS::S3::Bucket {BucketName: n} | Ref=n | ARN=arn:aws:s3:::n | Arn=arn:aws:s3:::n | DomainName=n.s3.amazonaws.com
AWS::S3::Bucket {} | Ref=· | ARN=arn:aws:s3:::· | RegionalDomainName=·.s3.us-west-2.amazonaws.com | DualStackDomainName=·.s3.dualstack.us-west-2.amazonaws.com | WebsiteURL=·WebsiteURL
AWS::S3::AccessPoint {Name: n, Bucket: b} | Ref=n | ARN=arn:aws:s3:R:accesspoint/n | Arn=arn:aws:s3:R:accesspoint/n | Alias=·Alias
AWS::DynamoDB::Table {TableName: n} | Ref=n | ARN=arn:aws:dynamodb:R:table/n | Arn=arn:aws:dynamodb:R:table/n | StreamArn=arn:aws:dynamodb:R:table/n/stream/·StreamArn
AWS::DynamoDB::GlobalTable {} | Ref=· | ARN=arn:aws:dynamodb:R:table/· | Arn=arn:aws:dynamodb:R:table/· | StreamArn=arn:aws:dynamodb:R:table/·/stream/·StreamArn | TableId=·TableId
AWS::KMS::Key {} | Ref=· | ARN=arn:aws:kms:R:key/· | Arn=arn:aws:kms:R:key/· | KeyId=·
AWS::KMS::Alias {AliasName: alias/n, TargetKeyId: k} | Ref=alias/n | ARN=arn:aws:kms:R:alias/n
AWS::KMS::ReplicaKey {PrimaryKeyArn: "arn:aws:kms:us-east-1:111122223333:key/mrk-1"} | Ref=mrk-1 | ARN=arn:aws:kms:R:key/mrk-1 | Arn=arn:aws:kms:R:key/mrk-1 | KeyId=mrk-1
AWS::KMS::ReplicaKey {PrimaryKeyArn: !ImportValue k} | Ref=·PrimaryKeyArn | ARN=arn:aws:kms:R:key/·PrimaryKeyArn
AWS::SecretsManager::Secret {Name: a/n} | Ref=arn:aws:secretsmanager:R:secret:a/n-·Suffix(6) | ARN=arn:aws:secretsmanager:R:secret:a/n-·Suffix(6) | Id=arn:aws:secretsmanager:R:secret:a/n-·Suffix(6)
AWS::CertificateManager::Certificate {} | Ref=arn:aws:acm:R:certificate/· | ARN=arn:aws:acm:R:certificate/·
AWS::SQS::Queue {QueueName: n} | Ref=https://sqs.us-west-2.amazonaws.com/111122223333/n | ARN=arn:aws:sqs:R:n | Arn=arn:aws:sqs:R:n | QueueName=n | QueueUrl=https://sqs.us-west-2.amazonaws.com/111122223333/n
AWS::SQS::Queue {} | Ref=https://sqs.us-west-2.amazonaws.com/111122223333/· | ARN=arn:aws:sqs:R:· | QueueName=·
AWS::SNS::Topic {TopicName: n} | Ref=arn:aws:sns:R:n | ARN=arn:aws:sns:R:n | TopicArn=arn:aws:sns:R:n | TopicName=n
AWS::Kinesis::Stream {Name: n} | Ref=n | ARN=arn:aws:kinesis:R:stream/n | Arn=arn:aws:kinesis:R:stream/n
AWS::KinesisFirehose::DeliveryStream {} | Ref=· | ARN=arn:aws:firehose:R:deliverystream/· | Arn=arn:aws:firehose:R:deliverystream/·
AWS::ECR::Repository {RepositoryName: a/n} | Ref=a/n | ARN=arn:aws:ecr:R:repository/a/n | Arn=arn:aws:ecr:R:repository/a/n | RepositoryUri=111122223333.dkr.ecr.us-west-2.amazonaws.com/a/n
AWS::SSM::Parameter {Name: /a/n, Type: String, Value: v} | Ref=/a/n | ARN=arn:aws:ssm:R:parameter/a/n | Type=String | Value=v
AWS::SSM::Parameter {Name: n, Type: StringList} | Ref=n | ARN=arn:aws:ssm:R:parameter/n | Value=·Value
AWS::SSM::Parameter {} | Ref=· | ARN=arn:aws:ssm:R:parameter/·
AWS::SSM::Parameter {Name: !ImportValue n} | Ref=‹ImportValue n 111122223333 us-west-2#› | ARN=arn:aws:ssm:R:parameter·Path
AWS::Lambda::Function {FunctionName: n} | Ref=n | ARN=arn:aws:lambda:R:function:n | Arn=arn:aws:lambda:R:function:n
AWS::Lambda::Alias {FunctionName: f, Name: live} | Ref=arn:aws:lambda:R:function:f:live | ARN=arn:aws:lambda:R:function:f:live | AliasArn=arn:aws:lambda:R:function:f:live
AWS::Lambda::Alias {FunctionName: "arn:aws:lambda:R:function:f", Name: live} | Ref=arn:aws:lambda:R:function:f:live | ARN=arn:aws:lambda:R:function:f:live
AWS::Lambda::Alias {FunctionName: "111122223333:function:f", Name: live} | Ref=·FunctionName:live | ARN=·FunctionName:live
AWS::Lambda::Alias {FunctionName: !ImportValue f, Name: live} | Ref=·FunctionName:live | ARN=·FunctionName:live
AWS::Lambda::Version {FunctionName: f} | Ref=arn:aws:lambda:R:function:f:·Version | ARN=arn:aws:lambda:R:function:f:·Version | Version=·Version | FunctionArn=arn:aws:lambda:R:function:f:·Version
AWS::Lambda::Version {} | Ref=·FunctionName:·Version | ARN=·FunctionName:·Version
AWS::Lambda::LayerVersion {LayerName: n} | Ref=arn:aws:lambda:R:layer:n:·Version | ARN=arn:aws:lambda:R:layer:n:·Version | LayerVersionArn=arn:aws:lambda:R:layer:n:·Version
AWS::StepFunctions::StateMachine {StateMachineName: n} | Ref=arn:aws:states:R:stateMachine:n | ARN=arn:aws:states:R:stateMachine:n | Arn=arn:aws:states:R:stateMachine:n | Name=n
AWS::ECS::Cluster {ClusterName: n} | Ref=n | ARN=arn:aws:ecs:R:cluster/n | Arn=arn:aws:ecs:R:cluster/n
AWS::ECS::TaskDefinition {Family: n} | Ref=arn:aws:ecs:R:task-definition/n:·Revision | ARN=arn:aws:ecs:R:task-definition/n:·Revision | TaskDefinitionArn=arn:aws:ecs:R:task-definition/n:·Revision
AWS::ECS::Service {ServiceName: n, Cluster: c} | Ref=arn:aws:ecs:R:service/c/n | ARN=arn:aws:ecs:R:service/c/n | ServiceArn=arn:aws:ecs:R:service/c/n | Name=n
AWS::ECS::Service {Cluster: "arn:aws:ecs:R:cluster/c"} | Ref=arn:aws:ecs:R:service/c/· | ARN=arn:aws:ecs:R:service/c/· | Name=·
AWS::ECS::Service {ServiceName: n} | Ref=arn:aws:ecs:R:service/default/n | ARN=arn:aws:ecs:R:service/default/n
AWS::ECS::Service {ServiceName: n, Cluster: !ImportValue c} | Ref=arn:aws:ecs:R:service/·Cluster/n | ARN=arn:aws:ecs:R:service/·Cluster/n
AWS::EC2::VPC {CidrBlock: 10.0.0.0/16} | Ref=· | ARN=arn:aws:ec2:R:vpc/· | VpcId=· | CidrBlock=10.0.0.0/16 | DefaultSecurityGroup=·DefaultSecurityGroup | Arn=·Arn
AWS::EC2::VPC {Ipv4IpamPoolId: p} | Ref=· | ARN=arn:aws:ec2:R:vpc/· | CidrBlock=·CidrBlock
AWS::EC2::Subnet {VpcId: v, AvailabilityZone: us-west-2a} | Ref=· | ARN=arn:aws:ec2:R:subnet/· | SubnetId=· | VpcId=v | AvailabilityZone=us-west-2a
AWS::EC2::RouteTable {VpcId: v} | Ref=· | ARN=arn:aws:ec2:R:route-table/· | RouteTableId=·
AWS::EC2::SecurityGroup {VpcId: v} | Ref=· | ARN=arn:aws:ec2:R:security-group/· | GroupId=· | Id=· | VpcId=v
AWS::EC2::SecurityGroup {GroupName: g} | Ref=·Id | ARN=arn:aws:ec2:R:security-group/· | GroupId=· | Id=·Id | VpcId=·VpcId
AWS::EC2::VPCEndpoint {VpcId: v} | Ref=· | ARN=arn:aws:ec2:R:vpc-endpoint/· | Id=· | DnsEntries=·DnsEntries
AWS::EC2::NatGateway {} | Ref=· | ARN=arn:aws:ec2:R:natgateway/· | NatGatewayId=·
AWS::EC2::InternetGateway {} | Ref=· | ARN=arn:aws:ec2:R:internet-gateway/· | InternetGatewayId=·
AWS::EC2::EIP {} | Ref=· | ARN=arn:aws:ec2:R:elastic-ip/·AllocationId | PublicIp=· | AllocationId=·AllocationId
AWS::EC2::Instance {} | Ref=· | ARN=arn:aws:ec2:R:instance/· | InstanceId=· | AvailabilityZone=·AvailabilityZone | PrivateIp=·PrivateIp
AWS::EC2::NetworkAcl {} | Ref=· | ARN=arn:aws:ec2:R:network-acl/· | Id=·
AWS::EC2::LaunchTemplate {LaunchTemplateName: n} | Ref=· | ARN=arn:aws:ec2:R:launch-template/· | LaunchTemplateId=· | LatestVersionNumber=·LatestVersionNumber
AWS::Logs::LogGroup {LogGroupName: /a/n} | Ref=/a/n | ARN=arn:aws:logs:R:log-group:/a/n | Arn=arn:aws:logs:R:log-group:/a/n:*
AWS::Events::Rule {Name: n} | Ref=n | ARN=arn:aws:events:R:rule/n | Arn=arn:aws:events:R:rule/n
AWS::Events::Rule {Name: n, EventBusName: default} | Ref=n | ARN=arn:aws:events:R:rule/n
AWS::Events::Rule {EventBusName: b} | Ref=b|· | ARN=arn:aws:events:R:rule/b/·
AWS::Events::Rule {Name: n, EventBusName: "arn:aws:events:R:event-bus/b"} | Ref=b|n | ARN=arn:aws:events:R:rule/b/n
AWS::Events::Rule {Name: n, EventBusName: !ImportValue b} | Ref=·EventBusName|n | ARN=arn:aws:events:R:rule/·EventBusName/n
AWS::Events::EventBus {Name: n} | Ref=n | ARN=arn:aws:events:R:event-bus/n | Arn=arn:aws:events:R:event-bus/n | Name=n
AWS::CloudWatch::Alarm {AlarmName: n} | Ref=n | ARN=arn:aws:cloudwatch:R:alarm:n | Arn=arn:aws:cloudwatch:R:alarm:n
AWS::CloudTrail::Trail {TrailName: n} | Ref=n | ARN=arn:aws:cloudtrail:R:trail/n | Arn=arn:aws:cloudtrail:R:trail/n
AWS::ApiGateway::RestApi {Name: n} | Ref=· | ARN=arn:aws:apigateway:us-west-2::/restapis/· | RestApiId=· | RootResourceId=·RootResourceId
AWS::ApiGatewayV2::Api {ProtocolType: HTTP} | Ref=· | ARN=arn:aws:apigateway:us-west-2::/apis/· | ApiId=· | ApiEndpoint=https://·.execute-api.us-west-2.amazonaws.com
AWS::ApiGatewayV2::Api {ProtocolType: WEBSOCKET} | Ref=· | ARN=arn:aws:apigateway:us-west-2::/apis/· | ApiEndpoint=wss://·.execute-api.us-west-2.amazonaws.com
AWS::ApiGatewayV2::Api {Body: {}} | Ref=· | ARN=arn:aws:apigateway:us-west-2::/apis/· | ApiEndpoint=·ApiEndpoint
AWS::CloudFormation::Stack {TemplateURL: u} | Ref=arn:aws:cloudformation:R:stack/·/·StackId | ARN=arn:aws:cloudformation:R:stack/·/·StackId | Outputs.O=·Outputs.O
AWS::Other::Thing {Name: n} | Ref=· | ARN= | Arn=·Arn | Name=·Name
Custom::Thing {Name: n} | Ref=· | ARN= | Arn=·Arn
`

func TestNamesAndARNs(t *testing.T) {
	for line := range strings.SplitSeq(strings.TrimSpace(strings.ReplaceAll(namesAndARNs, ":R:", ":us-west-2:111122223333:")), "\n") {
		t.Run(line[:strings.Index(line, " |")], func(t *testing.T) {
			fields := strings.Split(line, " | ")
			kind, properties, _ := strings.Cut(fields[0], " ")
			template := "Resources:\n  X:\n    Type: " + kind + "\n    Properties: " + properties + "\n  Y:\n    Type: Custom::Y\n    Properties:\n      TheRef: !Ref X\n"
			for _, f := range fields[3:] {
				attribute, _, _ := strings.Cut(f, "=")
				template += "      " + attribute + ": !GetAtt X." + attribute + "\n"
			}
			a := mustLoadYAML(t, template)
			x, y := resource(t, a, "X"), resource(t, a, "Y")
			for _, f := range fields[1:] {
				what, expected, _ := strings.Cut(f, "=")
				found, _ := y.Properties[strings.Replace(what, "Ref", "TheRef", 1)].(string)
				if what == "ARN" {
					found = x.ARN
				}
				found = strings.Trim(show(found), `"`)
				if found != written(expected) {
					t.Errorf("%s: found %s, expected %s", what, found, written(expected))
				}
			}
			if x.Ref != y.Properties["TheRef"] {
				t.Errorf("found Ref %s", show(x.Ref))
			}
		})
	}
}

// written replaces "·", "·Name" and "·Name(6)" by the unknown values that they stand for.
func written(s string) string {
	parts := strings.Split(s, "·")
	for i, part := range parts[1:] {
		n := 0
		for n < len(part) && ('a' <= part[n]|0x20 && part[n]|0x20 <= 'z' || part[n] == '.' && n > 0 && strings.HasPrefix(part, "Outputs")) {
			n++
		}
		if strings.HasPrefix(part[n:], "(6)") {
			n += len("(6)")
		}
		if n == 0 || part[0] >= 'a' {
			parts[i+1] = "‹S.X›" + part
			continue
		}
		parts[i+1] = "‹S.X." + part[:n] + "›" + part[n:]
	}
	return strings.Join(parts, "")
}

// Every partition has its own ARNs and domains. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func TestPartitions(t *testing.T) {
	for region, expected := range map[string]string{
		"us-west-2": "aws amazonaws.com", "eu-central-1": "aws amazonaws.com", "mx-central-1": "aws amazonaws.com", "il-central-1": "aws amazonaws.com",
		"cn-north-1": "aws-cn amazonaws.com.cn", "us-gov-west-1": "aws-us-gov amazonaws.com", "us-iso-east-1": "aws-iso c2s.ic.gov",
		"us-isob-east-1": "aws-iso-b sc2s.sgov.gov", "eu-isoe-west-1": "aws-iso-e cloud.adc-e.uk", "us-isof-south-1": "aws-iso-f csp.hci.ic.gov",
		"eusc-de-east-1": "aws-eusc amazonaws.eu", "moon-1": "‹S.AWS..Partition› ‹S.AWS..URLSuffix›", "": "aws amazonaws.com",
	} {
		a := loadIn(t, region, "Resources: {X: {Type: Custom::X, Properties: {V: !Sub '${AWS::Partition} ${AWS::URLSuffix}'}}}")
		if found := show(resource(t, a, "X").Properties["V"]); found != `"`+expected+`"` {
			t.Errorf("%s: found %s, expected %s", region, found, expected)
		}
	}
}
