package assembly

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/assembly/internal/intrinsic"
)

func parseTemplate(name, text string) (*template, error) {
	root, warnings, err := document.ReadTemplate(name, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	sections, ok := root.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: found a value that is not an object, expected a template with Resources", name)
	}
	t := &template{loops: strings.Contains(text, document.LoopPrefix), warnings: warnings}
	if len(warnings) > 0 {
		t.twice = lastOfTwo(sections)
	}
	t.macros = macros(sections["Transform"])
	var problems []error
	for _, s := range []struct {
		name string
		into *map[string]any
	}{
		{"Parameters", &t.parameters}, {"Mappings", &t.mappings}, {"Conditions", &t.conditions},
		{"Resources", &t.resources}, {"Outputs", &t.outputs}, {"Metadata", &t.metadata},
	} {
		switch v := sections[s.name].(type) {
		case nil:
		case map[string]any:
			*s.into = v
		case *document.Call: // a macro that generates the section
			*s.into = map[string]any{v.Name: v.Argument}
		default:
			problems = append(problems, fmt.Errorf("%s: %s: found a value that is not an object, expected an object", name, s.name))
		}
	}
	for _, mapping := range t.mappings {
		for top, values := range document.Object(mapping) {
			for second, value := range document.Object(values) {
				if _, twice := document.Last(value); !twice {
					document.Object(values)[second] = document.AsWritten(value)
				}
			}
			if _, is := values.(*document.Call); is {
				document.Object(mapping)[top] = document.AsWritten(values)
			}
		}
	}
	return t, errors.Join(problems...)
}

// lastOfTwo takes the last value where a key is there twice: of sections, of what is in them, and of the attributes of that, but not of single properties
// and the values of mappings. It returns the logical IDs that are there twice.
func lastOfTwo(sections map[string]any) map[string]bool {
	all := map[string]bool{}
	for name, section := range sections {
		section, again := document.Last(section)
		sections[name] = section
		of := document.Object(section)
		for id, body := range of {
			body, twice := document.Last(body)
			if of[id] = body; twice || again {
				all[id] = true
			}
			attributes := document.Object(body)
			for key, value := range attributes {
				if last, twice := document.Last(value); twice && name != "Metadata" && key != "Default" && key != "Value" {
					attributes[key], all[id] = last, true
				}
			}
		}
	}
	return all
}

// macros returns the transforms of a template without AWS::LanguageExtensions, which this package knows.
func macros(transform any) (names []string) {
	if _, one := transform.([]any); !one {
		transform = []any{transform}
	}
	for _, t := range document.List(transform) {
		name, ok := t.(string)
		if !ok {
			name = document.String(document.Object(document.AsWritten(t))["Name"])
		}
		if t != nil && name != "AWS::LanguageExtensions" {
			names = append(names, name)
		}
	}
	return names
}

// reader reads a template.
type reader func(file string) (*template, error)

// maxStacks limits nested stacks: a few templates can nest each other very often.
const maxStacks = 10_000

// readScopes reads the templates of stacks and of the stacks nested in them.
func readScopes(artifacts []*artifact, read reader) ([]*scope, error) {
	var all []*scope
	for _, a := range artifacts {
		stack := &Stack{Name: a.name, DisplayName: a.displayName, Account: a.account, Region: a.region, Template: a.file}
		all = append(all, &scope{Stack: stack, artifact: a})
	}
	if err := label(all); err != nil {
		return nil, err
	}
	templates := map[string]*template{}
	for fresh := all; len(fresh) > 0; {
		if err := readTemplates(fresh, templates, read); err != nil {
			return nil, err
		}
		var within []*scope
		for _, s := range fresh {
			more, err := s.nest()
			if err != nil {
				return nil, err
			}
			if within = append(within, more...); len(all)+len(within) > maxStacks {
				return nil, fmt.Errorf("found more than %d stacks, expected fewer: check which templates nest others several times", maxStacks)
			}
		}
		all, fresh = append(all, within...), within
	}
	link(all)
	slices.SortFunc(all, func(a, b *scope) int { return cmp.Compare(a.Label, b.Label) })
	return all, nil
}

// link sets the dependencies of stacks. Manifests name assets among them, too, which are skipped.
func link(stacks []*scope) {
	type key struct{ manifest, id string }
	byID := map[key]*Stack{}
	for _, s := range stacks {
		if s.parent == nil {
			byID[key{s.artifact.manifest, s.artifact.id}] = s.Stack
		}
	}
	for _, s := range stacks {
		for _, id := range s.artifact.dependencies {
			if other := byID[key{s.artifact.manifest, id}]; other != nil {
				s.Dependencies = append(s.Dependencies, other)
			}
		}
	}
}

// readTemplates reads the files that are not in templates yet, each once, in parallel.
func readTemplates(scopes []*scope, templates map[string]*template, read reader) error {
	files := map[string]bool{}
	for _, s := range scopes {
		if templates[s.Template] == nil {
			files[s.Template] = true
		}
	}
	names := slices.Sorted(maps.Keys(files))
	parsed := make([]*template, len(names))
	err := inParallel(len(names), func(i int) (err error) {
		parsed[i], err = read(names[i])
		return err
	})
	if err != nil {
		return err
	}
	for i, name := range names {
		templates[name] = parsed[i]
	}
	for _, s := range scopes {
		if s.template = templates[s.Template]; s.parent == nil {
			s.template = s.template.drifted(s.artifact.drift)
		}
	}
	return nil
}

// drifted is a template with properties as they are now.
func (t *template) drifted(drift map[string]map[string]any) *template {
	if len(drift) == 0 {
		return t
	}
	now := *t
	now.resources = maps.Clone(t.resources)
	for id, properties := range drift {
		body, ok := now.resources[id].(map[string]any)
		switch {
		case !ok:
		case properties == nil:
			delete(now.resources, id)
		default:
			body = maps.Clone(body)
			of, _ := body["Properties"].(map[string]any)
			all := maps.Clone(of)
			if all == nil {
				all = map[string]any{}
			}
			for name, value := range properties {
				if all[name] = value; value == nil {
					delete(all, name)
				}
			}
			body["Properties"], now.resources[id] = all, body
		}
	}
	return &now
}

// nest returns the stacks nested in a stack, as far as their templates are in the assembly.
func (s *scope) nest() (all []*scope, err error) {
	for _, id := range slices.Sorted(maps.Keys(s.template.resources)) {
		body := document.Object(s.template.resources[id])
		if body["Type"] != nestedType || s.artifact.nested == nil {
			continue
		}
		file := s.artifact.nested(body)
		if file == "" {
			continue
		}
		for outer := s; outer != nil; outer = outer.parent {
			if outer.Template == file {
				return nil, fmt.Errorf("stack %s: resource %s: found template %s, which nests itself, expected another template", s.DisplayName, id, file)
			}
		}
		inner := &scope{Stack: &Stack{Label: s.Label + ">" + id, DisplayName: s.DisplayName + "/" + id, Account: s.Account, Region: s.Region,
			Template: file, Parent: s.Stack, Within: id}, artifact: s.artifact, parent: s}
		inner.Name = intrinsic.Named(s.Label + "." + id) // as the resource
		if s.nested == nil {
			s.nested = map[string]*scope{}
		}
		s.nested[id] = inner
		all = append(all, inner)
	}
	return all, nil
}

// label gives each stack a unique label. It returns an error for two stacks that are one to CloudFormation.
func label(stacks []*scope) error {
	names, environments := map[string]int{}, map[string]int{}
	for _, s := range stacks {
		names[s.Name]++
	}
	for _, s := range stacks {
		if s.Label = s.Name; names[s.Name] > 1 {
			s.Label += "@" + cmp.Or(s.Account, "unknown") + "@" + cmp.Or(s.Region, "unknown")
			if environments[s.Label]++; environments[s.Label] > 1 {
				if s.Account != "" && s.Region != "" {
					return fmt.Errorf("stack %s: found two of this name in account %s, region %s, expected one", s.Name, s.Account, s.Region)
				}
				s.Label += "@" + strconv.Itoa(environments[s.Label])
				s.apart = true
			}
		}
		s.DisplayName = cmp.Or(s.DisplayName, s.Label)
	}
	return nil
}

// inParallel runs work for each index below n, and joins the errors in this order.
func inParallel(n int, work func(i int) error) error {
	problems := make([]error, n)
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		workers.Go(func() {
			for i := range next {
				problems[i] = work(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	workers.Wait()
	return errors.Join(problems...)
}
