package model

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// anybody is the key of roles whose trust policies name everybody, or somebody unknown.
const anybody = "*"

// readTrusting indexes the roles by the principals that their trust policies name.
func (m *Model) readTrusting() {
	roles := slices.Clone(m.Accounts.Roles)
	for _, name := range slices.Sorted(maps.Keys(m.contractRoles)) {
		roles = append(roles, m.contractRoles[name])
	}
	for _, role := range roles {
		keys := map[string]bool{}
		if role.Trust == nil {
			keys[anybody] = true
		} else {
			for i := range role.Trust.Statements {
				trustedBy(&role.Trust.Statements[i], keys)
			}
		}
		for key := range keys {
			m.trusting[key] = append(m.trusting[key], role)
		}
	}
}

// trustedBy adds the principals that a statement of a trust policy names: accounts by their IDs, others as they are written.
func trustedBy(s *policy.Statement, keys map[string]bool) {
	if s.Effect != policy.Allow {
		return
	}
	e := s.Elements()
	if e.NotPrincipal {
		keys[anybody] = true
		return
	}
	for kind, principals := range e.Principals {
		for _, principal := range principals {
			switch a, ok := arn.Parse(principal); {
			case kind == "Service":
			case !policy.IsKnown(principal) && !(ok && policy.IsKnown(a.Account)), strings.Contains(principal, "*"):
				keys[anybody] = true
			case ok && (a.Resource == "root" || a.Service == "sts"): // the account, or a session of one of its roles
				keys[a.Account] = true
			case ok && !policy.IsKnown(principal): // a role of this account, whose name AWS generates
				keys[principal], keys[a.Account] = true, true
			default:
				keys[principal] = true
			}
		}
	}
}

// Trusting are the roles whose trust policies may let a principal assume them, as far as their Principal elements say, sorted by ARN.
func (m *Model) Trusting(principal string) []*accounts.Principal {
	var all []*accounts.Principal
	seen := map[*accounts.Principal]bool{}
	for _, key := range []string{anybody, principal, arn.Account(principal)} {
		for _, role := range m.trusting[key] {
			if role.ARN != principal && !seen[role] {
				seen[role] = true
				all = append(all, role)
			}
		}
	}
	slices.SortFunc(all, func(a, b *accounts.Principal) int { return strings.Compare(a.ARN, b.ARN) })
	return all
}
