package crossaccount

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces"

	"github.com/crossgrant/crossgrant/contract"
)

// Permission is what a grant permits on one resource of the target account.
type Permission interface {
	// Statements returns what is permitted, exactly, under Sids that no other permission of the grant has. Resources may be CDK tokens of
	// the target stack. They are written for the source account too: a token that CDK cannot write there (it can where the resource has
	// a name of its own) needs CrossAccountResources beside it. Where an ARN is put together, the account and region are those of the
	// resource's Env, which are the owner's in a consumer's RequiredPermissions too.
	Statements() []contract.Statement
	// Environment returns the variables by which the grantee's code learns the resource's name; nil if it needs none. Their names begin with
	// CROSSGRANT_, in whose place a grant's EnvironmentPrefix goes, and are not those that the grant itself sets.
	Environment() map[string]string
	// Validate returns everything that is wrong with the permission, or nil.
	Validate() error
}

// permission is a Permission as data; the functions of this package that return a Permission fill it.
type permission struct {
	statements  []contract.Statement
	environment map[string]string
	direct      map[string]string // variables that have other values with Direct access
	holders     map[string]holder // whose policy a statement belongs in, by its Sid; of those that Direct access can open
	arn         string            // of the resource, where statements are made from it; may be a token
	account     string            // that owns the resource; may be a token
	region      string            // that the resource is in; may be a token
	bucket      awss3.IBucket     // that it is on, if it is on one
	origin      awss3.IBucket     // of the source account, that is copied from
	problems    []error
}

func (p permission) Statements() []contract.Statement { return p.statements }

func (p permission) Environment() map[string]string { return p.environment }

// Validate returns what was wrong with the resource or the arguments; the grant checks the statements of every permission.
func (p permission) Validate() error { return errors.Join(p.problems...) }

// add adds a statement about what a holder's policy protects.
func (p *permission) add(h holder, s contract.Statement) {
	if p.holders == nil {
		p.holders = map[string]holder{}
	}
	p.holders[s.Sid] = h
	p.statements = append(p.statements, s)
}

// permissionProblems returns what is wrong with the permissions of a field, each by itself.
func permissionProblems(field string, permissions []Permission) (problems []error) {
	for i, permission := range permissions {
		place := fmt.Sprintf("%s[%d]", field, i)
		if permission == nil {
			problems = append(problems, fmt.Errorf("%s: found nil, expected a permission, such as ReadBucket(bucket)", place))
			continue
		}
		problems = append(problems, each(place, permission.Validate())...)
	}
	return problems
}

// permitted returns all statements and variables as another account writes them, and checks each, whoever wrote the permission.
func (e *elsewhere) permitted(props GrantProps, target contract.Env) ([]contract.Statement, map[string]string, error) {
	var all []contract.Statement
	var problems []error
	seen, variables := map[string]bool{}, map[string]string{}
	for i, p := range props.Permissions {
		wrong := func(format string, arguments ...any) {
			problems = append(problems, each(fmt.Sprintf("Permissions[%d]", i), fmt.Errorf(format, arguments...))...)
		}
		ours, _ := p.(permission)
		switch {
		case ours.account != "" && ours.account != target.Account:
			wrong("found a resource of account %s, expected one of the target account %s", ours.account, target.Account)
			continue
		case ours.region != "" && ours.region != target.Region: // endpoints and perimeters are of that one
			wrong("found a resource in %s, expected one in the target's region %s: make the target stack there", ours.region, target.Region)
			continue
		case ours.origin != nil && isRegional(props.Perimeter) && *ours.origin.Env().Region != target.Region:
			wrong("found an origin in %s with a perimeter of endpoints in %s, expected one region: no such endpoint serves both", *ours.origin.Env().Region, target.Region)
		}
		statements := p.Statements()
		if len(statements) == 0 {
			wrong("found no statement, expected at least one")
		}
		for _, s := range statements {
			problems = append(problems, each(fmt.Sprintf("Permissions[%d]: statement %s", i, s.Sid), s.Validate())...)
			if seen[s.Sid] {
				wrong("found %s twice, expected each kind of permission once: name all prefixes or indexes in one, and use a second grant for another resource", s.Sid)
			}
			seen[s.Sid] = true
			if h := ours.holders[s.Sid]; props.Access == Direct && s.Account == "" {
				if err := h.opens(s); err != nil {
					wrong("%w", err)
				}
			}
		}
		environment := map[string]string{}
		maps.Copy(environment, p.Environment())
		if props.Access == Direct {
			maps.Copy(environment, ours.direct)
		}
		statements, environment, err := e.write(statements, environment)
		if err != nil {
			wrong("%w", err)
			continue
		}
		for _, s := range statements {
			if resource := ofAnotherAccount(s, target.Account); resource != "" {
				wrong("statement %s: found %s, expected a resource of the target account %s", s.Sid, resource, target.Account)
			}
		}
		all = append(all, statements...)
		for _, name := range slices.Sorted(maps.Keys(environment)) {
			_, own := reserved(contract.Grant{})[name]
			switch old, taken := variables[name]; {
			case own || !strings.HasPrefix(name, contract.EnvironmentPrefix):
				wrong("found the variable %s, expected a name that begins with %s and that the grant does not set itself", name, contract.EnvironmentPrefix)
			case taken && old != environment[name]:
				wrong("found two values for %s, expected one of a kind: use a second grant with an EnvironmentPrefix of its own", name)
			}
			variables[name] = environment[name]
		}
	}
	return all, variables, errors.Join(problems...)
}

// ofAnotherAccount returns a resource whose ARN has another account than its owner's; empty if there is none. Those of S3 have no account.
func ofAnotherAccount(s contract.Statement, target string) string {
	owner := target
	if s.Account != "" {
		owner = s.Account
	}
	for _, resource := range s.Resources {
		if parts := strings.SplitN(resource, ":", 6); len(parts) == 6 && parts[4] != "" && parts[4] != owner {
			return resource
		}
	}
	return ""
}

// ownedStatements returns the statements as the target account writes them: its own resources exactly, another's as that one can be named
// from here; within the perimeter, if that is on the role.
func ownedStatements(props GrantProps, g contract.Grant) (all []contract.Statement) {
	agreed := map[string]contract.Statement{}
	for _, s := range g.Permissions {
		agreed[s.Sid] = s
	}
	for _, p := range props.Permissions {
		for _, s := range p.Statements() {
			if s.Account != "" {
				s = agreed[s.Sid]
			}
			s.Conditions = with(s.Conditions, insideOf(g.Perimeter, s, g.Target.Region))
			all = append(all, s)
		}
	}
	return all
}

// missing is a permission on a resource that is nil.
func missing(what string) permission {
	return permission{problems: []error{fmt.Errorf("%s: found nil, expected a %s of the target account", what, what)}}
}

// literal returns a problem for each value in which IAM would read a wildcard or a policy variable.
func literal(what string, values []string) (problems []error) {
	for _, v := range values {
		switch {
		case v == "":
			problems = append(problems, fmt.Errorf("%s: found an empty one, expected text; leave the list out for all", what))
		case strings.ContainsAny(v, "*?") || strings.Contains(v, "${"):
			problems = append(problems, fmt.Errorf("%s: found %q, expected it literally, without *, ? and ${…}", what, v))
		}
	}
	return problems
}

// encrypted permits actions on the customer key of an encrypted resource, only on behalf of the service that stores it; nothing
// if there is no such key. AWS makes these requests itself, so they pass no endpoint.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
func (p *permission) encrypted(name string, key awskms.IKey, service string, actions ...string) {
	if key == nil {
		return
	}
	arn, err := keyARN(key)
	if err != nil {
		p.problems = append(p.problems, err)
		return
	}
	p.add(keyHolder(key), contract.Statement{
		Sid:                   name + "Key",
		Actions:               actions,
		Resources:             []string{arn},
		CrossAccountResources: p.anyKeyUnless(arn),
		Conditions:            map[string]map[string][]string{"StringEquals": {"kms:ViaService": {service + "." + p.region + ".amazonaws.com"}}},
		ViaAWSService:         true,
	})
}

// placed refuses a resource whose account or region only CloudFormation knows: "this account" in its ARN would become the source
// account in the source stack.
func (p *permission) placed(what string, env *interfaces.ResourceEnvironment) {
	p.account, p.region = *env.Account, *env.Region
	if tokenized(p.account) || tokenized(p.region) {
		p.problems = append(p.problems, fmt.Errorf("%s: found one in a stack without account and region, expected explicit ones in its Env", what))
	}
}
