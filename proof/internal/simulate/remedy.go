package simulate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Addition is a statement to add that is ready to paste, and the policy that it belongs to.
type Addition struct {
	Statement model.Statement
	Kind      policy.Kind
	// Of is the resource of which it is a policy: a role, a bucket, an endpoint. Nil if no template has it.
	Of *assembly.Resource
}

// remedy is one thing to change.
type remedy struct {
	says string
	add  *Addition // nil for what is no statement
}

// to is a remedy in words.
func to(says string) remedy { return remedy{says: policy.Readable(says)} }

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
func (c *Chain) ToAllow() []string { return sentences(c.toAllow()) }

// AllowAdditions are the statements in what ToAllow says.
func (c *Chain) AllowAdditions() []Addition { return additions(c.toAllow()) }

func sentences(all []remedy) (says []string) {
	for _, one := range all {
		says = append(says, one.says)
	}
	return says
}

func additions(all []remedy) (found []Addition) {
	for _, one := range all {
		if one.add != nil {
			found = append(found, *one.add)
		}
	}
	return found
}

func (c *Chain) toAllow() []remedy {
	var all []remedy
	words := func(says []string) {
		for _, one := range says {
			all = append(all, to(one))
		}
	}
	for _, h := range c.Hops {
		switch {
		case h.Passes == policy.Yes:
		case h.remedy != nil:
			words(h.remedy)
		case h.Path != nil:
			words([]string{h.Path.Remedy})
		case h.Passes == policy.Indeterminate:
			words(h.Says)
		default:
			all = append(all, h.toAllow(c)...)
		}
	}
	return all
}

// toAllow says what to change so that the policies allow a request: what denies it, and what no statement allows.
func (h *Hop) toAllow(c *Chain) []remedy {
	var all []remedy
	for _, s := range h.Trace.Decisive() {
		all = append(all, to(h.toPass(c, s)))
	}
	r := h.Trace.Request
	if model.IsService(r.Principal) && r.Action == "events:PutEvents" {
		// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
		return append(all, to("set RoleArn of the rule's target to a role that "+r.Principal+" can assume for this rule, and let a policy of that role allow "+r.Action+
			" on "+r.Resource))
	}
	lacks := map[policy.Kind]bool{}
	for _, l := range h.Trace.Layers {
		lacks[l.Policy] = l.MissingAllow && l.Allows != policy.Yes
	}
	if lacks[policy.Identity] && arn.Account(r.Principal) == r.ResourceAccount {
		lacks[policy.Resource] = false // within one account, one of them is enough
	}
	for _, l := range h.Trace.Layers {
		if near, ok := h.Trace.NearestStatement(l.Policy); ok && lacks[l.Policy] && near.Condition != "" {
			all = append(all, to(fmt.Sprintf("meet the condition of statement %s of %s: %s (%s)", near.Statement,
				h.Trace.PolicyName(near.Policy, near.Level, near.Index), near.Condition, strings.Join(near.Expected, ", "))))
		} else if lacks[l.Policy] {
			all = append(all, h.toAdd(c, l.Policy))
		}
	}
	return all
}

// toPass says how a request passes a statement that denies it. A condition is a perimeter, which stays: who has to pass it comes from within, or
// is named as an exception.
func (h *Hop) toPass(c *Chain, s policy.StatementMatch) string {
	where := fmt.Sprintf("statement %s of %s", policy.Readable(s.Statement), h.Trace.PolicyName(s.Policy, s.Level, s.Index))
	e, _ := h.Trace.Elements(s)
	switch {
	case len(e.Conditions) == 0:
		return "take the access out of " + where + ", which denies it"
	case c.Administrator:
		return "exempt " + policy.Readable(callerARN(h.Trace.Request)) + " from " + where + ", by aws:PrincipalArn"
	}
	return "make the request from where " + where + " does not deny it: that denies on condition of " + conditions(e.Conditions)
}

// conditions are conditions as text, sorted.
func conditions(all map[string]map[string][]string) string {
	var texts []string
	for _, operator := range slices.Sorted(maps.Keys(all)) {
		for _, key := range slices.Sorted(maps.Keys(all[operator])) {
			texts = append(texts, fmt.Sprintf("%s %s (%s)", operator, key, strings.Join(all[operator][key], ", ")))
		}
	}
	return policy.Readable(strings.Join(texts, " and "))
}

// toAdd says what to add to the policies of a kind: a statement that is ready to paste, or where that would name something that AWS generates at
// deployment, or nobody in particular, the same in words.
func (h *Hop) toAdd(c *Chain, kind policy.Kind) remedy {
	r := h.Trace.Request
	where := h.Trace.PolicyWithoutAllow(kind)
	if kind == policy.Identity {
		where = "a policy of " + policy.Readable(callerARN(r))
	}
	s, ok := statement(c, r, kind)
	if (kind == policy.Resource || kind == policy.Identity) && !model.IsService(r.Principal) && model.AcceptsHTTP(r.Action) && !deniesHTTP(h.resourcePolicy) {
		s.Condition = model.WithCondition(s.Condition, "Bool", "aws:SecureTransport", []string{"true"})
	}
	if ok && s.Known() {
		return add(where, Addition{s, kind, h.resources[kind]})
	}
	who := policy.Readable(callerARN(r))
	if model.IsService(r.Principal) {
		who = r.Principal
	}
	words := "let " + where + " allow " + who + " " + r.Action + " on " + policy.Readable(cmp.Or(strings.Join(s.Resource, ", "), r.Resource))
	switch {
	case len(s.Condition) > 0:
		words += ", on condition of " + conditions(s.Condition)
	case model.IsService(r.Principal) && kind != policy.Trust:
		words += ", on condition of aws:SourceArn and aws:SourceAccount of what the service does it for"
	}
	return to(words)
}

// add is the remedy of a statement to add to a policy of that name.
func add(to string, a Addition) remedy {
	return remedy{"add to " + to + ":\n" + a.Statement.Indented(), &a}
}

// callerARN is the ARN of the role or user that makes a request.
func callerARN(r policy.Request) string {
	if principal := r.Context["aws:PrincipalArn"]; len(principal) == 1 {
		return principal[0]
	}
	return r.Principal
}

// statement is the statement that would allow a request and nobody else's. ok is false if it cannot say whose.
func statement(c *Chain, r policy.Request, kind policy.Kind) (s model.Statement, ok bool) {
	caller := callerARN(r)
	s = model.Statement{Effect: "Allow", Action: []string{r.Action}, Resource: []string{r.Resource}}
	when := func(operator, key string, values []string) {
		s.Condition = model.WithCondition(s.Condition, operator, key, values)
	}
	if r.Action == c.Action {
		s.Resource = []string{cmp.Or(c.Pattern, r.Resource)}
		s.Condition = c.Conditions
	}
	if via := r.Context["kms:ViaService"]; len(via) == 1 {
		when("StringEquals", "kms:ViaService", via)
	}
	if strings.HasPrefix(r.Action, "kms:") && kind == policy.Resource {
		s.Resource = []string{"*"} // which is the key itself: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html
	}
	isPrincipal := strings.HasPrefix(caller, "arn:")
	whoever := func(key string) {
		if pattern := model.GranteeOf(caller); pattern != caller {
			when("ArnLike", key, []string{pattern})
		} else {
			when("ArnEquals", key, []string{caller})
		}
	}
	switch {
	case kind == policy.ResourceControl:
		return s, false // it is for whole accounts
	case kind != policy.Trust && kind != policy.Resource && kind != policy.Endpoint:
		return s, isPrincipal
	case model.IsService(r.Principal):
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
		s.Principal = map[string]string{"Service": r.Principal}
		arns, accounts := r.Context["aws:SourceArn"], r.Context["aws:SourceAccount"]
		if len(arns) > 0 {
			when("ArnEquals", "aws:SourceArn", arns)
		}
		if len(accounts) > 0 {
			when("StringEquals", "aws:SourceAccount", accounts)
		}
		ok = len(arns) > 0
	case (kind == policy.Resource || kind == policy.Trust) && arn.Account(caller) == model.MemberAccount: // of an organization, for which a condition asks below
		s.Principal, ok = "*", c.RequiredOrganization != ""
	case kind == policy.Resource && model.GranteeOf(caller) == caller:
		s.Principal, ok = map[string]string{"AWS": caller}, isPrincipal
	case kind == policy.Endpoint && !isPrincipal: // an endpoint policy gives nothing: whose data it is decides who reads it without credentials
		s.Principal, ok = "*", caller == "anonymous"
	case kind == policy.Endpoint: // where a principal that is not "*" means root users only, for gateway endpoints
		s.Principal, ok = "*", true
		when("ArnEquals", "aws:PrincipalArn", []string{caller})
	default: // a role that does not exist yet would be refused as the principal of a trust policy
		s.Principal, ok = map[string]string{"AWS": arn.Account(caller)}, isPrincipal
		whoever("aws:PrincipalArn")
	}
	if kind == policy.Trust {
		s.Resource = nil
		for _, key := range []string{"sts:ExternalId", "sts:SourceIdentity"} {
			if values := r.Context[key]; len(values) > 0 {
				when("StringEquals", key, values)
			}
		}
	}
	// Only a policy of the target account asks the grantee for its organization.
	if c.RequiredOrganization != "" && caller == c.Caller && (kind == policy.Trust || kind == policy.Resource) && arn.Account(caller) != r.ResourceAccount {
		when("StringEquals", "aws:PrincipalOrgID", []string{c.RequiredOrganization})
	}
	return s, ok
}

// ToDeny says which statements to narrow so that the access does not work any more.
func (c *Chain) ToDeny() []string {
	if c.plainHTTP() {
		return []string{c.toDenyHTTP().says}
	}
	var all []string
	for _, h := range c.Hops {
		switch {
		case h.Trace == nil && h.Passes == policy.Indeterminate:
			all = append(all, h.remedy...)
		case h.Trace == nil:
		case h.Passes == policy.Indeterminate:
			all = append(all, h.Says...)
		default:
			for _, s := range h.allowing() {
				if name := h.Trace.PolicyName(s.Policy, s.Level, s.Index); name == administrator.Name || name == model.StandInPolicy {
					continue // the simulation's own
				}
				r := h.Trace.Request
				narrow := "narrow"
				if model.IsService(r.Principal) {
					narrow = "limit by aws:SourceArn and aws:SourceAccount"
				}
				all = append(all, fmt.Sprintf("%s statement %s of %s, which allows %s on %s", narrow, policy.Readable(s.Statement), h.Trace.PolicyName(s.Policy, s.Level, s.Index),
					r.Action, policy.Readable(r.Resource)))
			}
		}
	}
	return all
}

// DenyAdditions are the statements in what ToDeny says.
func (c *Chain) DenyAdditions() []Addition {
	if !c.plainHTTP() {
		return nil
	}
	return additions([]remedy{c.toDenyHTTP()})
}

func (c *Chain) plainHTTP() bool { return slices.Contains(c.Context["aws:SecureTransport"], "false") }

// deniesHTTP says that a policy denies something over plain HTTP.
func deniesHTTP(d *policy.Document) bool {
	return d != nil && slices.ContainsFunc(d.Statements, func(s policy.Statement) bool {
		for _, keys := range s.Elements().Conditions {
			for key := range keys {
				if s.Effect == policy.Deny && strings.EqualFold(key, "aws:SecureTransport") {
					return true
				}
			}
		}
		return false
	})
}

// toDenyHTTP says how a bucket, queue or topic refuses plain HTTP.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
func (c *Chain) toDenyHTTP() remedy {
	service, _, _ := strings.Cut(c.Action, ":")
	s := model.Statement{Effect: "Deny", Principal: "*", Action: []string{service + ":*"}, Resource: []string{c.Resource},
		Condition: map[string]map[string][]string{"Bool": {"aws:SecureTransport": {"false"}}}}
	if service == "s3" {
		a, _ := arn.Parse(c.Resource)
		a.Resource, _, _ = strings.Cut(a.Resource, "/")
		s.Resource = []string{a.String(), a.String() + "/*"}
	}
	if !s.Known() {
		return to("set EnforceSSL of " + s.Resource[0] + ", or deny " + s.Action[0] + " on it where aws:SecureTransport is false")
	}
	last := c.Hops[len(c.Hops)-1]
	return remedy{"set EnforceSSL of " + s.Resource[0] + ", or add to its policy:\n" + s.Indented(), &Addition{s, policy.Resource, last.resources[policy.Resource]}}
}
