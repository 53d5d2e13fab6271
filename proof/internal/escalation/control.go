package escalation

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// How an actor has what runs as a role do something else: it changes the code, starts it with other commands, or opens a shell.

// controls are the actions that do so, by the type of what runs. Of those that may, AWS may ask for more, as for iam:PassRole.
type controls struct{ surely, perhaps []string }

// control are the types for which these are known. Of other types, whatever changes or starts one may do so.
var control = map[string]controls{
	"AWS::Lambda::Function": {surely: []string{"lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"}},
	"AWS::EC2::Instance":    {surely: shells},
	// What is launched from these has their instance profile.
	"AWS::EC2::LaunchTemplate":              {perhaps: append([]string{"ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"}, shells...)},
	"AWS::AutoScaling::LaunchConfiguration": {perhaps: shells},
	"AWS::ECS::Service":                     {surely: []string{"ecs:UpdateService"}},
	"AWS::ECS::TaskDefinition":              {perhaps: []string{"ecs:RunTask", "ecs:StartTask"}},
	// https://docs.aws.amazon.com/codebuild/latest/APIReference/API_StartBuild.html: buildspecOverride
	"AWS::CodeBuild::Project": {surely: []string{"codebuild:StartBuild", "codebuild:StartBuildBatch", "codebuild:UpdateProject", "codebuild:StartSandbox"}},
	// https://docs.aws.amazon.com/glue/latest/dg/aws-glue-programming-etl-glue-arguments.html: --extra-py-files
	"AWS::Glue::Job":                       {surely: []string{"glue:UpdateJob", "glue:StartJobRun"}},
	"AWS::Glue::DevEndpoint":               {surely: []string{"glue:UpdateDevEndpoint"}},
	"AWS::StepFunctions::StateMachine":     {surely: []string{"states:UpdateStateMachine"}},
	"AWS::AppRunner::Service":              {surely: []string{"apprunner:UpdateService"}},
	"AWS::Batch::JobDefinition":            {surely: []string{"batch:SubmitJob"}}, // with other commands
	"AWS::DataPipeline::Pipeline":          {surely: []string{"datapipeline:PutPipelineDefinition"}},
	"AWS::EMR::Cluster":                    {surely: []string{"elasticmapreduce:AddJobFlowSteps", "elasticmapreduce:GetClusterSessionCredentials"}},
	"AWS::SageMaker::NotebookInstance":     {surely: []string{"sagemaker:CreatePresignedNotebookInstanceUrl"}, perhaps: []string{"sagemaker:UpdateNotebookInstance"}},
	"AWS::Events::Rule":                    {perhaps: []string{"events:PutTargets"}},
	"AWS::Scheduler::Schedule":             {perhaps: []string{"scheduler:UpdateSchedule"}},
	"AWS::Pipes::Pipe":                     {perhaps: []string{"pipes:UpdatePipe"}},
	"AWS::S3::Bucket":                      {perhaps: []string{"s3:PutReplicationConfiguration"}},
	"AWS::KinesisFirehose::DeliveryStream": {perhaps: []string{"firehose:UpdateDestination"}},
	"AWS::Logs::SubscriptionFilter":        {perhaps: []string{"logs:PutSubscriptionFilter"}},
}

// shells are the actions on an instance that run commands there, or start other code.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/replace-root.html
var shells = []string{"ssm:SendCommand", "ssm:StartSession", "ssm:CreateAssociation", "ssm:CreateAssociationBatch", "ssm:UpdateAssociation",
	"ec2-instance-connect:SendSSHPublicKey", "ec2-instance-connect:SendSerialConsoleSSHPublicKey", "ec2:ModifyInstanceAttribute", "ec2:CreateReplaceRootVolumeTask"}

// commands are further trials that run commands on whatever instance: tasks of maintenance windows and associations name the instances, and a policy
// for these actions does not.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_RegisterTaskWithMaintenanceWindow.html
func commands(instance *assembly.Resource, partition string) []trial {
	on := func(kind string) []target {
		front := arn.ARN{Partition: partition, Service: "ssm", Region: instance.Stack.Region, Account: instance.Stack.Account, Resource: kind + "/"}.String()
		return []target{{arn: front + model.AnyName, open: front}}
	}
	write := func(action, kind string) trial {
		return trial{action: action, level: authorization.Write, on: on(kind)}
	}
	return []trial{write("ssm:RegisterTaskWithMaintenanceWindow", "maintenancewindow"), write("ssm:UpdateMaintenanceWindowTask", "windowtask"),
		write("ssm:UpdateMaintenanceWindowTask", "maintenancewindow"), write("ssm:CreateAssociation", "association"), write("ssm:UpdateAssociation", "association")}
}

// steers adds a role if an actor may have something that runs as it do something else.
func (s *search) steers(a *actor, role *accounts.Principal, all *[]*actor) {
	try := func(action, resource, says string) bool {
		access, passes := s.may(a, action, resource, nil)
		if passes == policy.No {
			return false
		}
		if says != "" {
			passes = policy.Indeterminate
		}
		next := s.next(a, role, access, passes)
		next.says = says
		*all = append(*all, next)
		return passes == policy.Yes
	}
	for _, r := range s.runningAs(role) {
		if s.inventory.Of(r) != nil {
			continue // what changes something guarded is a way by itself
		}
		for _, action := range control[r.Type].surely {
			if try(action, s.asTarget(r, action), "") {
				return
			}
		}
		switch r.Type {
		case "AWS::ECS::Service":
			if try("ecs:ExecuteCommand", taskOf(r), "") {
				return
			}
		case "AWS::EC2::Instance":
			for _, t := range commands(r, s.partition) {
				for _, resource := range t.on[0].examples(a) {
					if try(t.action, resource, "") {
						return
					}
				}
			}
		}
		for _, action := range mayControl(r.Type) {
			try(action, s.asTarget(r, action), "unknown: whether "+action+" has "+r.Stack.Label+"."+r.LogicalID+" do something else as "+role.Name)
		}
	}
}

// changing are the beginnings of the names of actions that may have something run, or run something else.
var changing = []string{"Add", "Associate", "Attach", "Create", "Deploy", "Execute", "Import", "Invoke", "Modify", "Put", "Register", "Replace", "Run", "Send", "Set",
	"Start", "Submit", "Update"}

// mayControl are the actions that may control what is of a type: of a type that nobody listed those of its service that change or start it, or, if the
// Service Authorization Reference calls the type otherwise, anything.
func mayControl(kind string) []string {
	known, ok := control[kind]
	if ok {
		return known.perhaps
	}
	parts := strings.Split(kind, "::")
	if len(parts) != 3 || parts[0] != "AWS" || slices.Contains([]string{"CloudFormation", "EC2", "IAM", "Lambda"}, parts[1]) {
		return nil
	}
	var on, all []string
	for _, action := range authorization.Of(serviceOfType(kind)) {
		_, name, _ := strings.Cut(action.Name, ":")
		if action.Level != authorization.Write || !slices.ContainsFunc(changing, func(verb string) bool { return strings.HasPrefix(name, verb) }) {
			continue
		}
		all = append(all, action.Name)
		if slices.ContainsFunc(action.Resources, func(one string) bool { return isCalled(one, parts[2]) }) {
			on = append(on, action.Name)
		}
	}
	if len(on) > 0 {
		return on
	}
	return all
}

// asTarget is the ARN by which policies name something that an action is on. In it is unknown what AWS generates.
func (s *search) asTarget(r *assembly.Resource, action string) string {
	service, _, _ := strings.Cut(action, ":")
	unknown := policy.Unresolved(r.Stack.Label + "." + r.LogicalID)
	of := func(service, resource string) string {
		return arn.ARN{Partition: s.partition, Service: service, Region: r.Stack.Region, Account: s.account, Resource: resource}.String()
	}
	own, ok := arn.Parse(r.ARN)
	switch {
	case slices.Contains(shells, action) && r.Type != "AWS::EC2::Instance":
		return of("ec2", "instance/"+unknown)
	case ok && (own.Service == service || r.Type == "AWS::EC2::Instance"):
		return r.ARN
	}
	name := unknown
	last := r.Type[strings.LastIndexByte(r.Type, ':')+1:]
	for _, property := range []string{"Name", last + "Name"} {
		if text, _ := r.Properties[property].(string); text != "" {
			name = text
		}
	}
	known, _ := authorization.Lookup(action)
	for _, kind := range authorization.Types(service) {
		if slices.Contains(known.Resources, kind.Name) && isCalled(kind.Name, last) {
			resource := strings.SplitN(kind.Formats[0], ":", 4)[3]
			return of(service, strings.ReplaceAll(strings.Replace(resource, "*", name, 1), "*", unknown))
		}
	}
	return of(service, unknown)
}

// isCalled says that the Service Authorization Reference calls a resource type as CloudFormation does, such as "notebook-instance" a NotebookInstance.
func isCalled(kind, last string) bool {
	return strings.EqualFold(strings.ReplaceAll(kind, "-", ""), last)
}

// runningAs are the resources of the account that run as a role, or that a service uses it for: those that name it, or a profile with it, as their role.
func (s *search) runningAs(role *accounts.Principal) []*assembly.Resource {
	if all, ok := s.running[role.ARN]; ok {
		return all
	}
	var all []*assembly.Resource
	add := func(r *assembly.Resource) {
		if r.Stack.Account == s.account && !strings.HasPrefix(r.Type, "AWS::IAM::") && !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	for _, w := range s.model.Workloads(role.ARN) {
		add(w.Resource)
	}
	for _, r := range s.inventory.Mentioning(role.Resource) {
		if r.Type == "AWS::IAM::InstanceProfile" {
			for _, user := range s.inventory.Mentioning(r) {
				if runsAs(user.Properties, "", r) {
					add(user)
				}
			}
		} else if runsAs(r.Properties, "", role.Resource) {
			add(r)
		}
	}
	s.running[role.ARN] = all
	return all
}

// runsAs says that a value names a role or an instance profile at a key that is for one.
func runsAs(value any, key string, role *assembly.Resource) bool {
	switch v := value.(type) {
	case string:
		key = strings.ToLower(key)
		return (v == role.ARN || v == role.Ref || v == role.Name) && (strings.Contains(key, "role") || strings.Contains(key, "profile"))
	case []any:
		return slices.ContainsFunc(v, func(one any) bool { return runsAs(one, key, role) })
	case map[string]any:
		for within, one := range v {
			if strings.Contains(strings.ToLower(key), "profile") { // the Arn or Name of one
				within = key
			}
			if runsAs(one, within, role) {
				return true
			}
		}
	}
	return false
}
