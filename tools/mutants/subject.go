package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/proof"
)

// subject is one assembly that is proved, to be broken.
type subject struct {
	name, dir string
	resources []*resource    // sorted by template and logical id
	templates map[string]any // by file, with the manifest
	grants    []*proof.Grant
	intents   []contract.Intent
	facts     *facts.Facts // nil for none
}

// resource is a resource of a template as written, and what it resolves to.
type resource struct {
	*assembly.Resource
	subject  *subject
	template string
	at       place
	raw      map[string]any
}

// manifestFile names the stacks of an assembly, and where they are deployed.
const manifestFile = "manifest.json"

// factsFile, beside the manifest, has what no template of the assembly has.
const factsFile = "facts.json"

// read reads an assembly, with the facts beside it. It errs unless the assembly is proved.
func read(dir string) (*subject, error) {
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		return nil, err
	}
	var o proof.Options
	if o.Facts, err = facts.Read(filepath.Join(dir, factsFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	report, err := proof.Prove(a, o)
	if err != nil {
		return nil, err
	}
	if v := report.Verdict(); v != proof.Proved {
		return nil, fmt.Errorf("%s: found verdict %s, expected proved: there is nothing to break", dir, v)
	}
	if len(report.Grants) == 0 {
		return nil, fmt.Errorf("%s: found no grants, expected at least one: there is nothing to break", dir)
	}
	s, err := newSubject(dir, a, report.Grants)
	if err != nil {
		return nil, err
	}
	s.facts = o.Facts
	return s, nil
}

// newSubject reads the templates as written, and pairs each resource with what it resolves to.
func newSubject(dir string, a *assembly.Assembly, grants []*proof.Grant) (*subject, error) {
	s := &subject{name: filepath.Base(dir), dir: dir, templates: map[string]any{}, grants: grants}
	manifest, err := readTemplate(filepath.Join(dir, manifestFile))
	if err != nil {
		return nil, err
	}
	s.templates[manifestFile] = manifest
	for _, stack := range a.Stacks {
		template, err := readTemplate(filepath.Join(dir, stack.Template))
		if err != nil {
			return nil, err
		}
		s.templates[stack.Template] = template
		for key, value := range stack.Metadata {
			if !strings.HasPrefix(key, contract.IntentPrefix) {
				continue
			}
			document, err := json.Marshal(value)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", stack.Template, key, err)
			}
			i, err := contract.DecodeIntent(document)
			if err != nil {
				return nil, fmt.Errorf("%s: %s: %w", stack.Template, key, err)
			}
			s.intents = append(s.intents, i)
		}
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

// copyTo copies what the proof reads of an assembly, which excludes the assets.
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

// place is a position in a template: keys of objects and indexes of lists.
type place []any

// nothing is the value of what is removed.
type nothing struct{}

// then is a place further in.
func (p place) then(steps ...any) place { return slices.Concat(p, steps) }

func (p place) String() string {
	var all []string
	for _, step := range p {
		all = append(all, fmt.Sprint(step))
	}
	return strings.Join(all, ".")
}

// at is the value at a place. Nil if there is none.
func at(node any, p place) any {
	for _, step := range p {
		switch key := step.(type) {
		case string:
			object, _ := node.(map[string]any)
			node = object[key]
		case int:
			items, _ := node.([]any)
			if key >= len(items) {
				return nil
			}
			node = items[key]
		}
	}
	return node
}

// with is a copy of a tree with another value at a place. Everything else is shared.
func with(node any, p place, value any) any {
	if len(p) == 0 {
		return value
	}
	_, drop := value.(nothing)
	drop = drop && len(p) == 1
	switch key := p[0].(type) {
	case string:
		object, _ := node.(map[string]any)
		changed := maps.Clone(object)
		if changed == nil {
			changed = map[string]any{}
		}
		if drop {
			delete(changed, key)
		} else {
			changed[key] = with(object[key], p[1:], value)
		}
		return changed
	case int:
		items := slices.Clone(node.([]any))
		if drop {
			return slices.Delete(items, key, key+1)
		}
		items[key] = with(items[key], p[1:], value)
		return items
	}
	panic(fmt.Sprintf("a step of type %T", p[0]))
}

// list is a value as a list; a single value is a list of one.
func list(node any) []any {
	if items, ok := node.([]any); ok {
		return items
	}
	if node == nil {
		return nil
	}
	return []any{node}
}

// object is an object, nil for anything else.
func object(node any) map[string]any { m, _ := node.(map[string]any); return m }

// instead is a list with another item at one place.
func instead(node any, i int, item any) []any {
	items := slices.Clone(list(node))
	items[i] = item
	return items
}

// without is a list with one item less.
func without(node any, i int) []any { return slices.Delete(slices.Clone(list(node)), i, i+1) }
