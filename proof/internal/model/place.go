package model

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/policy"
)

// Where templates have policies, and how their statements are changed there.

// placeOf returns where templates have a policy. ok is false for one that no template has.
func (m *Model) placeOf(d *policy.Document) (p accounts.Place, ok bool) {
	for e, of := range m.endpointPolicies {
		if of == d && e.Resource.Stack != nil {
			return accounts.Place{Resource: e.Resource, Path: []any{"PolicyDocument"}}, e.Resource.Stack.Facts == ""
		}
	}
	return m.Accounts.PlaceOf(d)
}

// Replace changes templates so that a policy has other statements in the place of one; none to remove it. ok is false if no template has it, or if the
// statements name what another template generates.
func (m *Model) Replace(d *policy.Document, index int, by []Statement) (changes []assembly.Change, ok bool) {
	p, ok := m.placeOf(d)
	if !ok || index >= len(d.Statements) {
		return nil, false
	}
	if p.Each != nil {
		if len(by) > 0 || index >= len(p.Each) {
			return nil, false
		}
		return Remove(p.Each[index]), true
	}
	var written []any
	for _, s := range by {
		one, ok := p.Resource.Stack.Written(s.object())
		if !ok {
			return nil, false
		}
		written = append(written, one)
	}
	list := append(slices.Clone(p.Path), "Statement")
	at := append(slices.Clone(list), index)
	switch {
	case len(written) > 0:
		changes = append(changes, assembly.ChangeOf(p.Resource, assembly.SetValue, written[0], at...))
		for _, one := range written[1:] {
			changes = append(changes, assembly.ChangeOf(p.Resource, assembly.AppendItem, one, list...))
		}
	case len(d.Statements) > 1:
		changes = append(changes, assembly.ChangeOf(p.Resource, assembly.RemoveValue, nil, at...))
	case p.Path[0] == "Policies":
		changes = append(changes, assembly.ChangeOf(p.Resource, assembly.RemoveValue, nil, p.Path[:2]...))
	case alone[p.Resource.Type]:
		changes = Remove(p.Resource)
	case p.Resource.Type == "AWS::IAM::Role" && !m.isGrantee(p.Resource.ARN), p.Resource.Type == "AWS::EC2::VPCEndpoint":
		// AWS takes no policy without statements, and without one an endpoint allows everything.
		changes = append(changes, assembly.ChangeOf(p.Resource, assembly.SetValue, "Deny", append(at, "Effect")...))
	default:
		return nil, false
	}
	return changes, true
}

// Shared are a policy and the same one of the other roles and users that it is attached to.
func (m *Model) Shared(d *policy.Document) []*policy.Document {
	all := []*policy.Document{d}
	p, ok := m.placeOf(d)
	if !ok || len(m.Accounts.AttachedTo(p.Resource)) < 2 {
		return all
	}
	for _, of := range slices.Concat(m.Accounts.Roles, m.Accounts.Users) {
		for _, other := range of.Policies {
			if at, ok := m.placeOf(other); ok && other != d && at.Resource == p.Resource {
				all = append(all, other)
			}
		}
	}
	return all
}

// Detach changes templates so that a role no longer has a policy that others have as well. None for a policy that it alone has.
func (m *Model) Detach(d *policy.Document) []assembly.Change {
	p, ok := m.placeOf(d)
	if !ok || len(m.Accounts.AttachedTo(p.Resource)) < 2 {
		return nil
	}
	names, _ := p.Resource.Properties["Roles"].([]any)
	for _, role := range m.Accounts.Roles {
		if !slices.Contains(role.Policies, d) {
			continue
		}
		if i := slices.Index(names, any(role.Name)); i >= 0 && role.Stack.Account == p.Resource.Stack.Account {
			return []assembly.Change{assembly.ChangeOf(p.Resource, assembly.RemoveValue, nil, "Roles", i)}
		}
	}
	return nil
}

// isGrantee says that a role is a grantee, whom somebody has to be able to assume.
func (m *Model) isGrantee(roleARN string) bool {
	return slices.ContainsFunc(m.Grants, func(g *Grant) bool { return slices.Contains(g.Grantees, roleARN) })
}

// SetIn changes a place within a statement of a policy.
func (m *Model) SetIn(d *policy.Document, index int, e assembly.Edit, value any, within ...any) (c assembly.Change, ok bool) {
	p, ok := m.placeOf(d)
	if !ok || p.Each != nil {
		return c, false
	}
	if value, ok = p.Resource.Stack.Written(value); !ok {
		return c, false
	}
	return assembly.ChangeOf(p.Resource, e, value, slices.Concat(p.Path, []any{"Statement", index}, within)...), true
}

// alone are the types that are a policy and nothing else, so that they go with their last statement.
var alone = map[string]bool{"AWS::IAM::Policy": true, "AWS::IAM::RolePolicy": true, "AWS::IAM::UserPolicy": true, "AWS::IAM::GroupPolicy": true, "AWS::S3::BucketPolicy": true,
	"AWS::SNS::TopicPolicy": true, "AWS::SNS::TopicInlinePolicy": true, "AWS::SQS::QueuePolicy": true, "AWS::SQS::QueueInlinePolicy": true, "AWS::Kinesis::ResourcePolicy": true,
	"AWS::SecretsManager::ResourcePolicy": true}

// Remove is how a template loses a resource: with the DependsOn of others on it.
func Remove(r *assembly.Resource) []assembly.Change {
	all := []assembly.Change{{Edit: assembly.RemoveValue, Stack: r.Stack, LogicalID: r.LogicalID}}
	for _, other := range r.Stack.Resources {
		if !slices.Contains(other.DependsOn, r.LogicalID) {
			continue
		}
		c := assembly.Change{Edit: assembly.SetValue, Stack: r.Stack, LogicalID: other.LogicalID, Path: []any{"DependsOn"}}
		var rest []any
		for _, one := range other.DependsOn {
			if one != r.LogicalID {
				rest = append(rest, one)
			}
		}
		if c.Value = rest; len(rest) == 0 {
			c.Edit, c.Value = assembly.RemoveValue, nil
		}
		all = append(all, c)
	}
	return all
}

// object is the statement as a resolved template has it.
func (s Statement) object() map[string]any {
	all := map[string]any{"Effect": s.Effect, "Action": listOf(s.Action)}
	if s.Sid != "" {
		all["Sid"] = s.Sid
	}
	switch p := s.Principal.(type) {
	case map[string]string:
		one := map[string]any{}
		for kind, name := range p {
			one[kind] = name
		}
		all["Principal"] = one
	case map[string][]string:
		one := map[string]any{}
		for kind, names := range p {
			one[kind] = listOf(names)
		}
		all["Principal"] = one
	case nil:
	default:
		all["Principal"] = p
	}
	if len(s.Resource) > 0 {
		all["Resource"] = listOf(s.Resource)
	}
	if len(s.Condition) > 0 {
		conditions := map[string]any{}
		for operator, keys := range s.Condition {
			of := map[string]any{}
			for key, values := range keys {
				of[key] = listOf(values)
			}
			conditions[operator] = of
		}
		all["Condition"] = conditions
	}
	return all
}

func listOf(texts []string) []any {
	all := make([]any, len(texts))
	for i, one := range texts {
		all[i] = one
	}
	return all
}

// separatePolicies are the policies that are a resource of their own, by the type of the resource that they are for: the property that names it, and the
// one that has the policy.
var separatePolicies = map[string]struct {
	kind, of, document string
	many               bool // of is a list
}{
	"AWS::Kinesis::Stream":        {kind: "AWS::Kinesis::ResourcePolicy", of: "ResourceArn", document: "ResourcePolicy"},
	"AWS::S3::Bucket":             {kind: "AWS::S3::BucketPolicy", of: "Bucket", document: "PolicyDocument"},
	"AWS::SNS::Topic":             {kind: "AWS::SNS::TopicPolicy", of: "Topics", document: "PolicyDocument", many: true},
	"AWS::SQS::Queue":             {kind: "AWS::SQS::QueuePolicy", of: "Queues", document: "PolicyDocument", many: true},
	"AWS::SecretsManager::Secret": {kind: "AWS::SecretsManager::ResourcePolicy", of: "SecretId", document: "ResourcePolicy"},
}

// policyProperties are where types have their policy themselves.
var policyProperties = map[string][]any{
	"AWS::DynamoDB::Table": {"ResourcePolicy", "PolicyDocument"}, "AWS::EC2::VPCEndpoint": {"PolicyDocument"}, "AWS::KMS::Key": {"KeyPolicy"},
	"AWS::ECR::Repository": {"RepositoryPolicyText"}, "AWS::S3::AccessPoint": {"Policy"}, "AWS::IAM::Role": {"AssumeRolePolicyDocument"},
}

// Add changes templates so that the policy of a kind of a resource has more statements: in the policy that is there, or in a new one. For a role or user,
// policy.Identity is a new inline policy. ok is false if no template has the resource, or if a statement names what another template generates.
func (m *Model) Add(of *assembly.Resource, kind policy.Kind, statements ...Statement) (changes []assembly.Change, ok bool) {
	if of == nil || of.Stack == nil || of.Stack.Facts != "" {
		return nil, false
	}
	var written []any
	for _, s := range statements {
		one, ok := of.Stack.Written(s.object())
		if !ok {
			return nil, false
		}
		written = append(written, one)
	}
	document := map[string]any{"Version": "2012-10-17", "Statement": written}
	into := func(d *policy.Document) bool {
		p, ok := m.placeOf(d)
		if !ok || p.Each != nil || p.Resource.Conditional != "" {
			return false
		}
		for _, one := range written {
			changes = append(changes, assembly.ChangeOf(p.Resource, assembly.AppendItem, one, append(slices.Clone(p.Path), "Statement")...))
		}
		return true
	}
	one := func(c assembly.Change) ([]assembly.Change, bool) { return []assembly.Change{c}, true }
	switch kind {
	case policy.Identity:
		if of.Type != "AWS::IAM::Role" && of.Type != "AWS::IAM::User" {
			return nil, false
		}
		text, err := json.Marshal(written)
		if err != nil {
			panic(err) // plain data
		}
		name := fmt.Sprintf("Added%08x", crc32.ChecksumIEEE(text)) // another one for other statements, since a role has one policy of a name
		return one(assembly.ChangeOf(of, assembly.AppendItem, map[string]any{"PolicyName": name, "PolicyDocument": document}, "Policies"))
	case policy.Trust:
		if role, ok := m.Accounts.Role(of.ARN); ok && role.Resource == of && into(role.Trust) {
			return changes, true
		}
	case policy.Endpoint:
		for e, d := range m.endpointPolicies {
			if e.Resource == of && into(d) {
				return changes, true
			}
		}
	case policy.Resource:
		if r, ok := m.Accounts.ResourceOf(of.ARN); ok && r.Resource == of && r.Policy != nil {
			ok := into(r.Policy)
			return changes, ok
		}
	default:
		return nil, false
	}
	if at, ok := policyProperties[of.Type]; ok {
		return one(assembly.ChangeOf(of, assembly.SetValue, document, at...))
	}
	separate, ok := separatePolicies[of.Type]
	if !ok {
		return nil, false
	}
	var name any = map[string]any{"Ref": of.LogicalID}
	switch {
	case separate.many:
		name = []any{name}
	case separate.of == "ResourceArn":
		name = map[string]any{"Fn::GetAtt": []any{of.LogicalID, "Arn"}}
	}
	return one(assembly.Change{Edit: assembly.SetValue, Stack: of.Stack, LogicalID: of.LogicalID + "AddedPolicy",
		Value: map[string]any{"Type": separate.kind, "Properties": map[string]any{separate.of: name, separate.document: document}}})
}
