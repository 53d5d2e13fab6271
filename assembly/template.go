package assembly

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// template is one file, before it is known in which stack it stands.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
type template struct {
	parameters, mappings, conditions, resources, outputs, metadata map[string]any
	macros                                                         []string
	loops                                                          bool // whether Fn::ForEach is in it
}

func parseTemplate(name, document string) (*template, error) {
	read := readJSON
	if isYAML(name) || !strings.EqualFold(path.Ext(name), ".json") && !strings.HasPrefix(strings.TrimLeft(document, " \t\r\n"), "{") {
		read = readYAML
	}
	root, err := read(document)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	sections, ok := root.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: found no object, expected a template with Resources", name)
	}
	t := &template{loops: strings.Contains(document, loopPrefix), macros: macros(sections["Transform"])}
	var problems []error
	for _, s := range []struct {
		name string
		into *map[string]any
	}{
		{"Parameters", &t.parameters}, {"Mappings", &t.mappings}, {"Conditions", &t.conditions},
		{"Resources", &t.resources}, {"Outputs", &t.outputs}, {"Metadata", &t.metadata},
	} {
		switch v := sections[s.name].(type) {
		case nil:
		case map[string]any:
			*s.into = v
		case *call: // a macro that makes the whole section
			*s.into = map[string]any{v.name: v.argument}
		default:
			problems = append(problems, fmt.Errorf("%s: %s: found no object, expected one", name, s.name))
		}
	}
	t.metadata, _ = plain(t.metadata).(map[string]any)
	t.mappings, _ = plain(t.mappings).(map[string]any)
	return t, errors.Join(problems...)
}

// macros are the names of a template's transforms, but for the one that this package knows.
func macros(transform any) (names []string) {
	if _, one := transform.([]any); !one {
		transform = []any{transform}
	}
	for _, t := range list(transform) {
		name, ok := t.(string)
		if !ok {
			name = word(object(plain(t))["Name"])
		}
		if t != nil && name != "AWS::LanguageExtensions" {
			names = append(names, name)
		}
	}
	return names
}
