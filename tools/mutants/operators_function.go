package main

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
)

var functionOperators = []*operator{
	{name: "out of the VPC", resource: ofType("AWS::Lambda::Function", func(r *resource) []change {
		if r.property("VpcConfig") == nil {
			return nil
		}
		return []change{r.set("VpcConfig", nothing{}, "none")}
	})},
	{name: "fewer subnets", resource: ofType("AWS::Lambda::Function", func(r *resource) (all []change) {
		subnets := list(object(r.property("VpcConfig"))["SubnetIds"])
		for i := range subnets {
			if len(subnets) > 1 {
				all = append(all, r.set("VpcConfig", with(r.property("VpcConfig"), place{"SubnetIds"}, without(subnets, i)), "without", "SubnetIds", i))
			}
		}
		return all
	})},
	{name: "another subnet", resource: ofType("AWS::Lambda::Function", func(r *resource) (all []change) {
		subnets := list(object(at(r.Properties, place{"VpcConfig"}))["SubnetIds"])
		for _, other := range r.subject.resources {
			if other.Type == "AWS::EC2::Subnet" && len(subnets) > 0 && !slices.Contains(subnets, any(other.Ref)) {
				to := []any{map[string]any{"Ref": other.LogicalID}}
				all = append(all, r.set("VpcConfig", with(r.property("VpcConfig"), place{"SubnetIds"}, to), other.LogicalID, "SubnetIds"))
			}
		}
		return all
	})},
	{name: "other groups of the function", resource: ofType("AWS::Lambda::Function", func(r *resource) (all []change) {
		has := list(object(at(r.Properties, place{"VpcConfig"}))["SecurityGroupIds"])
		for _, g := range r.groups() {
			if len(has) > 0 && !slices.Contains(has, any(g.Ref)) {
				to := []any{get(g, "GroupId")}
				all = append(all, r.set("VpcConfig", with(r.property("VpcConfig"), place{"SecurityGroupIds"}, to), g.LogicalID, "SecurityGroupIds"))
			}
		}
		return all
	})},
	{name: "the function's role", resource: ofType("AWS::Lambda::Function", func(r *resource) (all []change) {
		for _, role := range r.roles() {
			if role.ARN != r.text(place{"Role"}) {
				all = append(all, r.set("Role", get(role, "Arn"), role.LogicalID))
			}
		}
		return append(all, r.set("Role", "arn:aws:iam::"+r.Stack.Account+":role/another", "role/another"))
	})},
	{name: "the function's environment", resource: ofType("AWS::Lambda::Function", environment)},
}

// environment changes one variable of those that a grant writes.
func environment(r *resource) (all []change) {
	variables := object(object(r.property("Environment"))["Variables"])
	for _, name := range sorted(variables) {
		if strings.HasPrefix(name, contract.EnvironmentPrefix) {
			changed := with(r.property("Environment"), place{"Variables", name}, "another")
			all = append(all, r.set("Environment", changed, "another", "Variables", name))
		}
	}
	return all
}
