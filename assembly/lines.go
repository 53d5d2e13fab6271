package assembly

import (
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/internal/jsonread"
)

// ResourceLines are the lines, from 1, where the resources of a template begin, by logical ID. It has none of those that a loop or a macro makes. Empty if
// the file cannot be read.
func ResourceLines(file string) map[string]int {
	text, err := document.ReadFile(os.DirFS(filepath.Dir(file)), filepath.Base(file), file)
	if err != nil {
		return nil
	}
	text = strings.TrimPrefix(text, "\ufeff")
	if strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "{") {
		if lines := linesOfJSON(text); lines != nil {
			return lines
		}
	}
	return linesOfYAML(text)
}

// maxJSONDepth is more than a template that was read has.
const maxJSONDepth = 1000

// linesOfJSON returns nil for what is no JSON.
func linesOfJSON(text string) map[string]int {
	lines := map[string]int{}
	line, counted := 1, 0 // the line of a place
	r := jsonread.New(text, jsonread.Options{MaxDepth: maxJSONDepth})
	var read func(depth int, section, key string)
	read = func(depth int, section, key string) {
		kind, _ := r.Next()
		if depth == 2 && section == "Resources" {
			line, counted = line+strings.Count(text[counted:r.Place()], "\n"), r.Place()
			lines[key] = line
		}
		switch kind {
		case jsonread.List:
			for r.Item() {
				read(depth+1, section, "")
			}
		case jsonread.Object:
			for r.Field() {
				if depth == 0 {
					section = r.Key()
				}
				read(depth+1, section, r.Key())
			}
		}
	}
	read(0, "", "")
	if r.End() != nil {
		return nil
	}
	return lines
}

func linesOfYAML(text string) map[string]int {
	var root yaml.Node
	if yaml.Unmarshal([]byte(text), &root) != nil || len(root.Content) == 0 {
		return nil
	}
	lines := map[string]int{}
	top := root.Content[0]
	for i := 0; i+1 < len(top.Content); i += 2 {
		if top.Content[i].Value != "Resources" {
			continue
		}
		for k := 0; k+1 < len(top.Content[i+1].Content); k += 2 {
			lines[top.Content[i+1].Content[k].Value] = top.Content[i+1].Content[k].Line
		}
	}
	return lines
}
