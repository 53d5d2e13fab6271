package policy

import "github.com/crossgrant/crossgrant/policy/internal/truth"

// grants are what the resource policy says, by how its statements name the caller.
type grants struct {
	given                       bool
	direct, role, account, deny truth.Value
}

// any is what the policy allows in whichever way.
func (g *grants) any() truth.Value { return max(g.direct, g.role, g.account) }

// grants matches the statements of the resource policy.
func (e *evaluation) grants(d *Document) grants {
	var g grants
	if d == nil {
		return g
	}
	g.given = true
	kind := Resource
	if e.trust {
		kind = Trust
	}
	for i := range d.Statements {
		s := &d.Statements[i]
		v, failed := s.match(&e.call, kind)
		if s.Effect == Deny {
			v, failed = e.deniesBounded(s, v, failed)
			g.deny = max(g.deny, v)
		} else if v != truth.No {
			e.count(&g, s, v)
		}
		if e.trace != nil {
			e.trace.add(&e.call, kind, 0, 0, s, v, failed)
		}
	}
	if e.ownsBucketPolicy() {
		g.deny = truth.No
	}
	return g
}

// count adds an Allow that matches, by each way in which it names the caller: one way is not always sure, and another one is.
func (e *evaluation) count(g *grants, s *Statement, v truth.Value) {
	if s.notPrincipal {
		g.direct = max(g.direct, v)
		return
	}
	for i := range s.principals {
		by, sure := s.names(i, &e.call)
		sure = min(sure, v)
		switch by {
		case exactly, everyone:
			g.direct = max(g.direct, sure)
		case role:
			g.role = max(g.role, sure)
		case account:
			g.account = max(g.account, sure)
		}
	}
}

// deniesBounded says whether a Deny of a resource policy matches. One with NotPrincipal meets every user and
// role that has a permissions boundary, whatever it lists (access_policies_boundaries.html).
func (e *evaluation) deniesBounded(s *Statement, v truth.Value, failed element) (truth.Value, element) {
	bounded := len(e.policies.Boundaries) > 0 && (e.call.who.kind == userCaller || e.call.who.kind == sessionCaller)
	if failed != notPrincipalElement || !bounded {
		return v, failed
	}
	return s.match(&e.call, Identity) // as without its NotPrincipal
}

// granted joins identity and resource policies.
func (e *evaluation) granted() truth.Value {
	g := &e.resource
	identity := min(e.identity.allow, e.boundary.allow, e.session.allow)
	// Boundary and session policy limit what a resource policy gives to a role's ARN, but not what it gives to a session, a user or
	// everyone (reference_policies_evaluation-logic_policy-eval-denyallow.html; for everyone reference_policies_elements_principal.html).
	named := max(g.direct, min(g.role, e.boundary.allow, e.session.allow))
	switch {
	case !e.call.who.hasIdentity():
		return g.direct
	case e.call.who.account != e.call.account:
		// Both accounts have to allow (reference_policies_evaluation-logic-cross-account.html).
		return min(identity, g.any())
	case e.trust || e.key:
		// These have to allow by themselves (…policy-eval-denyallow.html). The account as principal leaves it to its
		// identity policies (kms/latest/developerguide/key-policy-default.html).
		return max(named, min(g.account, identity))
	}
	return max(named, identity)
}
