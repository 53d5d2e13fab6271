package audit

import (
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// InvalidPolicy is the rule that AWS accepts each policy of the templates. Deployment would fail otherwise, after synthesis and proof.
const InvalidPolicy check.Rule = "InvalidPolicy"

// invalidPolicy is one check for each policy that AWS refuses.
func invalidPolicy(m *model.Model) []check.Check {
	var all []check.Check
	for _, p := range m.Accounts.Documents() {
		problems := slices.DeleteFunc(policy.Validate(p.Document, p.Kind), func(one policy.Problem) bool { return one.Size }) // which is of Quota
		if len(problems) == 0 || isEmptyInline(p) {
			continue
		}
		c := check.Check{Rule: InvalidPolicy, Expects: check.MustWork, Name: policy.Readable("AWS accepts " + p.Document.Name), Verdict: check.Broken, Where: []*assembly.Resource{p.Resource},
			Manual: []string{"what the statement is meant to say, only its author knows"}}
		for _, one := range problems {
			c.Details = append(c.Details, policy.Readable(one.String()))
			at := p.Place
			if one.Path != "" {
				at += "." + one.Path
			}
			c.Remedy = append(c.Remedy, policy.Readable("correct "+at+" of "+p.Resource.LogicalID+" in stack "+p.Resource.Stack.DisplayName+", or AWS refuses "+p.Document.Name+" at deployment"))
		}
		all = append(all, c)
	}
	return all
}

// isEmptyInline says that a policy is an inline policy whose list of statements is empty: it permits nothing, and no page says that IAM refuses it, as
// it does a managed policy.
func isEmptyInline(p accounts.PolicyDocument) bool {
	return p.Kind == policy.Identity && len(p.Document.Statements) == 0
}
