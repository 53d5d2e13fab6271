package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// documents are the policies that were parsed, by their text: questions that follow each other mostly have the same ones.
type documents map[string]*Document

// At most cached texts of at most cachedSize bytes are kept: AWS takes none that is longer.
const (
	cached     = 1024
	cachedSize = 64 << 10
)

// parse reads a document, once for each text.
func (known documents) parse(place string, text json.RawMessage) (*Document, error) {
	if d, ok := known[string(text)]; ok {
		return d, nil
	}
	d, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", place, err)
	}
	if len(known) >= cached {
		clear(known)
	}
	if len(text) <= cachedSize {
		known[string(text)] = d
	}
	return d, nil
}

// list reads a list of documents.
func (known documents) list(place string, texts []json.RawMessage) ([]*Document, error) {
	var list []*Document
	for i, text := range texts {
		d, err := known.parse(fmt.Sprintf("%s[%d]", place, i), text)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// levels reads a list of lists of documents.
func (known documents) levels(place string, texts [][]json.RawMessage) ([][]*Document, error) {
	var levels [][]*Document
	for i, level := range texts {
		list, err := known.list(fmt.Sprintf("%s[%d]", place, i), level)
		if err != nil {
			return nil, err
		}
		levels = append(levels, list)
	}
	return levels, nil
}

// policies reads all documents of a line.
func (known documents) policies(l *line) (p Policies, err error) {
	for _, field := range []struct {
		name  string
		texts []json.RawMessage
		list  *[]*Document
	}{
		{"identityPolicies", l.Identity, &p.Identity},
		{"sessionPolicies", l.Session, &p.Session},
		{"permissionBoundaries", l.Boundaries, &p.Boundaries},
		{"endpointPolicies", l.Endpoints, &p.Endpoints},
	} {
		if *field.list, err = known.list(field.name, field.texts); err != nil {
			return p, err
		}
	}
	if p.ServiceControl, err = known.levels("serviceControlPolicies", l.ServiceControl); err != nil {
		return p, err
	}
	if p.ResourceControl, err = known.levels("resourceControlPolicies", l.ResourceControl); err != nil {
		return p, err
	}
	if text := bytes.TrimSpace(l.Resource); len(text) > 0 && !bytes.Equal(text, []byte("null")) {
		p.Resource, err = known.parse("resourcePolicy", text)
	}
	return p, err
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
