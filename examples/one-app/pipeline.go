package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodebuild"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscodepipeline"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/pipelines"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// pipelineConfig is the context with which the app is deployed by a pipeline, in an account of its own: -c pipelineAccount=333333333333
// -c pipelineRepository=OWNER/NAME -c pipelineConnection=ARN. Without pipelineAccount there is none.
type pipelineConfig struct {
	account, repository, connection, branch string
}

// readPipelineConfig reads the context, and errs about each value that is missing or wrong.
func readPipelineConfig(app awscdk.App) (pipelineConfig, error) {
	var c pipelineConfig
	var errs []error
	for _, one := range []struct {
		key, pattern, example string
		value                 *string
	}{
		{"pipelineAccount", `^\d{12}$`, "333333333333", &c.account},
		{"pipelineRepository", `^[\w.-]+/[\w.-]+$`, "owner/name", &c.repository},
		{"pipelineConnection", `^arn:[\w-]+:(codeconnections|codestar-connections):[\w-]+:\d{12}:connection/[\w-]+$`,
			"arn:aws:codeconnections:ap-northeast-1:333333333333:connection/0a1b2c3d", &c.connection},
		{"pipelineBranch", `^$|^[\w./-]+$`, "main, the default", &c.branch},
	} {
		value, _ := app.Node().TryGetContext(jsii.String(one.key)).(string)
		if *one.value = value; !regexp.MustCompile(one.pattern).MatchString(value) {
			errs = append(errs, fmt.Errorf("%s: found %q, expected one such as %s", one.key, value, one.example))
		}
	}
	if c.branch == "" {
		c.branch = "main"
	}
	return c, errors.Join(errs...)
}

// newPipelineStack makes the pipeline: it proves the app when it synthesizes, shows what a change widens before someone approves it, and deploys both
// accounts, in any order. Both have to be bootstrapped with --trust of its account.
func newPipelineStack(app awscdk.App, c pipelineConfig) {
	stack := awscdk.NewStack(app, jsii.String("Pipeline"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: &c.account, Region: jsii.String(region)},
	})
	source := pipelines.CodePipelineSource_Connection(&c.repository, &c.branch, &pipelines.ConnectionSourceOptions{ConnectionArn: &c.connection})
	languages := awscodebuild.BuildSpec_FromObject(&map[string]any{"phases": map[string]any{"install": map[string]any{
		"runtime-versions": map[string]any{"golang": "1.24", "nodejs": "22"}, // Go downloads the version of go.mod
	}}})
	synth := pipelines.NewCodeBuildStep(jsii.String("Synth"), &pipelines.CodeBuildStepProps{
		Input: source, PartialBuildSpec: languages,
		InstallCommands: jsii.Strings("npm ci"),
		Commands: jsii.Strings(
			"npx cdk synth --quiet -c pipelineAccount="+c.account+" -c pipelineRepository="+c.repository+" -c pipelineConnection="+c.connection+" -c pipelineBranch="+c.branch,
			"go tool crossgrant prove --assembly cdk.out",
		),
	})
	pipeline := pipelines.NewCodePipeline(stack, jsii.String("Pipeline"), &pipelines.CodePipelineProps{
		Synth: synth, PipelineType: awscodepipeline.PipelineType_V2, CrossAccountKeys: jsii.Bool(true), EnableKeyRotation: jsii.Bool(true),
	})
	stage := awscdk.NewStage(app, jsii.String("Deploy"), nil)
	newShop(stage)

	diff := newDiff(source, synth, languages)
	approval := pipelines.NewManualApprovalStep(jsii.String("Approve"), &pipelines.ManualApprovalStepProps{
		Comment: jsii.String(*diff.ExportedVariable(jsii.String("SUMMARY")) + ". Who gains and loses what is in the log of the step Diff."),
	})
	approval.AddStepDependency(diff)
	pipeline.AddStage(stage, &pipelines.AddStageOpts{Pre: &[]pipelines.Step{diff, approval}})
	pipeline.BuildPipeline()
	suppress(stack)
}

// suppress says why the CDK's own policies and bucket break rules of cdk-nag.
func suppress(stack awscdk.Stack) {
	for _, one := range *stack.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		rule, reason := "", ""
		switch one.(type) {
		case awsiam.CfnPolicy:
			rule, reason = "AwsSolutions-IAM5", "The CDK writes this policy: on the pipeline's artifacts, on the logs and reports of a project, and on the roles of the bootstrap stacks, by their tag."
		case awss3.CfnBucket:
			rule, reason = "AwsSolutions-S1", "CloudTrail data events, which an account enables, record each reader."
		default:
			continue
		}
		if strings.Contains(*one.Node().Path(), "/CodeBuildActionRole/") {
			continue // whose policy has no wildcard
		}
		one.(awscdk.CfnResource).AddMetadata(jsii.String("cdk_nag"), map[string]any{"rules_to_suppress": []any{map[string]any{"id": rule, "reason": reason}}})
	}
}

// newDiff makes the step that compares what is deployed with what is new, and says it in SUMMARY, too. It reads what is deployed with the lookup roles of the CDK's
// bootstrap stacks.
// https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
func newDiff(source, synth pipelines.IFileSetProducer, languages awscodebuild.BuildSpec) pipelines.CodeBuildStep {
	commands := []string{}
	roles := []string{}
	for _, deployed := range [][]string{{sourceAccount, "Deploy-Reports"}, {targetAccount, "Deploy-Shop"}} {
		commands = append(commands, "sh deployed.sh "+deployed[0]+" "+region+" "+deployed[1])
		roles = append(roles, "arn:aws:iam::"+deployed[0]+":role/cdk-hnb659fds-lookup-role-"+deployed[0]+"-"+region)
	}
	return pipelines.NewCodeBuildStep(jsii.String("Diff"), &pipelines.CodeBuildStepProps{
		Input: source, AdditionalInputs: &map[string]pipelines.IFileSetProducer{"new": synth}, PartialBuildSpec: languages,
		Commands: jsii.Strings(append(commands,
			"go tool crossgrant diff deployed new/assembly-Deploy --fail-on never > diff.txt",
			"cat diff.txt",
			`export SUMMARY="$(tail -n 1 diff.txt)"`,
		)...),
		RolePolicyStatements: &[]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Actions: jsii.Strings("sts:AssumeRole"), Resources: jsii.Strings(roles...),
		})},
	})
}
