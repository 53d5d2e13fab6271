package crossaccount

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// RoleByName is a grantee that is not in this app: a role of an account, by its name (with its path in front, if it has one:
// "team/reader"). What its own account has to add is written by a [SourceGrant] in the app that has it.
func RoleByName(account, name string) awsiam.IGrantable {
	return &roleByName{arn: "arn:" + *awscdk.Aws_PARTITION() + ":iam::" + account + ":role/" + name}
}

type roleByName struct{ arn string }

// GrantPrincipal returns the role as a principal, which takes no policy.
func (r *roleByName) GrantPrincipal() awsiam.IPrincipal {
	return awsiam.NewArnPrincipal(jsii.String(r.arn))
}

// isElsewhere reports whether a grantee is of another app.
func isElsewhere(grantee awsiam.IGrantable) bool {
	_, named := grantee.(*roleByName)
	return named
}

// granteeProblems returns what is wrong with a list of grantees before anything is asked of them.
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

// roleARNs returns the ARNs of the grantees' roles in plain text, after a check that each is one role whose name is known beforehand.
func (e *elsewhere) roleARNs(grantees []awsiam.IGrantable) ([]string, error) {
	var arns []string
	var problems []error
	for i, grantee := range grantees {
		arn, err := e.roleARN(grantee)
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

func (e *elsewhere) roleARN(grantee awsiam.IGrantable) (string, error) {
	if arn, known := e.arns[grantee]; known {
		return arn, nil
	}
	arn, err := e.findRoleARN(grantee)
	if err == nil {
		e.arns[grantee] = arn
	}
	return arn, err
}

func (e *elsewhere) findRoleARN(grantee awsiam.IGrantable) (string, error) {
	if named, ok := grantee.(*roleByName); ok {
		arn, err := e.text(named.arn)
		if _, isRole := contract.RoleAccount(arn); err != nil || !isRole {
			return "", fmt.Errorf("found %q, expected RoleByName with an account of 12 digits and the name of one role, without wildcards", arn)
		}
		return arn, nil
	}
	principal := grantee.GrantPrincipal()
	if role, ok := principal.(awsiam.IRole); ok {
		return e.named(*role.RoleArn())
	}
	fragment := principal.PolicyFragment()
	principals := *fragment.PrincipalJson()
	arns := principals["AWS"]
	if len(principals) != 1 || arns == nil || len(*arns) != 1 {
		return "", fmt.Errorf("found principal %v, expected one IAM role", slices.Sorted(maps.Keys(principals)))
	}
	if conditions := fragment.Conditions(); conditions != nil && len(*conditions) > 0 {
		return "", errors.New("found a principal with conditions, expected a role: what is asked of it belongs in Trust")
	}
	return e.named(*(*arns)[0])
}

// named returns the ARN of one role in plain text.
func (e *elsewhere) named(token string) (string, error) {
	arn, err := e.text(token)
	if err != nil {
		return "", errors.New("found a role without a name of its own, expected RoleName to be set on it (a function takes such a role as its Role): the other account must know the name beforehand")
	}
	if _, isRole := contract.RoleAccount(arn); !isRole {
		return "", fmt.Errorf("found principal %q, expected the ARN of one IAM role", arn)
	}
	return arn, nil
}
