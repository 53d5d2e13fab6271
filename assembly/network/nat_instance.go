package network

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// throughInstance says whether an instance passes packets on to the internet: it must not check whose they are, must have a public address,
// and be in a subnet that leads to an internet gateway. That its system translates addresses is taken for granted.
// https://docs.aws.amazon.com/vpc/latest/userguide/work-with-nat-instances.html
func (k *walk) throughInstance(r route) policy.Answer {
	device := k.device(r)
	if device == nil {
		return k.imported("NAT instance", r.target, "where it leads is")
	}
	if k.there(device.Resource, r.Resource) != policy.Yes {
		return policy.Indeterminate
	}
	name := "NAT instance " + title(device.Resource)
	if check := flag(device.Resource.Properties, "SourceDestCheck", policy.Yes); check != policy.No {
		return k.hop(not(check), device.Resource, "set SourceDestCheck of "+title(device.Resource)+" to false",
			"%s drops what is for others: SourceDestCheck is %s", name, found(device.Resource, "SourceDestCheck"))
	}
	subnet := k.find(subnetType, device.Subnets[0])
	if subnet == nil {
		return k.imported("subnet", device.Subnets[0], "where "+name+" leads from it is")
	}
	public := device.public
	if public == "" {
		public = flag(subnet.Properties, "MapPublicIpOnLaunch", policy.No)
	}
	if leads := k.onward(device.Resource, name, subnet, public); leads != policy.Yes {
		return leads
	}
	groups := groupsOf(device.SecurityGroups, k.vpc)
	mine := groupsOf(k.workload.SecurityGroups, k.vpc)
	return all(
		k.groups(groups, into, peer{mine, k.spanOf(k.subnet)}, "in from "+k.names(mine), k.subnet),
		k.groups(groups, out, peer{span: publicSpan}, "out to the internet", nil),
		k.pass(subnet))
}

// device is what a route to an instance or an interface leads to; nil if no template defines it.
func (k *walk) device(r route) *Workload {
	if instance := k.find(instanceType, r.target); instance != nil {
		return k.instance(instance)
	}
	nic := k.find(interfaceType, r.target)
	if nic == nil {
		return nil
	}
	w := &Workload{Resource: nic, Subnets: []string{text(nic.Properties, "SubnetId")}, SecurityGroups: texts(nic.Properties, "GroupSet")}
	if w.public = k.elastic(nic, "NetworkInterfaceId"); w.public == "" {
		w.public = k.elasticOf(nic)
	}
	return w
}

// elasticOf looks for an elastic address of an instance that has an interface as its primary one.
func (k *walk) elasticOf(nic *assembly.Resource) policy.Answer {
	for _, instance := range k.app.OfType(instanceType) {
		if k.find(interfaceType, text(primaryInterface(instance), "NetworkInterfaceId")) == nic {
			return k.instance(instance).public
		}
	}
	return policy.No
}
