package network

import (
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Network is all workloads, endpoints and ways between them of an assembly. It is safe for concurrent use.
type Network struct {
	catalog   *catalog
	workloads []*Workload
	endpoints []*Endpoint
	endpoint  map[*assembly.Resource]*Endpoint
}

// Path is the way of a workload from one subnet to a service.
type Path struct {
	// Subnet is the id of the subnet, unresolved allowed. "" for a workload outside of a VPC.
	Subnet string
	// Reaches says whether requests arrive: yes only if every hop passes, no if one surely does not.
	Reaches policy.Answer
	// Endpoint is the VPC endpoint that they go through, or try to. Nil over the internet, without any way, and where that is open.
	Endpoint *Endpoint
	// Hops are what decided, in the order of a request.
	Hops []Hop
	// Remedy is what to change, one sentence. "" if it reaches.
	Remedy string
}

// Hop is one thing that a request has to pass.
type Hop struct {
	// What says what was found, in one line that a person reads.
	What string
	// Passes says whether the request gets past it.
	Passes policy.Answer
	// Resource is what decides here. Nil if no template defines it.
	Resource *assembly.Resource
}

// Of reads the network of an assembly.
func Of(a *assembly.Assembly) *Network {
	n := &Network{catalog: newCatalog(a), endpoint: map[*assembly.Resource]*Endpoint{}}
	n.endpoints = endpoints(a)
	for _, e := range n.endpoints {
		n.endpoint[e.Resource] = e
	}
	n.workloads = slices.Concat(functions(a), n.catalog.instances(), n.catalog.services())
	return n
}

// Workloads returns what runs code: Lambda functions, EC2 instances, ECS services, each in the order of the assembly.
func (n *Network) Workloads() []*Workload { return slices.Clone(n.workloads) }

// Endpoints returns the gateway and interface endpoints, in the order of the assembly.
func (n *Network) Endpoints() []*Endpoint { return slices.Clone(n.endpoints) }

// Paths returns the ways of a workload to a service: one for each subnet that it may run in, or one if it runs outside of a VPC. The
// service is named as its endpoints are, such as "sts", "s3" or "ecr.api"; the region is that of the host name, "" for the workload's own.
func (n *Network) Paths(w *Workload, service, region string) []Path {
	if region == "" {
		region = w.Resource.Stack.Region
	}
	if len(w.Subnets) == 0 {
		return []Path{n.walk(w, "", service, region)}
	}
	paths := make([]Path, len(w.Subnets))
	for i, subnet := range w.Subnets {
		paths[i] = n.walk(w, subnet, service, region)
	}
	return paths
}
