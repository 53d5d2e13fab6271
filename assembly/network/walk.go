package network

import (
	"cmp"
	"fmt"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Path is the path of a workload from one subnet to a service.
type Path struct {
	// Subnet is the id of the subnet. It may be unresolved. "" for a workload outside of a VPC.
	Subnet string
	// Reaches reports whether requests arrive: yes if every hop passes, no if one certainly does not.
	Reaches policy.Answer
	// Endpoint is the VPC endpoint that requests use, whether they pass or not. Nil over the internet, without a path, and if it is unknown.
	Endpoint *Endpoint
	// Hops are the things that decide, in the order of a request.
	Hops []Hop
	// Remedy is one sentence that says what to change. "" if Reaches is yes.
	Remedy string
	// Missing are the parts of networks that decide and that no template has.
	Missing []Missing
	// Changes are how templates change so that all hops pass. None if Reaches is yes, or if a part of that is no change of a template: then Why says why.
	Changes []assembly.Change
	Why     string
}

// Missing is a part of a network that no template has.
type Missing struct {
	// VPC is the ID of its VPC, "" if that is not known.
	VPC string
	// Part is the ID of a subnet or a security group; "" for all of the VPC.
	Part string
}

// Hop is one thing that a request has to pass, such as a route or a security group.
type Hop struct {
	// What is one line for people that says what was found.
	What string
	// Passes reports whether the request passes.
	Passes policy.Answer
	// Resource is the resource that decides. Nil if no template defines it.
	Resource *assembly.Resource
}

// walk follows a request from a subnet to a service.
type walk struct {
	*catalog
	endpoint map[*assembly.Resource]*Endpoint
	Path
	workload        *Workload
	subnet, vpc     *assembly.Resource
	service, region string
	next            []assembly.Change // of the next hop
	nextWhy         string
	hostRemedy      string // how to call the regional host name, where the workload calls another one
}

// hop adds a hop and returns whether the request passes. The path's remedy is that of the first hop that certainly does not pass, or else of
// the first that is unknown.
func (k *walk) hop(passes policy.Answer, r *assembly.Resource, remedy, format string, args ...any) policy.Answer {
	k.Hops = append(k.Hops, Hop{What: policy.Readable(fmt.Sprintf(format, args...)), Passes: passes, Resource: r})
	if all(k.Reaches, passes) != k.Reaches {
		k.Reaches, k.Remedy = passes, policy.Readable(remedy)
	}
	if passes != policy.Yes {
		k.Changes = append(k.Changes, k.next...)
		if len(k.next) == 0 {
			k.Why = cmp.Or(k.Why, k.nextWhy, "how the network is to change is your decision: "+policy.Readable(remedy))
		}
	}
	k.next, k.nextWhy = nil, ""
	return passes
}

// by says how templates change so that the next hop passes, in place of the words of its remedy.
func (k *walk) by(changes ...assembly.Change) *walk {
	k.next = changes
	return k
}

// set is by with a property of a resource set to a value.
func (k *walk) set(r *assembly.Resource, value any, property ...any) *walk {
	return k.by(assembly.ChangeOf(r, assembly.SetValue, value, property...))
}

// unset is by with a variable of the workload removed, where it is a property of its own.
func (k *walk) unset(variable string) *walk {
	if r := k.workload.Resource; r.Type == functionType {
		return k.by(assembly.ChangeOf(r, assembly.RemoveValue, nil, "Environment", "Variables", variable))
	}
	return k
}

// toEndpoint is by with what endpointRemedy says, where an endpoint that is there only has to be used.
func (k *walk) toEndpoint() *walk {
	k.nextWhy = "a further way out is your decision: a NAT gateway has a price, and an endpoint needs a policy, and some need subnets and security groups"
	if home := k.vpc.Stack.Region; k.hostRemedy != "" || isGlobal(k.service) || k.region != home {
		return k
	}
	for _, l := range k.references(endpointType, "VpcId", k.vpc.Ref, k.vpc) {
		e := k.endpoint[l.Resource]
		if e == nil || e.serves(k.service, k.region) != policy.Yes {
			continue
		}
		if e.Kind == Interface && !hasGateway(k.service) {
			return k.set(e.Resource, true, "PrivateDnsEnabled")
		}
		if _, table, _ := k.tableOf(k.subnet); e.Kind == Gateway && table != nil && table.Stack == e.Resource.Stack {
			return k.by(assembly.ChangeOf(e.Resource, assembly.AppendItem, map[string]any{"Ref": table.LogicalID}, "RouteTableIds"))
		}
	}
	return k
}

// locate finds the subnet and its VPC; false if no template defines one of them, which then may have any routes and endpoints.
func (k *walk) locate(id string) bool {
	w := k.workload.Resource
	if k.subnet = k.find(subnetType, id); k.subnet == nil {
		k.undefined("subnet", id, "its VPC and its route table are")
		k.missing(k.vpcOfGroups(), id)
		for _, group := range k.workload.SecurityGroups {
			if k.find(groupType, group) == nil {
				k.missing(k.vpcOfGroups(), group)
			}
		}
		return false
	}
	vpc := text(k.subnet.Properties, "VpcId")
	if k.vpc = k.find(vpcType, vpc); k.vpc == nil {
		k.undefined("VPC", vpc, "its endpoints, DNS attributes and main route table are")
		k.missing(vpc, k.subnet.Ref)
		return false
	}
	return k.existsWith(k.subnet, w) == policy.Yes && k.existsWith(k.vpc, w) == policy.Yes
}

// vpcOfGroups is the ID of the VPC that the workload's security groups are in; "" if no template says so.
func (k *walk) vpcOfGroups() string {
	for _, id := range k.workload.SecurityGroups {
		if group := k.find(groupType, id); group != nil {
			return text(group.Properties, "VpcId")
		}
	}
	return ""
}

// missing records a part of a network that no template has.
func (k *walk) missing(vpc, part string) {
	if policy.IsKnown(vpc) && policy.IsKnown(part) {
		k.Missing = append(k.Missing, Missing{vpc, part})
	}
}

// undefined adds the hop for something that no template defines.
func (k *walk) undefined(what, id, unknown string) policy.Answer {
	return k.hop(policy.Indeterminate, nil, "also load the template that defines "+what+" "+id,
		"%s %s is not defined in any template here: %s unknown", what, id, unknown)
}

// existsWith reports whether a resource exists if another one does, and adds a hop if that is unknown.
func (k *walk) existsWith(r, other *assembly.Resource) policy.Answer {
	sure := exists(r, other)
	if sure != policy.Yes {
		k.hop(sure, r, "make condition "+r.Conditional+" of "+label(r)+" decidable before deployment", "%s exists only under condition %s", label(r), r.Conditional)
	}
	return sure
}

// endpointRemedy returns the remedy if nothing leads to the service: use an existing endpoint, or add one.
func (k *walk) endpointRemedy() string {
	if k.hostRemedy != "" {
		return k.hostRemedy + "; or add a NAT gateway"
	}
	if home := k.vpc.Stack.Region; k.region != home && policy.IsKnown(home) && policy.IsKnown(k.region) {
		return "add a NAT gateway for subnet " + label(k.subnet) + ": an endpoint of VPC " + label(k.vpc) + " serves its own region " + home + " only, and not " + k.region
	}
	if isGlobal(k.service) {
		return "add a NAT gateway for subnet " + label(k.subnet) + ": " + k.service + " has no VPC endpoint in a region"
	}
	name := "com.amazonaws." + k.region + "." + k.service
	for _, l := range k.references(endpointType, "VpcId", k.vpc.Ref, k.vpc) {
		e := k.endpoint[l.Resource]
		if e == nil || e.serves(k.service, k.region) != policy.Yes {
			continue
		}
		if e.Kind == Interface && !hasGateway(k.service) {
			return "set PrivateDnsEnabled of interface endpoint " + label(e.Resource) + " to true" + k.globalEndpointNote()
		}
		if _, table, _ := k.tableOf(k.subnet); e.Kind == Gateway && table != nil {
			return "add route table " + label(table) + " to gateway endpoint " + label(e.Resource)
		}
	}
	if hasGateway(k.service) {
		return "add " + name + " as a gateway endpoint with the route table of subnet " + label(k.subnet) + ", or a NAT gateway"
	}
	return "add " + name + " as an interface endpoint with private DNS to VPC " + label(k.vpc) + ", or a NAT gateway" + k.globalEndpointNote()
}

// isGlobal reports whether a service has no regional host name, and so no endpoint in a region.
// https://docs.aws.amazon.com/general/latest/gr/rande.html#global-endpoints
func isGlobal(service string) bool {
	switch service {
	case "cloudfront", "globalaccelerator", "iam", "networkmanager", "organizations", "route53", "shield", "waf":
		return true
	}
	return false
}

// globalEndpointNote says which host name an endpoint of STS does not have.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sts_vpc_endpoint_create.html
func (k *walk) globalEndpointNote() string {
	if k.service != "sts" {
		return ""
	}
	return "; an endpoint is for sts." + k.region + ".amazonaws.com only, not for the global sts.amazonaws.com"
}
