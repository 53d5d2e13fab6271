package assembly

// What runs.
var computeRules = map[string]*rule{
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
	// The ARN in its long form; new services have no other.
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
