package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
)

// subject is one assembly that proves, to be broken.
type subject struct {
	name, dir string
	resources []*resource // sorted by template and logical id
	templates map[string]any
	grants    []*proof.Grant
}

// resource is one of a template as it is written, beside what it resolves to.
type resource struct {
	*assembly.Resource
	subject  *subject
	template string
	at       place
	raw      map[string]any
}

// read reads an assembly. It errs unless the assembly proves.
func read(dir string) (*subject, error) {
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		return nil, err
	}
	report, err := proof.Prove(a, proof.Options{})
	if err != nil {
		return nil, err
	}
	if v := report.Verdict(); v != proof.Proved {
		return nil, fmt.Errorf("%s: found verdict %s, expected proved: there is nothing to break", dir, v)
	}
	if len(report.Grants) == 0 {
		return nil, fmt.Errorf("%s: found no grants, expected at least one: there is nothing to break", dir)
	}
	return newSubject(dir, a, report.Grants)
}

// newSubject puts what the templates say beside what it resolves to.
func newSubject(dir string, a *assembly.Assembly, grants []*proof.Grant) (*subject, error) {
	s := &subject{name: filepath.Base(dir), dir: dir, templates: map[string]any{}, grants: grants}
	for _, stack := range a.Stacks {
		template, err := readTemplate(filepath.Join(dir, stack.Template))
		if err != nil {
			return nil, err
		}
		s.templates[stack.Template] = template
		for _, r := range stack.Resources {
			p := place{"Resources", r.LogicalID}
			s.resources = append(s.resources, &resource{r, s, stack.Template, p, object(at(template, p))})
		}
	}
	return s, nil
}

func readTemplate(file string) (any, error) {
	document, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read a template: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	var root any
	if err := d.Decode(&root); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return root, nil
}

// copyTo copies what the proof reads of an assembly: not the assets.
func (s *subject) copyTo(dir string) error {
	return filepath.WalkDir(s.dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(s.dir, file)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && strings.HasPrefix(entry.Name(), "asset."):
			return filepath.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(dir, name), 0o700)
		case filepath.Ext(name) != ".json" || entry.Name() == "tree.json":
			return nil
		}
		document, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), document, 0o600)
	})
}

// text is what a place within the properties resolves to, with what is unknown in it. "" if it is no text.
func (r *resource) text(p place) string {
	s, _ := at(r.Properties, p).(string)
	return s
}

// property is a property as it is written.
func (r *resource) property(name string) any { return at(r.raw, place{"Properties", name}) }

// others are the resources of the same template and type, sorted by logical id.
func (r *resource) others() []*resource {
	var all []*resource
	for _, other := range r.subject.resources {
		if other.template == r.template && other.Type == r.Type && other.LogicalID != r.LogicalID {
			all = append(all, other)
		}
	}
	return all
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
