package accounts

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// holders are roles, users and groups by account and name, by which policies name them.
type holders map[string]*Principal

func holder(r *assembly.Resource, name string) string { return r.Stack.Account + "/" + name }

// principals reads the roles and users of all stacks, with their policies.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
func (a *Accounts) principals() {
	kinds := map[string]holders{"Role": {}, "User": {}, "Group": {}}
	for kind, all := range kinds {
		for _, r := range a.assembly.OfType("AWS::IAM::" + kind) {
			p := &Principal{Resource: r, Policies: a.own(r)}
			if kind == "Role" {
				p.Trust = a.document(r, "AssumeRolePolicyDocument", r.Properties["AssumeRolePolicyDocument"], "the trust policy of "+DisplayName(r))
			}
			if arn, ok := r.Properties["PermissionsBoundary"]; ok {
				p.Boundary = a.byName(text(arn), "the permissions boundary")
			}
			all[holder(r, r.Name)] = p
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(attached)) {
		for _, r := range a.assembly.OfType(kind) {
			a.attach(r, kinds)
		}
	}
	a.join(kinds["User"], kinds["Group"])
	users := map[string]*Principal{}
	for _, u := range kinds["User"] {
		users[u.ARN] = u
	}
	for _, r := range kinds["Role"] {
		a.roles[r.ARN] = r
	}
	a.Roles, a.Users = byARN(a.roles), byARN(users)
}

// DisplayName names a resource as a person finds it, such as "role reader".
func DisplayName(r *assembly.Resource) string {
	kind := r.Type[strings.LastIndexByte(r.Type, ':')+1:]
	return strings.ToLower(kind) + " " + r.Name
}

// own are the policies that stand in the properties of a role, user or group.
func (a *Accounts) own(r *assembly.Resource) []*policy.Document {
	var own []*policy.Document
	for _, item := range list(r.Properties["Policies"]) {
		own = append(own, a.document(r, "Policies", dig(item, "PolicyDocument"), "the inline policy "+text(dig(item, "PolicyName"))+" of "+DisplayName(r)))
	}
	for _, arn := range list(r.Properties["ManagedPolicyArns"]) {
		own = append(own, a.byName(text(arn), "the managed policy"))
	}
	return own
}

// attached are the types that attach a policy to whom they name, by the properties that do.
var attached = map[string]map[string]string{
	"AWS::IAM::Policy":        {"Role": "Roles", "User": "Users", "Group": "Groups"},
	"AWS::IAM::ManagedPolicy": {"Role": "Roles", "User": "Users", "Group": "Groups"},
	"AWS::IAM::RolePolicy":    {"Role": "RoleName"},
	"AWS::IAM::UserPolicy":    {"User": "UserName"},
	"AWS::IAM::GroupPolicy":   {"Group": "GroupName"},
}

// attach gives a policy that is a resource of its own to those who hold it.
func (a *Accounts) attach(r *assembly.Resource, kinds map[string]holders) {
	called := text(r.Properties["PolicyName"])
	if called == "" {
		called = r.Name
	}
	for _, kind := range slices.Sorted(maps.Keys(attached[r.Type])) {
		property := attached[r.Type][kind]
		for _, name := range list(r.Properties[property]) {
			if p := kinds[kind][holder(r, text(name))]; p != nil {
				p.Policies = append(p.Policies, a.document(r, "PolicyDocument", r.Properties["PolicyDocument"], "the policy "+called+" of "+DisplayName(p.Resource)))
			} else if !policy.IsKnown(text(name)) {
				a.attachToAny(r, kinds[kind], property, called)
			}
		}
	}
}

// attachToAny is for a policy whose holder is unknown: each one of the account may have it.
func (a *Accounts) attachToAny(r *assembly.Resource, all holders, property, called string) {
	a.note(r, property, "who has this policy is unknown, so each one of the account may have it")
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if p := all[key]; p.Stack.Account == r.Stack.Account {
			d := a.document(r, "PolicyDocument", perhaps(r.Properties["PolicyDocument"], r.Stack.Label+"."+r.LogicalID+"."+property), "the policy "+called)
			p.Policies = append(p.Policies, d)
		}
	}
}

// join gives users the policies of their groups.
func (a *Accounts) join(users, groups holders) {
	member := func(r *assembly.Resource, user, group string) {
		if u, g := users[holder(r, user)], groups[holder(r, group)]; u != nil && g != nil {
			u.Policies = append(u.Policies, g.Policies...)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(users)) {
		u := users[key]
		for _, group := range list(u.Properties["Groups"]) {
			member(u.Resource, u.Name, text(group))
		}
	}
	for _, r := range a.assembly.OfType("AWS::IAM::UserToGroupAddition") {
		for _, user := range list(r.Properties["Users"]) {
			member(r, text(user), text(r.Properties["GroupName"]))
		}
	}
}
