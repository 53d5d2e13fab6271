package workload

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/place"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// addRole creates the state machine's role, and records what the role has to do. It returns the role's policies.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
func (d *DistributedCopy) addRole(props DistributedCopyProps) []constructs.IConstruct {
	stack := place.Stack(d.node)
	d.role = awsiam.NewRole(d.node, jsii.String("Role"), &awsiam.RoleProps{
		RoleName: jsii.String(props.RoleName), Description: jsii.String("State machine " + props.Name),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("states.amazonaws.com"), &awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": place.Account(stack)},
			// Child workflows are those of the state machine NAME/LABEL.
			"ArnLike": map[string]any{"aws:SourceArn": []any{d.arn, d.arn + "/*"}},
		}}),
	})
	uses := d.uses(props)
	intent.Record(d.node, "Use", contract.Intent{Use: &contract.Use{Role: *place.Once(d.role, "arn", d.role.RoleArn), Statements: uses}})
	var statements []awsiam.PolicyStatement
	for _, s := range uses {
		one := &awsiam.PolicyStatementProps{Sid: jsii.String(s.Sid), Actions: jsii.Strings(s.Actions...), Resources: jsii.Strings(s.Resources...)}
		if len(s.Conditions) > 0 {
			conditions := map[string]any{}
			for operator, keys := range s.Conditions {
				conditions[operator] = keys
			}
			one.Conditions = &conditions
		}
		statements = append(statements, awsiam.NewPolicyStatement(one))
	}
	runs := awsiam.NewPolicy(d.node, jsii.String("Runs"), &awsiam.PolicyProps{Roles: &[]awsiam.IRole{d.role}, Statements: &statements})
	suppress.At(runs.Node().DefaultChild().(awsiam.CfnPolicy), suppress.Rule{
		ID: "AwsSolutions-IAM5", Findings: []string{`/^Resource::[^*]+[:\/]\*$/`},
		Reason: "Results and inventories are under one folder of a bucket that has nothing else, and Map Runs and their executions have generated names under that of the state machine.",
	})
	return []constructs.IConstruct{runs, d.addObservability()}
}

// uses are the requests of the state machine's role.
func (d *DistributedCopy) uses(props DistributedCopyProps) []contract.Statement {
	stack := place.Stack(d.node)
	arn := func(bucket string) string { return "arn:" + place.PartitionOf(stack) + ":s3:::" + bucket }
	executions, results := place.ARN(stack, "states", "execution:"+props.Name), arn(props.ResultsBucketName)
	all := []contract.Statement{
		{Sid: "ListOrigin", Actions: []string{"s3:ListBucket"}, Resources: []string{*place.Once(props.Origin, "arn", props.Origin.BucketArn)},
			Conditions: map[string]map[string][]string{"StringEquals": {"s3:prefix": props.Prefixes}}},
		{Sid: "InvokeCopy", Actions: []string{"lambda:InvokeFunction"}, Resources: []string{*props.Function.arn}},
		// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
		{Sid: "WriteResults", Actions: []string{"s3:PutObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"},
			Resources: []string{results + "/" + runsFolder + "/*"}},
		{Sid: "FindRuns", Actions: []string{"states:ListExecutions", "states:StartExecution"}, Resources: []string{d.arn}},
		{Sid: "WatchRuns", Actions: []string{"states:DescribeExecution", "states:StopExecution"}, Resources: []string{executions + ":*", executions + "/*"}},
		{Sid: "RedriveChildren", Actions: []string{"states:RedriveExecution"}, Resources: []string{executions + "/*"}},
		{Sid: "CountCopied", Actions: []string{"states:DescribeMapRun"}, Resources: []string{place.ARN(stack, "states", "mapRun:"+props.Name+"/*")}},
	}
	if props.Inventory != NoInventory {
		all = append(all, contract.Statement{Sid: "ReadInventory", Actions: []string{"s3:GetObject"}, Resources: []string{results + "/" + inventoryFolder + "/*"}})
	}
	return all
}

// addObservability adds a separate policy, so that the suppressed finding about resource * covers no other statement.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html#cloudwatch-iam-policy
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-xray-tracing.html
func (d *DistributedCopy) addObservability() awsiam.Policy {
	policy := awsiam.NewPolicy(d.node, jsii.String("LogsAndTraces"), &awsiam.PolicyProps{
		Roles: &[]awsiam.IRole{d.role},
		Statements: &[]awsiam.PolicyStatement{
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("DeliverLogs"), Resources: jsii.Strings("*"), Actions: jsii.Strings(
				"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
				"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
			)}),
			awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("Trace"), Resources: jsii.Strings("*"), Actions: jsii.Strings(
				"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
			)}),
		},
	})
	suppress.At(policy.Node().DefaultChild().(awsiam.CfnPolicy), suppress.Rule{
		ID: "AwsSolutions-IAM5", Findings: []string{"Resource::*"},
		Reason: "The actions of CloudWatch Logs for log deliveries, and those of X-Ray, can be permitted on all resources only.",
	})
	return policy
}
