package deployed

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/request"
)

// modifyEndpoint follows the policy, the route tables, the subnets and the groups of an endpoint.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpoint.html
func (e *edit) modifyEndpoint(p request.Parameters) error {
	endpoint, err := e.endpoint(p.Text("VpcEndpointId"))
	if err != nil {
		return err
	}
	for name := range p {
		if strings.HasPrefix(name, "SubnetConfiguration.") || strings.HasPrefix(name, "DnsOptions.") || name == "IpAddressType" {
			return unknown("found %s, expected a change of the policy, the route tables, the subnets, the security groups or private DNS: the sandbox follows no other", name)
		}
	}
	if p.Text("PolicyDocument") != "" {
		d, err := document(p, "PolicyDocument")
		if err != nil {
			return err
		}
		e.set(endpoint, "PolicyDocument", d)
	}
	if p.Text("ResetPolicy") == "true" { // to that of an endpoint without one, which permits everything
		e.set(endpoint, "PolicyDocument", nil)
	}
	if private := p.Text("PrivateDnsEnabled"); private != "" {
		e.set(endpoint, "PrivateDnsEnabled", private == "true")
	}
	for parameter, property := range map[string]string{"RouteTableId": "RouteTableIds", "SubnetId": "SubnetIds", "SecurityGroupId": "SecurityGroupIds"} {
		added, removed := p.Texts("Add"+parameter), p.Texts("Remove"+parameter)
		if len(added)+len(removed) == 0 {
			continue
		}
		var all []any
		for _, one := range assembly.Listed(endpoint.Properties[property]) {
			if id, _ := one.(string); !slices.Contains(removed, id) {
				all = append(all, one)
			}
		}
		for _, id := range added {
			if !slices.Contains(all, any(id)) {
				all = append(all, id)
			}
		}
		e.set(endpoint, property, orNil(all))
	}
	return nil
}

func (e *edit) endpoint(id string) (*assembly.Resource, error) {
	return e.one("AWS::EC2::VPCEndpoint", id, func(r *assembly.Resource) bool { return r.Ref == id })
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteVpcEndpoints.html
func (e *edit) deleteEndpoints(p request.Parameters) error {
	for _, id := range p.Texts("VpcEndpointId") {
		endpoint, err := e.endpoint(id)
		if err != nil {
			return err
		}
		e.remove(endpoint)
	}
	return nil
}

// Where routes lead from, and to. https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html
var (
	destinations = []string{"DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId"}
	targets      = []string{"GatewayId", "NatGatewayId", "InstanceId", "NetworkInterfaceId", "TransitGatewayId", "VpcPeeringConnectionId", "EgressOnlyInternetGatewayId", "VpcEndpointId", "LocalGatewayId",
		"CarrierGatewayId", "CoreNetworkArn"}
)

func (e *edit) createRoute(p request.Parameters) error {
	table, err := e.one("AWS::EC2::RouteTable", p.Text("RouteTableId"), func(r *assembly.Resource) bool { return r.Ref == p.Text("RouteTableId") })
	if err != nil {
		return err
	}
	properties := map[string]any{"RouteTableId": table.Ref}
	for _, name := range slices.Concat(destinations, targets) {
		if value := p.Text(name); value != "" {
			properties[name] = value
		}
	}
	e.add("AWS::EC2::Route", properties, table, append([]string{"RouteTableId"}, destinations...)...)
	return nil
}

// route is the route of a table to a destination.
func (e *edit) route(p request.Parameters) (*assembly.Resource, error) {
	return e.one("AWS::EC2::Route", p.Text("RouteTableId")+" to "+p.Text("DestinationCidrBlock")+p.Text("DestinationIpv6CidrBlock")+p.Text("DestinationPrefixListId"), func(r *assembly.Resource) bool {
		return text(r, "RouteTableId") == p.Text("RouteTableId") && !slices.ContainsFunc(destinations, func(name string) bool { return text(r, name) != p.Text(name) })
	})
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceRoute.html
func (e *edit) replaceRoute(p request.Parameters) error {
	r, err := e.route(p)
	if err != nil {
		return err
	}
	if p.Text("LocalTarget") != "" {
		return unknown("found LocalTarget, expected another target: the sandbox does not follow that")
	}
	for _, name := range targets {
		if value := p.Text(name); value != "" {
			e.set(r, name, value)
		} else if r.Properties[name] != nil {
			e.set(r, name, nil)
		}
	}
	return nil
}

// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteRoute.html
func (e *edit) deleteRoute(p request.Parameters) error {
	r, err := e.route(p)
	if err == nil {
		e.remove(r)
	}
	return err
}

// direction is what the rules of a security group for one direction are called.
type direction struct{ property, kind, group, prefixList string }

var (
	inbound  = direction{"SecurityGroupIngress", "AWS::EC2::SecurityGroupIngress", "SourceSecurityGroupId", "SourcePrefixListId"}
	outbound = direction{"SecurityGroupEgress", "AWS::EC2::SecurityGroupEgress", "DestinationSecurityGroupId", "DestinationPrefixListId"}
)

// Rules of a group without any: everything that leaves it is permitted, by AWS's own rule. CloudFormation gives a group that rule unless the template has another; so the CDK writes one that
// permits nothing. https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html
var (
	everything = map[string]any{"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}
	nothing    = map[string]any{"IpProtocol": "icmp", "CidrIp": "255.255.255.255/32", "FromPort": "252", "ToPort": "86"}
)

// authorize follows new rules of a group.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_AuthorizeSecurityGroupIngress.html
func (d direction) authorize(e *edit, p request.Parameters) error {
	group, rules, err := d.read(e, p)
	if err != nil {
		return err
	}
	all, err := d.rulesOf(e, group)
	if err == nil {
		all = slices.DeleteFunc(all, func(one any) bool { return d.form(one) == d.form(nothing) })
		e.set(group, d.property, append(all, rules...))
	}
	return err
}

// revoke follows that a group loses rules.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupIngress.html
func (d direction) revoke(e *edit, p request.Parameters) error {
	group, rules, err := d.read(e, p)
	if err != nil {
		return err
	}
	all, err := d.rulesOf(e, group)
	if err != nil {
		return err
	}
	for _, rule := range rules {
		found := false
		same := func(other any) bool { return d.form(other) == d.form(rule) }
		if i := slices.IndexFunc(all, same); i >= 0 {
			all, found = slices.Delete(all, i, i+1), true
		}
		for _, r := range e.find(d.kind, has("GroupId", p.Text("GroupId"))) {
			if same(r.Properties) {
				e.remove(r)
				found = true
			}
		}
		if !found {
			return unknown("found no rule %s of %s in the deployed stacks, expected one", d.form(rule), p.Text("GroupId"))
		}
	}
	if len(all) == 0 && d == outbound {
		all = []any{nothing}
	}
	e.set(group, d.property, orNil(all))
	return nil
}

// rulesOf are the rules in a group itself.
func (d direction) rulesOf(e *edit, group *assembly.Resource) ([]any, error) {
	all := slices.Clone(assembly.Listed(group.Properties[d.property]))
	if len(all) > 0 || d == inbound {
		return all, nil
	}
	if len(e.find(d.kind, has("GroupId", group.Ref))) > 0 {
		return nil, unknown("found %s with rules of its own resources only, expected SecurityGroupEgress in its template: the sandbox does not know whether it has AWS's own rule as well", group.Ref)
	}
	return []any{everything}, nil
}

// form is what two rules have in common that are the same: not their descriptions.
func (d direction) form(rule any) string {
	of, _ := rule.(map[string]any)
	least := map[string]any{}
	for _, name := range []string{"IpProtocol", "FromPort", "ToPort", "CidrIp", "CidrIpv6", d.group, d.prefixList} {
		value := of[name]
		if value != nil && strings.HasSuffix(name, "Port") {
			value = fmt.Sprint(value)
		}
		if value != nil && !(strings.HasSuffix(name, "Port") && of["IpProtocol"] == "-1") {
			least[name] = value
		}
	}
	return asJSON(least)
}

// read reads the group and the rules of a request.
func (d direction) read(e *edit, p request.Parameters) (*assembly.Resource, []any, error) {
	group, err := e.one("AWS::EC2::SecurityGroup", p.Text("GroupId"), func(r *assembly.Resource) bool { return p.Text("GroupId") != "" && r.Ref == p.Text("GroupId") })
	if err != nil {
		return nil, nil, err
	}
	for name := range p {
		for _, other := range []string{"SourceSecurityGroup", "SecurityGroupRuleId", "GroupName"} {
			if strings.HasPrefix(name, other) {
				return nil, nil, unknown("found %s, expected GroupId and IpPermissions: the sandbox follows no other form", name)
			}
		}
	}
	var all []any
	add := func(front string) error {
		base := map[string]any{"IpProtocol": p.Text(front + "IpProtocol")}
		for _, port := range []string{"FromPort", "ToPort"} {
			if text := p.Text(front + port); text != "" {
				if _, err := strconv.Atoi(text); err != nil {
					return unknown("found %s %q, expected a number", port, text)
				}
				base[port] = text
			}
		}
		with := func(name, value string) {
			rule := map[string]any{name: value}
			for k, v := range base {
				rule[k] = v
			}
			all = append(all, rule)
		}
		if block := p.Text(front + "CidrIp"); block != "" {
			with("CidrIp", block)
		}
		for list, names := range map[string][2]string{"IpRanges": {"CidrIp", "CidrIp"}, "Ipv6Ranges": {"CidrIpv6", "CidrIpv6"}, "PrefixListIds": {"PrefixListId", d.prefixList}, "Groups": {"GroupId", d.group}} {
			for i := 1; p.Text(front+list+"."+strconv.Itoa(i)+"."+names[0]) != ""; i++ {
				with(names[1], p.Text(front+list+"."+strconv.Itoa(i)+"."+names[0]))
			}
		}
		return nil
	}
	if p.Text("IpProtocol") != "" {
		if err := add(""); err != nil {
			return nil, nil, err
		}
	}
	for i := 1; p.Text("IpPermissions."+strconv.Itoa(i)+".IpProtocol") != ""; i++ {
		if err := add("IpPermissions." + strconv.Itoa(i) + "."); err != nil {
			return nil, nil, err
		}
	}
	if len(all) == 0 {
		return nil, nil, unknown("found no rule, expected IpPermissions")
	}
	slices.SortFunc(all, func(a, b any) int { return strings.Compare(asJSON(a), asJSON(b)) })
	return group, all, nil
}
