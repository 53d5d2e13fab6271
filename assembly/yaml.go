package assembly

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Templates in YAML: 1.1, with a tag for each function, without merge keys and without the types for times, sets and bytes.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html

// tags are the short forms of functions: "!Sub" is "Fn::Sub", and two have no prefix.
var tags = sync.OnceValue(func() map[string]string {
	tags := map[string]string{"!Ref": "Ref", "!Condition": "Condition", "!ForEach": "Fn::ForEach", "!Transform": "Fn::Transform"}
	for _, name := range slices.Concat(functionNames(), conditionFunctions) {
		tags["!"+strings.TrimPrefix(name, "Fn::")] = name
	}
	return tags
})

type yamlReader struct {
	budget    budget
	expanding []*yaml.Node // anchors that are being read, so that none is read within itself
}

// readYAML reads a document as readJSON would read the same in JSON.
func readYAML(document string) (any, error) {
	if len(document) > MaxYAMLSize {
		return nil, fmt.Errorf("found %d bytes of YAML, expected %d at most: CloudFormation takes templates of 1 MB", len(document), MaxYAMLSize)
	}
	if !utf8.ValidString(document) {
		return nil, errors.New("found bytes that are no UTF-8, expected UTF-8")
	}
	decoder := yaml.NewDecoder(strings.NewReader(document))
	var root, second yaml.Node
	if err := decoder.Decode(&root); err != nil && err != io.EOF {
		return nil, yamlProblem(err)
	}
	if len(root.Content) == 0 {
		return nil, errors.New("found an empty file, expected a template")
	}
	if err := decoder.Decode(&second); err == nil {
		return nil, fmt.Errorf("line %d: found a second document, expected one", second.Line)
	} else if err != io.EOF {
		return nil, yamlProblem(err)
	}
	r := yamlReader{}
	return r.value(root.Content[0], 1)
}

func yamlProblem(err error) error {
	return fmt.Errorf("found no YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
}

func (r *yamlReader) value(n *yaml.Node, depth int) (any, error) {
	if depth > deepest {
		return nil, fmt.Errorf("line %d: found more, expected at most %d levels of lists and objects", n.Line, deepest)
	}
	if err := r.budget.take(); err != nil {
		return nil, err
	}
	v, err := r.untagged(n, depth)
	if err != nil || !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!") {
		return v, err
	}
	name, known := tags()[n.Tag]
	if !known {
		return nil, fmt.Errorf("line %d: found tag %s, expected a function of CloudFormation, such as !Ref or !Sub", n.Line, n.Tag)
	}
	if name == "Condition" {
		return map[string]any{name: v}, nil
	}
	return &call{name, v}, nil
}

func (r *yamlReader) untagged(n *yaml.Node, depth int) (any, error) {
	switch n.Kind {
	case yaml.ScalarNode:
		return scalar(n)
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			var err error
			if list[i], err = r.value(item, depth+1); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.AliasNode:
		if slices.Contains(r.expanding, n.Alias) {
			return nil, fmt.Errorf("line %d: found alias *%s within its own anchor, expected it outside", n.Line, n.Value)
		}
		r.expanding = append(r.expanding, n.Alias)
		v, err := r.value(n.Alias, depth+1)
		r.expanding = r.expanding[:len(r.expanding)-1]
		return v, err
	}
	return r.mapping(n, depth)
}

func (r *yamlReader) mapping(n *yaml.Node, depth int) (any, error) {
	object := make(map[string]any, len(n.Content)/2)
	for i := 0; i < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind == yaml.AliasNode {
			k = k.Alias
		}
		switch _, twice := object[k.Value]; {
		case k.Kind != yaml.ScalarNode:
			return nil, fmt.Errorf("line %d: found a list or an object as key, expected a text", k.Line)
		case k.Tag == "!!merge":
			return nil, fmt.Errorf("line %d: found a merge key (<<), expected its keys written out: CloudFormation reads none", k.Line)
		case strings.IndexByte(k.Value, 0) >= 0:
			return nil, nulProblem(k)
		case twice:
			return nil, fmt.Errorf("line %d: found %q twice in one object, expected it once", k.Line, k.Value)
		}
		v, err := r.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		object[k.Value] = v
	}
	if len(object) == 1 {
		for key, v := range object {
			if isCall(key, v) {
				return &call{key, v}, nil
			}
		}
	}
	return object, nil
}
