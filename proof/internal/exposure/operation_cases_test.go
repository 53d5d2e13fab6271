package exposure

import "strings"

var operationCases = map[string][]change{
	"AWS::Backup::BackupSelection": {
		{"copies to another account", "", backupOf(`CopyActions: [{DestinationBackupVaultArn: "arn:aws:backup:eu-west-1:333333333333:backup-vault:v"}]`, ""), broken, "CopyActions sends copies of table shop"},
		{"a vault for another account", "", backupOf(`TargetBackupVault: !Ref Vault`, `AccessPolicy: `+allow(`{AWS: "333333333333"}`)), broken, "AccessPolicy of Vault allows 333333333333"},
		{"copies of all tables to another account", "", strings.Replace(backupOf(`CopyActions: [{DestinationBackupVaultArn: "arn:aws:backup:eu-west-1:333333333333:backup-vault:v"}]`, ""), "!GetAtt Shop.Arn", `"arn:aws:dynamodb:*:*:table/*"`, 1), broken,
			"CopyActions sends copies of table shop"},
		{"copies of all buckets of another name to another account", "", strings.Replace(backupOf(`CopyActions: [{DestinationBackupVaultArn: "arn:aws:backup:eu-west-1:333333333333:backup-vault:v"}]`, ""), "!GetAtt Shop.Arn", `"arn:aws:s3:::other*"`, 1), fine, ""},
		{"copies by tag to another account", "", tableWith(`Tags: [{Key: backup, Value: "yes"}]`) + "\n" + strings.Replace(backupOf(`CopyActions: [{DestinationBackupVaultArn: "arn:aws:backup:eu-west-1:333333333333:backup-vault:v"}]`, ""), "Resources: [!GetAtt Shop.Arn]",
			`ListOfTags: [{ConditionKey: backup, ConditionValue: "yes"}]`, 1), broken, "CopyActions sends copies of table shop"},
		{"copies by another tag", "", tableWith(`Tags: [{Key: backup, Value: "no"}]`) + "\n" + strings.Replace(backupOf(`CopyActions: [{DestinationBackupVaultArn: "arn:aws:backup:eu-west-1:333333333333:backup-vault:v"}]`, ""), "Resources: [!GetAtt Shop.Arn]",
			`ListOfTags: [{ConditionKey: backup, ConditionValue: "yes"}]`, 1), fine, ""},
		{"a plan of nobody knows whom", "", `Selection: {Type: AWS::Backup::BackupSelection, Properties: {BackupPlanId: p-1, BackupSelection: {Resources: [!GetAtt Shop.Arn]}}}`, undecided, "a plan that no template has"},
		{"within its account", "", backupOf(`TargetBackupVault: !Ref Vault`, ""), fine, ""},
	},
	"AWS::CloudFront::Distribution": {
		{"with a policy for it", "", distributionOf("") + cloudFront(`, Condition: {StringEquals: {"aws:SourceArn": !Sub "arn:aws:cloudfront::222222222222:distribution/${Distribution}"}}`), broken, "gives everybody who has the link the objects of bucket lake"},
		{"with a policy that is not known", "", distributionOf("") + cloudFront(`, Condition: {StringEquals: {"aws:SourceArn": !GetAtt Clicks.Unknown}}`), undecided, "if the bucket's policy lets CloudFront"},
		{"on purpose", "", distributionOf(`Metadata: {"CrossGrant::Public": true}, `) + cloudFront(""), fine, ""},
		{"without a policy", "", distributionOf(""), fine, ""},
	},
	"AWS::DataSync::LocationS3": {
		{"any", "", `Location: {Type: AWS::DataSync::LocationS3, Properties: {S3BucketArn: !GetAtt Lake.Arn}}`, undecided, "DataSync task may copy bucket lake (data) anywhere"},
	},
	"AWS::LakeFormation::Resource": {
		{"any", "", `Location: {Type: AWS::LakeFormation::Resource, Properties: {ResourceArn: !GetAtt Lake.Arn}}`, undecided, "Lake Formation gives access to bucket lake"},
	},
	"AWS::Logs::SubscriptionFilter": {
		{"to another account", `Filter: {Type: AWS::Logs::SubscriptionFilter, Properties: {LogGroupName: !Ref Logs, DestinationArn: "arn:aws:logs:eu-west-1:333333333333:destination:d"}}`, "", broken, "sends events of loggroup list-logs (log group)"},
		{"to its account", `Filter: {Type: AWS::Logs::SubscriptionFilter, Properties: {LogGroupName: !Ref Logs, DestinationArn: "arn:aws:lambda:eu-west-1:111111111111:function:f"}}`, "", fine, ""},
	},
	"AWS::Logs::AccountPolicy": {
		{"to another account", `Policy: {Type: AWS::Logs::AccountPolicy, Properties: {PolicyType: SUBSCRIPTION_FILTER_POLICY, PolicyDocument: '{"DestinationArn":"arn:aws:logs:eu-west-1:333333333333:destination:d"}'}}`, "", broken,
			"PolicyDocument sends events of loggroup list-logs"},
		{"to nobody knows whom", `Policy: {Type: AWS::Logs::AccountPolicy, Properties: {PolicyType: SUBSCRIPTION_FILTER_POLICY, PolicyDocument: !GetAtt Function.Unknown}}`, "", undecided, "not the JSON of a subscription"},
		{"to its account", `Policy: {Type: AWS::Logs::AccountPolicy, Properties: {PolicyType: SUBSCRIPTION_FILTER_POLICY, PolicyDocument: '{"DestinationArn":"arn:aws:lambda:eu-west-1:111111111111:function:f"}'}}`, "", fine, ""},
		{"to mask data", `Policy: {Type: AWS::Logs::AccountPolicy, Properties: {PolicyType: DATA_PROTECTION_POLICY, PolicyDocument: '{}'}}`, "", fine, ""},
	},
	"AWS::RAM::ResourceShare": {
		{"with another account", "", `Share: {Type: AWS::RAM::ResourceShare, Properties: {ResourceArns: [!GetAtt Shop.Arn], Principals: ["333333333333"]}}`, broken, "it shares table shop (data) with 333333333333"},
		{"with an organization", "", `Share: {Type: AWS::RAM::ResourceShare, Properties: {ResourceArns: [!GetAtt Shop.Arn], Principals: ["arn:aws:organizations::222222222222:organization/o-1"]}}`, broken, "organization/o-1"},
		{"with its account", "", `Share: {Type: AWS::RAM::ResourceShare, Properties: {ResourceArns: [!GetAtt Shop.Arn], Principals: ["222222222222"]}}`, fine, ""},
	},
	"AWS::SSM::Association": {
		{"a document of another account", instance + `Association: {Type: AWS::SSM::Association, Properties: {Name: "arn:aws:ssm:eu-west-1:333333333333:document/d", Targets: [{Key: InstanceIds, Values: [!Ref Instance]}]}}`, "", broken,
			"lets account 333333333333 give instance"},
		{"a document of another account, on every instance", instance + `Association: {Type: AWS::SSM::Association, Properties: {Name: "arn:aws:ssm:eu-west-1:333333333333:document/d", Targets: [{Key: InstanceIds, Values: ["*"]}]}}`, "", broken,
			"lets account 333333333333 give instance"},
		{"a document of another account, on others", instance + `Association: {Type: AWS::SSM::Association, Properties: {Name: "arn:aws:ssm:eu-west-1:333333333333:document/d", Targets: [{Key: InstanceIds, Values: [i-1]}, {Key: "tag:team", Values: [other]}]}}`, "", fine, ""},
		{"a document of AWS, on every instance", instance + `Association: {Type: AWS::SSM::Association, Properties: {Name: AWS-RunPatchBaseline, Targets: [{Key: InstanceIds, Values: ["*"]}]}}`, "", fine, ""},
		{"a document of AWS", instance + `Association: {Type: AWS::SSM::Association, Properties: {Name: AWS-RunPatchBaseline, Targets: [{Key: InstanceIds, Values: [!Ref Instance]}]}}`, "", fine, ""},
	},
	"AWS::SSM::MaintenanceWindowTask": {
		{"a document of another account", instance + `Task: {Type: AWS::SSM::MaintenanceWindowTask, Properties: {TaskType: RUN_COMMAND, TaskArn: "arn:aws:ssm:eu-west-1:333333333333:document/d", Targets: [{Key: InstanceIds, Values: [!Ref Instance]}]}}`, "", broken,
			"lets account 333333333333 give instance"},
		{"a document of another account, by a window's target", instance + `Task: {Type: AWS::SSM::MaintenanceWindowTask, Properties: {TaskType: RUN_COMMAND, TaskArn: "arn:aws:ssm:eu-west-1:333333333333:document/d", Targets: [{Key: WindowTargetIds, Values: [e3]}]}}`, "", broken,
			"lets account 333333333333 give instance"},
		{"a document of AWS", instance + `Task: {Type: AWS::SSM::MaintenanceWindowTask, Properties: {TaskType: RUN_COMMAND, TaskArn: AWS-RunPatchBaseline, Targets: [{Key: WindowTargetIds, Values: [e3]}]}}`, "", fine, ""},
	},
	"AWS::Oam::Link": {
		{"to another account", `Link: {Type: AWS::Oam::Link, Properties: {ResourceTypes: ["AWS::Logs::LogGroup"], SinkIdentifier: "arn:aws:oam:eu-west-1:333333333333:sink/s"}}`, "", broken, "333333333333"},
		{"of metrics alone", `Link: {Type: AWS::Oam::Link, Properties: {ResourceTypes: ["AWS::CloudWatch::Metric"], SinkIdentifier: "arn:aws:oam:eu-west-1:333333333333:sink/s"}}`, "", fine, ""},
		{"to its account", `Link: {Type: AWS::Oam::Link, Properties: {ResourceTypes: ["AWS::Logs::LogGroup"], SinkIdentifier: "arn:aws:oam:eu-west-1:111111111111:sink/s"}}`, "", fine, ""},
	},
	"AWS::Transfer::User": {
		{"a home in the bucket", "", `User: {Type: AWS::Transfer::User, Properties: {UserName: u, HomeDirectory: /lake/in}}`, broken, "gives who has the key of user u the files of bucket lake (data)"},
		{"as the trusted role", "", `User: {Type: AWS::Transfer::User, Properties: {UserName: u, Role: !GetAtt Role.Arn}}`, broken, "what role reports (trusted role) may do"},
		{"that can only see a table's name", "", `User: {Type: AWS::Transfer::User, Properties: {UserName: u, Policy: !Ref Orders}}`, fine, ""},
	},
	"*::MODULE":                     {{"any", "", `Module: {Type: "My::Own::Thing::MODULE", Properties: {A: !Ref Lake}}`, undecided, "it is a module (My::Own::Thing::MODULE) that is told of bucket lake (data) in A"}},
	"AWS::CloudFormation::StackSet": {{"any", "", `Set: {Type: AWS::CloudFormation::StackSet, Properties: {A: !Ref Lake}}`, undecided, "a stack set"}},
	"AWS::CloudFormation::Stack":    {{"without its template", "", `Stack: {Type: AWS::CloudFormation::Stack, Properties: {Parameters: {A: !Ref Lake}}}`, undecided, "a nested stack without its template"}},
	"Custom::*": {
		{"any", "", `Custom: {Type: "Custom::Thing", Properties: {A: !Ref Lake}}`, undecided, "it is a custom resource (Custom::Thing) that is told of bucket lake"},
		{"by its other name", "", `Custom: {Type: AWS::CloudFormation::CustomResource, Properties: {A: !Ref Lake}}`, undecided, "a custom resource"},
		{"one of the CDK", "", `Custom: {Type: "Custom::S3AutoDeleteObjects", Properties: {BucketName: !Ref Lake}}`, fine, ""},
	},
	"Custom::S3BucketNotifications": {
		{"to another account", "", `Custom: {Type: "Custom::S3BucketNotifications", Properties: {BucketName: !Ref Lake, NotificationConfiguration: {QueueConfigurations: [{QueueArn: "arn:aws:sqs:eu-west-1:333333333333:q"}]}}}`, broken, "the names of objects"},
		{"to its account", "", `Custom: {Type: "Custom::S3BucketNotifications", Properties: {BucketName: !Ref Lake, NotificationConfiguration: {TopicConfigurations: [{TopicArn: !Ref News}]}}}`, fine, ""},
	},
	"unknown": {
		{"a type that is not in the table", "", `New: {Type: AWS::New::Thing, Properties: {A: [!GetAtt Lake.Arn]}}`, undecided, "it is a AWS::New::Thing that refers to bucket lake (data) (A[0]), and this proof does not know what that opens"},
		{"a type that is not in the table, and is guarded itself", "", `Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}`, undecided, "it is a AWS::EC2::VPC, and this proof does not know what its properties open"},
		{"a type that encrypts with the key", "", `Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {KMSMasterKeyID: !GetAtt Key.Arn}}]}}}
Key: {Type: AWS::KMS::Key}
New: {Type: AWS::New::Thing, Properties: {KmsKeyId: !Ref Key, SSESpecification: {KMSMasterKeyId: !GetAtt Key.Arn}, EncryptionKeyArn: !GetAtt Key.Arn}}`, fine, ""},
		{"a type that uses the key in another way", "", `Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {KMSMasterKeyID: !GetAtt Key.Arn}}]}}}
Key: {Type: AWS::KMS::Key}
New: {Type: AWS::New::Thing, Properties: {SharedResource: !GetAtt Key.Arn}}`, undecided, "(SharedResource)"},
		{"a type that hears alarms", `Alarms: {Type: AWS::SNS::Topic, Properties: {TopicName: alarms}}
Alarm: {Type: AWS::CloudWatch::Alarm, Metadata: {CrossGrant::MustWork: true}, Properties: {AlarmActions: [!Ref Alarms]}}
Chat: {Type: AWS::Chatbot::SlackChannelConfiguration, Properties: {SnsTopicArns: [!Ref Alarms]}}`, "", fine, ""},
		{"a type that hears what a grant is on", "", `Chat: {Type: AWS::Chatbot::SlackChannelConfiguration, Properties: {SnsTopicArns: [!Ref News]}}`, undecided, "refers to topic news (channel)"},
		{"a type that opens nothing", "", `Dashboard: {Type: AWS::CloudWatch::Dashboard, Properties: {DashboardBody: !Sub '{"a":"${Lake}"}'}}`, fine, ""},
		{"a type whose resource has the same name", "", `New: {Type: AWS::New::Thing, Properties: {ThingName: lake}}`, fine, ""},
	},
}

const instance = `Profile: {Type: AWS::IAM::InstanceProfile, Properties: {Roles: [!Ref Reader]}}
Instance: {Type: AWS::EC2::Instance, Properties: {IamInstanceProfile: !Ref Profile}}
`

func backupOf(rule, vault string) string {
	return `Vault: {Type: AWS::Backup::BackupVault, Properties: {BackupVaultName: v, ` + vault + `}}
Plan: {Type: AWS::Backup::BackupPlan, Properties: {BackupPlan: {BackupPlanRule: [{` + rule + `}]}}}
Selection: {Type: AWS::Backup::BackupSelection, Properties: {BackupPlanId: !Ref Plan, BackupSelection: {Resources: [!GetAtt Shop.Arn]}}}`
}

func distributionOf(metadata string) string {
	return `Distribution: {Type: AWS::CloudFront::Distribution, ` + metadata + `Properties: {DistributionConfig: {Origins: [{DomainName: !GetAtt Lake.RegionalDomainName}]}}}` + "\n"
}

func cloudFront(condition string) string {
	return `Policy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Lake, PolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: cloudfront.amazonaws.com}, Action: "s3:GetObject", Resource: !Sub "${Lake.Arn}/*"` + condition + `}]}}}`
}

var runnerCases = func() map[string][]change {
	all := map[string][]change{}
	for kind, properties := range map[string]string{
		"AWS::AppRunner::Service":               `{InstanceConfiguration: {InstanceRoleArn: !GetAtt Role.Arn}}`,
		"AWS::AutoScaling::AutoScalingGroup":    `{MixedInstancesPolicy: {A: !GetAtt Role.Arn}}`,
		"AWS::AutoScaling::LaunchConfiguration": `{IamInstanceProfile: !GetAtt Role.Arn}`,
		"AWS::Batch::JobDefinition":             `{ContainerProperties: {JobRoleArn: !GetAtt Role.Arn}}`,
		"AWS::CodeBuild::Project":               `{ServiceRole: !GetAtt Role.Arn}`,
		"AWS::CodePipeline::Pipeline":           `{RoleArn: !GetAtt Role.Arn}`,
		"AWS::DAX::Cluster":                     `{IAMRoleARN: !GetAtt Role.Arn}`,
		"AWS::EC2::FlowLog":                     `{DeliverLogsPermissionArn: !GetAtt Role.Arn}`,
		"AWS::EC2::Instance":                    `{IamInstanceProfile: !Ref Role}`,
		"AWS::EC2::LaunchTemplate":              `{LaunchTemplateData: {IamInstanceProfile: {Name: !Ref Role}}}`,
		"AWS::ECS::Service":                     `{TaskDefinition: !GetAtt Role.Arn}`,
		"AWS::ECS::TaskDefinition":              `{TaskRoleArn: !GetAtt Role.Arn}`,
		"AWS::EKS::PodIdentityAssociation":      `{RoleArn: !GetAtt Role.Arn}`,
		"AWS::EMRServerless::Application":       `{RuntimeConfiguration: [{A: !GetAtt Role.Arn}]}`,
		"AWS::Events::Rule":                     `{Targets: [{Arn: "arn:aws:sqs:eu-west-1:222222222222:q", RoleArn: !GetAtt Role.Arn}]}`,
		"AWS::Glue::Crawler":                    `{Role: !Ref Role}`,
		"AWS::Glue::DevEndpoint":                `{RoleArn: !GetAtt Role.Arn}`,
		"AWS::Glue::Job":                        `{Role: !GetAtt Role.Arn}`,
		"AWS::IAM::InstanceProfile":             `{Roles: [!Ref Role]}`,
		"AWS::KinesisFirehose::DeliveryStream":  `{ExtendedS3DestinationConfiguration: {RoleARN: !GetAtt Role.Arn}}`,
		"AWS::Lambda::Function":                 `{Role: !GetAtt Role.Arn}`,
		"AWS::Pipes::Pipe":                      `{RoleArn: !GetAtt Role.Arn}`,
		"AWS::RolesAnywhere::Profile":           `{RoleArns: [!GetAtt Role.Arn]}`,
		"AWS::SageMaker::Model":                 `{ExecutionRoleArn: !GetAtt Role.Arn}`,
		"AWS::SageMaker::NotebookInstance":      `{RoleArn: !GetAtt Role.Arn}`,
		"AWS::Scheduler::Schedule":              `{Target: {RoleArn: !GetAtt Role.Arn}}`,
		"AWS::StepFunctions::StateMachine":      `{RoleArn: !GetAtt Role.Arn}`,
	} {
		all[kind] = asRole(kind, serviceOf[kind], properties)
	}
	all["AWS::CodeBuild::Project"] = append(all["AWS::CodeBuild::Project"],
		change{"as a grantee", `Build: {Type: AWS::CodeBuild::Project, Properties: {ServiceRole: !GetAtt Reader.Arn}}`, "", undecided, "who uses it is not known"})
	all["AWS::ECS::TaskDefinition"] = append(all["AWS::ECS::TaskDefinition"],
		change{"as a grantee", `Task: {Type: AWS::ECS::TaskDefinition, Properties: {TaskRoleArn: !GetAtt Reader.Arn}}`, "", fine, ""})
	all["AWS::EC2::Instance"] = append(all["AWS::EC2::Instance"], change{"as a grantee", instance, "", fine, ""})
	return all
}()

// serviceOf are the services that assume the roles of each type, from the documentation of each service.
var serviceOf = map[string]string{
	"AWS::AppRunner::Service": "tasks.apprunner.amazonaws.com", "AWS::AutoScaling::AutoScalingGroup": "ec2.amazonaws.com", "AWS::AutoScaling::LaunchConfiguration": "ec2.amazonaws.com",
	"AWS::Batch::JobDefinition": "ecs-tasks.amazonaws.com", "AWS::CodeBuild::Project": "codebuild.amazonaws.com", "AWS::CodePipeline::Pipeline": "codepipeline.amazonaws.com",
	"AWS::DAX::Cluster": "dax.amazonaws.com", "AWS::EC2::FlowLog": "vpc-flow-logs.amazonaws.com", "AWS::EC2::Instance": "ec2.amazonaws.com", "AWS::EC2::LaunchTemplate": "ec2.amazonaws.com",
	"AWS::ECS::Service": "ecs-tasks.amazonaws.com", "AWS::ECS::TaskDefinition": "ecs-tasks.amazonaws.com", "AWS::EKS::PodIdentityAssociation": "pods.eks.amazonaws.com",
	"AWS::EMRServerless::Application": "emr-serverless.amazonaws.com", "AWS::Events::Rule": "events.amazonaws.com", "AWS::Glue::Crawler": "glue.amazonaws.com",
	"AWS::Glue::DevEndpoint": "glue.amazonaws.com", "AWS::Glue::Job": "glue.amazonaws.com", "AWS::IAM::InstanceProfile": "ec2.amazonaws.com",
	"AWS::KinesisFirehose::DeliveryStream": "firehose.amazonaws.com", "AWS::Lambda::Function": "lambda.amazonaws.com", "AWS::Pipes::Pipe": "pipes.amazonaws.com",
	"AWS::RolesAnywhere::Profile": "rolesanywhere.amazonaws.com", "AWS::SageMaker::Model": "sagemaker.amazonaws.com", "AWS::SageMaker::NotebookInstance": "sagemaker.amazonaws.com",
	"AWS::Scheduler::Schedule": "scheduler.amazonaws.com", "AWS::StepFunctions::StateMachine": "states.amazonaws.com",
}
