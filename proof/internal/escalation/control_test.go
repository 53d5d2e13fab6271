package escalation

import (
	"slices"
	"strings"
	"testing"
)

// What runs as a role with the data, and is changed or started by someone else.
func TestTakeovers(t *testing.T) {
	read := may(`"s3:GetObject"`, "arn:aws:s3:::lake/*")
	two := role("two", `{Service: codebuild.amazonaws.com}`, adopt, read)
	const profile = "  Profile: {Type: AWS::IAM::InstanceProfile, Properties: {InstanceProfileName: p, Roles: [!Ref Two]}}\n"
	const project = "  Build: {Type: AWS::CodeBuild::Project, Properties: {Name: build, ServiceRole: !GetAtt Two.Arn}}\n"
	const to = " -> role two: s3:GetObject on arn:aws:s3:::lake/"
	for name, c := range map[string]struct {
		actions, on, more string
		want              string // without who; "" for nothing
	}{
		"a build with other commands":       {`"codebuild:StartBuild"`, "*", project, "broken: codebuild:StartBuild on arn:aws:codebuild:eu-west-1:222222222222:project/build"},
		"a batch of builds":                 {`"codebuild:StartBuildBatch"`, "arn:aws:codebuild:*:*:project/build", project, "broken: codebuild:StartBuildBatch on arn:aws:codebuild:eu-west-1:222222222222:project/build"},
		"another project":                   {`"codebuild:UpdateProject"`, "*", project, "broken: codebuild:UpdateProject on arn:aws:codebuild:eu-west-1:222222222222:project/build"},
		"a project with a generated name":   {`"codebuild:StartBuild"`, "*", "  Build: {Type: AWS::CodeBuild::Project, Properties: {ServiceRole: !Ref Two}}\n", "broken: codebuild:StartBuild on arn:aws:codebuild:eu-west-1:222222222222:project/"},
		"other projects":                    {`"codebuild:*"`, "arn:aws:codebuild:*:*:project/other", project, ""},
		"a project as it is":                {`["codebuild:BatchGetProjects", "codebuild:StopBuild", "codebuild:ListBuilds"]`, "*", project, ""},
		"a project of another role":         {`"codebuild:StartBuild"`, "*", "  Build: {Type: AWS::CodeBuild::Project, Properties: {Name: build, ServiceRole: !GetAtt One.Arn}}\n", ""},
		"a project that is told of it":      {`"codebuild:StartBuild"`, "*", "  Build: {Type: AWS::CodeBuild::Project, Properties: {Name: build, ServiceRole: !GetAtt One.Arn, Environment: {EnvironmentVariables: [{Name: R, Value: !GetAtt Two.Arn}]}}}\n", ""},
		"a job":                             {`"glue:UpdateJob"`, "*", "  Job: {Type: AWS::Glue::Job, Properties: {Name: job, Role: !Ref Two}}\n", "broken: glue:UpdateJob on arn:aws:glue:eu-west-1:222222222222:job/job"},
		"a job with other arguments":        {`"glue:StartJobRun"`, "*", "  Job: {Type: AWS::Glue::Job, Properties: {Name: job, Role: !Ref Two}}\n", "broken: glue:StartJobRun on arn:aws:glue:eu-west-1:222222222222:job/job"},
		"a state machine":                   {`"states:UpdateStateMachine"`, "*", "  Machine: {Type: AWS::StepFunctions::StateMachine, Properties: {StateMachineName: m, RoleArn: !GetAtt Two.Arn}}\n", "broken: states:UpdateStateMachine on arn:aws:states:eu-west-1:222222222222:stateMachine:m"},
		"a container":                       {`"apprunner:UpdateService"`, "*", "  App: {Type: AWS::AppRunner::Service, Properties: {ServiceName: app, InstanceConfiguration: {InstanceRoleArn: !GetAtt Two.Arn}}}\n", "broken: apprunner:UpdateService on arn:aws:apprunner:eu-west-1:222222222222:service/app/"},
		"a batch job":                       {`"batch:SubmitJob"`, "*", "  Job: {Type: AWS::Batch::JobDefinition, Properties: {JobDefinitionName: job, ContainerProperties: {JobRoleArn: !GetAtt Two.Arn}}}\n", "broken: batch:SubmitJob on arn:aws:batch:eu-west-1:222222222222:job-definition/job"},
		"a step of a cluster":               {`"elasticmapreduce:AddJobFlowSteps"`, "*", profile + "  Cluster: {Type: AWS::EMR::Cluster, Properties: {Name: c, JobFlowRole: !Ref Profile}}\n", "broken: elasticmapreduce:AddJobFlowSteps on arn:aws:elasticmapreduce:eu-west-1:222222222222:cluster/c"},
		"a notebook":                        {`"sagemaker:CreatePresignedNotebookInstanceUrl"`, "*", "  Book: {Type: AWS::SageMaker::NotebookInstance, Properties: {NotebookInstanceName: n, RoleArn: !GetAtt Two.Arn}}\n", "broken: sagemaker:CreatePresignedNotebookInstanceUrl on arn:aws:sagemaker:eu-west-1:222222222222:notebook-instance/n"},
		"a user of a domain":                {`"sagemaker:CreatePresignedDomainUrl"`, "*", "  User: {Type: AWS::SageMaker::UserProfile, Properties: {UserSettings: {ExecutionRole: !GetAtt Two.Arn}}}\n", "undecided: sagemaker:CreatePresignedDomainUrl on arn:aws:sagemaker:eu-west-1:222222222222:user-profile/"},
		"what is no user of a domain":       {`"sagemaker:CreateEndpoint"`, "*", "  User: {Type: AWS::SageMaker::UserProfile, Properties: {UserSettings: {ExecutionRole: !GetAtt Two.Arn}}}\n", ""},
		"a task that is started":            {`"ecs:RunTask"`, "*", "  Task: {Type: AWS::ECS::TaskDefinition, Properties: {Family: task, TaskRoleArn: !GetAtt Two.Arn}}\n", "undecided: ecs:RunTask on arn:aws:ecs:eu-west-1:222222222222:task-definition/task"},
		"a pipe":                            {`"pipes:UpdatePipe"`, "*", "  Pipe: {Type: AWS::Pipes::Pipe, Properties: {Name: pipe, RoleArn: !GetAtt Two.Arn}}\n", "undecided: pipes:UpdatePipe on arn:aws:pipes:eu-west-1:222222222222:pipe/pipe"},
		"a type that nobody listed":         {`"datasync:UpdateLocationS3"`, "*", "  Location: {Type: AWS::DataSync::LocationS3, Properties: {S3Config: {BucketAccessRoleArn: !GetAtt Two.Arn}}}\n", "undecided: datasync:UpdateLocationS3 on arn:aws:datasync:eu-west-1:222222222222:"},
		"its deletion":                      {`["datasync:DeleteLocation", "datasync:ListLocations"]`, "*", "  Location: {Type: AWS::DataSync::LocationS3, Properties: {S3Config: {BucketAccessRoleArn: !GetAtt Two.Arn}}}\n", ""},
		"a command on an instance":          {`"ssm:CreateAssociationBatch"`, "*", profile + "  Box: {Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: !Ref Profile, SubnetId: subnet-1}}\n", "broken: ssm:CreateAssociationBatch on arn:aws:ec2:eu-west-1:222222222222:instance/"},
		"a task of a window":                {`"ssm:RegisterTaskWithMaintenanceWindow"`, "*", profile + "  Box: {Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: !Ref Profile, SubnetId: subnet-1}}\n", "broken: ssm:RegisterTaskWithMaintenanceWindow on arn:aws:ssm:eu-west-1:222222222222:maintenancewindow/"},
		"a shell where a template launches": {`"ssm:StartSession"`, "*", profile + "  Template: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateName: t, LaunchTemplateData: {IamInstanceProfile: {Arn: !GetAtt Profile.Arn}}}}\n", "undecided: ssm:StartSession on arn:aws:ec2:eu-west-1:222222222222:instance/"},
		"instances that are stopped":        {`["ec2:StopInstances", "ec2:DescribeInstances"]`, "*", profile + "  Template: {Type: AWS::EC2::LaunchTemplate, Properties: {LaunchTemplateName: t, LaunchTemplateData: {IamInstanceProfile: {Name: !Ref Profile}}}}\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			if c.want != "" {
				verdict, what, _ := strings.Cut(c.want, ": ")
				want = []string{verdict + ": 333333333333 -> role one: " + what}
			}
			got := found(t, load(t, "", by(may(c.actions, c.on))+two+c.more))
			for i := range got {
				if len(want) == 1 && !strings.Contains(got[i], to) {
					t.Errorf("found %q, expected it to end with %q", got[i], to)
				}
			}
			if !slices.EqualFunc(got, want, strings.HasPrefix) {
				t.Errorf("found %q, expected %q", got, want)
			}
		})
	}
}

// A maintenance window, or an association, runs commands on the instance of the grantee.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/maintenance-windows.html
func TestCommandsOnInstances(t *testing.T) {
	const way = "broken: 333333333333 -> role one: "
	for name, c := range map[string]struct {
		own  string
		want []string
	}{
		"a window of its own":      {may(`["ssm:CreateMaintenanceWindow", "ssm:RegisterTargetWithMaintenanceWindow", "ssm:RegisterTaskWithMaintenanceWindow"]`, "*"), []string{way + "ssm:RegisterTaskWithMaintenanceWindow on arn:aws:ssm:eu-west-1:111111111111:maintenancewindow/"}},
		"one window":               {may(`"ssm:RegisterTaskWithMaintenanceWindow"`, "arn:aws:ssm:*:*:maintenancewindow/mw-1"), []string{way + "ssm:RegisterTaskWithMaintenanceWindow on arn:aws:ssm:eu-west-1:111111111111:maintenancewindow/mw-1"}},
		"a task that there is":     {may(`"ssm:UpdateMaintenanceWindowTask"`, "*"), []string{way + "ssm:UpdateMaintenanceWindowTask on arn:aws:ssm:eu-west-1:111111111111:windowtask/"}},
		"an association":           {may(`"ssm:UpdateAssociation"`, "arn:aws:ssm:*:*:association/*"), []string{way + "ssm:UpdateAssociation on arn:aws:ssm:eu-west-1:111111111111:association/"}},
		"associations":             {may(`"ssm:CreateAssociationBatch"`, "*"), []string{way + "ssm:CreateAssociationBatch on arn:aws:ec2:eu-west-1:111111111111:instance/"}},
		"another disk":             {may(`"ec2:CreateReplaceRootVolumeTask"`, "*"), []string{way + "ec2:CreateReplaceRootVolumeTask on arn:aws:ec2:eu-west-1:111111111111:instance/"}},
		"windows without a task":   {may(`["ssm:CreateMaintenanceWindow", "ssm:DescribeMaintenanceWindows", "ssm:DeregisterTaskFromMaintenanceWindow"]`, "*"), nil},
		"windows of another place": {may(`"ssm:RegisterTaskWithMaintenanceWindow"`, "arn:aws:ssm:us-east-1:111111111111:maintenancewindow/*"), nil},
	} {
		t.Run(name, func(t *testing.T) { expect(t, by(c.own), "", c.want) })
	}
}
