package network

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// throughInternet follows the route of the workload's subnet for public addresses.
func (k *walk) throughInternet(table *assembly.Resource) {
	r, sure := k.internetRoute(k.subnet, table)
	if sure != policy.Yes {
		return
	}
	k.hop(policy.Yes, r.Resource, "", "%s routes public addresses to %s", tableName(k.subnet, table), k.targetName(*r))
	var leads policy.Answer
	starts := []*assembly.Resource{k.subnet} // of all that a request passes before the internet gateway
	nat := k.find(natType, r.target)
	switch {
	case nat != nil:
		leads = k.throughNAT(nat, r.Resource)
		starts = append(starts, k.find(subnetType, text(nat.Properties, "SubnetId")))
	case r.kind == "InstanceId" || r.kind == "NetworkInterfaceId":
		leads = k.throughInstance(*r)
		if device := k.device(*r); device != nil {
			starts = append(starts, k.find(subnetType, device.Subnets[0]))
		}
	case k.find(internetType, r.target) != nil || strings.HasPrefix(r.target, "igw-"):
		leads = all(k.hasPublicAddress(), k.leadsOut(*r))
	default:
		leads = k.leadsOut(*r)
	}
	if leads != policy.No && k.passPublicBlock(nat != nil, starts...) != policy.No {
		k.passOut("the internet")
	}
}

func (k *walk) targetName(r route) string {
	if t := k.defined[r.target]; t != nil {
		return label(t)
	}
	return r.target
}

// leadsOut reports whether the target of a route leads to the internet. What other gateways lead to is not in a template.
// https://docs.aws.amazon.com/vpc/latest/userguide/route-table-options.html
func (k *walk) leadsOut(r route) policy.Answer {
	target := k.targetName(r)
	switch gateway := k.find(internetType, r.target); {
	case r.Stack.Facts != "":
		return k.hop(policy.Yes, r.Resource, "", "%s leads to the internet%s", target, by(r.Resource))
	case gateway != nil:
		return k.isAttached(gateway, r.Resource)
	case r.kind == "VpcPeeringConnectionId":
		return k.toEndpoint().hop(policy.No, r.Resource, k.endpointRemedy(), "peering connection %s leads to the addresses of the other VPC only", target)
	case r.kind == "EgressOnlyInternetGatewayId":
		return k.toEndpoint().hop(policy.No, r.Resource, k.endpointRemedy(), "egress-only internet gateway %s is for IPv6 only", target)
	case r.target == "local":
		return k.toEndpoint().hop(policy.No, r.Resource, k.endpointRemedy(), "route %s stays in the VPC", label(r.Resource))
	}
	return k.toEndpoint().hop(policy.Indeterminate, r.Resource, k.endpointRemedy(), "what %s %s of route %s leads to is not in any template here", r.kind, target,
		label(r.Resource))
}

// isAttached reports whether an internet gateway is attached to the VPC.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcgatewayattachment.html
func (k *walk) isAttached(gateway, by *assembly.Resource) policy.Answer {
	if k.existsWith(gateway, by) != policy.Yes {
		return policy.Indeterminate
	}
	best := policy.No
	for _, l := range k.references(attachmentType, "InternetGatewayId", gateway.Ref, gateway) {
		best = some(best, all(l.sure, k.is(text(l.Properties, "VpcId"), k.vpc.Ref)))
	}
	if best != policy.Yes {
		k.hop(best, gateway, "attach internet gateway "+label(gateway)+" to VPC "+label(k.vpc),
			"internet gateway %s is not attached to VPC %s%s", label(gateway), label(k.vpc), ifUnknown(best))
	}
	return best
}

// hasPublicAddress reports whether the workload has a public address, which an internet gateway needs.
// https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
func (k *walk) hasPublicAddress() policy.Answer {
	w := k.workload
	has := w.public
	if has == "" {
		has = flag(k.subnet.Properties, "MapPublicIpOnLaunch", policy.No)
	}
	if w.Resource.Type == functionType {
		return k.toEndpoint().hop(policy.No, w.Resource, k.endpointRemedy(),
			"function %s never has a public address in a VPC, so it cannot use an internet gateway, not even in a public subnet",
			label(w.Resource))
	}
	if has == policy.Yes {
		return k.hop(has, w.Resource, "", "%s has a public address", label(w.Resource))
	}
	return k.toEndpoint().hop(has, w.Resource, "give "+label(w.Resource)+" a public address; or "+k.endpointRemedy(), "%s has no public address%s",
		label(w.Resource), ifUnknown(has))
}

// throughNAT reports whether a NAT gateway leads to the internet. A private one has no public address; a zonal one depends on the route table of
// its subnet; a regional one has its own route to the VPC's internet gateway.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-natgateway.html
// https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateways-regional.html
func (k *walk) throughNAT(nat, by *assembly.Resource) policy.Answer {
	if k.existsWith(nat, by) != policy.Yes {
		return policy.Indeterminate
	}
	mode, connectivity := text(nat.Properties, "AvailabilityMode"), text(nat.Properties, "ConnectivityType")
	if !policy.IsKnown(mode) || !policy.IsKnown(connectivity) {
		return k.hop(policy.Indeterminate, nat, "make AvailabilityMode and ConnectivityType of "+label(nat)+" known",
			"whether NAT gateway %s is regional or private is unknown", label(nat))
	}
	if mode == "regional" {
		return k.throughRegional(nat)
	}
	id := text(nat.Properties, "SubnetId")
	subnet := k.find(subnetType, id)
	if subnet == nil {
		return k.undefined("subnet", id, "what NAT gateway "+label(nat)+" leads to is")
	}
	if connectivity == "private" {
		return k.throughSubnet(nat, "private NAT gateway "+label(nat), subnet, policy.No)
	}
	if text(nat.Properties, "AllocationId") == "" {
		return k.hop(policy.No, nat, "give NAT gateway "+label(nat)+" the AllocationId of an Elastic IP address",
			"public NAT gateway %s has no Elastic IP address", label(nat))
	}
	leads := k.throughSubnet(nat, "NAT gateway "+label(nat), subnet, policy.Yes)
	if leads == policy.No {
		return leads
	}
	return all(leads, k.passNATSubnet(subnet))
}

// throughRegional reports whether a regional NAT gateway leads to the internet: it needs an internet gateway, and no subnet.
func (k *walk) throughRegional(nat *assembly.Resource) policy.Answer {
	best := policy.No
	for _, gateway := range k.app.OfType(internetType) {
		for _, l := range k.references(attachmentType, "InternetGatewayId", gateway.Ref, gateway) {
			best = some(best, all(l.sure, exists(gateway, nat), k.is(text(l.Properties, "VpcId"), k.vpc.Ref)))
		}
	}
	if best == policy.Yes {
		return k.hop(best, nat, "", "regional NAT gateway %s leads to the internet gateway of VPC %s", label(nat), label(k.vpc))
	}
	return k.hop(best, nat, "attach an internet gateway to VPC "+label(k.vpc),
		"regional NAT gateway %s leads nowhere: no internet gateway is attached to VPC %s%s",
		label(nat), label(k.vpc), ifUnknown(best))
}

// throughSubnet follows the route of the subnet of a NAT gateway or instance, which needs a public address for an internet gateway.
func (k *walk) throughSubnet(device *assembly.Resource, name string, subnet *assembly.Resource, public policy.Answer) policy.Answer {
	table, known := k.table(subnet)
	if known != policy.Yes {
		return policy.Indeterminate
	}
	r, sure := k.internetRoute(subnet, table)
	if sure != policy.Yes {
		return sure
	}
	if k.find(natType, r.target) != nil || r.target == device.Ref {
		return k.hop(policy.No, r.Resource, "put "+name+" into a subnet whose route table leads to an internet gateway",
			"%s is in private subnet %s, whose route leads to %s instead of an internet gateway", name, label(subnet), k.targetName(*r))
	}
	leads := k.leadsOut(*r)
	if leads == policy.Yes && public != policy.Yes {
		return k.toEndpoint().hop(public, r.Resource, k.endpointRemedy(), "%s has no public address, so internet gateway %s drops its traffic%s",
			name, k.targetName(*r), ifUnknown(public))
	}
	if leads == policy.Yes {
		k.hop(leads, r.Resource, "", "%s is in subnet %s, whose route leads to internet gateway %s", name, label(subnet), k.targetName(*r))
	}
	return leads
}

// passNATSubnet checks whether the network ACL of the subnet of a NAT gateway or instance allows requests in and out, and the responses.
func (k *walk) passNATSubnet(subnet *assembly.Resource) policy.Answer {
	return all(k.passACL(subnet, policy.Yes, publicAddresses, "the internet"), k.passACL(subnet, policy.No, k.addressesOf(k.subnet),
		"subnet "+label(k.subnet)))
}

// throughInstance reports whether a NAT instance leads to the internet: it must have SourceDestCheck off and a public address, in a subnet that
// leads to an internet gateway. It assumes that the operating system translates addresses.
// https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html
func (k *walk) throughInstance(r route) policy.Answer {
	device := k.device(r)
	if device == nil {
		return k.undefined("NAT instance", r.target, "what it leads to is")
	}
	if k.existsWith(device.Resource, r.Resource) != policy.Yes {
		return policy.Indeterminate
	}
	name := "NAT instance " + label(device.Resource)
	if check := flag(device.Resource.Properties, "SourceDestCheck", policy.Yes); check != policy.No {
		return k.set(device.Resource, false, "SourceDestCheck").hop(not(check), device.Resource, "set SourceDestCheck of "+label(device.Resource)+" to false",
			"%s drops packets of others: SourceDestCheck is %s", name, found(device.Resource, "SourceDestCheck"))
	}
	subnet := k.find(subnetType, device.Subnets[0])
	if subnet == nil {
		return k.undefined("subnet", device.Subnets[0], "what "+name+" leads to is")
	}
	public := device.public
	if public == "" {
		public = flag(subnet.Properties, "MapPublicIpOnLaunch", policy.No)
	}
	if leads := k.throughSubnet(device.Resource, name, subnet, public); leads != policy.Yes {
		return leads
	}
	groups := groupsOf(device.SecurityGroups, k.vpc)
	workloadGroups := groupsOf(k.workload.SecurityGroups, k.vpc)
	return all(
		k.passGroups(groups, inbound, peer{groups: workloadGroups, addresses: k.addressesOf(k.subnet)}, "in from "+k.names(workloadGroups), k.subnet),
		k.passGroups(groups, outbound, peer{addresses: publicAddresses}, "out to the internet", nil),
		k.passNATSubnet(subnet))
}

// device returns the instance or network interface that a route leads to; nil if no template defines it.
func (k *walk) device(r route) *Workload {
	if instance := k.find(instanceType, r.target); instance != nil {
		return k.instance(instance)
	}
	nic := k.find(interfaceType, r.target)
	if nic == nil {
		return nil
	}
	w := &Workload{Resource: nic, Subnets: []string{text(nic.Properties, "SubnetId")}, SecurityGroups: texts(nic.Properties, "GroupSet")}
	if w.public = k.elasticIP(nic, "NetworkInterfaceId"); w.public == "" {
		w.public = k.elasticIPOf(nic)
	}
	return w
}

// elasticIPOf reports whether the instance with this primary network interface has an Elastic IP address.
func (k *walk) elasticIPOf(nic *assembly.Resource) policy.Answer {
	for _, instance := range k.app.OfType(instanceType) {
		if k.find(interfaceType, text(primaryInterface(instance), "NetworkInterfaceId")) == nic {
			return k.instance(instance).public
		}
	}
	return policy.No
}
