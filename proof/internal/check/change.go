package check

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/simulate"
)

// change gives checks that are not proved the edits of their remedies, or why there are none. What must not work, and does by statements that permit too
// much, is narrowed: in the place of each statement comes the least that what has to work needs of it.
func change(m *model.Model, checks []Check) {
	var n *narrowing
	for i := range checks {
		c := &checks[i]
		if c.Verdict == Proved {
			continue
		}
		if len(c.Changes) == 0 && len(c.Manual) == 0 && (c.Expects == MustFail || len(c.Narrow) > 0) {
			if n == nil {
				n = newNarrowing(m, checks)
			}
			n.narrow(c)
		}
		if len(c.Changes) == 0 && len(c.Manual) == 0 {
			c.Manual = []string{"no template says what is to be there instead"}
		}
		if len(c.Manual) > 0 {
			c.Changes = nil
		}
		c.Changes, c.Manual = uniqueBy(c.Changes, changeKey), unique(c.Manual)
	}
}

func changeKey(c assembly.Change) string {
	text, err := json.Marshal([]any{c.Edit, c.LogicalID, c.Path, c.Value})
	if err != nil {
		panic(err) // plain data
	}
	return c.Stack.Label + string(text)
}

// narrowing is what has to work by each statement.
type narrowing struct {
	*model.Model
	needs map[simulate.Match][]need
}

// need is one request that a statement lets pass.
type need struct {
	simulate.Allowed
	// by are the statements that let it pass, too.
	by []simulate.Match
}

func newNarrowing(m *model.Model, checks []Check) *narrowing {
	n := &narrowing{m, map[simulate.Match][]need{}}
	for i := range checks {
		if checks[i].Expects != MustWork {
			continue
		}
		for k := range checks[i].Chains {
			for _, hop := range checks[i].Chains[k].AllowedBy() {
				for _, one := range hop {
					var by []simulate.Match
					for _, other := range hop {
						if other.Match != one.Match && other.Kind == one.Kind {
							by = append(by, other.Match)
						}
					}
					n.needs[one.Match] = append(n.needs[one.Match], need{one, by})
				}
			}
		}
	}
	return n
}

// narrow makes the edits of a check whose statements permit too much.
func (n *narrowing) narrow(c *Check) {
	hops := slices.Clone(c.Narrow)
	for i := range c.Chains {
		if c.Expects.judge(c.Chains[i].Passes) == Proved {
			continue
		}
		steps := c.Chains[i].ToNarrow()
		if !c.AtEntry {
			slices.Reverse(steps) // the last one is the request itself
		}
		for _, hop := range steps {
			var all []simulate.Match
			for _, one := range hop {
				all = append(all, one.Match)
			}
			hops = append(hops, all)
		}
		break // the others pass by the same policies
	}
	var why []string
	for _, hop := range hops {
		changes, problem := n.detach(hop)
		if len(changes) == 0 {
			changes, problem = n.statements(hop)
		}
		if len(changes) > 0 {
			c.Changes = changes
			return
		}
		why = append(why, problem)
	}
	c.Manual = append(c.Manual, why...)
	if len(why) == 0 {
		c.Manual = []string{"no statement of these templates allows it by itself: what does is unknown, or stands elsewhere"}
	}
}

// detach are the edits by which a role loses a policy that it shares with others and needs nothing of. None for any other policy.
func (n *narrowing) detach(all []simulate.Match) ([]assembly.Change, string) {
	if len(all) != 1 {
		return nil, ""
	}
	d := all[0].Document
	for i := range d.Statements {
		if len(n.needs[simulate.Match{Document: d, Index: i}]) > 0 {
			return nil, ""
		}
	}
	return n.Detach(d), ""
}

// statements are the edits that narrow some statements, or why there are none.
func (n *narrowing) statements(all []simulate.Match) (changes []assembly.Change, why string) {
	why = "no statement of these templates is to narrow here"
	for _, one := range all {
		if one.Document == nil || one.Index >= len(one.Document.Statements) {
			continue
		}
		s := &one.Document.Statements[one.Index]
		if s.Effect == policy.Allow && isOfHTTP(s) && len(n.needsOf(one)) == 0 { // what was meant to refuse plain HTTP
			if edit, ok := n.SetIn(one.Document, one.Index, assembly.SetValue, string(policy.Deny), "Effect"); ok {
				changes = append(changes, edit)
				continue
			}
		}
		least, ok := n.least(one, all)
		switch {
		case !ok:
			return nil, "what else has to work by statement " + nameOf(s) + " of " + policy.Readable(one.Document.Name) + " cannot be written as a statement for it alone"
		case len(least) == 1 && isSame(least[0], s):
			continue // it permits no more
		}
		edits, ok := n.Replace(one.Document, one.Index, least)
		if !ok {
			return nil, "statement " + nameOf(s) + " of " + policy.Readable(one.Document.Name) + " cannot be replaced: no template has it alone, or says what is to be there instead"
		}
		changes = append(changes, edits...)
	}
	return changes, why
}

// isOfHTTP says that a statement is about requests without TLS alone.
func isOfHTTP(s *policy.Statement) bool {
	for key, values := range s.Elements().Conditions["Bool"] {
		if strings.EqualFold(key, "aws:SecureTransport") && slices.Equal(values, []string{"false"}) {
			return true
		}
	}
	return false
}

func nameOf(s *policy.Statement) string {
	if s.Sid != "" {
		return policy.Readable(s.Sid)
	}
	return strconv.Itoa(s.Index)
}

// least are the statements that let pass what has to work by a statement, and by no other one that stays as it is.
func (n *narrowing) least(of simulate.Match, narrowed []simulate.Match) (all []model.Statement, ok bool) {
	for _, one := range n.needsOf(of) {
		if slices.ContainsFunc(one.by, func(m simulate.Match) bool { return !slices.Contains(narrowed, m) }) {
			continue
		}
		if !one.Exact {
			return nil, false
		}
		all = merged(all, one.Needs)
	}
	sid := of.Document.Statements[of.Index].Sid
	for i := range all {
		if all[i].Sid = ""; i == 0 && policy.IsKnown(sid) {
			all[i].Sid = sid
		}
	}
	return all, true
}

// needsOf are the needs of a statement, also those of others that have the same policy.
func (n *narrowing) needsOf(of simulate.Match) (all []need) {
	for _, d := range n.Shared(of.Document) {
		all = append(all, n.needs[simulate.Match{Document: d, Index: of.Index}]...)
	}
	return all
}

// merged are statements with one more: together with one that differs from it in its actions or in its resources alone.
func merged(all []model.Statement, s model.Statement) []model.Statement {
	for i := range all {
		one := &all[i]
		if !reflect.DeepEqual(one.Principal, s.Principal) || !reflect.DeepEqual(one.Condition, s.Condition) {
			continue
		}
		switch {
		case reflect.DeepEqual(one.Resource, s.Resource):
			one.Action = union(one.Action, s.Action)
			return all
		case reflect.DeepEqual(one.Action, s.Action):
			one.Resource = union(one.Resource, s.Resource)
			return all
		}
	}
	return append(all, s)
}

func union(a, b []string) []string {
	all := slices.Clone(a)
	for _, one := range b {
		if !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// isSame says that a statement is that of a policy already.
func isSame(a model.Statement, s *policy.Statement) bool {
	b := &model.NewDocument([]model.Statement{a}, "").Statements[0]
	x, y := b.Elements(), s.Elements()
	return b.Effect == s.Effect && reflect.DeepEqual(x, y)
}
