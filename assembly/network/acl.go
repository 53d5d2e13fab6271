package network

import (
	"fmt"
	"slices"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// ports is a range of TCP ports.
type ports struct{ from, to int }

var (
	https = ports{443, 443}
	// Responses go to one of these ports; which one depends on the operating system of the workload.
	// https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html
	ephemeral = ports{1024, 65535}
)

// acl returns the id of a subnet's network ACL, which is the default one of the VPC without an association, the resource that says so, and
// whether that is certain.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-subnetnetworkaclassociation.html
func (c *catalog) acl(subnet *assembly.Resource) (id string, by *assembly.Resource, sure policy.Answer) {
	association, sure := firstOf(c.references(aclAssociationType, "SubnetId", subnet.Ref, subnet))
	if sure == policy.No {
		vpc := c.find(vpcType, text(subnet.Properties, "VpcId"))
		if vpc == nil {
			return "", subnet, policy.Indeterminate
		}
		return attribute(vpc, defaultACL), subnet, policy.Yes
	}
	return c.id(text(association.Properties, "NetworkAclId")), association, sure
}

// aclAllows reports whether a network ACL allows packets to some ports. The matching entry with the lowest number decides, and packets that
// match no entry are denied.
// https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html
func (c *catalog) aclAllows(acl string, around *assembly.Resource, egress policy.Answer, other addresses, p ports) policy.Answer {
	r := c.defined[acl]
	if r == nil {
		return policy.Indeterminate
	}
	numbered, found := c.entries(acl, around, egress, other, p)
	if r.Type == vpcType { // the default network ACL has an entry that allows everything
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
	return unanimous(found...)
}

// entry is an entry of a network ACL: whether it matches some packets, and whether it allows them.
type entry struct {
	number          int
	matches, allows policy.Answer
}

// entries returns the entries that may match some packets, and the answers of those whose existence, direction or number is unknown.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-networkaclentry.html
func (c *catalog) entries(acl string, around *assembly.Resource, egress policy.Answer, other addresses, p ports) (numbered []entry,
	unnumbered []policy.Answer) {
	for _, l := range c.references(entryType, "NetworkAclId", acl, around) {
		direction := flag(l.Properties, "Egress", policy.No)
		if direction != egress && direction != policy.Indeterminate {
			continue
		}
		e := entry{matches: c.entryMatches(l.Resource, other, p), allows: policy.Indeterminate}
		if action := text(l.Properties, "RuleAction"); policy.IsKnown(action) {
			e.allows = answer(action == "allow")
		}
		number, known := number(l.Properties, "RuleNumber")
		switch e.number = number; {
		case e.matches == policy.No:
		case known && direction == egress && l.sure == policy.Yes:
			numbered = append(numbered, e)
		default:
			unnumbered = append(unnumbered, e.allows)
		}
	}
	return numbered, unnumbered
}

// entryMatches reports whether an entry matches all of some packets, or none of them.
func (c *catalog) entryMatches(r *assembly.Resource, other addresses, p ports) policy.Answer {
	block := text(r.Properties, "CidrBlock")
	if block == "" {
		return policy.No // an IPv6 entry
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

// passACL adds hops unless the network ACL of a subnet allows requests out to a peer, or in from it, and the responses back. Network ACLs are
// stateless: each direction needs an entry.
func (k *walk) passACL(subnet *assembly.Resource, egress policy.Answer, other addresses, ask string) policy.Answer {
	id, by, sure := k.acl(subnet)
	request, back := k.aclAllows(id, subnet, egress, other, https), k.aclAllows(id, subnet, not(egress), other, ephemeral)
	if sure != policy.Yes { // the default network ACL may apply instead
		request, back = policy.Indeterminate, policy.Indeterminate
	}
	name := "the default network ACL of the VPC"
	if r := k.find(aclType, id); r != nil {
		name, by = "network ACL "+label(r), r
	} else if id != attribute(k.vpc, defaultACL) {
		name = "network ACL " + id
	}
	if request == policy.Yes && back == policy.Yes {
		return policy.Yes
	}
	way, direction := "out to", [2]string{"egress", "ingress"}
	if egress == policy.No {
		way, direction = "in from", [2]string{"ingress", "egress"}
	}
	if request != policy.Yes {
		k.by(k.newEntry(by, egress, https)...).hop(request, by, "allow TCP 443 in an "+direction[0]+" entry of "+name, "%s of subnet %s %s TCP 443 %s %s",
			name, label(subnet), may(request), way, ask)
	}
	if back != policy.Yes {
		k.by(k.newEntry(by, not(egress), ephemeral)...).hop(back, by, "allow TCP 1024-65535 in an "+direction[1]+" entry of "+name,
			"%s of subnet %s %s the responses, to TCP 1024-65535: network ACLs are stateless", name, label(subnet), may(back))
	}
	return all(request, back)
}

// newEntry is an entry of a network ACL before its others that allows TCP to some ports. None if no template has the ACL, or if there is no number left.
func (k *walk) newEntry(acl *assembly.Resource, egress policy.Answer, p ports) []assembly.Change {
	if acl == nil || acl.Type != aclType {
		return nil
	}
	first := 100
	for _, l := range k.references(entryType, "NetworkAclId", acl.Ref, acl) {
		if n, known := number(l.Properties, "RuleNumber"); known && flag(l.Properties, "Egress", policy.No) == egress {
			first = min(first, n)
		}
	}
	if first <= 1 {
		return nil
	}
	id := acl.LogicalID + "In"
	if egress == policy.Yes {
		id = acl.LogicalID + "Out"
	}
	return []assembly.Change{{Edit: assembly.SetValue, Stack: acl.Stack, LogicalID: fmt.Sprint(id, p.from), Value: map[string]any{"Type": entryType, "Properties": map[string]any{
		"NetworkAclId": map[string]any{"Ref": acl.LogicalID}, "RuleNumber": first - 1, "Egress": egress == policy.Yes, "Protocol": 6, "RuleAction": "allow",
		"CidrBlock": "0.0.0.0/0", "PortRange": map[string]any{"From": p.from, "To": p.to}}}}}
}

// passACLs checks both ends of a connection between subnets. Network ACLs do not apply within a subnet.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
func (k *walk) passACLs(from, to *assembly.Resource) policy.Answer {
	if from == to {
		return policy.Yes
	}
	return all(k.passACL(from, policy.Yes, k.addressesOf(to), "subnet "+label(to)), k.passACL(to, policy.No, k.addressesOf(from), "subnet "+label(from)))
}

// may returns the verb for an answer other than yes.
func may(a policy.Answer) string {
	if a == policy.No {
		return "denies"
	}
	return "may deny"
}

// passOut checks whether the workload's security groups and its subnet's network ACL allow requests to public addresses.
func (k *walk) passOut(what string) {
	groups := groupsOf(k.workload.SecurityGroups, k.vpc)
	k.passGroups(groups, outbound, peer{addresses: publicAddresses, service: "com.amazonaws." + k.workload.Resource.Stack.Region + "." + what}, "out to "+what, nil)
	k.passACL(k.subnet, policy.Yes, publicAddresses, what)
}
