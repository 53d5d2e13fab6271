package policy

import (
	"slices"

	"github.com/crossgrant/crossgrant/policy/internal/pattern"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// element is the name of an element of a statement.
type element string

const (
	principalElement    element = "Principal"
	notPrincipalElement element = "NotPrincipal"
	actionElement       element = "Action"
	notActionElement    element = "NotAction"
	resourceElement     element = "Resource"
	notResourceElement  element = "NotResource"
	conditionElement    element = "Condition"
)

// either returns the name of an element or that of its negation.
func either(not bool, negated, plain element) element {
	if not {
		return negated
	}
	return plain
}

// match returns whether the statement applies to the call: all its elements must match. Unless the value is Yes, failed is the first element
// with that value. Principal and NotPrincipal count only in kinds of policy that have them.
func (s *Statement) match(c *call, k Kind) (v truth.Value, failed element) {
	v = s.matchAction(c)
	if v != truth.Yes {
		failed = either(s.notAction, notActionElement, actionElement)
	}
	if v == truth.No {
		return v, failed // the most frequent case
	}
	if w := s.matchPrincipal(c, k); w < v {
		v, failed = w, either(s.notPrincipal, notPrincipalElement, principalElement)
	}
	if w := s.matchResource(c, k); w < v {
		v, failed = w, either(s.notResource, notResourceElement, resourceElement)
	}
	for i := range s.conditions {
		if v == truth.No {
			break
		}
		if w := s.conditions[i].match(c); w < v {
			v, failed = w, conditionElement
		}
	}
	return v, failed
}

// Covers returns whether the Action and Resource elements of the statement, or their negations, match an action on a resource, whoever requests it
// and under whatever condition. It is indeterminate where that depends on a policy variable, or on text that is unresolved.
func (s *Statement) Covers(action, resource string) Answer {
	r := Request{Principal: "anonymous", Action: action, Resource: resource}
	var c call
	if err := c.prepare(&r); err != nil {
		return Indeterminate
	}
	v := s.matchAction(&c)
	if v == truth.No {
		return No
	}
	if len(s.resources) > 0 {
		w := s.matchResource(&c, Identity)
		if slices.ContainsFunc(s.resources, func(p resourcePattern) bool { return len(p.Variables) > 0 }) && w != truth.Yes {
			w = truth.Unknown // another caller may have the value that matches
		}
		v = min(v, w)
	}
	return answer(v)
}

// matchAction returns whether Action or NotAction matches the call's action.
func (s *Statement) matchAction(c *call) truth.Value {
	v := truth.No
	for i := range s.actions {
		if v = max(v, s.actions[i].match(c)); v == truth.Yes {
			break
		}
	}
	if s.notAction {
		return v.Not()
	}
	return v
}

// matchResource returns whether Resource or NotResource matches the call's resource.
func (s *Statement) matchResource(c *call, k Kind) truth.Value {
	if len(s.resources) == 0 {
		// Trust policies have no Resource, nor have the policies of some resources: they mean the resource that they are attached to.
		if k == Trust || k == Resource {
			return truth.Yes
		}
		return truth.Unknown
	}
	v, noVariable := truth.No, false
	for i := range s.resources {
		w, n := s.resources[i].match(c, s.notResource)
		v, noVariable = max(v, w), noVariable || n
	}
	if !s.notResource {
		return v
	}
	// A NotResource that matches nothing excludes nothing. For a Deny that is what AWS does, and the safe side.
	if noVariable && v == truth.No && s.Effect == Allow {
		return truth.Unknown
	}
	return v.Not()
}

// hasPrincipals reports whether policies of the kind have Principal and NotPrincipal.
func hasPrincipals(k Kind) bool {
	return k == Resource || k == Trust || k == Endpoint || k == ResourceControl
}

// matchPrincipal returns whether Principal or NotPrincipal matches the caller.
func (s *Statement) matchPrincipal(c *call, k Kind) truth.Value {
	switch {
	case !hasPrincipals(k):
		return truth.Yes
	case len(s.principals) == 0 && (k == Endpoint || k == ResourceControl):
		return truth.Yes // these limit every caller
	case len(s.principals) == 0:
		return truth.Unknown
	case s.notPrincipal:
		return s.matchNotPrincipal(c)
	}
	v := truth.No
	for i := range s.principals {
		scope, w := s.names(i, c)
		if k == Endpoint && scope == scopeAccount && w == truth.Yes && c.mayUseGatewayEndpoint() {
			w = truth.Unknown
		}
		v = max(v, w)
	}
	return v
}

// names returns how one of the principals names the caller. A Deny for all AWS principals applies to services as well. A caller that is
// a role, without the name of a session, has nothing that is allowed to one session.
func (s *Statement) names(i int, c *call) (scope, truth.Value) {
	p := &s.principals[i]
	by, v := p.names(c)
	switch {
	case v != truth.Unknown:
	case s.Effect == Deny && p.kind == anyAWSPrincipal:
		return by, truth.Yes
	case s.Effect == Allow && p.kind == sessionPrincipal && p.unresolved == nil && c.caller.kind == sessionCaller && c.roleLength == 0:
		return scopeNone, truth.No
	}
	return by, v
}

// mayUseGatewayEndpoint reports whether the call may take a gateway endpoint, where an account as Principal means its root user only. S3 and
// DynamoDB have gateway and interface endpoints, and the request does not say which one it takes.
// https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
func (c *call) mayUseGatewayEndpoint() bool {
	return c.caller.kind != rootCaller &&
		(pattern.HasPrefix(c.request.Action, "s3:", pattern.FoldCase) || pattern.HasPrefix(c.request.Action, "dynamodb:", pattern.FoldCase))
}

// matchNotPrincipal returns whether NotPrincipal matches the caller. To exclude a user or role, AWS requires that its account is listed, too, and
// for a session all three, in an order that it does not document: only a caller for whom all of these are listed is certainly excluded, and
// one for whom some are listed may be.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
func (s *Statement) matchNotPrincipal(c *call) truth.Value {
	if s.Effect == Allow {
		// AWS does not support it. But it does not allow anyone whom it lists by name.
		for i := range s.principals {
			if by, v := s.principals[i].names(c); v == truth.Yes && (by == scopeExact || by == scopeEveryone || c.caller.kind == rootCaller) {
				return truth.No
			}
		}
		return truth.Unknown
	}
	return s.excludes(c).Not()
}

// excludes returns whether the NotPrincipal of a Deny excludes the caller.
func (s *Statement) excludes(c *call) truth.Value {
	var everyone, exact, role, account = truth.No, truth.No, truth.No, truth.No
	sameAccount := false // another principal of the caller's account is listed
	for i := range s.principals {
		p := &s.principals[i]
		by, v := p.names(c)
		switch by {
		case scopeEveryone:
			everyone = max(everyone, v)
		case scopeAccount:
			account = max(account, v)
		case scopeRole:
			role = max(role, v)
		case scopeExact:
			exact = max(exact, v)
		}
		sameAccount = sameAccount || p.kind != accountPrincipal && p.account == c.caller.account && v == truth.No
	}
	switch {
	case everyone != truth.No:
		return everyone
	case c.caller.kind == rootCaller:
		return account
	case !c.caller.hasIdentity():
		return exact
	}
	all := min(exact, account)
	if c.caller.kind == sessionCaller {
		all = min(all, role)
	}
	if all == truth.Yes {
		return truth.Yes
	}
	if exact == truth.No && role == truth.No && (account == truth.No || account == truth.Yes && sameAccount) {
		return truth.No // AWS's example lists Bob and his account: everyone else in the account is denied
	}
	return truth.Unknown
}
