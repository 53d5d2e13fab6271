package escalation

import (
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// What changes the permissions of a role or user without a request on it: new versions of its managed policies and of its permissions boundary.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html

// versions are the actions that change what a managed policy permits, for all that it is attached to, and all of which it is the boundary.
var versions = []string{"iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"}

// attachedPolicies are the managed policies of an account by the role, user or group that they are attached to.
func attachedPolicies(m *model.Model, account string) map[*assembly.Resource][]string {
	all := map[*assembly.Resource][]string{}
	for _, p := range m.Assembly.OfType("AWS::IAM::ManagedPolicy") {
		if p.Stack.Account == account {
			for _, r := range m.Accounts.AttachedTo(p) {
				all[r] = append(all[r], p.ARN)
			}
		}
	}
	return all
}

// policiesOf are the managed policies of the account that a role or user has, itself or by its groups.
func (s *search) policiesOf(p *assembly.Resource) []string {
	var all []string
	for _, r := range append([]*assembly.Resource{p}, s.groupsOf(p)...) {
		attached, _ := r.Properties["ManagedPolicyArns"].([]any)
		for _, one := range attached {
			if text, _ := one.(string); arn.Account(text) == s.account {
				all = append(all, text)
			}
		}
		all = append(all, s.attached[r]...)
	}
	return all
}

// groupsOf are the groups of a user.
func (s *search) groupsOf(user *assembly.Resource) []*assembly.Resource {
	if user.Type != "AWS::IAM::User" {
		return nil
	}
	names, _ := user.Properties["Groups"].([]any)
	for _, more := range s.model.Assembly.OfType("AWS::IAM::UserToGroupAddition") {
		users, _ := more.Properties["Users"].([]any)
		if slices.Contains(users, any(user.Name)) {
			names = append(slices.Clone(names), more.Properties["GroupName"])
		}
	}
	var all []*assembly.Resource
	for _, g := range s.model.Assembly.OfType("AWS::IAM::Group") {
		if g.Stack.Account == s.account && slices.Contains(names, any(g.Name)) {
			all = append(all, g)
		}
	}
	return all
}

// boundaryOf is the permissions boundary of a role or user, if the account has it. "" if it has none, or one of AWS's, which nobody changes.
func (s *search) boundaryOf(p *assembly.Resource) string {
	if text, _ := p.Properties["PermissionsBoundary"].(string); arn.Account(text) == s.account {
		return text
	}
	return ""
}

// rewrites adds a way to any permission by a managed policy of who an actor can become, or of one of its groups.
func (s *search) rewrites(a *actor) bool {
	for _, other := range s.reached {
		for _, p := range s.policiesOf(other.Resource) {
			for _, action := range versions {
				if s.add(a, action, p, "") {
					return true
				}
			}
		}
		for _, group := range s.groupsOf(other.Resource) {
			for _, action := range []string{"iam:PutGroupPolicy", "iam:AttachGroupPolicy"} {
				if s.add(a, action, group.ARN, "") {
					return true
				}
			}
		}
		if kindOf(other) == "User" && s.joins(a) {
			return true
		}
	}
	return false
}

// joins adds a way by a group that a user may add itself to, whose policies may be any.
func (s *search) joins(a *actor) bool {
	own := s.groupsOf(a.Resource)
	names := []string{arn.ARN{Partition: s.partition, Service: "iam", Account: s.account, Resource: "group/" + model.AnyName}.String()}
	for _, group := range s.model.Assembly.OfType("AWS::IAM::Group") {
		if group.Stack.Account == s.account && !slices.Contains(own, group) {
			names = append(names, group.ARN)
		}
	}
	for _, name := range names {
		if s.add(a, "iam:AddUserToGroup", name, "unknown: the group may have any permission") {
			return true
		}
	}
	return false
}

// lifts adds a way by the permissions boundary of who an actor can become: without it, all that the identity policies allow is permitted.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
func (s *search) lifts(a *actor) bool {
	for _, other := range s.reached {
		if other.Boundary == nil {
			continue
		}
		leads := s.leads(other)
		if leads == policy.No {
			continue
		}
		says := "without its permissions boundary the identity policies of " + other.Name + " permit what is guarded"
		if leads != policy.Yes {
			says = "unknown: whether the identity policies of " + other.Name + " permit what is guarded without its permissions boundary"
		}
		try := func(action, resource string, context map[string][]string) bool {
			access, passes := s.may(a, action, resource, context)
			if passes != policy.No {
				s.ways = append(s.ways, &way{by: a, access: access, passes: worse(worse(passes, leads), a.passes), says: says})
			}
			return passes != policy.No
		}
		boundary := s.boundaryOf(other.Resource)
		for _, action := range versions {
			if boundary != "" && try(action, boundary, nil) {
				return true
			}
		}
		kind := kindOf(other)
		if try("iam:Delete"+kind+"PermissionsBoundary", other.ARN, nil) {
			return true
		}
		// A delegated administrator may only set the boundary that there is, which lifts nothing.
		loose := []string{"arn:" + s.partition + ":iam::aws:policy/AdministratorAccess", "arn:" + s.partition + ":iam::" + s.account + ":policy/" + model.AnyName}
		for _, one := range loose {
			if try("iam:Put"+kind+"PermissionsBoundary", other.ARN, map[string][]string{"iam:PermissionsBoundary": {one}}) {
				return true
			}
		}
	}
	return false
}

// kindOf is what actions of IAM call an actor.
func kindOf(a *actor) string {
	if a.Trust == nil {
		return "User"
	}
	return "Role"
}

// leads says whether the identity policies of an actor, without its boundary, lead to something guarded, or to another role.
func (s *search) leads(a *actor) policy.Answer {
	best := policy.No
	meets := func(action, resource string) {
		for _, one := range a.statements {
			if one.isUnknown() || one.covers(action, resource) == policy.No {
				continue
			}
			now := policy.Indeterminate
			if len(one.Conditions) == 0 && len(a.denies) == 0 {
				now = policy.Yes
			}
			if better(now, best) {
				best = now
			}
		}
	}
	for _, g := range s.guarded {
		for _, service := range servicesOf(g) {
			for _, t := range s.trialsOf(g, service) {
				for _, on := range t.on {
					for _, resource := range on.examples(a) {
						if meets(t.action, resource); best == policy.Yes {
							return best
						}
					}
				}
			}
		}
	}
	for _, role := range s.model.Accounts.Roles {
		if role.Stack.Account == s.account && role.ARN != a.ARN && best == policy.No {
			for _, action := range []string{"sts:AssumeRole", "iam:PassRole", "iam:UpdateAssumeRolePolicy"} {
				meets(action, role.ARN)
			}
		}
	}
	return best
}
