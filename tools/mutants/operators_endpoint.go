package main

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

var endpointOperators = []*operator{
	{name: "drop the endpoint", resource: dropType("AWS::EC2::VPCEndpoint")},
	{name: "drop the endpoint policy", resource: ofType("AWS::EC2::VPCEndpoint", func(r *resource) []change {
		return []change{r.set("PolicyDocument", nothing{}, "AWS's, which lets everything pass")}
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
