package main

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
)

// beforeAndAfter says that something is true of a mutant's statement before and after, or before if it is dropped.
func beforeAndAfter(applies func(*mutant, *view) bool) func(*mutant) bool {
	return func(m *mutant) bool {
		if m.statement == nil || !applies(m, m.before()) {
			return false
		}
		after := m.after()
		return after == nil || inert(after) || applies(m, after)
	}
}

// inert says that a statement is what dropping the only statement of a policy leaves.
func inert(v *view) bool { return slices.Equal(v.actions, []string{"none:Nothing"}) }

func isIAM(r *resource) bool { return strings.HasPrefix(r.Type, "AWS::IAM::") }

func isIfExists(m *mutant) bool { return m.operator.name == "operator to …IfExists" }

func widensAction(m *mutant) bool {
	return slices.Contains([]string{"action to service:*", "action to *", "action to verb*", "add a higher action"}, m.operator.name)
}

// widens says that a statement includes what it did, and perhaps more.
func widens(m *mutant) bool {
	return widensAction(m) || slices.Contains([]string{"resource to *", "widen the last part", "append *", "add a resource"}, m.operator.name)
}

// toCaller says that the change attaches a policy to a role of a grant.
func toCaller(m *mutant) bool {
	if m.operator.name != "attach it to another role" {
		return false
	}
	return slices.ContainsFunc(m.resource.roles(), func(role *resource) bool {
		return "and "+role.LogicalID == m.change.what && m.resource.subject.isCaller(role.ARN)
	})
}

// ownPrincipals says that a statement is for services, or for the own account, but for no role of a grant.
func ownPrincipals(m *mutant, v *view) bool {
	return !v.everyone && !v.notPrincipal && len(v.arns)+len(v.services) > 0 && all(v.arns, func(arn string) bool {
		return accountOf(arn) == m.resource.Stack.Account && !m.resource.subject.isCaller(arn)
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

// deniesHTTP says that another statement of the policy denies requests without TLS.
func deniesHTTP(m *mutant) bool {
	return slices.ContainsFunc(m.resource.statements(), func(s *statement) bool {
		v := viewOf(object(at(m.resource.Properties, s.in)))
		return s.in.String() != m.statement.in.String() && deniesOnlyHTTP(v)
	})
}

// deniesOnlyHTTP says that a statement denies requests without TLS for everyone, and nothing else.
func deniesOnlyHTTP(v *view) bool {
	return v.effect == "Deny" && v.everyone && v.plain() && len(v.conditions) == 1 && len(object(v.conditions["Bool"])) == 1 &&
		slices.Equal(v.condition("Bool", "aws:SecureTransport"), []string{"false"})
}

// isGrantee and isTrustedRole say that a role is a grant's grantee, or the role that it assumes.
func (s *subject) isGrantee(arn string) bool {
	for _, g := range s.grants {
		if slices.Contains(g.Grantees, arn) {
			return true
		}
	}
	return false
}

func (s *subject) isTrustedRole(arn string) bool {
	for _, g := range s.grants {
		if g.RoleARN == arn {
			return true
		}
	}
	return false
}

func (s *subject) isCaller(arn string) bool { return s.isGrantee(arn) || s.isTrustedRole(arn) }

// isSource and isTarget say that an account is one of the grantees', or one whose data is granted.
func (s *subject) isSource(account string) bool { return slices.Contains(s.sources(), account) }

func (s *subject) isTarget(account string) bool {
	for _, g := range s.grants {
		if g.Target.Account == account || slices.ContainsFunc(g.Permissions, func(p contract.Statement) bool { return p.Account == account }) {
			return true
		}
	}
	return false
}

// perimeter says that some grant has one.
func (s *subject) perimeter() bool {
	for _, g := range s.grants {
		if g.Perimeter != nil {
			return true
		}
	}
	return false
}

// rolesOf are the roles that an IAM policy is attached to.
func (r *resource) rolesOf() []string {
	if r.Type == "AWS::IAM::Role" {
		return []string{r.ARN}
	}
	var all []string
	for _, name := range append(texts(at(r.Properties, place{"Roles"})), texts(at(r.Properties, place{"RoleName"}))...) {
		for _, role := range r.roles() {
			if role.Name == name {
				all = append(all, role.ARN)
			}
		}
	}
	return all
}

// ofOtherRoles says that none of the roles that a policy is attached to is one of a grant.
func (r *resource) ofOtherRoles() bool {
	rolesOf := r.rolesOf()
	return len(rolesOf) > 0 && all(rolesOf, func(arn string) bool { return !r.subject.isCaller(arn) })
}

// endpointsIn are the services that have an endpoint in a template.
func (s *subject) endpointsIn(template string) map[string]bool {
	services := map[string]bool{}
	for _, r := range s.resources {
		if name := r.text(place{"ServiceName"}); r.Type == "AWS::EC2::VPCEndpoint" && r.template == template {
			services[name[strings.LastIndexByte(name, '.')+1:]] = true
		}
	}
	return services
}

// needs are the services that grantees call themselves.
func (s *subject) needs() map[string]bool {
	services := map[string]bool{}
	for _, g := range s.grants {
		if g.RoleARN != "" {
			services["sts"] = true
		}
		for _, p := range g.Permissions {
			if !p.ViaAWSService {
				services[p.Service()] = true
			}
		}
	}
	return services
}
