package network

import (
	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Directions of traffic, as the properties and types of rules call them.
type direction struct{ property, kind, group, prefixList string }

var (
	out  = direction{"SecurityGroupEgress", egressType, "DestinationSecurityGroupId", "DestinationPrefixListId"}
	into = direction{"SecurityGroupIngress", ingressType, "SourceSecurityGroupId", "SourcePrefixListId"}
)

// peer is the other end of a connection.
type peer struct {
	groups []string // of a service's public addresses none
	span   span
}

// groupsOf are the groups of an interface in a VPC: the VPC's default one where none is named.
// https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
func groupsOf(named []string, vpc *assembly.Resource) []string {
	if len(named) == 0 {
		return []string{attribute(vpc, defaultGroup)}
	}
	return named
}

// lets says whether any of some groups lets TCP 443 pass in a direction. Answers to what they let in or out need no rule.
// https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
//
// Why the first rule is open that is, comes with it.
func (c *catalog) lets(groups []string, d direction, other peer, vpc *assembly.Resource) (best policy.Answer, open string) {
	best = policy.No
	for _, id := range groups {
		for _, rule := range c.rules(id, d, vpc) {
			passes := all(rule.sure, rule.https(), c.meets(rule.fields, d, other))
			if best = some(best, passes); passes == policy.Indeterminate && open == "" {
				open = rule.why(d)
			}
		}
	}
	return best, open
}

// rules are all of a group in one direction: its own, those that are resources, and what AWS begins with.
func (c *catalog) rules(id string, d direction, vpc *assembly.Resource) (all []rule) {
	for _, r := range c.linked(d.kind, "GroupId", id, vpc) {
		all = append(all, rule{r.Properties, r.sure, "of resource " + title(r.Resource)})
	}
	if c.id(id) == attribute(vpc, defaultGroup) {
		return append(all, c.defaultRules(id, d, vpc)...)
	}
	group := c.find(groupType, id)
	if group == nil {
		return append(all, anything("of the group, which no template here defines"))
	}
	given := list(group.Properties, d.property)
	for _, fields := range given {
		if _, is := fields.(map[string]any); is {
			all = append(all, rule{fields, policy.Yes, "of the group"})
		} else {
			all = append(all, anything("of the group, which is unresolved"))
		}
	}
	if len(given) == 0 && d == out {
		all = append(all, allowAll(len(all) == 0))
	}
	return all
}

// allowAll is the rule that AWS gives a group without egress rules. Whether rules of their own take it away again is not documented.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
func allowAll(alone bool) rule {
	if alone {
		return rule{everything, policy.Yes, ""}
	}
	return anything("that AWS begins with, which rules of their own may have taken away")
}

// defaultRules are those of a VPC's default group: everything out, and in from the group itself, unless the CDK takes them away.
func (c *catalog) defaultRules(id string, d direction, vpc *assembly.Resource) []rule {
	sure := policy.Yes
	for _, r := range c.linked(restrictType, "DefaultSecurityGroupId", id, vpc) {
		if sure = policy.Indeterminate; r.sure == policy.Yes {
			return nil
		}
	}
	if d == out {
		return []rule{{everything, sure, "that AWS begins with"}}
	}
	return []rule{{map[string]any{"IpProtocol": "-1", d.group: id}, sure, "that AWS begins with"}}
}
