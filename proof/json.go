package proof

import (
	"encoding/json"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// The report as JSON: what `crossgrant prove --json` writes after its findings. Unknown texts are written as "‹name›".

// JSON is the report as other programs read it.
type JSON struct {
	Verdict Verdict     `json:"verdict"`
	Grants  []string    `json:"grants"`
	Checks  []CheckJSON `json:"checks"`
	Notes   []string    `json:"notes"`
	// Assumed is what was taken as given: of networks that no template has, of facts, and defaults of parameters.
	Assumed []string `json:"assumed,omitempty"`
}

// CheckJSON is one check.
type CheckJSON struct {
	Rule    Rule        `json:"rule"`
	Grant   string      `json:"grant,omitempty"`
	Name    string      `json:"name"`
	Expects Expectation `json:"expects"`
	Verdict Verdict     `json:"verdict"`
	Chains  []ChainJSON `json:"chains,omitempty"`
	Details []string    `json:"details,omitempty"`
	Remedy  []string    `json:"remedy,omitempty"`
	// RestsOn is what no template has for sure and the verdict depends on: facts, and defaults of parameters.
	RestsOn []string `json:"restsOn,omitempty"`
	// Missing are the facts that would decide a check that is undecided.
	Missing []string `json:"missing,omitempty"`
	// Statements are those in the remedy that can be added as they are.
	Statements []StatementJSON `json:"statements,omitempty"`
	// Changes are the whole remedy as edits of templates. None if a part of it is no edit: then Manual says why.
	Changes []ChangeJSON `json:"changes,omitempty"`
	Manual  []string     `json:"manual,omitempty"`
}

// ChangeJSON is one edit of a template.
type ChangeJSON struct {
	// Edit is "set", "append" (to a list, which is made where there is none) or "remove".
	Edit assembly.Edit `json:"edit"`
	// Stack and Template name the template, and LogicalID its resource: with "set" and no Path a new one.
	Stack     string `json:"stack"`
	Template  string `json:"template"`
	LogicalID string `json:"logicalId"`
	// Path is where in the resource, by keys and by indexes as they are before any of the changes. Empty for all of it.
	Path []any `json:"path"`
	// Value is what a template has there. Absent for "remove".
	Value any `json:"value,omitempty"`
}

// StatementJSON is a statement to add, and the policy that it belongs to.
type StatementJSON struct {
	// Policy is the kind of the policy: identity, resource, trust or endpoint.
	Policy policy.Kind `json:"policy"`
	// Stack and LogicalID are of the resource that has the policy. Empty if no template has it.
	Stack     string          `json:"stack,omitempty"`
	LogicalID string          `json:"logicalId,omitempty"`
	Statement json.RawMessage `json:"statement"`
}

// ChainJSON is one way in which an access was tried: by the caller, by a role that it assumes, or by further ones that are assumed then.
type ChainJSON struct {
	Caller   string        `json:"caller"`
	Assumes  string        `json:"assumes,omitempty"`
	Then     []string      `json:"then,omitempty"`
	Action   string        `json:"action,omitempty"`
	Resource string        `json:"resource,omitempty"`
	Subnet   string        `json:"subnet,omitempty"`
	Passes   policy.Answer `json:"passes"`
	Hops     []HopJSON     `json:"hops"`
}

// HopJSON is one thing that an access has to pass, such as a route or the policies that decide a request.
type HopJSON struct {
	What   string        `json:"what"`
	Passes policy.Answer `json:"passes"`
	Says   []string      `json:"says"`
}

// JSON returns the report in the form that `crossgrant prove --json` writes after its findings.
func (r *Report) JSON() JSON {
	j := JSON{Verdict: r.Verdict(), Grants: []string{}, Checks: []CheckJSON{}, Notes: []string{}}
	for _, g := range r.Grants {
		j.Grants = append(j.Grants, g.Key())
	}
	for i := range r.Checks {
		c := &r.Checks[i]
		one := CheckJSON{Rule: c.Rule, Grant: c.Grant, Name: policy.Readable(c.Name), Expects: c.Expects, Verdict: c.Verdict, Details: c.Details, Remedy: c.Remedy}
		for _, name := range c.RestsOn {
			one.RestsOn = append(one.RestsOn, policy.Readable(name))
		}
		for _, w := range c.Missing {
			one.Missing = append(one.Missing, policy.Readable(w.ID()))
		}
		for k := range c.Chains {
			one.Chains = append(one.Chains, NewChainJSON(&c.Chains[k]))
		}
		for _, a := range c.Statements {
			s := StatementJSON{Policy: a.Kind, Statement: json.RawMessage(a.Statement.Indented())}
			if a.Of != nil {
				s.Stack, s.LogicalID = a.Of.Stack.DisplayName, a.Of.LogicalID
			}
			one.Statements = append(one.Statements, s)
		}
		for _, e := range c.Changes {
			path := e.Path
			if path == nil {
				path = []any{}
			}
			one.Changes = append(one.Changes, ChangeJSON{e.Edit, e.Stack.DisplayName, e.Stack.Template, e.LogicalID, path, e.Value})
		}
		one.Manual = c.Manual
		j.Checks = append(j.Checks, one)
	}
	for _, n := range r.Assumed {
		j.Assumed = append(j.Assumed, policy.Readable(n.String()))
	}
	for _, n := range r.Notes {
		j.Notes = append(j.Notes, policy.Readable(n.String()))
	}
	return j
}

// NewChainJSON returns a chain in the form that `crossgrant explain --json` writes.
func NewChainJSON(c *Chain) ChainJSON {
	j := ChainJSON{Caller: policy.Readable(c.Caller), Action: c.Action, Resource: policy.Readable(c.Resource), Subnet: policy.Readable(c.Subnet), Passes: c.Passes, Hops: []HopJSON{}}
	for i, role := range c.Assumes.Roles() {
		if i == 0 {
			j.Assumes = policy.Readable(role)
		} else {
			j.Then = append(j.Then, policy.Readable(role))
		}
	}
	for _, h := range c.Hops {
		one := HopJSON{What: policy.Readable(h.What), Passes: h.Passes, Says: []string{}}
		for _, sentence := range h.Says {
			one.Says = append(one.Says, policy.Readable(sentence))
		}
		j.Hops = append(j.Hops, one)
	}
	return j
}
