package main

import (
	"slices"
	"strings"
)

// wiringRules are about what is wired up beside the grants, and about the source account's own resources.
var wiringRules = []equivalence{
	{"the source account's own",
		"who of its own account, or through a role of it, reaches a resource of the source account is that account's, and no grant's",
		func(m *mutant) bool {
			if isIAM(m.resource) || !m.resource.subject.source(m.resource.Stack.Account) || m.resource.subject.owner(m.resource.Stack.Account) {
				return false
			}
			return m.operator.name == "a role for others" || m.operator.name == "add the grantee's account" ||
				m.operator.name == "a statement for others" && strings.Contains(m.change.what, "iam::"+m.resource.Stack.Account+":")
		}},
	{"a resource of no grant",
		"who reaches, through a role of the owner's, what no grant is on is the owner's",
		func(m *mutant) bool {
			return m.operator.name == "a role for others" && m.resource.ARN != "" && !m.resource.subject.named(m.resource.ARN)
		}},
	{"the source account's own bucket",
		"no grant says under which key or name the source account keeps a bucket of its own",
		func(m *mutant) bool {
			return slices.Contains([]string{"the bucket's key to AWS's", "rename the bucket"}, m.operator.name) &&
				m.resource.subject.source(m.resource.Stack.Account) && !m.resource.subject.named(m.resource.ARN)
		}},
	{"aws:SourceAccount is of services",
		"only a service's request has aws:SourceAccount, so that no account that the principal takes in gets past the condition",
		func(m *mutant) bool {
			if m.statement == nil || !strings.HasPrefix(m.change.shown[len(m.statement.in):].String(), "Principal") || len(m.before().services) == 0 {
				return false
			}
			v := m.after()
			own := v.condition("StringEquals", "aws:SourceAccount")
			return m.operator.name != "service to another" && v.plain() && v.effect == "Allow" && slices.Equal(own, []string{m.resource.Stack.Account})
		}},
	{"sources of the account",
		"another condition, or what is left of this one, still keeps the service to sources of the resource's own account",
		func(m *mutant) bool {
			if m.statement == nil || m.operator.name == "drop a condition key" && len(object(m.before().conditions[m.change.shown[len(m.change.shown)-2].(string)])) < 2 {
				return false
			}
			return widensCondition(m) && servicesOnly(m.before()) && m.after() != nil && ownSources(m.after(), m.resource.Stack.Account)
		}},
	{"a service acts for its source",
		"the principal is a service that the condition keeps to sources of the account, and it acts on what these name",
		func(m *mutant) bool {
			if m.statement == nil || m.statement.kind != guarding || !strings.HasPrefix(m.change.shown[len(m.statement.in):].String(), "Resource") || !widens(m) {
				return false
			}
			objects := m.resource.Type != "AWS::S3::BucketPolicy" || all(m.before().resources, func(arn string) bool { return strings.Contains(arn, "/") })
			return objects && m.before().effect == "Allow" && servicesOnly(m.before()) && ownSources(m.after(), m.resource.Stack.Account)
		}},
	{"another kind of resource",
		"the actions know buckets only, or objects only, and what the statement takes in besides is of the other kind",
		func(m *mutant) bool {
			if m.statement == nil || m.resource.Type != "AWS::S3::BucketPolicy" || !widens(m) || m.before().effect != "Allow" {
				return false
			}
			before, after := m.before(), m.after()
			onBucket := all(before.resources, func(arn string) bool { return !strings.Contains(nameOf(arn), "/") && !strings.HasSuffix(arn, "*") })
			lists := all(before.actions, func(a string) bool { return a == "s3:ListBucket" || a == "s3:GetBucketAcl" })
			return onBucket && lists && after != nil && (m.operator.name == "resource to *" || servicesOnly(before) && (m.change.what == "and s3:PutObject" || m.operator.name == "add a resource"))
		}},
	{"no grant lists it",
		"the statement denies what comes without TLS, and no grant is on the resource that it leaves out",
		func(m *mutant) bool {
			if m.operator.name != "drop a resource" || !deniesOnlyHTTP(m.before()) {
				return false
			}
			left := m.after().resources
			s := m.resource.subject
			return all(m.before().resources, func(arn string) bool { return slices.Contains(left, arn) || !s.granting(arn) && !s.marks(arn) })
		}},
	{"queues of its own account",
		"the statement is about the grantee's rights on queues before and after, of which no grant is",
		func(m *mutant) bool {
			if m.statement == nil || m.statement.kind != identity || !m.resource.subject.source(m.resource.Stack.Account) || m.after() == nil || m.before().effect != "Allow" {
				return false
			}
			queues := func(v *view) bool { return v.plain() && (v.only("sqs") || v.on("sqs")) }
			return queues(m.before()) && queues(m.after()) && (widens(m) || spare(m))
		}},
	{"spare actions",
		"neither EventBridge nor Lambda needs the action to send to a queue or to take from it",
		func(m *mutant) bool { return spare(m) }},
	{"a policy that says what it is for",
		"the policy is marked: the keys and prefixes that it permits are those that have to work, and they are the source account's own",
		func(m *mutant) bool {
			if m.resource.Type != "AWS::IAM::Policy" || !isMarked(m.resource) || m.statement == nil {
				return false
			}
			own := []string{"operator to …IfExists", "drop a condition value", "change a condition value", "append * to a condition value"}
			if m.before().only("kms") {
				own = append(own, "drop the statement", "flip the effect", "drop an action", "add a higher action", "flip the operator", "add a condition value")
			}
			return slices.Contains(own, m.operator.name)
		}},
	{"an endpoint of no grant",
		"no grant asks this endpoint's service, and nothing that is marked does",
		func(m *mutant) bool {
			return m.resource.Type == "AWS::EC2::VPCEndpoint" && !m.resource.subject.uses(serviceOf(m.resource))
		}},
	{"an endpoint that no grant has closed",
		"no grant asks this endpoint's service: what else it lets pass is its owner's",
		func(m *mutant) bool {
			if m.resource.Type != "AWS::EC2::VPCEndpoint" || m.resource.subject.needs()[serviceOf(m.resource)] {
				return false
			}
			return slices.Contains([]string{"drop the endpoint policy", "drop the condition", "operator to …IfExists"}, m.operator.name)
		}},
	{"beside the grants",
		"what an endpoint lets pass to resources that no grant is on is its owner's",
		func(m *mutant) bool {
			if m.statement == nil || m.statement.kind != endpoint || m.resource.subject.touches(m.before()) {
				return false
			}
			after := m.after()
			if after != nil && m.resource.subject.touches(after) {
				return false
			}
			prefix := strings.Contains(m.change.shown.String(), "s3:prefix") && changesCondition(m) && m.operator.name != "drop a condition key"
			return len(m.before().conditions) == 0 || prefix || m.operator.name == "drop the condition" || m.operator.name == "operator to …IfExists"
		}},
	{"another group that lets the same in",
		"the other group of the endpoint lets in whom this one does",
		func(m *mutant) bool {
			if m.operator.name != "other groups of the endpoint" {
				return false
			}
			groups := m.resource.groups()
			i := slices.IndexFunc(groups, func(g *resource) bool { return g.LogicalID == m.change.what })
			own := texts(m.resource.Properties["SecurityGroupIds"])
			return i >= 0 && len(own) == 1 && all(m.resource.subject.letsIn(own[0]), func(peer string) bool { return slices.Contains(m.resource.subject.letsIn(groups[i].Ref), peer) })
		}},
	{"a route table that nothing uses",
		"nothing runs in the subnets of the route table",
		func(m *mutant) bool {
			if m.operator.name != "take a route table away" {
				return false
			}
			gone := m.resource.text(m.change.shown.then(m.change.what))
			for i, table := range texts(m.resource.Properties["RouteTableIds"]) {
				if m.change.what == "without" && m.change.shown.String() == (place{"RouteTableIds", i}).String() {
					gone = table
				}
			}
			return gone != "" && !m.resource.subject.runsBy(gone)
		}},
	{"a variable of the function's own",
		"no grant has set the variable",
		func(m *mutant) bool {
			return m.operator.name == "the function's environment" && !m.resource.subject.sets(m.change.shown[len(m.change.shown)-1].(string))
		}},
	{"the data's policy decides",
		"with Direct access the grantee's own policy is one of two that have to allow; the other, of the data, is as it was, and probes take other roles to hold every right",
		func(m *mutant) bool {
			if m.statement == nil || m.statement.kind != identity || m.after() == nil || m.before().effect != "Allow" || m.after().effect != "Allow" {
				return false
			}
			return !isMarked(m.resource) && all(m.resource.holders(), m.resource.subject.direct) && onlyServices(m.after(), "s3", "kms") &&
				(widens(m) || widensCondition(m) && m.operator.name != "drop a condition key" || m.change.shown[len(m.change.shown)-1] == "kms:ViaService" || m.change.shown[len(m.change.shown)-1] == "aws:ResourceAccount")
		}},
	{"an open group",
		"a group without rules for what goes out lets everything out",
		func(m *mutant) bool {
			one := m.rule()
			return m.operator.name == "drop the group rule" && one != nil && egress(one) && !m.resource.subject.needs()["sts"]
		}},
	{"no name to look up",
		"no grant asks an interface endpoint, whose private names take DNS host names in the VPC",
		func(m *mutant) bool {
			needs := m.resource.subject.needs()
			return m.operator.name == "no DNS in the VPC" && m.change.shown.String() == "EnableDnsHostnames" && all(sorted(needs), func(s string) bool { return s == "s3" || s == "dynamodb" })
		}},
}

// ownSources says that a condition leaves a service what it does for sources of an account.
func ownSources(v *view, account string) bool {
	if v == nil {
		return false
	}
	if values := v.condition("StringEquals", "aws:SourceAccount"); len(values) > 0 && all(values, func(a string) bool { return a == account }) {
		return true
	}
	for _, operator := range []string{"ArnEquals", "ArnLike", "StringEquals", "StringLike"} {
		if values := v.condition(operator, "aws:SourceArn"); len(values) > 0 && all(values, func(arn string) bool { return accountOf(arn) == account }) {
			return true
		}
	}
	return false
}

func servicesOnly(v *view) bool {
	return v.plain() && len(v.services) > 0 && len(v.arns) == 0 && !v.everybody
}

func widensCondition(m *mutant) bool {
	return slices.Contains([]string{"drop the condition", "drop a condition key", "operator to …IfExists", "widen a condition value", "append * to a condition value", "add a condition value"}, m.operator.name)
}

func changesCondition(m *mutant) bool {
	return widensCondition(m) || m.operator.name == "drop a condition value" || m.operator.name == "change a condition value"
}

// spare are actions that CDK permits along with what is needed.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
func spare(m *mutant) bool {
	if m.operator.name != "drop an action" || m.statement == nil {
		return false
	}
	return slices.ContainsFunc([]string{"sqs:ChangeMessageVisibility", "sqs:GetQueueUrl"}, func(a string) bool { return m.change.what == "without "+a }) ||
		m.statement.kind == guarding && m.change.what == "without sqs:GetQueueAttributes"
}

func onlyServices(v *view, services ...string) bool {
	return len(v.actions) > 0 && all(v.actions, func(a string) bool {
		service, _, _ := strings.Cut(a, ":")
		return slices.Contains(services, service)
	})
}
