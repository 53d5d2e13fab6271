package policy

import (
	"github.com/crossgrant/crossgrant/policy/internal/pattern"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// countsPrincipal says whether policies of the kind have principals.
func countsPrincipal(k Kind) bool {
	return k == Resource || k == Trust || k == Endpoint || k == ResourceControl
}

// matchPrincipal says whether Principal or NotPrincipal takes in the caller.
func (s *Statement) matchPrincipal(c *call, k Kind) truth.Value {
	switch {
	case !countsPrincipal(k):
		return truth.Yes
	case len(s.principals) == 0 && (k == Endpoint || k == ResourceControl):
		return truth.Yes // these limit whoever calls
	case len(s.principals) == 0:
		return truth.Unknown
	case s.notPrincipal:
		return s.exceptsNot(c)
	}
	v := truth.No
	for i := range s.principals {
		by, w := s.names(i, c)
		if k == Endpoint && by == account && w == truth.Yes && c.throughGateway() {
			w = truth.Unknown
		}
		v = max(v, w)
	}
	return v
}

// names says in which way one of the principals names the caller. A Deny for all principals of AWS is for services in any case; and a caller
// that is a role, without the name of its session, has nothing of what is allowed to one session.
func (s *Statement) names(i int, c *call) (scope, truth.Value) {
	p := &s.principals[i]
	by, v := p.names(c)
	switch {
	case v != truth.Unknown:
	case s.Effect == Deny && p.kind == anyAWSPrincipal:
		return by, truth.Yes
	case s.Effect == Allow && p.kind == sessionPrincipal && p.open == nil && c.who.kind == sessionCaller && c.roleLength == 0:
		return nobody, truth.No
	}
	return by, v
}

// throughGateway says whether the call may take a gateway endpoint, where an account as Principal is its root user only; S3 and DynamoDB
// have both sorts of endpoints, and the request does not tell which.
// https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
func (c *call) throughGateway() bool {
	return c.who.kind != rootCaller && (pattern.HasPrefix(c.request.Action, "s3:", pattern.FoldCase) || pattern.HasPrefix(c.request.Action, "dynamodb:", pattern.FoldCase))
}

// exceptsNot says whether NotPrincipal leaves the caller in. AWS asks for the caller's account besides its user or role, and
// for a session all three, in an order that it does not promise: so only a caller of whom all of these are listed is surely excepted, and one
// of whom some are listed might be.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
func (s *Statement) exceptsNot(c *call) truth.Value {
	if s.Effect == Allow {
		// Not supported, says AWS; but whom it lists by name it allows in no way.
		for i := range s.principals {
			if by, v := s.principals[i].names(c); v == truth.Yes && (by == exactly || by == everyone || c.who.kind == rootCaller) {
				return truth.No
			}
		}
		return truth.Unknown
	}
	return s.excepts(c).Not()
}

func (s *Statement) excepts(c *call) truth.Value {
	var all, itself, itsRole, itsAccount, neighbour = truth.No, truth.No, truth.No, truth.No, false
	for i := range s.principals {
		p := &s.principals[i]
		by, v := p.names(c)
		switch by {
		case everyone:
			all = max(all, v)
		case account:
			itsAccount = max(itsAccount, v)
		case role:
			itsRole = max(itsRole, v)
		case exactly:
			itself = max(itself, v)
		}
		neighbour = neighbour || p.kind != accountPrincipal && p.account == c.who.account && v == truth.No
	}
	switch {
	case all != truth.No:
		return all
	case c.who.kind == rootCaller:
		return itsAccount
	case !c.who.hasIdentity():
		return itself
	}
	whole := min(itself, itsAccount)
	if c.who.kind == sessionCaller {
		whole = min(whole, itsRole)
	}
	if whole == truth.Yes {
		return truth.Yes
	}
	if itself == truth.No && itsRole == truth.No && (itsAccount == truth.No || itsAccount == truth.Yes && neighbour) {
		return truth.No // AWS's example: Bob and his account are listed, and everybody else there is denied
	}
	return truth.Unknown
}
