package crossaccount

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/resolve"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/place"
)

// Permission is what a grant permits on one resource of the target account.
type Permission interface {
	// Statements returns what is permitted, exactly, under Sids that no other permission of the grant has. Resources may be CDK tokens of
	// the target stack. The source account's policies have them too: a token that CDK cannot resolve there (it can where the resource has a
	// name of its own) needs CrossAccountResources beside it. An ARN that is put together has the account and region of the resource's
	// Env, which are the owner's in a consumer's RequiredPermissions too.
	Statements() []contract.Statement
	// Environment returns the variables by which the grantee's code learns the resource's name; nil if it needs none. Their names begin
	// with CROSSGRANT_, which a grant's EnvironmentPrefix replaces, and are not those that the grant itself sets.
	Environment() map[string]string
	// Validate returns everything that is wrong with the permission, or nil.
	Validate() error
}

// permission is a Permission of this package.
type permission struct {
	statements        []contract.Statement
	environment       map[string]string
	directEnvironment map[string]string         // values that differ with Direct access
	policies          map[string]resourcePolicy // that a statement belongs in with Direct access, by its Sid
	kind              string                    // of the resource: "bucket", "table", "key", "queue", "topic", "secret" or "function"
	arn               string                    // of the resource; may be a token
	account           string                    // that owns the resource; may be a token
	region            string                    // that the resource is in; may be a token
	onlyDirect        string                    // why the permission takes Direct access; empty if it does not
	notDirect         string                    // why it does not work with Direct access; empty if it does
	bucket            awss3.IBucket             // of the target account, if the permission is on one
	sourceBucket      awss3.IBucket             // of the source account, that a copy reads
	problems          []error
}

func (p permission) Statements() []contract.Statement { return p.statements }

func (p permission) Environment() map[string]string { return p.environment }

// Validate returns what is wrong with the resource or the arguments; a grant checks the statements of every permission.
func (p permission) Validate() error { return errors.Join(p.problems...) }

// add adds a statement that the resource's policy can permit, too.
func (p *permission) add(policy resourcePolicy, s contract.Statement) {
	if p.policies == nil {
		p.policies = map[string]resourcePolicy{}
	}
	p.policies[s.Sid] = policy
	p.statements = append(p.statements, s)
}

// setEnv sets the resource's account and region. Tokens are a problem: "this account" in an ARN would be the source account in the source
// stack.
func (p *permission) setEnv(what string, resource interface {
	constructs.IConstruct
	Env() *interfaces.ResourceEnvironment
}) {
	env := place.Once(resource, "env", func() contract.Env {
		env := resource.Env()
		return contract.Env{Account: *env.Account, Region: *env.Region}
	})
	p.account, p.region = env.Account, env.Region
	if resolve.HasToken(p.account) || resolve.HasToken(p.region) {
		p.problems = append(p.problems, fmt.Errorf("%s: found one in a stack without account and region, expected explicit ones in its Env", what))
	}
}

// nilResource is a permission on a resource that is nil.
func nilResource(argument, kind string) permission {
	return permission{problems: []error{fmt.Errorf("%s: found nil, expected a %s", argument, kind)}}
}

// literalProblems returns a problem for each value that IAM would not take literally: for its wildcards or policy variables.
func literalProblems(what string, values []string) (problems []error) {
	for _, v := range values {
		switch {
		case v == "":
			problems = append(problems, fmt.Errorf("%s: found an empty one, expected text", what))
		case strings.ContainsAny(v, "*?") || strings.Contains(v, "${"):
			problems = append(problems, fmt.Errorf("%s: found %q, expected it literally, without *, ? and ${…}", what, v))
		}
	}
	return problems
}

// permissionProblems returns what is wrong with each permission of a field by itself.
func permissionProblems(field string, permissions []Permission) (problems []error) {
	for i, permission := range permissions {
		element := fmt.Sprintf("%s[%d]", field, i)
		if permission == nil {
			problems = append(problems, fmt.Errorf("%s: found nil, expected a permission, such as ReadBucket(bucket)", element))
			continue
		}
		problems = append(problems, each(element, permission.Validate())...)
	}
	return problems
}

// bucketOf returns the bucket of the target account that a permission is on; nil if it is on something else.
func bucketOf(p Permission) awss3.IBucket {
	ours, _ := p.(permission)
	return ours.bucket
}

// foreignResource returns a resource whose ARN names another account than the statement's; empty if there is none. Those of S3 name none.
func foreignResource(s contract.Statement, account string) string {
	if s.Account != "" {
		account = s.Account
	}
	for _, resource := range s.Resources {
		if owner := arn.Account(resource); owner != "" && owner != account {
			return resource
		}
	}
	return ""
}

// inPlainText returns statements and variables as another account has them. It errs if one needs a name that CloudFormation generates.
func inPlainText(r *resolve.Resolver, statements []contract.Statement, variables map[string]string) ([]contract.Statement, map[string]string, error) {
	names := slices.Sorted(maps.Keys(variables))
	var all []string // resolved together, since each question is a call to CDK's process
	for _, s := range statements {
		all = append(all, s.AcrossAccounts()...)
	}
	for _, name := range names {
		all = append(all, variables[name])
	}
	all, err := r.Texts(all)
	if err != nil {
		return nil, nil, unnamedProblem(r, statements, variables)
	}
	plain := slices.Clone(statements)
	for i, s := range plain {
		n := len(s.AcrossAccounts())
		plain[i].Resources, plain[i].CrossAccountResources = all[:n:n], nil
		all = all[n:]
	}
	environment := map[string]string{}
	for i, name := range names {
		environment[name] = all[i]
	}
	return plain, environment, nil
}

// unnamedProblem returns an error with the statements and variables that need a name which CloudFormation generates.
func unnamedProblem(r *resolve.Resolver, statements []contract.Statement, variables map[string]string) error {
	var unnamed []string
	for _, s := range statements {
		if _, err := r.Texts(s.AcrossAccounts()); err != nil {
			unnamed = append(unnamed, s.Sid)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		if _, err := r.Text(variables[name]); err != nil {
			unnamed = append(unnamed, name)
		}
	}
	return fmt.Errorf("found a resource without a name of its own in %s, expected one (such as BucketName or TableName; in a Permission of your own, CrossAccountResources): the source account's policies name it",
		strings.Join(unnamed, ", "))
}
