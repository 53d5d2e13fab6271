package proof

import (
	"cmp"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/policy"
)

// walk tries an access: once from each subnet that it may start from.
func (w *world) walk(a Access) []Chain {
	a.Owner, a.Region = cmp.Or(a.Owner, account(a.Resource)), cmp.Or(a.Region, part(a.Resource, 3))
	var toSTS, toService []network.Path
	service := endpointService(a.Action)
	if a.From != nil && a.Through == "" && a.Action != "" {
		toService = w.network.Paths(a.From, service, a.Region)
	}
	if a.From != nil && a.Assumes != nil {
		toSTS = w.network.Paths(a.From, "sts", "")
	}
	chains := make([]Chain, max(len(toSTS), len(toService), 1))
	for i := range chains {
		c := &chains[i]
		c.Access, c.Passes = a, policy.Yes
		caller := a.Caller
		if a.Assumes != nil {
			w.assume(c, at(toSTS, i))
			caller = a.Assumes.Role
		}
		if a.Action != "" {
			w.request(c, caller, at(toService, i))
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

// assume walks to STS and assumes the role.
func (w *world) assume(c *Chain, path *network.Path) {
	a := c.Assumes
	w.route(c, path, "STS")
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
	var guarded *assembly.Resource
	if role := w.role(a.Role); role != nil {
		trust, guarded = role.Trust, role.Resource
	} else {
		trust = accounts.UnknownPolicy("the trust policy of " + a.Role)
	}
	for _, action := range actions {
		w.decide(c, question{caller: c.Caller, action: action, resource: a.Role, owner: account(a.Role), context: context, path: path, resourcePolicy: trust, guarded: guarded})
	}
}

// request walks to the service and makes the request.
func (w *world) request(c *Chain, caller string, path *network.Path) {
	service := strings.ToUpper(endpointService(c.Action))
	if c.Through == "" {
		w.route(c, path, service)
	}
	context := c.Context
	if c.Through != "" {
		context = with(context, map[string][]string{"aws:ViaAWSService": {"true"}, "aws:CalledVia": {c.Through + ".amazonaws.com"},
			"aws:CalledViaFirst": {c.Through + ".amazonaws.com"}, "aws:CalledViaLast": {c.Through + ".amazonaws.com"}})
	}
	q := question{caller: caller, action: c.Action, resource: c.Resource, owner: c.Owner, context: context, path: path, resourcePolicy: accounts.UnknownPolicy("the policy of " + c.Resource)}
	if role := w.role(c.Resource); role != nil && c.Action == "sts:AssumeRole" {
		q.resourcePolicy, q.guarded = role.Trust, role.Resource
	} else if owner, ok := w.accounts.ResourceOf(c.Resource); ok {
		q.owner, q.resourcePolicy, q.guarded = owner.Stack.Account, owner.Policy, owner.Resource
	} else if c.imagined {
		q.resourcePolicy = nil
	} else if promised := w.promised[c.Owner]; promised != nil {
		q.resourcePolicy = document(promised, "the contract, for the policy of "+c.Resource)
	}
	w.decide(c, q)
}

// route adds the way through the network, if the caller is in one.
func (w *world) route(c *Chain, path *network.Path, service string) {
	if path == nil {
		return
	}
	c.Subnet = path.Subnet
	h := Hop{What: "route to " + service, Passes: path.Reaches, Path: path}
	for _, hop := range path.Hops {
		if hop.Passes != policy.Yes || path.Reaches == policy.Yes {
			h.Says = append(h.Says, hop.What)
		}
	}
	c.add(h)
}
