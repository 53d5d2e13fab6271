package document

import (
	"encoding/json"
	"strings"

	"github.com/crossgrant/crossgrant/internal/jsonread"
)

// ReadJSON reads a document that consists of one value. Unlike encoding/json it refuses duplicate keys and turns objects into calls as it reads
// them. Errors name the line and the column.
func ReadJSON(document string) (any, error) {
	// IAM allows no U+0000, and unknown values are marked with it.
	r := jsonread.New(strings.TrimPrefix(document, byteOrderMark), jsonread.Options{MaxDepth: maxDepth, NoNUL: true})
	j := jsonReader{Reader: r}
	v := j.value()
	return v, r.End()
}

// readTemplateJSON is ReadJSON, but it takes keys that are there twice.
func readTemplateJSON(document string) (any, []string, error) {
	j := jsonReader{Reader: jsonread.New(document, jsonread.Options{MaxDepth: maxDepth, NoNUL: true}), takesDuplicates: true}
	v := j.value()
	return v, j.warnings, j.End()
}

type jsonReader struct {
	*jsonread.Reader
	budget          Budget
	takesDuplicates bool
	warnings        []string
}

func (r *jsonReader) value() any {
	kind, text := r.Next()
	if err := r.budget.Take(); err != nil {
		r.Fail(err)
	}
	switch kind {
	case jsonread.Object:
		return r.object()
	case jsonread.List:
		list := []any{}
		for r.Item() {
			list = append(list, r.value())
		}
		return list
	case jsonread.String:
		return text
	case jsonread.Number:
		return json.Number(text)
	case jsonread.Bool:
		return text == "true"
	}
	return nil
}

// object reads an object or a call, which is an object with one key. The map of an object is made only when it is known not to be a call.
func (r *jsonReader) object() any {
	if !r.Field() {
		return map[string]any{}
	}
	key := r.Key()
	value := r.value()
	more := r.Field()
	if !more && isCall(key, value) {
		return &Call{key, value}
	}
	object := map[string]any{key: value}
	for ; more; more = r.Field() {
		key = r.Key()
		before, again := object[key]
		switch {
		case !again:
			object[key] = r.value()
		case r.takesDuplicates:
			r.warnings = append(r.warnings, r.Duplicated().Error())
			object[key] = twice(before, r.value())
		default:
			r.Fail(r.Duplicated())
		}
	}
	return object
}

// isNumber reports whether s is a number in JSON. Leading zeros are not allowed, so an account such as 012345678901 is not a number.
func isNumber(s string) bool {
	return s != "" && (s[0] == '-' || '0' <= s[0] && s[0] <= '9') && json.Valid([]byte(s))
}
