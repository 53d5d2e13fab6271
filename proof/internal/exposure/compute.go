package exposure

import (
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// runner is a type of resource that runs something as a role.
type runner struct {
	kind, service string
	// roles are the properties that name the role, or the instance profile.
	roles []string
	// isWorkload says that it runs what its account gives it, and nothing else, so that it may run as a grantee.
	isWorkload bool
}

// runners are the types that run something as a role that they name. What a role's trust policy does not allow a service cannot do.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
var runners = []runner{
	{"AWS::AppRunner::Service", "tasks.apprunner.amazonaws.com", []string{"InstanceConfiguration.InstanceRoleArn"}, false},
	{"AWS::AutoScaling::AutoScalingGroup", "ec2.amazonaws.com", []string{"MixedInstancesPolicy"}, true},
	{"AWS::AutoScaling::LaunchConfiguration", "ec2.amazonaws.com", []string{"IamInstanceProfile"}, true},
	{"AWS::Batch::JobDefinition", "ecs-tasks.amazonaws.com", []string{"ContainerProperties.JobRoleArn", "EcsProperties"}, true},
	{"AWS::CodeBuild::Project", "codebuild.amazonaws.com", []string{"ServiceRole"}, false},
	{"AWS::CodePipeline::Pipeline", "codepipeline.amazonaws.com", []string{"RoleArn", "Stages"}, false},
	{"AWS::DAX::Cluster", "dax.amazonaws.com", []string{"IAMRoleARN"}, false},
	{"AWS::EC2::FlowLog", "vpc-flow-logs.amazonaws.com", []string{"DeliverLogsPermissionArn"}, true},
	{"AWS::EC2::Instance", "ec2.amazonaws.com", []string{"IamInstanceProfile"}, true},
	{"AWS::EC2::LaunchTemplate", "ec2.amazonaws.com", []string{"LaunchTemplateData.IamInstanceProfile"}, true},
	{"AWS::ECS::Service", "ecs-tasks.amazonaws.com", []string{"TaskDefinition"}, true},
	{"AWS::ECS::TaskDefinition", "ecs-tasks.amazonaws.com", []string{"TaskRoleArn", "ExecutionRoleArn"}, true},
	{"AWS::EKS::PodIdentityAssociation", "pods.eks.amazonaws.com", []string{"RoleArn"}, true},
	{"AWS::EMRServerless::Application", "emr-serverless.amazonaws.com", []string{"RuntimeConfiguration"}, false},
	{"AWS::Glue::Crawler", "glue.amazonaws.com", []string{"Role"}, false},
	{"AWS::Glue::DevEndpoint", "glue.amazonaws.com", []string{"RoleArn"}, false},
	{"AWS::Glue::Job", "glue.amazonaws.com", []string{"Role"}, true},
	{"AWS::IAM::InstanceProfile", "ec2.amazonaws.com", []string{"Roles"}, true},
	{"AWS::RolesAnywhere::Profile", "rolesanywhere.amazonaws.com", []string{"RoleArns"}, false},
	{"AWS::SageMaker::Model", "sagemaker.amazonaws.com", []string{"ExecutionRoleArn"}, false},
	{"AWS::SageMaker::NotebookInstance", "sagemaker.amazonaws.com", []string{"RoleArn"}, false},
}

var computeTypes = func() []Type {
	var all []Type
	for _, r := range runners {
		judged := "its role is no guarded one"
		if r.isWorkload {
			judged = "its role is a grantee's, or no guarded one"
		}
		all = append(all, Type{Name: r.kind, Opens: "what its role may do, to what it runs", Judged: judged, judge: func(s *subject) { s.runsAs(r.service, r.roles...) }})
	}
	return all
}()

// isWorkload says that a type runs what its account gives it.
func isWorkload(kind string) bool {
	for _, r := range runners {
		if r.kind == kind {
			return r.isWorkload
		}
	}
	return true // a function, a state machine, a pipe: what it does is in its own properties
}

// runsAs judges as which guarded roles a resource has a service run something: a grantee's is for its workloads, a trusted one for grantees only, and
// that of a connection for the connection.
func (s *subject) runsAs(service string, properties ...string) {
	for _, m := range s.at(properties...) {
		role := m.Guarded
		isGrantee := m.Kind == inventory.GranteeRole
		if !isGrantee && m.Kind != inventory.TrustedRole || isGrantee && isWorkload(s.Type) {
			continue
		}
		switch works := s.mayAssume(service, role.ARN); {
		case works == policy.No:
		case works == policy.Yes && !isGrantee:
			s.opens(role, "run it as another role", "it runs as %s, which only grantees may use", name(role))
		case works == policy.Yes:
			s.mayOpen(role, "run it as another role, unless only the grantee uses it", "it runs as %s, and who uses it is not known", name(role))
		default:
			s.mayOpen(role, "run it as another role", "it may run as %s, if the role's trust policy lets %s assume it", name(role), service)
		}
	}
}

// mayAssume says whether a service may assume a role.
func (s *subject) mayAssume(service, role string) policy.Answer {
	return simulate.Walk(s.Model, model.Access{Caller: service, Assumes: &model.Assume{Role: role}})[0].Passes
}
