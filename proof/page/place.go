package page

import (
	"cmp"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// account is one box of the picture: the areas of a source account, or the roles and data of a target account.
type account struct {
	id          string
	areas       []*area
	roles, data []*node
	copied      bool // of the grantees themselves, whose data a copy reads
	box
}

// area is a VPC, or what is in none.
type area struct {
	key, name string
	places    []*place
	doors     []*node // ways out: endpoints, NAT, the internet
	box
}

// place is a set of subnets, with what runs in it.
type place struct {
	key, name string
	nodes     []*node
	box
}

func (p *picture) target(id string) *account { return accountOf(&p.targets, id) }

func accountOf(list *[]*account, id string) *account {
	for _, a := range *list {
		if a.id == id {
			return a
		}
	}
	a := &account{id: id}
	*list = append(*list, a)
	return a
}

// areaOf is the VPC that a chain begins in, or what is outside of all.
func (p *picture) areaOf(c *proof.Chain) *area {
	id := part(c.Caller, 4)
	if c.From != nil && c.From.Resource != nil {
		id = cmp.Or(c.From.Resource.Stack.Account, id)
	}
	in := accountOf(&p.sources, id)
	key, name := "", "Outside of a VPC"
	switch {
	case c.From == nil:
		key, name = "anywhere", "Not in the templates"
	case c.Subnet != "":
		key, name = "vpc", "VPC that no template defines"
		if subnet := lookup(c.From.Resource, c.Subnet); subnet != nil {
			key, _ = subnet.Properties["VpcId"].(string)
			name = "VPC " + shortID(key)
			if vpc := lookup(c.From.Resource, key); vpc != nil {
				name = "VPC " + label(vpc)
			}
		}
	}
	for _, a := range in.areas {
		if a.key == key {
			return a
		}
	}
	a := &area{key: key, name: name}
	in.areas = append(in.areas, a)
	return a
}

// placeOf are the subnets that a chain's workload may run in.
func (p *picture) placeOf(c *proof.Chain) *place {
	in := p.areaOf(c)
	key, name := "", ""
	if c.Subnet != "" {
		key = strings.Join(c.From.Subnets, " ")
		var names []string
		for _, id := range c.From.Subnets {
			names = append(names, subnetName(c.From.Resource, id))
		}
		name = plural(len(names), "Subnet ", "Subnets ") + strings.Join(names, ", ")
	}
	for _, one := range in.places {
		if one.key == key {
			return one
		}
	}
	one := &place{key: key, name: name}
	in.places = append(in.places, one)
	return one
}

// subnetName is the last part of a subnet's path that tells anything.
func subnetName(near *assembly.Resource, id string) string {
	r := lookup(near, id)
	if r == nil {
		return shortID(id)
	}
	name := strings.TrimSuffix(label(r), "/Subnet")
	return afterSlash(name)
}

// lookup finds what a Ref in the stack of a resource is about.
func lookup(near *assembly.Resource, ref string) *assembly.Resource {
	for _, r := range near.Stack.Resources {
		if ref != "" && r.Ref == ref {
			return r
		}
	}
	return nil
}

// door is where a route leaves: an endpoint, a NAT gateway, the internet, or nothing.
func (p *picture) door(grant int, c *proof.Chain, h proof.Hop) *node {
	in := p.areaOf(c)
	service := serviceName(strings.TrimPrefix(h.What, "route to "))
	if e := h.Path.Endpoint; e != nil {
		return p.node(grant, "door "+e.Resource.Stack.Label+" "+e.Resource.LogicalID, func() *node {
			return &node{icon: "endpoint", title: service + " endpoint", sub: strings.ToLower(string(e.Kind)), full: e.Resource.LogicalID}
		}, &in.doors)
	}
	if c.Subnet == "" {
		return p.node(grant, "internet "+part(c.Caller, 4), func() *node { return &node{icon: "internet", title: "Internet", sub: "public addresses"} }, &in.doors)
	}
	for _, hop := range h.Path.Hops {
		if hop.Resource != nil && hop.Passes != policy.No && leadsOut[hop.Resource.Type] != "" {
			return p.node(grant, "door "+hop.Resource.Stack.Label+" "+hop.Resource.LogicalID, func() *node {
				return &node{icon: "internet", title: leadsOut[hop.Resource.Type], sub: label(hop.Resource), full: hop.Resource.LogicalID}
			}, &in.doors)
		}
	}
	title := "No way to " + service
	if h.Passes != policy.No {
		title = "Unknown way to " + service
	}
	return p.node(grant, "none "+in.key+" "+title, func() *node { return &node{icon: "none", title: title} }, &in.doors)
}

// leadsOut are the types of what leads to the internet.
var leadsOut = map[string]string{"AWS::EC2::NatGateway": "NAT gateway", "AWS::EC2::Instance": "NAT instance", "AWS::EC2::InternetGateway": "Internet gateway"}
