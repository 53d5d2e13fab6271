package policy

import (
	"slices"
	"sync"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// Decide returns the decision on a request. It never fails: what is not understood or not known leads to Unknown, never to Allowed. It is safe
// for use by several goroutines and allocates nothing.
func Decide(r Request, p Policies) Decision {
	q := decideStates.Get().(*decideState)
	q.requestCopy, q.policiesCopy = r, p
	q.evaluation = evaluation{request: &q.requestCopy, policies: &q.policiesCopy}
	d := q.run()
	*q = decideState{} // so that the pool keeps nothing of the caller alive
	decideStates.Put(q)
	return d
}

// decideState is the memory that Decide needs. It is pooled since the compiler cannot see that matching keeps no pointer to it.
type decideState struct {
	evaluation
	requestCopy  Request
	policiesCopy Policies
}

var decideStates = sync.Pool{New: func() any { return new(decideState) }}

// Evaluate returns the same decision as Decide, and how each statement of each policy contributed to it.
func Evaluate(r Request, p Policies) (Decision, Trace) {
	t := Trace{Request: r, policies: p}
	e := evaluation{request: &r, policies: &p, trace: &t}
	t.Decision = e.run()
	return t.Decision, t
}

// evaluation is the evaluation of one request. Decide and Evaluate share it, so that they cannot differ.
type evaluation struct {
	request  *Request
	policies *Policies
	call     call
	isTrust  bool   // the resource policy is a role's trust policy
	isKey    bool   // the resource policy is a KMS key policy
	trace    *Trace // nil for Decide

	identity, session, boundary, endpoint layer
	serviceControl, resourceControl       layer
	resource                              resourceGrants
}

// run decides in the order of "How AWS enforcement code logic evaluates requests to allow or deny access"
// (reference_policies_evaluation-logic_policy-eval-denyallow.html), but does not stop at the first result.
func (e *evaluation) run() Decision {
	if err := e.call.prepare(e.request); err != nil {
		if e.trace != nil {
			e.trace.Problem = err.Error()
		}
		return Unknown
	}
	e.isTrust = e.call.usesTrustPolicy()
	e.isKey = e.call.usesKeyPolicy()
	e.matchPolicies()
	return e.decide()
}

// decide combines the layers. A Deny counts in any of them.
func (e *evaluation) decide() Decision {
	allow := min(e.granted(), e.serviceControl.allow, e.resourceControl.allow, e.endpoint.allow, e.call.supported())
	deny := max(e.identity.deny, e.session.deny, e.boundary.deny, e.serviceControl.deny, e.resourceControl.deny, e.resource.deny,
		e.endpoint.deny)
	if e.call.needsNoPermission() {
		allow, deny = truth.Yes, truth.No
		if e.endpoint.allow != truth.Yes || e.endpoint.deny != truth.No {
			allow = truth.Unknown // AWS does not document what an endpoint policy does to such an action
		}
	}
	if e.trace != nil {
		e.trace.Layers = e.layers(allow)
	}
	switch {
	case deny == truth.Yes:
		return ExplicitlyDenied
	case allow == truth.No: // even if a Deny is unknown
		return ImplicitlyDenied
	case allow == truth.Unknown || deny == truth.Unknown:
		return Unknown
	}
	return Allowed
}

// layer is the result of all policies of one kind.
type layer struct {
	// applies: there are policies of the kind, and they apply to the call.
	applies     bool
	allow, deny truth.Value
}

// noPolicies is a layer that limits nothing.
var noPolicies = layer{allow: truth.Yes}

// matchPolicies matches every statement of every policy.
func (e *evaluation) matchPolicies() {
	p := e.policies
	e.identity = e.anyPolicy(Identity, 0, p.Identity)
	if e.call.caller.kind == rootCaller {
		// Only the root user needs no Allow (reference_policies_evaluation-logic.html).
		e.identity.allow = truth.Yes
	}
	e.session = noPolicies
	if len(p.Session) > 0 || e.call.caller.kind == federatedCaller {
		// A federated user session has no permissions without session policies (API_GetFederationToken.html).
		e.session = e.anyPolicy(Session, 0, p.Session)
	}
	e.boundary = e.everyPolicy(Boundary, p.Boundaries)
	e.endpoint = e.everyPolicy(Endpoint, p.Endpoints)
	e.serviceControl, e.resourceControl = noPolicies, noPolicies
	if len(p.ServiceControl) > 0 {
		e.serviceControl = e.everyLevel(ServiceControl, p.ServiceControl, e.call.limitedByServiceControl())
	}
	if len(p.ResourceControl) > 0 {
		e.resourceControl = e.everyLevel(ResourceControl, p.ResourceControl, e.call.limitedByResourceControl())
	}
	e.resource = e.matchResourcePolicy(p.Resource)
}

// anyPolicy returns a layer in which one policy must allow.
func (e *evaluation) anyPolicy(k Kind, level int, documents []*Document) layer {
	l := layer{applies: len(documents) > 0}
	for i, d := range documents {
		e.matchPolicy(&l, k, level, i, d)
	}
	return l
}

// everyPolicy returns a layer in which all policies must allow.
func (e *evaluation) everyPolicy(k Kind, documents []*Document) layer {
	l := noPolicies
	for i, d := range documents {
		one := layer{}
		e.matchPolicy(&one, k, 0, i, d)
		l = layer{applies: true, allow: min(l.allow, one.allow), deny: max(l.deny, one.deny)}
	}
	return l
}

// everyLevel returns a layer of an organization. On each level one SCP must allow, since an account has only the permissions that each of its
// parents allows (orgs_manage_policies_scps.html).
func (e *evaluation) everyLevel(k Kind, levels [][]*Document, applies truth.Value) layer {
	l := noPolicies
	for i, documents := range levels {
		one := e.anyPolicy(k, i, documents)
		if k == ResourceControl {
			// RCPFullAWSAccess is on each level and cannot be detached, and no other RCP can allow (orgs_manage_policies_rcps_syntax.html).
			// A policy that is not available may deny.
			one.allow = truth.Yes
			if slices.Contains(documents, nil) {
				one.deny = max(one.deny, truth.Unknown)
			}
		}
		l.allow, l.deny = min(l.allow, one.allow), max(l.deny, one.deny)
	}
	// A layer that does not apply allows everything. If it is unknown whether it applies, so is what it denies or does not allow.
	return layer{applies: applies != truth.No, allow: max(l.allow, applies.Not()), deny: min(l.deny, applies)}
}

// matchPolicy adds the statements of one policy to a layer.
func (e *evaluation) matchPolicy(l *layer, k Kind, level, index int, d *Document) {
	if d == nil {
		return
	}
	for i := range d.Statements {
		s := &d.Statements[i]
		v, failed := s.match(&e.call, k)
		if s.Effect == Deny {
			l.deny = max(l.deny, v)
		} else {
			l.allow = max(l.allow, v)
		}
		if e.trace != nil {
			e.trace.addStatement(&e.call, k, level, index, s, v, failed)
		}
	}
}

// resourceGrants is the result of the resource policy, by how its statements name the caller.
type resourceGrants struct {
	present                     bool
	direct, role, account, deny truth.Value
}

// any returns what the policy allows in any way.
func (g *resourceGrants) any() truth.Value { return max(g.direct, g.role, g.account) }

// matchResourcePolicy matches the statements of the resource policy.
func (e *evaluation) matchResourcePolicy(d *Document) resourceGrants {
	var g resourceGrants
	if d == nil {
		return g
	}
	g.present = true
	for i := range d.Statements {
		s := &d.Statements[i]
		v, failed := s.match(&e.call, e.resourceKind())
		if s.Effect == Deny {
			v, failed = e.matchDeny(s, v, failed)
			g.deny = max(g.deny, v)
		} else if v != truth.No {
			g.add(&e.call, s, v)
		}
		if e.trace != nil {
			e.trace.addStatement(&e.call, e.resourceKind(), 0, 0, s, v, failed)
		}
	}
	g.deny = min(g.deny, e.call.ignoresBucketDeny().Not())
	return g
}

func (e *evaluation) resourceKind() Kind {
	if e.isTrust {
		return Trust
	}
	return Resource
}

// add adds an Allow that matches, by each way in which it names the caller: one way may be unknown and another certain.
func (g *resourceGrants) add(c *call, s *Statement, v truth.Value) {
	if s.notPrincipal {
		g.direct = max(g.direct, v)
		return
	}
	for i := range s.principals {
		by, w := s.names(i, c)
		w = min(w, v)
		switch by {
		case scopeExact, scopeEveryone:
			g.direct = max(g.direct, w)
		case scopeRole:
			g.role = max(g.role, w)
		case scopeAccount:
			g.account = max(g.account, w)
		}
	}
}

// matchDeny corrects the result of a Deny in a resource policy: one with NotPrincipal matches every user and role with a permissions boundary,
// whatever it lists (access_policies_boundaries.html).
func (e *evaluation) matchDeny(s *Statement, v truth.Value, failed element) (truth.Value, element) {
	bounded := len(e.policies.Boundaries) > 0 && (e.call.caller.kind == userCaller || e.call.caller.kind == sessionCaller)
	if failed != notPrincipalElement || !bounded {
		return v, failed
	}
	return s.match(&e.call, Identity) // as if it had no NotPrincipal
}

// granted combines identity and resource policies.
func (e *evaluation) granted() truth.Value {
	g := &e.resource
	identity := min(e.identity.allow, e.boundary.allow, e.session.allow)
	// Boundaries and session policies limit what a resource policy grants to a role's ARN, but not what it grants to a session, a user or
	// everyone (reference_policies_evaluation-logic_policy-eval-denyallow.html; for everyone reference_policies_elements_principal.html).
	named := max(g.direct, min(g.role, e.boundary.allow, e.session.allow))
	if !e.call.caller.hasIdentity() {
		return g.direct
	}
	// Both accounts must allow (reference_policies_evaluation-logic-cross-account.html).
	across := min(identity, g.any())
	within := max(named, identity)
	if e.isTrust || e.isKey {
		// Trust and key policies must allow themselves (…policy-eval-denyallow.html). The account as principal leaves it to the account's
		// identity policies (kms/latest/developerguide/key-policy-default.html).
		within = max(named, min(g.account, identity))
	}
	switch same := sameAccount(e.call.caller.account, e.call.account); {
	case same == truth.Yes, same == truth.Unknown && within == across:
		return within
	case same == truth.Unknown:
		return truth.Unknown
	}
	return across
}

// layers returns the layers for the trace. A layer prevents that the request is allowed if its policies must change for that.
func (e *evaluation) layers(allow truth.Value) []Layer {
	notGranted := e.granted() != truth.Yes
	notSupported := e.call.supported() != truth.Yes
	needsNone := e.call.needsNoPermission()
	layers := make([]Layer, 0, 7)
	add := func(k Kind, l layer, missingAllow bool) {
		layers = append(layers, Layer{Policy: k, Applies: l.applies, Allows: answer(l.allow), Denies: answer(l.deny),
			PreventsAllow: !needsNone && (missingAllow || l.deny != truth.No), MissingAllow: !needsNone && missingAllow})
	}
	byIdentity, byResource := e.mayGrant()
	limitsGrant := notGranted && (byIdentity || e.resource.role != truth.No)
	add(Identity, e.identity, notGranted && byIdentity && e.identity.allow != truth.Yes || notSupported && !e.isKey)
	add(Session, e.session, limitsGrant && e.session.allow != truth.Yes)
	add(Boundary, e.boundary, limitsGrant && e.boundary.allow != truth.Yes)
	add(ServiceControl, e.serviceControl, e.serviceControl.allow != truth.Yes)
	add(ResourceControl, e.resourceControl, e.resourceControl.allow != truth.Yes)
	add(e.resourceKind(), layer{e.resource.present, e.resource.any(), e.resource.deny}, notGranted && byResource || notSupported && e.isKey)
	add(Endpoint, e.endpoint, e.endpoint.allow != truth.Yes)
	if needsNone && allow != truth.Yes {
		layers[len(layers)-1].PreventsAllow = true
	}
	return layers
}

// mayGrant reports whether another identity policy, and whether another resource policy, can grant what is not granted.
func (e *evaluation) mayGrant() (identity, resource bool) {
	g := &e.resource
	identityAllows := min(e.identity.allow, e.session.allow, e.boundary.allow) == truth.Yes
	switch {
	case !e.call.caller.hasIdentity():
		return false, g.direct != truth.Yes
	case sameAccount(e.call.caller.account, e.call.account) != truth.Yes:
		return true, g.any() != truth.Yes
	case e.isTrust || e.isKey:
		// Only the resource policy, unless it leaves it to the account's identity policies.
		return g.account != truth.No, g.any() != truth.Yes
	}
	return g.role != truth.Yes, !identityAllows && g.present && g.any() != truth.Yes && e.identity.allow != truth.Yes
}
