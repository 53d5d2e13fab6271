package facts

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/jsonread"
)

// network is a VPC: its subnets, route tables, endpoints and security groups, as far as a request over TCP port 443 and IPv4 depends on them. Network ACLs
// deny nothing, and no route is more specific than those of endpoints.
var network = &kind{form: regexp.MustCompile(`^ec2 vpc/(vpc-[0-9a-z]+)$`), resourceType: "AWS::EC2::VPC", write: vpc, check: checkVPC, fields: []field{
	{name: "dnsSupport", read: (*parser).flag},
	{name: "dnsHostnames", read: (*parser).flag},
	{name: "subnets", read: func(p *parser) any {
		return p.byID("an object with subnets by ID", subnetID, func() any {
			return p.fields([]field{
				{name: "cidrBlock", read: func(p *parser) any { return p.text("an IPv4 block, such as 10.0.1.0/24", isBlock) }},
				{name: "routeTable", read: func(p *parser) any { return p.text("the ID of a route table", tableID.MatchString) }},
				{name: "publicAddresses", optional: true, read: (*parser).flag},
			})
		})
	}},
	{name: "routeTables", read: func(p *parser) any {
		return p.byID("an object with route tables by ID, each with what leads to the internet", tableID, p.internet)
	}},
	{name: "endpoints", read: func(p *parser) any {
		return p.byID("an object with VPC endpoints by ID, {} for none", endpointID, func() any { return p.fields(endpointFields) })
	}},
	{name: "securityGroups", read: func(p *parser) any {
		return p.byID("an object with security groups by ID, {} for none", groupID, func() any {
			return p.fields([]field{{name: "ingress", read: peers}, {name: "egress", read: peers}})
		})
	}},
}}

// endpointFields are those of an endpoint: of a gateway endpoint routeTables, and of an interface endpoint the others.
var endpointFields = []field{
	{name: "service", read: func(p *parser) any {
		return p.text("the name of an AWS service in a region, such as com.amazonaws.eu-west-1.s3", serviceName.MatchString)
	}},
	{name: "policy", read: (*parser).documentOrNull},
	{name: "routeTables", optional: true, read: texts("the ID of a route table", "the IDs of route tables", "[] for none", tableID)},
	{name: "subnets", optional: true, read: texts("the ID of a subnet", "the IDs of subnets", "[] for none", subnetID)},
	{name: "securityGroups", optional: true, read: texts("the ID of a security group", "the IDs of security groups", "[] for none", groupID)},
	{name: "privateDns", optional: true, read: (*parser).flag},
	{name: "inboundResolverOnly", optional: true, read: (*parser).flag},
}

var (
	subnetID    = regexp.MustCompile(`^subnet-[0-9a-z]+$`)
	tableID     = regexp.MustCompile(`^rtb-[0-9a-z]+$`)
	endpointID  = regexp.MustCompile(`^vpce-[0-9a-z]+$`)
	groupID     = regexp.MustCompile(`^sg-[0-9a-z]+$`)
	gatewayID   = regexp.MustCompile(`^(nat|igw)-[0-9a-z]+$`)
	listID      = regexp.MustCompile(`^pl-[0-9a-z]+$`)
	serviceName = regexp.MustCompile(`^(cn\.)?com\.amazonaws\.[a-z0-9-]+\.[a-z0-9.-]+$`)
)

func isBlock(s string) bool {
	p, err := netip.ParsePrefix(s)
	return err == nil && p.Addr().Is4()
}

// byID reads an object by IDs of a form.
func (p *parser) byID(expected string, form *regexp.Regexp, read func() any) any {
	all := map[string]any{}
	p.each(expected, func(id string) {
		if !form.MatchString(id) {
			p.RefuseKey("an ID of the form " + form.String())
			return
		}
		all[id] = read()
	})
	return all
}

// fields reads an object of fields.
func (p *parser) fields(all []field) any {
	values, read, required := map[string]any{}, map[string]func(){}, []string{}
	for _, f := range all {
		read[f.name] = func() { values[f.name] = f.read(p) }
		if !f.optional {
			required = append(required, f.name)
		}
	}
	p.object(required, read)
	return values
}

// internet reads what leads to the internet: the ID of a NAT gateway or an internet gateway, true for something else, or null for nothing.
func (p *parser) internet() any {
	const expected = "the ID of a NAT gateway or an internet gateway, true for another way to the internet, or null for none"
	kind, text := p.Next()
	switch {
	case kind == jsonread.Null:
		return nil
	case kind == jsonread.Bool && text == "true":
		return "a gateway"
	case kind != jsonread.String:
		p.refuse(kind, expected)
	case !gatewayID.MatchString(text):
		p.RefuseAt(p.Place(), fmt.Sprintf("%q", text), expected)
	}
	return text
}

// peers reads what a security group allows TCP port 443 from or to.
func peers(p *parser) any {
	all := []any{}
	if kind, _ := p.Next(); kind != jsonread.List {
		p.refuse(kind, "a list of the IPv4 blocks, security groups and prefix lists for which TCP port 443 is allowed, [] for none")
		return nil
	}
	for p.Item() {
		all = append(all, p.text("an IPv4 block, or the ID of a security group or a prefix list",
			func(s string) bool { return isBlock(s) || groupID.MatchString(s) || listID.MatchString(s) }))
	}
	return all
}

// checkVPC says which ID is used and not described, or what an endpoint lacks.
func checkVPC(r resource) (found, expected string) {
	has := func(section, id string) bool {
		all, _ := r.values[section].(map[string]any)
		_, is := all[id]
		return is
	}
	for id, one := range sorted(r.values["subnets"]) {
		if table, _ := one["routeTable"].(string); !has("routeTables", table) {
			return "route table " + table + " of " + id, "it among routeTables"
		}
	}
	for id, one := range sorted(r.values["endpoints"]) {
		needs := []string{"subnets", "securityGroups", "privateDns"}
		if one["routeTables"] != nil {
			needs = []string{"routeTables"}
		}
		for _, f := range endpointFields {
			if f.optional && f.name != "inboundResolverOnly" && slices.Contains(needs, f.name) != (one[f.name] != nil) {
				return "endpoint " + id + " with " + strings.Join(slices.Sorted(maps.Keys(one)), ", "), "routeTables of a gateway endpoint, or subnets, securityGroups and privateDns of an interface endpoint"
			}
		}
		groups, _ := one["securityGroups"].([]any)
		for _, group := range groups {
			if !has("securityGroups", group.(string)) {
				return fmt.Sprintf("security group %s of %s", group, id), "it among securityGroups"
			}
		}
	}
	return "", ""
}

// sorted goes through an object of objects by key.
func sorted(value any) func(yield func(string, map[string]any) bool) {
	all, _ := value.(map[string]any)
	return func(yield func(string, map[string]any) bool) {
		for _, id := range slices.Sorted(maps.Keys(all)) {
			one, _ := all[id].(map[string]any)
			if !yield(id, one) {
				return
			}
		}
	}
}

// vpc writes the resources of a VPC. All but the VPC have their IDs as logical ids.
func vpc(r resource, id string) []*assembly.Resource {
	all := []*assembly.Resource{{Name: id, Ref: id, Properties: map[string]any{"EnableDnsSupport": r.values["dnsSupport"], "EnableDnsHostnames": r.values["dnsHostnames"]}}}
	add := func(kind, id string, properties map[string]any) {
		all = append(all, &assembly.Resource{Type: "AWS::EC2::" + kind, LogicalID: id, Name: id, Ref: id, Properties: properties})
	}
	tables, _ := r.values["routeTables"].(map[string]any)
	for _, table := range slices.Sorted(maps.Keys(tables)) {
		add("RouteTable", table, map[string]any{"VpcId": id})
		target, _ := tables[table].(string)
		property := "GatewayId"
		if strings.HasPrefix(target, "nat-") {
			property = "NatGatewayId"
		}
		if target != "" {
			add("Route", table+" to "+target, map[string]any{"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", property: target})
		}
	}
	for subnet, one := range sorted(r.values["subnets"]) {
		add("Subnet", subnet, map[string]any{"VpcId": id, "CidrBlock": one["cidrBlock"], "MapPublicIpOnLaunch": one["publicAddresses"] == true})
		add("SubnetRouteTableAssociation", subnet+" with "+one["routeTable"].(string), map[string]any{"SubnetId": subnet, "RouteTableId": one["routeTable"]})
	}
	for group, one := range sorted(r.values["securityGroups"]) {
		add("SecurityGroup", group, map[string]any{"VpcId": id, "GroupDescription": group,
			"SecurityGroupIngress": rules(one["ingress"], "Source"), "SecurityGroupEgress": rules(one["egress"], "Destination")})
	}
	for endpoint, one := range sorted(r.values["endpoints"]) {
		properties := map[string]any{"VpcId": id, "ServiceName": one["service"]}
		if one["policy"] != nil {
			properties["PolicyDocument"] = one["policy"]
		}
		if one["routeTables"] != nil {
			properties["VpcEndpointType"], properties["RouteTableIds"] = "Gateway", one["routeTables"]
		} else {
			properties["VpcEndpointType"], properties["SubnetIds"], properties["SecurityGroupIds"] = "Interface", one["subnets"], one["securityGroups"]
			properties["PrivateDnsEnabled"] = one["privateDns"]
			if only, is := one["inboundResolverOnly"]; is {
				properties["DnsOptions"] = map[string]any{"PrivateDnsOnlyForInboundResolverEndpoint": map[any]string{true: "OnlyInboundResolver", false: "AllResolvers"}[only]}
			}
		}
		add("VPCEndpoint", endpoint, properties)
	}
	return all
}

// rules are the rules of a security group for TCP port 443. One that allows none has a rule that no request meets: without rules for outbound traffic
// AWS would allow all of it.
func rules(value any, end string) []any {
	all := []any{}
	peers, _ := value.([]any)
	for _, one := range peers {
		rule := map[string]any{"IpProtocol": "tcp", "FromPort": "443", "ToPort": "443"}
		switch peer := one.(string); {
		case groupID.MatchString(peer):
			rule[end+"SecurityGroupId"] = peer
		case listID.MatchString(peer):
			rule[end+"PrefixListId"] = peer
		default:
			rule["CidrIp"] = peer
		}
		all = append(all, rule)
	}
	if len(all) == 0 {
		all = append(all, map[string]any{"IpProtocol": "icmp", "FromPort": "252", "ToPort": "86", "CidrIp": "255.255.255.255/32"})
	}
	return all
}
