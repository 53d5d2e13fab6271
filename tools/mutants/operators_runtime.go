package main

import (
	"slices"
	"strings"
)

// runtimeOperators make what AWS refuses or loses at deployment, or what fails at run time only, though each policy permits it.
var runtimeOperators = []*operator{
	on("an inline policy of the same name", isGrantRole, func(r *resource) (all []change) {
		for _, p := range r.subject.resources {
			if p.Type == "AWS::IAM::Policy" && p.template == r.template && slices.Contains(p.rolesOf(), r.ARN) {
				all = append(all, r.add(p.LogicalID, map[string]any{"OtherPolicy": made("AWS::IAM::RolePolicy", map[string]any{"RoleName": ref(r),
					"PolicyName": p.property("PolicyName"), "PolicyDocument": document(map[string]any{"Effect": "Deny", "Action": "sqs:PurgeQueue", "Resource": "*"})})}))
			}
		}
		return all
	}),
	setting("a reserved variable", isWorkload, "x", "Environment", "Variables", "AWS_REGION"),
	setting("a variable of a name that Lambda refuses", isWorkload, "x", "Environment", "Variables", "1-A"),
	setting("variables of more than 4 KB", isWorkload, strings.Repeat("x", 4096), "Environment", "Variables", "OTHER"),
	setting("certificates of its own", isWorkload, "/opt/none.pem", "Environment", "Variables", "AWS_CA_BUNDLE"),
	setting("a batch without a window", isMapping, 11, "BatchSize"),
	setting("a FIFO queue's dead letters", isEventQueue, true, "FifoQueue"),
	on("a delay that outlasts messages", isEventQueue, func(r *resource) []change {
		return []change{r.set("DelaySeconds", 60, "60").with(r.set("MessageRetentionPeriod", 60, "60"))}
	}),
	setting("an API without requests", ofAPI("AWS::ApiGatewayV2::Stage"), map[string]any{"ThrottlingBurstLimit": 0, "ThrottlingRateLimit": 0}, "DefaultRouteSettings"),
	setting("an integration by a VPC link", ofAPI("AWS::ApiGatewayV2::Integration"), "VPC_LINK", "ConnectionType"),
	setting("an integration as the caller", ofAPI("AWS::ApiGatewayV2::Integration"), "arn:aws:iam::*:user/*", "CredentialsArn"),
	setting("an endpoint for IPv6", isNeededEndpoint, "ipv6", "IpAddressType"),
	setting("an endpoint with names for IPv6", isNeededEndpoint, "ipv6", "DnsOptions", "DnsRecordIpType"),
	setting("an endpoint of another region", isNeededEndpoint, foreignRegion, "ServiceRegion"),
	adding("a Route 53 profile that no template has", isVPC, func(r *resource) map[string]any {
		return map[string]any{"OtherAssociation": made("AWS::Route53Profiles::ProfileAssociation", map[string]any{"Name": "other", "ProfileId": "rp-0123456789abcdef", "ResourceId": ref(r)})}
	}),
}

// isNeededEndpoint says that an interface endpoint has the name of a service that grantees in its VPC call.
func isNeededEndpoint(r *resource) bool {
	name := r.text(place{"ServiceName"})
	return r.Type == "AWS::EC2::VPCEndpoint" && r.property("PrivateDnsEnabled") == true && r.subject.needs()[name[strings.LastIndexByte(name, '.')+1:]] &&
		slices.ContainsFunc(r.subject.resources, func(vpc *resource) bool { return vpc.Ref == r.text(place{"VpcId"}) && isVPC(vpc) })
}
