package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

func endpointOperators() []*operator {
	return []*operator{
		{name: "drop the endpoint", resource: dropType("AWS::EC2::VPCEndpoint")},
		{name: "drop the endpoint policy", resource: ofType("AWS::EC2::VPCEndpoint", func(r *resource) []change {
			return []change{r.set("PolicyDocument", nothing{}, "the default, which allows everything")}
		})},
		{name: "private DNS off", resource: ofType("AWS::EC2::VPCEndpoint", func(r *resource) []change {
			if r.property("PrivateDnsEnabled") != true {
				return nil
			}
			return []change{r.set("PrivateDnsEnabled", false, "false")}
		})},
		{name: "take a route table away", resource: ofType("AWS::EC2::VPCEndpoint", eachItem("RouteTableIds"))},
		{name: "take a subnet of the endpoint", resource: ofType("AWS::EC2::VPCEndpoint", eachItem("SubnetIds"))},
		{name: "the endpoint of another service", resource: ofType("AWS::EC2::VPCEndpoint", func(r *resource) []change {
			name := r.text(place{"ServiceName"})
			if !policy.IsKnown(name) {
				return nil
			}
			return []change{r.set("ServiceName", name[:strings.LastIndexByte(name, '.')+1]+"ecr", "…ecr"),
				r.set("ServiceName", strings.Replace(name, r.Stack.Region, foreignRegion, 1), foreignRegion)}
		})},
		{name: "an open endpoint of a service that no grant is about", resource: besideGateway(nil)},
		{name: "other groups of the endpoint", resource: ofType("AWS::EC2::VPCEndpoint", func(r *resource) (all []change) {
			if r.property("SecurityGroupIds") == nil {
				return nil
			}
			for _, g := range r.groups() {
				if !slices.Contains(list(at(r.Properties, place{"SecurityGroupIds"})), any(g.Ref)) {
					all = append(all, r.set("SecurityGroupIds", []any{get(g, "GroupId")}, g.LogicalID))
				}
			}
			return append(all, r.set("SecurityGroupIds", nothing{}, "the default group"))
		})},
	}
}

// besideGateway adds an endpoint of the other service that has gateway endpoints, with the route tables of one that is there: S3 beside DynamoDB, and the
// other way round. Its policy is one statement; AWS's default without it.
func besideGateway(statement map[string]any) func(*resource) []change {
	others := map[string]string{"s3": "dynamodb", "dynamodb": "s3"}
	return ofType("AWS::EC2::VPCEndpoint", func(r *resource) []change {
		service := others[serviceOf(r)]
		if service == "" || r.property("RouteTableIds") == nil || r.subject.endpointsIn(r.template)[service] {
			return nil
		}
		raw := object(r.raw["Properties"])
		properties := map[string]any{"VpcId": raw["VpcId"], "RouteTableIds": raw["RouteTableIds"], "ServiceName": "com.amazonaws." + r.Stack.Region + "." + service}
		if statement != nil {
			properties["PolicyDocument"] = map[string]any{"Version": "2012-10-17", "Statement": []any{statement}}
		}
		return []change{r.add("of "+service, map[string]any{"OtherEndpoint": made("AWS::EC2::VPCEndpoint", properties)})}
	})
}

func routeOperators() []*operator {
	return []*operator{
		{name: "drop the route", resource: dropType("AWS::EC2::Route")},
		{name: "drop the NAT gateway", resource: dropType("AWS::EC2::NatGateway")},
		{name: "drop the internet gateway", resource: dropType("AWS::EC2::VPCGatewayAttachment")},
		{name: "drop the association", resource: dropType("AWS::EC2::SubnetRouteTableAssociation")},
		{name: "another route table", resource: ofType("AWS::EC2::SubnetRouteTableAssociation", func(r *resource) (all []change) {
			for _, other := range r.others() {
				all = append(all, r.set("RouteTableId", other.property("RouteTableId"), "that of "+other.LogicalID))
			}
			return all
		})},
		{name: "no DNS in the VPC", resource: ofType("AWS::EC2::VPC", func(r *resource) []change {
			return []change{r.set("EnableDnsSupport", false, "false"), r.set("EnableDnsHostnames", false, "false")}
		})},
		{name: "drop the ACL entry", resource: dropType("AWS::EC2::NetworkAclEntry")},
		{name: "flip the ACL entry", resource: ofType("AWS::EC2::NetworkAclEntry", func(r *resource) []change {
			if r.property("RuleAction") == "allow" {
				return []change{r.set("RuleAction", "deny", "deny")}
			}
			return []change{r.set("RuleAction", "allow", "allow")}
		})},
	}
}

// rule is one of a security group: a resource of its own, or in a property of the group.
type rule struct {
	*resource
	in  place // within the properties
	raw map[string]any
}

// String identifies a rule.
func (r *rule) String() string { return r.template + " " + r.LogicalID + " " + r.in.String() }

// rules are those of a security group, or the one that the resource is.
func (r *resource) rules() []rule {
	switch r.Type {
	case "AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress":
		return []rule{{r, nil, object(r.raw["Properties"])}}
	case "AWS::EC2::SecurityGroup":
		var all []rule
		for _, property := range []string{"SecurityGroupIngress", "SecurityGroupEgress"} {
			for i, item := range list(r.property(property)) {
				all = append(all, rule{r, place{property, i}, object(item)})
			}
		}
		return all
	}
	return nil
}

func groupOperators() []*operator {
	return []*operator{
		{name: "drop the group rule", resource: func(r *resource) (all []change) {
			for _, one := range r.rules() {
				if one.in == nil {
					all = append(all, r.drop())
				} else {
					all = append(all, newChange(r.at.then("Properties").then(one.in...), nothing{}, one.in, "no more"))
				}
			}
			return all
		}},
		{name: "close the port", resource: eachRule(func(one rule) []change {
			return []change{one.with(map[string]any{"FromPort": 444, "ToPort": 444, "IpProtocol": "tcp"}, "444"),
				one.with(map[string]any{"IpProtocol": "udp"}, "udp")}
		})},
		{name: "another peer", resource: eachRule(func(one rule) []change {
			to := map[string]any{}
			for key := range one.raw {
				if strings.HasPrefix(key, "Source") || strings.HasPrefix(key, "Destination") || strings.HasPrefix(key, "Cidr") {
					to[key] = nothing{}
				}
			}
			to["CidrIp"] = "192.0.2.0/24"
			return []change{one.with(to, "192.0.2.0/24")}
		})},
	}
}

// eachRule calls an operator for each rule.
func eachRule(of func(rule) []change) func(*resource) []change {
	return func(r *resource) (all []change) {
		for _, one := range r.rules() {
			all = append(all, of(one)...)
		}
		return all
	}
}

// with is the rule with other properties.
func (r rule) with(to map[string]any, what string) change {
	changed := maps.Clone(r.raw)
	for key, value := range to {
		changed[key] = value
		if _, drop := value.(nothing); drop {
			delete(changed, key)
		}
	}
	return newChange(r.at.then("Properties").then(r.in...), changed, r.in, what)
}
