package escalation

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// How an actor becomes another principal without being trusted by it, or gets permissions that it does not have.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-vs-inline.html and the pages of the actions below.

// takesOver are the roles of the account that an actor may take over.
func (s *search) takesOver(a *actor) []*actor {
	var all []*actor
	try := func(p *accounts.Principal, action, resource string) bool {
		access, passes := s.may(a, action, resource, nil)
		if passes != policy.No {
			all = append(all, s.next(a, p, access, passes))
		}
		return passes == policy.Yes
	}
	for _, role := range s.model.Accounts.Roles {
		if role.Stack.Account != s.account || s.visited[role.ARN] {
			continue
		}
		// What changes something guarded is a way by itself.
		if s.inventory.Of(role.Resource) == nil && try(role, "iam:UpdateAssumeRolePolicy", role.ARN) || s.pass(a, role, &all) {
			continue
		}
		s.steers(a, role, &all)
	}
	return all
}

// taskOf is the ARN of a task of a service.
func taskOf(service *assembly.Resource) string {
	a, _ := arn.Parse(service.ARN)
	a.Resource = strings.Replace(a.Resource, "service/", "task/", 1)
	return a.String()[:strings.LastIndexByte(a.String(), '/')+1] + model.AnyName
}

// credentials are the actions that make credentials of a user.
var credentials = []string{"iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"}

// widen finds the ways of an actor to permissions that it does not have: by policies of itself or of who it can become, and by principals that no
// template has.
func (s *search) widen(a *actor) {
	for _, other := range s.reached {
		kind := kindOf(other)
		for _, action := range []string{"iam:Put" + kind + "Policy", "iam:Attach" + kind + "Policy"} {
			if s.add(a, action, other.ARN, "") {
				return
			}
		}
	}
	if s.rewrites(a) || s.lifts(a) {
		return
	}
	for _, role := range s.absent() {
		for _, action := range changes {
			if s.add(a, action, role, "") {
				return
			}
		}
	}
	for _, stack := range s.model.Assembly.Stacks {
		name := arn.ARN{Partition: s.partition, Service: "cloudformation", Region: stack.Region, Account: s.account, Resource: "stack/" + stack.Name + "/" + model.AnyName}.String()
		for _, action := range []string{"cloudformation:CreateChangeSet", "cloudformation:UpdateStack"} {
			// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
			if stack.Account == s.account && s.add(a, action, name, "unknown: if the stack has a service role, as the CDK gives it one, the update has the permissions of that") {
				return
			}
		}
	}
	const reason = "unknown: no template has it, so it may have any permission"
	for _, action := range []string{"iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:PassRole"} {
		if action == "iam:PassRole" && !s.startsAny(a) {
			continue
		}
		for _, role := range s.unknown(a, "role", action) {
			if s.add(a, action, role, reason) {
				return
			}
		}
	}
	for _, action := range append([]string{"iam:PutUserPolicy", "iam:AttachUserPolicy"}, credentials...) {
		for _, user := range s.unknown(a, "user", action) {
			if s.add(a, action, user, reason) {
				return
			}
		}
	}
}

// changes are the actions that change who may assume a role, or what it may do.
var changes = []string{"iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:DetachRolePolicy", "iam:DeleteRolePolicy",
	"iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary"}

// absent are the roles of grants in the account that no template has.
func (s *search) absent() []string {
	var all []string
	for _, g := range s.model.Grants {
		for _, role := range append([]string{g.RoleARN}, g.Grantees...) {
			if _, ok := s.model.Accounts.Role(role); !ok && arn.Account(role) == s.account && !slices.Contains(all, role) {
				all = append(all, role)
			}
		}
	}
	return all
}

// add adds a way to any permission of the account, if an actor may do something.
func (s *search) add(a *actor, action, resource, says string) bool {
	access, passes := s.may(a, action, resource, nil)
	if passes == policy.No {
		return false
	}
	if says != "" {
		passes = policy.Indeterminate
	}
	s.ways = append(s.ways, &way{by: a, access: access, passes: worse(passes, a.passes), says: says})
	return true
}
