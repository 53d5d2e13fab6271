package network

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// groups notes whether security groups let TCP 443 pass, and where the other end is if that fails. Nil for no subnet.
func (k *walk) groups(ids []string, d direction, other peer, what string, subnet *assembly.Resource) policy.Answer {
	passes, open := k.lets(ids, d, other, k.vpc)
	var r *assembly.Resource
	if len(ids) == 1 {
		r = k.defined[k.id(ids[0])]
	}
	if passes == policy.Yes {
		return k.hop(passes, r, "", "security groups %s let TCP 443 %s", k.names(ids), what)
	}
	if subnet != nil {
		what += " in subnet " + title(subnet)
	}
	remedy := "let TCP 443 " + what + " by a rule of " + k.names(ids)
	if passes == policy.No {
		return k.hop(passes, r, remedy, "security groups %s do not let TCP 443 %s", k.names(ids), what)
	}
	return k.hop(passes, r, remedy, "security groups %s may let TCP 443 %s: %s", k.names(ids), what, open)
}

// names are those of security groups.
func (k *walk) names(ids []string) string {
	var all []string
	for _, id := range ids {
		switch r := k.defined[k.id(id)]; {
		case r == nil:
			all = append(all, id+" (defined by no template here)")
		case r.Type == vpcType:
			all = append(all, "the default group of VPC "+title(r))
		default:
			all = append(all, title(r))
		}
	}
	return strings.Join(all, ", ")
}

// outward says whether the workload's groups and its subnet's ACL let it out to public addresses.
func (k *walk) outward(what string) {
	groups := groupsOf(k.workload.SecurityGroups, k.vpc)
	k.groups(groups, out, peer{span: publicSpan}, "out to "+what, nil)
	k.side(k.subnet, policy.Yes, publicSpan, what)
}
