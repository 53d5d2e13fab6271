package proof

import (
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/policy"
)

// use is what a role does besides its grants, as one statement of a marked policy says.
type use struct {
	role               string
	actions, resources []string
	context            map[string][]string // one example that its conditions are true of
}

// uses reads a marked policy. What it denies, or permits by exclusion, is no use.
func (w *world) uses(r *assembly.Resource) []use {
	d, err := accounts.Document(r, "PolicyDocument", r.Properties["PolicyDocument"], "")
	if err != nil {
		return nil // which reading the accounts has noted
	}
	var all []use
	for _, role := range w.accounts.Roles {
		if role.Stack.Account != r.Stack.Account || !slices.Contains(items(r.Properties["Roles"]), any(role.Ref)) {
			continue
		}
		for i := range d.Statements {
			e := d.Statements[i].Elements()
			contexts, err := examples(e.Conditions)
			if d.Statements[i].Effect != policy.Allow || e.NotAction || e.NotResource || err != nil {
				continue
			}
			all = append(all, use{role: role.ARN, actions: e.Actions, resources: e.Resources, context: contexts[0]})
		}
	}
	return all
}

// declaredUses are those of all marked policies.
func (w *world) declaredUses() []use {
	var all []use
	for _, r := range w.marked() {
		if r.Type == "AWS::IAM::Policy" {
			all = append(all, w.uses(r)...)
		}
	}
	return all
}

// usedFor says that one of a caller's uses is to do this: an endpoint has to let it pass.
func usedFor(uses []use, callers []string, fits func(use) bool) bool {
	return slices.ContainsFunc(uses, func(u use) bool { return slices.Contains(callers, u.role) && fits(u) })
}

// within says that all of some are among others.
func within(some, others []string) bool {
	return !slices.ContainsFunc(some, func(one string) bool { return !slices.Contains(others, one) })
}
