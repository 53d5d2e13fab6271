package network

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Kind is how an endpoint takes requests in.
type Kind string

const (
	// Gateway endpoints are targets of route tables.
	Gateway Kind = "Gateway"
	// Interface endpoints are addresses in subnets.
	Interface Kind = "Interface"
	// OpenKind is that of an endpoint whose type is not known.
	OpenKind Kind = "unknown"
)

// Endpoint is a VPC endpoint of a service of AWS.
type Endpoint struct {
	// Resource is what defines it; its Ref is the endpoint's id.
	Resource *assembly.Resource
	// Service and Region are those of the service's name, such as "sts" and "eu-west-1". Unresolved allowed; for a service of others
	// than AWS, both are the whole name.
	Service, Region string
	// Kind is gateway or interface.
	Kind Kind
	// VPC is the id of its VPC, unresolved allowed.
	VPC string
	// Policy is the endpoint's policy as the template resolves it: an object or a text. Nil for that of AWS, which allows everything.
	Policy any
}

// endpoints are of type gateway by default; those of other types lead to no service of AWS.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html
func endpoints(a *assembly.Assembly) (all []*Endpoint) {
	for _, r := range a.OfType(endpointType) {
		kind := Kind(text(r.Properties, "VpcEndpointType"))
		switch {
		case kind == "":
			kind = Gateway
		case !policy.IsKnown(string(kind)):
			kind = OpenKind
		case kind != Gateway && kind != Interface:
			continue
		}
		e := &Endpoint{Resource: r, Kind: kind, VPC: text(r.Properties, "VpcId"), Policy: r.Properties["PolicyDocument"]}
		e.Region, e.Service = splitService(text(r.Properties, "ServiceName"))
		all = append(all, e)
	}
	return all
}

// splitService takes com.amazonaws.REGION.SERVICE apart; in China some begin with "cn.". Unknown texts may have dots in their names.
// https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
func splitService(name string) (region, service string) {
	rest, ours := strings.CutPrefix(strings.TrimPrefix(name, "cn."), "com.amazonaws.")
	if !ours || strings.HasPrefix(rest, "vpce.") {
		return name, name
	}
	unknown := false
	for i := range len(rest) {
		switch {
		case rest[i] == 0:
			unknown = !unknown
		case rest[i] == '.' && !unknown:
			return rest[:i], rest[i+1:]
		}
	}
	return rest, rest
}

// serves says whether the endpoint is one of a service in a region.
func (e *Endpoint) serves(service, region string) policy.Answer {
	return all(same(e.Service, service), same(e.Region, region))
}

// is says whether it is of a kind.
func (e *Endpoint) is(kind Kind) policy.Answer {
	if e.Kind == OpenKind {
		return policy.Indeterminate
	}
	return answer(e.Kind == kind)
}
