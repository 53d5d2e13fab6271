package proof

import (
	"strings"

	"github.com/crossgrant/crossgrant/contract"
)

// steps are, for each service, actions that lead above what a grant gives: to write for who reads, to delete for who writes, and to the
// resource's own policy and settings for everybody.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var steps = map[string][]string{
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

// above tries actions that lead above a permission.
func (w *world) above(g *Grant, s contract.Statement, add adder) {
	tried := map[string]bool{}
	for _, resource := range w.actual(g, s) {
		kind := s.Service()
		if kind == "s3" {
			kind = "s3 bucket"
			if strings.Contains(part(resource, 5), "/") {
				kind = "s3 object"
			}
		}
		for _, action := range steps[kind] {
			target := fill(resource)
			if declares(g, action, resource) || tried[action+target] {
				continue
			}
			tried[action+target] = true
			add(HigherAction, action+" on "+target, func(a *Access) {
				a.Action, a.Resource, a.Owner, a.Region, a.Context = action, target, owner(g, s), "", nil
				if s.ViaAWSService { // such a key is reached through a service only
					a.Context, a.Through = firstExample(s), through(s)
				}
				if part(target, 3) == "" {
					a.Region = g.Target.Region
				}
			})
		}
	}
}

// declares says that some permission of the grant has the action on such a resource, under whatever condition.
func declares(g *Grant, action, resource string) bool {
	for _, s := range g.Permissions {
		for _, a := range s.Actions {
			for _, r := range s.Resources {
				if a == action && (r == resource || part(r, 2) == "kms") {
					return true
				}
			}
		}
	}
	return false
}
