package question

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// session is a role session, as AWS names who made a request.
type session struct{ account, role, name string }

// sessionOf reads the ARN of a role session. ok is false for anything else.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
func sessionOf(caller string) (s session, ok bool) {
	a, _ := arn.Parse(caller)
	rest, isSession := strings.CutPrefix(a.Resource, "assumed-role/")
	if a.Service != "sts" || !isSession {
		return session{}, false
	}
	s.account = a.Account
	s.role, s.name, ok = strings.Cut(rest, "/")
	return s, ok && s.role != "" && s.name != ""
}

// accesses are the ways in which a session came to be: its role by what runs as it, or else by whoever may assume it. A function's session has the
// name of the function, and an instance's its ID, so that a session of another name is nobody's that is known.
func (s session) accesses(m *model.Model) ([]model.Access, error) {
	roles := s.roles(m)
	if len(roles) == 0 {
		return nil, fmt.Errorf("found a session of role %s of account %s, which no template has, expected one of a role in the assembly, or facts about it%s", s.role, s.account, s.didYouMean(m))
	}
	var all []model.Access
	for _, role := range roles {
		if workloads := m.Workloads(role.ARN); len(workloads) > 0 {
			for _, w := range workloads {
				name, has := w.Resource.Properties["FunctionName"].(string)
				if has && name == s.name || !has && w.Resource.Type == "AWS::Lambda::Function" && mayBeCalled(w.Resource, s.name, false) {
					return []model.Access{{Caller: role.ARN, From: w}}, nil
				}
			}
			all = append(all, m.FromWorkloads(model.Access{Caller: role.ARN})...)
			continue
		}
		if by := assuming(m, role); len(by) > 0 {
			all = append(all, by...)
			continue
		}
		all = append(all, model.Access{Caller: role.ARN})
	}
	return all, nil
}

// didYouMean is the end of the sentence about a role that no template has: the role of the same name in another account, or the one of the account with the
// most similar name. "" if there is none.
func (s session) didYouMean(m *model.Model) string {
	best, least := "", 1+len(s.role)/3
	for _, p := range m.Accounts.Roles {
		name := p.ARN[strings.LastIndexByte(p.ARN, '/')+1:]
		d := levenshtein.ComputeDistance(strings.ToLower(name), strings.ToLower(s.role))
		if d < least && policy.IsKnown(name) && (d == 0 || p.Stack.Account == s.account) {
			best, least = p.ARN, d
		}
	}
	if best == "" {
		return ""
	}
	return ": did you mean " + policy.Readable(best) + "?"
}

// roles are those of the name, which has no path. A role without a name of its own counts if CloudFormation may have named it so.
func (s session) roles(m *model.Model) (named []*accounts.Principal) {
	var generated []*accounts.Principal
	for _, p := range m.Accounts.Roles {
		if p.Stack.Account != s.account && policy.IsKnown(p.Stack.Account) {
			continue
		}
		switch {
		case p.ARN[strings.LastIndexByte(p.ARN, '/')+1:] == s.role:
			named = append(named, p)
		case p.Properties["RoleName"] == nil && mayBeCalled(p.Resource, s.role, false):
			generated = append(generated, p)
		}
	}
	if len(named) > 0 {
		return named
	}
	return generated
}

// mayBeCalled says that CloudFormation may give a resource a name: the stack's name, the logical ID and something random, the first two cut where all
// would be too long.
//
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-name.html
//
// Names of buckets are in lower case.
func mayBeCalled(r *assembly.Resource, name string, lower bool) bool {
	stack, id := r.Stack.Name, r.LogicalID
	if lower {
		stack, id = strings.ToLower(stack), strings.ToLower(id)
	}
	rest, ok := cutCommon(name, stack)
	if !ok {
		return false
	}
	_, ok = cutCommon(rest, id)
	return ok
}

// least is how many characters of a name are left at least, where it is cut.
const least = 8

// cutCommon cuts the beginning that a name has in common with another, up to the "-" behind it.
func cutCommon(name, with string) (rest string, ok bool) {
	n := 0
	for n < len(name) && n < len(with) && name[n] == with[n] {
		n++
	}
	if n < len(name) && name[n] == '-' && n >= min(least, len(with)) {
		return name[n+1:], true
	}
	return "", false
}

// assuming are the ways to a role of those whom policies let assume it: the grantees of its grants, or else everyone.
func assuming(m *model.Model, role *accounts.Principal) (all []model.Access) {
	for _, g := range m.Grants {
		if g.RoleARN != role.ARN {
			continue
		}
		for _, grantee := range g.Grantees {
			for _, a := range m.FromWorkloads(model.Access{Caller: grantee}) {
				a.Assumes = g.Assume()
				all = append(all, a)
			}
		}
	}
	if len(all) > 0 {
		return all
	}
	for _, p := range slices.Concat(m.Accounts.Roles, m.Accounts.Users) {
		if p == role {
			continue
		}
		for _, from := range m.FromWorkloads(model.Access{Caller: p.ARN}) {
			for _, way := range simulate.Ways(m, from) {
				if way.Assumes != nil && way.Actor() == role.ARN {
					all = append(all, way)
				}
			}
		}
	}
	return all
}
