package network

import "github.com/crossgrant/crossgrant/policy"

// rule is one rule of a security group.
type rule struct {
	fields any
	sure   policy.Answer
	where  string
}

// everything is a rule that lets everything pass.
var everything = map[string]any{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}

// anything is a rule that nothing is known of.
func anything(where string) rule { return rule{everything, policy.Indeterminate, where} }

// why says what is open about a rule.
func (r rule) why(d direction) string {
	if r.sure != policy.Yes {
		return "so may a rule " + r.where
	}
	peer := text(r.fields, "CidrIp") + text(r.fields, d.group) + text(r.fields, d.prefixList)
	return "its rule for " + peer + " " + r.where + " is about some of it, or unresolved, or defined by no template here"
}

// https says whether a rule is about TCP 443. A protocol other than TCP, UDP and ICMP is all ports of that protocol.
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

// meets says whether a rule is about the other end. A group stands for the private addresses of what is in it.
func (c *catalog) meets(fields any, d direction, other peer) policy.Answer {
	if block := text(fields, "CidrIp"); block != "" {
		return other.span.within(block)
	}
	if group := text(fields, d.group); group != "" {
		best := policy.No
		for _, id := range other.groups {
			best = some(best, c.is(id, group))
		}
		return best
	}
	if id := text(fields, d.prefixList); id != "" {
		return c.withinList(other.span, id)
	}
	if text(fields, "SourceSecurityGroupName") != "" {
		return policy.Indeterminate // names are those of the account's default VPC
	}
	return policy.No // an IPv6 block, or nobody
}

// withinList says whether addresses are in a prefix list. Those of AWS have no entries in a template.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-prefixlist.html
func (c *catalog) withinList(s span, id string) policy.Answer {
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
