package crossaccount

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/contract"
)

// Permission is what a grant permits on one resource of the target account.
type Permission interface {
	// Statements returns what is permitted, exactly. ARNs may be CDK tokens of the target stack.
	Statements() []contract.Statement
	// Environment returns the variables by which the grantee's code learns the resource's name.
	Environment() map[string]string
	// Validate returns everything that is wrong with the permission, or nil.
	Validate() error
}

// permission is a Permission as data; the functions of this package that return a Permission fill it.
type permission struct {
	statements  []contract.Statement
	environment map[string]string
	problems    []error
}

func (p permission) Statements() []contract.Statement { return p.statements }

func (p permission) Environment() map[string]string { return p.environment }

func (p permission) Validate() error {
	problems := slices.Clone(p.problems)
	for _, s := range p.statements {
		if err := s.Validate(); err != nil {
			problems = append(problems, fmt.Errorf("statement %s: %w", s.Sid, err))
		}
	}
	return errors.Join(problems...)
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

// useKey permits actions on the customer key of an encrypted resource, only on behalf of the service that stores it.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
func useKey(name, keyARN, region, service string, actions ...string) contract.Statement {
	return contract.Statement{
		Sid:       name + "Key",
		Actions:   actions,
		Resources: []string{keyARN},
		Conditions: map[string]map[string][]string{
			"StringEquals": {"kms:ViaService": {service + "." + region + ".amazonaws.com"}},
		},
		Indirect: true,
	}
}
