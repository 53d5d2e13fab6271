package main

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/proof"
)

// connectionRules are about connections, and about the source account's own resources.
func connectionRules() []equivalence {
	return []equivalence{
		{"the source account's own",
			"who in the source account has access to that account's own resources is that account's decision",
			func(m *mutant) bool {
				if isIAM(m.resource) || !m.resource.subject.isSource(m.resource.Stack.Account) || m.resource.subject.owner(m.resource.Stack.Account) {
					return false
				}
				return m.operator.name == "a role for others" || m.operator.name == "add the grantee's account" ||
					m.operator.name == "a statement for others" && strings.Contains(m.change.what, "iam::"+m.resource.Stack.Account+":")
			}},
		{"a resource of no grant",
			"who has access to what no grant is on is the owner's decision",
			func(m *mutant) bool {
				return m.operator.name == "a role for others" && m.resource.ARN != "" && !m.resource.subject.named(m.resource.ARN)
			}},
		{"the source account's own bucket",
			"no grant says which key or name a bucket of the source account's own has",
			func(m *mutant) bool {
				return slices.Contains([]string{"the bucket's key to AWS's", "the bucket under alias/aws/s3", "rename the bucket"}, m.operator.name) &&
					m.resource.subject.isSource(m.resource.Stack.Account) && !m.resource.subject.named(m.resource.ARN)
			}},
		{"aws:SourceAccount is of services",
			"only requests of services have aws:SourceAccount, so the condition is false for any account that the principal includes",
			func(m *mutant) bool {
				if m.statement == nil || !strings.HasPrefix(m.change.shown[len(m.statement.in):].String(), "Principal") || len(m.before().services) == 0 {
					return false
				}
				v := m.after()
				own := v.condition("StringEquals", "aws:SourceAccount")
				return m.operator.name != "service to another" && v.plain() && v.effect == "Allow" && slices.Equal(own, []string{m.resource.Stack.Account})
			}},
		{"sources of the account",
			"another condition, or the rest of this one, still limits the service to sources of the resource's own account",
			func(m *mutant) bool {
				if m.statement == nil || m.operator.name == "drop a condition key" && len(object(m.before().conditions[m.change.shown[len(m.change.shown)-2].(string)])) < 2 {
					return false
				}
				return widensCondition(m) && servicesOnly(m.before()) && m.after() != nil && ownSources(m, m.after())
			}},
		{"a service acts for its source",
			"the condition limits the service to sources of the account, and it acts on what these name",
			func(m *mutant) bool {
				if m.statement == nil || m.statement.kind != resourcePolicy || !strings.HasPrefix(m.change.shown[len(m.statement.in):].String(), "Resource") || !widens(m) {
					return false
				}
				objects := m.resource.Type != "AWS::S3::BucketPolicy" || all(m.before().resources, func(arn string) bool { return strings.Contains(arn, "/") })
				return objects && m.before().effect == "Allow" && servicesOnly(m.before()) && ownSources(m, m.after())
			}},
		{"another kind of resource",
			"the actions are for buckets only, or for objects only, and the statement adds resources of the other kind",
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
			"the statement denies requests without TLS, and no grant is on the resource that it no longer names",
			func(m *mutant) bool {
				if m.operator.name != "drop a resource" || !deniesOnlyHTTP(m.before()) {
					return false
				}
				left := m.after().resources
				s := m.resource.subject
				return all(m.before().resources, func(arn string) bool { return slices.Contains(left, arn) || !s.granting(arn) && !s.marks(arn) })
			}},
		{"queues of its own account",
			"the statement is about the grantee's permissions on queues before and after, and no grant is",
			func(m *mutant) bool {
				if m.statement == nil || m.statement.kind != identity || !m.resource.subject.isSource(m.resource.Stack.Account) || m.after() == nil || m.before().effect != "Allow" {
					return false
				}
				queues := func(v *view) bool { return v.plain() && (v.only("sqs") || v.on("sqs")) }
				return queues(m.before()) && queues(m.after()) && (widens(m) || unneeded(m))
			}},
		{"its own account's queues or sessions",
			"the policy is about the account's own queues, state machines or traces, or about sessions of the SSM Agent, before and after, and none leads to what a grant is on",
			func(m *mutant) bool {
				return m.operator.name == "attach it to another role" && m.resource.subject.isSource(m.resource.Stack.Account) &&
					all(m.resource.statements(), func(one *statement) bool {
						return onlyServices(viewOf(object(at(m.resource.Properties, one.in))), "sqs", "ssm", "ssmmessages", "logs", "ec2", "states", "xray")
					})
			}},
		{"actions that are not needed",
			"neither EventBridge nor Lambda needs the action to send to a queue or to receive from it",
			func(m *mutant) bool { return unneeded(m) }},
		{"a marked policy",
			"the keys and prefixes that a marked policy permits are those that have to work, and they are the source account's own",
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
			"no grant and no marked policy calls the endpoint's service",
			func(m *mutant) bool {
				return m.resource.Type == "AWS::EC2::VPCEndpoint" && !m.resource.subject.uses(serviceOf(m.resource))
			}},
		{"an endpoint that no grant restricts",
			"no grant calls the endpoint's service: what else it allows is its owner's decision",
			func(m *mutant) bool {
				if m.resource.Type != "AWS::EC2::VPCEndpoint" || m.resource.subject.needs()[serviceOf(m.resource)] {
					return false
				}
				return slices.Contains([]string{"drop the endpoint policy", "drop the condition", "operator to …IfExists"}, m.operator.name)
			}},
		{"resources of no grant behind an endpoint",
			"what an endpoint allows on resources that no grant is on is its owner's decision",
			func(m *mutant) bool {
				if m.statement == nil || m.statement.kind != endpoint || m.resource.subject.coversGranted(m.before()) {
					return false
				}
				after := m.after()
				if after != nil && m.resource.subject.coversGranted(after) {
					return false
				}
				prefix := strings.Contains(m.change.shown.String(), "s3:prefix") && changesCondition(m) && m.operator.name != "drop a condition key"
				return len(m.before().conditions) == 0 || prefix || m.operator.name == "drop the condition" || m.operator.name == "operator to …IfExists"
			}},
		{"another group with the same peers",
			"the other group of the endpoint allows the same peers",
			func(m *mutant) bool {
				if m.operator.name != "other groups of the endpoint" {
					return false
				}
				groups := m.resource.groups()
				i := slices.IndexFunc(groups, func(g *resource) bool { return g.LogicalID == m.change.what })
				own := texts(m.resource.Properties["SecurityGroupIds"])
				return i >= 0 && len(own) == 1 && all(m.resource.subject.peers(own[0]), func(peer string) bool { return slices.Contains(m.resource.subject.peers(groups[i].Ref), peer) })
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
			"no grant sets the variable",
			func(m *mutant) bool {
				return m.operator.name == "the function's environment" && !m.resource.subject.sets(m.change.shown[len(m.change.shown)-1].(string))
			}},
		{"the data's policy decides",
			"with direct access the resource's policy has to allow, too; it is unchanged, and the proof gives other roles every permission",
			func(m *mutant) bool {
				if m.statement == nil || m.statement.kind != identity || m.after() == nil || m.before().effect != "Allow" || m.after().effect != "Allow" {
					return false
				}
				return !isMarked(m.resource) && all(m.resource.rolesOf(), m.resource.subject.direct) && onlyServices(m.after(), "s3", "kms") &&
					(widens(m) || widensCondition(m) && m.operator.name != "drop a condition key" || m.change.shown[len(m.change.shown)-1] == "kms:ViaService" || m.change.shown[len(m.change.shown)-1] == "aws:ResourceAccount")
			}},
		{"a group without egress rules",
			"a group without egress rules allows all egress",
			func(m *mutant) bool {
				one := m.rule()
				return m.operator.name == "drop the group rule" && one != nil && egress(one) && !m.resource.subject.needs()["sts"]
			}},
		{"no private name",
			"no grant uses an interface endpoint, whose private names need DNS host names in the VPC",
			func(m *mutant) bool {
				needs := m.resource.subject.needs()
				return m.operator.name == "no DNS in the VPC" && m.change.shown.String() == "EnableDnsHostnames" && all(sorted(needs), func(s string) bool { return s == "s3" || s == "dynamodb" })
			}},
	}
}

// ownSources says that a condition limits a service to sources of an account.
func ownSources(m *mutant, v *view) bool {
	if v == nil {
		return false
	}
	account := m.resource.Stack.Account
	own := func(arn string) bool { // the ARN of a bucket has no account
		return accountOf(arn) == account || slices.ContainsFunc(m.resource.subject.resources, func(r *resource) bool { return r.ARN == arn && r.Stack.Account == account })
	}
	if values := v.condition("StringEquals", "aws:SourceAccount"); len(values) > 0 && all(values, func(a string) bool { return a == account }) {
		return true
	}
	for _, operator := range []string{"ArnEquals", "ArnLike", "StringEquals", "StringLike"} {
		if values := v.condition(operator, "aws:SourceArn"); len(values) > 0 && all(values, own) {
			return true
		}
	}
	return false
}

func servicesOnly(v *view) bool {
	return v.plain() && len(v.services) > 0 && len(v.arns) == 0 && !v.everyone
}

func widensCondition(m *mutant) bool {
	return slices.Contains([]string{"drop the condition", "drop a condition key", "operator to …IfExists", "widen a condition value", "append * to a condition value", "add a condition value"}, m.operator.name)
}

func changesCondition(m *mutant) bool {
	return widensCondition(m) || m.operator.name == "drop a condition value" || m.operator.name == "change a condition value"
}

// unneeded says that a mutant drops an action that CDK permits but nothing needs.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
func unneeded(m *mutant) bool {
	if m.operator.name != "drop an action" || m.statement == nil {
		return false
	}
	return slices.ContainsFunc([]string{"sqs:ChangeMessageVisibility", "sqs:GetQueueUrl"}, func(a string) bool { return m.change.what == "without "+a }) ||
		m.statement.kind == resourcePolicy && m.change.what == "without sqs:GetQueueAttributes"
}

func onlyServices(v *view, services ...string) bool {
	return len(v.actions) > 0 && all(v.actions, func(a string) bool {
		service, _, _ := strings.Cut(a, ":")
		return slices.Contains(services, service)
	})
}

// isMarked says that a resource has the mark CrossGrant::MustWork, or that an intent is about what it does: a policy that permits a role what it
// uses, or a rule that sends to where something has to arrive.
func isMarked(r *resource) bool {
	if r.Metadata[contract.MustWorkKey] == true {
		return true
	}
	for _, i := range r.subject.intents {
		switch {
		case i.Use != nil && r.Type == "AWS::IAM::Policy" && slices.Contains(r.rolesOf(), i.Use.Role):
			for _, one := range r.statements() {
				on := viewOf(object(at(r.Properties, one.in))).resources
				if slices.ContainsFunc(i.Use.Statements, func(s contract.Statement) bool {
					return slices.ContainsFunc(s.Resources, func(used string) bool { return slices.Contains(on, used) })
				}) {
					return true
				}
			}
		case i.Delivery != nil && r.Type == "AWS::Events::Rule":
			if slices.ContainsFunc(list(r.Properties["Targets"]), func(target any) bool { return object(target)["Arn"] == i.Delivery.To }) {
				return true
			}
		}
	}
	return false
}

// marks says that a marked policy is on a resource, as another policy names it.
func (s *subject) marks(arn string) bool {
	return slices.ContainsFunc(s.resources, func(r *resource) bool {
		return isMarked(r) && slices.ContainsFunc(r.statements(), func(one *statement) bool {
			return slices.ContainsFunc(viewOf(object(at(r.Properties, one.in))).resources, func(on string) bool {
				return on == arn || strings.HasPrefix(on, strings.TrimSuffix(arn, "*")) && strings.HasSuffix(arn, "*")
			})
		})
	})
}

// sendsAs says that a marked rule sends events as a role.
func (s *subject) sendsAs(arn string) bool {
	return slices.ContainsFunc(s.resources, func(r *resource) bool {
		return isMarked(r) && slices.ContainsFunc(list(r.Properties["Targets"]), func(target any) bool { return object(target)["RoleArn"] == arn })
	})
}

// owner says that an account is the target of a grant.
func (s *subject) owner(account string) bool {
	return slices.ContainsFunc(s.grants, func(g *proof.Grant) bool { return g.Target.Account == account })
}

// named says that a permission of a grant is on a resource, or on what is in it.
func (s *subject) named(arn string) bool {
	for _, g := range s.grants {
		for _, p := range g.Permissions {
			if slices.ContainsFunc(p.Resources, func(r string) bool { return r == arn || strings.HasPrefix(r, arn+"/") }) {
				return true
			}
		}
	}
	return false
}

// granting says that a permission of a grant is on a resource as a policy names it.
func (s *subject) granting(arn string) bool {
	front := strings.TrimSuffix(arn, "*")
	for _, g := range s.grants {
		for _, p := range g.Permissions {
			if slices.ContainsFunc(p.Resources, func(r string) bool { return r == arn || front != arn && strings.HasPrefix(r, front) }) {
				return true
			}
		}
	}
	return false
}

// coversGranted says that a statement's resources include a grant's data or role, or everything.
func (s *subject) coversGranted(v *view) bool {
	if v.notResource || len(v.resources) == 0 {
		return true
	}
	return slices.ContainsFunc(v.resources, func(arn string) bool {
		return strings.Trim(nameOf(arn), "*") == "" || s.granting(arn) || s.isTrustedRole(arn) || slices.ContainsFunc(s.grants, func(g *proof.Grant) bool {
			return slices.ContainsFunc(g.Permissions, func(p contract.Statement) bool {
				return slices.ContainsFunc(p.Resources, func(r string) bool { return strings.HasPrefix(arn, strings.TrimSuffix(r, "*")) })
			})
		})
	})
}

// serviceOf is the service of an endpoint.
func serviceOf(r *resource) string {
	name := r.text(place{"ServiceName"})
	return name[strings.LastIndexByte(name, '.')+1:]
}

// uses says that a grant or a marked policy calls a service.
func (s *subject) uses(service string) bool {
	return s.needs()[service] || slices.ContainsFunc(s.resources, func(r *resource) bool {
		return isMarked(r) && slices.ContainsFunc(r.statements(), func(one *statement) bool {
			return slices.ContainsFunc(viewOf(object(at(r.Properties, one.in))).actions, func(a string) bool { return strings.HasPrefix(a, service+":") })
		})
	})
}

// peers are the sources that a group allows on port 443.
func (s *subject) peers(group string) (peers []string) {
	for _, one := range s.rulesOf(group) {
		p := object(at(one.Properties, one.in))
		if one.in == nil {
			p = one.Properties
		}
		if !egress(&one) && one.tcp443() {
			peers = append(peers, word(p["SourceSecurityGroupId"])+word(p["CidrIp"]))
		}
	}
	return peers
}

// runsBy says that something runs in a subnet of a route table.
func (s *subject) runsBy(table string) bool {
	subnets := map[string]bool{}
	for _, r := range s.resources {
		if r.Type == "AWS::EC2::SubnetRouteTableAssociation" && r.text(place{"RouteTableId"}) == table {
			subnets[r.text(place{"SubnetId"})] = true
		}
	}
	return slices.ContainsFunc(s.resources, func(r *resource) bool {
		in := append(texts(object(r.Properties["VpcConfig"])["SubnetIds"]), word(r.Properties["SubnetId"]))
		return (r.Type == "AWS::Lambda::Function" || r.Type == "AWS::EC2::Instance") && slices.ContainsFunc(in, func(id string) bool { return subnets[id] })
	})
}

// sets says that a grant sets a variable of its grantees.
func (s *subject) sets(variable string) bool {
	return variable == contract.VariableRoleARN || variable == contract.VariableAccess || slices.ContainsFunc(s.grants, func(g *proof.Grant) bool {
		_, ok := g.Environment[variable]
		return ok
	})
}

// direct says that a role is a grantee with direct access only.
func (s *subject) direct(arn string) bool {
	return s.isGrantee(arn) && all(s.grants, func(g *proof.Grant) bool { return !slices.Contains(g.Grantees, arn) || g.RoleARN == "" })
}
