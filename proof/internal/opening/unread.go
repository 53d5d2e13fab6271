package opening

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/enumerate"
)

// unreadPolicies adds checks of policies of which no request can be asked, such as that of an API: each statement that lets others in than principals of the
// account.
func (r *reader) unreadPolicies() {
	read := map[*assembly.Resource]map[string]bool{} // places, by resource
	for _, p := range r.Accounts.Documents() {
		if read[p.Resource] == nil {
			read[p.Resource] = map[string]bool{}
		}
		read[p.Resource][p.Place] = true
	}
	for _, stack := range r.Assembly.Stacks {
		for _, one := range stack.Resources {
			if one.Stack.Template == "" || strings.HasSuffix(stack.Label, " (names)") {
				continue
			}
			policiesIn(one.Properties, "", func(at string, d *policy.Document) {
				if !read[one][at] && !r.isRead(one, d) {
					r.unreadPolicy(one, at, d)
				}
			})
		}
	}
}

// isRead says that a policy of a resource that was asked has the same statements.
func (r *reader) isRead(of *assembly.Resource, d *policy.Document) bool {
	asked, ok := r.Accounts.ResourceOf(of.ARN)
	if !ok || asked.Policy == nil || len(asked.Policy.Statements) != len(d.Statements) {
		return false
	}
	for i := range d.Statements {
		if asked.Policy.Statements[i].Sid != d.Statements[i].Sid {
			return false
		}
	}
	return true
}

// policiesIn calls a function for each policy with principals in a value, also one that is written as text.
func policiesIn(value any, at string, do func(at string, d *policy.Document)) {
	switch v := value.(type) {
	case map[string]any:
		if v["Statement"] != nil {
			if text, err := json.Marshal(v); err == nil {
				if d, err := policy.Parse(text); err == nil {
					do(at, d)
					return
				}
			}
		}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			inside := key
			if at != "" {
				inside = at + "." + key
			}
			policiesIn(v[key], inside, do)
		}
	case []any:
		for i, item := range v {
			policiesIn(item, at+"["+strconv.Itoa(i)+"]", do)
		}
	case string:
		if strings.Contains(v, `"Statement"`) && strings.Contains(v, `"Principal"`) {
			if d, err := policy.Parse([]byte(v)); err == nil {
				do(at, d)
			}
		}
	}
}

// unreadPolicy adds a check for each statement of a policy that lets others in.
func (r *reader) unreadPolicy(of *assembly.Resource, at string, d *policy.Document) {
	d.Name = "the policy in " + at + " of " + of.LogicalID + " (" + of.Type + ")"
	for i := range d.Statements {
		s := statement{Source: enumerate.Source{Document: d, Index: i}, of: of, e: d.Statements[i].Elements()}
		if d.Statements[i].Effect != policy.Allow || len(s.e.Principals) == 0 && !s.e.NotPrincipal || !r.namesOthers(s) || r.isPublic(s) {
			continue
		}
		rule := ForeignAccess
		if enumerate.IsEveryone(s.e) {
			rule = PublicAccess
		}
		name := "statement " + strconv.Itoa(i) + " of " + d.Name
		r.all[rule] = append(r.all[rule], check.Check{Rule: rule, Expects: check.MustFail, Verdict: check.Undecided, Name: policy.Readable(name + about[rule]), Where: []*assembly.Resource{of},
			Statement: &d.Statements[i], Details: []string{policy.Readable("it lets in " + strings.Join(principalsOf(s.e), ", ") + ", and what this policy decides is not known here")},
			Remedy: []string{policy.Readable("see whom " + name + " lets in, and with which conditions")}, Manual: []string{"who is meant to have access, only its owner knows"}})
	}
}

// principalsOf are those that a statement names.
func principalsOf(e policy.Elements) (all []string) {
	if e.NotPrincipal {
		all = append(all, "everybody but")
	}
	for _, group := range slices.Sorted(maps.Keys(e.Principals)) {
		all = append(all, e.Principals[group]...)
	}
	return all
}
