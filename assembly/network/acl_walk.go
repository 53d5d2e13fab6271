package network

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// side says whether the network ACL of a subnet lets requests out to others, or in from them, and the answers back. It knows no
// connections: each way needs an entry of its own.
func (k *walk) side(subnet *assembly.Resource, egress policy.Answer, other span, ask string) policy.Answer {
	id, by, sure := k.acl(subnet)
	request, back := k.passes(id, subnet, egress, other, https), k.passes(id, subnet, not(egress), other, ephemeral)
	if sure != policy.Yes { // then the VPC's may be asked instead
		request, back = policy.Indeterminate, policy.Indeterminate
	}
	name := "the default network ACL of the VPC"
	if r := k.find(aclType, id); r != nil {
		name, by = "network ACL "+title(r), r
	} else if id != attribute(k.vpc, defaultACL) {
		name = "network ACL " + id
	}
	if request == policy.Yes && back == policy.Yes {
		return policy.Yes
	}
	way, direction := "out to", [2]string{"egress", "ingress"}
	if egress == policy.No {
		way, direction = "in from", [2]string{"ingress", "egress"}
	}
	if request != policy.Yes {
		k.hop(request, by, "allow TCP 443 in an "+direction[0]+" entry of "+name, "%s of subnet %s %s TCP 443 %s %s",
			name, title(subnet), may(request), way, ask)
	}
	if back != policy.Yes {
		k.hop(back, by, "allow TCP 1024-65535 in an "+direction[1]+" entry of "+name,
			"%s of subnet %s %s the answers, to TCP 1024-65535: it keeps no connections", name, title(subnet), may(back))
	}
	return all(request, back)
}

// between is both sides of a connection between subnets. Within one subnet no ACL is asked.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
func (k *walk) between(from, to *assembly.Resource) policy.Answer {
	if from == to {
		return policy.Yes
	}
	return all(k.side(from, policy.Yes, k.spanOf(to), "subnet "+title(to)), k.side(to, policy.No, k.spanOf(from), "subnet "+title(from)))
}

// may is what an answer that is not yes makes of "lets".
func may(a policy.Answer) string {
	if a == policy.No {
		return "denies"
	}
	return "may deny"
}
