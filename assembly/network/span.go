package network

import (
	"net/netip"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// span is the addresses of one end of a connection.
type span struct {
	public bool // those of a service of AWS, which are not known one by one
	// Otherwise those of a subnet: blocks have all of them, and bound is the smallest that is known. It is not valid if none is.
	blocks []string
	bound  netip.Prefix
}

// publicSpan is any addresses of the internet.
var publicSpan = span{public: true}

// spanOf is the addresses of a subnet, which are within the VPC's, if that has one block only.
func (c *catalog) spanOf(subnet *assembly.Resource) span {
	blocks := []string{text(subnet.Properties, "CidrBlock")}
	if vpc := c.find(vpcType, text(subnet.Properties, "VpcId")); vpc != nil && !c.hasMoreBlocks(vpc) {
		blocks = append(blocks, text(vpc.Properties, "CidrBlock"))
	}
	s := span{}
	for _, b := range blocks {
		if b != "" {
			s.blocks = append(s.blocks, b)
		}
		if p, err := netip.ParsePrefix(b); err == nil && !s.bound.IsValid() {
			s.bound = p.Masked()
		}
	}
	return s
}

// hasMoreBlocks says whether a VPC may have IPv4 blocks beside its own.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpccidrblock.html
func (c *catalog) hasMoreBlocks(vpc *assembly.Resource) bool {
	return slices.ContainsFunc(c.linked(cidrType, "VpcId", vpc.Ref, vpc), func(l linked) bool {
		return text(l.Properties, "CidrBlock")+text(l.Properties, "Ipv4IpamPoolId") != ""
	})
}

// within says whether all addresses are in a block, or none is.
func (s span) within(block string) policy.Answer {
	if block == "0.0.0.0/0" || slices.Contains(s.blocks, block) {
		return policy.Yes
	}
	p, err := netip.ParsePrefix(block)
	switch {
	case err != nil:
		return policy.Indeterminate
	case s.public && isPrivate(p):
		return policy.No
	case s.public:
		return policy.Indeterminate
	case !s.bound.IsValid():
		return policy.Indeterminate
	case p.Bits() <= s.bound.Bits() && p.Contains(s.bound.Addr()):
		return policy.Yes
	case p.Overlaps(s.bound):
		return policy.Indeterminate
	}
	return policy.No
}

// isPrivate says that no service of AWS has an address of a block.
// https://www.iana.org/assignments/iana-ipv4-special-registry
func isPrivate(p netip.Prefix) bool {
	return slices.ContainsFunc(special, func(s netip.Prefix) bool { return s.Bits() <= p.Bits() && s.Contains(p.Addr()) })
}

var special = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("224.0.0.0/3"),
}
