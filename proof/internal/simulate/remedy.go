package simulate

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
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
	add  *Addition // nil for what is no statement to add
	// change is how templates change. None of it for a statement to add, and for what is no change of a template.
	change []assembly.Change
	// why says why it is neither. "" for the default.
	why string
}

// to is a remedy in words.
func to(says string) remedy { return remedy{says: policy.Readable(says)} }

// Fix is how templates change so that an access works.
type Fix struct {
	// Changes are all of the remedy. None if a part of it is no change of a template.
	Changes []assembly.Change
	// Why says why a part is none.
	Why []string
}

// fix puts together what remedies change: all of it, or why a part is no change.
func fix(m *model.Model, all []remedy) (f Fix) {
	type home struct {
		of   *assembly.Resource
		kind policy.Kind
	}
	var homes []home
	statements := map[home][]model.Statement{}
	for _, one := range all {
		switch {
		case one.add != nil:
			at := home{one.add.Of, one.add.Kind}
			if statements[at] == nil {
				homes = append(homes, at)
			}
			if !slices.ContainsFunc(statements[at], func(s model.Statement) bool { return s.Indented() == one.add.Statement.Indented() }) {
				statements[at] = append(statements[at], one.add.Statement)
			}
		case len(one.change) > 0:
			f.Changes = append(f.Changes, one.change...)
		default:
			f.Why = append(f.Why, cmp.Or(one.why, "what to change is no property or statement of these templates: "+one.says))
		}
	}
	for _, at := range homes {
		if changes, ok := m.Add(at.of, at.kind, statements[at]...); ok {
			f.Changes = append(f.Changes, changes...)
		} else {
			f.Why = append(f.Why, notInTemplates(at.of, string(at.kind)+" policy"))
		}
	}
	if len(f.Why) > 0 {
		f.Changes = nil
	}
	return f
}

// notInTemplates says why a policy of a resource cannot be changed.
func notInTemplates(of *assembly.Resource, what string) string {
	switch {
	case of == nil || of.Stack == nil:
		return "no template has the resource whose " + what + " has to change"
	case of.Stack.Facts != "":
		return of.LogicalID + " is in facts and in no template: change its " + what + " where it is, and then the facts"
	}
	return "the " + what + " of " + of.LogicalID + " is written elsewhere than in this template, or the statement names what another template generates"
}

// FixToAllow is how templates change so that the access works.
func (c *Chain) FixToAllow(m *model.Model) Fix {
	for _, h := range c.Hops {
		if len(h.unknown) > 0 && h.Passes != policy.Yes {
			return Fix{Why: []string{"policies that decide, in " + h.What + ", are in no template: a file of facts has them"}}
		}
	}
	return fix(m, c.toAllow(m))
}

// FixToDeny is how templates change by the statements in what ToDeny says. Nothing if there are none.
func (c *Chain) FixToDeny(m *model.Model) Fix {
	if !c.plainHTTP() {
		return Fix{}
	}
	return fix(m, []remedy{c.toDenyHTTP()})
}

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
func (c *Chain) ToAllow() []string { return sentences(c.toAllow(nil)) }

// AllowAdditions are the statements in what ToAllow says.
func (c *Chain) AllowAdditions() []Addition { return additions(c.toAllow(nil)) }

func sentences(all []remedy) (says []string) {
	for _, one := range all {
		says = append(says, one.says)
	}
	return says
}

func additions(all []remedy) (found []Addition) {
	for _, one := range all {
		if one.add != nil && one.add.Statement.Known() {
			found = append(found, *one.add)
		}
	}
	return found
}

// toAllow are the remedies at each hop that stops the access. Their changes need a model.
func (c *Chain) toAllow(m *model.Model) []remedy {
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
			all = append(all, remedy{says: policy.Readable(h.Path.Remedy), change: h.Path.Changes, why: h.Path.Why})
		case h.Passes == policy.Indeterminate:
			all = append(all, h.toKnow(m, c)...)
		default:
			all = append(all, h.toAllow(m, c)...)
		}
	}
	return all
}

// toKnow says what to change so that the policies allow for certain what they may deny: an exception of what may deny it, and a statement that allows it
// in any case.
func (h *Hop) toKnow(m *model.Model, c *Chain) []remedy {
	var all []remedy
	for _, one := range h.Says {
		all = append(all, to(one))
	}
	if h.Trace == nil || len(all) == 0 {
		return all
	}
	var changes []assembly.Change
	statements := map[policy.Kind]bool{}
	for _, s := range h.Trace.Decisive() {
		one := remedy{why: "what is unknown is in no policy of these templates: " + all[0].says}
		switch {
		case !policy.IsKnown(s.Statement):
		case s.Effect == policy.Deny:
			one = h.pass(m, c, s)
		case !statements[s.Policy]:
			statements[s.Policy] = true
			if one = h.toAdd(c, s.Policy); one.add != nil && m != nil {
				one.change, _ = m.Add(one.add.Of, one.add.Kind, one.add.Statement)
				one.why = notInTemplates(one.add.Of, string(one.add.Kind)+" policy")
			}
		default:
			continue
		}
		if len(one.change) == 0 {
			for i := range all {
				all[i].why = cmp.Or(one.why, all[i].says)
			}
			return all
		}
		changes = append(changes, one.change...)
	}
	for i := range all {
		all[i].change = changes
	}
	return all
}

// toAllow says what to change so that the policies allow a request: what denies it, and what no statement allows.
func (h *Hop) toAllow(m *model.Model, c *Chain) []remedy {
	var all []remedy
	for _, s := range h.Trace.Decisive() {
		all = append(all, h.pass(m, c, s))
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
			meet := to(fmt.Sprintf("meet the condition of statement %s of %s: %s (%s)", near.Statement,
				h.Trace.PolicyName(near.Policy, near.Level, near.Index), near.Condition, strings.Join(near.Expected, ", ")))
			if or := h.toAdd(c, l.Policy); or.add != nil {
				meet.says, meet.add = meet.says+"; or "+or.says, or.add
			}
			all = append(all, meet)
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
	case c.Administrator && strings.HasSuffix(c.Caller, "/"+model.AdministratorRole): // who that is in fact, nobody has said
		return "exempt the administrators of account " + policy.Readable(arn.Account(callerARN(h.Trace.Request))) + " from " + where + ", by the ARNs of their roles in aws:PrincipalArn"
	case c.Administrator:
		return "exempt " + policy.Readable(callerARN(h.Trace.Request)) + " from " + where + ", by aws:PrincipalArn"
	}
	return "make the request from where " + where + " does not deny it: that denies on condition of " + conditions(e.Conditions)
}

// pass is how a request passes a statement that denies it: as an exception of it.
func (h *Hop) pass(m *model.Model, c *Chain, s policy.StatementMatch) remedy {
	one := to(h.toPass(c, s))
	d, statement := h.Trace.Statement(s)
	if m == nil || statement == nil {
		return one
	}
	r := h.Trace.Request
	if c.Administrator {
		one.why = "who administers account " + policy.Readable(arn.Account(callerARN(r))) + " is your decision: exempt these roles by aws:PrincipalArn"
		return one
	}
	operator, key, values := "ArnNotEquals", "aws:PrincipalArn", []string{callerARN(r)}
	if model.IsService(r.Principal) {
		if key, values = "aws:SourceArn", r.Context["aws:SourceArn"]; len(values) == 0 {
			operator, key, values = "StringNotEquals", "aws:PrincipalServiceName", []string{r.Principal}
		}
	}
	e := statement.Elements()
	if len(e.Conditions) > 0 && !deniesHTTPIn(statement) {
		one.why = "the statement denies on condition, as perimeters do: whether to let the request in is your decision"
		return one
	}
	all := slices.Concat(e.Conditions[operator][key], values)
	if len(e.Conditions) == 0 && slices.ContainsFunc(m.Grants, func(g *model.Grant) bool { return g.Perimeter != nil && g.RoleARN == callerARN(r) }) {
		one.why = "the grant of " + callerARN(r) + " has a perimeter, and an exception would let that in from everywhere: give the statement the condition of the perimeter"
		return one
	}
	change, ok := m.SetIn(d, statement.Index, assembly.SetValue, any(all), "Condition", operator, key)
	if !ok {
		one.why = "no template has " + h.Trace.PolicyName(s.Policy, s.Level, s.Index) + ", which denies it"
		return one
	}
	one.change = []assembly.Change{change}
	if secure := c.secured(h, d, statement); secure.add != nil { // an exception of what refuses plain HTTP is none over plain HTTP
		if more, ok := m.Add(secure.add.Of, secure.add.Kind, secure.add.Statement); ok {
			one.change = append(one.change, more...)
		}
	}
	return one
}

// secured is the statement that refuses plain HTTP where no other one than a given one does. Without a statement where that is not asked for.
func (c *Chain) secured(h *Hop, d *policy.Document, of *policy.Statement) remedy {
	if h.resourcePolicy != d || !model.AcceptsHTTP(c.Action) || h.Trace.Request.Action != c.Action {
		return remedy{}
	}
	for i := range d.Statements {
		if s := &d.Statements[i]; s != of && s.Effect == policy.Deny && deniesHTTPIn(s) {
			return remedy{}
		}
	}
	return c.toDenyHTTP()
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
	of := h.resources[kind]
	if kind == policy.Resource && h.resourcePolicy == nil && of != nil && of.Stack != nil {
		where = "the policy of " + policy.Readable(accounts.DisplayName(of)) // which has none yet
	}
	s, ok := statement(c, r, kind)
	if (kind == policy.Resource || kind == policy.Identity) && !model.IsService(r.Principal) && model.AcceptsHTTP(r.Action) && !deniesHTTP(h.resourcePolicy) {
		s.Condition = model.WithCondition(s.Condition, "Bool", "aws:SecureTransport", []string{"true"})
	}
	if kind == policy.Identity && of == nil {
		ok = ok && s.Known() // for whoever has to paste it elsewhere
	}
	lets := ok && letsPass(s, kind, r)
	if ok && s.Known() {
		one := add(where, Addition{s, kind, of})
		if !lets {
			one.add, one.why = nil, "the request does not meet the conditions of its permission, such as a perimeter: make it from where it does"
		}
		return one
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
	one := to(words)
	if lets {
		one.add = &Addition{s, kind, of}
	} else if ok {
		one.why = "the request does not meet the conditions of its permission, such as a perimeter: make it from where it does"
	} else {
		one.why = "whom to let in is your decision: the request names nobody in particular"
	}
	return one
}

// letsPass says that a statement allows a request, whoever makes it.
func letsPass(s model.Statement, kind policy.Kind, r policy.Request) bool {
	s.Principal = nil
	r.Principal, r.ResourceAccount = "arn:aws:iam::"+model.OtherAccount+":user/x", model.OtherAccount
	if kind == policy.Trust {
		return true // whose keys the role's own statement has
	}
	return policy.Decide(r, policy.Policies{Identity: []*policy.Document{model.NewDocument([]model.Statement{s}, "")}}) != policy.ImplicitlyDenied
}

// add is the remedy of a statement to add to a policy of that name.
func add(to string, a Addition) remedy {
	return remedy{says: "add to " + to + ":\n" + a.Statement.Indented(), add: &a}
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
	s = model.Statement{Effect: "Allow", Action: []string{r.Action}, Resource: []string{strings.ReplaceAll(r.Resource, model.AnyName, "*")}}
	when := func(operator, key string, values []string) {
		s.Condition = model.WithCondition(s.Condition, operator, key, values)
	}
	if r.Action == c.Action {
		s.Resource = []string{cmp.Or(c.Pattern, s.Resource[0])}
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
	return d != nil && slices.ContainsFunc(d.Statements, func(s policy.Statement) bool { return deniesHTTPIn(&s) })
}

func deniesHTTPIn(s *policy.Statement) bool {
	for _, keys := range s.Elements().Conditions {
		for key := range keys {
			if s.Effect == policy.Deny && strings.EqualFold(key, "aws:SecureTransport") {
				return true
			}
		}
	}
	return false
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
	one := &Addition{s, policy.Resource, nil}
	for i := range c.Hops {
		if h := &c.Hops[i]; h.Trace != nil && h.Trace.Request.Action == c.Action {
			one.Of = h.resources[policy.Resource]
		}
	}
	if !s.Known() {
		return remedy{says: policy.Readable("set EnforceSSL of " + s.Resource[0] + ", or deny " + s.Action[0] + " on it where aws:SecureTransport is false"), add: one}
	}
	return remedy{says: "set EnforceSSL of " + s.Resource[0] + ", or add to its policy:\n" + s.Indented(), add: one}
}
