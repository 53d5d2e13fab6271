package policy

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy/internal/pattern"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
	"github.com/crossgrant/crossgrant/policy/internal/unresolved"
)

// actionPattern is one string of Action or NotAction, in lower case: the case of actions does not matter.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
type actionPattern struct {
	pattern.Pattern
	// any: it matches all actions.
	any bool
	// irregular: it lacks the form "service:Name", or has a wildcard in the service, which AWS refuses in new policies.
	irregular bool
}

func compileAction(raw string) actionPattern {
	p := actionPattern{Pattern: pattern.Compile(strings.ToLower(raw), pattern.Wildcards)}
	p.Raw = raw
	service, name, ok := strings.Cut(raw, ":")
	p.any = raw != "" && strings.Trim(raw, "*") == "" || raw == "*:*"
	p.irregular = !p.any && (!ok || name == "" || strings.ContainsAny(service, "*?"))
	return p
}

func (p *actionPattern) match(c *call) truth.Value {
	if p.any {
		return truth.Yes
	}
	v := p.Matches(c.request.Action, nil, pattern.FoldCase, !c.hasUnresolved)
	if v == truth.Yes && p.irregular {
		return truth.Unknown
	}
	return v
}

// resourcePattern is one string of Resource or NotResource.
type resourcePattern struct {
	pattern.Pattern
	// any: "*".
	any bool
	// confined: a wildcard is inside a segment of the ARN. AWS does not document whether it matches colons.
	confined bool
	// padded is the pattern of an ARN that lacks segments, with any text in their place. nil if the ARN is complete.
	padded *pattern.Pattern
	// notARN: a service may read it in its own way, such as "execute-api:/stage/GET/path".
	notARN bool
}

// compileResource reads one string. A "*" at the end of a segment of the ARN may match colons. Of other wildcards
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html says only that they are within a segment.
// Variables are possible after the fifth colon.
func compileResource(raw string, s pattern.Syntax) resourcePattern {
	p := resourcePattern{Pattern: pattern.Compile(raw, s|pattern.Wildcards)}
	p.any = raw != "" && strings.Trim(raw, "*") == ""
	p.notARN = !strings.HasPrefix(raw, "arn:") && !p.any
	confined, colons := p.ConfineWildcards()
	p.confined = confined
	if colons < 5 && !p.any && !p.notARN {
		padded := pattern.Compile(raw+":*", s|pattern.Wildcards)
		p.padded = &padded
	}
	return p
}

// match returns whether the pattern matches the call's resource. A pattern with a variable that has no value matches nothing: then noVariable is
// true.
func (p *resourcePattern) match(c *call, notResource bool) (v truth.Value, noVariable bool) {
	if p.any {
		return truth.Yes, false
	}
	var room [4]string
	values, r := c.resolve(&p.Pattern, room[:0])
	if r == noValue {
		return truth.No, true
	}
	if r == unknownValue {
		return truth.Unknown, false
	}
	allKnown := !c.hasUnresolved
	v = p.Matches(c.resource, values, 0, allKnown)
	if v == truth.Unknown && slices.Contains(c.request.OtherResources, p.Raw) {
		v = truth.No
	}
	if v == truth.Unknown && p.excludes(c.resource, c.request.GeneratedNames) {
		return truth.No, false
	}
	if v == truth.No && c.anyBucket != "" {
		if v = p.Matches(c.anyBucket, values, 0, allKnown); notResource && v == truth.Yes {
			v = truth.Unknown // AWS's examples have it as a Resource only
		}
	}
	if v == truth.No && (p.notARN || p.confined && p.Matches(c.resource, values, pattern.AcrossSegments, allKnown) != truth.No ||
		p.padded != nil && p.padded.Matches(c.resource, values, pattern.AcrossSegments, allKnown) != truth.No) {
		return truth.Unknown, false
	}
	return v, false
}

// excludes returns whether the pattern certainly does not match a resource since both begin with the same text, account, region and generated names, up to where
// they differ.
func (p *resourcePattern) excludes(resource string, generated map[string]bool) bool {
	if len(generated) == 0 || strings.Contains(p.Raw, "${") {
		return false
	}
	rest := p.Raw
	for rest != "" && resource != "" {
		name, other := leadingUnresolved(rest), leadingUnresolved(resource)
		switch {
		case name == "" && other == "":
			if rest[0] == '*' || rest[0] == '?' {
				return p.excludesRest(rest, resource)
			}
			if rest[0] != resource[0] {
				return true
			}
			rest, resource = rest[1:], resource[1:]
		case name == other && (generated[name] || unresolved.IsAccount(name) || unresolved.IsRegion(name)): // which have no wildcards
			rest, resource = rest[len(name):], resource[len(other):]
		case !generated[name] || !generated[other]:
			return false
		default:
			return endsSegment(rest[len(name):]) && endsSegment(resource[len(other):])
		}
	}
	return p.excludesRest(rest, resource)
}

// excludesRest returns whether the end of the pattern does not match the end of a resource.
func (p *resourcePattern) excludesRest(rest, resource string) bool {
	end := pattern.Compile(rest, pattern.Wildcards)
	return end.Matches(resource, nil, 0, false) == truth.No
}

// leadingUnresolved returns the unresolved text that s begins with. "" for none.
func leadingUnresolved(s string) string {
	if n := unresolved.Length(s); n > 1 {
		return s[:n]
	}
	return ""
}

// endsSegment reports whether a name that precedes s ends there.
func endsSegment(s string) bool { return s == "" || s[0] == ':' || s[0] == '/' }

// resolution is the result of looking up the variables of a pattern.
type resolution uint8

const (
	resolved resolution = iota
	// noValue: a variable has no value and no default, so that the pattern matches nothing.
	noValue
	// unknownValue: a variable has several values, which AWS does not replace, or its value cannot be known.
	unknownValue
)

// resolve appends the values of the pattern's variables to values.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func (c *call) resolve(p *pattern.Pattern, values []string) ([]string, resolution) {
	if p.Malformed {
		return values, unknownValue
	}
	worst := resolved
	for i := range p.Variables {
		v := &p.Variables[i]
		r := c.read(v.Name, v.Key)
		has := r.count() == 1 && !multivalued(v.Key) && c.at(&r, 0) != "" // an empty value is none
		switch {
		case !r.known || r.count() > 1, !has && v.WildcardDefault: // AWS does not document whether a wildcard in a default is one
			worst = unknownValue
		case has:
			values = append(values, c.clone(&r))
		case v.HasDefault:
			values = append(values, v.Default)
		default:
			worst = max(worst, noValue)
		}
	}
	return values, worst
}

// multivalued reports whether a key can have several values. Such a key cannot be a variable, even when it has one value.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
func multivalued(key string) bool {
	switch key {
	case "aws:calledvia", "aws:principalorgpaths", "aws:principalservicenameslist", "aws:resourceorgpaths", "aws:tagkeys", "aws:vpceorgpaths":
		return true
	}
	return false
}
