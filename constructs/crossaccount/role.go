package crossaccount

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// trustedARN returns the ARN of the trusted role: the agreed one, or that of a role which is there already.
func (e *elsewhere) trustedARN(props GrantProps, target contract.Env) (string, error) {
	if props.Role == nil {
		path := props.Trust.Path
		if path == "" {
			path = "/"
		}
		return fmt.Sprintf("arn:%s:iam::%s:role%s%s", partition(target.Region), target.Account, path, contract.RoleName(props.Name, props.Stage, target.Region)), nil
	}
	arn, err := e.text(*props.Role.RoleArn())
	if err != nil {
		return "", errors.New("Role: found a role without a name of its own, expected RoleName to be set on it: the other account must know the name beforehand")
	}
	if account, isRole := contract.RoleAccount(arn); !isRole || account != target.Account {
		return "", fmt.Errorf("Role: found %s, expected a role of the target account %s", arn, target.Account)
	}
	return arn, nil
}

// newRole creates the trusted role under its agreed name.
func newRole(scope constructs.Construct, trust Trust, g contract.Grant, statements []contract.Statement) awsiam.Role {
	principals, more := trusted(g)
	by := principals[0]
	if len(principals) > 1 {
		by = awsiam.NewCompositePrincipal(principals...)
	}
	var path *string
	if trust.Path != "" && trust.Path != "/" {
		path = jsii.String(trust.Path)
	}
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		Path:        path,
		RoleName:    jsii.String(g.RoleARN[strings.LastIndex(g.RoleARN, "/")+1:]),
		Description: jsii.String("What " + described(g.Grantees) + " may do in this account"),
		AssumedBy:   by,
		// AWS has no lower limit than this for a role; Trust makes it shorter by a condition.
		MaxSessionDuration:  awscdk.Duration_Hours(jsii.Number(MaxSession.Hours())),
		PermissionsBoundary: trust.Boundary,
	})
	if len(more) > 0 {
		role.AssumeRolePolicy().AddStatements(more...)
	}
	for _, s := range statements {
		role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String(s.Sid), Actions: jsii.Strings(s.Actions...), Resources: jsii.Strings(s.Resources...), Conditions: conditions(s.Conditions),
		}))
	}
	if policy := role.Node().TryFindChild(jsii.String("DefaultPolicy")); policy != nil {
		explainWildcards(policy.Node().DefaultChild().(awsiam.CfnPolicy), statements)
	}
	return role
}

// explainWildcards says to cdk-nag, in this repository and in users' own apps, why resources of a policy end in "*".
// A "*" that stands alone, or in an action, stays a finding.
func explainWildcards(policy awsiam.CfnPolicy, statements []contract.Statement) {
	if !slices.ContainsFunc(statements, func(s contract.Statement) bool {
		return slices.ContainsFunc(s.Resources, func(resource string) bool { return strings.HasSuffix(resource, "*") })
	}) {
		return
	}
	suppress.At(policy, suppress.Rule{
		ID: "AwsSolutions-IAM5", Findings: []string{`/^Resource::[^*]+\/[^*]*\*$/`},
		Reason: "The grant names objects by the beginning of their keys, since most of them are not there yet when it is written; " +
			"and another account's key by its place, since AWS makes up its id.",
	})
}

// described names the grantees in the 1,000 characters that IAM has for a description.
func described(grantees []string) string {
	if len(grantees) == 1 {
		return grantees[0]
	}
	return fmt.Sprintf("%s and %d more", grantees[0], len(grantees)-1)
}

// useRole makes a role that is there already the trusted one.
func useRole(role awsiam.IRole, g contract.Grant, statements []contract.Statement, by *half) {
	principals, more := trusted(g)
	trust := append([]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &principals, Actions: jsii.Strings("sts:AssumeRole"),
	})}, more...)
	if own, ok := role.(awsiam.Role); ok {
		own.AssumeRolePolicy().AddStatements(trust...)
	} else {
		for _, s := range trust {
			by.needs("the trust policy of "+g.RoleARN, s)
		}
	}
	permit(g.RoleARN, role, sidOf(g.Key()), statements, by)
}
