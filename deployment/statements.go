package deployment

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// statements are the needs, those with the same condition and resources in one statement.
func (d *derivation) statements() []Statement {
	type key struct{ condition, resources string }
	actions := map[key][]string{}
	for _, need := range slices.SortedFunc(maps.Keys(d.needs), func(a, b needed) int {
		return cmp.Or(strings.Compare(a.action, b.action), strings.Compare(a.condition, b.condition))
	}) {
		resources := prune(slices.Collect(maps.Keys(d.needs[need])))
		k := key{need.condition, strings.Join(resources, "\n")}
		actions[k] = append(actions[k], need.action)
	}
	var all []Statement
	for k, names := range actions {
		s := Statement{Effect: "Allow", Action: names, Resource: strings.Split(k.resources, "\n")}
		if k.condition != "" {
			_ = json.Unmarshal([]byte(k.condition), &s.Condition) // condition wrote it
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Statement) int {
		return cmp.Or(slices.Compare(a.Action, b.Action), slices.Compare(a.Resource, b.Resource), strings.Compare(conditions(a.Condition), conditions(b.Condition)))
	})
	return all
}

// JSON is the document of the policy, indented.
func (p Policy) JSON() []byte {
	text, _ := json.MarshalIndent(document(p.Statements), "", "  ") // texts always have JSON
	return append(text, '\n')
}

// Size is the size of the document as IAM counts it, in characters without white space.
func (p Policy) Size() int { return size(p.Statements) }

func document(statements []Statement) any {
	return struct {
		Version   string
		Statement []Statement
	}{"2012-10-17", statements}
}

func size(statements []Statement) int {
	text, _ := json.Marshal(document(statements)) // no white space: neither actions nor ARNs of patterns have it
	return len(text)
}

// pack shares statements out to documents of legal size: each goes into the first that has room.
func pack(statements []Statement) [][]Statement {
	var all [][]Statement
next:
	for _, s := range split(statements) {
		for i := range all {
			if size(append(slices.Clip(all[i]), s)) <= MaxSize {
				all[i] = append(all[i], s)
				continue next
			}
		}
		all = append(all, []Statement{s})
	}
	return all
}

// split halves statements that no document has room for, by their actions, or by their resources if they have only one action.
func split(statements []Statement) (all []Statement) {
	for _, s := range statements {
		a, b := s, s
		switch {
		case size([]Statement{s}) <= MaxSize || len(s.Action) == 1 && len(s.Resource) == 1:
			all = append(all, s)
			continue
		case len(s.Resource) > len(s.Action):
			a.Resource, b.Resource = s.Resource[:len(s.Resource)/2], s.Resource[len(s.Resource)/2:]
		default:
			a.Action, b.Action = s.Action[:len(s.Action)/2], s.Action[len(s.Action)/2:]
		}
		all = append(all, split([]Statement{a, b})...)
	}
	return all
}
