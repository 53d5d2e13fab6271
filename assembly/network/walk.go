package network

import (
	"fmt"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// walk follows a request from a subnet to a service.
type walk struct {
	*Network
	*catalog
	Path
	workload        *Workload
	subnet, vpc     *assembly.Resource
	service, region string
}

func (n *Network) walk(w *Workload, subnet, service, region string) Path {
	k := &walk{Network: n, catalog: n.catalog, workload: w, service: service, region: region, Path: Path{Subnet: subnet,
		Reaches: policy.Yes}}
	if subnet == "" {
		k.hop(policy.Yes, w.Resource, "", "%s runs outside of a VPC, with the internet", title(w.Resource))
		return k.Path
	}
	if k.place(subnet) && k.resolver() == policy.Yes {
		switch e, sure := k.owner(); sure {
		case policy.Yes:
			k.throughInterface(e)
		case policy.No:
			k.toPublic()
		}
	}
	return k.Path
}

// hop writes down what was found and what to change, and says whether the request gets past it. The remedy of the first that surely stops
// it counts, or else of the first that is open.
func (k *walk) hop(passes policy.Answer, r *assembly.Resource, remedy, format string, args ...any) policy.Answer {
	k.Hops = append(k.Hops, Hop{What: policy.Readable(fmt.Sprintf(format, args...)), Passes: passes, Resource: r})
	if all(k.Reaches, passes) != k.Reaches {
		k.Reaches, k.Remedy = passes, policy.Readable(remedy)
	}
	return passes
}

// place finds the subnet and its VPC; false if no template defines one of them: it may have any routes and endpoints.
func (k *walk) place(id string) bool {
	w := k.workload.Resource
	if k.subnet = k.find(subnetType, id); k.subnet == nil {
		k.imported("subnet", id, "its VPC and its route table are")
		return false
	}
	vpc := text(k.subnet.Properties, "VpcId")
	if k.vpc = k.find(vpcType, vpc); k.vpc == nil {
		k.imported("VPC", vpc, "its endpoints, DNS attributes and main route table are")
		return false
	}
	return k.there(k.subnet, w) == policy.Yes && k.there(k.vpc, w) == policy.Yes
}

// imported notes what no template defines.
func (k *walk) imported(what, id, unknown string) policy.Answer {
	return k.hop(policy.Indeterminate, nil, "read the template that defines "+what+" "+id+", too",
		"%s %s is defined by no template here: %s unknown", what, id, unknown)
}

// there says whether a resource exists if another one does, and notes it if that is open.
func (k *walk) there(r, other *assembly.Resource) policy.Answer {
	sure := exists(r, other)
	if sure != policy.Yes {
		k.hop(sure, r, "decide condition "+r.Conditional+" of "+title(r), "%s exists on condition %s only", title(r), r.Conditional)
	}
	return sure
}
