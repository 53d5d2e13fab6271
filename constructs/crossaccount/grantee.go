package crossaccount

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/resolve"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/place"
)

// RoleByName is a grantee that is not in this app: a role of an account, by its name (with its path in front, if it has one:
// "team/reader"). A [SourceGrant] in the app that has the role writes what its own account needs.
func RoleByName(account, name string) awsiam.IGrantable {
	return &roleByName{arn: "arn:" + *awscdk.Aws_PARTITION() + ":iam::" + account + ":role/" + name}
}

type roleByName struct{ arn string }

// GrantPrincipal returns the role as a principal that takes no policy.
func (r *roleByName) GrantPrincipal() awsiam.IPrincipal {
	return awsiam.NewArnPrincipal(jsii.String(r.arn))
}

func isRoleByName(grantee awsiam.IGrantable) bool {
	_, byName := grantee.(*roleByName)
	return byName
}

// granteeProblems returns what is wrong with a list of grantees by itself.
func granteeProblems(grantees []awsiam.IGrantable) (problems []error) {
	if len(grantees) == 0 {
		problems = append(problems, errors.New("Grantees: found none, expected at least one: a construct with a role, such as a Lambda function, or RoleByName"))
	}
	for i, grantee := range grantees {
		if grantee == nil {
			problems = append(problems, fmt.Errorf("Grantees[%d]: found nil, expected a construct with a role, such as a Lambda function", i))
		}
	}
	return problems
}

// roleARNs returns the ARNs of the grantees' roles in plain text. Each has to be one role whose name is known at synthesis.
func roleARNs(r *resolve.Resolver, grantees []awsiam.IGrantable) ([]string, error) {
	var arns []string
	var problems []error
	for i, grantee := range grantees {
		arn, err := roleARN(r, grantee)
		if err == nil && slices.Contains(arns, arn) {
			err = fmt.Errorf("found %s twice, expected each role once", arn)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("Grantees[%d]: %w", i, err))
		}
		arns = append(arns, arn)
	}
	return arns, errors.Join(problems...)
}

func roleARN(r *resolve.Resolver, grantee awsiam.IGrantable) (string, error) {
	if role, ok := grantee.(*roleByName); ok {
		arn, err := r.Text(role.arn)
		if _, isRole := contract.RoleAccount(arn); err != nil || !isRole {
			return "", fmt.Errorf("found %q, expected RoleByName with an account of 12 digits and the name of one role, without wildcards", arn)
		}
		return arn, nil
	}
	principal := grantee.GrantPrincipal()
	if role, ok := principal.(awsiam.IRole); ok {
		return plainRoleARN(r, *place.Once(role, "arn", role.RoleArn))
	}
	fragment := principal.PolicyFragment()
	principals := *fragment.PrincipalJson()
	arns := principals["AWS"]
	if len(principals) != 1 || arns == nil || len(*arns) != 1 {
		return "", fmt.Errorf("found principal %v, expected one IAM role", slices.Sorted(maps.Keys(principals)))
	}
	if conditions := fragment.Conditions(); conditions != nil && len(*conditions) > 0 {
		return "", errors.New("found a principal with conditions, expected a role: set conditions in Trust")
	}
	return plainRoleARN(r, *(*arns)[0])
}

func plainRoleARN(r *resolve.Resolver, token string) (string, error) {
	arn, err := r.Text(token)
	if err != nil {
		return "", errors.New("found a role without a name of its own, expected RoleName to be set on it (a function takes such a role as its Role): the other account must know the name at synthesis")
	}
	if _, isRole := contract.RoleAccount(arn); !isRole {
		return "", fmt.Errorf("found principal %q, expected the ARN of one IAM role", arn)
	}
	return arn, nil
}

// environmentOf returns the variables that the grantees' code reads, under names that begin with prefix, or with the default if that is
// empty.
func environmentOf(g contract.Grant, prefix string) map[string]string {
	variables := g.Variables(prefix)
	maps.DeleteFunc(variables, func(_, value string) bool { return value == "" })
	return variables
}

var environmentPrefix = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

func environmentPrefixProblems(prefix string) (problems []error) {
	if prefix != "" && !environmentPrefix.MatchString(prefix) {
		problems = append(problems, fmt.Errorf("EnvironmentPrefix: found %q, expected capital letters, digits and _, such as LAKE_", prefix))
	}
	return problems
}

// claimed are the prefixes of the variables that grants have set, by the function's node.
var claimed = struct {
	sync.Mutex
	by map[constructs.Node][]string
}{by: map[constructs.Node][]string{}}

// claim takes a prefix for a grant, and reports whether no other grant has it.
func claim(function constructs.Node, prefix string) bool {
	claimed.Lock()
	defer claimed.Unlock()
	if slices.Contains(claimed.by[function], prefix) {
		return false
	}
	claimed.by[function] = append(claimed.by[function], prefix)
	return true
}

// environmentTaker is a grantee that takes environment variables: a Lambda function.
type environmentTaker interface {
	AddEnvironment(key *string, value *string, options *awslambda.EnvironmentOptions) awslambda.Function
	Node() constructs.Node
}

// setEnvironment sets a function's variables for a grant, and records that it uses the grant by them. It errs if another grant has set some with
// the same prefix: CDK would overwrite them, and the function would use one grant's role for the other's bucket.
func setEnvironment(function environmentTaker, role string, g contract.Grant, prefix string, variables map[string]string) error {
	if !claim(function.Node(), prefix) {
		return fmt.Errorf("found a function whose variables %s… another grant has set, expected one grant for each prefix: set EnvironmentPrefix, or put all permissions into one grant", prefix)
	}
	var lambda awslambda.Function
	for _, name := range slices.Sorted(maps.Keys(variables)) {
		lambda = function.AddEnvironment(jsii.String(name), jsii.String(variables[name]), nil)
	}
	intent.Record(lambda, prefix+" "+g.ID(), contract.Intent{Workload: &contract.Workload{
		Resource: *place.Once(lambda, "arn", lambda.FunctionArn), Role: role, Grant: g.ID(), EnvironmentPrefix: prefix,
	}})
	return nil
}
