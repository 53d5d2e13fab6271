package network

import (
	"net/netip"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// tableOf returns the association of a subnet with a route table and the table, nil if no template defines it. Without an association, no,
// the subnet has the VPC's main one, which no template can give routes.
// https://docs.aws.amazon.com/vpc/latest/userguide/WorkWithRouteTables.html
func (c *catalog) tableOf(subnet *assembly.Resource) (association, table *assembly.Resource, sure policy.Answer) {
	association, sure = surely(c.linked(associationType, "SubnetId", subnet.Ref, subnet))
	if sure == policy.Yes {
		table = c.find(tableType, text(association.Properties, "RouteTableId"))
	}
	return association, table, sure
}

// table returns the route table of a subnet, nil for the main one, and notes why if that is open.
func (k *walk) table(subnet *assembly.Resource) (*assembly.Resource, policy.Answer) {
	association, table, sure := k.tableOf(subnet)
	switch {
	case sure == policy.No:
		return nil, policy.Yes
	case sure == policy.Indeterminate:
		return nil, k.hop(policy.Indeterminate, association, "make the subnet and the condition of "+title(association)+" known",
			"which route table subnet %s has is unknown: %s may give it one", title(subnet), title(association))
	case table == nil:
		return nil, k.imported("route table", text(association.Properties, "RouteTableId"), "its routes are")
	}
	return table, k.there(table, association)
}

// route is one route of a table, to whatever one of its properties names.
type route struct {
	*assembly.Resource
	kind, target string
	sure         policy.Answer
}

// targets are the properties that name one.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-route.html
var targets = []string{"GatewayId", "NatGatewayId", "InstanceId", "NetworkInterfaceId", "TransitGatewayId", "VpcPeeringConnectionId",
	"EgressOnlyInternetGatewayId", "VpcEndpointId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn", "OdbNetworkArn"}

func (c *catalog) routes(table *assembly.Resource) (all []route) {
	for _, l := range c.linked(routeType, "RouteTableId", table.Ref, table) {
		one := route{Resource: l.Resource, sure: l.sure}
		for _, t := range targets {
			if id := text(l.Properties, t); id != "" {
				one.kind, one.target = t, c.id(id)
				break
			}
		}
		all = append(all, one)
	}
	return all
}

// public says whether a route is for all public addresses: yes; no for one that is for none of them; open for one that is for some.
func (c *catalog) public(r route) policy.Answer {
	if list := text(r.Properties, "DestinationPrefixListId"); list != "" {
		return c.withinList(publicSpan, list)
	}
	if block := text(r.Properties, "DestinationCidrBlock"); block != "" {
		return publicSpan.within(block)
	}
	return policy.No // one of IPv6
}

// outRoute returns the route of a table that public addresses take, and notes why if there is none, or if that is open.
func (k *walk) outRoute(subnet, table *assembly.Resource) (*route, policy.Answer) {
	var chosen *route
	var others []route
	if table != nil {
		for _, r := range k.routes(table) {
			switch public := k.public(r); {
			case chosen == nil && all(public, r.sure) == policy.Yes:
				chosen = &r
			case public == policy.Indeterminate || public == policy.Yes && chosen == nil:
				others = append(others, r)
			}
		}
	}
	for _, r := range others {
		if chosen == nil || r.kind != chosen.kind || r.target != chosen.target {
			return nil, k.hop(policy.Indeterminate, r.Resource, "decide whether route "+title(r.Resource)+" is for "+k.service,
				"route %s may be for the addresses of %s: its table, condition or destination leaves that open", title(r.Resource),
				k.service)
		}
	}
	if chosen == nil {
		return nil, k.hop(policy.No, table, k.noWay(), "%s has no route to the internet", tableName(subnet, table))
	}
	return chosen, policy.Yes
}

func tableName(subnet, table *assembly.Resource) string {
	if table == nil {
		return "the main route table of the VPC, which subnet " + title(subnet) + " has,"
	}
	return "route table " + title(table) + " of subnet " + title(subnet)
}

// diverted notes a route that may take a subnet of the VPC away from the local route, which only a more specific one does.
// https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
func (k *walk) diverted(to *assembly.Resource) {
	_, table, _ := k.tableOf(k.subnet)
	if table == nil {
		return
	}
	local, _ := netip.ParsePrefix(text(k.vpc.Properties, "CidrBlock"))
	for _, r := range k.routes(table) {
		block := text(r.Properties, "DestinationCidrBlock")
		p, err := netip.ParsePrefix(block)
		wider := err == nil && (p.Bits() == 0 || local.IsValid() && p.Bits() <= local.Bits())
		if block != "" && !wider && k.spanOf(to).within(block) != policy.No {
			k.hop(policy.Indeterminate, r.Resource, "lead traffic within the VPC by its local route", "route %s leads to subnet %s through %s",
				title(r.Resource), title(to), r.target)
		}
	}
}
