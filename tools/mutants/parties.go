package main

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
)

// grantee and granted say that a role is that of a grant's grantee, or the one that it assumes.
func (s *subject) grantee(arn string) bool {
	for _, g := range s.grants {
		if slices.Contains(g.Grantees, arn) {
			return true
		}
	}
	return false
}

func (s *subject) granted(arn string) bool {
	for _, g := range s.grants {
		if g.RoleARN == arn {
			return true
		}
	}
	return false
}

func (s *subject) party(arn string) bool { return s.grantee(arn) || s.granted(arn) }

// source and target say that an account is one of the grantees', or one whose data is granted.
func (s *subject) source(account string) bool { return slices.Contains(s.sources(), account) }

func (s *subject) target(account string) bool {
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

// holders are the roles that a policy of IAM is attached to.
func (r *resource) holders() []string {
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

// ofOthers says that none of the roles that a policy is attached to is one of a grant.
func (r *resource) ofOthers() bool {
	holders := r.holders()
	return len(holders) > 0 && all(holders, func(arn string) bool { return !r.subject.party(arn) })
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

// needs are the services that grantees ask themselves.
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
