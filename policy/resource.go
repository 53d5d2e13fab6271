package policy

import (
	"strings"

	"github.com/crossgrant/crossgrant/policy/internal/pattern"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// resourcePattern is one string of a Resource or NotResource.
type resourcePattern struct {
	pattern.Pattern
	// all: "*".
	all bool
	// narrow: some of the wildcards are within a segment of the ARN, and whether they go beyond it is not documented.
	narrow bool
	// short is, for an ARN that lacks segments, the pattern with anything in their place.
	short *pattern.Pattern
	// odd: no ARN, so that a service may read it in its own way, such as "execute-api:/stage/GET/path".
	odd bool
}

// compileResource reads one string. A "*" at the end of a segment of the ARN may reach beyond the colon; of other wildcards
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html says only that they are within a segment.
// Variables may stand after the fifth colon.
func compileResource(raw string, s pattern.Syntax) resourcePattern {
	p := resourcePattern{Pattern: pattern.Compile(raw, s|pattern.Wildcards)}
	p.all = raw != "" && strings.Trim(raw, "*") == ""
	p.odd = !strings.HasPrefix(raw, "arn:") && !p.all
	confined, colons := p.ConfineWildcards()
	p.narrow = confined
	if colons < 5 && !p.all && !p.odd {
		short := pattern.Compile(raw+":*", s|pattern.Wildcards)
		p.short = &short
	}
	return p
}

// match says whether the pattern is the resource. A variable without a value makes it match nothing.
func (p *resourcePattern) match(c *call, not bool) (v truth.Value, lost bool) {
	if p.all {
		return truth.Yes, false
	}
	var room [4]string
	vars, r := c.resolve(&p.Pattern, room[:0])
	if r == missing {
		return truth.No, true
	}
	if r == unclear {
		return truth.Unknown, false
	}
	v = p.Matches(c.resource, vars, 0, !c.open)
	if v == truth.No && c.bucketless != "" {
		if v = p.Matches(c.bucketless, vars, 0, !c.open); not && v == truth.Yes {
			v = truth.Unknown // the examples have it as a Resource only
		}
	}
	if v == truth.No && (p.odd || p.narrow && p.Matches(c.resource, vars, pattern.AcrossSegments, !c.open) != truth.No || p.short != nil && p.short.Matches(c.resource, vars, pattern.AcrossSegments, !c.open) != truth.No) {
		return truth.Unknown, false
	}
	return v, false
}

// matchResource says whether Resource or NotResource takes in the call's resource.
func (s *Statement) matchResource(c *call, k Kind) truth.Value {
	if len(s.resources) == 0 {
		// A trust policy has none, nor has the policy of some resources, since it can mean only the resource that it belongs to.
		if k == Trust || k == Resource {
			return truth.Yes
		}
		return truth.Unknown
	}
	v, lost := truth.No, false
	for i := range s.resources {
		w, l := s.resources[i].match(c, s.notResource)
		v, lost = max(v, w), lost || l
	}
	if !s.notResource {
		return v
	}
	// What nothing matches takes in everything. That is as AWS has it, and for a Deny the safe side.
	if lost && v == truth.No && s.Effect == Allow {
		return truth.Unknown
	}
	return v.Not()
}
