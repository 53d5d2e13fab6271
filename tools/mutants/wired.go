package main

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/proof"
)

// isMarked says that a resource is marked as having to work.
func isMarked(r *resource) bool { return r.Metadata[contract.MustWorkKey] == true }

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

// wired says that a marked rule sends as a role.
func (s *subject) wired(arn string) bool {
	return slices.ContainsFunc(s.resources, func(r *resource) bool {
		return isMarked(r) && slices.ContainsFunc(list(r.Properties["Targets"]), func(target any) bool { return object(target)["RoleArn"] == arn })
	})
}

// owner says that an account's data is granted by one of the grants, beside what is copied from it.
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

// touches says that a statement's resources are a grant's data or role, or everything.
func (s *subject) touches(v *view) bool {
	if v.notResource || len(v.resources) == 0 {
		return true
	}
	return slices.ContainsFunc(v.resources, func(arn string) bool {
		return strings.Trim(nameOf(arn), "*") == "" || s.granting(arn) || s.granted(arn) || slices.ContainsFunc(s.grants, func(g *proof.Grant) bool {
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

// uses says that a grant or a marked policy asks a service.
func (s *subject) uses(service string) bool {
	return s.needs()[service] || slices.ContainsFunc(s.resources, func(r *resource) bool {
		return isMarked(r) && slices.ContainsFunc(r.statements(), func(one *statement) bool {
			return slices.ContainsFunc(viewOf(object(at(r.Properties, one.in))).actions, func(a string) bool { return strings.HasPrefix(a, service+":") })
		})
	})
}

// letsIn are whom a group lets in on port 443.
func (s *subject) letsIn(group string) (peers []string) {
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

// sets says that a grant has set a variable of its grantees.
func (s *subject) sets(variable string) bool {
	return variable == contract.VariableRoleARN || variable == contract.VariableAccess || slices.ContainsFunc(s.grants, func(g *proof.Grant) bool {
		_, ok := g.Environment[variable]
		return ok
	})
}

// direct says that a role is a grantee with Direct access alone.
func (s *subject) direct(arn string) bool {
	return s.grantee(arn) && all(s.grants, func(g *proof.Grant) bool { return !slices.Contains(g.Grantees, arn) || g.RoleARN == "" })
}
