package network

import (
	"net/netip"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// addresses are the addresses of one end of a connection.
type addresses struct {
	public bool // those of an AWS service, which are not known individually
	// Otherwise those of a subnet: each block contains all of them, and bound is the smallest block that is known, invalid if none is.
	blocks []string
	bound  netip.Prefix
}

// publicAddresses are any addresses on the internet.
var publicAddresses = addresses{public: true}

// addressesOf returns the addresses of a subnet. They are within the VPC's block if the VPC has only one.
func (c *catalog) addressesOf(subnet *assembly.Resource) addresses {
	blocks := []string{text(subnet.Properties, "CidrBlock")}
	if vpc := c.find(vpcType, text(subnet.Properties, "VpcId")); vpc != nil && !c.hasMoreBlocks(vpc) {
		blocks = append(blocks, text(vpc.Properties, "CidrBlock"))
	}
	s := addresses{}
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

// hasMoreBlocks reports whether a VPC may have secondary IPv4 blocks.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-vpccidrblock.html
func (c *catalog) hasMoreBlocks(vpc *assembly.Resource) bool {
	return slices.ContainsFunc(c.references(cidrType, "VpcId", vpc.Ref, vpc), func(l reference) bool {
		return text(l.Properties, "CidrBlock")+text(l.Properties, "Ipv4IpamPoolId") != ""
	})
}

// within reports whether all addresses are in a block, or none of them.
func (s addresses) within(block string) policy.Answer {
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

// withinAll reports whether some blocks have all addresses together. Those that no AWS service has need not be in them.
func (s addresses) withinAll(blocks []string) bool {
	var have []netip.Prefix
	for _, block := range blocks {
		if p, err := netip.ParsePrefix(block); err == nil && p.Addr().Is4() {
			have = append(have, p.Masked())
		}
	}
	if s.public {
		return covered(netip.MustParsePrefix("0.0.0.0/0"), append(have, special...))
	}
	return s.bound.IsValid() && covered(s.bound, have)
}

// covered reports whether each address of a block is in one of others: in one that has all of it, or those of each half are.
func covered(block netip.Prefix, by []netip.Prefix) bool {
	inside := false
	for _, p := range by {
		if p.Bits() <= block.Bits() && p.Contains(block.Addr()) {
			return true
		}
		inside = inside || block.Overlaps(p)
	}
	if !inside || block.Bits() == 32 {
		return false
	}
	upper := block.Addr().As4()
	upper[block.Bits()/8] |= 0x80 >> (block.Bits() % 8)
	bits := block.Bits() + 1
	return covered(netip.PrefixFrom(block.Addr(), bits), by) && covered(netip.PrefixFrom(netip.AddrFrom4(upper), bits), by)
}

// isPrivate reports whether no AWS service has an address in a block.
// https://www.iana.org/assignments/iana-ipv4-special-registry
func isPrivate(p netip.Prefix) bool {
	return slices.ContainsFunc(special, func(s netip.Prefix) bool { return s.Bits() <= p.Bits() && s.Contains(p.Addr()) })
}

var special = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("127.0.0.0/8"),
	netip.MustParsePrefix("224.0.0.0/3"),
}

// withinList reports whether all addresses are in a prefix list, or none of them. The entries of AWS-managed lists are unknown.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-prefixlist.html
func (c *catalog) withinList(s addresses, id string) policy.Answer {
	r := c.find(prefixListType, id)
	if r == nil {
		return policy.Indeterminate
	}
	best := policy.No
	for _, entry := range list(r.Properties, "Entries") {
		best = some(best, s.within(text(entry, "Cidr")))
	}
	return best
}
