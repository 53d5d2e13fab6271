package document

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Templates in YAML 1.1 with a tag for each function, without merge keys and without the types for timestamps, sets and binary data.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html

// tags are the short forms of functions: "!Sub" is "Fn::Sub"; Ref and Condition have no prefix.
var tags = func() map[string]string {
	tags := map[string]string{"!Ref": "Ref", "!Condition": "Condition"}
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-rules.html has those of rules, which are the last ones.
	for name := range strings.FieldsSeq("And Base64 Cidr Equals FindInMap ForEach GetAZs GetAtt GetStackOutput If ImportValue Join Length Not Or Select Split " +
		"Sub ToJsonString Transform Contains EachMemberEquals EachMemberIn RefAll ValueOf ValueOfAll") {
		tags["!"+name] = "Fn::" + name
	}
	return tags
}()

type yamlReader struct {
	budget    Budget
	expanding []*yaml.Node // the anchors being read, none of which may contain itself
	rules     bool         // within the Rules of the template, which have functions of their own and decide nothing
	warnings  []string
}

// readYAML reads a template and returns what readTemplateJSON returns for the same template in JSON. Errors and warnings name the line.
func readYAML(document string) (any, []string, error) {
	root, err := yamlRoot(document)
	if err != nil {
		return nil, nil, err
	}
	r := yamlReader{}
	v, err := r.value(root, 1)
	return v, r.warnings, err
}

func yamlRoot(document string) (*yaml.Node, error) {
	if len(document) > MaxYAMLSize {
		return nil, fmt.Errorf("found %d bytes of YAML, expected %d at most: CloudFormation takes templates of 1 MB", len(document), MaxYAMLSize)
	}
	if !utf8.ValidString(document) {
		return nil, errors.New("found bytes that are not UTF-8, expected UTF-8")
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
	return root.Content[0], nil
}

func yamlProblem(err error) error {
	return fmt.Errorf("found invalid YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
}

func (r *yamlReader) value(n *yaml.Node, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("line %d: found more levels of lists and objects, expected at most %d", n.Line, maxDepth)
	}
	if err := r.budget.Take(); err != nil {
		return nil, err
	}
	v, err := r.untagged(n, depth)
	if err != nil || !strings.HasPrefix(n.Tag, "!") || strings.HasPrefix(n.Tag, "!!") {
		return v, err
	}
	name, known := tags[n.Tag]
	switch {
	case known:
	case r.rules:
		r.warnings = append(r.warnings, fmt.Sprintf("line %d: found tag %s, expected that of a function of rules, such as !Contains", n.Line, n.Tag))
		name = "Fn::" + n.Tag[1:]
	default:
		return nil, fmt.Errorf("line %d: found tag %s, expected that of a CloudFormation function, such as !Ref or !Sub", n.Line, n.Tag)
	}
	if name == "Condition" {
		return map[string]any{name: v}, nil
	}
	return &Call{name, v}, nil
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
			return nil, fmt.Errorf("line %d: found alias *%s within its own anchor, expected it outside of the anchor", n.Line, n.Value)
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
		before, again := object[k.Value]
		switch {
		case k.Kind != yaml.ScalarNode:
			return nil, fmt.Errorf("line %d: found a list or an object as a key, expected a string", k.Line)
		case k.Tag == "!!merge":
			return nil, fmt.Errorf("line %d: found a merge key (<<), expected its keys written out: CloudFormation does not support merge keys", k.Line)
		case strings.IndexByte(k.Value, 0) >= 0:
			return nil, nulProblem(k)
		case again:
			r.warnings = append(r.warnings, fmt.Sprintf("line %d: found %q twice in one object, expected it once", k.Line, k.Value))
		}
		if depth == 1 {
			r.rules = k.Value == "Rules"
		}
		v, err := r.value(n.Content[i+1], depth+1)
		if err != nil {
			return nil, err
		}
		if again {
			v = twice(before, v)
		}
		object[k.Value] = v
	}
	if len(object) == 1 {
		for key, v := range object {
			if isCall(key, v) {
				return &Call{key, v}, nil
			}
		}
	}
	return object, nil
}

// scalar reads a string, number, boolean or null. CloudFormation reads the booleans of YAML 1.1, and timestamps as strings. What is not a
// number in JSON, such as an account with a leading zero, remains a string.
func scalar(n *yaml.Node) (any, error) {
	if strings.IndexByte(n.Value, 0) >= 0 {
		return nil, nulProblem(n)
	}
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	switch {
	case n.Style&yaml.TaggedStyle != 0 && strings.HasPrefix(n.Tag, "!!"):
		if !slices.Contains([]string{"!!str", "!!int", "!!float", "!!bool", "!!null"}, n.Tag) {
			return nil, fmt.Errorf("line %d: found tag %s, expected none: CloudFormation does not support this type", n.Line, n.Tag)
		}
		if n.Tag == "!!str" {
			return n.Value, nil
		}
	case quoted || strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		return n.Value, nil
	}
	if n.Tag == "!!null" {
		return nil, nil
	}
	if b, is := booleans[n.Value]; is {
		return b, nil
	}
	if isNumber(n.Value) {
		return json.Number(n.Value), nil
	}
	return n.Value, nil
}

// booleans are those of YAML 1.1 (https://yaml.org/type/bool.html) without y and n, which common readers treat as strings.
var booleans = func() map[string]bool {
	booleans := map[string]bool{}
	for word, value := range map[string]bool{"true": true, "yes": true, "on": true, "false": false, "no": false, "off": false} {
		booleans[word], booleans[strings.ToUpper(word)], booleans[strings.ToUpper(word[:1])+word[1:]] = value, value, value
	}
	return booleans
}()

func nulProblem(n *yaml.Node) error {
	return fmt.Errorf(`line %d: found the character \0, expected a string without it: IAM allows none, and this package marks unknown values with it`, n.Line)
}
