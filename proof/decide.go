package proof

import (
	"cmp"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/policy"
)

// question is one request to AWS.
type question struct {
	caller, action, resource, owner string
	context                         map[string][]string
	path                            *network.Path
	resourcePolicy                  *policy.Document
	guarded                         *assembly.Resource // whose policy that is; nil if no template has it
}

// decide asks all policies that apply to a request.
func (w *world) decide(c *Chain, q question) {
	p := policy.Policies{Resource: q.resourcePolicy}
	holders := map[policy.Kind]*assembly.Resource{policy.Trust: q.guarded, policy.Resource: q.guarded}
	caller := q.caller
	home := account(caller)
	switch role := w.role(caller); {
	case role != nil:
		p.Identity = role.Policies
		holders[policy.Identity], holders[policy.Boundary] = role.Resource, role.Resource
		if role.Boundary != nil {
			p.Boundaries = []*policy.Document{role.Boundary}
		}
		caller = sessionOf(caller)
	case home == "" || isRoot(caller):
	case c.powerful:
		p.Identity = []*policy.Document{everything}
	default:
		p.Identity = []*policy.Document{accounts.UnknownPolicy("the policies of " + caller)}
	}
	if isRole(caller) {
		caller = sessionOf(caller)
	}
	p.ServiceControl, p.ResourceControl = w.options.ServiceControl[home], w.options.ResourceControl[q.owner]
	if q.path != nil && q.path.Endpoint != nil {
		if d := w.endpoints[q.path.Endpoint]; d != nil {
			p.Endpoints = []*policy.Document{d}
			holders[policy.Endpoint] = q.path.Endpoint.Resource
		}
	}
	r := policy.Request{Principal: caller, Action: q.action, Resource: q.resource, ResourceAccount: q.owner, OtherPrincipals: w.others(q.caller)}
	r.Context = w.context(c, q, p)
	decision, trace := policy.Evaluate(r, p)
	c.add(Hop{What: q.action + " on " + policy.Readable(q.resource), Passes: answers[decision], Says: policy.Explain(trace), Trace: &trace, holders: holders})
}

var answers = map[policy.Decision]policy.Answer{policy.Allowed: policy.Yes, policy.ExplicitlyDenied: policy.No, policy.ImplicitlyDenied: policy.No,
	policy.Unknown: policy.Indeterminate}

func isRoot(arn string) bool { return part(arn, 2) == "iam" && part(arn, 5) == "root" }

// everything is what somebody holds who has every right of an account.
var everything = mustParse(`{"Version":"2012-10-17","Statement":{"Sid":"Everything","Effect":"Allow","Action":"*","Resource":"*"}}`, "a policy that permits everything")

// mustParse reads a policy of ours.
func mustParse(text, name string) *policy.Document {
	d, err := policy.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	d.Name = name
	return d
}

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

// context are the condition keys of a request: what the access has, what follows from its way, and as unknown whatever else the policies
// ask for and the request may have.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (w *world) context(c *Chain, q question, p policy.Policies) map[string][]string {
	context := map[string][]string{"aws:SecureTransport": {"true"}, "aws:ViaAWSService": {"false"},
		// The oldest version that AWS takes (https://aws.amazon.com/blogs/security/tls-1-2-required-for-aws-endpoints/).
		"s3:TlsVersion": {"1.2"}}
	if region := regionOf(q); region != "" {
		context["aws:RequestedRegion"] = []string{region}
	}
	if home := account(q.caller); home != "" {
		organization := cmp.Or(c.organization, w.options.Organizations[home])
		if organization == "" {
			organization = policy.Unresolved("the organization of " + home)
		}
		context["aws:PrincipalOrgID"] = []string{organization}
	}
	if role := w.role(q.caller); role != nil {
		context["aws:PrincipalArn"] = []string{role.ARN}
		for key, value := range tags(role.Resource) {
			context["aws:PrincipalTag/"+key] = []string{value}
		}
	} else if isRole(q.caller) {
		context["aws:PrincipalArn"] = []string{q.caller}
	}
	w.way(q, context)
	context = with(context, q.context)
	given := map[string]bool{}
	for key := range context {
		given[strings.ToLower(key)] = true
	}
	for _, d := range documents(p) {
		if d == nil {
			continue
		}
		for _, key := range d.ConditionKeys() {
			if !given[key] && !follows(key, q) {
				given[key] = true
				context[key] = []string{policy.Unresolved(key)}
			}
		}
	}
	return context
}

// way are the keys that tell of the way that a request takes. Those of the endpoint's owner are filled by few services; where that is in
// doubt, they are unknown.
func (w *world) way(q question, context map[string][]string) {
	if q.path == nil || q.path.Endpoint == nil {
		return
	}
	e := q.path.Endpoint
	context["aws:SourceVpce"] = []string{e.Resource.Ref}
	context["aws:SourceVpc"] = []string{e.VPC}
	switch e.Service {
	case "s3", "kms":
		context["aws:VpceAccount"] = []string{e.Resource.Stack.Account}
		if organization := w.options.Organizations[e.Resource.Stack.Account]; organization != "" {
			context["aws:VpceOrgID"] = []string{organization}
		}
	}
}

func regionOf(q question) string {
	if region := part(q.resource, 3); region != "" {
		return region
	}
	if q.path != nil && q.path.Endpoint != nil {
		return q.path.Endpoint.Region
	}
	return ""
}
