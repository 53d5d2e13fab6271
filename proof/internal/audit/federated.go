package audit

import (
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Federated are the checks, for another rule, that the trust policies of all roles say which users of an identity provider they let in.
func Federated(m *model.Model, rule check.Rule) []check.Check {
	a := &checks{Model: m}
	for _, role := range m.Accounts.Roles {
		allows(role.Trust, func(s *policy.Statement, e policy.Elements) {
			for _, provider := range e.Principals["Federated"] {
				c := newStatementCheck(nil, role.Trust, s, role.Resource)
				c.Rule, c.Narrow, c.Name = rule, nil, c.Name+policy.Readable(": users of "+issuerOf(provider))
				c.Manual = []string{"which users are meant, only its owner knows"}
				a.provider(&c, e, provider)
				a.all = append(a.all, c)
			}
		})
	}
	return a.all
}
