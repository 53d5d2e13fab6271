package network

import (
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// ports is a range of TCP ports.
type ports struct{ from, to int }

var (
	https = ports{443, 443}
	// answers may go to any of these; which ones a workload really uses depends on its system.
	// https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html
	ephemeral = ports{1024, 65535}
)

// acl returns the id of a subnet's network ACL, without any that of its VPC, and whether that is sure.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-subnetnetworkaclassociation.html
func (c *catalog) acl(subnet *assembly.Resource) (id string, by *assembly.Resource, sure policy.Answer) {
	association, sure := surely(c.linked(aclAssociationType, "SubnetId", subnet.Ref, subnet))
	if sure == policy.No {
		vpc := c.find(vpcType, text(subnet.Properties, "VpcId"))
		if vpc == nil {
			return "", subnet, policy.Indeterminate
		}
		return attribute(vpc, defaultACL), subnet, policy.Yes
	}
	return c.id(text(association.Properties, "NetworkAclId")), association, sure
}

// passes says whether a network ACL lets packets to or from some ports pass. The first entry by number counts that is about a packet, and
// what no entry is about is denied.
// https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
func (c *catalog) passes(acl string, around *assembly.Resource, egress policy.Answer, other span, p ports) policy.Answer {
	r := c.defined[acl]
	if r == nil {
		return policy.Indeterminate
	}
	numbered, found := c.entries(acl, around, egress, other, p)
	if r.Type == vpcType { // that of a VPC begins with one that allows everything
		numbered = append(numbered, entry{100, policy.Yes, policy.Yes})
	}
	slices.SortStableFunc(numbered, func(a, b entry) int { return a.number - b.number })
	numbered = append(numbered, entry{matches: policy.Yes, allows: policy.No})
	for _, e := range numbered {
		if e.matches != policy.No {
			found = append(found, e.allows)
		}
		if e.matches == policy.Yes {
			break
		}
	}
	return agreed(found...)
}

// entry is one entry of a network ACL, as far as some packets go.
type entry struct {
	number          int
	matches, allows policy.Answer
}

// entries returns those that may be about some packets, and what those say that may or may not be there, at any number.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-networkaclentry.html
func (c *catalog) entries(acl string, around *assembly.Resource, egress policy.Answer, other span, p ports) (numbered []entry,
	loose []policy.Answer) {
	for _, l := range c.linked(entryType, "NetworkAclId", acl, around) {
		direction := flag(l.Properties, "Egress", policy.No)
		if direction != egress && direction != policy.Indeterminate {
			continue
		}
		e := entry{matches: c.about(l.Resource, other, p), allows: policy.Indeterminate}
		if action := text(l.Properties, "RuleAction"); policy.IsKnown(action) {
			e.allows = answer(action == "allow")
		}
		number, known := number(l.Properties, "RuleNumber")
		switch e.number = number; {
		case e.matches == policy.No:
		case known && direction == egress && l.sure == policy.Yes:
			numbered = append(numbered, e)
		default:
			loose = append(loose, e.allows)
		}
	}
	return numbered, loose
}

// about says whether an entry is about all of some packets, or about none.
func (c *catalog) about(r *assembly.Resource, other span, p ports) policy.Answer {
	block := text(r.Properties, "CidrBlock")
	if block == "" {
		return policy.No // one of IPv6
	}
	where := other.within(block)
	switch protocol := text(r.Properties, "Protocol"); {
	case protocol == "-1":
		return where
	case !policy.IsKnown(protocol):
		return all(where, policy.Indeterminate)
	case protocol != "6":
		return policy.No
	}
	from, known := number(r.Properties["PortRange"], "From")
	to, alsoKnown := number(r.Properties["PortRange"], "To")
	switch {
	case !known || !alsoKnown:
		return all(where, policy.Indeterminate)
	case from <= p.from && p.to <= to:
		return where
	case from <= p.to && p.from <= to:
		return all(where, policy.Indeterminate)
	}
	return policy.No
}
