package crossaccount

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/resolve"
	"github.com/crossgrant/crossgrant/contract"
)

// numbered returns the permissions of one grant, in which those on the second bucket have Sids that begin with "Bucket2" and variables that end in
// "_2", those on the third one 3, and likewise for tables and the other kinds. What is on the first resource of its kind keeps its names. Resources
// count in the order of their first permission. Permissions of other packages are not changed.
func numbered(r *resolve.Resolver, permissions []Permission) []Permission {
	known := map[string][]string{} // the ARNs of the resources, by kind
	all := slices.Clone(permissions)
	for i, one := range permissions {
		p, ok := one.(permission)
		if !ok || p.kind == "" {
			continue
		}
		arn := p.arn
		if plain, err := r.Text(arn); err == nil {
			arn = plain // one resource can be imported twice
		}
		if !slices.Contains(known[p.kind], arn) {
			known[p.kind] = append(known[p.kind], arn)
		}
		if number := slices.Index(known[p.kind], arn) + 1; number > 1 {
			all[i] = p.named(number)
		}
	}
	return all
}

// named returns the permission with the names that it has on the resource of a number.
func (p permission) named(number int) permission {
	prefix := fmt.Sprint(strings.ToUpper(p.kind[:1]), p.kind[1:], number)
	policies := map[string]resourcePolicy{}
	for sid, policy := range p.policies {
		policies[prefix+sid] = policy
	}
	p.policies = policies
	p.statements = slices.Clone(p.statements)
	for i := range p.statements {
		p.statements[i].Sid = prefix + p.statements[i].Sid
	}
	p.environment, p.directEnvironment = numberedVariables(p.environment, number), numberedVariables(p.directEnvironment, number)
	return p
}

func numberedVariables(variables map[string]string, number int) map[string]string {
	all := map[string]string{}
	for name, value := range variables {
		all[fmt.Sprint(name, "_", number)] = value
	}
	return all
}

// sidProblems returns a problem for each Sid of one permission that another one of the grant has, and adds its Sids to these.
func sidProblems(p Permission, seen map[string]bool) (problems []error) {
	for _, s := range p.Statements() {
		switch _, ours := p.(permission); {
		case !seen[s.Sid]:
		case ours:
			problems = append(problems, fmt.Errorf("found %s twice, expected each kind of permission once for one resource: put all its prefixes, indexes or operations into one, "+
				"and a copy from another bucket into a grant of its own", s.Sid))
		default:
			problems = append(problems, fmt.Errorf("found %s twice, expected each Sid once in a grant", s.Sid))
		}
		seen[s.Sid] = true
	}
	return problems
}

// bySid returns statements by their Sids.
func bySid(statements []contract.Statement) map[string]contract.Statement {
	all := map[string]contract.Statement{}
	for _, s := range statements {
		all[s.Sid] = s
	}
	return all
}
