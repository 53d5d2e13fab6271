package main

import (
	"fmt"
	"slices"
	"strings"
)

// internetWay says that a resource is of the way out to the internet: routes, gateways, the NAT instance's group, subnets without functions.
func internetWay(r *resource) bool {
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

// losesEndpoint says that an endpoint is gone, or is no more on the way.
func losesEndpoint(m *mutant) bool {
	gone := []string{"drop the endpoint", "private DNS off", "take a route table away", "the endpoint of another service"}
	return slices.Contains(gone, m.operator.name)
}

// leadsOut says that each subnet of a function has a route to NAT.
func (s *subject) leadsOut(template string) bool {
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

// rulesOf are all rules of a group, wherever they stand.
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

// around are the rules that a group is in, with "this" for its id.
func (s *subject) around(group string) (all []string) {
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
