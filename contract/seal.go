package contract

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// WithDigest returns the grant in canonical order, with its digest: every list sorted and without repetition, resources as [Statement.AcrossAccounts]
// has them. It errs if a text is no Unicode. It changes nothing of g.
func (g Grant) WithDigest() (Grant, error) {
	g = g.canonical()
	content, err := tree(g)
	if err != nil {
		return g, err
	}
	g.Digest, err = digest(content)
	return g, err
}

func (g Grant) canonical() Grant {
	g.Grantees = sorted(g.Grantees)
	g.Permissions = slices.Clone(g.Permissions)
	for i, s := range g.Permissions {
		s.Actions, s.Resources, s.CrossAccountResources = sorted(s.Actions), sorted(s.AcrossAccounts()), nil
		var conditions map[string]map[string][]string
		for operator, keys := range s.Conditions {
			if conditions == nil {
				conditions = map[string]map[string][]string{}
			}
			conditions[operator] = map[string][]string{}
			for key, values := range keys {
				conditions[operator][key] = sorted(values)
			}
		}
		s.Conditions = conditions
		g.Permissions[i] = s
	}
	slices.SortStableFunc(g.Permissions, func(a, b Statement) int { return strings.Compare(a.Sid, b.Sid) })
	if g.Perimeter != nil {
		p := *g.Perimeter
		p.Values = sorted(p.Values)
		g.Perimeter = &p
	}
	if g.Environment = maps.Clone(g.Environment); len(g.Environment) == 0 {
		g.Environment = nil
	}
	return g
}

// digest returns "sha256:" and the hash of a grant's [tree] without its digest, as JSON with sorted keys and no space (RFC 8785).
func digest(grant any) (string, error) {
	if fields, ok := grant.(map[string]any); ok {
		fields = maps.Clone(fields)
		delete(fields, "digest")
		grant = fields
	}
	var out bytes.Buffer
	if err := writeCanonical(&out, grant); err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	sum := sha256.Sum256(out.Bytes())
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

// sorted returns the texts in order, each once.
func sorted(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return slices.Compact(texts)
}
