package network

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// overInternet takes the route of the workload's subnet to where it leads.
func (k *walk) overInternet(table *assembly.Resource) {
	r, sure := k.outRoute(k.subnet, table)
	if sure != policy.Yes {
		return
	}
	k.hop(policy.Yes, r.Resource, "", "%s sends public addresses to %s", tableName(k.subnet, table), k.targetName(*r))
	var leads policy.Answer
	switch nat := k.find(natType, r.target); {
	case nat != nil:
		leads = k.throughNAT(nat, r.Resource)
	case r.kind == "InstanceId" || r.kind == "NetworkInterfaceId":
		leads = k.throughInstance(*r)
	case k.find(internetType, r.target) != nil || strings.HasPrefix(r.target, "igw-"):
		leads = all(k.hasAddress(), k.leaves(*r))
	default:
		leads = k.leaves(*r)
	}
	if leads != policy.No {
		k.outward("the internet")
	}
}

func (k *walk) targetName(r route) string {
	if t := k.defined[r.target]; t != nil {
		return title(t)
	}
	return r.target
}

// leaves says whether a route itself leads out of the VPC to the internet. What is beyond other gateways is in no template.
// https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html
func (k *walk) leaves(r route) policy.Answer {
	target := k.targetName(r)
	switch gateway := k.find(internetType, r.target); {
	case gateway != nil:
		return k.isAttached(gateway, r.Resource)
	case r.kind == "VpcPeeringConnectionId":
		return k.hop(policy.No, r.Resource, k.noWay(), "peering connection %s leads to the addresses of the other VPC only", target)
	case r.kind == "EgressOnlyInternetGatewayId":
		return k.hop(policy.No, r.Resource, k.noWay(), "egress-only internet gateway %s is for IPv6 only", target)
	case r.target == "local":
		return k.hop(policy.No, r.Resource, k.noWay(), "route %s stays in the VPC", title(r.Resource))
	}
	return k.hop(policy.Indeterminate, r.Resource, k.noWay(), "what is beyond %s %s of route %s is in no template here", r.kind, target,
		title(r.Resource))
}

// isAttached says whether an internet gateway is attached to the VPC.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcgatewayattachment.html
func (k *walk) isAttached(gateway, by *assembly.Resource) policy.Answer {
	if k.there(gateway, by) != policy.Yes {
		return policy.Indeterminate
	}
	best := policy.No
	for _, l := range k.linked(attachmentType, "InternetGatewayId", gateway.Ref, gateway) {
		best = some(best, all(l.sure, k.is(text(l.Properties, "VpcId"), k.vpc.Ref)))
	}
	if best != policy.Yes {
		k.hop(best, gateway, "attach internet gateway "+title(gateway)+" to VPC "+title(k.vpc),
			"internet gateway %s is not attached to VPC %s%s", title(gateway), title(k.vpc), ifOpen(best))
	}
	return best
}

// hasAddress says whether the workload has a public address, without which an internet gateway passes nothing on.
// https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
func (k *walk) hasAddress() policy.Answer {
	w := k.workload
	has := w.public
	if has == "" {
		has = flag(k.subnet.Properties, "MapPublicIpOnLaunch", policy.No)
	}
	if w.Resource.Type == functionType {
		return k.hop(policy.No, w.Resource, k.noWay(),
			"function %s never has a public address in a VPC, so an internet gateway does not help it, not even in a public subnet",
			title(w.Resource))
	}
	if has == policy.Yes {
		return k.hop(has, w.Resource, "", "%s has a public address", title(w.Resource))
	}
	return k.hop(has, w.Resource, "give "+title(w.Resource)+" a public address; or "+k.noWay(), "%s has no public address%s",
		title(w.Resource), ifOpen(has))
}
