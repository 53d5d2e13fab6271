package main

import (
	"slices"
	"strings"
)

// statementRules are about policies.
var statementRules = []equivalence{
	{"logs",
		"the statement is about CloudWatch logs before and after, and no grant is",
		bothWays(func(m *mutant, v *view) bool {
			return m.statement.kind == identity && v.plain() && (v.only("logs") || v.on("logs"))
		})},
	{"network interfaces",
		"the statement is about ec2 before and after, with which Lambda makes network interfaces; no ec2 action opens another account's data",

		bothWays(func(m *mutant, v *view) bool {
			return m.statement.kind == identity && v.only("ec2") && (v.plain() || v.effect == "Deny")
		})},
	{"logs or network interfaces",
		"the policy is about logs or about ec2 only, and no such action opens another account's data",
		func(m *mutant) bool {
			statements := m.resource.statements()
			return m.statement == nil && m.resource.Type == "AWS::IAM::Policy" && all(statements, func(s *statement) bool {
				v := viewOf(object(at(m.resource.Properties, s.in)))
				return v.only("ec2") || v.only("logs")
			})
		}},
	{"another role of the grantee's account",
		"probes take another role of the grantee's account to hold every right of it already, and whoever may assume it changes nothing",

		func(m *mutant) bool {
			return isIAM(m.resource) && m.resource.subject.source(m.resource.Stack.Account) && m.resource.ofOthers() && !toParty(m)
		}},
	{"the owner's own roles",
		"what the owner lets roles of its own account do is the owner's, and no grant's, as long as no other account may assume them",
		func(m *mutant) bool {
			if !isIAM(m.resource) || !m.resource.subject.target(m.resource.Stack.Account) || !m.resource.ofOthers() || toParty(m) ||
				slices.ContainsFunc(m.resource.holders(), m.resource.subject.wired) {
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
		"the policy's holder is another role: of the grantee's account, which probes take to hold every right, or the owner's own",
		func(m *mutant) bool {
			return m.operator.name == "attach it to another role" && !toParty(m)
		}},
	{"the owner's own principals",
		"the statement is for roles of the owner's own account before and after, and no grant is about those",
		bothWays(func(m *mutant, v *view) bool {
			return m.statement.kind == guarding && ownPrincipals(m, v) && m.before().rolesOnly()
		})},
	{"one role by its ARN",
		"the principal takes in the account that it did, and the condition leaves one role of it",
		func(m *mutant) bool {
			if m.statement == nil || m.statement.kind != trust && m.statement.kind != guarding || !strings.HasPrefix(m.change.shown[len(m.statement.in):].String(), "Principal") {
				return false
			}
			v := m.after()
			return v.plain() && v.effect == "Allow" && exact(v.condition("ArnEquals", "aws:PrincipalArn")) &&
				(v.everybody || all(m.before().arns, func(arn string) bool { return slices.Contains(v.arns, arn) }))
		}},
	{"aws:PrincipalArn is always there",
		"every signed request has aws:PrincipalArn, and the principal takes no unsigned one",
		func(m *mutant) bool {
			if !isIfExists(m) || m.statement.kind == endpoint {
				return false
			}
			v := m.after()
			return !v.everybody && v.plain() && len(v.condition("ArnEqualsIfExists", "aws:PrincipalArn")) > 0
		}},
	{"aws:SecureTransport is always there",
		"every request has aws:SecureTransport",
		func(m *mutant) bool {
			return isIfExists(m) && len(m.after().condition("BoolIfExists", "aws:SecureTransport")) > 0
		}},
	{"TLS below 1.2",
		"AWS takes no TLS below 1.2, so that a statement about it never applies",
		bothWays(func(m *mutant, v *view) bool {
			return slices.Equal(tlsVersions(v), []string{"1.2"})
		})},
	{"more denied without TLS",
		"the statement denies what comes without TLS only, before and after, and more of it; no grant declares such access",
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
			if m.operator.name != "action to *" || m.statement.kind != guarding {
				return false
			}
			actions := m.before().actions
			return len(actions) == 1 && strings.HasSuffix(actions[0], ":*")
		}},
	{"no other bucket",
		"the policy of a bucket has no effect on others, and the statement takes in all of this one before and after",
		bothWays(func(m *mutant, v *view) bool {
			return m.resource.Type == "AWS::S3::BucketPolicy" && strings.HasPrefix(m.change.shown[len(m.statement.in):].String(), "Resource") &&
				v.covers("arn:aws:s3:::"+m.resource.text(place{"Bucket"}))
		})},
	{"AWS's services only assume",
		"the principal is a service of AWS, which does nothing to the role but assume it",
		func(m *mutant) bool {
			if m.statement == nil || m.statement.kind != trust || !widensAction(m) {
				return false
			}
			v := m.after()
			return v.plain() && len(v.services) > 0 && len(v.arns) == 0 && !v.everybody
		}},
}
