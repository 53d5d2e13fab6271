package document

import (
	"encoding/json"

	"github.com/crossgrant/crossgrant/internal/jsonread"
)

// ReadJSON reads a document that consists of one value. Unlike encoding/json it refuses duplicate keys and turns objects into calls as it reads
// them. Errors name the line and the column.
func ReadJSON(document string) (any, error) {
	// IAM allows no U+0000, and unknown values are marked with it.
	r := jsonread.New(document, jsonread.Options{MaxDepth: maxDepth, NoNUL: true})
	var budget Budget
	v := readValue(r, &budget)
	return v, r.End()
}

func readValue(r *jsonread.Reader, budget *Budget) any {
	kind, text := r.Next()
	if err := budget.Take(); err != nil {
		r.Fail(err)
	}
	switch kind {
	case jsonread.Object:
		return readObject(r, budget)
	case jsonread.List:
		list := []any{}
		for r.Item() {
			list = append(list, readValue(r, budget))
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

// readObject reads an object or a call, which is an object with one key. The map of an object is made only when it is known not to be a call.
func readObject(r *jsonread.Reader, budget *Budget) any {
	if !r.Field() {
		return map[string]any{}
	}
	key := r.Key()
	value := readValue(r, budget)
	more := r.Field()
	if !more && isCall(key, value) {
		return &Call{key, value}
	}
	object := map[string]any{key: value}
	for ; more; more = r.Field() {
		key = r.Key()
		if _, ok := object[key]; ok {
			r.Duplicate()
		}
		object[key] = readValue(r, budget)
	}
	return object
}

// isNumber reports whether s is a number in JSON. Leading zeros are not allowed, so an account such as 012345678901 is not a number.
func isNumber(s string) bool {
	return s != "" && (s[0] == '-' || '0' <= s[0] && s[0] <= '9') && json.Valid([]byte(s))
}
