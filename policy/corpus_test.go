package policy

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// caseLine is one line of a file in testdata/corpus: a case if it has a wanted decision, else a heading for the cases that follow.
type caseLine struct {
	// Page is where AWS says so.
	Page string `json:"page"`
	// In is a line of input of DecideLines. A case replaces fields of its heading's.
	In map[string]any `json:"in"`
	// Def says what stands for "$name" in In. A case replaces and adds to its heading's; what has no definition is left out.
	Def       map[string]any `json:"def"`
	Name      string         `json:"name"`
	Want      Decision       `json:"want"`
	BlockedBy *[]Kind        `json:"blockedBy"`
}

func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("testdata/corpus/*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".jsonl"), func(t *testing.T) {
			cases, input := readCorpus(t, file)
			count += len(cases)
			var output bytes.Buffer
			if _, err := DecideLines(input, &output, true); err != nil {
				t.Fatal(err)
			}
			answers := json.NewDecoder(&output)
			for _, c := range cases {
				var found decisionLine
				if err := answers.Decode(&found); err != nil {
					t.Fatal(err)
				}
				t.Run(c.Name, func(t *testing.T) { checkCase(t, c, found) })
			}
		})
	}
	if !t.Failed() && count < 400 {
		t.Errorf("found %d cases, expected at least 400", count)
	}
}

func checkCase(t *testing.T, c caseLine, found decisionLine) {
	if found.Error != "" || found.Decision != c.Want {
		t.Errorf("found %s%s (blocked by %v), expected %s; see %s\n%s", found.Decision, found.Error, found.BlockedBy, c.Want, c.Page,
			strings.Join(found.Explanation, "\n"))
	}
	if c.BlockedBy != nil && !slices.Equal(found.BlockedBy, *c.BlockedBy) {
		t.Errorf("found blocked by %v, expected %v", found.BlockedBy, *c.BlockedBy)
	}
	if c.Want == Allowed && len(found.BlockedBy) > 0 {
		t.Errorf("found an allowed request blocked by %v", found.BlockedBy)
	}
	if c.Want != Allowed && len(found.BlockedBy) == 0 && found.Error == "" && c.BlockedBy == nil {
		t.Error("found a request that nothing blocks, expected a reason")
	}
}

// readCorpus reads the cases of a file, and writes each as a line of input.
func readCorpus(t *testing.T, file string) (cases []caseLine, input *bytes.Buffer) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var heading caseLine
	input = new(bytes.Buffer)
	seen := map[string]bool{}
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var c caseLine
		decoder := json.NewDecoder(strings.NewReader(line))
		decoder.DisallowUnknownFields()
		decoder.UseNumber()
		if err := decoder.Decode(&c); err != nil {
			t.Fatalf("%s:%d: %v", file, i+1, err)
		}
		if c.Want == "" {
			heading = c
			continue
		}
		if seen[c.Name] || c.Name == "" || heading.Page == "" {
			t.Fatalf("%s:%d: name %q is twice or empty, or there is no page", file, i+1, c.Name)
		}
		seen[c.Name] = true
		if c.Page == "" {
			c.Page = heading.Page
		}
		in, def := map[string]any{"id": c.Name}, map[string]any{}
		maps.Copy(in, heading.In)
		maps.Copy(in, c.In)
		maps.Copy(def, heading.Def)
		maps.Copy(def, c.Def)
		filled, _ := fill(in, def)
		if err := json.NewEncoder(input).Encode(filled); err != nil {
			t.Fatal(err)
		}
		cases = append(cases, c)
	}
	return cases, input
}

var placeholder = regexp.MustCompile(`^\$[a-zA-Z]+$`)

// fill replaces each "$name" by its definition; false if it has none.
func fill(v any, def map[string]any) (any, bool) {
	switch v := v.(type) {
	case string:
		if placeholder.MatchString(v) {
			d, ok := def[v]
			if !ok {
				return nil, false
			}
			return fill(d, def)
		}
	case []any:
		list := []any{}
		for _, item := range v {
			if filled, ok := fill(item, def); ok {
				list = append(list, filled)
			}
		}
		return list, true
	case map[string]any:
		object := map[string]any{}
		for key, item := range v {
			if filled, ok := fill(item, def); ok {
				object[key] = filled
			}
		}
		return object, true
	}
	return v, true
}
