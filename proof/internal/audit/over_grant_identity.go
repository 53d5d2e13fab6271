package audit

import (
	"fmt"
	"github.com/crossgrant/crossgrant/assembly"
	"maps"
	"slices"

	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// permission is one action on one resource that a statement permits.
type permission struct {
	action, resource string
	conditions       map[string]map[string][]string
}

// trustedRole checks that the grant's role has no permission that the grant does not need, and no longer sessions.
func (a *checks) trustedRole(g *model.Grant) {
	role, ok := a.Accounts.Role(g.RoleARN)
	if !ok {
		return
	}
	a.identityPolicies(g, role, func(p permission) bool {
		return !g.Covers(p.action, a.PatternOf(g, p.resource), p.conditions) && !a.usesKey(g, p) && !a.isMarked(role.ARN, p)
	})
	a.sessionDuration(g, role)
}

// usesKey says that a permission is to use the key that data of the grant is under, which may be another key than the grant was declared with, by
// way of the service that has the data.
func (a *checks) usesKey(g *model.Grant, p permission) bool {
	key, ok := arn.Parse(p.resource)
	if !ok || len(p.conditions) == 0 {
		return false
	}
	return slices.ContainsFunc(g.Permissions, func(s contract.Statement) bool {
		via := fmt.Sprintf("%s.%s.amazonaws.com", s.Service(), key.Region)
		if !slices.Equal(p.conditions["StringEquals"]["kms:ViaService"], []string{via}) {
			return false
		}
		needs := func(action string) bool { return slices.Contains(model.KeyActions(action), p.action) }
		under := func(resource string) bool {
			of, ok := a.Accounts.ResourceOf(resource)
			return ok && of.Key == p.resource
		}
		return slices.ContainsFunc(s.Actions, needs) && slices.ContainsFunc(a.Resources(g, s), under)
	})
}

// identityPolicies is one check for each statement of a role's policies. isExcess says which permissions are too much.
func (a *checks) identityPolicies(g *model.Grant, role *accounts.Principal, isExcess func(permission) bool) {
	for _, d := range role.Policies {
		allows(d, func(s *policy.Statement, e policy.Elements) {
			c := a.newIdentityCheck(g, d, s, role.Resource)
			c.Access = model.Access{Caller: role.ARN}
			if g != nil && role.ARN == g.RoleARN {
				tooMuch(&c, otherValues(g, e))
			}
			for _, action := range e.Actions {
				for _, resource := range e.Resources {
					switch {
					case !policy.IsKnown(action):
						c.Verdict = check.Undecided
						c.Details = append(c.Details, "the policy is unknown: give it, to say what it permits beyond the grant")
						c.Missing = model.ToGiveOf(a.Accounts.Unknown(d))
					case a.IsOpen(resource, role.Resource) && isExcess(permission{action, resource, e.Conditions}):
						if c.Verdict != check.Broken {
							c.Verdict = check.Undecided
						}
						c.Details = append(c.Details, policy.Readable(action+" on "+resource+" is permitted, and what that is the templates do not say"))
					case e.NotAction || e.NotResource || isExcess(permission{action, resource, e.Conditions}):
						tooMuch(&c, action+" on "+resource+" is permitted, and no permission of the grant needs it")
					}
				}
			}
			a.all = append(a.all, c)
		})
	}
}

// grantees checks that grantees can assume no more roles of other accounts than those of their grants.
func (a *checks) grantees() {
	roles := map[string][]string{}
	first := map[string]*model.Grant{}
	for _, g := range a.Grants {
		for _, grantee := range g.Grantees {
			if g.RoleARN != "" {
				roles[grantee] = append(roles[grantee], g.RoleARN)
			}
			if first[grantee] == nil {
				first[grantee] = g
			}
		}
	}
	for _, grantee := range slices.Sorted(maps.Keys(first)) {
		if role, ok := a.Accounts.Role(grantee); ok {
			a.identityPolicies(first[grantee], role, func(p permission) bool {
				if slices.Contains(roles[grantee], p.resource) {
					return !a.isNeededToAssume(first[grantee], p.action)
				}
				return model.ActionMatches(p.action, "sts:AssumeRole") && arn.Account(p.resource) != arn.Account(grantee) && !a.isMarked(grantee, p)
			})
		}
	}
}

// sessionDuration checks that a role's sessions last no longer than the grant says.
func (a *checks) sessionDuration(g *model.Grant, role *accounts.Principal) {
	set := role.Properties["MaxSessionDuration"]
	c := newCheck(g, "sessions of role "+role.Name, role.Resource, fmt.Sprintf("set MaxSessionDuration of role %s to %d", role.Name, max(g.Trust.SessionSeconds, 3600)))
	if longest := fmt.Sprint(set); set != nil && longest != fmt.Sprint(max(g.Trust.SessionSeconds, 3600)) && longest != fmt.Sprint(g.Trust.SessionSeconds) {
		c.Changes = []assembly.Change{assembly.ChangeOf(role.Resource, assembly.SetValue, max(g.Trust.SessionSeconds, 3600), "MaxSessionDuration")}
		tooMuch(&c, fmt.Sprintf("they may last %s seconds, and the grant says %d", longest, g.Trust.SessionSeconds))
	}
	a.all = append(a.all, c)
}
