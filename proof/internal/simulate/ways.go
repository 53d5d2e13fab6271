package simulate

import (
	"path"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Ways are the ways in which a caller may make a request: itself, and as each role that it may assume, in any number of steps. The steps are as the
// policies of caller and role permit; one that depends on something unknown counts as well. A role that no template has counts if the caller may
// assume it, since it may have any permission.
func Ways(m *model.Model, a model.Access) []model.Access {
	a.Assumes = nil
	s := search{m, a, map[string]bool{a.Caller: true}, []model.Access{a}}
	if model.IsService(a.Caller) || arn.Account(a.Caller) == "" {
		return s.ways
	}
	// First what surely works, so that of two ways to a role the sure one counts.
	surely := []*model.Assume{nil}
	var perhaps []*model.Assume
	for len(surely) > 0 || len(perhaps) > 0 {
		next := &surely
		if len(surely) == 0 {
			next = &perhaps
		}
		by := (*next)[0]
		*next = (*next)[1:]
		if by != nil && !s.visit(by) {
			continue
		}
		for _, step := range s.steps(by) {
			if one := by.WithThen(&step.Assume); step.passes == policy.Yes {
				surely = append(surely, one)
			} else {
				perhaps = append(perhaps, one)
			}
		}
	}
	return s.ways
}

// search is a search for the roles that a caller may assume.
type search struct {
	model   *model.Model
	from    model.Access
	visited map[string]bool // by ARN
	ways    []model.Access
}

// visit adds a way, unless another one leads to its role.
func (s *search) visit(by *model.Assume) bool {
	one := s.from
	one.Assumes = by
	if s.visited[one.Actor()] {
		return false
	}
	s.visited[one.Actor()] = true
	s.ways = append(s.ways, one)
	return true
}

// step is a role that someone may assume.
type step struct {
	model.Assume
	passes policy.Answer
}

// steps are the roles that whoever has come so far may assume next.
func (s *search) steps(by *model.Assume) []step {
	so := s.from
	so.Assumes = by
	actor := so.Actor()
	var all []step
	for _, role := range s.model.Trusting(actor) {
		if s.visited[role.ARN] {
			continue
		}
		one := step{Assume: Presented(s.model, role)}
		one.passes = Walk(s.model, model.Access{Caller: actor, Administrator: s.from.Administrator && by == nil, Organization: s.from.Organization, Assumes: &one.Assume})[0].Passes
		if one.passes != policy.No {
			all = append(all, one)
		}
	}
	for _, role := range s.elsewhere(actor) {
		all = append(all, step{model.Assume{Role: role}, policy.Indeterminate})
	}
	return all
}

// Presented is how a role is assumed by someone who knows what its grant, or else its trust policy, asks for.
func Presented(m *model.Model, role *accounts.Principal) model.Assume {
	for _, g := range m.Grants {
		if g.RoleARN == role.ARN {
			return *g.Assume()
		}
	}
	a := model.Assume{Role: role.ARN}
	if role.Trust == nil {
		return a
	}
	for i := range role.Trust.Statements {
		if s := &role.Trust.Statements[i]; s.Effect == policy.Allow {
			conditions := s.Elements().Conditions
			a.ExternalID, a.SourceIdentity = asked(conditions, "sts:ExternalId", a.ExternalID), asked(conditions, "sts:SourceIdentity", a.SourceIdentity)
		}
	}
	return a
}

// asked is a value that conditions ask for.
func asked(conditions map[string]map[string][]string, key, byDefault string) string {
	for _, operator := range []string{"StringEquals", "StringEqualsIgnoreCase", "StringLike"} {
		for name, values := range conditions[operator] {
			if strings.EqualFold(name, key) && len(values) > 0 {
				return model.Example(values[0])
			}
		}
	}
	return byDefault
}

// elsewhere are roles that no template has and that a principal's own policies let it assume. Of those that only a wildcard means, one in the account
// of the resource stands for all.
func (s *search) elsewhere(actor string) []string {
	p := s.model.Principal(actor)
	if p == nil {
		return nil
	}
	var all []string
	for _, d := range p.Policies {
		for i := range d.Statements {
			e := d.Statements[i].Elements()
			if d.Statements[i].Effect != policy.Allow || e.NotAction || !slices.ContainsFunc(e.Actions, assumesRole) {
				continue
			}
			for _, pattern := range e.Resources {
				if role, ok := s.unknownRole(pattern); ok && !e.NotResource && !slices.Contains(all, role) {
					all = append(all, role)
				}
			}
		}
	}
	return all
}

func assumesRole(action string) bool {
	return policy.IsKnown(action) && model.ActionMatches(action, "sts:AssumeRole")
}

// unknownRole is the role that a pattern means, if no template has it.
func (s *search) unknownRole(pattern string) (string, bool) {
	resource, _ := arn.Parse(s.from.Resource)
	owner := s.from.Owner
	if owner == "" {
		owner = resource.Account
	}
	if of, ok := s.model.Accounts.ResourceOf(s.from.Resource); ok {
		owner = of.Stack.Account
	}
	if pattern == "*" {
		pattern = "arn:" + resource.Partition + ":iam::*:role/*"
	}
	a, _ := arn.Parse(pattern)
	if a.Service != "iam" || !strings.HasPrefix(a.Resource, "role/") || !policy.IsKnown(pattern) {
		return "", false
	}
	if fits, err := path.Match(a.Account, owner); err == nil && fits && strings.ContainsAny(pattern, "*?") {
		a.Account = owner
	}
	a.Resource = model.Example(a.Resource)
	role := a.String()
	return role, s.model.Role(role) == nil && !strings.ContainsAny(a.Account, "*?") && !s.visited[role]
}
