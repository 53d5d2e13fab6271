package accounts

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// readPrincipals reads the roles and users of all stacks, with their policies.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
func (a *Accounts) readPrincipals() {
	kinds := map[string]principals{"Role": {}, "User": {}, "Group": {}}
	for kind, all := range kinds {
		for _, r := range a.assembly.OfType("AWS::IAM::" + kind) {
			p := &Principal{Resource: r, Policies: a.embeddedPolicies(r)}
			if kind == "Role" {
				p.Trust = a.document(r, "AssumeRolePolicyDocument", r.Properties["AssumeRolePolicyDocument"], "the trust policy of "+DisplayName(r), "AssumeRolePolicyDocument")
			}
			if arn, ok := r.Properties["PermissionsBoundary"]; ok {
				p.Boundary = a.managedPolicy(text(arn), "the permissions boundary")
			}
			all[inAccount(r, r.Name)] = p
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(attachments)) {
		for _, r := range a.assembly.OfType(kind) {
			a.attach(r, kinds)
		}
	}
	a.addGroupPolicies(kinds["User"], kinds["Group"])
	for _, u := range kinds["User"] {
		a.users[u.ARN] = u
	}
	for _, r := range kinds["Role"] {
		a.roles[r.ARN] = r
	}
	a.Roles, a.Users = byARN(a.roles), byARN(a.users)
}

// principals are roles, users or groups by account and name; policies name them by their names.
type principals map[string]*Principal

// inAccount returns the key of a name in the account of a resource.
func inAccount(r *assembly.Resource, name string) string { return r.Stack.Account + "/" + name }

func byARN[T any](of map[string]T) []T {
	var sorted []T
	for _, arn := range slices.Sorted(maps.Keys(of)) {
		sorted = append(sorted, of[arn])
	}
	return sorted
}

// embeddedPolicies returns the inline and managed policies in the properties of a role, user or group.
func (a *Accounts) embeddedPolicies(r *assembly.Resource) []*policy.Document {
	var all []*policy.Document
	for i, item := range assembly.Listed(r.Properties["Policies"]) {
		all = append(all, a.document(r, "Policies", dig(item, "PolicyDocument"), "the inline policy "+text(dig(item, "PolicyName"))+" of "+DisplayName(r),
			"Policies", i, "PolicyDocument"))
	}
	for _, arn := range assembly.Listed(r.Properties["ManagedPolicyArns"]) {
		all = append(all, a.managedPolicy(text(arn), "the managed policy"))
	}
	return all
}

// attachments are the types that attach a policy to principals, by the properties that name them.
var attachments = map[string]map[string]string{
	"AWS::IAM::Policy":        {"Role": "Roles", "User": "Users", "Group": "Groups"},
	"AWS::IAM::ManagedPolicy": {"Role": "Roles", "User": "Users", "Group": "Groups"},
	"AWS::IAM::RolePolicy":    {"Role": "RoleName"},
	"AWS::IAM::UserPolicy":    {"User": "UserName"},
	"AWS::IAM::GroupPolicy":   {"Group": "GroupName"},
}

// Attachment is a principal that a policy names which is a resource of its own.
type Attachment struct {
	// Kind is Group, Role or User.
	Kind string
	// Name is the principal's name, in the account of the policy.
	Name string
}

// Attachments returns the principals that a policy names which is a resource of its own, by kind, in the order of the template. None for any other resource.
func Attachments(r *assembly.Resource) []Attachment {
	var all []Attachment
	for _, kind := range slices.Sorted(maps.Keys(attachments[r.Type])) {
		for _, name := range assembly.Listed(r.Properties[attachments[r.Type][kind]]) {
			all = append(all, Attachment{kind, text(name)})
		}
	}
	return all
}

// attach adds a policy that is a resource to the principals that it names.
func (a *Accounts) attach(r *assembly.Resource, kinds map[string]principals) {
	policyName := text(r.Properties["PolicyName"])
	if policyName == "" {
		policyName = r.Name
	}
	for _, to := range Attachments(r) {
		if p := kinds[to.Kind][inAccount(r, to.Name)]; p != nil {
			a.attached[r] = append(a.attached[r], p.Resource)
			a.parts[p.Resource] = append(a.parts[p.Resource], r)
			p.Policies = append(p.Policies, a.document(r, "PolicyDocument", r.Properties["PolicyDocument"], "the policy "+policyName+" of "+DisplayName(p.Resource),
				"PolicyDocument"))
		} else if !policy.IsKnown(to.Name) {
			a.attachToAll(r, to.Kind, kinds[to.Kind], policyName)
		}
	}
}

// AttachedTo are the roles, users and groups of the templates that a policy names which is a resource of its own. None for any other resource.
func (a *Accounts) AttachedTo(r *assembly.Resource) []*assembly.Resource { return a.attached[r] }

// attachToAll adds a policy whose principal is unknown to every principal of the account, under an unknown condition.
func (a *Accounts) attachToAll(r *assembly.Resource, kind string, all principals, policyName string) {
	property, noun := attachments[r.Type][kind], strings.ToLower(kind)
	a.note(r, property, "the "+noun+" is unknown, so every "+noun+" of the account may have the policy")
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if p := all[key]; p.Stack.Account == r.Stack.Account {
			document := withUnknownCondition(r.Properties["PolicyDocument"], r.Stack.Label+"."+r.LogicalID+"."+property)
			p.Policies = append(p.Policies, a.document(r, "PolicyDocument", document, "the policy "+policyName, "PolicyDocument"))
		}
	}
}

// GroupsOf are the groups of the templates that a user is in.
func (a *Accounts) GroupsOf(user *Principal) []*assembly.Resource { return a.groups[user] }

// addGroupPolicies adds the policies of groups to their users. Those of a group that no template has are unknown, and so are those that a user may have.
func (a *Accounts) addGroupPolicies(users, groups principals) {
	add := func(r *assembly.Resource, user, group string) {
		u, g := users[inAccount(r, user)], groups[inAccount(r, group)]
		switch {
		case u == nil:
		case r.Conditional != "" && r != u.Resource:
			u.Policies = append(u.Policies, UnknownPolicy("the policies of group "+group+", which "+DisplayName(u.Resource)+" may be in"))
		case g != nil:
			a.groups[u] = append(a.groups[u], g.Resource)
			u.Policies = append(u.Policies, g.Policies...)
		default:
			d := UnknownPolicy("the policies of group " + group)
			if policy.IsKnown(group) {
				a.unknown[d] = arn.ARN{Partition: r.Stack.Partition, Service: "iam", Account: r.Stack.Account, Resource: "group/" + group}.String()
			}
			u.Policies = append(u.Policies, d)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(users)) {
		u := users[key]
		for _, group := range assembly.Listed(u.Properties["Groups"]) {
			add(u.Resource, u.Name, text(group))
		}
	}
	for _, r := range a.assembly.OfType("AWS::IAM::UserToGroupAddition") {
		for _, user := range assembly.Listed(r.Properties["Users"]) {
			add(r, text(user), text(r.Properties["GroupName"]))
		}
	}
}
