package network

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// defaultCIDR is the VPC's block unless another one is configured.
const defaultCIDR = "10.0.0.0/16"

// AWS accepts blocks from /16 to /28, for VPCs and for subnets. The smallest subnet of a zone is 256 times smaller than the VPC.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
const (
	largestVPC  = 16
	smallestVPC = 28 - publicBits
)

// privateBlocks are the addresses that no host of the internet has.
// https://www.rfc-editor.org/rfc/rfc1918
// https://www.rfc-editor.org/rfc/rfc6598
var privateBlocks = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("100.64.0.0/10"),
}

// IsCIDR reports whether text is a block for a [SourceVpc]: IPv4, private addresses, a size between /16 and /20, and no address bits behind that.
func IsCIDR(text string) bool {
	block, err := netip.ParsePrefix(text)
	return err == nil && block.Addr().Is4() && block == block.Masked() && largestVPC <= block.Bits() && block.Bits() <= smallestVPC &&
		slices.ContainsFunc(privateBlocks, func(p netip.Prefix) bool { return p.Bits() <= block.Bits() && p.Contains(block.Addr()) })
}

// How many bits longer than the VPC's prefix those of its parts are.
const (
	zoneBits     = 5 // 32 parts, for the 26 letters
	privateBits  = zoneBits + 1
	isolatedBits = zoneBits + 2
	publicBits   = zoneBits + 3
)

// ranges are the blocks of a zone's subnets.
type ranges struct{ private, isolated, public netip.Prefix }

// rangesOf returns the blocks of a zone in a VPC. They depend on nothing but the VPC's block and the zone's letter, so that no change of the
// zones moves a subnet: a subnet that moves is created before the old one is deleted, and EC2 refuses two with the same addresses. Each letter
// has a 32nd of the VPC: the first half is for the private subnet, the next quarter for the isolated one, the next eighth for the public one.
func rangesOf(vpc netip.Prefix, letter byte) ranges {
	part := func(bits, index int) netip.Prefix {
		address := vpc.Addr().As4()
		size := uint32(1) << (32 - vpc.Bits() - bits)
		binary.BigEndian.PutUint32(address[:], binary.BigEndian.Uint32(address[:])+uint32(index)*size)
		return netip.PrefixFrom(netip.AddrFrom4(address), vpc.Bits()+bits)
	}
	zone := int(letter - 'a')
	return ranges{private: part(privateBits, 2*zone), isolated: part(isolatedBits, 4*zone+2), public: part(publicBits, 8*zone+6)}
}
