// Package network determines how a workload of an assembly reaches an AWS service: through which VPC endpoint or over the internet, or why it
// does not. It does not evaluate policies: it returns the endpoint policy to its caller.
//
//	net := network.Of(app)
//	for _, w := range net.Workloads() {
//		for _, path := range net.Paths(w, "sts", "eu-west-1") {
//			fmt.Println(w.Resource.LogicalID, path.Reaches, path.Remedy)
//		}
//	}
//
// It follows TCP port 443 over IPv4 to the service's regional host name, or to the one that the workload's environment variables set: name
// resolution, route tables, gateways, security groups and network ACLs, in both directions. What the templates do not determine is unknown, with the reason, and never counts as reachable.
//
// It does not cover IPv6 (an endpoint without IPv4 addresses is not reached), firewalls, what lies behind a proxy, what is beyond a transit gateway, or manual changes after deployment.
package network

import (
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Network has the workloads and VPC endpoints of an assembly, and the paths between them. It is safe for concurrent use.
type Network struct {
	catalog   *catalog
	workloads []*Workload
	endpoints []*Endpoint
	endpoint  map[*assembly.Resource]*Endpoint
}

// Of reads the network of an assembly.
func Of(a *assembly.Assembly) *Network {
	n := &Network{catalog: newCatalog(a), endpoint: map[*assembly.Resource]*Endpoint{}}
	n.endpoints = endpoints(a)
	for _, e := range n.endpoints {
		n.endpoint[e.Resource] = e
	}
	n.workloads = slices.Concat(functions(a), n.catalog.instances(), n.catalog.services(), n.catalog.jobs())
	return n
}

// Workloads returns the Lambda functions, EC2 instances, ECS services and Glue jobs, each in the order of the assembly.
func (n *Network) Workloads() []*Workload { return slices.Clone(n.workloads) }

// Endpoints returns the gateway and interface endpoints, in the order of the assembly.
func (n *Network) Endpoints() []*Endpoint { return slices.Clone(n.endpoints) }

// Notes say which descriptions of networks that no template has could not be read.
func (n *Network) Notes() []assembly.Note { return slices.Clone(n.catalog.given.notes) }

// Assumed says what was taken as given of networks that no template has.
func (n *Network) Assumed() []assembly.Note { return slices.Clone(n.catalog.given.assumed) }

// Paths returns the paths of a workload to a service: one for each subnet that it may run in, or one if it runs outside of a VPC. The service
// has the name of its endpoints, such as "sts", "s3" or "ecr.api". The region is that of the host name, "" for the workload's region.
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

func (n *Network) walk(w *Workload, subnet, service, region string) Path {
	k := &walk{catalog: n.catalog, endpoint: n.endpoint, workload: w, service: service, region: region, Path: Path{Subnet: subnet,
		Reaches: policy.Yes}}
	if k.calls() == policy.Indeterminate {
		return k.Path
	}
	if subnet == "" {
		k.hop(policy.Yes, w.Resource, "", "%s runs outside of a VPC, with internet access", label(w.Resource))
		return k.Path
	}
	if k.locate(subnet) && k.resolves() == policy.Yes && k.resolvesElsewhere() == policy.No {
		switch e, sure := k.privateEndpoint(); sure {
		case policy.Yes:
			k.throughInterface(e)
		case policy.No:
			k.throughPublicAddresses()
		}
	}
	return k.Path
}

// throughPublicAddresses follows a request to the public addresses of a service: to a gateway endpoint if the route table has one, or over the
// internet.
func (k *walk) throughPublicAddresses() {
	table, known := k.table(k.subnet)
	if known != policy.Yes {
		return
	}
	switch e, sure := k.gatewayOf(table); sure {
	case policy.Yes:
		k.throughGateway(e, table)
	case policy.No:
		k.throughInternet(table)
	}
}
