package network

import (
	"net/netip"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// table returns the route table of a subnet, nil for the main one, and adds a hop if it is unknown.
func (k *walk) table(subnet *assembly.Resource) (*assembly.Resource, policy.Answer) {
	association, table, sure := k.tableOf(subnet)
	switch {
	case sure == policy.No:
		return nil, policy.Yes
	case sure == policy.Indeterminate:
		return nil, k.hop(policy.Indeterminate, association, "make the subnet and the condition of "+label(association)+" known",
			"the route table of subnet %s is unknown: %s may associate one", label(subnet), label(association))
	case table == nil:
		return nil, k.undefined("route table", text(association.Properties, "RouteTableId"), "its routes are")
	}
	return table, k.existsWith(table, association)
}

// route is a route of a table; kind is the property that names the target.
type route struct {
	*assembly.Resource
	kind, target string
	sure         policy.Answer
}

// targets are the properties that name the target of a route.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-route.html
var targets = []string{"GatewayId", "NatGatewayId", "InstanceId", "NetworkInterfaceId", "TransitGatewayId", "VpcPeeringConnectionId",

	"EgressOnlyInternetGatewayId", "VpcEndpointId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn", "OdbNetworkArn"}

func (c *catalog) routes(table *assembly.Resource) (all []route) {
	for _, l := range c.references(routeType, "RouteTableId", table.Ref, table) {
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

// isPublic reports whether the destination of a route is all public addresses; no for none of them, indeterminate for some.
func (c *catalog) isPublic(r route) policy.Answer {
	if list := text(r.Properties, "DestinationPrefixListId"); list != "" {
		return c.withinList(publicAddresses, list)
	}
	if block := text(r.Properties, "DestinationCidrBlock"); block != "" {
		return publicAddresses.within(block)
	}
	return policy.No // an IPv6 route
}

// internetRoute returns the route of a table for public addresses, and adds a hop if there is none or if it is unknown.
func (k *walk) internetRoute(subnet, table *assembly.Resource) (*route, policy.Answer) {
	var chosen *route
	var others []route
	if k.given.has(table) {
		k.missing(k.vpc.Ref, subnet.Ref)
		return nil, k.hop(policy.Indeterminate, k.workload.Resource, "load the template that defines route table "+label(table)+", or add an endpoint of "+k.service,
			"%s is in no template: whether it has a route to the internet is unknown", tableName(subnet, table))
	}
	if table != nil {
		for _, r := range k.routes(table) {
			switch public := k.isPublic(r); {
			case chosen == nil && all(public, r.sure) == policy.Yes:
				chosen = &r
			case public == policy.Indeterminate || public == policy.Yes && chosen == nil:
				others = append(others, r)
			}
		}
	}
	for _, r := range others {
		if chosen == nil || r.kind != chosen.kind || r.target != chosen.target {
			return nil, k.hop(policy.Indeterminate, r.Resource, "make known whether route "+label(r.Resource)+" is for "+k.service,
				"route %s may be for the addresses of %s: its table, condition or destination is unknown", label(r.Resource),
				k.service)
		}
	}
	if chosen == nil {
		return nil, k.toEndpoint().hop(policy.No, table, k.endpointRemedy(), "%s has no route to the internet", tableName(subnet, table))
	}
	return chosen, policy.Yes
}

func tableName(subnet, table *assembly.Resource) string {
	if table == nil {
		return "the main route table of the VPC, which subnet " + label(subnet) + " uses,"
	}
	return "route table " + label(table) + " of subnet " + label(subnet)
}

// checkLocalRoute adds a hop if a route more specific than the local route may apply to a subnet of the VPC.
// https://docs.aws.amazon.com/vpc/latest/userguide/route-tables-priority.html
func (k *walk) checkLocalRoute(to *assembly.Resource) {
	_, table, _ := k.tableOf(k.subnet)
	if table == nil {
		return
	}
	local, _ := netip.ParsePrefix(text(k.vpc.Properties, "CidrBlock"))
	for _, r := range k.routes(table) {
		block := text(r.Properties, "DestinationCidrBlock")
		p, err := netip.ParsePrefix(block)
		wider := err == nil && (p.Bits() == 0 || local.IsValid() && p.Bits() <= local.Bits())
		if block != "" && !wider && k.addressesOf(to).within(block) != policy.No {
			k.hop(policy.Indeterminate, r.Resource, "use the local route for traffic within the VPC", "route %s leads to subnet %s through %s",
				label(r.Resource), label(to), r.target)
		}
	}
}
