package policy

import "strings"

// rolePath is a role's ARN with a path, such as "arn:aws:iam::111122223333:role/team/app", in a condition on aws:PrincipalArn.
type rolePath struct{ account, name pattern }

func compileRolePath(raw string, f family) *rolePath {
	a, ok := splitARN(raw)
	i := strings.LastIndexByte(raw, '/')
	if !ok || !strings.HasPrefix(a.resource(), "role/") || strings.Count(a.resource(), "/") < 2 {
		return nil
	}
	var s syntax
	if f == stringLikeFamily || f == arnFamily {
		s = wildcards
	}
	return &rolePath{compile(a.account(), s), compile(strings.ToLower(raw[i+1:]), s)}
}

// names says whether the caller's role may be the one that is meant: its path is not in the ARN of its session.
func (p *rolePath) names(c *call) bool {
	return p != nil && p.account.is(c, c.who.account, nil, 0) != no && p.name.is(c, c.who.name, nil, fold) != no
}
