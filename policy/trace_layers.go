package policy

// join notes the layers after a decision: those that would have to say something else for the request to be allowed block it.
func (t *Trace) join(e *evaluation, allow verdict) {
	missing := e.granted() != yes
	free := e.freeOfPermissions()
	note := func(k Kind, l layer, blocks bool) {
		t.Layers = append(t.Layers, Layer{Policy: k, Given: l.given, Allows: answer(l.allow), Denies: answer(l.deny),
			Blocks: !free && (blocks || l.deny != no), Lacks: !free && blocks})
	}
	bySide, byResource := e.needs()
	note(Identity, e.identity, missing && bySide && e.identity.allow != yes || e.possible() != yes && !e.key)
	note(Session, e.session, missing && e.session.allow != yes && (bySide || e.resource.role != no))
	note(Boundary, e.boundary, missing && e.boundary.allow != yes && (bySide || e.resource.role != no))
	note(ServiceControl, e.serviceControl, e.serviceControl.allow != yes)
	note(ResourceControl, e.resourceControl, e.resourceControl.allow != yes)
	kind := Resource
	if e.trust {
		kind = Trust
	}
	note(kind, layer{e.resource.given, e.resource.any(), e.resource.deny}, missing && byResource || e.possible() != yes && e.key)
	note(Endpoint, e.endpoint, e.endpoint.allow != yes)
	if free && allow != yes {
		t.Layers[len(t.Layers)-1].Blocks = true
	}
}

// needs says whether the caller's own policies, and whether the resource policy, could have given what is missing.
func (e *evaluation) needs() (side, resource bool) {
	g := &e.resource
	own := min(e.identity.allow, e.session.allow, e.boundary.allow) == yes
	switch {
	case !e.call.who.hasIdentity():
		return false, g.direct != yes
	case e.call.who.account != e.call.account:
		return true, g.any() != yes
	case e.trust || e.key:
		// Without any grant there, only the resource policy can help; with the account's, the caller's own policies.
		return g.account != no, g.any() != yes
	}
	return g.role != yes, !own && g.given && g.any() != yes && e.identity.allow != yes
}
