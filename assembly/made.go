package assembly

import (
	"fmt"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// made accounts for text that a function made. A few functions on each other could make very much of it.
func (e *evaluation) made(function, text string) any {
	if e.spend(len(text)); len(text) > longestText {
		return e.unknown("found %s to make more than %d bytes, expected less", function, longestText)
	}
	return e.dynamic(text)
}

// spend accounts for bytes that a function made; false if there are too many.
func (e *evaluation) spend(bytes int) bool {
	if e.scope.written += bytes; e.scope.written > mostText && e.err == nil {
		e.err = fmt.Errorf("stack %s: found functions that make more than %d bytes of text, expected less", e.scope.DisplayName, mostText)
	}
	return e.err == nil
}

// derived is what a function makes of something unknown: the same for the same content, wherever it stands.
func (e *evaluation) derived(function string, content ...any) string {
	var out strings.Builder
	for _, c := range content {
		out.WriteByte(' ')
		writeJSON(&out, c)
	}
	e.spend(out.Len())
	name := strings.TrimPrefix(function, "Fn::") + withoutMarks.Replace(out.String()[:min(out.Len(), 200)])
	if len(name) > 60 {
		name = strings.ToValidUTF8(name[:60], "") + "…"
	}
	return policy.Unresolved(strings.ToValidUTF8(name, "") + "#" + digest(function+out.String()))
}

var withoutMarks = strings.NewReplacer("\x00", "", "[", "", "]", "", "{", "", "}", "", `"`, "")

const (
	// longestText is the longest text that a function may make, in bytes: a template has 1 MB.
	longestText = 1 << 20
	// mostText is all text that the functions of one stack may make, in bytes.
	mostText = 64 << 20
)

// dynamic replaces dynamic references by what nobody knows before deployment.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
func (e *evaluation) dynamic(text string) string {
	var out strings.Builder
	for rest := text; ; {
		before, after, found := strings.Cut(rest, "{{resolve:")
		reference, behind, closed := strings.Cut(after, "}}")
		if !found || !closed || e.err != nil {
			if out.Len() == 0 {
				return rest
			}
			return out.String() + rest
		}
		out.WriteString(before)
		out.WriteString(e.derived("resolve", reference, e.scope.Account, e.scope.Region))
		rest = behind
	}
}
