package policy

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"
)

// Parse reads a policy document. An error names the place, what was found and what is expected.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func Parse(document []byte) (*Document, error) {
	n, err := scan(document)
	if err != nil {
		return nil, err
	}
	d := &Document{Version: "2008-10-17", size: utf8.RuneCount(document)}
	d.dense = d.size - blanks(document)
	if err := parseDocument(d, n); err != nil {
		return nil, err
	}
	return d, nil
}

// blanks counts the white space outside strings, which does not count for most limits.
func blanks(document []byte) (n int) {
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

// place is where in a document something stands; it becomes text only in an error.
type place struct {
	above *place
	name  string
	index int // of an item, if name is ""
}

func (p *place) String() string {
	switch {
	case p.above == nil:
		return p.name
	case p.name == "":
		return p.above.String() + "[" + strconv.Itoa(p.index) + "]"
	case p.above.String() == "":
		return p.name
	}
	return p.above.String() + "." + p.name
}

// expected is the error that something else was found there.
func (p *place) expected(what string, found string) error {
	at := p.String()
	if at == "" {
		at = "document"
	}
	return fmt.Errorf("%s: found %s, expected %s", at, found, what)
}

// describe names a value in an error.
func (n *node) describe() string {
	switch n.kind {
	case listNode, objectNode:
		kind := map[nodeKind]string{listNode: "list", objectNode: "object"}[n.kind]
		if len(n.items) == 0 {
			return "an empty " + kind
		}
		return "a " + kind
	case stringNode:
		if len(n.text) > 100 {
			return strconv.Quote(n.text[:100]) + "…"
		}
		return strconv.Quote(n.text)
	}
	return n.text
}

// fields is an object's keys and values, each key once.
func (p *place) fields(n *node, what string) error {
	if n.kind != objectNode || len(n.items) == 0 {
		return p.expected(what, n.describe())
	}
	if len(n.keys) > 16 { // a document of keys only must not take quadratic time
		sorted := slices.Sorted(slices.Values(n.keys))
		for i := range sorted[1:] {
			if sorted[i] == sorted[i+1] {
				return p.twice(sorted[i])
			}
		}
		return nil
	}
	for i, key := range n.keys {
		if slices.Contains(n.keys[:i], key) {
			return p.twice(key)
		}
	}
	return nil
}

func (p *place) twice(key string) error {
	at := place{above: p, name: key}
	return at.expected("it once", "it twice")
}

// text is the value of an element that is one string.
func (p *place) text(n *node) (string, error) {
	if n.kind != stringNode {
		return "", p.expected("a string", n.describe())
	}
	return n.text, nil
}

// texts is the value of an element that is a string or a list of them; condition values may be numbers and booleans too.
func (p *place) texts(n *node, loose bool) ([]string, error) {
	one := func(at *place, n *node) (string, error) {
		if n.kind == stringNode || loose && (n.kind == numberNode || n.kind == boolNode) {
			return n.text, nil
		}
		what := "a string"
		if loose {
			what = "a string, number or boolean"
		}
		return "", at.expected(what, n.describe())
	}
	if n.kind != listNode {
		t, err := one(p, n)
		return []string{t}, err
	}
	if len(n.items) == 0 {
		return nil, p.expected("one value or more", n.describe())
	}
	all := make([]string, len(n.items))
	for i := range n.items {
		var err error
		if all[i], err = one(&place{above: p, index: i}, &n.items[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}
