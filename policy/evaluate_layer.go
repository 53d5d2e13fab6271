package policy

import (
	"slices"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// layer is what all policies of one kind say together.
type layer struct {
	given       bool
	allow, deny truth.Value
}

// absent is a layer without policies: it limits nothing.
var absent = layer{allow: truth.Yes}

// scan matches every statement of every policy.
func (e *evaluation) scan() {
	p := e.policies
	e.identity = e.any(Identity, 0, p.Identity)
	if e.call.who.kind == rootCaller {
		// The root user alone needs no Allow (reference_policies_evaluation-logic.html).
		e.identity.allow = truth.Yes
	}
	e.session = absent
	if len(p.Session) > 0 || e.call.who.kind == federatedCaller {
		// A federated user session has no permissions of its own without session policies (API_GetFederationToken.html).
		e.session = e.any(Session, 0, p.Session)
	}
	e.boundary = e.every(Boundary, p.Boundaries)
	e.endpoint = e.every(Endpoint, p.Endpoints)
	e.serviceControl, e.resourceControl = absent, absent
	if len(p.ServiceControl) > 0 {
		e.serviceControl = e.guard(ServiceControl, p.ServiceControl, e.limitedByServiceControl())
	}
	if len(p.ResourceControl) > 0 {
		e.resourceControl = e.guard(ResourceControl, p.ResourceControl, e.limitedByResourceControl())
	}
	e.resource = e.grants(p.Resource)
}

// any is a layer in which one policy that allows is enough.
func (e *evaluation) any(k Kind, level int, documents []*Document) layer {
	l := layer{given: len(documents) > 0}
	for i, d := range documents {
		e.add(&l, k, level, i, d)
	}
	return l
}

// every is a layer in which all policies have to allow.
func (e *evaluation) every(k Kind, documents []*Document) layer {
	l := absent
	for i, d := range documents {
		one := layer{}
		e.add(&one, k, 0, i, d)
		l = layer{given: true, allow: min(l.allow, one.allow), deny: max(l.deny, one.deny)}
	}
	return l
}

// guard is a layer of an organization: of SCPs, one policy of each level has to allow, since an account has no more than each of its
// parents lets through (orgs_manage_policies_scps.html).
func (e *evaluation) guard(k Kind, levels [][]*Document, applies truth.Value) layer {
	l := absent
	for i, documents := range levels {
		one := e.any(k, i, documents)
		if k == ResourceControl {
			// RCPFullAWSAccess is on each level and cannot be taken away, and no other one can allow
			// (orgs_manage_policies_rcps_syntax.html). A policy that could not be had may deny.
			one.allow = truth.Yes
			if slices.Contains(documents, nil) {
				one.deny = max(one.deny, truth.Unknown)
			}
		}
		l.allow, l.deny = min(l.allow, one.allow), max(l.deny, one.deny)
	}
	// Where it does not apply, it allows; where that is open, its limits are open.
	return layer{given: applies != truth.No, allow: max(l.allow, applies.Not()), deny: min(l.deny, applies)}
}

// add joins the statements of one policy to a layer.
func (e *evaluation) add(l *layer, k Kind, level, index int, d *Document) {
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
			e.trace.add(&e.call, k, level, index, s, v, failed)
		}
	}
}
