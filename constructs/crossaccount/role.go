package crossaccount

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/resolve"
	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/statement"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// trustedRoleARN returns the ARN of the trusted role: an existing one or, if that is nil, the one to be created.
func trustedRoleARN(r *resolve.Resolver, existing awsiam.IRole, path, name string, target contract.Env) (string, error) {
	if existing == nil {
		if path == "" {
			path = "/"
		}
		return fmt.Sprintf("arn:%s:iam::%s:role%s%s", place.Partition(target.Region), target.Account, path, name), nil
	}
	arn, err := r.Text(*existing.RoleArn())
	if err != nil {
		return "", errors.New("Role: found a role without a name of its own, expected RoleName to be set on it: the other account must know the name at synthesis")
	}
	if account, isRole := contract.RoleAccount(arn); !isRole || account != target.Account {
		return "", fmt.Errorf("Role: found %s, expected a role of the target account %s", arn, target.Account)
	}
	return arn, nil
}

// newTrustedRole creates the trusted role under the name that the contract has.
func newTrustedRole(scope constructs.Construct, trust Trust, g contract.Grant, statements []contract.Statement) awsiam.Role {
	principals, more := trustPrincipals(scope, g)
	assumedBy := principals[0]
	if len(principals) > 1 {
		assumedBy = awsiam.NewCompositePrincipal(principals...)
	}
	var path *string
	if trust.Path != "" && trust.Path != "/" {
		path = jsii.String(trust.Path)
	}
	role := awsiam.NewRole(scope, jsii.String("Role"), &awsiam.RoleProps{
		Path:        path,
		RoleName:    jsii.String(g.RoleARN[strings.LastIndex(g.RoleARN, "/")+1:]),
		Description: jsii.String("What " + describeGrantees(g.Grantees) + " may do in this account"),
		AssumedBy:   assumedBy,
		// A role's own limit cannot be lower; the trust policy limits sessions further by a condition.
		MaxSessionDuration: place.Once(place.Stack(scope), "longest session", func() awscdk.Duration {
			return awscdk.Duration_Hours(jsii.Number(MaxSession.Hours()))
		}),
		PermissionsBoundary: trust.Boundary,
	})
	if len(more) > 0 {
		role.AssumeRolePolicy().AddStatements(more...)
	}
	for _, s := range statement.Divide(statements) { // of which CDK moves to managed policies what is too much for inline policies
		role.AddToPolicy(statement.Allow(s.Sid, nil, s))
	}
	if policy := role.Node().TryFindChild(jsii.String("DefaultPolicy")); policy != nil {
		suppressWildcards(policy.Node().DefaultChild().(awscdk.CfnResource), statements)
	}
	return role
}

// useExistingRole makes an existing role the trusted one.
func useExistingRole(role awsiam.IRole, g contract.Grant, statements []contract.Statement, b *builder) {
	principals, more := trustPrincipals(b.node, g)
	trust := append([]awsiam.PolicyStatement{awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Principals: &principals, Actions: jsii.Strings("sts:AssumeRole"),
	})}, more...)
	if own, ok := role.(awsiam.Role); ok {
		own.AssumeRolePolicy().AddStatements(trust...)
	} else {
		for _, s := range trust {
			b.cannotWrite("the trust policy of "+g.RoleARN, s)
		}
	}
	addToRole(g.RoleARN, role, statement.SidPrefix(g.Key()), statements, b)
}

// addToRole adds statements to the policy of a role, under Sids that begin with prefix. CDK reports success even for an imported role that
// takes no policy, so each statement is looked for in the stack.
func addToRole(name string, role awsiam.IGrantable, prefix string, statements []contract.Statement, b *builder) (grants []awsiam.Grant) {
	principal := role.GrantPrincipal() // CDK would ask a grantee written in Go for it, again and again
	for _, s := range statements {
		grant := awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
			Grantee: principal, Actions: jsii.Strings(s.Actions...), ResourceArns: jsii.Strings(s.Resources...), Conditions: statement.ForCDKGrant(s.Conditions),
		})
		for _, added := range *grant.PrincipalStatements() {
			added.SetSid(jsii.String(prefix + s.Sid))
		}
		grants = append(grants, grant)
		if _, own := principal.(awsiam.Role); own {
			continue
		}
		if !*grant.Success() || !hasStatement(b.stack, prefix+s.Sid) {
			b.cannotWrite("the policy of "+name, statement.Allow("", nil, s))
		}
	}
	return grants
}

func hasStatement(stack awscdk.Stack, sid string) bool {
	for _, child := range *stack.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		if policy, ok := child.(awsiam.CfnPolicy); ok {
			document, err := json.Marshal(stack.Resolve(policy.PolicyDocument()))
			if err == nil && strings.Contains(string(document), fmt.Sprintf(`"Sid":%q`, sid)) {
				return true
			}
		}
	}
	return false
}

// assumeRoleStatement permits assuming the trusted role, setting the source identity if the role requires one, and passing on session tags if there are any.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_control-access_monitor.html
func assumeRoleStatement(g contract.Grant) contract.Statement {
	s := contract.Statement{Sid: "Assume", Actions: []string{"sts:AssumeRole"}, Resources: []string{g.RoleARN}}
	if g.Trust.SourceIdentity != "" {
		s.Actions = append(s.Actions, "sts:SetSourceIdentity")
	}
	if g.Trust.SessionTags {
		s.Actions = append(s.Actions, "sts:TagSession")
	}
	return s
}

// suppressWildcards tells cdk-nag, in this repository and in users' own apps, why resources of a policy end in "*". A "*" that stands
// alone, or in an action, stays a finding.
func suppressWildcards(policy awscdk.CfnResource, statements []contract.Statement) {
	if !slices.ContainsFunc(statements, func(s contract.Statement) bool {
		return slices.ContainsFunc(s.Resources, func(resource string) bool { return strings.HasSuffix(resource, "*") })
	}) {
		return
	}
	suppress.At(policy, suppress.Rule{
		ID: "AwsSolutions-IAM5", Findings: []string{`/^Resource::[^*]+\/[^*]*\*$/`},
		Reason: "The policy names objects by the prefixes of their keys, since most of them do not exist yet; and another account's key by its account and " +
			"region, since AWS generates its ID.",
	})
}

// describeGrantees names the grantees in fewer than the 1,000 characters that IAM accepts in a role's description.
func describeGrantees(grantees []string) string {
	if len(grantees) == 1 {
		return grantees[0]
	}
	return fmt.Sprintf("%s and %d more", grantees[0], len(grantees)-1)
}
