package escalation

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Which services run what someone wants as a role that is passed to them.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html

// starts are the actions by which a service, named as trust policies do, surely uses a role that is passed to it as someone wants. Of other services
// any action that writes may do so.
var starts = map[string][]string{
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-grants-location-register.html
	"access-grants.s3.amazonaws.com":   {"s3:CreateAccessGrantsLocation", "s3:UpdateAccessGrantsLocation"},
	"batchoperations.s3.amazonaws.com": {"s3:CreateJob"},
	// https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/runtime-permissions.html
	"bedrock-agentcore.amazonaws.com": {"bedrock-agentcore:CreateAgentRuntime", "bedrock-agentcore:UpdateAgentRuntime", "bedrock-agentcore:CreateBrowser",
		"bedrock-agentcore:CreateCodeInterpreter"},
	"cloudformation.amazonaws.com": {"cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:CreateChangeSet", "cloudformation:CreateStackSet",
		"cloudformation:UpdateStackSet", "cloudformation:DeleteStack"},
	"codebuild.amazonaws.com": {"codebuild:CreateProject", "codebuild:UpdateProject", "codebuild:StartBuild", "codebuild:StartBuildBatch"},
	// Whatever launches instances: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html
	"ec2.amazonaws.com": {"ec2:RunInstances", "ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation", "ec2:RequestSpotInstances",
		"ec2:RequestSpotFleet", "ec2:CreateFleet", "ec2:RunScheduledInstances", "autoscaling:CreateAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup",
		"autoscaling:CreateLaunchConfiguration", "batch:CreateComputeEnvironment", "elasticbeanstalk:CreateEnvironment", "elasticbeanstalk:UpdateEnvironment",
		"elasticmapreduce:RunJobFlow", "imagebuilder:CreateInfrastructureConfiguration"},
	"ecs-tasks.amazonaws.com": {"ecs:RunTask", "ecs:StartTask", "ecs:RegisterTaskDefinition", "ecs:CreateService", "ecs:UpdateService", "ecs:CreateTaskSet",
		"ecs:CreateExpressGatewayService", "ecs:UpdateExpressGatewayService", "batch:RegisterJobDefinition"},
	"elasticmapreduce.amazonaws.com": {"elasticmapreduce:RunJobFlow"},
	// https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/security-iam-runtime-role.html
	"emr-serverless.amazonaws.com": {"emr-serverless:StartJobRun", "emr-serverless:StartSession"},
	"glue.amazonaws.com": {"glue:CreateJob", "glue:UpdateJob", "glue:CreateDevEndpoint", "glue:CreateSession", "glue:CreateCrawler", "glue:CreateMLTransform",
		"glue:StartDataQualityRulesetEvaluationRun"},
	"lambda.amazonaws.com": {"lambda:CreateFunction", "lambda:UpdateFunctionConfiguration", "lambda:CreateMicrovmImage", "lambda:RunMicrovm"},
	"s3.amazonaws.com":     {"s3:PutReplicationConfiguration"},
	"ssm.amazonaws.com":    {"ssm:StartAutomationExecution", "ssm:RegisterTaskWithMaintenanceWindow", "ssm:CreateAssociation", "ssm:UpdateAssociation"},
	"states.amazonaws.com": {"states:CreateStateMachine", "states:UpdateStateMachine", "states:TestState"},
	// https://docs.aws.amazon.com/apprunner/latest/dg/security_iam_service-with-iam.html
	"tasks.apprunner.amazonaws.com": {"apprunner:CreateService", "apprunner:UpdateService"},
}

// pass adds a role that an actor may pass to a service that may assume it, if the actor may have that service do something.
func (s *search) pass(a *actor, role *accounts.Principal, all *[]*actor) bool {
	access, passes := s.may(a, "iam:PassRole", role.ARN, nil)
	if passes == policy.No {
		return false
	}
	best := policy.No
	for _, statement := range allowsOf(role.Trust) {
		for _, service := range statement.Principals["Service"] {
			if now := s.starts(a, service); better(now, best) {
				best = now
			}
		}
	}
	if best != policy.No {
		next := s.next(a, role, access, worse(best, passes))
		if best != policy.Yes {
			next.says = "unknown: whether a service that " + role.Name + " trusts uses it as someone else wants"
		}
		*all = append(*all, next)
	}
	return worse(best, passes) == policy.Yes
}

// starts says whether an actor may have a service use a role as it wants.
func (s *search) starts(a *actor, service string) policy.Answer {
	actions, known := starts[global(service)]
	if !known {
		return s.writes(a, servicesNamed(service))
	}
	best := policy.No
	for _, action := range actions {
		for _, statement := range a.statements {
			if !mayCover(statement, action) {
				continue
			}
			if len(statement.Conditions) == 0 {
				return policy.Yes
			}
			best = policy.Indeterminate
		}
	}
	return best
}

// startsAny says that an actor may have some service run something as a role.
func (s *search) startsAny(a *actor) bool {
	for service := range starts {
		if s.starts(a, service) != policy.No {
			return true
		}
	}
	return s.writes(a, takers) != policy.No
}

// takers are further services that take roles.
var takers = []string{"airflow", "amplify", "appflow", "appstream", "appsync", "backup", "bedrock", "braket", "codedeploy", "codepipeline", "comprehend", "databrew",
	"datapipeline", "datasync", "dlm", "dms", "eks", "emr-containers", "events", "firehose", "fis", "forecast", "gamelift", "greengrass", "iot", "kinesisanalytics",
	"lakeformation", "lex", "machinelearning", "mediaconvert", "omics", "opsworks", "personalize", "pipes", "rds", "redshift", "sagemaker", "scheduler",
	"servicecatalog", "synthetics", "transfer"}

// global is the name of a service without a region, in the partition "aws".
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-services
func global(service string) string {
	name, ok := strings.CutSuffix(strings.TrimSuffix(service, ".cn"), ".amazonaws.com")
	if !ok {
		return service
	}
	if i := strings.LastIndexByte(name, '.'); i >= 0 && strings.Count(name[i:], "-") > 1 {
		name = name[:i]
	}
	return name + ".amazonaws.com"
}

// servicesNamed are the services that may be the one of a service principal: those of its labels, or of how one begins, such as "s3" of
// "access-grants.s3.amazonaws.com". None if it is none that is known.
func servicesNamed(principal string) []string {
	var all []string
	for label := range strings.SplitSeq(strings.TrimSuffix(global(principal), ".amazonaws.com"), ".") {
		for _, service := range authorization.Services() {
			if label == service || strings.HasPrefix(label, service+"-") || strings.ReplaceAll(label, "-", "") == strings.ReplaceAll(service, "-", "") {
				all = append(all, service)
			}
		}
	}
	return all
}

// writes says that an actor may have one of some services, or else of all, do something. Whether that is to use a role is not known.
func (s *search) writes(a *actor, services []string) policy.Answer {
	for _, statement := range a.statements {
		if statement.NotAction {
			for _, service := range services {
				if writesBy(statement, service) {
					return policy.Indeterminate
				}
			}
			if len(services) == 0 {
				return policy.Indeterminate
			}
			continue
		}
		asked := map[string]bool{} // a managed policy of AWS names dozens of actions of a service
		for _, action := range statement.Actions {
			service, _, _ := strings.Cut(strings.ToLower(action), ":")
			if asked[service] {
				continue
			}
			asked[service] = true
			if len(services) == 0 && service != "iam" && service != "sts" || slices.ContainsFunc(services, func(one string) bool { return one == service || strings.ContainsAny(service, "*?") }) {
				if !authorization.HasService(service) || writesBy(statement, service) {
					return policy.Indeterminate
				}
			}
		}
	}
	return policy.No
}

// writesBy says that a statement is for an action of a service that writes.
func writesBy(one statement, service string) bool {
	return slices.ContainsFunc(authorization.Of(service), func(action authorization.Action) bool {
		return (action.Level == authorization.Write || action.Level == authorization.PermissionsManagement) && mayCover(one, action.Name)
	})
}

// mayCover says that a statement is for an action, on whatever resource.
func mayCover(s statement, action string) bool {
	for _, resource := range append([]string{"*"}, s.Resources...) {
		if strings.HasPrefix(resource, "arn:") {
			resource = model.Example(resource)
		} else {
			resource = "*"
		}
		if s.covers(action, resource) != policy.No {
			return true
		}
	}
	return false
}
