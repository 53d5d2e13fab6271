package main

import "slices"

// networkRules are about ways, and about what runs.
var networkRules = []equivalence{
	{"NAT beside endpoints",
		"all services that the grants need are asked through endpoints, and this is of the way to the internet",
		func(m *mutant) bool {
			in := m.resource.subject.endpointsIn(m.resource.template)
			return internetWay(m.resource) && all(sorted(m.resource.subject.needs()), func(service string) bool { return in[service] })
		}},
	{"endpoints beside NAT",
		"the function's subnets lead to the internet as well, and no grant says which way its grantee calls",
		func(m *mutant) bool {
			s := m.resource.subject
			return m.resource.Type == "AWS::EC2::VPCEndpoint" && losesEndpoint(m) && !s.perimeter() && s.leadsOut(m.resource.template)
		}},
	{"another group that lets the VPC in",
		"the other group of the endpoint lets TCP on port 443 in from all of the VPC",
		func(m *mutant) bool {
			if m.operator.name != "other groups of the endpoint" {
				return false
			}
			groups := m.resource.groups()
			i := slices.IndexFunc(groups, func(g *resource) bool { return g.LogicalID == m.change.what })
			return i >= 0 && slices.ContainsFunc(groups[i].rules(), func(one rule) bool {
				return !egress(&one) && one.tcp443() && m.resource.subject.isVPC(word(one.raw["CidrIp"]))
			})
		}},
	{"another subnet of the endpoint",
		"an interface endpoint serves all of its VPC from each of its subnets, and one is left",
		func(m *mutant) bool {
			return m.operator.name == "take a subnet of the endpoint" && len(list(m.resource.property("SubnetIds"))) > 1
		}},
	{"fewer subnets",
		"the function ran in the subnets that are left before, and works from each",
		func(m *mutant) bool { return m.operator.name == "fewer subnets" }},
	{"no perimeter",
		"no grant says from which network its grantee calls, so that it may as well call from outside of a VPC",
		func(m *mutant) bool {
			return m.operator.name == "out of the VPC" && !m.resource.subject.perimeter()
		}},
	{"a function of no grant",
		"the function runs as no grantee, before and after",
		func(m *mutant) bool {
			if m.resource.Type != "AWS::Lambda::Function" || m.resource.subject.grantee(m.resource.text(place{"Role"})) {
				return false
			}
			return !slices.ContainsFunc(m.resource.roles(), func(role *resource) bool {
				return role.LogicalID == m.change.what && m.resource.subject.grantee(role.ARN)
			})
		}},
	{"an endpoint opens no connections",
		"the group is of endpoints only, which answer and never ask; groups let answers out",
		func(m *mutant) bool {
			one := m.rule()
			return one != nil && egress(one) && ofEndpoints(m.resource.subject, groupOf(one))
		}},
	{"another rule of the group",
		"another rule of the group lets TCP on port 443 out to everywhere",
		func(m *mutant) bool {
			one := m.rule()
			if one == nil || !egress(one) {
				return false
			}
			return slices.ContainsFunc(m.resource.subject.rulesOf(groupOf(one)), func(other rule) bool {
				return other.String() != one.String() && egress(&other) && other.raw["CidrIp"] == "0.0.0.0/0" && other.tcp443()
			})
		}},
	{"an equal group",
		"the other group has the same rules, and other groups have the same rules for it",
		func(m *mutant) bool {
			if m.operator.name != "other groups of the function" {
				return false
			}
			s := m.resource.subject
			has := texts(object(at(m.resource.Properties, place{"VpcConfig"}))["SecurityGroupIds"])
			other := slices.IndexFunc(m.resource.groups(), func(g *resource) bool { return g.LogicalID == m.change.what })
			return len(has) == 1 && slices.Equal(s.around(has[0]), s.around(m.resource.groups()[other].Ref))
		}},
	{"an equal route table",
		"the other route table has the same routes and the same gateway endpoints",
		func(m *mutant) bool {
			if m.operator.name != "another route table" {
				return false
			}
			s := m.resource.subject
			i := slices.IndexFunc(m.resource.others(), func(other *resource) bool { return "that of "+other.LogicalID == m.change.what })
			return slices.Equal(s.routes(m.resource.text(place{"RouteTableId"})), s.routes(m.resource.others()[i].text(place{"RouteTableId"})))
		}},
}
