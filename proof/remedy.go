package proof

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
)

// Remedy says what to change, and where, sentence by sentence; statements to add are ready to paste. It is nil for a check that is proved.
func (c *Check) Remedy() []string {
	if c.Verdict == Proved {
		return nil
	}
	if c.Rule == Wiring && len(c.Chains) == 0 {
		return []string{"wire it to something of this app, or take the mark " + contract.MustWorkKey + " from it"}
	}
	if c.holder != nil && c.Rule != OverGrant && c.Rule != Wiring {
		return []string{"set what the grant says"}
	}
	if c.Rule == OverGrant {
		return []string{"narrow " + c.Name + " to the actions and resources of the grant"}
	}
	var all []string
	for i := range c.Chains {
		chain := &c.Chains[i]
		if c.Expects.judge(chain.Passes) == Proved {
			continue
		}
		if c.Expects == MustWork {
			all = append(all, chain.open()...)
		} else {
			all = append(all, chain.close()...)
		}
	}
	return unique(all)
}

// Remedies say what to change so that the access works. None if it does, or if what stops it is not known.
func (c *Chain) Remedies() []string {
	var all []string
	for _, sentence := range c.open() {
		if !c.said(sentence) {
			all = append(all, sentence)
		}
	}
	return unique(all)
}

func (c *Chain) said(sentence string) bool {
	for _, h := range c.Hops {
		if slices.Contains(h.Says, sentence) {
			return true
		}
	}
	return false
}

// open says what keeps an access from passing, at each hop that does.
func (c *Chain) open() []string {
	var all []string
	for _, h := range c.Hops {
		if h.Passes != policy.Yes {
			all = append(all, h.open(c.declared)...)
		}
	}
	return all
}

func (h *Hop) open(declared string) []string {
	switch {
	case h.Path != nil:
		return []string{policy.Readable(h.Path.Remedy)}
	case h.Passes == policy.Indeterminate:
		return h.Says
	}
	var all []string
	for _, s := range h.Trace.Decisive() {
		all = append(all, fmt.Sprintf("take the access out of statement %s of %s, which denies it", policy.Readable(s.Statement), h.Trace.PolicyName(s.Policy, s.Level, s.Index)))
	}
	lacks := map[policy.Kind]bool{}
	for _, l := range h.Trace.Layers {
		lacks[l.Policy] = l.MissingAllow && l.Allows != policy.Yes
	}
	r := h.Trace.Request
	if lacks[policy.Identity] && account(r.Principal) == r.ResourceAccount {
		lacks[policy.Resource] = false // in one account, one of them is enough
	}
	if declared != "" && r.Action != "sts:AssumeRole" {
		r.Resource = declared
	}
	for _, l := range h.Trace.Layers {
		if near, ok := h.Trace.NearestStatement(l.Policy); ok && lacks[l.Policy] && near.Condition != "" {
			all = append(all, fmt.Sprintf("meet the condition of statement %s of %s, or widen it: %s (%s)", policy.Readable(near.Statement),
				h.Trace.PolicyName(near.Policy, near.Level, near.Index), near.Condition, policy.Readable(strings.Join(near.Expected, ", "))))
		} else if lacks[l.Policy] {
			to := h.Trace.PolicyWithoutAllow(l.Policy)
			if l.Policy == policy.Identity {
				to = "a policy of " + callerOf(r)
			}
			all = append(all, "add to "+to+":\n"+missing(r, l.Policy))
		}
	}
	return all
}

// callerOf is the ARN of the role or user that makes a request.
func callerOf(r policy.Request) string {
	if arn := r.Context["aws:PrincipalArn"]; len(arn) == 1 {
		return arn[0]
	}
	return r.Principal
}

// missing is the statement that would permit a request, ready to paste.
func missing(r policy.Request, kind policy.Kind) string {
	s := statement{Effect: "Allow", Action: []string{r.Action}}
	role := callerOf(r)
	switch kind {
	case policy.Trust:
		s.Principal = map[string]string{"AWS": account(role)}
	case policy.Resource, policy.Endpoint:
		s.Principal = "*"
		s.Resource = []string{r.Resource}
	default:
		s.Resource = []string{r.Resource}
	}
	if s.Principal != nil && strings.HasPrefix(part(role, 5), "role/") {
		s.Condition = map[string]map[string][]string{"ArnEquals": {"aws:PrincipalArn": {role}}}
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // plain data
	}
	return policy.Readable(strings.ReplaceAll(string(text), `\u0000`, "\x00"))
}

// close says what lets an access pass that must not.
func (c *Chain) close() []string {
	var all []string
	for _, h := range c.Hops {
		switch {
		case h.Trace == nil:
		case h.Passes == policy.Indeterminate:
			all = append(all, h.Says...)
		default:
			for _, s := range h.Trace.Decisive() {
				if h.Trace.PolicyName(s.Policy, s.Level, s.Index) == everything.Name {
					continue // the probe's own
				}
				all = append(all, fmt.Sprintf("narrow statement %s of %s, which allows %s on %s", policy.Readable(s.Statement), h.Trace.PolicyName(s.Policy, s.Level, s.Index),
					h.Trace.Request.Action, policy.Readable(h.Trace.Request.Resource)))
			}
		}
	}
	return all
}
