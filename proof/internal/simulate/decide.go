package simulate

import (
	"cmp"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// request is one request to AWS.
type request struct {
	caller, action, resource, owner string
	context                         map[string][]string
	path                            *network.Path
	resourcePolicy                  *policy.Document
	policyOf                        *assembly.Resource // whose policy that is; nil if no template has it
}

// decide evaluates all policies that apply to a request.
func (w walk) decide(q request) {
	p := policy.Policies{Resource: q.resourcePolicy}
	resources := map[policy.Kind]*assembly.Resource{policy.Trust: q.policyOf, policy.Resource: q.policyOf}
	caller := q.caller
	account := arn.Account(caller)
	switch role := w.model.Role(caller); {
	case role != nil:
		p.Identity = role.Policies
		resources[policy.Identity], resources[policy.Boundary] = role.Resource, role.Resource
		if role.Boundary != nil {
			p.Boundaries = []*policy.Document{role.Boundary}
		}
		caller = model.Session(caller)
	case account == "" || model.IsRoot(caller):
	case w.Administrator:
		p.Identity = []*policy.Document{administrator}
	default:
		p.Identity = []*policy.Document{accounts.UnknownPolicy("the policies of " + caller)}
	}
	if model.IsRole(caller) {
		caller = model.Session(caller)
	}
	p.ServiceControl, p.ResourceControl = w.model.ServiceControl[account], w.model.ResourceControl[q.owner]
	if q.path != nil && q.path.Endpoint != nil {
		if d := w.model.EndpointPolicy(q.path.Endpoint); d != nil {
			p.Endpoints = []*policy.Document{d}
			resources[policy.Endpoint] = q.path.Endpoint.Resource
		}
	}
	r := policy.Request{Principal: caller, Action: q.action, Resource: q.resource, ResourceAccount: q.owner, OtherPrincipals: w.model.OtherRoles(q.caller)}
	r.Context = w.conditionKeys(q, p)
	decision, trace := policy.Evaluate(r, p)
	w.add(Hop{What: q.action + " on " + policy.Readable(q.resource), Passes: answers[decision], Says: policy.Explain(trace), Trace: &trace, resources: resources})
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

// region is the region that a request is made to. "" if it is not known.
func (q *request) region() string {
	if a, _ := arn.Parse(q.resource); a.Region != "" {
		return a.Region
	}
	if q.path != nil && q.path.Endpoint != nil {
		return q.path.Endpoint.Region
	}
	return ""
}

// organization is that of an account. It is unknown by name if nobody has said it.
func (w walk) organization(account string) string {
	return cmp.Or(w.Organization, w.model.Organization(account), policy.Unresolved("the organization of "+account))
}
