package assembly

import (
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-join.html
func (e *evaluation) join(argument any) any {
	l, ok := arguments(argument, 2, 2)
	if !ok {
		return e.unknown("found no list of two, expected a delimiter and a list")
	}
	delimiter, ok := e.textAt(0, l[0])
	if !ok {
		return e.unknown("found a delimiter that is no text, expected a text")
	}
	joined := e.at(1, l[1])
	items, is := joined.([]any)
	if s, unknown := joined.(string); unknown && !policy.IsKnown(s) || is && e.mayLack(items) {
		return e.derived("Fn::Join", delimiter, joined)
	}
	if !is {
		return e.unknown("found no list to join, expected one")
	}
	var out strings.Builder
	for i, item := range items {
		s, ok := text(item)
		if !ok {
			return e.unknown("found item %d to be no text, expected a text", i)
		}
		if i > 0 {
			out.WriteString(delimiter)
		}
		if out.WriteString(s); out.Len() > longestText {
			break
		}
	}
	return e.made("Fn::Join", out.String())
}

// mayLack says whether an item may turn out not to be there.
func (e *evaluation) mayLack(items []any) bool {
	for _, item := range items {
		if s, ok := item.(string); ok && !policy.IsKnown(s) && e.optional[s] {
			return true
		}
	}
	return false
}

// split splits a text with unknown parts only if the delimiter surely is in none of them.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-split.html
func (e *evaluation) split(argument any) any {
	l, ok := arguments(argument, 2, 2)
	if !ok {
		return e.unknown("found no list of two, expected a delimiter and a text")
	}
	delimiter, is := e.textAt(0, l[0])
	source, ok := e.textAt(1, l[1])
	if !is || !ok || delimiter == "" {
		return e.unknown("found no text to split at a text, expected both, and the delimiter not to be empty")
	}
	if !policy.IsKnown(delimiter) || !policy.IsKnown(source) && !(splits(delimiter) && e.isPlain(source)) {
		return e.derived("Fn::Split", delimiter, source)
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
func (e *evaluation) choose(argument any) any {
	l, ok := arguments(argument, 2, 2)
	if !ok {
		return e.unknown("found no list of two, expected an index and a list")
	}
	index, ok := e.textAt(0, l[0])
	from := e.at(1, l[1])
	items, is := from.([]any)
	i, err := strconv.Atoi(index)
	switch s, unknown := from.(string); {
	case !ok, err != nil && policy.IsKnown(index):
		return e.unknown("found index %q, expected a whole number", index)
	case err != nil, unknown && !policy.IsKnown(s), is && e.mayLack(items[:min(max(i+1, 0), len(items))]):
		return e.derived("Fn::Select", index, from)
	case !is:
		return e.unknown("found no list to select from, expected one")
	case i < 0 || i >= len(items):
		return e.unknown("found index %d in a list of %d, expected one that it has", i, len(items))
	}
	return items[i]
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-base64.html
func (e *evaluation) base64(argument any) any {
	s, ok := text(e.of(argument))
	if !ok {
		return e.unknown("found no text to encode, expected one")
	}
	if !policy.IsKnown(s) {
		return e.derived("Fn::Base64", s)
	}
	return e.made("Fn::Base64", base64.StdEncoding.EncodeToString([]byte(s)))
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-length.html
func (e *evaluation) length(argument any) any {
	v := e.of(argument)
	items, is := v.([]any)
	if s, unknown := v.(string); unknown && !policy.IsKnown(s) || is && e.mayLack(items) {
		return e.derived("Fn::Length", v)
	}
	if !is {
		return e.unknown("found no list to count, expected one")
	}
	return json.Number(strconv.Itoa(len(items)))
}

// toJSON writes keys in sorted order: which one CloudFormation takes is not documented.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-ToJsonString.html
func (e *evaluation) toJSON(argument any) any {
	v := e.of(argument)
	switch v.(type) {
	case map[string]any, []any:
	default:
		return e.unknown("found neither a list nor an object, expected one of them")
	}
	var out strings.Builder
	if writeJSON(&out, v); !e.isPlain(out.String()) {
		return e.derived("Fn::ToJsonString", v) // what is unknown may be no text, or have characters that JSON escapes
	}
	return e.made("Fn::ToJsonString", out.String())
}
