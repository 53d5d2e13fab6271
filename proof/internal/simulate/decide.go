package simulate

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// request is one request to AWS.
type request struct {
	caller, action, resource, owner string
	region                          string // "" if it is not known
	context                         map[string][]string
	path                            *network.Path
	resourcePolicy                  *policy.Document
	policyOf                        *assembly.Resource // whose policy that is; nil if no template has it
	otherwise                       string             // what to do where no facts can be given
	unknown                         []facts.Want       // what facts would say of whose policy is unknown
}

// decide evaluates all policies that apply to a request.
func (w walk) decide(q request) { w.addDecided(q, w.decided(q)) }

// addDecided adds what decided a request, and what else is not known of it before deployment.
func (w walk) addDecided(q request, h Hop) {
	w.add(h)
	if unread := w.model.UnreadOf(q.caller, q.owner, q.resource); len(unread) > 0 {
		w.add(unknowable(h.What, unread))
	}
}

// decided is the hop of a request at the service.
func (w walk) decided(q request) Hop {
	p := policy.Policies{Resource: q.resourcePolicy}
	resources := map[policy.Kind]*assembly.Resource{policy.Trust: q.policyOf, policy.Resource: q.policyOf}
	caller := q.caller
	account := arn.Account(caller)
	_, isIdentity := policy.OriginAccessIdentity(caller)
	switch principal := w.model.Principal(caller); {
	case account == "" || model.IsRoot(caller) || isProvider(caller) || isIdentity: // which have no policies
	case w.Administrator && caller == w.Caller:
		p.Identity = []*policy.Document{administrator}
	case principal != nil:
		p.Identity = principal.Policies
		resources[policy.Identity], resources[policy.Boundary] = principal.Resource, principal.Resource
		if principal.Boundary != nil {
			p.Boundaries = []*policy.Document{principal.Boundary}
		}
	case w.Administrator:
		p.Identity = []*policy.Document{administrator}
	default:
		p.Identity = []*policy.Document{accounts.UnknownPolicy("the policies of " + caller)}
		q.unknown = append(q.unknown, model.ToGiveOf(caller)...)
	}
	if q.caller == cmp.Or(w.SessionOf, w.Actor()) {
		p.Session = w.SessionPolicies
	}
	switch {
	case !model.IsRole(caller):
	case caller == w.Caller && w.Session != "":
		caller = model.SessionCalled(caller, w.Session)
	default:
		caller = model.Session(caller)
	}
	p.ServiceControl, p.ResourceControl = w.model.ServiceControl[account], w.model.ResourceControl[q.owner]
	if q.path != nil && q.path.Endpoint != nil {
		if d := w.model.EndpointPolicy(q.path.Endpoint); d != nil {
			p.Endpoints = []*policy.Document{d}
			resources[policy.Endpoint] = q.path.Endpoint.Resource
		}
	}
	r := policy.Request{Principal: caller, Action: q.action, Resource: q.resource, ResourceAccount: q.owner, OtherPrincipals: w.model.OtherRoles(q.caller),
		OtherResources: w.model.OtherKeys(q.resource), GeneratedNames: w.model.GeneratedNames()}
	granted := grantedTo(q)
	if granted != nil {
		p.Identity = append(slices.Clone(p.Identity), granted)
	}
	h := w.evaluate(q, r, p)
	if granted != nil && len(p.Boundaries)+len(p.Session) > 0 && h.Passes == policy.No && h.Trace.Decision == policy.ImplicitlyDenied {
		h.Passes = policy.Indeterminate
		h.Says = append([]string{"unknown: a grant permits it, and AWS's pages do not say whether a permissions boundary or a session policy limits that"}, h.Says...)
	}
	if account == q.owner && strings.HasPrefix(q.action, "kms:") {
		h.key = q.resourcePolicy
	}
	if h.Passes == policy.Indeterminate || w.model.HasOrganizationPaths() {
		missing := w.restOnPaths(q, p, &h)
		q.unknown = append(q.unknown, missing...)
	}
	if h.Passes == policy.Indeterminate {
		h.want(slices.Concat(w.missing(q, h.Trace, p), w.model.OpenOf(slices.Collect(maps.Values(resources)), strings.Join(h.Says, "\n"))))
	}
	if h.Passes == policy.Indeterminate && len(h.remedy) == 0 {
		switch {
		case q.otherwise != "":
			h.remedy = []string{q.otherwise}
		case dependsOnGeneratedNetwork(h.Says):
			h.remedy = []string{"require the account of the endpoint instead (aws:VpceAccount, for S3 and KMS; VpceAccounts of a Perimeter), or take a VPC that is there already: " +
				"AWS generates the IDs of this app's VPC and endpoints at deployment, so that no template can say whether they are these"}
		}
	}
	h.unknown = q.unknown
	h.What, h.resources, h.resourcePolicy = q.action+" on "+policy.Readable(q.resource), resources, q.resourcePolicy
	return h
}

// restOnPaths sets on which places of accounts in their organizations a request rests, and returns those that are missing.
func (w walk) restOnPaths(q request, p policy.Policies, h *Hop) (missing []facts.Want) {
	doubted := strings.Contains(strings.ToLower(strings.Join(h.Says, "\n")), "orgpaths")
	for _, account := range w.pathsAsked(q, p) {
		_, fact := w.model.OrganizationPath(account)
		isOutsider := q.caller == w.Caller && w.Organization != "" && arn.Account(q.caller) == account // whose organization the check assumes
		switch {
		case fact != "":
			h.restsOn = append(h.restsOn, fact)
		case doubted && contract.IsAccountID(account) && !isOutsider:
			missing = append(missing, facts.OfPath(account))
		}
	}
	return missing
}

// grantedTo are the operations that the grants of a key, which only facts have, permit a caller, as a policy of the caller's own: no other one has to permit
// them, also in another account. Nil for none. https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
func grantedTo(q request) *policy.Document {
	if q.policyOf == nil || q.policyOf.Type != "AWS::KMS::Key" || q.resourcePolicy == nil {
		return nil
	}
	var all []model.Statement
	for _, sid := range assembly.Listed(q.policyOf.Properties["Grants"]) {
		for i := range q.resourcePolicy.Statements {
			s := &q.resourcePolicy.Statements[i]
			e := s.Elements()
			if s.Sid == sid && slices.Contains(e.Principals["AWS"], q.caller) {
				all = append(all, model.Statement{Sid: s.Sid, Effect: "Allow", Action: e.Actions, Resource: []string{q.policyOf.ARN}, Condition: e.Conditions})
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return model.NewDocument(all, "the grants of "+accounts.DisplayName(q.policyOf))
}

// missing are the facts by which a request is decided: of what no template has, and of the managed policies and permissions boundaries by which it is not.
func (w walk) missing(q request, t *policy.Trace, p policy.Policies) []facts.Want {
	all := q.unknown
	for _, s := range t.Decisive() {
		var of []*policy.Document
		switch s.Policy {
		case policy.Identity:
			of = p.Identity
		case policy.Boundary:
			of = p.Boundaries
		}
		if s.Index < len(of) {
			all = append(all, model.ToGiveOf(w.model.Accounts.Unknown(of[s.Index]))...)
		}
	}
	return all
}

// isProvider says that a caller is a user of an identity provider.
func isProvider(caller string) bool {
	return strings.Contains(caller, ":oidc-provider/") || strings.Contains(caller, ":saml-provider/")
}

// evaluate decides a request. Where a key has one of several values, the request passes if it does with each of them.
func (w walk) evaluate(q request, r policy.Request, p policy.Policies) Hop {
	var h Hop
	r.Context, r.UncertainKeys = w.conditionKeys(q, p)
	for i, context := range alternatives(r.Context, p) {
		r.Context = context
		decision, trace := policy.Evaluate(r, p)
		one := Hop{Passes: answers[decision], Says: policy.Explain(trace), Trace: &trace}
		switch {
		case i == 0:
			h = one
		case h.Passes != one.Passes:
			if h.Passes == policy.Yes {
				h = one // which says why it may not pass
			}
			h.Passes = policy.Indeterminate
			h.Says = append([]string{"unknown: it depends on a condition key that has one of several values, such as the version of TLS, which the client chooses"}, h.Says...)
		}
	}
	return h
}

// unknowable is a hop that nothing can be said about before deployment.
func unknowable(what string, unread []*model.Unread) Hop {
	h := Hop{What: "what changes at deployment: " + what, Passes: policy.Indeterminate, unsure: true}
	for _, u := range unread {
		h.Says = append(h.Says, "unknown: "+policy.Readable(u.Says))
		h.remedy = append(h.remedy, policy.Readable(u.Remedy))
		h.where = append(h.where, u.Resource)
	}
	return h
}

var answers = map[policy.Decision]policy.Answer{policy.Allowed: policy.Yes, policy.ExplicitlyDenied: policy.No, policy.ImplicitlyDenied: policy.No,
	policy.Unknown: policy.Indeterminate}

// administrator is the policy of a caller with every permission of its account.
var administrator = model.NewDocument([]model.Statement{{Sid: "Everything", Effect: "Allow", Action: []string{"*"}, Resource: []string{"*"}}}, "a policy that permits everything")

// documents are all policies of a request.
func documents(p policy.Policies) []*policy.Document {
	all := append([]*policy.Document{p.Resource}, p.Identity...)
	all = append(all, p.Session...)
	all = append(all, p.Boundaries...)
	all = append(all, p.Endpoints...)
	for _, levels := range [][][]*policy.Document{p.ServiceControl, p.ResourceControl} {
		for _, level := range levels {
			all = append(all, level...)
		}
	}
	return all
}

// dependsOnGeneratedNetwork says that a condition is on the ID of a VPC or of an endpoint, and that of the request's is generated at deployment.
func dependsOnGeneratedNetwork(says []string) bool {
	return slices.ContainsFunc(says, func(line string) bool {
		_, after, found := strings.Cut(line, ": the request has ")
		return found && strings.Contains(strings.ToLower(line), "aws:sourcevpc") && strings.Contains(policy.Readable(after), "‹")
	})
}
