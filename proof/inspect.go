package proof

import (
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/audit"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/opening"
)

// Inspect checks what needs no declaration: that no trust or resource policy lets in everybody, accounts that are not trusted, or services on behalf of
// others; that no endpoint lets everything pass; and that AWS accepts policies, names, settings and sizes. What a grant declares is no finding. Without a
// policy and an endpoint, its verdict is [NothingDeclared].
func Inspect(a *assembly.Assembly, o Options) (*Report, error) {
	if a == nil {
		return nil, errNoAssembly
	}
	m, err := model.NewWithNamed(a, o)
	if err != nil {
		return nil, err
	}
	r := &Report{Grants: m.Grants, Notes: m.Notes, Assumed: m.Network.Assumed()}
	for _, d := range undeclared {
		r.Checks = append(r.Checks, d.Checks(m)...)
	}
	check.Run(m, r.Checks)
	r.assume(m.Given())
	return r, nil
}

// undeclared are the rules that need no declaration, in the order in which they are checked.
var undeclared = slices.Concat(opening.Rules(), []check.Definition{
	{Rule: opening.PublicAccess, About: "A trust policy has to say which users of an identity provider it lets in.",
		Checks: func(m *model.Model) []check.Check { return audit.Federated(m, opening.PublicAccess) }},
}, slices.DeleteFunc(audit.Rules(), func(d check.Definition) bool { return d.Rule == audit.OverGrant }))
