package network

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// direction has the properties and types of rules for one direction of traffic.
type direction struct{ property, kind, group, prefixList string }

var (
	outbound = direction{"SecurityGroupEgress", egressType, "DestinationSecurityGroupId", "DestinationPrefixListId"}
	inbound  = direction{"SecurityGroupIngress", ingressType, "SourceSecurityGroupId", "SourcePrefixListId"}
)

// peer is the other end of a connection.
type peer struct {
	groups    []string // none for the public addresses of a service
	addresses addresses
	service   string // the name of the service whose public addresses they are, such as com.amazonaws.eu-west-1.s3; "" for those of any
}

// groupsOf returns the security groups of an interface in a VPC: the default group of the VPC if none is named.
// https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html
func groupsOf(named []string, vpc *assembly.Resource) []string {
	if len(named) == 0 {
		return []string{attribute(vpc, defaultGroup)}
	}
	return named
}

// groupsAllow reports whether any of some groups allows TCP 443 in a direction. Security groups are stateful: responses need no rule. If the
// answer is indeterminate, unknown is the reason of the first such rule.
// https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html
func (c *catalog) groupsAllow(groups []string, d direction, other peer, vpc *assembly.Resource) (best policy.Answer, unknown string) {
	best = policy.No
	var blocks []string // of the rules that allow it from or to a part
	for _, id := range groups {
		for _, rule := range c.rules(id, d, vpc) {
			allows := all(rule.sure, rule.https())
			if allows == policy.Yes {
				blocks = append(blocks, c.blocksOf(rule.fields, d)...)
			}
			passes := all(allows, c.matchesPeer(rule.fields, d, other))
			if best = some(best, passes); passes == policy.Indeterminate && unknown == "" {
				unknown = rule.reason(d)
			}
		}
	}
	if best == policy.Indeterminate && other.addresses.withinAll(blocks) {
		return policy.Yes, ""
	}
	return best, unknown
}

// blocksOf are the IPv4 blocks that a rule is for, also those of its prefix list.
func (c *catalog) blocksOf(fields any, d direction) []string {
	if block := text(fields, "CidrIp"); block != "" {
		return []string{block}
	}
	var blocks []string
	if r := c.find(prefixListType, text(fields, d.prefixList)); r != nil {
		for _, entry := range list(r.Properties, "Entries") {
			blocks = append(blocks, text(entry, "Cidr"))
		}
	}
	return blocks
}

// rules returns the rules of a group in one direction: those in its properties, those that are resources, and the defaults of AWS.
func (c *catalog) rules(id string, d direction, vpc *assembly.Resource) (all []rule) {
	for _, r := range c.references(d.kind, "GroupId", id, vpc) {
		all = append(all, rule{r.Properties, r.sure, "of resource " + label(r.Resource)})
	}
	if c.id(id) == attribute(vpc, defaultGroup) {
		return append(all, c.defaultRules(id, d, vpc)...)
	}
	group := c.find(groupType, id)
	if group == nil {
		return append(all, unknownRule("of the group, which no template here defines,"))
	}
	given := list(group.Properties, d.property)
	for _, fields := range given {
		if _, is := fields.(map[string]any); is {
			all = append(all, rule{fields, policy.Yes, "of the group"})
		} else {
			all = append(all, unknownRule("of the group, which is unresolved,"))
		}
	}
	if len(given) == 0 && d == outbound {
		all = append(all, defaultEgress(len(all) == 0))
	}
	return all
}

// defaultEgress returns the rule that AWS adds to a group without egress rules. Whether rules that are resources remove it is not documented.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
func defaultEgress(alone bool) rule {
	if alone {
		return rule{everything, policy.Yes, ""}
	}
	return unknownRule("that AWS adds by default, unless other rules have removed it,")
}

// defaultRules returns the rules of a VPC's default group, unless the CDK removes them: all outbound traffic, and inbound from the group itself.
func (c *catalog) defaultRules(id string, d direction, vpc *assembly.Resource) []rule {
	sure := policy.Yes
	for _, r := range c.references(restrictType, "DefaultSecurityGroupId", id, vpc) {
		if sure = policy.Indeterminate; r.sure == policy.Yes {
			return nil
		}
	}
	if d == outbound {
		return []rule{{everything, sure, "that AWS adds by default"}}
	}
	return []rule{{map[string]any{"IpProtocol": "-1", d.group: id}, sure, "that AWS adds by default"}}
}

// rule is a rule of a security group; sure reports whether it exists, and where says where it is defined.
type rule struct {
	fields any
	sure   policy.Answer
	where  string
}

// everything has the fields of a rule that allows all traffic.
var everything = map[string]any{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}

// unknownRule returns a rule of which nothing is known.
func unknownRule(where string) rule { return rule{everything, policy.Indeterminate, where} }

// reason says what is unknown about a rule.
func (r rule) reason(d direction) string {
	if r.sure != policy.Yes {
		return "a rule " + r.where + " may allow it"
	}
	peer := text(r.fields, "CidrIp") + text(r.fields, d.group) + text(r.fields, d.prefixList)
	return "the rule for " + peer + " " + r.where + " allows part of it, is unresolved, or names something that no template here defines"
}

// https reports whether a rule includes TCP 443. For a protocol other than TCP, UDP and ICMP a rule includes all ports of that protocol only.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-ec2-securitygroup-egress.html
func (r rule) https() policy.Answer {
	switch protocol := text(r.fields, "IpProtocol"); {
	case protocol == "-1":
		return policy.Yes
	case !policy.IsKnown(protocol):
		return policy.Indeterminate
	case protocol != "tcp" && protocol != "TCP" && protocol != "6":
		return policy.No
	}
	from, known := number(r.fields, "FromPort")
	to, alsoKnown := number(r.fields, "ToPort")
	if !known || !alsoKnown {
		return policy.Indeterminate
	}
	return answer(from <= 443 && 443 <= to)
}

// matchesPeer reports whether a rule includes the other end. A group stands for the private addresses of its members.
func (c *catalog) matchesPeer(fields any, d direction, other peer) policy.Answer {
	if block := text(fields, "CidrIp"); block != "" {
		return other.addresses.within(block)
	}
	if group := text(fields, d.group); group != "" {
		best := policy.No
		for _, id := range other.groups {
			best = some(best, c.is(id, group))
		}
		return best
	}
	if id := text(fields, d.prefixList); id != "" {
		if r := c.find(prefixListType, id); r != nil && other.service != "" && text(r.Properties, "PrefixListName") == other.service {
			return policy.Yes // AWS's own list of the service
		}
		return c.withinList(other.addresses, id)
	}
	if text(fields, "SourceSecurityGroupName") != "" {
		return policy.Indeterminate // names are for the default VPC of the account
	}
	return policy.No // an IPv6 block, or nothing
}

// passGroups adds the hop of security groups for TCP 443. If they do not allow it, the hop names the subnet of the other end; nil for none.
func (k *walk) passGroups(ids []string, d direction, other peer, what string, subnet *assembly.Resource) policy.Answer {
	passes, unknown := k.groupsAllow(ids, d, other, k.vpc)
	var r *assembly.Resource
	if len(ids) == 1 {
		r = k.defined[k.id(ids[0])]
	}
	if passes == policy.Yes {
		return k.hop(passes, r, "", "security groups %s allow TCP 443 %s", k.names(ids), what)
	}
	if subnet != nil {
		what += " in subnet " + label(subnet)
	}
	if passes == policy.Indeterminate {
		for _, id := range ids {
			if k.find(groupType, id) == nil && k.id(id) != attribute(k.vpc, defaultGroup) {
				k.missing(k.vpc.Ref, id)
			}
			for _, rule := range k.rules(id, d, k.vpc) {
				if list := text(rule.fields, d.prefixList); strings.HasPrefix(list, "pl-") && k.find(prefixListType, list) == nil {
					k.missing("", list)
				}
			}
		}
	}
	remedy := "add a rule to " + k.names(ids) + " that allows TCP 443 " + what + k.ownWords(r, d)
	k.by(k.newRule(r, d, other)...)
	if passes == policy.No {
		return k.hop(passes, r, remedy, "security groups %s do not allow TCP 443 %s", k.names(ids), what)
	}
	return k.hop(passes, r, remedy, "security groups %s may allow TCP 443 %s: %s", k.names(ids), what, unknown)
}

// ownWords are those of this module's construct for a rule of the group of its STS endpoint, which has its VPC beside it. "" for any other group.
func (k *walk) ownWords(group *assembly.Resource, d direction) string {
	const groupPath, vpcPath = "/STS/SecurityGroup/Resource", "/Vpc/Resource"
	if group == nil || k.vpc == nil || d != inbound || !strings.HasSuffix(group.Path, groupPath) || k.vpc.Path != strings.TrimSuffix(group.Path, groupPath)+vpcPath {
		return ""
	}
	return " (of a SourceVpc, call its AllowSTSFrom)"
}

// newRule is a rule of a group for TCP 443, for the groups of the other end, or else for its addresses. None where no template has the group.
func (k *walk) newRule(group *assembly.Resource, d direction, other peer) []assembly.Change {
	if group == nil || group.Type != groupType {
		return nil
	}
	properties := map[string]any{"GroupId": map[string]any{"Fn::GetAtt": []any{group.LogicalID, "GroupId"}}, "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
	id := group.LogicalID + d.property
	if len(other.groups) == 0 {
		properties["CidrIp"] = "0.0.0.0/0"
	} else if peer := k.defined[k.id(other.groups[0])]; peer != nil && peer.Type == groupType && peer.Stack == group.Stack {
		properties[d.group] = map[string]any{"Fn::GetAtt": []any{peer.LogicalID, "GroupId"}}
		id += peer.LogicalID
	} else if block := text(k.vpc.Properties, "CidrBlock"); block != "" && policy.IsKnown(block) {
		properties["CidrIp"] = block
	} else {
		return nil
	}
	return []assembly.Change{{Edit: assembly.SetValue, Stack: group.Stack, LogicalID: id, Value: map[string]any{"Type": d.kind, "Properties": properties}}}
}

// names returns the names of security groups for messages.
func (k *walk) names(ids []string) string {
	var all []string
	for _, id := range ids {
		switch r := k.defined[k.id(id)]; {
		case r == nil:
			all = append(all, id+" (not defined in any template here)")
		case r.Type == vpcType:
			all = append(all, "the default group of VPC "+label(r))
		default:
			all = append(all, label(r))
		}
	}
	return strings.Join(all, ", ")
}
