package exposure

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// grant lets role reader of account 111111111111 use what is in account 222222222222, by role reports.
const grant = `
Metadata:
  CrossGrant::%s::222222222222::reports-prod-eu-west-1:
    name: reports
    stage: prod
    target: {account: "222222222222", region: eu-west-1}
    access: AssumeRole
    roleArn: arn:aws:iam::222222222222:role/reports
    grantees: ["arn:aws:iam::111111111111:role/reader"]
    trust: {mode: NamedRole, sessionSeconds: 3600}
    permissions:
      - {sid: Objects, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::lake/*"]}
      - {sid: Items, actions: ["dynamodb:GetItem"], resources: ["arn:aws:dynamodb:eu-west-1:222222222222:table/shop"]}
      - {sid: Records, actions: ["kinesis:GetRecords"], resources: ["arn:aws:kinesis:eu-west-1:222222222222:stream/clicks"]}
      - {sid: Messages, actions: ["sns:Publish"], resources: ["arn:aws:sns:eu-west-1:222222222222:news"]}
      - {sid: Orders, actions: ["sqs:SendMessage"], resources: ["arn:aws:sqs:eu-west-1:222222222222:orders"]}
      - {sid: Secret, actions: ["secretsmanager:GetSecretValue"], resources: ["arn:aws:secretsmanager:eu-west-1:222222222222:secret:token-??????"]}
      - {sid: Network, actions: ["ec2:GetVpcResourcesBlockingEncryptionEnforcement"], resources: ["arn:aws:ec2:eu-west-1:222222222222:vpc/*"]}
Resources:
`

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
	var files []assembly.TemplateFile
	for _, one := range []struct {
		name, account string
		resources     map[string]string
		changes       string
	}{{"Source", "111111111111", source, inSource}, {"Target", "222222222222", target, inTarget}} {
		all := maps.Clone(one.resources)
		for line := range strings.SplitSeq(one.changes, "\n") {
			if id, resource, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
				all[id] = resource
			}
		}
		text := fmt.Sprintf(grant, one.name)
		if more, ok := strings.CutPrefix(all["Metadata"], "{"); ok { // of the template
			text = strings.Replace(text, "\nResources:", "\n  "+strings.TrimSuffix(more, "}")+"\nResources:", 1)
			delete(all, "Metadata")
		}
		for _, id := range slices.Sorted(maps.Keys(all)) {
			text += "  " + id + ": " + all[id] + "\n"
		}
		path := filepath.Join(t.TempDir(), one.name+".yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, assembly.TemplateFile{Path: path, Account: one.account, Region: "eu-west-1", StackName: one.name})
	}
	a, err := assembly.LoadTemplates(files...)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.New(a, model.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// judged are the checks of a model that are not proved, or nil.
func judged(m *model.Model) []check.Check {
	all := externalAccess(m)
	check.Run(m, all)
	return slices.DeleteFunc(all, func(c check.Check) bool { return c.Verdict == check.Proved })
}
