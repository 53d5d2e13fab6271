// Package simulate walks one request as AWS would, hop by hop: the route to STS, the role that is assumed, the route to the service, and the
// policies that decide the request there. It decides no single hop (package policy decides policies, package network routes) and does not say
// whether a request has to work.
package simulate

import (
	"cmp"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// Walk tries an access: once from each subnet that it may start from. It only reads the model.
func Walk(m *model.Model, a model.Access) []Chain {
	resource, _ := arn.Parse(a.Resource)
	a.Owner, a.Region = cmp.Or(a.Owner, resource.Account), cmp.Or(a.Region, resource.Region)
	var toSTS, toService []network.Path
	service := endpointService(a.Action)
	if a.From != nil && a.Through == "" && a.Action != "" {
		toService = m.Network.Paths(a.From, service, a.Region)
	}
	if a.From != nil && a.Assumes != nil {
		toSTS = m.Network.Paths(a.From, "sts", "")
	}
	chains := make([]Chain, max(len(toSTS), len(toService), 1))
	for i := range chains {
		w := walk{m, &chains[i]}
		w.Access, w.Passes = a, policy.Yes
		caller := a.Caller
		if a.Assumes != nil {
			w.assume(at(toSTS, i))
			caller = a.Assumes.Role
		}
		if a.Action != "" {
			w.request(caller, at(toService, i))
		}
	}
	return chains
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

// endpointService is the name by which endpoints know the service of an action.
func endpointService(action string) string {
	service, name, _ := strings.Cut(action, ":")
	if service == "dynamodb" {
		switch name {
		case "DescribeStream", "GetRecords", "GetShardIterator", "ListStreams":
			return "dynamodb-streams"
		}
	}
	return service
}

// assume goes to STS and assumes the role.
func (w walk) assume(path *network.Path) {
	a := w.Assumes
	w.route(path, "STS")
	context := map[string][]string{}
	actions := []string{"sts:AssumeRole"}
	if a.ExternalID != "" {
		context["sts:ExternalId"] = []string{a.ExternalID}
	}
	if a.SourceIdentity != "" {
		context["sts:SourceIdentity"] = []string{a.SourceIdentity}
		actions = append(actions, "sts:SetSourceIdentity")
	}
	var trust *policy.Document
	var of *assembly.Resource
	if role := w.model.Role(a.Role); role != nil {
		trust, of = role.Trust, role.Resource
	} else {
		trust = accounts.UnknownPolicy("the trust policy of " + a.Role)
	}
	for _, action := range actions {
		w.decide(request{caller: w.Caller, action: action, resource: a.Role, owner: arn.Account(a.Role), context: context, path: path, resourcePolicy: trust, policyOf: of})
	}
}

// request goes to the service and makes the request.
func (w walk) request(caller string, path *network.Path) {
	if w.Through == "" {
		w.route(path, strings.ToUpper(endpointService(w.Action)))
	}
	context := w.Context
	if w.Through != "" {
		service := []string{w.Through + ".amazonaws.com"}
		context = model.Merge(context, map[string][]string{"aws:ViaAWSService": {"true"}, "aws:CalledVia": service, "aws:CalledViaFirst": service, "aws:CalledViaLast": service})
	}
	r := request{caller: caller, action: w.Action, resource: w.Resource, owner: w.Owner, context: context, path: path}
	if role := w.model.Role(w.Resource); role != nil && w.Action == "sts:AssumeRole" {
		r.resourcePolicy, r.policyOf = role.Trust, role.Resource
	} else if of, ok := w.model.Accounts.ResourceOf(w.Resource); ok {
		r.owner, r.resourcePolicy, r.policyOf = of.Stack.Account, of.Policy, of.Resource
	} else if w.Nonexistent {
		r.resourcePolicy = nil
	} else if promised := w.model.ContractPolicy(w.Owner, w.Resource); promised != nil {
		r.resourcePolicy = promised
	} else {
		r.resourcePolicy = accounts.UnknownPolicy("the policy of " + w.Resource)
	}
	w.decide(r)
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
	w.add(h)
}
