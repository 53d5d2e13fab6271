package main

var routeOperators = []*operator{
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
