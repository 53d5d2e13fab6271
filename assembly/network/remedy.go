package network

import "github.com/crossgrant/crossgrant/policy"

// noWay says what leads to the service from where nothing does: an endpoint that is there and not used, or a new one.
func (k *walk) noWay() string {
	name := "com.amazonaws." + k.region + "." + k.service
	for _, l := range k.linked(endpointType, "VpcId", k.vpc.Ref, k.vpc) {
		e := k.endpoint[l.Resource]
		if e == nil || e.serves(k.service, k.region) != policy.Yes {
			continue
		}
		if e.Kind == Interface && !hasGateway(k.service) {
			return "set PrivateDnsEnabled of interface endpoint " + title(e.Resource) + " to true" + k.globalName()
		}
		if _, table, _ := k.tableOf(k.subnet); e.Kind == Gateway && table != nil {
			return "add route table " + title(table) + " to gateway endpoint " + title(e.Resource)
		}
	}
	if hasGateway(k.service) {
		return "add " + name + " as a gateway endpoint with the route table of subnet " + title(k.subnet) + ", or a NAT gateway"
	}
	return "add " + name + " as an interface endpoint with private DNS to VPC " + title(k.vpc) + ", or a NAT gateway" + k.globalName()
}

// globalName is what an endpoint of STS leaves out.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sts_vpc_endpoint_create.html
func (k *walk) globalName() string {
	if k.service != "sts" {
		return ""
	}
	return "; an endpoint is for sts." + k.region + ".amazonaws.com only, not for the global sts.amazonaws.com"
}
