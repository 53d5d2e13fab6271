package assembly

import (
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html
func (e *evaluation) sub(argument any) any {
	template, ok := argument.(string)
	var variables map[string]any
	if !ok {
		l, ok := arguments(argument, 2, 2)
		if ok {
			template, ok = l[0].(string)
			variables, _ = l[1].(map[string]any)
		}
		if !ok || variables == nil {
			return e.unknown("found neither a text nor a text with an object of variables, expected one of them")
		}
	}
	var out strings.Builder
	var parts []any // what the text is made of, should it not be a text
	for rest := template; out.Len() <= longestText; {
		before, after, found := strings.Cut(rest, "${")
		name, behind, closed := strings.Cut(after, "}")
		if !found || !closed {
			out.WriteString(rest)
			break
		}
		out.WriteString(before)
		rest = behind
		if literal, is := strings.CutPrefix(name, "!"); is {
			out.WriteString("${" + literal + "}")
			continue
		}
		v := e.substitute(strings.TrimSpace(name), variables)
		parts = append(parts, v)
		s, ok := text(v)
		if !ok {
			return e.unknown("found ${%s} to be no text, expected a text", name)
		}
		out.WriteString(s)
	}
	for _, v := range parts {
		if s, _ := v.(string); !policy.IsKnown(s) && e.optional[s] {
			return e.derived("Fn::Sub", template, parts)
		}
	}
	return e.made("Fn::Sub", out.String())
}

func (e *evaluation) substitute(name string, variables map[string]any) any {
	if node, is := variables[name]; is {
		e.path = append(e.path, segment{index: 1}, segment{key: name})
		defer func() { e.path = e.path[:len(e.path)-2] }()
		return e.of(node)
	}
	if id, attribute, is := strings.Cut(name, "."); is {
		return e.attribute(id, attribute)
	}
	return e.reference(name)
}
