package main

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/authorization"
)

// equivalence is a rule that says which mutants change nothing that a grant declares or forbids.
type equivalence struct {
	name, because string
	applies       func(*mutant) bool
}

// rules are all equivalences, tried in this order.
var rules = slices.Concat(statementRules(), networkRules(), connectionRules(), sourceRules())

// classify marks the mutants that are equivalent, and returns the others.
func classify(all []*mutant) (rest []*mutant) {
	for _, m := range all {
		i := slices.IndexFunc(rules, func(r equivalence) bool { return r.applies(m) })
		if i < 0 {
			rest = append(rest, m)
			continue
		}
		m.outcome, m.reason = equivalent, rules[i].name
	}
	return rest
}

// statementRules are about policies.
func statementRules() []equivalence {
	return []equivalence{
		{"logs",
			"the statement is about CloudWatch Logs before and after, and no grant is",
			beforeAndAfter(func(m *mutant, v *view) bool {
				return m.statement.kind == identity && v.plain() && (v.only("logs") || v.on("logs"))
			})},
		{"who asks",
			"the statement of an endpoint is about sts:GetCallerIdentity before and after, for no more callers; it takes no permission, and no grant declares it",
			beforeAndAfter(func(m *mutant, v *view) bool {
				return m.statement.kind == endpoint && !v.notAction && slices.Equal(v.actions, []string{"sts:GetCallerIdentity"}) && !widensCondition(m) && m.operator.name != "change a condition value"
			})},
		{"network interfaces",
			"the statement is about EC2 before and after, with which Lambda creates network interfaces; no EC2 action gives access to another account's data",

			beforeAndAfter(func(m *mutant, v *view) bool {
				return m.statement.kind == identity && v.only("ec2") && (v.plain() || v.effect == "Deny")
			})},
		{"a verb of one action",
			"the service has no other action whose name begins so, and the statement denies that one before and after",
			func(m *mutant) bool {
				if m.operator.name != "action to verb*" || m.statement == nil || m.before().effect != "Deny" {
					return false
				}
				service, verb, _ := strings.Cut(strings.TrimSuffix(m.change.what, "*"), ":")
				return len(slices.DeleteFunc(slices.Clone(authorization.Of(service)), func(a authorization.Action) bool {
					return !strings.HasPrefix(a.Name, service+":"+verb)
				})) == 1
			}},
		{"an exemption that nobody needs",
			"CloudFormation reads no data of a bucket, and where the bucket's policy lets no service in, none needs to be exempt from the perimeter",
			func(m *mutant) bool {
				if m.statement == nil || m.resource.Type != "AWS::S3::BucketPolicy" || m.before().effect != "Deny" {
					return false
				}
				lets := slices.ContainsFunc(m.resource.statements(), func(s *statement) bool {
					v := viewOf(object(at(m.resource.Properties, s.in)))
					return v.effect == "Allow" && len(v.services) > 0
				})
				deploys := m.operator.name == "drop a condition value" && strings.Contains(m.change.what, "-cfn-exec-role-")
				return deploys || !lets && m.operator.name == "drop a condition key" && strings.Contains(m.change.shown.String(), "aws:PrincipalIsAWSService")
			}},
		{"logs or network interfaces",
			"the policy is about Logs or EC2 only, and none of their actions gives access to another account's data",
			func(m *mutant) bool {
				statements := m.resource.statements()
				return m.statement == nil && m.resource.Type == "AWS::IAM::Policy" && all(statements, func(s *statement) bool {
					v := viewOf(object(at(m.resource.Properties, s.in)))
					return v.only("ec2") || v.only("logs")
				})
			}},
		{"another role of the grantee's account",
			"the proof gives other roles of the grantee's account every permission already, and who may assume one changes nothing",

			func(m *mutant) bool {
				return isIAM(m.resource) && m.resource.subject.isSource(m.resource.Stack.Account) && m.resource.ofOtherRoles() && !toCaller(m) && !isMarked(m.resource)
			}},
		{"the owner's own roles",
			"the permissions of other roles of the owner's account are the owner's decision, as long as no other account may assume them",
			func(m *mutant) bool {
				if !isIAM(m.resource) || !m.resource.subject.isTarget(m.resource.Stack.Account) || !m.resource.ofOtherRoles() || toCaller(m) || isMarked(m.resource) ||
					slices.ContainsFunc(m.resource.rolesOf(), m.resource.subject.sendsAs) {
					return false
				}
				if m.operator.name == "a statement for others" {
					return false
				}
				if m.statement == nil || m.statement.kind != trust {
					return true
				}
				v := m.after()
				return v == nil || ownPrincipals(m, v)
			}},
		{"attached to a role of no grant",
			"the policy is attached to another role: of the grantee's account, to which the proof gives every permission, or of the owner's account",
			func(m *mutant) bool {
				return m.operator.name == "attach it to another role" && !toCaller(m)
			}},
		{"the owner's own principals",
			"the statement is for roles of the owner's account before and after, and no grant is about those",
			beforeAndAfter(func(m *mutant, v *view) bool {
				return m.statement.kind == resourcePolicy && ownPrincipals(m, v) && m.before().rolesOnly()
			})},
		{"one role by its ARN",
			"the principal includes the same account, and the condition limits it to one role",
			func(m *mutant) bool {
				if m.statement == nil || m.statement.kind != trust && m.statement.kind != resourcePolicy || !strings.HasPrefix(m.change.shown[len(m.statement.in):].String(), "Principal") {
					return false
				}
				v := m.after()
				return v.plain() && v.effect == "Allow" && exact(v.condition("ArnEquals", "aws:PrincipalArn")) &&
					(v.everyone || all(m.before().arns, func(arn string) bool { return slices.Contains(v.arns, arn) }))
			}},
		{"aws:PrincipalArn is always there",
			"every signed request has aws:PrincipalArn, and the principal allows no unsigned one",
			func(m *mutant) bool {
				if !isIfExists(m) || m.statement.kind == endpoint {
					return false
				}
				v := m.after()
				return !v.everyone && v.plain() && len(v.condition("ArnEqualsIfExists", "aws:PrincipalArn")) > 0
			}},
		{"aws:SecureTransport is always there",
			"every request has aws:SecureTransport",
			func(m *mutant) bool {
				return isIfExists(m) && len(m.after().condition("BoolIfExists", "aws:SecureTransport")) > 0
			}},
		{"TLS below 1.2",
			"AWS takes no TLS below 1.2, so that a statement about it never applies",
			beforeAndAfter(func(m *mutant, v *view) bool {
				return slices.Equal(tlsVersions(v), []string{"1.2"})
			})},
		{"more denied without TLS",
			"the statement denies only requests without TLS, before and after, and more of them; no grant declares such access",
			func(m *mutant) bool {
				return m.statement != nil && m.after() != nil && widens(m) && deniesOnlyHTTP(m.before()) && deniesOnlyHTTP(m.after())
			}},
		{"no TLS version",
			"a request without a TLS version is one without TLS, which another statement of the policy denies",
			func(m *mutant) bool {
				return isIfExists(m) && len(object(m.after().conditions["NumericLessThanIfExists"])) > 0 && deniesHTTP(m)
			}},
		{"no other service",
			"the policy of a bucket, a key or a topic has no effect on actions of other services",
			func(m *mutant) bool {
				if m.operator.name != "action to *" || m.statement.kind != resourcePolicy {
					return false
				}
				actions := m.before().actions
				return len(actions) == 1 && strings.HasSuffix(actions[0], ":*")
			}},
		{"no other bucket",
			"the policy of a bucket has no effect on others, and the statement includes all of this one before and after",
			beforeAndAfter(func(m *mutant, v *view) bool {
				return m.resource.Type == "AWS::S3::BucketPolicy" && strings.HasPrefix(m.change.shown[len(m.statement.in):].String(), "Resource") &&
					v.covers("arn:aws:s3:::"+m.resource.text(place{"Bucket"}))
			})},
		{"AWS's services only assume",
			"the principal is an AWS service, which only assumes the role",
			func(m *mutant) bool {
				if m.statement == nil || m.statement.kind != trust || !widensAction(m) {
					return false
				}
				v := m.after()
				return v.plain() && len(v.services) > 0 && len(v.arns) == 0 && !v.everyone
			}},
	}
}

// sourceRules are about sources of requests that services make, and about what services do for whoever deploys.
func sourceRules() []equivalence {
	return []equivalence{
		{"a source that only services have",
			"the statement asks for one source, before and after, and only AWS's services make requests for a source",
			beforeAndAfter(func(m *mutant, v *view) bool {
				return m.statement.kind == resourcePolicy && strings.HasPrefix(m.change.shown[len(m.statement.in):].String(), "Principal") && v.effect == "Allow" &&
					(v.everyone || slices.Equal(m.before().services, v.services)) &&
					(oneSource(v.condition("ArnEquals", "aws:SourceArn")) || oneSource(v.condition("ArnLike", "aws:SourceArn")) || oneSource(v.condition("StringEquals", "aws:SourceArn")))
			})},
		{"a permission for one source",
			"the permission is for one source, and only AWS's services make requests for a source",
			func(m *mutant) bool {
				return m.resource.Type == "AWS::Lambda::Permission" && strings.HasPrefix(m.change.shown.String(), "Principal") && oneSource(texts(m.resource.Properties["SourceArn"]))
			}},
		{"no network to leave",
			"what runs outside of a VPC reaches the data's region from any other, and the stack has none of the data",
			func(m *mutant) bool {
				return m.operator.name == "the stack in another region" && m.resource.subject.isSource(m.resource.Stack.Account) &&
					!slices.ContainsFunc(m.resource.Stack.Resources, func(r *assembly.Resource) bool { return r.Type == "AWS::EC2::VPC" })
			}},
		{"IAM has no region",
			"the stack has nothing but roles and policies, which are of the account in every region",
			func(m *mutant) bool {
				return m.operator.name == "the stack in another region" &&
					!slices.ContainsFunc(m.resource.Stack.Resources, func(r *assembly.Resource) bool {
						return !strings.HasPrefix(r.Type, "AWS::IAM::") && r.Type != "AWS::CDK::Metadata"
					})
			}},
		{"an environment of a function",
			"whoever deploys a function gives Lambda a grant on the key of its environment, and the key's policy leaves the key to the account",
			func(m *mutant) bool { return m.operator.name == "the environment under a key for nobody" }},
	}
}

// oneSource says that the values are ARNs of one source each.
func oneSource(arns []string) bool {
	return len(arns) > 0 && all(arns, func(arn string) bool {
		parts := strings.SplitN(arn, ":", 6)
		return len(parts) == 6 && !strings.ContainsAny(parts[4], "*?")
	})
}
