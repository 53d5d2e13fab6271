package statemachine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// path is a path: $, $.a.b, $['a b'], $.a[0], $.a[*].b; with $$ it selects from the context object. null is the path that selects nothing.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html
type path struct {
	text    string
	null    bool
	context bool
	steps   []any // names, indexes, and all for [*]
}

// all is the step that selects every element of a list.
type all struct{}

// isReference reports whether a path selects one thing, as it has to outside of payload templates.
func (p path) isReference() bool { return !slices.Contains(p.steps, any(all{})) }

func readPath(text string) (path, error) {
	p := path{text: text}
	rest, ok := strings.CutPrefix(text, "$")
	if !ok {
		return p, fmt.Errorf("found %q, expected a path that begins with $", text)
	}
	if after, ok := strings.CutPrefix(rest, "$"); ok {
		p.context, rest = true, after
	}
	for rest != "" {
		var step any
		var err error
		if step, rest, err = readStep(rest); err != nil {
			return p, fmt.Errorf("found the path %q: %w", text, err)
		}
		p.steps = append(p.steps, step)
	}
	return p, nil
}

// readStep reads .name, ['name'] or [0].
func readStep(text string) (step any, rest string, err error) {
	if after, ok := strings.CutPrefix(text, "."); ok {
		end := strings.IndexAny(after, ".[")
		if end < 0 {
			end = len(after)
		}
		if name := after[:end]; name != "" && !strings.ContainsAny(name, "*?@ '\"()]") {
			return name, after[end:], nil
		}
		return nil, "", fmt.Errorf("expected a name at %q", text)
	}
	inner, rest, closed := strings.Cut(text, "]")
	inner, opened := strings.CutPrefix(inner, "[")
	if !opened || !closed {
		return nil, "", fmt.Errorf("expected .name, ['name'], [index] or [*] at %q", text)
	}
	if len(inner) > 2 && inner[0] == '\'' && inner[len(inner)-1] == '\'' {
		return inner[1 : len(inner)-1], rest, nil
	}
	if inner == "*" {
		return all{}, rest, nil
	}
	index, err := strconv.Atoi(inner)
	if err != nil || index < 0 {
		return nil, "", fmt.Errorf("expected ['name'], [index] or [*] at %q", text)
	}
	return index, rest, nil
}

// lookUp returns what a path selects, or ok = false if there is no such thing.
func (p path) lookUp(input, context any) (value any, ok bool) {
	value = input
	if p.context {
		value = context
	}
	for i, step := range p.steps {
		switch step := step.(type) {
		case all:
			list, isList := value.([]any)
			if !isList {
				return nil, false
			}
			selected, rest := []any{}, path{steps: p.steps[i+1:]}
			for _, one := range list {
				if inner, ok := rest.lookUp(one, nil); ok {
					selected = append(selected, inner)
				}
			}
			return selected, true
		case string:
			object, isObject := value.(map[string]any)
			if value, ok = object[step]; !isObject || !ok {
				return nil, false
			}
		case int:
			list, isList := value.([]any)
			if !isList || step >= len(list) {
				return nil, false
			}
			value = list[step]
		}
	}
	return value, true
}

// put returns input with value at the path. It changes no object of input, which others share.
func (p path) put(input, value any) (any, error) {
	if len(p.steps) == 0 {
		return value, nil
	}
	name, isName := p.steps[0].(string)
	object, isObject := input.(map[string]any)
	if !isName || !isObject {
		return nil, fmt.Errorf("the ResultPath %s leads into something that is no object", p.text)
	}
	inner := object[name]
	if inner == nil && len(p.steps) > 1 {
		inner = map[string]any{}
	}
	inner, err := path{text: p.text, steps: p.steps[1:]}.put(inner, value)
	if err != nil {
		return nil, err
	}
	object = maps.Clone(object)
	object[name] = inner
	return object, nil
}

// template is a payload template: JSON in which the fields whose names end in .$ have paths or intrinsic functions.
type template struct {
	object map[string]template // names without .$
	list   []template
	value  any // if it is neither
	of     expression
}

// expression is a path or an intrinsic function.
type expression func(input, context any) (any, error)

func readTemplate(value any, where string, problem func(where, text string)) template {
	switch value := value.(type) {
	case map[string]any:
		t := template{object: map[string]template{}}
		for _, name := range slices.Sorted(maps.Keys(value)) {
			plain, dynamic := strings.CutSuffix(name, ".$")
			if _, twice := t.object[plain]; twice {
				problem(where+"/"+name, "found "+plain+" twice, with and without .$")
			}
			if !dynamic {
				t.object[name] = readTemplate(value[name], where+"/"+name, problem)
				continue
			}
			text, _ := value[name].(string)
			of, err := readExpression(text)
			if err != nil {
				problem(where+"/"+name, err.Error())
			}
			t.object[plain] = template{of: of}
		}
		return t
	case []any:
		t := template{list: []template{}}
		for i, inner := range value {
			t.list = append(t.list, readTemplate(inner, fmt.Sprintf("%s/%d", where, i), problem))
		}
		return t
	}
	return template{value: value}
}

func (t template) fill(input, context any) (any, error) {
	switch {
	case t.of != nil:
		return t.of(input, context)
	case t.object != nil:
		object := make(map[string]any, len(t.object))
		for name, inner := range t.object {
			value, err := inner.fill(input, context)
			if err != nil {
				return nil, err
			}
			object[name] = value
		}
		return object, nil
	case t.list != nil:
		list := make([]any, len(t.list))
		for i, inner := range t.list {
			var err error
			if list[i], err = inner.fill(input, context); err != nil {
				return nil, err
			}
		}
		return list, nil
	}
	return t.value, nil
}

// readExpression reads what may stand in a field whose name ends in .$.
func readExpression(text string) (expression, error) {
	if strings.HasPrefix(text, "States.") {
		return readFunction(text)
	}
	p, err := readPath(text)
	if err != nil {
		return nil, err
	}
	return func(input, context any) (any, error) {
		value, ok := p.lookUp(input, context)
		if !ok {
			return nil, fmt.Errorf("the path %s selects nothing", text)
		}
		return value, nil
	}, nil
}

// functions are the intrinsic functions.
// https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
var functions = map[string]func(arguments []any) (any, error){
	"States.Array": func(arguments []any) (any, error) { return arguments, nil },
	"States.ArrayLength": func(arguments []any) (any, error) {
		if len(arguments) == 1 {
			if list, ok := arguments[0].([]any); ok {
				return json.Number(strconv.Itoa(len(list))), nil
			}
		}
		return nil, fmt.Errorf("States.ArrayLength takes one array")
	},
	"States.ArrayGetItem": func(arguments []any) (any, error) {
		if len(arguments) == 2 {
			list, isList := arguments[0].([]any)
			index, isNumber := numberOf(arguments[1])
			if isList && isNumber && index >= 0 && int(index) < len(list) {
				return list[int(index)], nil
			}
		}
		return nil, fmt.Errorf("States.ArrayGetItem takes an array and an index in it")
	},
	"States.Format": func(arguments []any) (any, error) {
		text, _ := arguments[0].(string)
		if strings.Count(text, "{}") != len(arguments)-1 {
			return nil, fmt.Errorf("States.Format has %d arguments for %q", len(arguments)-1, text)
		}
		for _, value := range arguments[1:] {
			if plain, ok := value.(string); ok {
				text = strings.Replace(text, "{}", plain, 1)
			} else {
				text = strings.Replace(text, "{}", string(encode(value)), 1)
			}
		}
		return text, nil
	},
	// Each character of the second text is a delimiter.
	"States.StringSplit": func(arguments []any) (any, error) {
		if len(arguments) == 2 {
			text, isText := arguments[0].(string)
			delimiters, areText := arguments[1].(string)
			if isText && areText {
				parts := []any{}
				for _, part := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(delimiters, c) }) {
					parts = append(parts, part)
				}
				return parts, nil
			}
		}
		return nil, fmt.Errorf("States.StringSplit takes two texts")
	},
	"States.StringToJson": func(arguments []any) (any, error) {
		text, _ := arguments[0].(string)
		return decode([]byte(text))
	},
	"States.MathAdd": func(arguments []any) (any, error) {
		sum := 0
		for _, value := range arguments {
			number, ok := numberOf(value)
			if !ok {
				return nil, fmt.Errorf("States.MathAdd takes numbers")
			}
			sum += int(number)
		}
		return json.Number(strconv.Itoa(sum)), nil
	},
}

// readFunction reads a call such as States.Format('{}/x', $.a).
func readFunction(text string) (expression, error) {
	of, rest, err := readArgument(text)
	if err == nil && strings.TrimSpace(rest) != "" {
		err = fmt.Errorf("expected nothing behind the call, found %q", rest)
	}
	if err != nil {
		return nil, fmt.Errorf("found %q: %w", text, err)
	}
	return of, nil
}

func readArgument(text string) (of expression, rest string, err error) {
	text = strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, "'"):
		value, rest, ok := strings.Cut(text[1:], "'")
		if !ok || strings.Contains(value, `\`) {
			return nil, "", fmt.Errorf("expected a string in quotes, without \\, at %q", text)
		}
		return func(any, any) (any, error) { return value, nil }, rest, nil
	case strings.HasPrefix(text, "States."):
		name, rest, ok := strings.Cut(text, "(")
		call := functions[name]
		if !ok || call == nil {
			return nil, "", fmt.Errorf("found the function %s, expected one of %s", name, strings.Join(slices.Sorted(maps.Keys(functions)), ", "))
		}
		var arguments []expression
		for {
			argument, after, err := readArgument(rest)
			if err != nil {
				return nil, "", err
			}
			arguments = append(arguments, argument)
			if after = strings.TrimSpace(after); strings.HasPrefix(after, ")") {
				rest = after[1:]
				break
			}
			if rest, ok = strings.CutPrefix(after, ","); !ok {
				return nil, "", fmt.Errorf("expected , or ) at %q", after)
			}
		}
		return func(input, context any) (any, error) {
			values := make([]any, len(arguments))
			for i, argument := range arguments {
				var err error
				if values[i], err = argument(input, context); err != nil {
					return nil, err
				}
			}
			return call(values)
		}, rest, nil
	}
	end := strings.IndexAny(text, ",)")
	if end < 0 {
		return nil, "", fmt.Errorf("expected ) behind %q", text)
	}
	word := strings.TrimSpace(text[:end])
	if strings.HasPrefix(word, "$") {
		of, err = readExpression(word)
		return of, text[end:], err
	}
	value, err := decode([]byte(word))
	if err != nil {
		return nil, "", fmt.Errorf("expected a path, a call, a string in quotes or a number at %q", text)
	}
	return func(any, any) (any, error) { return value, nil }, text[end:], nil
}

// decode reads one JSON value, with numbers as they are written.
func decode(text []byte) (value any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if decoder.More() {
		return nil, fmt.Errorf("found more than one JSON value")
	}
	return value, nil
}

// encode writes JSON as it counts against the limit of a payload.
func encode(value any) []byte {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic(err) // strings, numbers, lists and objects always encode
	}
	return bytes.TrimRight(text.Bytes(), "\n")
}

func numberOf(value any) (float64, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	float, err := number.Float64()
	return float, err == nil
}
