// Package expect reads which requests an assembly has to allow and which it has to deny, from a file or from the metadata of a resource. It tries none
// of them (package proof does).
package expect

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Version is the version of the format that this package reads.
const Version = 1

// MaxSize is the largest file, in bytes, and MaxRequests the most requests that it may expect.
const (
	MaxSize     = 1 << 20
	MaxRequests = 10_000
)

// Outside is the From of requests from outside of every VPC.
const Outside = "outside"

// Schema is the JSON Schema of the file, as SchemaFileName has it.
//
//go:embed expect.schema.json
var Schema []byte

// SchemaFileName is the name of the file with the schema.
const SchemaFileName = "expect.schema.json"

// Request is a request, and whether it has to be allowed or denied.
type Request struct {
	// Principal makes it, by any name that proof.Explain takes. Action may have wildcards: it is each action of the service that they mean and that can be
	// on the resource. Resource is an ARN, or a name with what follows in the ARN.
	Principal, Action, Resource string
	// Allowed says that it has to work; otherwise it has to be denied.
	Allowed bool
	// From is what runs as the principal and makes the request, or Outside. Default each that runs as the principal.
	From string
	// Assuming is the role that the principal assumes for it. Default any way: it works if it works in one, and is denied if it is in all.
	Assuming string
	// Context are condition keys of the request, beside those that follow from its principal and route. Default none.
	Context map[string][]string
	// Because says what it is for. Default nothing.
	Because string
	// Place says where it is expected, such as "expect.yaml:12".
	Place string
}

// Read reads a file. An error says the line, what was found and what was expected.
func Read(file string) ([]Request, error) {
	opened, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read what is expected: %w", err)
	}
	defer opened.Close()
	text, err := io.ReadAll(io.LimitReader(opened, MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("read what is expected: %w", err)
	}
	if len(text) > MaxSize {
		return nil, fmt.Errorf("read what is expected: %s: found more than %d bytes, expected %d at most", file, MaxSize, MaxSize)
	}
	all, err := Parse(filepath.Base(file), text)
	if err != nil {
		return nil, fmt.Errorf("read what is expected: %w", err)
	}
	return all, nil
}

// Parse reads YAML or JSON. Reports call it by the name.
func Parse(name string, text []byte) ([]Request, error) {
	p := &parser{place: func(n *yaml.Node) string { return fmt.Sprintf("%s:%d", name, n.Line) }}
	document, err := p.decode(name, text)
	if err != nil {
		return nil, err
	}
	var list *yaml.Node
	p.object(document, []string{"version", "expect"}, map[string]func(*yaml.Node){
		"$schema": func(n *yaml.Node) { p.text(n, "the address of the schema") },
		"version": func(n *yaml.Node) {
			if n.Kind != yaml.ScalarNode || n.Value != fmt.Sprint(Version) {
				p.refuse(n, n.Value, fmt.Sprintf("the number %d, the version of the format that this version of crossgrant reads", Version))
			}
		},
		"expect": func(n *yaml.Node) { list = n },
	})
	if p.err != nil {
		return nil, p.err
	}
	p.requests(list, "")
	return p.all, p.err
}

// Metadata reads what the metadata of a resource expects: a list of entries as a file has them. One without a principal, or without a resource, is
// about the resource itself, by its name; a resource that begins with "/" is within it, such as an object of a bucket. Errors and reports call it by the place.
func Metadata(place, name string, value any) ([]Request, error) {
	text, err := yaml.Marshal(value)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	p := &parser{place: func(*yaml.Node) string { return place }}
	document, err := p.decode(place, text)
	if err != nil {
		return nil, err
	}
	p.requests(document, name)
	return p.all, p.err
}

// parser reads nodes. The first error ends the reading.
type parser struct {
	place func(*yaml.Node) string
	all   []Request
	err   error
}

func (p *parser) decode(name string, text []byte) (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("%s: found no YAML: %w", name, err)
	}
	if len(document.Content) != 1 {
		return nil, fmt.Errorf("%s: found nothing, expected an object with version and expect", name)
	}
	return document.Content[0], nil
}

func (p *parser) refuse(n *yaml.Node, found, expected string) {
	if p.err == nil {
		p.err = fmt.Errorf("%s: found %q, expected %s", p.place(n), found, expected)
	}
}

// what a node is, for errors.
func what(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "an object"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	return n.Value
}

// object reads an object of known fields.
func (p *parser) object(n *yaml.Node, required []string, fields map[string]func(*yaml.Node)) {
	known := make([]string, 0, len(fields))
	for name := range fields {
		known = append(known, name)
	}
	slices.Sort(known)
	if n.Kind != yaml.MappingNode {
		p.refuse(n, what(n), "an object with "+strings.Join(known, ", "))
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch read := fields[key.Value]; {
		case read == nil:
			p.refuse(key, key.Value, "one of "+strings.Join(known, ", "))
		case seen[key.Value]:
			p.refuse(key, key.Value+" twice", "it once")
		default:
			seen[key.Value] = true
			read(n.Content[i+1])
		}
	}
	for _, name := range required {
		if !seen[name] {
			p.refuse(n, "no "+name, "it in this object")
		}
	}
}

func (p *parser) text(n *yaml.Node, expected string) string {
	if n.Kind != yaml.ScalarNode || n.Value == "" || n.Tag != "!!str" && n.Tag != "!!int" {
		p.refuse(n, what(n), expected)
	}
	return n.Value
}

// texts reads a text or a list of texts.
func (p *parser) texts(n *yaml.Node, expected string) []string {
	if n.Kind != yaml.SequenceNode {
		return []string{p.text(n, expected)}
	}
	var all []string
	for _, one := range n.Content {
		all = append(all, p.text(one, expected))
	}
	if len(all) == 0 {
		p.refuse(n, "an empty list", expected)
	}
	return all
}

func (p *parser) requests(n *yaml.Node, itself string) {
	if n.Kind != yaml.SequenceNode {
		p.refuse(n, what(n), "a list of objects with principal, action, resource and result")
		return
	}
	for _, entry := range n.Content {
		p.entry(entry, itself)
		if p.err == nil && len(p.all) > MaxRequests {
			p.refuse(entry, fmt.Sprintf("more than %d requests", MaxRequests), "fewer")
		}
	}
}

// entry reads one entry: a request for each of its principals, actions and resources.
func (p *parser) entry(n *yaml.Node, itself string) {
	r := Request{Place: p.place(n)}
	var principals, actions, resources []string
	required := []string{"action", "result"}
	if itself == "" {
		required = []string{"principal", "action", "resource", "result"}
	}
	p.object(n, required, map[string]func(*yaml.Node){
		"principal": func(n *yaml.Node) {
			principals = p.texts(n, "a principal: an ARN, or the path, logical ID or name of a role, user, function or instance")
		},
		"action": func(n *yaml.Node) {
			actions = p.texts(n, "an action, such as s3:GetObject or s3:Get*")
			for _, action := range actions {
				if service, name, ok := strings.Cut(action, ":"); !ok || service == "" || name == "" {
					p.refuse(n, action, "an action with its service, such as s3:GetObject or s3:Get*")
				}
			}
		},
		"resource": func(n *yaml.Node) {
			resources = p.texts(n, "a resource: an ARN, or its path, logical ID or name with what follows, such as /KEY")
		},
		"result": func(n *yaml.Node) {
			switch text := p.text(n, "allowed or denied"); text {
			case "allowed":
				r.Allowed = true
			case "denied":
			default:
				p.refuse(n, text, "allowed or denied")
			}
		},
		"from": func(n *yaml.Node) {
			r.From = p.text(n, "the path, logical ID or name of what runs as the principal, or outside")
		},
		"assuming": func(n *yaml.Node) { r.Assuming = p.text(n, "the role that the principal assumes: an ARN or a name") },
		"context":  func(n *yaml.Node) { r.Context = p.context(n) },
		"because":  func(n *yaml.Node) { r.Because = p.text(n, "a sentence") },
	})
	if p.err != nil {
		return
	}
	if principals == nil && resources == nil {
		p.refuse(n, "neither principal nor resource", "one of them: the other one is the resource with this metadata")
		return
	}
	if principals == nil {
		principals = []string{itself}
	}
	if resources == nil {
		resources = []string{itself}
	}
	for i, resource := range resources {
		if itself != "" && strings.HasPrefix(resource, "/") {
			resources[i] = itself + resource
		}
	}
	for _, r.Principal = range principals {
		for _, r.Action = range actions {
			for _, r.Resource = range resources {
				p.all = append(p.all, r)
			}
		}
	}
}

func (p *parser) context(n *yaml.Node) map[string][]string {
	all := map[string][]string{}
	if n.Kind != yaml.MappingNode {
		p.refuse(n, what(n), "an object with condition keys and their values")
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if _, twice := all[key.Value]; twice {
			p.refuse(key, key.Value+" twice", "it once")
		}
		value := n.Content[i+1]
		if value.Kind == yaml.ScalarNode && value.Tag == "!!bool" {
			all[key.Value] = []string{value.Value}
			continue
		}
		all[key.Value] = p.texts(value, "the value of a condition key, or a list of them")
	}
	return all
}
