package assembly

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// resolver resolves all stacks of an assembly together, since they refer to each other.
type resolver struct {
	unknowns
	exports map[exported][]*output // nil until they are known
	stacks  map[environment]*scope
	chain   []step
	notes   []Note
	err     error // the first problem that ends it all
}

func resolve(scopes []*scope) (*Assembly, error) {
	r := &resolver{unknowns: unknowns{map[string]bool{}, map[string]bool{}}, stacks: map[environment]*scope{}}
	var problems []error
	for _, s := range scopes { // a stack comes before those that it nests
		r.place(s)
		if err := r.open(s); err != nil {
			problems = append(problems, fmt.Errorf("stack %s, template %s:\n%w", s.DisplayName, s.Template, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	r.exports = r.findExports(scopes)
	a := &Assembly{}
	for _, s := range scopes {
		if r.err == nil && s.isThere(r) != no {
			r.fill(s)
			a.Stacks = append(a.Stacks, s.Stack)
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	a.Notes = sorted(r.notes, a.Stacks)
	a.index()
	return a, nil
}

// place says where a stack is deployed. Where nobody says it, two stacks may be in the same place or not.
func (r *resolver) place(s *scope) {
	if s.parent != nil {
		s.Account, s.Region, s.Partition, s.suffix = s.parent.Account, s.parent.Region, s.parent.Partition, s.parent.suffix
		return
	}
	if s.Account == "" {
		s.Account = s.pseudo("AccountId")
		r.plain[s.Account] = true
	}
	p, known := partitionOf(s.Region)
	if s.Partition, s.suffix = p.name, p.suffix; !known {
		s.Partition, s.suffix = s.pseudo("Partition"), s.pseudo("URLSuffix")
		r.plain[s.Partition] = true
	}
	if s.Region == "" {
		s.Region = s.pseudo("Region")
		r.plain[s.Region] = true
	}
	r.stacks[environment{s.Account, s.Region, s.Name}] = s
}

// isThere says whether a nested stack's resource exists in all that it is nested in.
func (s *scope) isThere(r *resolver) truth {
	result := yes
	for ; s.parent != nil; s = s.parent {
		switch r.exists(s.parent.resources[s.Within]) {
		case no:
			return no
		case undecided:
			result = undecided
		}
	}
	return result
}

// conditionOf is what a resource or an output depends on that nobody can decide, in its stack or in one that nests it.
func (r *resolver) conditionOf(s *scope, own truth, name string) string {
	if own == undecided {
		return name
	}
	for ; s.parent != nil; s = s.parent {
		if outer := s.parent.resources[s.Within]; r.exists(outer) == undecided {
			return outer.condition
		}
	}
	return ""
}

// fill writes a stack's resources and outputs.
func (r *resolver) fill(s *scope) {
	for _, id := range slices.Sorted(maps.Keys(s.resources)) {
		if x := s.resources[id]; r.exists(x) != no {
			r.fillResource(x)
			s.Resources = append(s.Resources, x.Resource)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(s.outputs)) {
		if o := s.outputs[id]; r.outputExists(o) != no {
			value, _ := r.output(s, id).(string)
			s.Outputs = append(s.Outputs, Output{
				Name: id, Value: value, Export: r.exportName(o), Conditional: r.conditionOf(s, r.outputExists(o), word(o.body["Condition"])),
			})
		}
	}
}

func (r *resolver) fillResource(x *resource) {
	r.identify(x)
	x.Conditional = r.conditionOf(x.scope, r.exists(x), x.condition)
	e := &evaluation{resolver: r, scope: x.scope, id: x.LogicalID, path: []segment{{key: "Properties"}}}
	switch p := x.properties.(type) {
	case nil:
		x.Properties = map[string]any{}
	case map[string]any:
		x.Properties = e.properties(p)
	case *call:
		x.Properties = e.properties(map[string]any{p.name: p.argument})
	default:
		x.Properties = map[string]any{}
		e.note("found no object, expected properties, or none")
	}
	x.properties = x.Properties // what the template said takes memory
}

// properties resolves each property by itself: a macro beside them leaves the others as they are written, and stays among them.
func (e *evaluation) properties(p map[string]any) map[string]any {
	if functionIn(p) == "" {
		m, _ := e.of(p).(map[string]any)
		return m
	}
	all := map[string]any{}
	for key, node := range p {
		e.path = append(e.path, segment{key: key})
		if strings.HasPrefix(key, "Fn::") {
			all[key] = e.unknown("found %s, which was not run: it may change the other properties", key)
		} else if v := e.of(node); v != (absent{}) {
			all[key] = v
		}
		e.path = e.path[:len(e.path)-1]
	}
	return all
}

// sorted puts notes in the order of the stacks, each once.
func sorted(notes []Note, stacks []*Stack) []Note {
	order := map[*Stack]int{}
	for i, s := range stacks {
		order[s] = i
	}
	slices.SortFunc(notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(order[a.Stack], order[b.Stack]), strings.Compare(a.LogicalID, b.LogicalID),
			strings.Compare(a.Place, b.Place), strings.Compare(a.Why, b.Why))
	})
	return slices.Compact(notes)
}
