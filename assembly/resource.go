package assembly

import (
	"github.com/crossgrant/crossgrant/policy"
)

// resource is a resource while its stack is resolved.
type resource struct {
	*Resource
	scope      *scope
	condition  string
	properties any   // as in the template, and as they are resolved once they are
	rule       *rule // nil for a type that is not in the table
	identified bool
	attributes map[string]string
}

// exists says whether a resource's condition holds.
func (r *resolver) exists(x *resource) truth {
	if x.condition == "" {
		return yes
	}
	return (&evaluation{resolver: r, scope: x.scope, id: x.LogicalID, path: []segment{{key: "Condition"}}}).holds(x.condition)
}

// identify finds the name, the ARN and what Ref gives. These need no other properties, so that resources may refer to each other.
func (r *resolver) identify(x *resource) {
	if x.identified || !r.enter(step{x.scope, "name of", x.LogicalID}) {
		return
	}
	defer r.leave()
	made := named(x.scope.Label + "." + x.LogicalID)
	if x.Name = made; x.rule == nil {
		x.Ref, x.identified = made, true
		return
	}
	switch name, is := r.property(x, x.rule.name); {
	case is == yes:
		x.Name = name
	case is == no && !x.rule.special:
		r.plain[made] = true
	}
	// The ARN of some is in their attributes, and Ref is the ARN of others.
	x.ARN = r.write(x, "Arn", x.rule.arn)
	x.Ref = r.write(x, "", x.rule.ref)
	x.identified = true
}

// attributeOf is an attribute by the table; one that is not in it is unknown.
func (r *resolver) attributeOf(x *resource, name string) string {
	r.identify(x)
	if v, is := x.attributes[name]; is {
		return v
	}
	format := unknownFormat
	if x.rule != nil {
		format = x.rule.attribute(name)
	}
	if !r.enter(step{x.scope, "attribute " + name + " of", x.LogicalID}) {
		return ""
	}
	defer r.leave()
	v := r.write(x, name, format)
	if x.attributes == nil {
		x.attributes = map[string]string{}
	}
	x.attributes[name] = v
	return v
}

// property resolves one property that is a text. Undecided is one that is no text, or that a macro may set.
func (r *resolver) property(x *resource, name string) (string, truth) {
	properties, ok := x.properties.(map[string]any)
	if x.properties != nil && !ok || functionIn(properties) != "" {
		return "", undecided
	}
	node, is := properties[name]
	if !is || node == "" {
		return "", no
	}
	e := evaluation{resolver: r, scope: x.scope, id: x.LogicalID, path: []segment{{key: "Properties"}, {key: name}}}
	v := e.of(node)
	if s, ok := text(v); ok {
		return s, yes
	}
	if v == (absent{}) {
		return "", no
	}
	return "", undecided
}

// unknownAttribute is an attribute that nobody knows before deployment.
func (x *resource) unknownAttribute(name string) string {
	return named(x.scope.Label + "." + x.LogicalID + "." + name)
}

// lastOf is the part of a text after a delimiter; false if that cannot be told.
func (u *unknowns) lastOf(text, delimiter string) (string, bool) {
	if !policy.IsKnown(text) && !(splits(delimiter) && u.isPlain(text)) {
		return "", false
	}
	for i := len(text) - len(delimiter); i >= 0; i-- {
		if text[i:i+len(delimiter)] == delimiter {
			return text[i+len(delimiter):], true
		}
	}
	return text, true
}
