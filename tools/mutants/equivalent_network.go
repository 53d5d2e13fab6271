package main

import (
	"fmt"
	"slices"
	"strings"
)

// networkRules are about routes and workloads.
func networkRules() []equivalence {
	return []equivalence{
		{"NAT with endpoints",
			"the grants call all services through endpoints, and this is part of the route to the internet",
			func(m *mutant) bool {
				in := m.resource.subject.endpointsIn(m.resource.template)
				return onInternetRoute(m.resource) && all(sorted(m.resource.subject.needs()), func(service string) bool { return in[service] })
			}},
		{"endpoints with NAT",
			"the function's subnets have a route to the internet, too, and no grant says which route its grantee uses",
			func(m *mutant) bool {
				s := m.resource.subject
				return m.resource.Type == "AWS::EC2::VPCEndpoint" && losesEndpoint(m) && !s.perimeter() && s.hasNATRoute(m.resource.template)
			}},
		{"another group that allows the VPC",
			"the other group of the endpoint allows TCP on port 443 from all of the VPC",
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
			"the function also ran in the other subnets before, and works from each",
			func(m *mutant) bool { return m.operator.name == "fewer subnets" }},
		{"no perimeter",
			"no grant says from which network its grantee calls, so it may call from outside a VPC",
			func(m *mutant) bool {
				return m.operator.name == "out of the VPC" && !m.resource.subject.perimeter()
			}},
		{"a function of no grant",
			"the function does not run as a grantee, before or after",
			func(m *mutant) bool {
				if m.resource.Type != "AWS::Lambda::Function" || m.resource.subject.isGrantee(m.resource.text(place{"Role"})) {
					return false
				}
				return !slices.ContainsFunc(m.resource.roles(), func(role *resource) bool {
					return role.LogicalID == m.change.what && m.resource.subject.isGrantee(role.ARN)
				})
			}},
		{"a function of the CDK",
			"the code of the function is the CDK's, which makes no request of a grant, and which CloudFormation invokes alone",
			func(m *mutant) bool {
				return m.operator.name == "the function's role" && strings.HasPrefix(m.resource.LogicalID, "Custom") && strings.Contains(m.resource.LogicalID, "CustomResourceProviderHandler")
			}},
		{"endpoints open no connections",
			"only endpoints have the group, which open no connections; security groups always allow responses",
			func(m *mutant) bool {
				one := m.rule()
				return one != nil && egress(one) && ofEndpoints(m.resource.subject, groupOf(one))
			}},
		{"another rule of the group",
			"another rule of the group allows TCP on port 443 to everywhere",
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
				return len(has) == 1 && slices.Equal(s.rulesWith(has[0]), s.rulesWith(m.resource.groups()[other].Ref))
			}},
		{"a group that allows more",
			"the other group has all rules that this one has, and other groups have the same rules for it",
			func(m *mutant) bool {
				if m.operator.name != "other groups of the function" {
					return false
				}
				s := m.resource.subject
				has := texts(object(at(m.resource.Properties, place{"VpcConfig"}))["SecurityGroupIds"])
				i := slices.IndexFunc(m.resource.groups(), func(g *resource) bool { return g.LogicalID == m.change.what })
				other := s.rulesWith(m.resource.groups()[i].Ref)
				return len(has) == 1 && all(s.rulesWith(has[0]), func(one string) bool { return slices.Contains(other, one) })
			}},
		{"the only egress rule",
			"a group without egress rules allows all egress",
			func(m *mutant) bool {
				one := m.rule()
				if m.operator.name != "drop the group rule" || one == nil || !egress(one) {
					return false
				}
				return !slices.ContainsFunc(m.resource.subject.rulesOf(groupOf(one)), func(other rule) bool {
					return other.String() != one.String() && egress(&other)
				})
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
}

// onInternetRoute says that a resource is part of the route to the internet: routes, gateways, the NAT instance's group, subnets without functions.
func onInternetRoute(r *resource) bool {
	switch r.Type {
	case "AWS::EC2::Route", "AWS::EC2::NatGateway", "AWS::EC2::VPCGatewayAttachment":
		return true
	case "AWS::EC2::SubnetRouteTableAssociation":
		return !slices.ContainsFunc(r.subject.resources, func(f *resource) bool {
			subnets := append(texts(object(f.Properties["VpcConfig"])["SubnetIds"]), word(f.Properties["SubnetId"]))
			return (f.Type == "AWS::Lambda::Function" || f.Type == "AWS::EC2::Instance") && slices.Contains(subnets, r.text(place{"SubnetId"}))
		})
	case "AWS::EC2::SecurityGroup":
		return slices.ContainsFunc(r.subject.resources, func(i *resource) bool {
			return i.Type == "AWS::EC2::Instance" && i.Properties["SourceDestCheck"] == false && strings.Contains(fmt.Sprint(i.Properties), r.Ref)
		})
	}
	return false
}

// losesEndpoint says that an endpoint does not exist any more, or is not on the route any more.
func losesEndpoint(m *mutant) bool {
	gone := []string{"drop the endpoint", "private DNS off", "take a route table away", "the endpoint of another service"}
	return slices.Contains(gone, m.operator.name)
}

// hasNATRoute says that each subnet of a function has a route to NAT.
func (s *subject) hasNATRoute(template string) bool {
	nat := map[any]bool{}
	for _, r := range s.resources {
		p := r.Properties
		if r.Type == "AWS::EC2::Route" && p["DestinationCidrBlock"] == "0.0.0.0/0" && (p["NatGatewayId"] != nil || p["InstanceId"] != nil) {
			nat[p["RouteTableId"]] = true
		}
	}
	out := map[string]bool{}
	for _, r := range s.resources {
		if r.Type == "AWS::EC2::SubnetRouteTableAssociation" && nat[r.Properties["RouteTableId"]] {
			out[r.text(place{"SubnetId"})] = true
		}
	}
	for _, r := range s.resources {
		subnets := texts(object(r.Properties["VpcConfig"])["SubnetIds"])
		if r.Type == "AWS::Lambda::Function" && r.template == template && !all(subnets, func(id string) bool { return out[id] }) {
			return false
		}
	}
	return len(out) > 0
}

// isVPC says that a block is that of a VPC.
func (s *subject) isVPC(block string) bool {
	return slices.ContainsFunc(s.resources, func(r *resource) bool { return r.Type == "AWS::EC2::VPC" && r.Properties["CidrBlock"] == block })
}

func (r *rule) tcp443() bool {
	return r.raw["IpProtocol"] == "tcp" && fmt.Sprint(r.raw["FromPort"]) == "443" && fmt.Sprint(r.raw["ToPort"]) == "443"
}

// rule is the one of a security group that a mutant changes. Nil if it changes none.
func (m *mutant) rule() *rule {
	for _, one := range m.resource.rules() {
		if m.change.at.String() == m.resource.at.String() || m.change.at.String() == m.resource.at.then("Properties").then(one.in...).String() {
			return &one
		}
	}
	return nil
}

func egress(r *rule) bool {
	return r.Type == "AWS::EC2::SecurityGroupEgress" || len(r.in) > 0 && r.in[0] == "SecurityGroupEgress"
}

// groupOf is the id of the group that a rule is of.
func groupOf(r *rule) string {
	if r.in != nil {
		return r.Ref
	}
	return r.text(place{"GroupId"})
}

// rulesOf are all rules of a group, in its own properties or as resources.
func (s *subject) rulesOf(group string) (all []rule) {
	for _, r := range s.resources {
		for _, one := range r.rules() {
			if groupOf(&one) == group {
				all = append(all, one)
			}
		}
	}
	return all
}

// ofEndpoints says that endpoints have a group, and nothing else does.
func ofEndpoints(s *subject, group string) bool {
	found := false
	for _, r := range s.resources {
		if strings.HasPrefix(r.Type, "AWS::EC2::SecurityGroup") || !strings.Contains(fmt.Sprint(r.Properties), group) {
			continue
		}
		if found = true; r.Type != "AWS::EC2::VPCEndpoint" {
			return false
		}
	}
	return found
}

// rulesWith are the rules that name a group, with "this" for its ID.
func (s *subject) rulesWith(group string) (all []string) {
	for _, r := range s.resources {
		for _, one := range r.rules() {
			p := object(at(r.Properties, one.in))
			text := fmt.Sprint(p["IpProtocol"], p["FromPort"], p["ToPort"], p["CidrIp"], p["SourceSecurityGroupId"], p["DestinationSecurityGroupId"],
				groupOf(&one), egress(&one))
			if strings.Contains(text, group) {
				all = append(all, strings.ReplaceAll(text, group, "this"))
			}
		}
	}
	slices.Sort(all)
	return all
}

// routes are those of a route table, with the endpoints that write theirs into it.
func (s *subject) routes(table string) (all []string) {
	for _, r := range s.resources {
		switch p := r.Properties; {
		case r.Type == "AWS::EC2::Route" && p["RouteTableId"] == table:
			all = append(all, fmt.Sprint(p["DestinationCidrBlock"], p["NatGatewayId"], p["GatewayId"], p["InstanceId"]))
		case r.Type == "AWS::EC2::VPCEndpoint" && slices.Contains(texts(p["RouteTableIds"]), table):
			all = append(all, r.LogicalID)
		}
	}
	slices.Sort(all)
	return all
}
