package network

import "github.com/crossgrant/crossgrant/policy"

// candidate is an endpoint of a kind that surely or perhaps is in the VPC and of the service.
type candidate struct {
	*Endpoint
	there, mine policy.Answer
}

// candidates are the endpoints of a kind that may serve: first those that are surely there.
func (k *walk) candidates(kind Kind) (found []candidate) {
	for _, l := range k.linked(endpointType, "VpcId", k.vpc.Ref, k.vpc) {
		e := k.endpoint[l.Resource]
		if e == nil {
			continue // of another type
		}
		if mine := all(l.sure, e.is(kind), e.serves(k.service, k.region)); mine != policy.No {
			found = append(found, candidate{e, l.sure, mine})
		}
	}
	return found
}

// unclear notes what of an endpoint is not known.
func (k *walk) unclear(e candidate, what string) policy.Answer {
	var why string
	switch {
	case e.there != policy.Yes && e.Resource.Conditional != "":
		why = "it exists on condition " + e.Resource.Conditional
	case e.there != policy.Yes:
		why = "its VPC is " + e.VPC
	case e.Kind == OpenKind:
		why = "its type is " + text(e.Resource.Properties, "VpcEndpointType")
	case e.mine != policy.Yes:
		why = "its service is " + text(e.Resource.Properties, "ServiceName")
	default:
		why = "its route tables are not all known"
	}
	return k.hop(policy.Indeterminate, e.Resource, "make known what "+title(e.Resource)+" is: "+why, "endpoint %s may be one of %s in VPC %s %s: %s",
		title(e.Resource), k.service, title(k.vpc), what, why)
}

// hasGateway says whether a service has gateway endpoints.
// https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html
func hasGateway(service string) bool {
	return service == "s3" || service == "dynamodb" || service == "s3express"
}
