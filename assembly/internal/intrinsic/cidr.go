package intrinsic

import (
	"math/big"
	"net/netip"
	"strconv"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/policy"
)

// cidr returns the first CIDR blocks of a size within another block.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html
func (e *Evaluation) cidr(argument any) any {
	l, ok := arguments(argument, 3, 3)
	if !ok {
		return e.Unknown("found a value that is not a list of three, expected a CIDR block, a count and the number of bits")
	}
	var parts [3]string
	for i := range parts {
		if parts[i], ok = e.textAt(i, l[i]); !ok {
			return e.Unknown("found argument %d, which is neither a string nor a number, expected one of them", i)
		}
	}
	if !policy.IsKnown(parts[0] + parts[1] + parts[2]) {
		return e.Derived("Fn::Cidr", parts[0], parts[1], parts[2])
	}
	block, err := netip.ParsePrefix(parts[0])
	count, notCount := strconv.Atoi(parts[1])
	bits, notBits := strconv.Atoi(parts[2])
	if err != nil || block != block.Masked() || notCount != nil || notBits != nil || count < 1 || count > 256 || bits < 0 {
		return e.Unknown("found %q, %q and %q, expected a CIDR block, a count from 1 to 256 and the number of bits",
			parts[0], parts[1], parts[2])
	}
	size := block.Addr().BitLen() - bits
	free := size - block.Bits()
	if free < 0 || free < 9 && count > 1<<free {
		return e.Unknown("found %s, expected a block with room for %d blocks of %d bits", block, count, bits)
	}
	all := make([]any, count)
	first := new(big.Int).SetBytes(block.Addr().AsSlice())
	for i := range all {
		at := new(big.Int).Add(first, new(big.Int).Lsh(big.NewInt(int64(i)), uint(bits)))
		address, _ := netip.AddrFromSlice(at.FillBytes(make([]byte, block.Addr().BitLen()/8)))
		all[i] = netip.PrefixFrom(address, size).String()
	}
	return all
}

// getAZs returns an unknown list, the same for the same account and region: the zones depend on the account.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getavailabilityzones.html
func (e *Evaluation) getAZs(argument any) any {
	region, ok := document.Text(e.Value(argument))
	if !ok {
		return e.Unknown("found a value that is not a string, expected a region")
	}
	if region == "" {
		region = e.Region
	}
	return e.Derived("Fn::GetAZs", e.Account, region)
}
