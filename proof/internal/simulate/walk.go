// Package simulate walks one request as AWS would, hop by hop: the route to STS, the role that is assumed, the route to the service, and the
// policies that decide the request there. It decides no single hop (package policy decides policies, package network routes) and does not say
// whether a request has to work.
package simulate

import (
	"cmp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Walk tries an access: once from each subnet that it may start from. It only reads the model.
func Walk(m *model.Model, a model.Access) []Chain {
	resource, _ := arn.Parse(a.Resource)
	a.Owner, a.Region = cmp.Or(a.Owner, resource.Account), regionOf(m, a)
	var toSTS, toService []network.Path
	if a.From != nil && a.Through == "" && a.Action != "" {
		toService = m.Network.Paths(a.From, endpointService(a.Action), a.Region)
	}
	if a.From != nil && a.Assumes != nil {
		toSTS = m.Network.Paths(a.From, "sts", "")
	}
	chains := make([]Chain, max(len(toSTS), len(toService), 1))
	for i := range chains {
		w := walk{m, &chains[i]}
		w.Access, w.Passes = a, policy.Yes
		caller := a.Caller
		for role := a.Assumes; role != nil; role = role.Then {
			w.assume(caller, role, at(toSTS, i))
			caller = role.Role
		}
		if a.Action != "" {
			w.request(caller, a, at(toService, i))
		}
	}
	return chains
}

// regionOf is the region of the service that an access calls: the one in the ARN, or that of the resource in the templates, or else the one that
// the access has.
func regionOf(m *model.Model, a model.Access) string {
	if resource, _ := arn.Parse(a.Resource); resource.Region != "" {
		return resource.Region
	}
	if of, ok := m.Accounts.ResourceOf(a.Resource); ok && policy.IsKnown(of.Stack.Region) {
		return of.Stack.Region
	}
	return a.Region
}

func at(paths []network.Path, i int) *network.Path {
	if i >= len(paths) {
		return nil
	}
	return &paths[i]
}

// walk is a chain in the making.
type walk struct {
	model *model.Model
	*Chain
}

// endpointNames are the services whose endpoints have another name than the prefix of their actions.
// https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
var endpointNames = map[string]string{"cloudwatch": "monitoring", "ecr": "ecr.api", "kinesis": "kinesis-streams",
	"firehose": "kinesis-firehose", "mobiletargeting": "pinpoint", "ses": "email"}

// endpointService is the name by which endpoints know the service of an action.
func endpointService(action string) string {
	service, name, _ := strings.Cut(action, ":")
	service = strings.ToLower(service)
	if service == "dynamodb" {
		switch name {
		case "DescribeStream", "GetRecords", "GetShardIterator", "ListStreams":
			return "dynamodb-streams"
		}
	}
	return cmp.Or(endpointNames[service], service)
}

// assume goes to STS and assumes a role.
func (w walk) assume(caller string, a *model.Assume, path *network.Path) {
	w.route(path, "STS")
	context := model.Merge(a.Context, nil)
	actions := []string{"sts:AssumeRole"}
	if a.Provider != "" {
		// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-federatedprovider
		caller, actions[0], context["aws:FederatedProvider"] = a.Provider, "sts:AssumeRoleWithWebIdentity", []string{a.Provider}
		if strings.Contains(a.Provider, ":saml-provider/") {
			actions[0] = "sts:AssumeRoleWithSAML"
		}
	}
	if a.ExternalID != "" {
		context["sts:ExternalId"] = []string{a.ExternalID}
	}
	if a.SourceIdentity != "" {
		context["sts:SourceIdentity"] = []string{a.SourceIdentity}
		actions = append(actions, "sts:SetSourceIdentity")
	}
	tags := a.SessionTags || w.model.HasSessionTags(caller)
	for key := range a.Context {
		tags = tags || strings.HasPrefix(strings.ToLower(key), "aws:requesttag/")
	}
	if tags {
		actions = append(actions, "sts:TagSession") // https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
	}
	var trust *policy.Document
	var of *assembly.Resource
	var unknown []facts.Want
	if role := w.model.Role(a.Role); role != nil {
		trust, of = role.Trust, role.Resource
	} else {
		trust = accounts.UnknownPolicy("the trust policy of " + a.Role)
		unknown = model.ToGiveOf(a.Role)
	}
	for _, action := range actions {
		if action == "sts:TagSession" {
			context = w.tagging(context, a)
		}
		w.decide(request{caller: caller, action: action, resource: a.Role, owner: arn.Account(a.Role), region: w.regionOfSTS(caller), context: context, path: path,
			resourcePolicy: trust, policyOf: of, unknown: unknown})
	}
}

// tagging is the context of the request for sts:TagSession. Of tags that a session passes on no template has the values, and AWS's pages do not say whether
// this request has the external ID as well.
func (w walk) tagging(context map[string][]string, a *model.Assume) map[string][]string {
	unknown := map[string][]string{}
	if a.ExternalID != "" {
		unknown["sts:ExternalId"] = []string{policy.Unresolved("sts:ExternalId")}
	}
	if len(a.Context) == 0 {
		for _, key := range []string{"aws:TagKeys", "sts:TransitiveTagKeys"} {
			unknown[key] = []string{policy.Unresolved(key)}
		}
		for _, tag := range model.PodTags() {
			unknown["aws:RequestTag/"+tag] = []string{policy.Unresolved(tag)}
		}
	}
	return model.Merge(context, unknown)
}

// regionOfSTS is the region whose STS a caller uses: that of what runs as it, or else that of its stack. "" if neither is known.
// https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html
func (w walk) regionOfSTS(caller string) string {
	if w.From != nil {
		return w.From.Resource.Stack.Region
	}
	if p := w.model.Principal(caller); p != nil && p.Stack != nil {
		return p.Stack.Region
	}
	return ""
}

// request goes to the service and makes the request, and where the data is under a KMS key, those that the service makes for it.
func (w walk) request(caller string, a model.Access, path *network.Path) {
	switch {
	case a.Through != "":
	case w.inNetwork(a):
		path = nil
	default:
		w.route(path, strings.ToUpper(endpointService(a.Action)))
	}
	context := a.Context
	if a.Through != "" {
		service := []string{a.Through + ".amazonaws.com"}
		context = model.Merge(context, map[string][]string{"aws:ViaAWSService": {"true"}, "aws:CalledVia": service, "aws:CalledViaFirst": service, "aws:CalledViaLast": service})
	}
	r := request{caller: caller, action: a.Action, resource: a.Resource, owner: a.Owner, region: a.Region, context: context, path: path}
	of, ok := w.model.Accounts.ResourceOf(a.Resource)
	if role := w.model.Role(a.Resource); role != nil && a.Action == "sts:AssumeRole" {
		r.resourcePolicy, r.policyOf, r.region = role.Trust, role.Resource, w.regionOfSTS(caller)
	} else if ok {
		r.owner, r.resourcePolicy, r.policyOf = of.Stack.Account, of.Policy, of.Resource
		if isAccessPoint(of.Resource) && !managesAccessPoint(a.Action) {
			w.throughAccessPoint(r, a, of)
			return
		}
	} else if a.Nonexistent || a.Resource == "*" || accounts.HaveNoPolicies(a.Action, a.Resource) && (a.Owner == arn.Account(caller) || strings.HasPrefix(a.Action, "iam:")) {
		r.resourcePolicy = nil
	} else if promised := w.model.ContractPolicy(a.Owner, a.Resource); promised != nil {
		r.resourcePolicy = promised
	} else {
		r.resourcePolicy, r.unknown = accounts.UnknownPolicy("the policy of "+a.Resource), model.ToGiveOf(a.Resource)
		r.otherwise = "prove this together with the template that has " + policy.Readable(a.Resource) + ", whose policy is not known"
		if model.IsRoot(caller) && arn.Account(a.Resource) == "" { // the root user may always change the policy of a bucket, if it is its own account's
			r.owner = policy.UnresolvedAccount("owner of " + a.Resource)
		}
		if strings.Contains(a.Resource, ":accesspoint/") && strings.Contains(a.Resource, ":s3::") { // of several regions
			r.otherwise = "grant the bucket itself, or try this access once it is deployed: the proof does not follow requests through a Multi-Region Access Point"
		}
	}
	if ok && w.mounts(a, of) {
		return
	}
	w.decide(r)
	if !ok {
		return
	}
	w.fineGrained(caller, a, of)
	w.blockPublicAccess(r)
	w.usesKey(r)
	if !a.AnyKey {
		w.decrypt(caller, a, of)
	}
}

// route adds the route through the network, if the caller is in one.
func (w walk) route(path *network.Path, service string) {
	if path == nil {
		return
	}
	w.Subnet = path.Subnet
	h := Hop{What: "route to " + service, Passes: path.Reaches, Path: path}
	for _, hop := range path.Hops {
		if hop.Passes != policy.Yes || path.Reaches == policy.Yes {
			h.Says = append(h.Says, hop.What)
		}
	}
	if path.Reaches == policy.Indeterminate {
		around := []*assembly.Resource{w.From.Resource}
		for _, hop := range path.Hops {
			if hop.Passes != policy.Yes {
				around = append(around, hop.Resource)
			}
		}
		if h.want(slices.Concat(model.ToGiveOfNetwork(w.From, path.Missing), w.model.OpenOf(around, strings.Join(h.Says, "\n")))); len(h.missing) > 0 {
			h.remedy[0] = path.Remedy + "; or " + h.remedy[0]
		}
	}
	w.add(h)
	if unread := w.model.UnreadIn(w.From.Resource.Stack.Account); len(unread) > 0 {
		w.add(unknowable("network of account "+w.From.Resource.Stack.Account, unread))
	}
}
