package policy

import (
	"strings"

	"github.com/crossgrant/crossgrant/policy/internal/operator"
	"github.com/crossgrant/crossgrant/policy/internal/pattern"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// rolePath is a role's ARN with a path, such as "arn:aws:iam::111122223333:role/team/app", in a condition on aws:PrincipalArn.
type rolePath struct{ account, name pattern.Pattern }

func compileRolePath(raw string, f operator.Family) *rolePath {
	a, ok := splitARN(raw)
	i := strings.LastIndexByte(raw, '/')
	if !ok || !strings.HasPrefix(a.resource(), "role/") || strings.Count(a.resource(), "/") < 2 {
		return nil
	}
	var s pattern.Syntax
	if f == operator.StringLike || f == operator.ARN {
		s = pattern.Wildcards
	}
	return &rolePath{pattern.Compile(a.account(), s), pattern.Compile(strings.ToLower(raw[i+1:]), s)}
}

// names says whether the caller's role may be the one that is meant: its path is not in the ARN of its session.
func (p *rolePath) names(c *call) bool {
	return p != nil && p.account.Matches(c.who.account, nil, 0, !c.open) != truth.No && p.name.Matches(c.who.name, nil, pattern.FoldCase, !c.open) != truth.No
}
