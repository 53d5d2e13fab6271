package network

import "github.com/crossgrant/crossgrant/policy"

// throughInterface goes to an interface endpoint that has the host name. There is no other way: nothing falls back to a NAT gateway.
// https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html
func (k *walk) throughInterface(e *Endpoint) {
	k.Endpoint = e
	k.hop(policy.Yes, e.Resource, "",
		"private DNS of interface endpoint %s has the host name of %s in all of VPC %s: there is no other way",
		title(e.Resource), k.service, title(k.vpc))
	names := flag(k.vpc.Properties, "EnableDnsHostnames", policy.No)
	if names != policy.Yes {
		k.hop(names, k.vpc, "set EnableDnsHostnames of VPC "+title(k.vpc)+" to true",
			"private DNS needs EnableDnsHostnames of VPC %s, which is %s", title(k.vpc), found(k.vpc, "EnableDnsHostnames"))
	}
	ids := texts(e.Resource.Properties, "SubnetIds")
	if len(ids) == 0 {
		k.hop(policy.No, e.Resource, "name SubnetIds of "+title(e.Resource), "interface endpoint %s has no subnets, and so no address",
			title(e.Resource))
		return
	}
	var ways []Path
	for _, id := range ids {
		way := *k
		way.Path = Path{Reaches: policy.Yes}
		way.toAddress(e, id)
		ways = append(ways, way.Path)
	}
	k.join(ways)
}

// join adds the ways to the addresses of a name, which may lead to any of them: one that is blocked while others are reached is open.
func (k *walk) join(ways []Path) {
	var reached []policy.Answer
	for _, way := range ways {
		reached = append(reached, way.Reaches)
	}
	sum, seen := agreed(reached...), map[string]bool{}
	for _, way := range ways {
		for _, h := range way.Hops {
			if sum == policy.Indeterminate && h.Passes == policy.No {
				h.Passes, h.What = policy.Indeterminate, h.What+"; other addresses of the endpoint may be reached"
			}
			if !seen[h.What] {
				k.hop(h.Passes, h.Resource, way.Remedy, "%s", h.What)
			}
			seen[h.What] = true
		}
	}
}

// toAddress goes to the address of an interface endpoint in one of its subnets.
func (k *walk) toAddress(e *Endpoint, subnetID string) {
	subnet := k.find(subnetType, subnetID)
	if subnet == nil {
		k.imported("subnet", subnetID, "the address that endpoint "+title(e.Resource)+" has in it is")
		return
	}
	mine, theirs := groupsOf(k.workload.SecurityGroups, k.vpc), groupsOf(texts(e.Resource.Properties, "SecurityGroupIds"), k.vpc)
	k.diverted(subnet)
	k.groups(mine, out, peer{theirs, k.spanOf(subnet)}, "out to "+title(e.Resource), subnet)
	k.groups(theirs, into, peer{mine, k.spanOf(k.subnet)}, "in from "+k.names(mine), k.subnet)
	k.between(k.subnet, subnet)
}
