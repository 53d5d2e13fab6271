package crossaccount

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces"

	"github.com/crossgrant/crossgrant/contract"
)

// Permission is what a grant permits on one resource of the target account.
type Permission interface {
	// Statements returns what is permitted, exactly. Resources may be CDK tokens of the target stack. They are written into the
	// source stack too, in endpoint policies: a token that CDK cannot write there (it can where the resource has a name of its
	// own) needs ResourcesElsewhere beside it.
	Statements() []contract.Statement
	// Environment returns the variables by which the grantee's code learns the resource's name; nil if it needs none. They are
	// written into the source stack.
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

// permissionProblems returns what is wrong with a list of permissions, each by itself.
func permissionProblems(permissions []Permission) (problems []error) {
	if len(permissions) == 0 {
		problems = append(problems, errors.New("Permissions: found none, expected at least one, such as ReadBucket(bucket)"))
	}
	for i, permission := range permissions {
		if permission == nil {
			problems = append(problems, fmt.Errorf("Permissions[%d]: found nil, expected a permission, such as ReadBucket(bucket)", i))
			continue
		}
		if err := permission.Validate(); err != nil {
			problems = append(problems, fmt.Errorf("Permissions[%d]: %w", i, err))
		}
	}
	return problems
}

// permitted returns all statements and variables as another account writes them, and checks each, whoever wrote the permission.
func (e *elsewhere) permitted(props TargetGrantProps, target string) ([]contract.Statement, map[string]string, error) {
	var all []contract.Statement
	var problems []error
	seen, variables := map[string]bool{}, map[string]string{}
	for i, p := range props.Permissions {
		wrong := func(format string, arguments ...any) {
			problems = append(problems, fmt.Errorf("Permissions[%d]: %w", i, fmt.Errorf(format, arguments...)))
		}
		ours, _ := p.(permission)
		if ours.account != "" && ours.account != target {
			wrong("found a resource of account %s, expected one of the target account %s", ours.account, target)
			continue
		}
		for _, s := range p.Statements() {
			if err := s.Validate(); err != nil {
				wrong("statement %s: %w", s.Sid, err)
			}
			if seen[s.Sid] {
				wrong("found %s twice, expected each permission once: name all prefixes or indexes in one", s.Sid)
			}
			seen[s.Sid] = true
			if h := ours.holders[s.Sid]; props.Access == Direct && s.Account == "" {
				if err := h.opens(s); err != nil {
					wrong("%w", err)
				}
			}
		}
		environment := maps.Clone(p.Environment())
		if props.Access == Direct {
			maps.Copy(environment, ours.direct)
		}
		statements, environment, err := e.write(p.Statements(), environment)
		if err != nil {
			wrong("found a resource without a name of its own, expected one (such as BucketName or TableName): the source account has to name it")
			continue
		}
		all = append(all, statements...)
		for name, value := range environment {
			if old, taken := variables[name]; taken && old != value {
				wrong("found two values for %s, expected one of a kind: use a second grant with an EnvironmentPrefix of its own", name)
			}
			variables[name] = value
		}
	}
	return all, variables, errors.Join(problems...)
}

// ownedStatements returns the statements as the target account writes them: its own resources exactly, another's as that one can be named
// from here; within the perimeter, if that is on the role.
func ownedStatements(props TargetGrantProps, g contract.Grant) (all []contract.Statement) {
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
		Sid:                name + "Key",
		Actions:            actions,
		Resources:          []string{arn},
		ResourcesElsewhere: p.anyKeyUnless(arn),
		Conditions:         map[string]map[string][]string{"StringEquals": {"kms:ViaService": {service + "." + p.region + ".amazonaws.com"}}},
		Indirect:           true,
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
