package probe

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/check"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Connection is the rule that what is marked as having to work reaches its destination: an alarm its topic, an event its queue, a role what it
// uses in its own account.
const Connection check.Rule = "Connection"

func connection(m *model.Model) []check.Check {
	c := &checks{Model: m, rule: Connection}
	for _, r := range m.Marked {
		where := []*assembly.Resource{r.Resource}
		if len(r.Connections) == 0 {
			c.add(check.Check{Expects: check.MustWork, Name: policy.Readable(accounts.DisplayName(r.Resource)), Access: model.Access{Caller: "anonymous"},
				Verdict: check.Undecided, Where: where, Details: []string{"its destination is in no template, or in a form that is not known"},
				Remedy: []string{"connect it to a resource of this app, or remove the mark " + contract.MustWorkKey + " from it"}})
		}
		for _, one := range r.Connections {
			c.add(check.Check{Expects: check.MustWork, Name: connectionName(r, one), Access: one.Access, Where: where})
		}
	}
	return c.all
}

// connectionName is what a check calls a connection.
func connectionName(r model.Marked, one model.Connection) string {
	return policy.Readable(accounts.DisplayName(r.Resource) + ": " + one.Action + " on " + one.Resource)
}
