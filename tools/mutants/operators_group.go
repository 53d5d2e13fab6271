package main

import (
	"maps"
	"strings"
)

// rule is one of a security group: a resource of its own, or in a property of the group.
type rule struct {
	*resource
	in  place // within the properties
	raw map[string]any
}

// String tells a rule from others.
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

var groupOperators = []*operator{
	{name: "drop the group rule", resource: func(r *resource) (all []change) {
		for _, one := range r.rules() {
			if one.in == nil {
				all = append(all, r.drop())
			} else {
				all = append(all, change{r.at.then("Properties").then(one.in...), nothing{}, one.in, "no more"})
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
	return change{r.at.then("Properties").then(r.in...), changed, r.in, what}
}
