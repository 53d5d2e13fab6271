package network

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// toPublic goes to the public addresses of a service: to a gateway endpoint if the route table has one, or over the internet.
func (k *walk) toPublic() {
	table, known := k.table(k.subnet)
	if known != policy.Yes {
		return
	}
	switch e, sure := k.gatewayOf(table); sure {
	case policy.Yes:
		k.throughGateway(e, table)
	case policy.No:
		k.overInternet(table)
	}
}

// gatewayOf returns the gateway endpoint of the service and region that a route table has. Nil is the main table, which an endpoint
// cannot name before the VPC is there.
func (k *walk) gatewayOf(table *assembly.Resource) (*Endpoint, policy.Answer) {
	if !hasGateway(k.service) {
		return nil, policy.No
	}
	candidates := k.candidates(Gateway)
	for _, e := range candidates {
		if all(e.mine, k.hasTable(e.Endpoint, table)) == policy.Yes {
			return e.Endpoint, policy.Yes
		}
	}
	sum := policy.No
	for _, e := range candidates {
		switch has := k.hasTable(e.Endpoint, table); {
		case has != policy.No:
			sum = k.unclear(e, "for "+tableName(k.subnet, table))
		case e.mine == policy.Yes:
			k.hop(policy.Yes, e.Resource, "", "gateway endpoint %s of %s is not used: it does not name %s", title(e.Resource), k.service,
				tableName(k.subnet, table))
		}
	}
	return nil, sum
}

func (k *walk) hasTable(e *Endpoint, table *assembly.Resource) policy.Answer {
	has := policy.No
	for _, id := range texts(e.Resource.Properties, "RouteTableIds") {
		if table != nil {
			has = some(has, k.is(id, table.Ref))
		}
	}
	return has
}

// throughGateway goes to a gateway endpoint. Its route is more specific than any default route; another one may be more specific still.
// https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
func (k *walk) throughGateway(e *Endpoint, table *assembly.Resource) {
	k.Endpoint = e
	k.hop(policy.Yes, e.Resource, "", "route table %s sends the prefix list of %s to gateway endpoint %s", title(table), k.service,
		title(e.Resource))
	for _, r := range k.routes(table) {
		if k.public(r) == policy.Indeterminate {
			k.hop(policy.Indeterminate, r.Resource, "decide whether route "+title(r.Resource)+" is for "+k.service,
				"route %s may be more specific than that of gateway endpoint %s", title(r.Resource), title(e.Resource))
		}
	}
	k.outward(k.service)
}
