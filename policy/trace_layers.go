package policy

import "github.com/crossgrant/crossgrant/policy/internal/truth"

// join notes the layers after a decision: those that would have to say something else for the request to be allowed block it.
func (t *Trace) join(e *evaluation, allow truth.Value) {
	missing := e.granted() != truth.Yes
	free := e.freeOfPermissions()
	note := func(k Kind, l layer, blocks bool) {
		t.Layers = append(t.Layers, Layer{Policy: k, Given: l.given, Allows: answer(l.allow), Denies: answer(l.deny),
			Blocks: !free && (blocks || l.deny != truth.No), Lacks: !free && blocks})
	}
	bySide, byResource := e.needs()
	note(Identity, e.identity, missing && bySide && e.identity.allow != truth.Yes || e.possible() != truth.Yes && !e.key)
	note(Session, e.session, missing && e.session.allow != truth.Yes && (bySide || e.resource.role != truth.No))
	note(Boundary, e.boundary, missing && e.boundary.allow != truth.Yes && (bySide || e.resource.role != truth.No))
	note(ServiceControl, e.serviceControl, e.serviceControl.allow != truth.Yes)
	note(ResourceControl, e.resourceControl, e.resourceControl.allow != truth.Yes)
	kind := Resource
	if e.trust {
		kind = Trust
	}
	note(kind, layer{e.resource.given, e.resource.any(), e.resource.deny}, missing && byResource || e.possible() != truth.Yes && e.key)
	note(Endpoint, e.endpoint, e.endpoint.allow != truth.Yes)
	if free && allow != truth.Yes {
		t.Layers[len(t.Layers)-1].Blocks = true
	}
}

// needs says whether the caller's own policies, and whether the resource policy, could have given what is missing.
func (e *evaluation) needs() (side, resource bool) {
	g := &e.resource
	own := min(e.identity.allow, e.session.allow, e.boundary.allow) == truth.Yes
	switch {
	case !e.call.who.hasIdentity():
		return false, g.direct != truth.Yes
	case e.call.who.account != e.call.account:
		return true, g.any() != truth.Yes
	case e.trust || e.key:
		// Without any grant there, only the resource policy can help; with the account's, the caller's own policies.
		return g.account != truth.No, g.any() != truth.Yes
	}
	return g.role != truth.Yes, !own && g.given && g.any() != truth.Yes && e.identity.allow != truth.Yes
}
