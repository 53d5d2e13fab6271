package assembly

import "maps"

// resourceType says how the resources of a type are identified. Its formats have, in braces:
//
//	partition region account suffix   those of the stack
//	name arn                          those of the resource
//	unknown                           the value that is asked for, as it is unknown before deployment
//	Attribute                         an attribute of the resource
//	~Attribute                        an unknown attribute of letters, digits, "-" and "_" only
//	~Attribute(6)                     one of six letters and digits
//	.Property                         a property that is a string; .Property=x if x is its default; without either, an unknown value
//	/Property                         the part of a property after its last "/"
//	!function                         a function in formatFunctions
//
// The page of each type in the CloudFormation Template Reference has them under "Return values", such as
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html, and the Service Authorization
// Reference has the ARNs:
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
type resourceType struct {
	// name is the property that is the physical name. Default: AWS generates the name, of letters, digits, "-" and "_".
	name string
	// otherCharacters says that a generated name may have other characters.
	otherCharacters bool
	// ref is the value of Ref. Default: the name.
	ref string
	// arn is also the attribute Arn, unless the attributes have one. Default: none.
	arn string
	// attributes are the other attributes that are known. Default: none.
	attributes map[string]string
}

const unknownFormat = "{unknown}"

func (t *resourceType) attribute(name string) string {
	if format, is := t.attributes[name]; is {
		return format
	}
	if name == "Arn" && t.arn != "" {
		return "{arn}"
	}
	return unknownFormat
}

// nestedType is the type of a nested stack.
const nestedType = "AWS::CloudFormation::Stack"

// resourceTypes are the resource types of which more than the logical id is known.
var resourceTypes = func() map[string]*resourceType {
	all := map[string]*resourceType{}
	for _, types := range []map[string]*resourceType{identityTypes, dataTypes, computeTypes, networkTypes, operationTypes} {
		maps.Copy(all, types)
	}
	for _, t := range all {
		if t.ref == "" {
			t.ref = "{name}"
		}
	}
	return all
}()

// IAM, KMS and secrets.
var identityTypes = map[string]*resourceType{
	"AWS::IAM::Role":            {name: "RoleName", arn: "arn:{partition}:iam::{account}:role{.Path=/}{name}"},
	"AWS::IAM::User":            {name: "UserName", arn: "arn:{partition}:iam::{account}:user{.Path=/}{name}"},
	"AWS::IAM::Group":           {name: "GroupName", arn: "arn:{partition}:iam::{account}:group{.Path=/}{name}"},
	"AWS::IAM::InstanceProfile": {name: "InstanceProfileName", arn: "arn:{partition}:iam::{account}:instance-profile{.Path=/}{name}"},
	"AWS::IAM::ManagedPolicy": {name: "ManagedPolicyName", ref: "{arn}", arn: "arn:{partition}:iam::{account}:policy{.Path=/}{name}",
		attributes: map[string]string{"PolicyArn": "{arn}", "Arn": unknownFormat}},
	"AWS::IAM::OIDCProvider": {ref: "{arn}", arn: "arn:{partition}:iam::{account}:oidc-provider/{!provider}"},
	// The CDK's own, which is older. https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_iam.OpenIdConnectProvider.html
	"Custom::AWSCDKOpenIdConnectProvider": {ref: "{arn}", arn: "arn:{partition}:iam::{account}:oidc-provider/{!provider}"},
	"AWS::IAM::SAMLProvider":              {name: "Name", ref: "{arn}", arn: "arn:{partition}:iam::{account}:saml-provider/{name}"},
	// An inline policy has no ARN, and Ref does not give its PolicyName.
	"AWS::IAM::Policy": {ref: unknownFormat},

	"AWS::KMS::Key": {arn: "arn:{partition}:kms:{region}:{account}:key/{name}", attributes: map[string]string{"KeyId": "{name}"}},
	"AWS::KMS::ReplicaKey": {ref: "{KeyId}", arn: "arn:{partition}:kms:{region}:{account}:key/{KeyId}",
		attributes: map[string]string{"KeyId": "{/PrimaryKeyArn}"}},
	"AWS::KMS::Alias": {name: "AliasName", otherCharacters: true, arn: "arn:{partition}:kms:{region}:{account}:{name}"},

	// Six random characters follow the name. https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
	"AWS::SecretsManager::Secret": {name: "Name", ref: "{arn}",
		arn:        "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-{~Suffix(6)}",
		attributes: map[string]string{"Id": "{arn}", "Arn": unknownFormat}},

	"AWS::CertificateManager::Certificate": {ref: "{arn}", arn: "arn:{partition}:acm:{region}:{account}:certificate/{name}",
		attributes: map[string]string{"CertificateArn": "{arn}"}},
}

// Storage, databases and messaging.
var dataTypes = map[string]*resourceType{
	"AWS::S3::Bucket": {name: "BucketName", arn: "arn:{partition}:s3:::{name}", attributes: map[string]string{
		"DomainName":          "{name}.s3.{suffix}",
		"RegionalDomainName":  "{name}.s3.{region}.{suffix}",
		"DualStackDomainName": "{name}.s3.dualstack.{region}.{suffix}",
	}},
	"AWS::S3::AccessPoint": {name: "Name", arn: "arn:{partition}:s3:{region}:{account}:accesspoint/{name}",
		attributes: map[string]string{"Name": "{name}"}},

	"AWS::DynamoDB::Table": {name: "TableName", arn: "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
		attributes: map[string]string{"StreamArn": "{arn}/stream/{unknown}"}},
	// The ARN is that of the replica in the stack's region.
	"AWS::DynamoDB::GlobalTable": {name: "TableName", arn: "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
		attributes: map[string]string{"StreamArn": "{arn}/stream/{unknown}"}},

	"AWS::SQS::Queue": {name: "QueueName", ref: "{QueueUrl}", arn: "arn:{partition}:sqs:{region}:{account}:{name}",
		attributes: map[string]string{"QueueName": "{name}", "QueueUrl": "https://sqs.{region}.{suffix}/{account}/{name}"}},
	"AWS::SNS::Topic": {name: "TopicName", ref: "{arn}", arn: "arn:{partition}:sns:{region}:{account}:{name}",
		attributes: map[string]string{"TopicArn": "{arn}", "TopicName": "{name}", "Arn": unknownFormat}},
	"AWS::Kinesis::Stream": {name: "Name", arn: "arn:{partition}:kinesis:{region}:{account}:stream/{name}"},
	"AWS::KinesisFirehose::DeliveryStream": {name: "DeliveryStreamName",
		arn: "arn:{partition}:firehose:{region}:{account}:deliverystream/{name}"},
	"AWS::ECR::Repository": {name: "RepositoryName", arn: "arn:{partition}:ecr:{region}:{account}:repository/{name}",
		attributes: map[string]string{"RepositoryUri": "{account}.dkr.ecr.{region}.{suffix}/{name}"}},
	"AWS::OpenSearchService::Domain": {name: "DomainName", arn: "arn:{partition}:es:{region}:{account}:domain/{name}",
		attributes: map[string]string{"DomainArn": "{arn}", "Id": "{account}/{name}"}},
	"AWS::Elasticsearch::Domain": {name: "DomainName", arn: "arn:{partition}:es:{region}:{account}:domain/{name}",
		attributes: map[string]string{"DomainArn": "{arn}"}},
	"AWS::EFS::FileSystem": {arn: "arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{name}",
		attributes: map[string]string{"FileSystemId": "{name}"}},
	"AWS::Backup::BackupVault": {name: "BackupVaultName", arn: "arn:{partition}:backup:{region}:{account}:backup-vault:{name}",
		attributes: map[string]string{"BackupVaultArn": "{arn}", "BackupVaultName": "{name}", "Arn": unknownFormat}},
	"AWS::CodeArtifact::Domain": {name: "DomainName", ref: "{arn}", arn: "arn:{partition}:codeartifact:{region}:{account}:domain/{name}",
		attributes: map[string]string{"Name": "{name}", "Owner": "{account}"}},
	"AWS::CodeArtifact::Repository": {name: "RepositoryName", ref: "{arn}", arn: "arn:{partition}:codeartifact:{region}:{account}:repository/{.DomainName}/{name}",
		attributes: map[string]string{"Name": "{name}", "DomainName": "{.DomainName}"}},
	"AWS::S3Express::DirectoryBucket": {name: "BucketName", arn: "arn:{partition}:s3express:{region}:{account}:bucket/{name}"},
	"AWS::SSM::Parameter": {name: "Name", arn: "arn:{partition}:ssm:{region}:{account}:parameter{!slashed}",
		attributes: map[string]string{"Type": "{.Type}", "Value": "{.Value}"}},
}

// Compute and APIs.
var computeTypes = map[string]*resourceType{
	"AWS::Lambda::Function": {name: "FunctionName", arn: "arn:{partition}:lambda:{region}:{account}:function:{name}"},
	"AWS::Lambda::Alias": {ref: "{arn}", name: "Name", arn: "{!function}:{name}",
		attributes: map[string]string{"AliasArn": "{arn}", "Arn": unknownFormat}},
	"AWS::Lambda::Version": {ref: "{arn}", arn: "{!function}:{~Version}",
		attributes: map[string]string{"Version": "{~Version}", "FunctionArn": "{arn}", "Arn": unknownFormat}},
	"AWS::Lambda::LayerVersion": {ref: "{arn}", name: "LayerName",
		arn:        "arn:{partition}:lambda:{region}:{account}:layer:{name}:{~Version}",
		attributes: map[string]string{"LayerVersionArn": "{arn}", "Arn": unknownFormat}},

	"AWS::StepFunctions::StateMachine": {name: "StateMachineName", ref: "{arn}",
		arn:        "arn:{partition}:states:{region}:{account}:stateMachine:{name}",
		attributes: map[string]string{"Name": "{name}"}},

	"AWS::ECS::Cluster": {name: "ClusterName", arn: "arn:{partition}:ecs:{region}:{account}:cluster/{name}"},
	"AWS::ECS::TaskDefinition": {name: "Family", ref: "{arn}",
		arn:        "arn:{partition}:ecs:{region}:{account}:task-definition/{name}:{~Revision}",
		attributes: map[string]string{"TaskDefinitionArn": "{arn}", "Arn": unknownFormat}},
	// The long form of the ARN, which all new services have.
	"AWS::ECS::Service": {name: "ServiceName", ref: "{arn}",
		arn:        "arn:{partition}:ecs:{region}:{account}:service/{/Cluster=default}/{name}",
		attributes: map[string]string{"ServiceArn": "{arn}", "Name": "{name}", "Arn": unknownFormat}},

	"AWS::EC2::Instance": {arn: "arn:{partition}:ec2:{region}:{account}:instance/{name}",
		attributes: map[string]string{"InstanceId": "{name}", "AvailabilityZone": "{.AvailabilityZone}", "Arn": unknownFormat}},
	"AWS::EC2::LaunchTemplate": {arn: "arn:{partition}:ec2:{region}:{account}:launch-template/{name}",
		attributes: map[string]string{"LaunchTemplateId": "{name}", "Arn": unknownFormat}},

	"AWS::ApiGateway::RestApi": {arn: "arn:{partition}:apigateway:{region}::/restapis/{name}",
		attributes: map[string]string{"RestApiId": "{name}", "Arn": unknownFormat}},
	"AWS::ApiGatewayV2::Api": {arn: "arn:{partition}:apigateway:{region}::/apis/{name}", attributes: map[string]string{
		"ApiId": "{name}", "ApiEndpoint": "{!endpoint}", "Arn": unknownFormat,
	}},
}

// Networks: AWS generates every id, and no ARN is an attribute.
var networkTypes = map[string]*resourceType{
	"AWS::EC2::VPC": {arn: "arn:{partition}:ec2:{region}:{account}:vpc/{name}",
		attributes: map[string]string{"VpcId": "{name}", "CidrBlock": "{.CidrBlock}", "Arn": unknownFormat}},
	"AWS::EC2::Subnet": {arn: "arn:{partition}:ec2:{region}:{account}:subnet/{name}", attributes: map[string]string{
		"SubnetId": "{name}", "VpcId": "{.VpcId}", "CidrBlock": "{.CidrBlock}", "AvailabilityZone": "{.AvailabilityZone}", "Arn": unknownFormat,
	}},
	"AWS::EC2::RouteTable": {arn: "arn:{partition}:ec2:{region}:{account}:route-table/{name}",
		attributes: map[string]string{"RouteTableId": "{name}", "Arn": unknownFormat}},
	// Without a VPC, Ref gives the group's name instead of its id.
	"AWS::EC2::SecurityGroup": {ref: "{!group}", arn: "arn:{partition}:ec2:{region}:{account}:security-group/{name}",
		attributes: map[string]string{"GroupId": "{name}", "Id": "{!group}", "VpcId": "{.VpcId}", "Arn": unknownFormat}},
	"AWS::EC2::VPCEndpoint": {arn: "arn:{partition}:ec2:{region}:{account}:vpc-endpoint/{name}",
		attributes: map[string]string{"Id": "{name}", "Arn": unknownFormat}},
	"AWS::EC2::NatGateway": {arn: "arn:{partition}:ec2:{region}:{account}:natgateway/{name}",
		attributes: map[string]string{"NatGatewayId": "{name}", "Arn": unknownFormat}},
	"AWS::EC2::InternetGateway": {arn: "arn:{partition}:ec2:{region}:{account}:internet-gateway/{name}",
		attributes: map[string]string{"InternetGatewayId": "{name}", "Arn": unknownFormat}},
	"AWS::EC2::NetworkAcl": {arn: "arn:{partition}:ec2:{region}:{account}:network-acl/{name}",
		attributes: map[string]string{"Id": "{name}", "Arn": unknownFormat}},
	// Ref returns the address; ARNs have the allocation id.
	"AWS::EC2::EIP": {otherCharacters: true, arn: "arn:{partition}:ec2:{region}:{account}:elastic-ip/{AllocationId}",
		attributes: map[string]string{"PublicIp": "{name}", "Arn": unknownFormat}},
}

// Monitoring, events and operations.
var operationTypes = map[string]*resourceType{
	// The attribute Arn ends in ":*", which policies need for the streams of the group.
	"AWS::Logs::LogGroup": {name: "LogGroupName", otherCharacters: true, arn: "arn:{partition}:logs:{region}:{account}:log-group:{name}",
		attributes: map[string]string{"Arn": "{arn}:*"}},
	// The identifiers of a rule on a bus other than the default bus begin with the name of the bus.
	"AWS::Events::Rule": {name: "Name", ref: "{!busThenBar}{name}", arn: "arn:{partition}:events:{region}:{account}:rule/{!busThenSlash}{name}",
		attributes: map[string]string{"RuleName": "{name}"}},
	"AWS::Events::EventBus": {name: "Name", arn: "arn:{partition}:events:{region}:{account}:event-bus/{name}",
		attributes: map[string]string{"Name": "{name}"}},
	"AWS::CloudWatch::Alarm": {name: "AlarmName", arn: "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}"},
	nestedType: {ref: "{arn}", arn: "arn:{partition}:cloudformation:{region}:{account}:stack/{name}/{~StackId}",
		attributes: map[string]string{"Arn": unknownFormat}},
	"AWS::CloudTrail::Trail": {name: "TrailName", arn: "arn:{partition}:cloudtrail:{region}:{account}:trail/{name}"},
}
