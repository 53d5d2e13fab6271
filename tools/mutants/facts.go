package main

import (
	"slices"
	"strings"
)

// bothWays are mutants of statements of which something holds before and after, or before if they are dropped.
func bothWays(holds func(*mutant, *view) bool) func(*mutant) bool {
	return func(m *mutant) bool {
		if m.statement == nil || !holds(m, m.before()) {
			return false
		}
		after := m.after()
		return after == nil || inert(after) || holds(m, after)
	}
}

// inert is what dropping the only statement leaves.
func inert(v *view) bool { return slices.Equal(v.actions, []string{"none:Nothing"}) }

func isIAM(r *resource) bool { return strings.HasPrefix(r.Type, "AWS::IAM::") }

func isIfExists(m *mutant) bool { return m.operator.name == "operator to …IfExists" }

func widensAction(m *mutant) bool {
	return slices.Contains([]string{"action to service:*", "action to *", "action to verb*", "add a higher action"}, m.operator.name)
}

// widens says that a statement takes in what it did, and perhaps more.
func widens(m *mutant) bool {
	return widensAction(m) || slices.Contains([]string{"resource to *", "widen the last part", "append *", "add a resource"}, m.operator.name)
}

// toParty says that the change attaches a policy to a role of a grant.
func toParty(m *mutant) bool {
	if m.operator.name != "attach it to another role" {
		return false
	}
	return slices.ContainsFunc(m.resource.roles(), func(role *resource) bool {
		return "and "+role.LogicalID == m.change.what && m.resource.subject.party(role.ARN)
	})
}

// ownPrincipals says that a statement is for services, or for the own account, but for no role of a grant.
func ownPrincipals(m *mutant, v *view) bool {
	return !v.everybody && !v.notPrincipal && len(v.arns)+len(v.services) > 0 && all(v.arns, func(arn string) bool {
		return accountOf(arn) == m.resource.Stack.Account && !m.resource.subject.party(arn)
	})
}

// rolesOnly says that a statement names roles, and no account.
func (v *view) rolesOnly() bool {
	return len(v.services) == 0 && all(v.arns, func(arn string) bool { return strings.HasPrefix(nameOf(arn), "role/") })
}

func exact(arns []string) bool {
	return len(arns) > 0 && all(arns, func(arn string) bool { return serviceOfARN(arn) == "iam" && !strings.ContainsAny(arn, "*?\x00") })
}

// tlsVersions are those below which a statement applies, if it asks for nothing else.
func tlsVersions(v *view) (all []string) {
	if len(v.conditions) != 1 {
		return nil
	}
	for _, value := range list(object(v.conditions["NumericLessThan"])["s3:TlsVersion"]) {
		if number, ok := value.(interface{ String() string }); ok {
			all = append(all, number.String())
		} else {
			all = append(all, word(value))
		}
	}
	return all
}

// deniesHTTP says that another statement of the policy denies what comes without TLS.
func deniesHTTP(m *mutant) bool {
	return slices.ContainsFunc(m.resource.statements(), func(s *statement) bool {
		v := viewOf(object(at(m.resource.Properties, s.in)))
		return s.in.String() != m.statement.in.String() && deniesOnlyHTTP(v)
	})
}

// deniesOnlyHTTP says that a statement denies everybody what comes without TLS, and nothing else.
func deniesOnlyHTTP(v *view) bool {
	return v.effect == "Deny" && v.everybody && v.plain() && len(v.conditions) == 1 && len(object(v.conditions["Bool"])) == 1 &&
		slices.Equal(v.condition("Bool", "aws:SecureTransport"), []string{"false"})
}
