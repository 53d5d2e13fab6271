package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
)

// Policies of the templates by which no request is decided: those of APIs, of types that the proof does not know, and managed policies that are attached to
// nobody in the templates. Where one changed, that is all that can be said of it.

// written is a policy as a template has it.
type written struct {
	of   *assembly.Resource
	path string
	text string
	read bool // requests are decided by it
}

// unread names the policies that changed and decide no request.
func (c *comparison) unread() {
	before, after := c.written(0), c.written(1)
	keys := slices.Sorted(maps.Keys(after))
	for key := range before {
		if _, ok := after[key]; !ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		was, had := before[key]
		is, has := after[key]
		if was.text == is.text || (!had || was.read) && (!has || is.read) {
			continue
		}
		one, verb := is, "changed"
		switch {
		case !had:
			verb = "is new"
		case !has:
			one, verb = was, "is gone"
			if c.resource(1, was.of) == nil {
				continue // with what it is of
			}
		}
		c.Differences = append(c.Differences, &Difference{Kind: PerhapsWidened, What: name(one.of) + ": the policy at " + one.path + " " + verb, InOld: !has,
			Because: []string{"no request is decided by it: what it is of, or whom it is attached to, is not known"}, Where: []*assembly.Resource{one.of}})
	}
}

// written are the policies in the properties of all resources, by the stack, the logical ID and the path.
func (c *comparison) written(subject int) map[string]written {
	read := map[string]bool{}
	m := c.Models[subject]
	at := func(r *assembly.Resource, path string) string { return r.Stack.Label + "/" + r.LogicalID + " " + path }
	for _, statements := range c.statementsAt[subject] {
		for _, s := range statements {
			if p, ok := m.Accounts.PlaceOf(s.Document); ok && len(p.Path) > 0 {
				read[at(p.Resource, pathText(p.Path))] = true
			}
		}
	}
	all := map[string]written{}
	for _, s := range m.Assembly.Stacks {
		for _, r := range s.Resources {
			if s.Facts != "" || r.Type == "AWS::EC2::VPCEndpoint" {
				continue
			}
			var find func(path []any, value any)
			find = func(path []any, value any) {
				if isPolicy(value) {
					text := pathText(path)
					all[at(r, text)] = written{r, text, asText(value), read[at(r, text)]}
					return
				}
				switch v := value.(type) {
				case map[string]any:
					for key, item := range v {
						find(append(slices.Clone(path), key), item)
					}
				case []any:
					for i, item := range v {
						find(append(slices.Clone(path), i), item)
					}
				}
			}
			find(nil, r.Properties)
		}
	}
	return all
}

// isPolicy says that a value has the form of a policy, or is the text of one.
func isPolicy(value any) bool {
	switch v := value.(type) {
	case string:
		return strings.Contains(v, `"Statement"`) && strings.Contains(v, `"Effect"`)
	case map[string]any:
		list, ok := v["Statement"].([]any)
		if !ok {
			list = []any{v["Statement"]}
		}
		return slices.ContainsFunc(list, func(one any) bool {
			statement, _ := one.(map[string]any)
			return statement["Effect"] != nil
		})
	}
	return false
}

// pathText is a path as people read it.
func pathText(path []any) string {
	var all []string
	for _, step := range path {
		all = append(all, fmt.Sprint(step))
	}
	return strings.Join(all, ".")
}

// resource is the resource of a side that is the same one as that of the other side. Nil for none.
func (c *comparison) resource(subject int, of *assembly.Resource) *assembly.Resource {
	for _, r := range c.Models[subject].Assembly.OfType(of.Type) {
		if r.Stack.Label == of.Stack.Label && r.LogicalID == of.LogicalID {
			return r
		}
	}
	return nil
}
