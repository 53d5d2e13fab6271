package network

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/internal/sample"
)

// The layout is fixed for all times: another one would move the subnets of what is deployed.
func TestRanges(t *testing.T) {
	for _, c := range []struct {
		vpc                       string
		letter                    byte
		private, isolated, public string
	}{
		{"10.0.0.0/16", 'a', "10.0.0.0/22", "10.0.4.0/23", "10.0.6.0/24"},
		{"10.0.0.0/16", 'b', "10.0.8.0/22", "10.0.12.0/23", "10.0.14.0/24"},
		{"10.0.0.0/16", 'c', "10.0.16.0/22", "10.0.20.0/23", "10.0.22.0/24"},
		{"10.0.0.0/16", 'z', "10.0.200.0/22", "10.0.204.0/23", "10.0.206.0/24"},
		{"172.16.32.0/20", 'a', "172.16.32.0/26", "172.16.32.64/27", "172.16.32.96/28"},
		{"172.16.32.0/20", 'd', "172.16.33.128/26", "172.16.33.192/27", "172.16.33.224/28"},
	} {
		found := rangesOf(netip.MustParsePrefix(c.vpc), c.letter)
		if found.private.String() != c.private || found.isolated.String() != c.isolated || found.public.String() != c.public {
			t.Errorf("zone %c of %s: found %v, expected private %s, isolated %s, public %s", c.letter, c.vpc, found, c.private, c.isolated, c.public)
		}
	}
}

// EC2 accepts subnets from /16 to /28 inside the VPC's block that do not overlap.
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
func TestRangesOfAllZonesFit(t *testing.T) {
	for _, block := range []string{"10.0.0.0/16", "192.168.128.0/17", "100.64.192.0/18", "172.31.224.0/19", "10.255.240.0/20"} {
		vpc := netip.MustParsePrefix(block)
		if !IsCIDR(block) {
			t.Errorf("%s: found it refused", block)
		}
		var all []netip.Prefix
		for letter := byte('a'); letter <= 'z'; letter++ {
			r := rangesOf(vpc, letter)
			for _, one := range []netip.Prefix{r.private, r.isolated, r.public} {
				if one != one.Masked() || one.Bits() < 16 || one.Bits() > 28 || !vpc.Contains(one.Addr()) || one.Bits() <= vpc.Bits() {
					t.Errorf("%s, zone %c: found %s", block, letter, one)
				}
				for _, other := range all {
					if one.Overlaps(other) {
						t.Errorf("%s, zone %c: found %s, which overlaps %s", block, letter, one, other)
					}
				}
				all = append(all, one)
			}
		}
	}
}

func TestIsCIDR(t *testing.T) {
	for _, text := range []string{
		"", "10.0.0.0", "10.0.0.0/15", "10.0.0.0/21", "10.0.1.0/16", "52.0.0.0/16", "172.32.0.0/16", "192.169.0.0/16", "100.128.0.0/16", "169.254.0.0/16",
		"fd00::/16", "::ffff:10.0.0.0/112", "10.0.0.0/16 ",
	} {
		if IsCIDR(text) {
			t.Errorf("%q: found it accepted", text)
		}
	}
}

// zoneResources are the subnets of a zone with what they have: tables, associations, routes and their targets in the same zone.
func zoneResources(t *testing.T, props SourceVpcProps, letters string) map[string]string {
	t.Helper()
	for i := range len(letters) {
		props.AvailabilityZones = append(props.AvailabilityZones, "ap-northeast-1"+letters[i:i+1])
	}
	f := newStack(t)
	NewSourceVpc(f.stack, "Network", props)
	all := map[string]string{}
	for id, r := range f.template(t).Resources {
		if strings.HasPrefix(id, "Network") && strings.Contains(id, "Subnet") && !strings.Contains(id, "NAT") && !strings.Contains(id, "EIP") {
			all[id] = r.Type + " " + asJSON(r.Properties)
		}
	}
	return all
}

// Whatever zones are added, removed or swapped: what both templates have is the same in both, but for routes to a NAT that moved, and no subnets of the
// two overlap, since new ones are created before old ones are deleted. With -short, by a sample.
func TestZonesChange(t *testing.T) {
	random := rand.New(rand.NewPCG(sample.Seed(t), 2))
	some := func() string {
		var letters strings.Builder
		for _, i := range random.Perm(26)[:2+random.IntN(4)] {
			letters.WriteByte(byte('a' + i))
		}
		return letters.String()
	}
	pairs := [][2]string{{"ac", "acd"}, {"ac", "ca"}, {"ac", "dc"}, {"abcdef", "fedcba"}}
	for range 6 {
		pairs = append(pairs, [2]string{some(), some()})
	}
	kinds := func(pair [2]string) []string {
		return []string{fmt.Sprint("the first stays: ", pair[0][0] == pair[1][0]), fmt.Sprint("more zones: ", len(pair[0]) < len(pair[1])), fmt.Sprint("fewer zones: ", len(pair[0]) > len(pair[1]))}
	}
	for _, pair := range sample.Of(t, sample.Seed(t), pairs, kinds) {
		props := SourceVpcProps{Isolated: true}
		before, after := zoneResources(t, props, pair[0]), zoneResources(t, props, pair[1])
		if len(before) < 3*len(pair[0]) {
			t.Fatalf("%s: found %d resources of subnets", pair[0], len(before))
		}
		blocks := map[netip.Prefix]string{}
		for _, id := range slices.Concat(slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after))) {
			old, isOld := before[id]
			now, isNew := after[id]
			if isOld && isNew && old != now && (pair[0][0] == pair[1][0] || !strings.Contains(old, "NatGatewayId")) {
				t.Errorf("%q to %q: found %s changed from %s to %s", pair[0], pair[1], id, old, now)
			}
			text := old + now
			_, block, isSubnet := strings.Cut(text, `"CidrBlock":"`)
			if !isSubnet {
				continue
			}
			block, _, _ = strings.Cut(block, `"`)
			for other, its := range blocks {
				if its != id && other.Overlaps(netip.MustParsePrefix(block)) {
					t.Errorf("%q to %q: found %s of %s, which overlaps %s of %s", pair[0], pair[1], block, id, other, its)
				}
			}
			blocks[netip.MustParsePrefix(block)] = id
		}
	}
}

// Two NAT gateways cannot have one Elastic IP address: a NAT that moves to another zone gets a new one.
func TestNATMoves(t *testing.T) {
	nat := func(zones ...string) string {
		f := newStack(t)
		NewSourceVpc(f.stack, "Network", SourceVpcProps{AvailabilityZones: zones})
		template := f.template(t)
		return strings.Join(slices.Concat(ofType(template, "AWS::EC2::NatGateway"), ofType(template, "AWS::EC2::EIP")), " ")
	}
	ac, acb, bca := nat("ap-northeast-1a", "ap-northeast-1c"), nat("ap-northeast-1a", "ap-northeast-1c", "ap-northeast-1b"), nat("ap-northeast-1b", "ap-northeast-1c", "ap-northeast-1a")
	if ac != acb {
		t.Errorf("found %s and %s, expected the same NAT with the same first zone", ac, acb)
	}
	for _, id := range strings.Fields(ac) {
		if strings.Contains(bca, id) {
			t.Errorf("found %s in %s, expected none of the other zone's", id, bca)
		}
	}
}
