package network

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// passPublicBlock adds a hop if VPC Block Public Access stops requests at the internet gateway. In both modes it blocks what does not come from a
// NAT gateway, and block-bidirectional that as well, but not what VPCs and subnets are excluded from. subnets are all that a request starts in: of the
// workload, and of the NAT gateway or instance. Nil is one that is not known.
// https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa.html
func (k *walk) passPublicBlock(nat bool, subnets ...*assembly.Resource) policy.Answer {
	sum := policy.Yes
	for _, options := range k.app.OfType(publicBlockType) {
		if !mayShareEnvironment(options.Stack, k.vpc.Stack) {
			continue
		}
		mode := text(options.Properties, "InternetGatewayBlockMode")
		if nat && mode == "block-ingress" {
			continue
		}
		passes := k.excluded(nat, mode, subnets)
		certain := all(exists(options, k.vpc), same(options.Stack.Account, k.vpc.Stack.Account), same(options.Stack.Region, k.vpc.Stack.Region)) == policy.Yes
		if passes == policy.No && (!certain || mode != "block-bidirectional" && mode != "block-ingress") {
			passes = policy.Indeterminate
		}
		if passes != policy.Yes {
			sum = all(sum, k.toEndpoint().hop(passes, options, "exclude VPC "+label(k.vpc)+" from "+label(options)+" by an AWS::EC2::VPCBlockPublicAccessExclusion; or "+k.endpointRemedy(),
				"%s blocks traffic to internet gateways (InternetGatewayBlockMode %s)%s, and VPC %s is not excluded", label(options), mode, ifUnknown(passes), label(k.vpc)))
		}
	}
	return sum
}

// excluded reports whether the VPC, or each of the subnets, is excluded from blocking. Whether an exclusion of some of the subnets is enough, and
// whether one for egress is for public addresses of instances, no page says. One for egress has no effect on block-ingress.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpcblockpublicaccessexclusion.html
func (k *walk) excluded(nat bool, mode string, subnets []*assembly.Resource) policy.Answer {
	whole := policy.No
	each := make([]policy.Answer, len(subnets))
	for i := range each {
		each[i] = policy.No
	}
	for _, r := range k.app.OfType(publicExclusionType) {
		allows := exists(r, k.vpc)
		switch exclusion := text(r.Properties, "InternetGatewayExclusionMode"); {
		case exclusion == "allow-bidirectional" || exclusion == "allow-egress" && nat:
		case exclusion == "allow-egress" && mode == "block-ingress":
			continue
		default:
			allows = policy.Indeterminate
		}
		if vpc := text(r.Properties, "VpcId"); vpc != "" {
			whole = some(whole, all(allows, k.is(vpc, k.vpc.Ref)))
		}
		for i, subnet := range subnets {
			if id := text(r.Properties, "SubnetId"); id != "" && subnet != nil {
				each[i] = some(each[i], all(allows, k.is(id, subnet.Ref)))
			}
		}
	}
	return some(whole, unanimous(each...))
}
