package proof

import (
	"fmt"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/policy"
)

// management are the actions by which a type of resource is changed and deleted. Without them, what its policy denies by mistake can never be
// put right.
var management = map[string][]string{
	"AWS::DynamoDB::GlobalTable": {"dynamodb:DescribeTable", "dynamodb:UpdateTable", "dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy", "dynamodb:DeleteTable"},
	"AWS::DynamoDB::Table":       {"dynamodb:DescribeTable", "dynamodb:UpdateTable", "dynamodb:PutResourcePolicy", "dynamodb:DeleteResourcePolicy", "dynamodb:DeleteTable"},
	"AWS::KMS::Key":              {"kms:DescribeKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"},
	"AWS::S3::Bucket": {"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
		"s3:DeleteBucket"},
	"AWS::SNS::Topic":             {"sns:GetTopicAttributes", "sns:SetTopicAttributes", "sns:DeleteTopic"},
	"AWS::SQS::Queue":             {"sqs:GetQueueAttributes", "sqs:SetQueueAttributes", "sqs:DeleteQueue"},
	"AWS::SecretsManager::Secret": {"secretsmanager:DescribeSecret", "secretsmanager:PutResourcePolicy", "secretsmanager:DeleteSecret"},
}

// keepAlive are accesses that have to go on working: administrators and CloudFormation manage what the grants are on, and the services that
// its policies let in get in.
func (w *world) keepAlive(g *Grant) []Check {
	var all []Check
	seen := map[*accounts.Resource]bool{}
	for _, s := range g.Permissions {
		for _, resource := range s.Resources {
			for _, guarded := range w.guardedBy(resource) {
				if !seen[guarded] {
					seen[guarded] = true
					all = append(append(all, manage(g, guarded)...), deliver(g, guarded)...)
				}
			}
		}
	}
	return all
}

// guardedBy is the resource of an ARN, and its key.
func (w *world) guardedBy(arn string) []*accounts.Resource {
	var all []*accounts.Resource
	if guarded, ok := w.accounts.ResourceOf(arn); ok {
		all = append(all, guarded)
		if key, ok := w.accounts.ResourceOf(guarded.Key); ok {
			all = append(all, key)
		}
	}
	return all
}

// manage is what administrators and CloudFormation do with a resource, by roles that hold every right of its account.
func manage(g *Grant, r *accounts.Resource) []Check {
	s := r.Stack
	role := "arn:" + s.Partition + ":iam::" + s.Account + ":role/"
	var all []Check
	for _, action := range management[r.Type] {
		one := Access{Action: action, Resource: r.ARN, Owner: s.Account, Region: s.Region, powerful: true}
		administrator, deployment := one, one
		administrator.Caller = role + "crossgrant-probe-administrator"
		deployment.Caller, deployment.Through = role+"cdk-hnb659fds-cfn-exec-role-"+s.Account+"-"+s.Region, "cloudformation"
		all = append(all,
			Check{Rule: KeepAlive, Grant: g.Key(), Expects: MustWork, Name: "an administrator, " + action + " on " + accounts.DisplayName(r.Resource), Access: administrator},
			Check{Rule: KeepAlive, Grant: g.Key(), Expects: MustWork, Name: "CloudFormation, " + action + " on " + accounts.DisplayName(r.Resource), Access: deployment})
	}
	return all
}

// deliver is what the policy of a resource lets services do, such as CloudTrail: no Deny may be in their way.
func deliver(g *Grant, r *accounts.Resource) []Check {
	if r.Policy == nil {
		return nil
	}
	var all []Check
	for i := range r.Policy.Statements {
		s := &r.Policy.Statements[i]
		e := s.Elements()
		services := e.Principals["Service"]
		if s.Effect != policy.Allow || e.NotPrincipal || e.NotAction || e.NotResource || len(services) == 0 {
			continue
		}
		contexts, err := examples(e.Conditions)
		if err != nil {
			continue // a condition of the owner's own, of which no example can be made
		}
		resource := r.ARN
		if len(e.Resources) > 0 && e.Resources[0] != "*" {
			resource = fill(e.Resources[0])
		}
		for _, service := range services {
			if !policy.IsKnown(service) || strings.ContainsAny(e.Actions[0], "*?") {
				continue
			}
			all = append(all, Check{Rule: KeepAlive, Grant: g.Key(), Expects: MustWork, Name: fmt.Sprintf("%s, %s on %s", service, e.Actions[0], accounts.DisplayName(r.Resource)),
				Access: Access{Caller: service, Action: e.Actions[0], Resource: resource, Owner: r.Stack.Account, Region: r.Stack.Region, Context: contexts[0]}})
		}
	}
	return all
}
