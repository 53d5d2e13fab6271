package simulate

import (
	"cmp"
	"net/netip"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/policy"
)

// addressKeys set from which address a request that is really made comes: through an endpoint from its own address in the VPC, otherwise from the public one
// that it has on its way, and if a service makes it from none.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-sourceip
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-vpcsourceip
func (w walk) addressKeys(q request, context map[string][]string) {
	switch {
	case q.path != nil && q.path.Endpoint != nil:
		delete(context, "aws:SourceIp")
		context["aws:VpcSourceIp"] = []string{w.ownAddress(q.path)}
	case context["aws:ViaAWSService"][0] == "true":
		delete(context, "aws:SourceIp")
	case q.path != nil:
		context["aws:SourceIp"] = []string{w.publicAddress(q.path)}
	}
}

// ownAddress is the private address of what runs in a subnet: that of the template, or the first one that AWS gives in the subnet, after the four that it keeps.
// Unknown if the subnet's addresses are.
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
func (w walk) ownAddress(path *network.Path) string {
	if given := text(w.From.Resource.Properties["PrivateIpAddress"]); given != "" {
		return given
	}
	for _, subnet := range w.model.Assembly.OfType("AWS::EC2::Subnet") {
		block, err := netip.ParsePrefix(text(subnet.Properties["CidrBlock"]))
		if subnet.Ref != path.Subnet || err != nil {
			continue
		}
		address := block.Masked().Addr()
		for range 4 {
			address = address.Next()
		}
		return address.String()
	}
	return policy.Unresolved("aws:VpcSourceIp of " + policy.Readable(path.Subnet))
}

// publicAddress is the address of the NAT gateway on a path, as far as it is that of an Elastic IP address of the templates. Unknown otherwise.
func (w walk) publicAddress(path *network.Path) string {
	for _, hop := range path.Hops {
		if hop.Resource == nil {
			continue
		}
		nat := w.byRef("AWS::EC2::NatGateway", text(hop.Resource.Properties["NatGatewayId"]))
		if nat == nil {
			continue
		}
		for _, address := range w.model.Assembly.OfType("AWS::EC2::EIP") {
			if text(nat.Properties["AllocationId"]) == policy.Unresolved(address.Stack.Label+"."+address.LogicalID+".AllocationId") && policy.IsKnown(address.Ref) {
				return address.Ref
			}
		}
		return policy.Unresolved("address of NAT gateway " + policy.Readable(nat.Ref))
	}
	return policy.Unresolved("public address of " + policy.Readable(cmp.Or(w.From.Resource.Name, w.From.Resource.LogicalID)))
}

// byRef is the resource of a type with a Ref. Nil for none.
func (w walk) byRef(kind, ref string) *assembly.Resource {
	for _, r := range w.model.Assembly.OfType(kind) {
		if ref != "" && r.Ref == ref {
			return r
		}
	}
	return nil
}
