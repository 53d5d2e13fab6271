package probe

import (
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Connection is the rule that what has to work besides the grants does: an alarm reaches its topic, an event its queue, a role what it uses in its
// own account, and a workload runs as its role.
const Connection check.Rule = "Connection"

func connection(m *model.Model) []check.Check {
	c := &checks{Model: m, rule: Connection}
	for i := range m.Declared {
		d := &m.Declared[i]
		c.settings(d.Name, d.Resources, d.Faults)
		for _, one := range d.Connections {
			if one.Implied {
				continue
			}
			c.add(check.Check{Expects: check.MustWork, Name: connectionName(d, one), Access: one.Access, Where: d.Resources})
		}
	}
	for _, w := range m.Setups {
		declared := slices.ContainsFunc(m.Grants, func(g *model.Grant) bool { return g.ID() == w.Grant })
		switch {
		case w.Grant == "":
			c.setup(w)
		case !declared:
			c.settings(w.DisplayName(), nil, []model.Fault{{Says: "its record names the grant " + w.Grant + ", which no template declares", Remedy: "synthesize the template again"}})
		}
	}
	return c.all
}

// settings are a check of what no policy decides.
func (c *checks) settings(name string, where []*assembly.Resource, faults []model.Fault) {
	one := check.Check{Expects: check.MustWork, Name: policy.Readable("the settings of " + name), Verdict: check.Proved, Where: slices.Clone(where)}
	for _, f := range faults {
		if !f.Unknown {
			one.Verdict = check.Broken
		} else if one.Verdict == check.Proved {
			one.Verdict = check.Undecided
		}
		one.Details, one.Missing = append(one.Details, f.Says), append(one.Missing, f.Missing...)
		if f.Remedy != "" {
			one.Remedy = append(one.Remedy, f.Remedy)
		}
		if one.Changes = append(one.Changes, f.Changes...); len(f.Changes) == 0 {
			one.Manual = append(one.Manual, "no property of one resource alone: what else it has to be, these templates do not say")
		}
		if f.Resource != nil && !slices.Contains(one.Where, f.Resource) {
			one.Where = append(one.Where, f.Resource)
		}
	}
	c.add(one)
}

// connectionName is what a check calls a connection.
func connectionName(d *model.Declared, one model.Connection) string {
	return policy.Readable(d.Name + ": " + one.Action + " on " + one.Resource)
}
