package assembly

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// scope is a stack while it is resolved.
type scope struct {
	*Stack
	template *template
	artifact *artifact
	parent   *scope // of a nested stack
	nested   map[string]*scope

	parameters map[string]*parameter
	conditions map[string]*condition
	resources  map[string]*resource
	mappings   map[string]any
	outputs    map[string]*output

	suffix  string // of domains
	written int    // bytes of text that functions made
}

const (
	nestedType = "AWS::CloudFormation::Stack"
	// mostStacks bounds nested stacks, of which a few files can make very many.
	mostStacks = 10_000
)

// readScopes reads the templates of stacks and of what they nest.
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
			if within = append(within, more...); len(all)+len(within) > mostStacks {
				return nil, fmt.Errorf("found more than %d stacks, expected fewer: see which template nests others often", mostStacks)
			}
		}
		all, fresh = append(all, within...), within
	}
	link(all)
	slices.SortFunc(all, func(a, b *scope) int { return cmp.Compare(a.Label, b.Label) })
	return all, nil
}

// link turns what manifests name as dependencies into stacks; assets are among those names, too.
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

// readTemplates reads those files that are not in templates yet, each once, in parallel.
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
		s.template = templates[s.Template]
	}
	return nil
}

// nest makes the stacks that a stack nests, as far as their templates are in the assembly.
func (s *scope) nest() (all []*scope, err error) {
	for _, id := range slices.Sorted(maps.Keys(s.template.resources)) {
		body := object(s.template.resources[id])
		if body["Type"] != nestedType || s.artifact.nested == nil {
			continue
		}
		file := s.artifact.nested(body)
		if file == "" {
			continue
		}
		for outer := s; outer != nil; outer = outer.parent {
			if outer.Template == file {
				return nil, fmt.Errorf("stack %s: resource %s: found template %s, which nests itself, expected another", s.DisplayName, id, file)
			}
		}
		inner := &scope{Stack: &Stack{Label: s.Label + ">" + id, DisplayName: s.DisplayName + "/" + id, Account: s.Account, Region: s.Region,
			Template: file, Parent: s.Stack, Within: id}, artifact: s.artifact, parent: s}
		inner.Name = named(s.Label + "." + id) // as the resource
		if s.nested == nil {
			s.nested = map[string]*scope{}
		}
		s.nested[id] = inner
		all = append(all, inner)
	}
	return all, nil
}

// label gives each stack a name of its own, and refuses two that CloudFormation would take for one.
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
					return fmt.Errorf("stack %s: found it twice in account %s, region %s, expected one stack of a name", s.Name, s.Account, s.Region)
				}
				s.Label += "@" + strconv.Itoa(environments[s.Label])
			}
		}
		s.DisplayName = cmp.Or(s.DisplayName, s.Label)
	}
	return nil
}
