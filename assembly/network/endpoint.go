package network

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Kind is the type of a VPC endpoint.
type Kind string

const (
	// Gateway endpoints are targets in route tables.
	Gateway Kind = "Gateway"
	// Interface endpoints have addresses in subnets.
	Interface Kind = "Interface"
	// UnknownKind is the kind of an endpoint whose type is unknown.
	UnknownKind Kind = "unknown"
)

// Endpoint is a VPC endpoint of an AWS service.
type Endpoint struct {
	// Resource defines the endpoint; its Ref is the endpoint's id.
	Resource *assembly.Resource
	// Service and Region are the parts of the service name, such as "sts" and "eu-west-1". They may be unresolved. For a service that is
	// not one of AWS, both are the whole name.
	Service, Region string
	// Kind is Gateway, Interface or UnknownKind.
	Kind Kind
	// VPC is the id of its VPC. It may be unresolved.
	VPC string
	// Policy is the endpoint policy as resolved: an object or a string. Nil for the default policy, which allows everything.
	Policy any
}

// endpoints returns the gateway and interface endpoints. The default type is gateway; other types do not lead to AWS services.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcendpoint.html
func endpoints(a *assembly.Assembly) (all []*Endpoint) {
	for _, r := range a.OfType(endpointType) {
		kind := Kind(text(r.Properties, "VpcEndpointType"))
		switch {
		case kind == "":
			kind = Gateway
		case !policy.IsKnown(string(kind)):
			kind = UnknownKind
		case kind != Gateway && kind != Interface:
			continue
		}
		e := &Endpoint{Resource: r, Kind: kind, VPC: text(r.Properties, "VpcId"), Policy: r.Properties["PolicyDocument"]}
		e.Region, e.Service = splitService(text(r.Properties, "ServiceName"))
		all = append(all, e)
	}
	return all
}

// splitService splits com.amazonaws.REGION.SERVICE. In China some names begin with "cn.". The names of unknown values may have dots.
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

// serves reports whether the endpoint is for a service in a region.
func (e *Endpoint) serves(service, region string) policy.Answer {
	return all(same(e.Service, service), same(e.Region, region))
}

// is reports whether the endpoint is of a kind.
func (e *Endpoint) is(kind Kind) policy.Answer {
	if e.Kind == UnknownKind {
		return policy.Indeterminate
	}
	return answer(e.Kind == kind)
}

// hasGateway reports whether a service has gateway endpoints.
// https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
func hasGateway(service string) bool {
	return service == "s3" || service == "dynamodb" || service == "s3express"
}
