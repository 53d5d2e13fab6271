package assembly

import (
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-ref.html
func (e *evaluation) ref(argument any) any {
	name, ok := text(e.of(argument))
	if !ok {
		return e.unknown("found no text, expected the name of a parameter or a resource")
	}
	if !policy.IsKnown(name) {
		return e.derived("Ref", e.scope.Label, name)
	}
	return e.reference(name)
}

// reference is what Ref of a name gives.
func (e *evaluation) reference(name string) any {
	if strings.HasPrefix(name, "AWS::") {
		return e.pseudo(name)
	}
	if p := e.scope.parameters[name]; p != nil {
		return e.parameter(e.scope, name)
	}
	r := e.scope.resources[name]
	if r == nil || e.exists(r) == no {
		return e.missing(name)
	}
	e.identify(r)
	return r.Ref
}

// missing is what nothing in the template is called: a macro may add it.
func (e *evaluation) missing(name string) string {
	e.note("found a reference to %s, expected a parameter or a resource that exists", name)
	return named(e.scope.Label + "." + name)
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
func (e *evaluation) pseudo(name string) any {
	s := e.scope
	switch name {
	case "AWS::AccountId":
		return s.Account
	case "AWS::Region":
		return s.Region
	case "AWS::Partition":
		return s.Partition
	case "AWS::URLSuffix":
		return s.suffix
	case "AWS::StackName":
		return s.Name
	case "AWS::StackId":
		if s.parent != nil {
			outer := s.parent.resources[s.Within]
			e.identify(outer)
			return outer.Ref
		}
		return "arn:" + s.Partition + ":cloudformation:" + s.Region + ":" + s.Account + ":stack/" + s.Name + "/" + s.pseudo("StackId")
	case "AWS::NotificationARNs":
		return s.pseudo("NotificationARNs")
	case "AWS::NoValue":
		return absent{}
	}
	return e.unknown("found Ref of %s, expected a pseudo parameter that this package knows", name)
}

// pseudo is an unknown pseudo parameter. No logical id begins with "AWS::".
func (s *scope) pseudo(name string) string { return policy.Unresolved(s.Label + ".AWS::" + name) }

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getatt.html
func (e *evaluation) getAtt(argument any) any {
	if s, ok := argument.(string); ok {
		id, attribute, ok := strings.Cut(s, ".")
		if !ok {
			return e.unknown("found %q, expected a logical id and an attribute, with a dot between them", s)
		}
		return e.attribute(id, attribute)
	}
	l, ok := arguments(argument, 2, 10)
	if !ok {
		return e.unknown("found no list of two, expected a logical id and an attribute")
	}
	parts := make([]string, len(l))
	for i, node := range l {
		if parts[i], ok = e.textAt(i, node); !ok {
			return e.unknown("found no text, expected a logical id and an attribute")
		}
	}
	attribute := strings.Join(parts[1:], ".")
	if !policy.IsKnown(parts[0]) || !policy.IsKnown(attribute) {
		return e.derived("Fn::GetAtt", e.scope.Label, parts[0], attribute)
	}
	return e.attribute(parts[0], attribute)
}

// attribute is what Fn::GetAtt gives.
func (e *evaluation) attribute(id, name string) any {
	r := e.scope.resources[id]
	if r == nil || e.exists(r) == no {
		e.note("found a reference to %s, expected a resource that exists", id)
		return named(e.scope.Label + "." + id + "." + name)
	}
	if output, is := strings.CutPrefix(name, "Outputs."); is && r.Type == nestedType {
		if inner := e.scope.nested[id]; inner != nil {
			if inner.outputs[output] != nil {
				return e.output(inner, output)
			}
			e.note("found a reference to output %s of nested stack %s, expected one that it has", output, id)
		}
	}
	return e.attributeOf(r, name)
}
