package exposure

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/model/modeltest"
)

// permissions are those of the grant: role reader of account 111111111111 uses what is in account 222222222222, by role reports.
const permissions = `[{sid: Objects, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::lake/*"]},
      {sid: Items, actions: ["dynamodb:GetItem"], resources: ["arn:aws:dynamodb:eu-west-1:222222222222:table/shop"]},
      {sid: Records, actions: ["kinesis:GetRecords"], resources: ["arn:aws:kinesis:eu-west-1:222222222222:stream/clicks"]},
      {sid: Messages, actions: ["sns:Publish"], resources: ["arn:aws:sns:eu-west-1:222222222222:news"]},
      {sid: Orders, actions: ["sqs:SendMessage"], resources: ["arn:aws:sqs:eu-west-1:222222222222:orders"]},
      {sid: Secret, actions: ["secretsmanager:GetSecretValue"], resources: ["arn:aws:secretsmanager:eu-west-1:222222222222:secret:token-??????"]},
      {sid: Network, actions: ["ec2:GetVpcResourcesBlockingEncryptionEnforcement"], resources: ["arn:aws:ec2:eu-west-1:222222222222:vpc/*"]}]`

// roleOf is a role that services may assume.
func roleOf(name string, services ...string) string {
	return fmt.Sprintf(`{Type: AWS::IAM::Role, Properties: {RoleName: %s, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: [%s]}, Action: "sts:AssumeRole"}]}}}`,
		name, strings.Join(services, ", "))
}

// The resources of both templates, by their logical ids.
var source = map[string]string{
	"Reader":   roleOf("reader", "lambda.amazonaws.com", "codebuild.amazonaws.com", "ecs-tasks.amazonaws.com", "ec2.amazonaws.com", "pods.eks.amazonaws.com"),
	"Logs":     `{Type: AWS::Logs::LogGroup, Properties: {LogGroupName: list-logs}}`,
	"Function": `{Type: AWS::Lambda::Function, Properties: {FunctionName: list, Role: !GetAtt Reader.Arn, LoggingConfig: {LogGroup: !Ref Logs}}}`,
}

var target = map[string]string{
	"Role":   roleOf("reports", "lambda.amazonaws.com", "glue.amazonaws.com", "events.amazonaws.com", "pipes.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com", "firehose.amazonaws.com", "ec2.amazonaws.com"),
	"Lake":   `{Type: AWS::S3::Bucket, Properties: {BucketName: lake}}`,
	"Shop":   `{Type: AWS::DynamoDB::Table, Properties: {TableName: shop}}`,
	"Clicks": `{Type: AWS::Kinesis::Stream, Properties: {Name: clicks}}`,
	"News":   `{Type: AWS::SNS::Topic, Properties: {TopicName: news}}`,
	"Orders": `{Type: AWS::SQS::Queue, Properties: {QueueName: orders}}`,
	"Token":  `{Type: AWS::SecretsManager::Secret, Properties: {Name: token}}`,
}

// load is the assembly of both templates. Each line of the changes is a resource, which replaces one of the same logical id.
func load(t *testing.T, inSource, inTarget string) *model.Model {
	t.Helper()
	var stacks []modeltest.Stack
	for _, one := range []struct {
		name, account string
		resources     map[string]string
		changes       string
	}{{"Source", modeltest.SourceAccount, source, inSource}, {"Target", modeltest.TargetAccount, target, inTarget}} {
		all := maps.Clone(one.resources)
		for line := range strings.SplitSeq(one.changes, "\n") {
			if id, resource, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
				all[id] = resource
			}
		}
		text := modeltest.Grant(one.name, permissions)
		if more, ok := strings.CutPrefix(all["Metadata"], "{"); ok { // of the template
			text += "  " + strings.TrimSuffix(more, "}") + "\n"
			delete(all, "Metadata")
		}
		text += "Resources:\n"
		for _, id := range slices.Sorted(maps.Keys(all)) {
			text += "  " + id + ": " + all[id] + "\n"
		}
		stacks = append(stacks, modeltest.Stack{Name: one.name, Account: one.account, Template: text})
	}
	return modeltest.Read(t, model.Options{}, stacks...)
}

// judged are the checks of a model that are not proved, or nil.
func judged(m *model.Model) []check.Check {
	all := externalAccess(m)
	check.Run(m, all)
	return slices.DeleteFunc(all, func(c check.Check) bool { return c.Verdict == check.Proved })
}
