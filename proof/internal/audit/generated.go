package audit

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
)

// How long the values can be that AWS generates at deployment.

// longestID are the lengths of identifiers that are not made of the names of stack and resource.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
var longestID = map[string]int{
	"AWS::ApiGateway::RestApi": 10, "AWS::ApiGatewayV2::Api": 10, "AWS::EC2::EIP": 26, "AWS::EC2::Instance": 19, "AWS::EC2::InternetGateway": 21, "AWS::EC2::NatGateway": 21,
	"AWS::EC2::RouteTable": 21, "AWS::EC2::SecurityGroup": 20, "AWS::EC2::Subnet": 24, "AWS::EC2::VPC": 21, "AWS::EC2::VPCEndpoint": 22, "AWS::KMS::Key": 36, "AWS::KMS::ReplicaKey": 36,
}

// longestName are the lengths of names that CloudFormation makes of the names of the stack and the resource, and cuts to what the service accepts.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
var longestName = map[string]int{
	"AWS::Events::EventBus": 64, "AWS::Events::Rule": 64, "AWS::IAM::Group": 128, "AWS::IAM::InstanceProfile": 128, "AWS::IAM::ManagedPolicy": 128, "AWS::IAM::Role": 64, "AWS::IAM::User": 64,
	"AWS::Kinesis::Stream": 128, "AWS::Lambda::Function": 64, "AWS::S3::Bucket": 63, "AWS::SNS::Topic": 256, "AWS::SQS::Queue": 80, "AWS::StepFunctions::StateMachine": 80,
}

// pseudo are the lengths of what is not known of pseudo parameters.
var pseudo = map[string]int{"AccountId": len("111122223333"), "Partition": len("aws-us-gov"), "Region": len("ap-southeast-1"), "StackId": 36, "StackName": 128, "URLSuffix": len("amazonaws.com.cn")}

// The most that any other value is taken for: the length of a table's name, which is the longest.
const longestOther = 255

// suffix is what CloudFormation adds to the names of the stack and the resource: two dashes and up to 13 characters.
const suffix = 15

// longest is the length that a value which AWS generates can have. name is what unresolved text calls it: STACK.RESOURCE, or STACK.RESOURCE.ATTRIBUTE.
func (q *quotas) longest(name string) int {
	if _, parameter, ok := strings.Cut(name, ".AWS.."); ok && pseudo[parameter] > 0 {
		return pseudo[parameter]
	}
	if r := q.byName[name]; r != nil {
		return longestOf(r)
	}
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		if r := q.byName[name[:dot]]; r != nil && isIdentifier(name[dot+1:]) {
			return longestOf(r)
		}
	}
	return longestOther
}

func isIdentifier(attribute string) bool {
	return attribute == "Id" || attribute == "KeyId" || attribute == "GroupId" || attribute == "VpcId"
}

func longestOf(r *assembly.Resource) int {
	if n := longestID[r.Type]; n > 0 {
		return n
	}
	most := longestOther
	if n := longestName[r.Type]; n > 0 {
		most = n
	}
	return min(most, len(r.Stack.Name)+len(r.LogicalID)+suffix)
}
