package network

import (
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// candidate is an endpoint that is or may be in the VPC, and of the kind, service and region that is asked for.
type candidate struct {
	*Endpoint
	inVPC, matches policy.Answer
}

// candidates returns the endpoints of a kind that may match, those that certainly exist first.
func (k *walk) candidates(kind Kind) (found []candidate) {
	for _, l := range k.references(endpointType, "VpcId", k.vpc.Ref, k.vpc) {
		e := k.endpoint[l.Resource]
		if e == nil {
			continue // of another type
		}
		if matches := all(l.sure, e.is(kind), e.serves(k.service, k.region)); matches != policy.No {
			found = append(found, candidate{e, l.sure, matches})
		}
	}
	return found
}

// unclear adds a hop that says what is unknown about an endpoint.
func (k *walk) unclear(e candidate, what string) policy.Answer {
	var why string
	switch {
	case e.inVPC != policy.Yes && e.Resource.Conditional != "":
		why = "it exists under condition " + e.Resource.Conditional
	case e.inVPC != policy.Yes:
		why = "its VPC is " + e.VPC
	case e.Kind == UnknownKind:
		why = "its type is " + text(e.Resource.Properties, "VpcEndpointType")
	case e.matches != policy.Yes:
		why = "its service is " + text(e.Resource.Properties, "ServiceName")
	default:
		why = "its route tables are not all known"
	}
	return k.hop(policy.Indeterminate, e.Resource, "make known what "+label(e.Resource)+" is: "+why, "endpoint %s may be the one of %s in VPC %s %s: %s",
		label(e.Resource), k.service, label(k.vpc), what, why)
}

// resolves reports whether the DNS server of the VPC answers. Private DNS needs it, and without any DNS server no name resolves.
// https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-dhcpoptions.html
func (k *walk) resolves() policy.Answer {
	for _, a := range k.references(dhcpAssociationType, "VpcId", k.vpc.Ref, k.vpc) {
		id := text(a.Properties, "DhcpOptionsId")
		options := k.find(dhcpType, id)
		if id == "default" || options != nil && isAmazon(options) {
			continue
		}
		return k.hop(policy.Indeterminate, a.Resource, "set the DNS servers of "+label(a.Resource)+" to AmazonProvidedDNS",
			"%s may give VPC %s other DNS servers, whose answers are unknown", label(a.Resource), label(k.vpc))
	}
	support := flag(k.vpc.Properties, "EnableDnsSupport", policy.Yes)
	if support != policy.Yes {
		k.set(k.vpc, true, "EnableDnsSupport").hop(support, k.vpc, "set EnableDnsSupport of VPC "+label(k.vpc)+" to true",
			"VPC %s has no DNS server%s: EnableDnsSupport is %s",
			label(k.vpc), ifUnknown(support), found(k.vpc, "EnableDnsSupport"))
	}
	return support
}

func isAmazon(options *assembly.Resource) bool {
	servers := texts(options.Properties, "DomainNameServers")
	return len(servers) == 0 || slices.Equal(servers, []string{"AmazonProvidedDNS"})
}

// privateEndpoint returns the interface endpoint whose private DNS resolves the service's host name in the VPC; no if there is none.
func (k *walk) privateEndpoint() (*Endpoint, policy.Answer) {
	candidates := k.candidates(Interface)
	for _, e := range candidates {
		if private, _ := k.privateDNS(e.Endpoint); all(e.matches, private) == policy.Yes {
			return e.Endpoint, policy.Yes
		}
	}
	sum := policy.No
	for _, e := range candidates {
		switch private, why := k.privateDNS(e.Endpoint); {
		case private == policy.No && e.matches == policy.Yes:
			k.hop(policy.Yes, e.Resource, "", "interface endpoint %s of %s is not used: %s", label(e.Resource), k.service, why)
		case private == policy.No:
		case e.matches == policy.Yes:
			sum = k.hop(policy.Indeterminate, e.Resource, "make known whether private DNS of "+label(e.Resource)+" applies to the VPC",
				"interface endpoint %s may resolve the host name of %s: %s", label(e.Resource), k.service, why)
		default:
			sum = k.unclear(e, "with private DNS")
		}
	}
	return nil, sum
}

// privateDNS reports whether the private DNS of an interface endpoint applies to the VPC, and why. For a service with both kinds of endpoint it
// may apply to inbound Resolver endpoints only. That page has no default, and the API was observed to use this as the default.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-vpcendpoint-dnsoptionsspecification.html
func (k *walk) privateDNS(e *Endpoint) (policy.Answer, string) {
	enabled := flag(e.Resource.Properties, "PrivateDnsEnabled", policy.No)
	if enabled == policy.No {
		return policy.No, "it has no private DNS"
	}
	if hasGateway(k.service) {
		switch only := text(e.Resource.Properties["DnsOptions"], "PrivateDnsOnlyForInboundResolverEndpoint"); only {
		case "OnlyInboundResolver":
			return policy.No, "its private DNS is for inbound Resolver endpoints only"
		case "AllResolvers":
		default:
			return policy.Indeterminate, "PrivateDnsOnlyForInboundResolverEndpoint is neither OnlyInboundResolver nor AllResolvers"
		}
	}
	return enabled, "PrivateDnsEnabled is " + found(e.Resource, "PrivateDnsEnabled")
}

// throughInterface follows a request to an interface endpoint with private DNS. It is the only path: there is no fallback to a NAT gateway.
// https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
func (k *walk) throughInterface(e *Endpoint) {
	k.Endpoint = e
	k.hop(policy.Yes, e.Resource, "",
		"private DNS of interface endpoint %s resolves the host name of %s in all of VPC %s: there is no other path",
		label(e.Resource), k.service, label(k.vpc))
	names := flag(k.vpc.Properties, "EnableDnsHostnames", policy.No)
	if names != policy.Yes {
		k.set(k.vpc, true, "EnableDnsHostnames").hop(names, k.vpc, "set EnableDnsHostnames of VPC "+label(k.vpc)+" to true",
			"private DNS needs EnableDnsHostnames of VPC %s, which is %s", label(k.vpc), found(k.vpc, "EnableDnsHostnames"))
	}
	k.passRegion(e)
	k.passAddressTypes(e)
	ids := texts(e.Resource.Properties, "SubnetIds")
	if len(ids) == 0 {
		k.hop(policy.No, e.Resource, "set SubnetIds of "+label(e.Resource), "interface endpoint %s has no subnets and so no address",
			label(e.Resource))
		return
	}
	var ways []Path
	for _, id := range ids {
		way := *k
		way.Path = Path{Reaches: policy.Yes}
		way.toEndpointSubnet(e, id)
		ways = append(ways, way.Path)
	}
	k.joinAddresses(ways)
}

// joinAddresses adds the hops to all addresses of a name. A request may go to any of them, so the answer is indeterminate if only some are
// reachable.
func (k *walk) joinAddresses(ways []Path) {
	var reached []policy.Answer
	for _, way := range ways {
		reached = append(reached, way.Reaches)
	}
	sum, seen := unanimous(reached...), map[string]bool{}
	for _, way := range ways {
		for _, h := range way.Hops {
			if sum == policy.Indeterminate && h.Passes == policy.No {
				h.Passes, h.What = policy.Indeterminate, h.What+"; other addresses of the endpoint may be reachable"
			}
			if !seen[h.What] {
				if way.Why == "" {
					k.by(way.Changes...)
				}
				k.hop(h.Passes, h.Resource, way.Remedy, "%s", h.What)
			}
			seen[h.What] = true
		}
	}
}

// toEndpointSubnet follows a request to the address of an interface endpoint in one of its subnets.
func (k *walk) toEndpointSubnet(e *Endpoint, subnetID string) {
	subnet := k.find(subnetType, subnetID)
	if subnet == nil {
		k.undefined("subnet", subnetID, "the address of endpoint "+label(e.Resource)+" in it is")
		return
	}
	k.passSubnetFamily(e, subnet)
	workloadGroups, endpointGroups := groupsOf(k.workload.SecurityGroups, k.vpc), groupsOf(texts(e.Resource.Properties, "SecurityGroupIds"), k.vpc)
	k.checkLocalRoute(subnet)
	k.passGroups(workloadGroups, outbound, peer{groups: endpointGroups, addresses: k.addressesOf(subnet)}, "out to "+label(e.Resource), subnet)
	k.passGroups(endpointGroups, inbound, peer{groups: workloadGroups, addresses: k.addressesOf(k.subnet)}, "in from "+k.names(workloadGroups), k.subnet)
	k.passACLs(k.subnet, subnet)
}

// gatewayOf returns the gateway endpoint for the service in a route table. Nil is the main table, which no template can add to an endpoint.
func (k *walk) gatewayOf(table *assembly.Resource) (*Endpoint, policy.Answer) {
	if !hasGateway(k.service) {
		return nil, policy.No
	}
	candidates := k.candidates(Gateway)
	for _, e := range candidates {
		if all(e.matches, k.hasTable(e.Endpoint, table)) == policy.Yes {
			return e.Endpoint, policy.Yes
		}
	}
	sum := policy.No
	for _, e := range candidates {
		switch has := k.hasTable(e.Endpoint, table); {
		case has != policy.No:
			sum = k.unclear(e, "for "+tableName(k.subnet, table))
		case e.matches == policy.Yes:
			k.hop(policy.Yes, e.Resource, "", "gateway endpoint %s of %s is not used: it does not have %s", label(e.Resource), k.service,
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

// throughGateway follows a request to a gateway endpoint. Its route is more specific than a default route, but others may be more specific.
// https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
func (k *walk) throughGateway(e *Endpoint, table *assembly.Resource) {
	k.Endpoint = e
	k.hop(policy.Yes, e.Resource, "", "route table %s sends the prefix list of %s to gateway endpoint %s", label(table), k.service,
		label(e.Resource))
	k.passRegion(e)
	k.passAddressTypes(e)
	for _, r := range k.routes(table) {
		if k.isPublic(r) == policy.Indeterminate {
			k.hop(policy.Indeterminate, r.Resource, "make known whether route "+label(r.Resource)+" is for "+k.service,
				"route %s may be more specific than that of gateway endpoint %s", label(r.Resource), label(e.Resource))
		}
	}
	k.passOut(k.service)
}
