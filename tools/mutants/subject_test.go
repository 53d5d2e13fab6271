package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestChangeOfATreeLeavesTheTreeAsItIs(t *testing.T) {
	tree := func() any {
		return map[string]any{"Statement": []any{map[string]any{"Effect": "Allow"}, map[string]any{"Effect": "Deny"}}}
	}
	for name, c := range map[string]struct {
		at       place
		value    any
		expected any
	}{
		"another value":  {place{"Statement", 0, "Effect"}, "Deny", map[string]any{"Statement": []any{map[string]any{"Effect": "Deny"}, map[string]any{"Effect": "Deny"}}}},
		"an item less":   {place{"Statement", 0}, nothing{}, map[string]any{"Statement": []any{map[string]any{"Effect": "Deny"}}}},
		"a key less":     {place{"Statement"}, nothing{}, map[string]any{}},
		"one more value": {place{"Version"}, "2012-10-17", map[string]any{"Version": "2012-10-17", "Statement": tree().(map[string]any)["Statement"]}},
		"a whole branch": {place{"New", "Key"}, 1, map[string]any{"New": map[string]any{"Key": 1}, "Statement": tree().(map[string]any)["Statement"]}},
	} {
		t.Run(name, func(t *testing.T) {
			original := tree()
			if diff := cmp.Diff(c.expected, with(original, c.at, c.value)); diff != "" {
				t.Errorf("changed (-expected +found):\n%s", diff)
			}
			if diff := cmp.Diff(tree(), original); diff != "" {
				t.Errorf("original (-expected +found):\n%s", diff)
			}
		})
	}
}
