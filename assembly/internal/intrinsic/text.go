package intrinsic

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/policy"
)

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-join.html
func (e *Evaluation) join(argument any) any {
	l, ok := arguments(argument, 2, 2)
	if !ok {
		return e.Unknown("found a value that is not a list of two, expected a delimiter and a list")
	}
	delimiter, ok := e.textAt(0, l[0])
	if !ok {
		return e.Unknown("found a delimiter that is not a string, expected a string")
	}
	joined := e.at(1, l[1])
	items, is := joined.([]any)
	if s, unknown := joined.(string); unknown && !policy.IsKnown(s) || is && e.State.anyMayBeAbsent(items) {
		return e.Derived("Fn::Join", delimiter, joined)
	}
	if !is {
		return e.Unknown("found no list to join, expected a list")
	}
	var out strings.Builder
	for i, item := range items {
		s, ok := document.Text(item)
		if !ok {
			return e.Unknown("found item %d, which is not a string, expected a string", i)
		}
		if i > 0 {
			out.WriteString(delimiter)
		}
		if out.WriteString(s); out.Len() > maxText {
			break
		}
	}
	return e.made("Fn::Join", out.String())
}

// split splits a string with unknown parts only if none of them can contain the delimiter.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-split.html
func (e *Evaluation) split(argument any) any {
	l, ok := arguments(argument, 2, 2)
	if !ok {
		return e.Unknown("found a value that is not a list of two, expected a delimiter and a string")
	}
	delimiter, is := e.textAt(0, l[0])
	source, ok := e.textAt(1, l[1])
	if !is || !ok || delimiter == "" {
		return e.Unknown("found no string to split or no delimiter, expected both")
	}
	if !policy.IsKnown(delimiter) || !policy.IsKnown(source) && !(splits(delimiter) && e.State.IsSimple(source)) {
		return e.Derived("Fn::Split", delimiter, source)
	}
	if !e.spend(len(source) + 32*strings.Count(source, delimiter)) {
		return ""
	}
	parts := strings.Split(source, delimiter)
	all := make([]any, len(parts))
	for i, part := range parts {
		all[i] = part
	}
	return all
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-select.html
func (e *Evaluation) selectItem(argument any) any {
	l, ok := arguments(argument, 2, 2)
	if !ok {
		return e.Unknown("found a value that is not a list of two, expected an index and a list")
	}
	index, ok := e.textAt(0, l[0])
	from := e.at(1, l[1])
	items, is := from.([]any)
	i, err := strconv.Atoi(index)
	switch s, unknown := from.(string); {
	case !ok, err != nil && policy.IsKnown(index):
		return e.Unknown("found index %q, expected a whole number", index)
	case err != nil, unknown && !policy.IsKnown(s), is && e.State.anyMayBeAbsent(items[:min(max(i+1, 0), len(items))]):
		return e.Derived("Fn::Select", index, from)
	case !is:
		return e.Unknown("found no list to select from, expected a list")
	case i < 0 || i >= len(items):
		return e.Unknown("found index %d in a list of %d, expected an index within the list", i, len(items))
	}
	return items[i]
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-base64.html
func (e *Evaluation) base64(argument any) any {
	s, ok := document.Text(e.Value(argument))
	if !ok {
		return e.Unknown("found no string to encode, expected a string")
	}
	if !policy.IsKnown(s) {
		return e.Derived("Fn::Base64", s)
	}
	return e.made("Fn::Base64", base64.StdEncoding.EncodeToString([]byte(s)))
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-length.html
func (e *Evaluation) length(argument any) any {
	v := e.Value(argument)
	items, is := v.([]any)
	if s, unknown := v.(string); unknown && !policy.IsKnown(s) || is && e.State.anyMayBeAbsent(items) {
		return e.Derived("Fn::Length", v)
	}
	if !is {
		return e.Unknown("found no list to count, expected a list")
	}
	return json.Number(strconv.Itoa(len(items)))
}

// toJSON writes keys in sorted order. The order that CloudFormation uses is not documented.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-ToJsonString.html
func (e *Evaluation) toJSON(argument any) any {
	v := e.Value(argument)
	switch v.(type) {
	case map[string]any, []any:
	default:
		return e.Unknown("found neither a list nor an object, expected one of them")
	}
	var out strings.Builder
	if writeJSON(&out, v); !e.State.IsSimple(out.String()) {
		return e.Derived("Fn::ToJsonString", v) // an unknown value may not be a string, or may have characters that JSON escapes
	}
	return e.made("Fn::ToJsonString", out.String())
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html
func (e *Evaluation) sub(argument any) any {
	template, ok := argument.(string)
	var variables map[string]any
	if !ok {
		l, ok := arguments(argument, 2, 2)
		if ok {
			template, ok = l[0].(string)
			variables, _ = l[1].(map[string]any)
		}
		if !ok || variables == nil {
			return e.Unknown("found neither a string nor a string with an object of variables, expected one of them")
		}
	}
	var out strings.Builder
	var parts []any // the values, in case one of them is absent
	for rest := template; out.Len() <= maxText; {
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
		s, ok := document.Text(v)
		if !ok {
			return e.Unknown("found ${%s}, which is not a string, expected a string", name)
		}
		out.WriteString(s)
	}
	for _, v := range parts {
		if s, _ := v.(string); !policy.IsKnown(s) && e.State.optional[s] {
			return e.Derived("Fn::Sub", template, parts)
		}
	}
	return e.made("Fn::Sub", out.String())
}

func (e *Evaluation) substitute(name string, variables map[string]any) any {
	if node, is := variables[name]; is {
		e.path = append(e.path, segment{index: 1}, segment{key: name})
		defer func() { e.path = e.path[:len(e.path)-2] }()
		return e.Value(node)
	}
	if id, attribute, is := strings.Cut(name, "."); is {
		return e.Template.Attribute(e, id, attribute)
	}
	return e.Template.Reference(e, name)
}
