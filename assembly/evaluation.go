package assembly

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// evaluation resolves one part of a template, such as a resource.
type evaluation struct {
	*resolver
	scope *scope
	id    string    // logical id, "" for the template
	path  []segment // from there, for notes
}

// segment is a key, or an index where the key is "".
type segment struct {
	key   string
	index int
}

// absent is what a property becomes that is not there: AWS::NoValue.
type absent struct{}

// value resolves a node, and says whether that is anything else than the node itself: what needs no resolving is not copied.
func (e *evaluation) value(node any) (any, bool) {
	switch v := node.(type) {
	case string:
		if strings.Contains(v, "{{resolve:") {
			return e.dynamic(v), true
		}
	case *call:
		return e.call(v), true
	case map[string]any:
		return e.object(v)
	case []any:
		return e.list(v)
	}
	return node, false
}

// of is value, for those who do not care.
func (e *evaluation) of(node any) any {
	v, _ := e.value(node)
	return v
}

func (e *evaluation) object(m map[string]any) (any, bool) {
	if function := functionIn(m); function != "" {
		return e.unknown("found %s, which was not run: it may change what is beside it", function), true
	}
	var changed map[string]any
	for key, node := range m {
		e.path = append(e.path, segment{key: key})
		v, is := e.value(node)
		e.path = e.path[:len(e.path)-1]
		if !is {
			continue
		}
		if changed == nil {
			changed = make(map[string]any, len(m))
			for k, n := range m {
				changed[k] = n
			}
		}
		if v == (absent{}) {
			delete(changed, key)
		} else {
			changed[key] = v
		}
	}
	if changed == nil {
		return m, false
	}
	return changed, true
}

func (e *evaluation) list(l []any) (any, bool) {
	var changed []any
	for i, node := range l {
		e.path = append(e.path, segment{index: i})
		v, is := e.value(node)
		e.path = e.path[:len(e.path)-1]
		if is && changed == nil {
			changed = append(make([]any, 0, len(l)), l[:i]...)
		}
		if changed != nil && v != (absent{}) {
			changed = append(changed, v)
		}
	}
	if changed == nil {
		return l, false
	}
	return changed, true
}

// note writes down what was not understood.
func (e *evaluation) note(format string, args ...any) {
	e.notes = append(e.notes, Note{e.scope.Stack, e.id, e.place("."), fmt.Sprintf(format, args...)})
}

// unknown notes what was not understood, and returns a text for it that belongs to this place.
func (e *evaluation) unknown(format string, args ...any) string {
	e.note(format, args...)
	return named(e.scope.Label + "." + e.id + "/" + e.place("/"))
}

func (e *evaluation) place(between string) string {
	parts := make([]string, len(e.path))
	for i, s := range e.path {
		if parts[i] = s.key; s.key == "" {
			parts[i] = strconv.Itoa(s.index)
		}
	}
	return strings.Join(parts, between)
}

// isKnown says that no part of a value is unknown.
func isKnown(value any) bool {
	switch v := value.(type) {
	case string:
		return policy.IsKnown(v)
	case []any:
		for _, item := range v {
			if !isKnown(item) {
				return false
			}
		}
	case map[string]any:
		for key, item := range v {
			if !policy.IsKnown(key) || !isKnown(item) {
				return false
			}
		}
	}
	return true
}
