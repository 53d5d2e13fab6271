package statemachine

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// definitionReader collects all problems of a definition.
type definitionReader struct {
	problems []error
	names    map[string]bool // of all states, which are unique
	labels   map[string]bool
}

func (r *definitionReader) problem(where, text string) {
	r.problems = append(r.problems, fmt.Errorf("%s: %s", where, text))
}

// fields are those of one object of a definition. A field that nobody takes is refused.
type fields struct {
	r     *definitionReader
	where string
	left  map[string]any
	known []string
}

func (r *definitionReader) fields(where string, value any) *fields {
	object, ok := value.(map[string]any)
	if !ok {
		r.problem(where, "found "+kindOf(value)+", expected an object")
	}
	return &fields{r: r, where: where, left: maps.Clone(object)}
}

func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "nothing"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	}
	return "an object"
}

// take returns a field, the zero value if it is absent.
func take[T any](f *fields, name string) (value T, ok bool) {
	f.known = append(f.known, name)
	found, ok := f.left[name]
	if !ok {
		return value, false
	}
	delete(f.left, name)
	if value, ok = found.(T); !ok {
		f.r.problem(f.where+"/"+name, "found "+kindOf(found)+", expected "+kindOf(any(value)))
	}
	return value, ok
}

func (f *fields) text(name string) string {
	value, _ := take[string](f, name)
	return value
}

// oneOf takes a text that has to be one of several; the first is the default.
func (f *fields) oneOf(name string, texts ...string) string {
	value, ok := take[string](f, name)
	if !ok {
		return texts[0]
	}
	if !slices.Contains(texts, value) {
		f.r.problem(f.where+"/"+name, fmt.Sprintf("found %q, expected one of %s", value, strings.Join(texts, ", ")))
	}
	return value
}

func (f *fields) need(name string) string {
	value := f.text(name)
	if value == "" {
		f.r.problem(f.where, "found no "+name)
	}
	return value
}

func (f *fields) number(name string, least, most, otherwise float64) float64 {
	value, ok := take[json.Number](f, name)
	if !ok {
		return otherwise
	}
	number, err := value.Float64()
	if err != nil || number < least || number > most {
		f.r.problem(f.where+"/"+name, fmt.Sprintf("found %s, expected a number from %v to %v", value, least, most))
	}
	return number
}

func (f *fields) whole(name string, least, most, otherwise int) int {
	number := f.number(name, float64(least), float64(most), float64(otherwise))
	if number != float64(int(number)) {
		f.r.problem(f.where+"/"+name, fmt.Sprintf("found %v, expected a whole number", number))
	}
	return int(number)
}

func (f *fields) texts(name string) (texts []string) {
	list, _ := take[[]any](f, name)
	for _, value := range list {
		text, ok := value.(string)
		if !ok {
			f.r.problem(f.where+"/"+name, "found "+kindOf(value)+", expected strings")
		}
		texts = append(texts, text)
	}
	return texts
}

// path takes a path; null is permitted where nullable says so.
func (f *fields) path(name string, nullable bool) path {
	f.known = append(f.known, name)
	if value, ok := f.left[name]; ok && value == nil && nullable {
		delete(f.left, name)
		return path{text: "null", null: true}
	}
	text, ok := take[string](f, name)
	if !ok {
		text = "$"
	}
	p, err := readPath(text)
	if err == nil && !p.isReference() {
		err = fmt.Errorf("found the path %q, expected one that selects one thing", text)
	}
	if err != nil {
		f.r.problem(f.where+"/"+name, err.Error())
	}
	return p
}

func (f *fields) template(name string) *template {
	f.known = append(f.known, name)
	value, ok := f.left[name]
	if !ok {
		return nil
	}
	delete(f.left, name)
	t := readTemplate(value, f.where+"/"+name, f.r.problem)
	return &t
}

func (f *fields) objects(name string) (all []*fields) {
	list, _ := take[[]any](f, name)
	for i, value := range list {
		all = append(all, f.r.fields(fmt.Sprintf("%s/%s/%d", f.where, name, i), value))
	}
	return all
}

func (f *fields) object(name string) *fields {
	object, ok := take[map[string]any](f, name)
	if !ok {
		return nil
	}
	return f.r.fields(f.where+"/"+name, object)
}

// done refuses the fields that are left.
func (f *fields) done() {
	slices.Sort(f.known)
	for _, name := range slices.Sorted(maps.Keys(f.left)) {
		f.r.problem(f.where+"/"+name, "found a field that this interpreter does not know here; it knows "+strings.Join(slices.Compact(f.known), ", "))
	}
}
