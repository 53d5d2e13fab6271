package crossaccount

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces"

	"github.com/crossgrant/crossgrant/contract"
)

// Permission is what a grant permits on one resource of the target account.
type Permission interface {
	// Statements returns what is permitted, exactly. Resources may be CDK tokens of the target stack. They are written into the
	// source stack too, in endpoint policies: a token that CDK cannot write there (it can where the resource has a name of its
	// own) needs SourceResources beside it.
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
	account     string // that owns the resource; may be a token
	problems    []error
}

func (p permission) Statements() []contract.Statement { return p.statements }

func (p permission) Environment() map[string]string { return p.environment }

// Validate returns what was wrong with the resource or the arguments; the grant checks the statements of every permission.
func (p permission) Validate() error { return errors.Join(p.problems...) }

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
func (p *permission) encrypted(name string, key awskms.IKey, region *string, service string, actions ...string) {
	if key == nil {
		return
	}
	arn, err := keyARN(key)
	if err != nil {
		p.problems = append(p.problems, err)
		return
	}
	p.statements = append(p.statements, contract.Statement{
		Sid:       name + "Key",
		Actions:   actions,
		Resources: []string{arn},
		Conditions: map[string]map[string][]string{
			"StringEquals": {"kms:ViaService": {service + "." + *region + ".amazonaws.com"}},
		},
		Indirect: true,
	})
}

// placed refuses a resource whose account or region only CloudFormation knows: "this account" in its ARN would become the source
// account in the source stack.
func (p *permission) placed(what string, env *interfaces.ResourceEnvironment) {
	p.account = *env.Account
	if *awscdk.Token_IsUnresolved(env.Account) || *awscdk.Token_IsUnresolved(env.Region) {
		p.problems = append(p.problems, fmt.Errorf("%s: found one in a stack without account and region, expected explicit ones in its Env", what))
	}
}
