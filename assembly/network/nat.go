package network

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// throughNAT says whether a NAT gateway leads to the internet. A private one keeps to private addresses; a zonal one is in a subnet that
// has to lead on; a regional one has a route of its own to the VPC's internet gateway.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-natgateway.html
// https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html
func (k *walk) throughNAT(nat, by *assembly.Resource) policy.Answer {
	if k.there(nat, by) != policy.Yes {
		return policy.Indeterminate
	}
	mode, connectivity := text(nat.Properties, "AvailabilityMode"), text(nat.Properties, "ConnectivityType")
	if !policy.IsKnown(mode) || !policy.IsKnown(connectivity) {
		return k.hop(policy.Indeterminate, nat, "say AvailabilityMode and ConnectivityType of "+title(nat),
			"whether NAT gateway %s is regional or private is unknown", title(nat))
	}
	if mode == "regional" {
		return k.throughRegional(nat)
	}
	id := text(nat.Properties, "SubnetId")
	subnet := k.find(subnetType, id)
	if subnet == nil {
		return k.imported("subnet", id, "where NAT gateway "+title(nat)+" leads from it is")
	}
	if connectivity == "private" {
		return k.onward(nat, "private NAT gateway "+title(nat), subnet, policy.No)
	}
	if text(nat.Properties, "AllocationId") == "" {
		return k.hop(policy.No, nat, "give NAT gateway "+title(nat)+" the AllocationId of an elastic address",
			"public NAT gateway %s has no elastic address", title(nat))
	}
	leads := k.onward(nat, "NAT gateway "+title(nat), subnet, policy.Yes)
	if leads == policy.No {
		return leads
	}
	return all(leads, k.pass(subnet))
}

// throughRegional needs an internet gateway at the VPC, and no subnet.
func (k *walk) throughRegional(nat *assembly.Resource) policy.Answer {
	best := policy.No
	for _, gateway := range k.app.OfType(internetType) {
		for _, l := range k.linked(attachmentType, "InternetGatewayId", gateway.Ref, gateway) {
			best = some(best, all(l.sure, exists(gateway, nat), k.is(text(l.Properties, "VpcId"), k.vpc.Ref)))
		}
	}
	if best == policy.Yes {
		return k.hop(best, nat, "", "regional NAT gateway %s leads to the internet gateway of VPC %s", title(nat), title(k.vpc))
	}
	return k.hop(best, nat, "attach an internet gateway to VPC "+title(k.vpc),
		"regional NAT gateway %s leads nowhere: no internet gateway is attached to VPC %s%s",
		title(nat), title(k.vpc), ifOpen(best))
}

// onward follows the route of the subnet that a NAT device is in. It has a public address, or else nothing is behind an internet gateway.
func (k *walk) onward(device *assembly.Resource, name string, subnet *assembly.Resource, public policy.Answer) policy.Answer {
	table, known := k.table(subnet)
	if known != policy.Yes {
		return policy.Indeterminate
	}
	r, sure := k.outRoute(subnet, table)
	if sure != policy.Yes {
		return sure
	}
	if k.find(natType, r.target) != nil || r.target == device.Ref {
		return k.hop(policy.No, r.Resource, "put "+name+" into a subnet whose route table leads to an internet gateway",
			"%s is in private subnet %s, whose route leads to %s instead of an internet gateway", name, title(subnet), k.targetName(*r))
	}
	leads := k.leaves(*r)
	if leads == policy.Yes && public != policy.Yes {
		return k.hop(public, r.Resource, k.noWay(), "%s has no public address, so internet gateway %s passes nothing on%s",
			name, k.targetName(*r), ifOpen(public))
	}
	if leads == policy.Yes {
		k.hop(leads, r.Resource, "", "%s is in subnet %s, whose route leads to internet gateway %s", name, title(subnet), k.targetName(*r))
	}
	return leads
}

// pass says whether the network ACL of a NAT device's subnet lets requests in from the workload and out again, and the answers.
func (k *walk) pass(subnet *assembly.Resource) policy.Answer {
	return all(k.side(subnet, policy.Yes, publicSpan, "the internet"), k.side(subnet, policy.No, k.spanOf(k.subnet),
		"subnet "+title(k.subnet)))
}
