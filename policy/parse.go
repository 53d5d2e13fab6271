package policy

import (
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/crossgrant/crossgrant/internal/jsonread"
)

// Parse reads a policy document. An error names the place, what was found and what is expected.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
func Parse(document []byte) (*Document, error) {
	r := jsonread.New(string(document), jsonread.Options{MaxDepth: maxDepth})
	n := readNode(r)
	if err := r.End(); err != nil {
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

// maxDepth is how deep lists and objects may nest. A policy needs six levels.
const maxDepth = 16

// node is one JSON value. Unlike a map it keeps the order and every duplicate of an object's keys, since a duplicate is an error.
type node struct {
	kind  jsonread.Kind
	text  string   // of a string, number, boolean or null
	keys  []string // of an object, beside items
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

// fields is an object's keys and values, each key once.
func (p *place) fields(n *node, what string) error {
	if n.kind != jsonread.Object || len(n.items) == 0 {
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
	if n.kind != jsonread.String {
		return "", p.expected("a string", n.describe())
	}
	return n.text, nil
}

// texts is the value of an element that is a string or a list of them; condition values may be numbers and booleans too.
func (p *place) texts(n *node, loose bool) ([]string, error) {
	one := func(at *place, n *node) (string, error) {
		if n.kind == jsonread.String || loose && (n.kind == jsonread.Number || n.kind == jsonread.Bool) {
			return n.text, nil
		}
		what := "a string"
		if loose {
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
		if all[i], err = one(&place{above: p, index: i}, &n.items[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}
