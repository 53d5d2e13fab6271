package proof

import (
	"github.com/crossgrant/crossgrant/policy"
)

// The report as JSON: what `crossgrant prove --json` writes. Unknown texts are written as "‹name›".

// JSON is the report as other programs read it.
type JSON struct {
	Verdict Verdict     `json:"verdict"`
	Grants  []string    `json:"grants"`
	Checks  []CheckJSON `json:"checks"`
	Notes   []string    `json:"notes"`
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

// JSON returns the report in the form that `crossgrant prove --json` writes.
func (r *Report) JSON() JSON {
	j := JSON{Verdict: r.Verdict(), Grants: []string{}, Checks: []CheckJSON{}, Notes: []string{}}
	for _, g := range r.Grants {
		j.Grants = append(j.Grants, g.Key())
	}
	for i := range r.Checks {
		c := &r.Checks[i]
		one := CheckJSON{Rule: c.Rule, Grant: c.Grant, Name: policy.Readable(c.Name), Expects: c.Expects, Verdict: c.Verdict, Details: c.Details, Remedy: c.Remedy}
		for k := range c.Chains {
			one.Chains = append(one.Chains, NewChainJSON(&c.Chains[k]))
		}
		j.Checks = append(j.Checks, one)
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
