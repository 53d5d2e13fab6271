package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
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
	seen := map[*accounts.Guarded]bool{}
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
func (w *world) guardedBy(arn string) []*accounts.Guarded {
	var all []*accounts.Guarded
	if guarded, ok := w.accounts.Owner(arn); ok {
		all = append(all, guarded)
		if key, ok := w.accounts.Owner(guarded.Key); ok {
			all = append(all, key)
		}
	}
	return all
}

// manage is what administrators and CloudFormation do with a resource, by roles that hold every right of its account.
func manage(g *Grant, r *accounts.Guarded) []Check {
	s := r.Stack
	role := "arn:" + s.Partition + ":iam::" + s.Account + ":role/"
	var all []Check
	for _, action := range management[r.Type] {
		one := Access{Action: action, Resource: r.ARN, Owner: s.Account, Region: s.Region, powerful: true}
		administrator, deployment := one, one
		administrator.Caller = role + "crossgrant-probe-administrator"
		deployment.Caller, deployment.Through = role+"cdk-hnb659fds-cfn-exec-role-"+s.Account+"-"+s.Region, "cloudformation"
		all = append(all,
			Check{Rule: KeepAlive, Grant: g.Key(), Expects: MustWork, Name: "an administrator, " + action + " on " + accounts.Called(r.Resource), Access: administrator},
			Check{Rule: KeepAlive, Grant: g.Key(), Expects: MustWork, Name: "CloudFormation, " + action + " on " + accounts.Called(r.Resource), Access: deployment})
	}
	return all
}

// deliver is what the policy of a resource lets services do, such as CloudTrail: no Deny may be in their way.
func deliver(g *Grant, r *accounts.Guarded) []Check {
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
			all = append(all, Check{Rule: KeepAlive, Grant: g.Key(), Expects: MustWork, Name: fmt.Sprintf("%s, %s on %s", service, e.Actions[0], accounts.Called(r.Resource)),
				Access: Access{Caller: service, Action: e.Actions[0], Resource: resource, Owner: r.Stack.Account, Region: r.Stack.Region, Context: contexts[0]}})
		}
	}
	return all
}

// overGrants are what roles hold that no permission needs.
func (w *world) overGrants(declared []*Grant) []Check {
	var all []Check
	for _, g := range declared {
		if role, ok := w.accounts.Role(g.RoleARN); ok && g.RoleARN != "" {
			all = append(all, excess(g, role, func(need contract.Statement) bool { return len(g.Missing([]contract.Statement{need})) > 0 })...)
		}
	}
	return append(all, w.reachOut(declared)...)
}

// excess is one check for each statement of a role of which something is too much.
func excess(g *Grant, role *accounts.Principal, tooMuch func(contract.Statement) bool) []Check {
	var all []Check
	for _, d := range role.Policies {
		for i := range d.Statements {
			s := &d.Statements[i]
			e := s.Elements()
			if s.Effect != policy.Allow {
				continue
			}
			name := fmt.Sprintf("statement %s of %s", sid(s), d.Name)
			c := Check{Rule: OverGrant, Grant: g.Key(), Expects: MustFail, Name: policy.Readable(name), Access: Access{Caller: role.ARN}, Verdict: Proved, holder: role.Resource}
			for _, action := range e.Actions {
				for _, resource := range e.Resources {
					need := contract.Statement{Sid: "Held", Actions: []string{action}, Resources: []string{resource}, Conditions: e.Conditions}
					switch {
					case !policy.IsKnown(action):
						c.Verdict = Undecided
						c.Details = append(c.Details, "the policy is unknown: give it, to say what it permits beyond the grant")
					case e.NotAction || e.NotResource || tooMuch(need):
						c.Verdict = Broken
						c.Details = append(c.Details, policy.Readable(action+" on "+resource)+" is permitted, and no permission of the grant needs it")
					}
				}
			}
			all = append(all, c)
		}
	}
	return all
}

// reachOut are statements of grantees that reach further into other accounts than to the roles of their grants.
func (w *world) reachOut(declared []*Grant) []Check {
	roles := map[string][]string{}
	first := map[string]*Grant{}
	for _, g := range declared {
		for _, grantee := range g.Grantees {
			if g.RoleARN != "" {
				roles[grantee] = append(roles[grantee], g.RoleARN)
			}
			if first[grantee] == nil {
				first[grantee] = g
			}
		}
	}
	var all []Check
	for _, grantee := range slices.Sorted(maps.Keys(first)) {
		role, ok := w.accounts.Role(grantee)
		if !ok {
			continue
		}
		all = append(all, excess(first[grantee], role, func(held contract.Statement) bool {
			return assumesMore(held, roles[grantee], account(grantee))
		})...)
	}
	return all
}

// assumesMore says that a statement permits to assume roles of other accounts than the ones named.
func assumesMore(held contract.Statement, roles []string, home string) bool {
	action, resource := held.Actions[0], held.Resources[0]
	if !covers(action, "sts:AssumeRole") || slices.Contains(roles, resource) {
		return false
	}
	return account(resource) != home
}

// covers says that an action pattern takes an action in.
func covers(pattern, action string) bool {
	// By a Deny, since it takes more than an Allow to assume a role.
	d := document([]statement{{Effect: "Deny", Action: []string{pattern}, Resource: []string{"*"}}}, "")
	return policy.Decide(policy.Request{Principal: "arn:aws:iam::" + stranger + ":user/x", Action: action, Resource: "*"}, policy.Policies{Identity: []*policy.Document{d}}) != policy.ImplicitlyDenied
}

func sid(s *policy.Statement) string {
	if s.Sid != "" {
		return s.Sid
	}
	return fmt.Sprint(s.Index)
}
