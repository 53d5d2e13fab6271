package main

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/proof"
)

// runtimeOperators make what AWS refuses or loses at deployment, or what fails at run time only, though each policy permits it.
func runtimeOperators() []*operator {
	return []*operator{
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
		setting("a batch without a window", delivers("sqs", "AWS::Lambda::EventSourceMapping"), 11, "BatchSize"),
		setting("a FIFO queue's dead letters", isEventQueue, true, "FifoQueue"),
		on("a delay that outlasts messages", isEventQueue, func(r *resource) []change {
			return []change{r.set("DelaySeconds", 60, "60").with(r.set("MessageRetentionPeriod", 60, "60"))}
		}),
		setting("an API without requests", delivers("execute-api", "AWS::ApiGatewayV2::Stage"), map[string]any{"ThrottlingBurstLimit": 0, "ThrottlingRateLimit": 0}, "DefaultRouteSettings"),
		setting("an integration by a VPC link", delivers("execute-api", "AWS::ApiGatewayV2::Integration"), "VPC_LINK", "ConnectionType"),
		setting("an integration as the caller", delivers("execute-api", "AWS::ApiGatewayV2::Integration"), "arn:aws:iam::*:user/*", "CredentialsArn"),
		setting("a topic that no template has", delivers("cloudtrail", "AWS::CloudTrail::Trail"), "nonexistent", "SnsTopicName"),
		setting("data that is archived at once", readsObjects, map[string]any{"Rules": []any{map[string]any{"Status": "Enabled",
			"Transitions": []any{map[string]any{"StorageClass": "DEEP_ARCHIVE", "TransitionInDays": 0}}}}}, "LifecycleConfiguration"),
		setting("an endpoint for IPv6", isNeededEndpoint, "ipv6", "IpAddressType"),
		setting("an endpoint with names for IPv6", isNeededEndpoint, "ipv6", "DnsOptions", "DnsRecordIpType"),
		setting("an endpoint of another region", isNeededEndpoint, foreignRegion, "ServiceRegion"),
		adding("a Route 53 profile that no template has", isVPC, func(r *resource) map[string]any {
			return map[string]any{"OtherAssociation": made("AWS::Route53Profiles::ProfileAssociation", map[string]any{"Name": "other", "ProfileId": "rp-0123456789abcdef", "ResourceId": ref(r)})}
		}),
	}
}

// isNeededEndpoint says that an interface endpoint has the name of a service that grantees in its VPC call.
func isNeededEndpoint(r *resource) bool {
	name := r.text(place{"ServiceName"})
	return r.Type == "AWS::EC2::VPCEndpoint" && r.property("PrivateDnsEnabled") == true && r.subject.needs()[name[strings.LastIndexByte(name, '.')+1:]] &&
		slices.ContainsFunc(r.subject.resources, func(vpc *resource) bool { return vpc.Ref == r.text(place{"VpcId"}) && isVPC(vpc) })
}

// delivers says that a resource is of a type, and that something of a service has to arrive by resources of its template.
func delivers(service, kind string) func(*resource) bool {
	return func(r *resource) bool {
		return r.Type == kind && slices.ContainsFunc(r.subject.intents, func(i contract.Intent) bool {
			return i.Delivery != nil && serviceOfARN(i.Delivery.From) == service && accountOf(i.Delivery.From) == r.Stack.Account
		})
	}
}

// readsObjects says that a grant lets objects of a bucket be read.
func readsObjects(r *resource) bool {
	return r.Type == "AWS::S3::Bucket" && slices.ContainsFunc(r.subject.grants, func(g *proof.Grant) bool {
		return slices.ContainsFunc(g.Permissions, func(p contract.Statement) bool {
			return slices.Contains(p.Actions, "s3:GetObject") && slices.ContainsFunc(p.Resources, func(on string) bool { return strings.HasPrefix(on, r.ARN+"/") })
		})
	})
}
