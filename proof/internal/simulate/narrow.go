package simulate

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Match is a statement of a policy.
type Match struct {
	Document *policy.Document
	Index    int
}

// Allowed is a statement that lets a request pass, and the least that would.
type Allowed struct {
	Match
	// Kind is the kind of the policy.
	Kind policy.Kind
	// Needs is the statement that allows this request and nothing else. Exact is false if it cannot say whose request it is.
	Needs model.Statement
	Exact bool
}

// AllowedBy are the statements that let the access pass or may do so, hop by hop. Those of an administrator that the simulation supposes are not among
// them.
func (c *Chain) AllowedBy() [][]Allowed {
	return c.allowedBy(func(_ *Hop, all []Allowed) []Allowed { return all })
}

// ToNarrow are those of them that have to change so that the access does not pass, hop by hop; one hop is enough.
func (c *Chain) ToNarrow() [][]Allowed { return c.allowedBy(ofResource) }

func (c *Chain) allowedBy(among func(*Hop, []Allowed) []Allowed) [][]Allowed {
	var all [][]Allowed
	for i := range c.Hops {
		h := &c.Hops[i]
		if h.Trace == nil || h.Passes == policy.No {
			continue
		}
		var here []Allowed
		for _, s := range h.Trace.Statements {
			d, statement := h.Trace.Statement(s)
			if s.Effect != policy.Allow || s.Matches == policy.No || statement == nil || d == administrator || !policy.IsKnown(s.Statement) {
				continue
			}
			one := Allowed{Match: Match{d, statement.Index}, Kind: s.Policy}
			one.Needs, one.Exact = h.needs(c, s.Policy, statement)
			here = append(here, one)
		}
		all = append(all, among(h, here))
	}
	return all
}

// Unsure says that the answer depends on what the templates leave to deployment.
func (c *Chain) Unsure() bool { return c.unsure }

// ofResource are the statements of a hop that have to change so that it does not pass: across accounts, those of the resource are enough.
func ofResource(h *Hop, all []Allowed) []Allowed {
	r := h.Trace.Request
	if h.key != nil {
		delegates := delegatesOf(h.key, r.ResourceAccount)
		all = slices.DeleteFunc(all, func(a Allowed) bool {
			s := &h.key.Statements[min(a.Index, len(h.key.Statements)-1)]
			return a.Document == h.key && delegates[cmp.Or(s.Sid, strconv.Itoa(s.Index))]
		})
	}
	if arn.Account(r.Principal) == r.ResourceAccount || model.IsService(r.Principal) {
		return all
	}
	of := slices.DeleteFunc(slices.Clone(all), func(a Allowed) bool { return a.Document != h.resourcePolicy })
	if len(of) > 0 {
		return of
	}
	return all
}

// needs is the least statement that allows the request of a hop. What an administrator of the account does may be allowed to its account, as AWS's
// own key policies do.
func (h *Hop) needs(c *Chain, kind policy.Kind, allows *policy.Statement) (model.Statement, bool) {
	r := h.Trace.Request
	if c.Administrator && kind == policy.Resource && arn.Account(r.Principal) == r.ResourceAccount {
		e := allows.Elements()
		a, _ := arn.Parse(callerARN(r))
		root := arn.ARN{Partition: a.Partition, Service: "iam", Account: a.Account, Resource: "root"}
		return model.Statement{Sid: allows.Sid, Effect: "Allow", Principal: map[string]string{"AWS": root.String()}, Action: e.Actions, Resource: e.Resources, Condition: e.Conditions},
			!e.NotAction && !e.NotResource
	}
	return statement(c, r, kind)
}
