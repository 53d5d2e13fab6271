package main

import "slices"

var isRule = isMarkedType("AWS::Events::Rule")

// eventOperators break the way of an event: from the bucket to the rule, the bus, the next rule, the queue and the function.
func eventOperators() []*operator {
	return []*operator{
		setting("the rule disabled", isRule, "DISABLED", "State"),
		on("drop the rule", isRule, func(r *resource) []change { return []change{r.drop()} }),
		setting("no targets", isRule, nothing{}, "Targets"),
		setting("a rule of another bus", isRule, "another", "EventBusName"),
		setting("a schedule instead of a pattern", isRule, nothing{}, "EventPattern"),
		pattern("another source", []any{"aws.ec2"}, "source"), pattern("another kind of event", []any{"Object Deleted"}, "detail-type"),
		pattern("another bucket", []any{"another"}, "detail", "bucket", "name"),
		pattern("other keys", []any{map[string]any{"prefix": "another/"}}, "detail", "object", "key"),
		pattern("another account", []any{foreignAccount}, "account"), pattern("another region", []any{"eu-south-2"}, "region"),
		pattern("large objects only", []any{map[string]any{"numeric": []any{">", 1000000}}}, "detail", "object", "size"),
		pattern("events without a reason", []any{map[string]any{"exists": false}}, "detail", "reason"), pattern("events without an ETag", []any{map[string]any{"exists": false}}, "detail", "object", "etag"),
		pattern("events without a time", []any{map[string]any{"exists": false}}, "time"), pattern("uploads in one part", []any{"PutObject"}, "detail", "reason"),
		target("another account's target", func(r *resource) any { return r.foreign("sqs", "other") }, "Arn"),
		target("another target", func(r *resource) any { return "arn:aws:sqs:" + r.Stack.Region + ":" + r.Stack.Account + ":other" }, "Arn"),
		target("another text instead of the event", func(*resource) any { return "{}" }, "Input"),
		target("a part of the event", func(*resource) any { return "$.time" }, "InputPath"),
		on("the target's role", isRule, func(r *resource) []change {
			if at(r.property("Targets"), place{0, "RoleArn"}) == nil {
				return nil
			}
			return []change{r.setIn(nothing{}, "none", "Targets", 0, "RoleArn"),
				r.setIn("arn:aws:iam::"+r.Stack.Account+":role/other", "another", "Targets", 0, "RoleArn")}
		}),
		setting("no events of the bucket", feedsRule, nothing{}, "NotificationConfiguration", "EventBridgeConfiguration"),
		setting("events of the bucket off", feedsRule, false, "NotificationConfiguration", "EventBridgeConfiguration", "EventBridgeEnabled"),
		setting("no notifications of the bucket", feedsRule, nothing{}, "NotificationConfiguration"),
		on("drop the bus", isBus, func(r *resource) []change { return []change{r.drop()} }),
		setting("another name of the bus", isBus, "another", "Name"),
		on("drop the bus policy", ofBus("AWS::Events::EventBusPolicy"), func(r *resource) []change { return []change{r.drop()} }),
		on("the policy of another bus", ofBus("AWS::Events::EventBusPolicy"), func(r *resource) []change { return []change{r.set("EventBusName", "another", "another")} }),
		on("drop the queue", isEventQueue, func(r *resource) []change { return []change{r.drop()} }),
		on("drop the queue policy", isEventQueuePolicy, func(r *resource) []change { return []change{r.drop()} }),
		setting("a visibility timeout below the function's", isEventQueue, 1, "VisibilityTimeout"),
		setting("the mapping disabled", isMapping, false, "Enabled"),
		on("drop the mapping", isMapping, func(r *resource) []change { return []change{r.drop()} }),
		setting("a filter of the mapping", isMapping, map[string]any{"Filters": []any{map[string]any{"Pattern": `{"body":{"source":["other"]}}`}}}, "FilterCriteria"),
		on("another function of the mapping", isMapping, func(r *resource) []change { return []change{r.set("FunctionName", "another", "another")} }),
		on("another queue of the mapping", isMapping, func(r *resource) []change {
			return []change{r.set("EventSourceArn", "arn:aws:sqs:"+r.Stack.Region+":"+r.Stack.Account+":another", "another"),
				r.set("EventSourceArn", r.foreign("sqs", "another"), "another account's")}
		}),
		adding("another function takes the messages", isEventQueue, func(r *resource) map[string]any {
			return map[string]any{"OtherMapping": made("AWS::Lambda::EventSourceMapping", map[string]any{"EventSourceArn": get(r, "Arn"), "FunctionName": "another"})}
		}),
	}
}

func ofBus(kind string) func(*resource) bool {
	return func(r *resource) bool {
		return r.Type == kind && slices.ContainsFunc(r.subject.resources, func(b *resource) bool {
			return isBus(b) && b.template == r.template && b.Name == r.text(place{"EventBusName"})
		})
	}
}

// isMapping says that a mapping to a function that runs as a grantee has to work.
func isMapping(r *resource) bool { return isMarkedType("AWS::Lambda::EventSourceMapping")(r) }

func pattern(name string, value any, property ...any) *operator {
	return on("a pattern for "+name, isRule, func(r *resource) []change {
		return []change{r.setIn(value, name, append([]any{"EventPattern"}, property...)...)}
	})
}

func target(name string, value func(*resource) any, property string) *operator {
	return on(name, isRule, func(r *resource) []change { return []change{r.setIn(value(r), name, "Targets", 0, property)} })
}

var isTrail = isMarkedType("AWS::CloudTrail::Trail")

// trailOperators break a trail.
func trailOperators() []*operator {
	return []*operator{
		setting("the trail does not log", isTrail, false, "IsLogging"),
		on("drop the trail", isTrail, func(r *resource) []change { return []change{r.drop()} }),
		setting("the trail's bucket", isTrail, "another", "S3BucketName"),
		setting("the trail's prefix", isTrail, "another", "S3KeyPrefix"),
		setting("another name of the trail", isTrail, "another", "TrailName"),
		setting("a trail of an organization", isTrail, true, "IsOrganizationTrail"),
	}
}

// nameOperators let the names of AWS's endpoints resolve to something else, or cut a subnet off.
func nameOperators() []*operator {
	return []*operator{
		zone("sts"), zone("s3"), zone("dynamodb"),
		adding("a resolver rule for AWS's names", isVPC, func(r *resource) map[string]any {
			return map[string]any{
				"OtherRule": made("AWS::Route53Resolver::ResolverRule", map[string]any{"DomainName": "amazonaws.com", "RuleType": "FORWARD", "ResolverEndpointId": "rslvr-out-0",
					"TargetIps": []any{map[string]any{"Ip": "192.0.2.1", "Port": "53"}}}),
				"OtherAssociation": made("AWS::Route53Resolver::ResolverRuleAssociation", map[string]any{"VPCId": ref(r),
					"ResolverRuleId": map[string]any{"Fn::GetAtt": []any{"OtherRule", "ResolverRuleId"}}}),
			}
		}),
		adding("name servers of its own", isVPC, func(r *resource) map[string]any {
			return map[string]any{
				"OtherOptions":     made("AWS::EC2::DHCPOptions", map[string]any{"DomainNameServers": []any{"192.0.2.1"}}),
				"OtherAssociation": made("AWS::EC2::VPCDHCPOptionsAssociation", map[string]any{"VpcId": ref(r), "DhcpOptionsId": map[string]any{"Ref": "OtherOptions"}}),
			}
		}),
		adding("a DNS firewall", isVPC, func(r *resource) map[string]any {
			return map[string]any{
				"OtherGroup": made("AWS::Route53Resolver::FirewallRuleGroup", map[string]any{"FirewallRules": []any{map[string]any{"Action": "BLOCK", "BlockResponse": "NXDOMAIN",
					"Priority": 1, "FirewallDomainListId": "rslvr-fdl-0"}}}),
				"OtherAssociation": made("AWS::Route53Resolver::FirewallRuleGroupAssociation", map[string]any{"VpcId": ref(r), "Priority": 101,
					"FirewallRuleGroupId": map[string]any{"Ref": "OtherGroup"}}),
			}
		}),
		on("a network ACL that allows nothing", runsWorkload, func(r *resource) []change {
			return []change{r.add("of the subnet", map[string]any{
				"OtherAcl":         made("AWS::EC2::NetworkAcl", map[string]any{"VpcId": r.property("VpcId")}),
				"OtherAssociation": made("AWS::EC2::SubnetNetworkAclAssociation", map[string]any{"SubnetId": ref(r), "NetworkAclId": map[string]any{"Ref": "OtherAcl"}}),
			})}
		}),
	}
}

func isVPC(r *resource) bool {
	return r.Type == "AWS::EC2::VPC" && slices.ContainsFunc(r.subject.resources, func(f *resource) bool {
		return f.template == r.template && (isWorkload(f) && f.property("VpcConfig") != nil || isInstance(f))
	})
}

// runsWorkload says that a grantee's function or instance runs in a subnet.
func runsWorkload(r *resource) bool {
	return r.Type == "AWS::EC2::Subnet" && slices.ContainsFunc(r.subject.resources, func(f *resource) bool {
		return f.template == r.template && (isWorkload(f) && slices.Contains(list(at(f.Properties, place{"VpcConfig", "SubnetIds"})), any(r.Ref)) ||
			isInstance(f) && f.text(place{"SubnetId"}) == r.Ref)
	})
}

// zone is an operator that adds a private hosted zone for the name of a service that grants call.
func zone(service string) *operator {
	return adding("a private hosted zone for "+service, func(r *resource) bool { return isVPC(r) && r.subject.needs()[service] }, func(r *resource) map[string]any {
		name := service + "." + r.Stack.Region + ".amazonaws.com"
		return map[string]any{
			"OtherZone": made("AWS::Route53::HostedZone", map[string]any{"Name": name, "VPCs": []any{map[string]any{"VPCId": ref(r), "VPCRegion": r.Stack.Region}}}),
			"OtherRecord": made("AWS::Route53::RecordSet", map[string]any{"HostedZoneId": map[string]any{"Ref": "OtherZone"}, "Name": name, "Type": "A", "TTL": "60",
				"ResourceRecords": []any{"192.0.2.1"}}),
		}
	})
}
