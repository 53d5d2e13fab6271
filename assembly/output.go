package assembly

// output is an output while its stack is resolved.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html
type output struct {
	scope *scope
	id    string
	body  map[string]any
	known bool // whether value is
	value any
}

// output resolves one output of a stack, which has it.
func (r *resolver) output(s *scope, id string) any {
	o := s.outputs[id]
	if !o.known && r.enter(step{s, "output", id}) {
		e := &evaluation{resolver: r, scope: s, id: id, path: []segment{{key: "Value"}}}
		v := e.of(o.body["Value"])
		if value, ok := text(v); ok {
			o.value = value
		} else {
			o.value = e.unknown("found no text, expected one")
		}
		o.known = true
		r.leave()
	}
	if o.value == nil { // within a circle
		return ""
	}
	return o.value
}

func (r *resolver) outputExists(o *output) truth {
	name := word(o.body["Condition"])
	if name == "" {
		return yes
	}
	return (&evaluation{resolver: r, scope: o.scope, id: o.id, path: []segment{{key: "Condition"}}}).holds(name)
}

// exportName is "" for an output that is not exported.
func (r *resolver) exportName(o *output) string {
	node, is := object(o.body["Export"])["Name"]
	if !is {
		return ""
	}
	e := &evaluation{resolver: r, scope: o.scope, id: o.id, path: []segment{{key: "Export"}, {key: "Name"}}}
	name, ok := text(e.of(node))
	if !ok {
		return e.unknown("found no text, expected a name")
	}
	return name
}

// findExports finds which output each export is.
func (r *resolver) findExports(scopes []*scope) map[exported][]*output {
	all := map[exported][]*output{}
	for _, s := range scopes {
		for _, o := range s.outputs {
			if s.isThere(r) == no || r.outputExists(o) == no {
				continue
			}
			if name := r.exportName(o); name != "" {
				key := exported{s.Account, s.Region, name}
				all[key] = append(all[key], o)
			}
		}
	}
	return all
}
