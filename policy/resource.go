package policy

import "strings"

// resourcePattern is one string of a Resource or NotResource.
type resourcePattern struct {
	pattern
	// all: "*".
	all bool
	// narrow: some of the wildcards are within a segment of the ARN, and whether they go beyond it is not documented.
	narrow bool
	// short is, for an ARN that lacks segments, the pattern with anything in their place.
	short *pattern
	// odd: no ARN, so that a service may read it in its own way, such as "execute-api:/stage/GET/path".
	odd bool
}

// compileResource reads one string. A "*" at the end of a segment of the ARN may reach beyond the colon; of other wildcards
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html says only that they are within a segment.
// Variables may stand after the fifth colon.
func compileResource(raw string, s syntax) resourcePattern {
	p := resourcePattern{pattern: compile(raw, s|wildcards)}
	p.all = raw != "" && strings.Trim(raw, "*") == ""
	p.odd = !strings.HasPrefix(raw, "arn:") && !p.all
	colons := 0
	for i := range p.pieces {
		q := &p.pieces[i]
		switch {
		case q.kind == textPiece:
			colons += strings.Count(q.text, ":")
		case colons >= 5 || p.all || q.kind == openPiece:
		case q.kind == variablePiece:
			p.broken = true
		case q.kind == onePiece:
			q.kind, p.narrow = oneHerePiece, true
		case i+1 < len(p.pieces) && !strings.HasPrefix(p.pieces[i+1].text, ":"):
			q.kind, p.narrow = manyHerePiece, true
		}
	}
	if colons < 5 && !p.all && !p.odd {
		short := compile(raw+":*", s|wildcards)
		p.short = &short
	}
	return p
}

// match says whether the pattern is the resource. A variable without a value makes it match nothing.
func (p *resourcePattern) match(c *call, not bool) (v verdict, lost bool) {
	if p.all {
		return yes, false
	}
	var room [4]string
	vars, r := p.resolve(c, room[:0])
	if r == missing {
		return no, true
	}
	if r == unclear {
		return unknown, false
	}
	v = p.is(c, c.resource, vars, 0)
	if v == no && c.bucketless != "" {
		if v = p.is(c, c.bucketless, vars, 0); not && v == yes {
			v = unknown // the examples have it as a Resource only
		}
	}
	if v == no && (p.odd || p.narrow && p.is(c, c.resource, vars, loose) != no || p.short != nil && p.short.is(c, c.resource, vars, loose) != no) {
		return unknown, false
	}
	return v, false
}

// matchResource says whether Resource or NotResource takes in the call's resource.
func (s *Statement) matchResource(c *call, k Kind) verdict {
	if len(s.resources) == 0 {
		// A trust policy has none, nor has the policy of some resources, since it can mean only the resource that it belongs to.
		if k == Trust || k == Resource {
			return yes
		}
		return unknown
	}
	v, lost := no, false
	for i := range s.resources {
		w, l := s.resources[i].match(c, s.notResource)
		v, lost = max(v, w), lost || l
	}
	if !s.notResource {
		return v
	}
	// What nothing matches takes in everything. That is as AWS has it, and for a Deny the safe side.
	if lost && v == no && s.Effect == Allow {
		return unknown
	}
	return v.not()
}
