package exposure

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
)

// Type is a type of resource, as this proof understands it.
type Type struct {
	// Name is that of CloudFormation, such as "AWS::Lambda::Permission". "*" in it stands for any text.
	Name string
	// Opens is what it can open, and to whom. "nothing" for a type that opens nothing.
	Opens string
	// Judged is how it is judged: what has to be true of it, or which other rules judge it.
	Judged string

	judge func(*subject) // nil if this rule does not judge it
}

// Types is the table of resource types, sorted by name.
func Types() []Type {
	all := make([]Type, 0, len(types))
	for _, name := range slices.Sorted(maps.Keys(types)) {
		all = append(all, types[name])
	}
	return all
}

// types are the types by their names.
var types = func() map[string]Type {
	all := map[string]Type{}
	for _, some := range [][]Type{apiTypes, computeTypes, customTypes, databaseTypes, keyTypes, lambdaTypes, messagingTypes, operationTypes, policyTypes, s3Types} {
		for _, t := range some {
			all[t.Name] = t
		}
	}
	for _, name := range strings.Fields(harmless) {
		all[name] = Type{Name: name, Opens: "nothing", Judged: "opens nothing"}
	}
	return all
}()

// typeOf is the type of a name. ok is false for a type that is not in the table.
func typeOf(name string) (t Type, ok bool) {
	if t, ok = types[name]; ok {
		return t, true
	}
	switch {
	case strings.HasSuffix(name, "::MODULE"):
		return types["*::MODULE"], true
	case assembly.IsCustomResource(name):
		return types["Custom::*"], true
	}
	return Type{}, false
}

// harmless are types that open nothing of what they refer to: they measure, describe, name or limit it, or are within its account's network.
const harmless = `
AWS::ApiGateway::Account AWS::ApiGateway::ApiKey AWS::ApiGateway::BasePathMapping AWS::ApiGateway::BasePathMappingV2 AWS::ApiGateway::ClientCertificate
AWS::ApiGateway::Deployment AWS::ApiGateway::DocumentationPart AWS::ApiGateway::DocumentationVersion AWS::ApiGateway::DomainName
AWS::ApiGateway::GatewayResponse AWS::ApiGateway::Model AWS::ApiGateway::RequestValidator AWS::ApiGateway::Resource AWS::ApiGateway::Stage
AWS::ApiGateway::UsagePlan AWS::ApiGateway::UsagePlanKey AWS::ApiGateway::VpcLink
AWS::ApiGatewayV2::ApiMapping AWS::ApiGatewayV2::Deployment AWS::ApiGatewayV2::DomainName AWS::ApiGatewayV2::IntegrationResponse
AWS::ApiGatewayV2::Model AWS::ApiGatewayV2::RouteResponse AWS::ApiGatewayV2::Stage AWS::ApiGatewayV2::VpcLink
AWS::AppSync::ApiCache AWS::AppSync::FunctionConfiguration AWS::AppSync::GraphQLSchema AWS::AppSync::Resolver
AWS::ApplicationAutoScaling::ScalableTarget AWS::ApplicationAutoScaling::ScalingPolicy
AWS::ApplicationInsights::Application AWS::ApplicationSignals::ServiceLevelObjective
AWS::AutoScaling::LifecycleHook AWS::AutoScaling::ScalingPolicy AWS::AutoScaling::ScheduledAction
AWS::Budgets::Budget AWS::CDK::Metadata AWS::CE::AnomalyMonitor AWS::CE::AnomalySubscription AWS::CertificateManager::Certificate
AWS::CloudFormation::WaitCondition AWS::CloudFormation::WaitConditionHandle
AWS::CloudWatch::Alarm AWS::CloudWatch::AnomalyDetector AWS::CloudWatch::CompositeAlarm AWS::CloudWatch::Dashboard AWS::CloudWatch::InsightRule
AWS::CodeDeploy::Application AWS::CodeDeploy::DeploymentConfig AWS::CodeDeploy::DeploymentGroup
AWS::Config::ConfigRule
AWS::EC2::EIP AWS::EC2::EIPAssociation AWS::EC2::NetworkInterface AWS::EC2::NetworkInterfaceAttachment AWS::EC2::Route AWS::EC2::SecurityGroup
AWS::EC2::SecurityGroupEgress AWS::EC2::SecurityGroupIngress AWS::EC2::VolumeAttachment
AWS::ECS::Cluster AWS::ECS::PrimaryTaskSet
AWS::Events::Archive AWS::EventSchemas::Discoverer
AWS::FIS::ExperimentTemplate
AWS::IAM::AccessKey AWS::IAM::ServiceLinkedRole AWS::IAM::UserToGroupAddition
AWS::KMS::Alias
AWS::Lambda::Alias AWS::Lambda::CodeSigningConfig AWS::Lambda::LayerVersion AWS::Lambda::LayerVersionPermission AWS::Lambda::Version
AWS::Logs::LogStream AWS::Logs::MetricFilter AWS::Logs::QueryDefinition AWS::Logs::LogAnomalyDetector AWS::Logs::Transformer
AWS::ResourceGroups::Group AWS::Route53::HealthCheck AWS::Route53::RecordSet AWS::S3::StorageLens AWS::S3::StorageLensGroup
AWS::SSM::MaintenanceWindowTarget AWS::SSM::Parameter AWS::SecretsManager::SecretTargetAttachment
AWS::ServiceCatalogAppRegistry::Application AWS::ServiceCatalogAppRegistry::ResourceAssociation AWS::ServiceDiscovery::Instance
AWS::ServiceDiscovery::Service AWS::Synthetics::Group AWS::WAFv2::WebACLAssociation AWS::XRay::Group AWS::XRay::SamplingRule
`

// Judged by whom, for types that other rules judge.
const (
	byPolicyRules = "by `OverGrant`, `OtherAccount` and the other rules that read or try policies"
	byWaysIn      = "by `PrivilegeEscalation`, as a way in, and by `OverGrant`"
)

// policyTypes are those that other rules judge: policies and principals.
var policyTypes = []Type{
	{Name: "AWS::Cognito::IdentityPoolRoleAttachment", Opens: "roles, to users of the pool", Judged: "by `OverGrant`, by the roles' trust policies"},
	{Name: "AWS::EC2::VPCEndpoint", Opens: "the way to a service, to whom its policy allows", Judged: "by `OverGrant` and `KeepAlive`"},
	{Name: "AWS::Events::EventBusPolicy", Opens: "a bus, to whom the statement allows", Judged: byPolicyRules},
	{Name: "AWS::IAM::Group", Opens: "what its policies permit, to users of the account", Judged: byWaysIn},
	{Name: "AWS::IAM::GroupPolicy", Opens: "what it permits, to users of the account", Judged: byWaysIn},
	{Name: "AWS::IAM::ManagedPolicy", Opens: "what it permits, to whom it is attached", Judged: byWaysIn},
	{Name: "AWS::IAM::Policy", Opens: "what it permits, to whom it is attached", Judged: byWaysIn},
	{Name: "AWS::IAM::Role", Opens: "what its policies permit, to whom it trusts", Judged: byWaysIn},
	{Name: "AWS::IAM::RolePolicy", Opens: "what it permits, to the role", Judged: byWaysIn},
	{Name: "AWS::IAM::User", Opens: "what its policies permit, to the user", Judged: byWaysIn},
	{Name: "AWS::IAM::UserPolicy", Opens: "what it permits, to the user", Judged: byWaysIn},
	{Name: "AWS::Kinesis::ResourcePolicy", Opens: "a stream, to whom it allows", Judged: byPolicyRules},
	{Name: "AWS::S3::BucketPolicy", Opens: "a bucket, to whom it allows", Judged: byPolicyRules},
	{Name: "AWS::SNS::TopicInlinePolicy", Opens: "a topic, to whom it allows", Judged: byPolicyRules},
	{Name: "AWS::SNS::TopicPolicy", Opens: "a topic, to whom it allows", Judged: byPolicyRules},
	{Name: "AWS::SQS::QueueInlinePolicy", Opens: "a queue, to whom it allows", Judged: byPolicyRules},
	{Name: "AWS::SQS::QueuePolicy", Opens: "a queue, to whom it allows", Judged: byPolicyRules},
	{Name: "AWS::SecretsManager::ResourcePolicy", Opens: "a secret, to whom it allows", Judged: byPolicyRules},
}
