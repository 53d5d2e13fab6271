package probe

import (
	"fmt"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// KeepAlive is the rule that administrators, CloudFormation, services and neighbours in the network keep their access: what a policy denies by mistake
// can then be put right.
const KeepAlive check.Rule = "KeepAlive"

// management are the actions by which a type of resource is changed and deleted.
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

func keepAlive(m *model.Model) []check.Check {
	all := perGrant(m, KeepAlive, func(c *checks, g *model.Grant) {
		seen := map[*accounts.Resource]bool{}
		for _, s := range g.Permissions {
			for _, resource := range s.Resources {
				for _, r := range m.WithKey(resource) {
					if !seen[r] {
						seen[r] = true
						c.manage(r)
						c.deliver(r)
						c.inspect(g, r)
					}
				}
			}
		}
	})
	c := &checks{Model: m, rule: KeepAlive, all: all}
	for _, d := range m.Destinations() {
		c.manage(d.Resource)
	}
	c.neighbours()
	return c.all
}

// manage is what administrators and CloudFormation do with a resource, by roles that have every permission of its account.
func (c *checks) manage(r *accounts.Resource) {
	s := r.Stack
	for _, action := range management[r.Type] {
		a := model.Access{Action: action, Resource: r.ARN, Owner: s.Account, Region: s.Region, Administrator: true}
		on := ", " + action + " on " + accounts.DisplayName(r.Resource)
		a.Caller = model.RoleIn(s.Partition, s.Account, model.AdministratorRole)
		c.mustWork("an administrator"+on, a)
		a.Caller, a.Through = model.DeploymentRole(s.Partition, s.Account, s.Region), "cloudformation"
		c.mustWork("CloudFormation"+on, a)
	}
}

// inspect is what those do with the data of a bucket whom a perimeter on it exempts: administrators, and services by their service-linked
// roles or for somebody.
// https://docs.aws.amazon.com/macie/latest/user/monitoring-restrictive-s3-buckets.html
func (c *checks) inspect(g *model.Grant, r *accounts.Resource) {
	if g.Perimeter == nil || g.Perimeter.Enforcement != contract.OnBucket || r.Type != "AWS::S3::Bucket" || r.Stack.Account != g.Target.Account {
		return
	}
	read := model.Access{Administrator: true, Action: "s3:GetObject", Resource: r.ARN + "/" + model.AnyName, Owner: r.Stack.Account, Region: r.Stack.Region, AnyKey: true}
	reads := func(who, caller, through string) {
		a := read
		a.Caller, a.Through = caller, through
		c.mustWork(who+", s3:GetObject on "+read.Resource, a)
	}
	in := func(role string) string { return model.RoleIn(r.Stack.Partition, r.Stack.Account, role) }
	reads("a service-linked role", in("aws-service-role/macie.amazonaws.com/AWSServiceRoleForAmazonMacie"), "")
	reads("somebody through Athena", in(model.AdministratorRole), "athena")
	for _, administrator := range g.Perimeter.Administrators {
		reads("administrator "+administrator, administrator, "")
	}
}

// deliver is what the policy of a resource allows services, such as CloudTrail: no Deny may stop them.
func (c *checks) deliver(r *accounts.Resource) {
	if r.Policy == nil {
		return
	}
	for i := range r.Policy.Statements {
		s := &r.Policy.Statements[i]
		e := s.Elements()
		services := e.Principals["Service"]
		if s.Effect != policy.Allow || e.NotPrincipal || e.NotAction || e.NotResource || len(services) == 0 {
			continue
		}
		contexts, err := model.Examples(e.Conditions)
		if err != nil {
			continue // a condition of the owner's own, of which no example can be made
		}
		resource := r.ARN
		if len(e.Resources) > 0 && e.Resources[0] != "*" {
			resource = model.Example(e.Resources[0])
		}
		for _, service := range services {
			if !policy.IsKnown(service) || strings.ContainsAny(e.Actions[0], "*?") {
				continue
			}
			c.mustWork(fmt.Sprintf("%s, %s on %s", service, e.Actions[0], accounts.DisplayName(r.Resource)),
				model.Access{Caller: service, Action: e.Actions[0], Resource: resource, Owner: r.Stack.Account, Region: r.Stack.Region, Context: contexts[0],
					AnyKey: true})
		}
	}
}
