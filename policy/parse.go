package policy

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/crossgrant/crossgrant/internal/jsonread"
	"github.com/crossgrant/crossgrant/policy/internal/pattern"
)

// Parse reads a policy document. An error names the position or the element, what was found and what was expected.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func Parse(document []byte) (*Document, error) {
	r := jsonread.New(string(document), jsonread.Options{MaxDepth: maxDepth})
	n := readNode(r)
	if err := r.End(); err != nil {
		return nil, err
	}
	d := &Document{Version: "2008-10-17", size: utf8.RuneCount(document)}
	d.sizeWithoutSpace = d.size - countWhitespace(document)
	if err := parseDocument(d, n); err != nil {
		return nil, err
	}
	return d, nil
}

// countWhitespace counts the white space outside strings, which does not count for most limits.
func countWhitespace(document []byte) (n int) {
	quoted := false
	for i := 0; i < len(document); i++ {
		switch document[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case ' ', '\t', '\n', '\r':
			if !quoted {
				n++
			}
		}
	}
	return n
}

// maxDepth is how deep lists and objects may nest. A policy needs six levels.
const maxDepth = 16

// node is one JSON value. Unlike a map it keeps the order of an object's keys and every duplicate, which is an error.
type node struct {
	kind  jsonread.Kind
	text  string   // of a string, number, boolean or null
	keys  []string // of an object: those of items
	items []node
}

func readNode(r *jsonread.Reader) (n node) {
	switch n.kind, n.text = r.Next(); n.kind {
	case jsonread.List:
		for r.Item() {
			if n.items == nil {
				n.items = make([]node, 0, 4)
			}
			n.items = append(n.items, readNode(r))
		}
	case jsonread.Object:
		for r.Field() {
			if n.items == nil {
				n.keys, n.items = make([]string, 0, 6), make([]node, 0, 6)
			}
			n.keys = append(n.keys, r.Key())
			n.items = append(n.items, readNode(r))
		}
	}
	return n
}

// path is the position of a value in a document. It becomes text only in an error.
type path struct {
	parent *path
	name   string // of a field, "" for an item
	index  int    // of an item
}

func (p *path) String() string {
	switch {
	case p.parent == nil:
		return p.name
	case p.name == "":
		return p.parent.String() + "[" + strconv.Itoa(p.index) + "]"
	case p.parent.String() == "":
		return p.name
	}
	return p.parent.String() + "." + p.name
}

// expected returns the error that something else was found at the path.
func (p *path) expected(what string, found string) error {
	at := p.String()
	if at == "" {
		at = "document"
	}
	return fmt.Errorf("%s: found %s, expected %s", at, found, what)
}

// describe returns a value as errors show it.
func (n *node) describe() string {
	switch n.kind {
	case jsonread.List, jsonread.Object:
		kind := map[jsonread.Kind]string{jsonread.List: "list", jsonread.Object: "object"}[n.kind]
		if len(n.items) == 0 {
			return "an empty " + kind
		}
		return "a " + kind
	case jsonread.String:
		if len(n.text) > 100 {
			return strconv.Quote(n.text[:100]) + "…"
		}
		return strconv.Quote(n.text)
	}
	return n.text
}

// object checks that the value is an object with a field or more, and that it has each key once.
func (p *path) object(n *node, what string) error {
	if n.kind != jsonread.Object || len(n.items) == 0 {
		return p.expected(what, n.describe())
	}
	if len(n.keys) > 16 { // an object with many keys must not take quadratic time
		sorted := slices.Sorted(slices.Values(n.keys))
		for i := range sorted[1:] {
			if sorted[i] == sorted[i+1] {
				return p.duplicate(sorted[i])
			}
		}
		return nil
	}
	for i, key := range n.keys {
		if slices.Contains(n.keys[:i], key) {
			return p.duplicate(key)
		}
	}
	return nil
}

func (p *path) duplicate(key string) error {
	at := path{parent: p, name: key}
	return at.expected("it once", "it twice")
}

// str returns the value of an element that is one string.
func (p *path) str(n *node) (string, error) {
	if n.kind != jsonread.String {
		return "", p.expected("a string", n.describe())
	}
	return n.text, nil
}

// strs returns the value of an element that is a string or a list of strings. With scalars, numbers and booleans are possible as well.
func (p *path) strs(n *node, scalars bool) ([]string, error) {
	one := func(at *path, n *node) (string, error) {
		if n.kind == jsonread.String || scalars && (n.kind == jsonread.Number || n.kind == jsonread.Bool) {
			return n.text, nil
		}
		what := "a string"
		if scalars {
			what = "a string, number or boolean"
		}
		return "", at.expected(what, n.describe())
	}
	if n.kind != jsonread.List {
		t, err := one(p, n)
		return []string{t}, err
	}
	if len(n.items) == 0 {
		return nil, p.expected("one value or more", n.describe())
	}
	all := make([]string, len(n.items))
	for i := range n.items {
		var err error
		if all[i], err = one(&path{parent: p, index: i}, &n.items[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// parseDocument reads the elements of a policy. Their names are case-sensitive.
func parseDocument(d *Document, n node) error {
	top := &path{}
	if err := top.object(&n, "an object with a Statement"); err != nil {
		return err
	}
	var statements *node
	for i, key := range n.keys {
		at, value := &path{parent: top, name: key}, &n.items[i]
		var err error
		switch key {
		case "Version":
			d.Version, err = at.str(value)
			if err == nil && d.Version != "2008-10-17" && d.Version != "2012-10-17" {
				err = at.expected(`"2012-10-17" or "2008-10-17"`, value.describe())
			}
		case "Id":
			d.ID, err = at.str(value)
			d.hasID = true
		case "Statement":
			statements = value
		default:
			err = at.expected("Version, Id or Statement", "an element of this name")
		}
		if err != nil {
			return err
		}
	}
	at := &path{parent: top, name: "Statement"}
	if statements == nil {
		return at.expected("a statement", "none")
	}
	list := []node{*statements}
	if statements.kind == jsonread.List {
		list = statements.items
	}
	var s pattern.Syntax
	if d.Version == "2012-10-17" {
		// In the older version, variables are text (reference_policies_elements_version.html).
		s = pattern.Variables
	}
	d.Statements = make([]Statement, len(list))
	for i := range list {
		d.Statements[i].Index = i
		if err := parseStatement(&d.Statements[i], &list[i], &path{parent: at, index: i}, s); err != nil {
			return err
		}
	}
	return nil
}

// parseStatement reads the elements of a statement.
func parseStatement(s *Statement, n *node, at *path, v pattern.Syntax) error {
	if err := at.object(n, "a statement: an object with Effect and Action"); err != nil {
		return err
	}
	for i, key := range n.keys {
		if err := parseElement(s, key, &n.items[i], &path{parent: at, name: key}, v); err != nil {
			return err
		}
	}
	if s.Effect == "" {
		return (&path{parent: at, name: "Effect"}).expected(`"Allow" or "Deny"`, "none")
	}
	if s.actions == nil {
		return (&path{parent: at, name: "Action"}).expected("Action or NotAction", "none")
	}
	return nil
}

func parseElement(s *Statement, key string, n *node, at *path, v pattern.Syntax) error {
	var err error
	var list []string
	switch element(key) {
	case "Sid":
		s.Sid, err = at.str(n)
	case "Effect":
		var effect string
		effect, err = at.str(n)
		s.Effect = Effect(effect)
		if err == nil && s.Effect != Allow && s.Effect != Deny {
			err = at.expected(`"Allow" or "Deny"`, n.describe())
		}
	case principalElement, notPrincipalElement:
		if s.principals != nil {
			return at.expected("either Principal or NotPrincipal", "both")
		}
		s.notPrincipal = element(key) == notPrincipalElement
		s.principals, err = parsePrincipals(n, at)
	case actionElement, notActionElement:
		if s.actions != nil {
			return at.expected("either Action or NotAction", "both")
		}
		s.notAction = element(key) == notActionElement
		list, err = at.strs(n, false)
		for _, raw := range list {
			s.actions = append(s.actions, compileAction(raw))
		}
	case resourceElement, notResourceElement:
		if s.resources != nil {
			return at.expected("either Resource or NotResource", "both")
		}
		s.notResource = element(key) == notResourceElement
		list, err = at.strs(n, false)
		for _, raw := range list {
			s.resources = append(s.resources, compileResource(raw, v))
		}
	case conditionElement:
		s.conditions, err = parseConditions(n, at, v)
	default:
		return at.expected("Sid, Effect, Principal, NotPrincipal, Action, NotAction, Resource, NotResource or Condition", "an element of this name")
	}
	return err
}

// parsePrincipals reads "*" or an object of lists.
func parsePrincipals(n *node, at *path) ([]principal, error) {
	if n.kind == jsonread.String && n.text == "*" {
		return []principal{compilePrincipal("", "*")}, nil
	}
	what := `"*" or an object with AWS, Service, Federated or CanonicalUser`
	if err := at.object(n, what); err != nil {
		return nil, err
	}
	var all []principal
	for i, group := range n.keys {
		in := &path{parent: at, name: group}
		switch group {
		case "AWS", "Service", "Federated", "CanonicalUser":
		default:
			return nil, in.expected("AWS, Service, Federated or CanonicalUser", "a principal type of this name")
		}
		list, err := in.strs(&n.items[i], group == "AWS") // an account ID may be a number
		if err != nil {
			return nil, err
		}
		for _, raw := range list {
			all = append(all, compilePrincipal(group, raw))
		}
	}
	return all, nil
}

// parseConditions reads an object of operators, each an object of keys with values.
func parseConditions(n *node, at *path, v pattern.Syntax) ([]condition, error) {
	if n.kind == jsonread.Object && len(n.items) == 0 {
		return nil, nil // AWS accepts an empty condition
	}
	if err := at.object(n, "an object of condition operators"); err != nil {
		return nil, err
	}
	var all []condition
	for i, operator := range n.keys {
		in, keys := &path{parent: at, name: operator}, &n.items[i]
		if err := in.object(keys, "an object of condition keys with values"); err != nil {
			return nil, err
		}
		for j, key := range keys.keys {
			list, err := (&path{parent: in, name: key}).strs(&keys.items[j], true)
			if err != nil {
				return nil, err
			}
			all = append(all, compileCondition(operator, key, list, v))
		}
	}
	return all, nil
}
