package simulate

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Remedies say what to change so that the access works. None if it does, or if what stops it is not known.
func (c *Chain) Remedies() []string {
	said := map[string]bool{}
	for _, h := range c.Hops {
		for _, sentence := range h.Says {
			said[sentence] = true
		}
	}
	var all []string
	for _, sentence := range c.ToAllow() {
		if !said[sentence] && !slices.Contains(all, sentence) {
			all = append(all, sentence)
		}
	}
	return all
}

// ToAllow says what to change so that the access works, at each hop that stops it.
func (c *Chain) ToAllow() []string {
	var all []string
	for _, h := range c.Hops {
		switch {
		case h.Passes == policy.Yes:
		case h.remedy != nil:
			all = append(all, h.remedy...)
		case h.Path != nil:
			all = append(all, policy.Readable(h.Path.Remedy))
		case h.Passes == policy.Indeterminate:
			all = append(all, h.Says...)
		default:
			all = append(all, h.toAllow(c.Pattern)...)
		}
	}
	return all
}

// toAllow says what to change so that the policies allow a request: the statements that deny it, and what no statement allows.
func (h *Hop) toAllow(pattern string) []string {
	var all []string
	for _, s := range h.Trace.Decisive() {
		all = append(all, fmt.Sprintf("take the access out of statement %s of %s, which denies it", policy.Readable(s.Statement), h.Trace.PolicyName(s.Policy, s.Level, s.Index)))
	}
	lacks := map[policy.Kind]bool{}
	for _, l := range h.Trace.Layers {
		lacks[l.Policy] = l.MissingAllow && l.Allows != policy.Yes
	}
	r := h.Trace.Request
	if lacks[policy.Identity] && arn.Account(r.Principal) == r.ResourceAccount {
		lacks[policy.Resource] = false // within one account, one of them is enough
	}
	if pattern != "" && r.Action != "sts:AssumeRole" {
		r.Resource = pattern
	}
	for _, l := range h.Trace.Layers {
		if near, ok := h.Trace.NearestStatement(l.Policy); ok && lacks[l.Policy] && near.Condition != "" {
			all = append(all, fmt.Sprintf("meet the condition of statement %s of %s, or widen it: %s (%s)", policy.Readable(near.Statement),
				h.Trace.PolicyName(near.Policy, near.Level, near.Index), near.Condition, policy.Readable(strings.Join(near.Expected, ", "))))
		} else if lacks[l.Policy] {
			to := h.Trace.PolicyWithoutAllow(l.Policy)
			if l.Policy == policy.Identity {
				to = "a policy of " + callerARN(r)
			}
			all = append(all, "add to "+to+":\n"+statement(r, l.Policy))
		}
	}
	return all
}

// callerARN is the ARN of the role or user that makes a request.
func callerARN(r policy.Request) string {
	if principal := r.Context["aws:PrincipalArn"]; len(principal) == 1 {
		return principal[0]
	}
	return r.Principal
}

// statement is the statement that would allow a request, ready to paste.
func statement(r policy.Request, kind policy.Kind) string {
	s := model.Statement{Effect: "Allow", Action: []string{r.Action}}
	caller := callerARN(r)
	switch kind {
	case policy.Trust:
		s.Principal = map[string]string{"AWS": arn.Account(caller)}
	case policy.Resource, policy.Endpoint:
		s.Principal = "*"
		s.Resource = []string{r.Resource}
	default:
		s.Resource = []string{r.Resource}
	}
	if a, _ := arn.Parse(caller); s.Principal != nil && strings.HasPrefix(a.Resource, "role/") {
		s.Condition = map[string]map[string][]string{"ArnEquals": {"aws:PrincipalArn": {caller}}}
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // plain data
	}
	return policy.Readable(strings.ReplaceAll(string(text), `\u0000`, "\x00"))
}

// ToDeny says which statements to narrow so that the access does not work any more.
func (c *Chain) ToDeny() []string {
	var all []string
	for _, h := range c.Hops {
		switch {
		case h.Trace == nil && h.Passes == policy.Indeterminate:
			all = append(all, h.remedy...)
		case h.Trace == nil:
		case h.Passes == policy.Indeterminate:
			all = append(all, h.Says...)
		default:
			for _, s := range h.Trace.Decisive() {
				if h.Trace.PolicyName(s.Policy, s.Level, s.Index) == administrator.Name {
					continue // the simulation's own
				}
				all = append(all, fmt.Sprintf("narrow statement %s of %s, which allows %s on %s", policy.Readable(s.Statement), h.Trace.PolicyName(s.Policy, s.Level, s.Index),
					h.Trace.Request.Action, policy.Readable(h.Trace.Request.Resource)))
			}
		}
	}
	return all
}
