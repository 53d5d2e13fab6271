package deployment

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
)

// withoutPermissions are the types that CloudFormation handles by itself.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-waitconditionhandle.html
var withoutPermissions = []string{"AWS::CDK::Metadata", "AWS::CloudFormation::WaitCondition", "AWS::CloudFormation::WaitConditionHandle"}

// generatedNames are the types whose names CloudFormation generates from the name of the stack: "STACK-LOGICALID-RANDOM".
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
var generatedNames = map[string]bool{
	"AWS::CloudFormation::Stack": true, "AWS::CloudWatch::Alarm": true, "AWS::DynamoDB::GlobalTable": true, "AWS::DynamoDB::Table": true,
	"AWS::Events::Rule": true, "AWS::IAM::Group": true, "AWS::IAM::InstanceProfile": true, "AWS::IAM::ManagedPolicy": true,
	"AWS::IAM::Role": true, "AWS::IAM::User": true, "AWS::Kinesis::Stream": true, "AWS::Lambda::Function": true,
	"AWS::Logs::LogGroup": true, "AWS::S3::Bucket": true, "AWS::SNS::Topic": true, "AWS::SQS::Queue": true,
}

// maxStackPrefix is how much of a stack's name is certain to be in a generated name: names of at most 63 characters have the stack's name and
// the logical ID cut.
const maxStackPrefix = 24

// beyondHandlers are the actions that a resource needs and its schema does not list.
func beyondHandlers(r *assembly.Resource) []string {
	switch {
	case r.Type == "AWS::ApiGatewayV2::Stage" && r.Properties["AccessLogSettings"] != nil,
		r.Type == "AWS::ApiGateway::Stage" && r.Properties["AccessLogSetting"] != nil:
		// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging.html#http-api-logging.permissions
		return []string{"logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
			"logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"}
	case r.Type == "AWS::EC2::Instance":
		// CloudFormation checks that the image exists that a parameter names.
		// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
		return []string{"ec2:DescribeImages"}
	}
	return nil
}

// alsoOn are resource types that an action is always on, besides those that the resource or its properties name.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html
var alsoOn = map[string][]string{
	"ec2:RunInstances":                  {"image", "network-interface", "volume"},
	"ec2:AttachVolume":                  {"volume"},
	"ec2:DetachVolume":                  {"volume"},
	"ec2:AssociateAddress":              {"network-interface"},
	"ec2:DisassociateAddress":           {"network-interface"},
	"ec2:DisassociateNatGatewayAddress": {"elastic-ip", "network-interface"},
	"ec2:AssociateNatGatewayAddress":    {"elastic-ip"},
	"ec2:AuthorizeSecurityGroupIngress": {"security-group-rule"},
	"ec2:AuthorizeSecurityGroupEgress":  {"security-group-rule"},
	"ec2:CreateVpcEncryptionControl":    {"vpc-encryption-control"},
}

// alsoOwn are other ARNs of a type's own resources, as formats of the Service Authorization Reference.
var alsoOwn = map[string][]string{
	// An API is created in the collection of APIs, and tagged by the path of its tags.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-tagging-supported-resources.html
	"AWS::ApiGatewayV2::Api":   {"apigateway:*::/apis", "apigateway:*::/tags/*"},
	"AWS::ApiGatewayV2::Stage": {"apigateway:*::/tags/*"},
	"AWS::ApiGateway::RestApi": {"apigateway:*::/restapis", "apigateway:*::/tags/*"},
	"AWS::ApiGateway::Stage":   {"apigateway:*::/tags/*"},
	// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
	"AWS::ApiGateway::Account":           {"apigateway:*::/account"},
	"AWS::ApiGateway::ApiKey":            {"apigateway:*::/apikeys", "apigateway:*::/apikeys/*", "apigateway:*::/tags/*"},
	"AWS::ApiGateway::ClientCertificate": {"apigateway:*::/clientcertificates", "apigateway:*::/clientcertificates/*", "apigateway:*::/tags/*"},
	"AWS::ApiGateway::DomainName":        {"apigateway:*::/domainnames", "apigateway:*::/domainnames/*", "apigateway:*::/tags/*"},
	"AWS::ApiGateway::UsagePlan":         {"apigateway:*::/usageplans", "apigateway:*::/usageplans/*", "apigateway:*::/tags/*"},
	"AWS::ApiGateway::VpcLink":           {"apigateway:*::/vpclinks", "apigateway:*::/vpclinks/*", "apigateway:*::/tags/*"},
	"AWS::ApiGatewayV2::DomainName":      {"apigateway:*::/domainnames", "apigateway:*::/domainnames/*", "apigateway:*::/tags/*"},
	"AWS::ApiGatewayV2::VpcLink":         {"apigateway:*::/vpclinks", "apigateway:*::/vpclinks/*", "apigateway:*::/tags/*"},
}

// taggedByStack are the actions of EC2 that end a resource, which its tags limit to those of the stack. AWS's own policies limit such actions by
// the tags that CloudFormation gives.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonECS_FullAccess.html
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AdministratorAccess-AWSElasticBeanstalk.html
var taggedByStack = map[string]string{
	"ec2:DeleteFlowLogs": "AWS::EC2::FlowLog", "ec2:DeleteInternetGateway": "AWS::EC2::InternetGateway", "ec2:DeleteNatGateway": "AWS::EC2::NatGateway",
	"ec2:DeleteRouteTable": "AWS::EC2::RouteTable", "ec2:DeleteSecurityGroup": "AWS::EC2::SecurityGroup", "ec2:DeleteSubnet": "AWS::EC2::Subnet",
	"ec2:DeleteVpc": "AWS::EC2::VPC", "ec2:DeleteVpcEndpoints": "AWS::EC2::VPCEndpoint", "ec2:ReleaseAddress": "AWS::EC2::EIP",
	"ec2:StopInstances": "AWS::EC2::Instance", "ec2:TerminateInstances": "AWS::EC2::Instance",
}

// passedTo are the services to which resources of a type pass a role whose trust policy the assembly does not have.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
var passedTo = map[string]string{
	"AWS::ApiGatewayV2::Integration": "apigateway.amazonaws.com", "AWS::EC2::FlowLog": "vpc-flow-logs.amazonaws.com",
	"AWS::EC2::Instance": "ec2.amazonaws.com", "AWS::Events::Rule": "events.amazonaws.com", "AWS::IAM::InstanceProfile": "ec2.amazonaws.com",
	"AWS::Lambda::Function": "lambda.amazonaws.com", "AWS::S3::Bucket": "s3.amazonaws.com", "AWS::StepFunctions::StateMachine": "states.amazonaws.com",
}

// serviceLinked are the services whose service-linked roles a type creates, where they are not services of the type's own name.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
var serviceLinked = map[string]string{"AWS::EC2::FlowLog": "delivery.logs"}

// useOfKey are the actions by which a service uses a key for whoever calls it, with its name in kms:ViaService.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
var useOfKey = map[string]string{"AWS::DynamoDB::Table": "dynamodb", "AWS::DynamoDB::GlobalTable": "dynamodb"}

// notReferences are the properties whose text names resources without CloudFormation using them for the resource.
var notReferences = map[string]bool{
	"Description": true, "Environment": true, "EventPattern": true, "Input": true, "InputTransformer": true, "Statement": true, "Tags": true,
	"UserData": true, "DashboardBody": true, "AccessLogSettings": true, "AccessLogSetting": true, "AlarmActions": true, "OKActions": true,
	"InsufficientDataActions": true, "DeadLetterConfig": true, "RedrivePolicy": true, "RedriveAllowPolicy": true,
}

// documents are the properties that are a document of their own: what it names, the resource needs when it runs, and CloudFormation does not.
var documents = map[string]string{"AWS::StepFunctions::StateMachine": "Definition"}

// lowerCase says that the names of a type's resources are in lower case.
func lowerCase(resourceType string) bool { return strings.HasPrefix(resourceType, "AWS::S3::") }
