package probe

import (
	"strings"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// OtherAction is the rule that actions beyond the granted ones are not permitted.
const OtherAction check.Rule = "OtherAction"

// beyond are, for each kind of resource, actions that go beyond what a grant gives: writing for who reads, deleting for who writes, and changes
// of the resource's policy and settings.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var beyond = map[string][]string{
	"s3 object": {"s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectAcl", "s3:PutObjectTagging", "s3:GetObjectVersion",
		"s3:RestoreObject", "s3:BypassGovernanceRetention"},
	"s3 bucket": {"s3:DeleteBucket", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketPublicAccessBlock", "s3:PutEncryptionConfiguration",
		"s3:PutLifecycleConfiguration", "s3:ListBucketVersions"},
	"dynamodb": {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:PartiQLUpdate",
		"dynamodb:DeleteTable", "dynamodb:UpdateTable", "dynamodb:PutResourcePolicy", "dynamodb:ExportTableToPointInTime"},
	"kms":            {"kms:Encrypt", "kms:Decrypt", "kms:PutKeyPolicy", "kms:CreateGrant", "kms:DisableKey", "kms:ScheduleKeyDeletion"},
	"sqs":            {"sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue", "sqs:DeleteQueue", "sqs:SetQueueAttributes", "sqs:AddPermission"},
	"sns":            {"sns:Publish", "sns:Subscribe", "sns:DeleteTopic", "sns:SetTopicAttributes", "sns:AddPermission"},
	"secretsmanager": {"secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret", "secretsmanager:DeleteSecret", "secretsmanager:PutResourcePolicy"},
}

func otherAction(m *model.Model) []check.Check {
	return perUse(m, OtherAction, func(c *checks, g *model.Grant, use model.Access) {
		for _, as := range asRole(use) {
			for _, s := range g.Permissions {
				c.actionsBeyond(g, as, s)
			}
		}
	})
}

// actionsBeyond tries the actions that go beyond a permission, on its resources.
func (c *checks) actionsBeyond(g *model.Grant, as model.Access, s contract.Statement) {
	tried := map[string]bool{}
	for _, resource := range c.Resources(g, s) {
		kind := s.Service()
		if kind == "s3" {
			kind = "s3 bucket"
			if a, _ := arn.Parse(resource); strings.Contains(a.Resource, "/") {
				kind = "s3 object"
			}
		}
		for _, action := range beyond[kind] {
			name := action + " on " + model.Example(resource)
			if declares(g, action, resource) || tried[name] {
				continue
			}
			tried[name] = true
			a := g.Request(as, s, action, model.Example(resource), nil)
			if s.ViaAWSService { // such a key is used through a service only
				a.Context, a.Through = model.ExampleContext(s), model.Through(s)
			}
			c.mustFail(name, a)
		}
	}
}

// declares says that some permission of the grant has the action on such a resource, under whatever condition.
func declares(g *model.Grant, action, resource string) bool {
	for _, s := range g.Permissions {
		for _, a := range s.Actions {
			for _, r := range s.Resources {
				if a == action && (r == resource || strings.HasPrefix(action, "kms:")) {
					return true
				}
			}
		}
	}
	return false
}
