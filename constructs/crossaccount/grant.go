package crossaccount

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// CrossAccountGrantProps configures a [CrossAccountGrant].
type CrossAccountGrantProps struct {
	// Name is the grant's name, the beginning of the trusted role's name: letters, digits and "-_.+=,@". Required.
	Name string
	// Stage tells deployments of one account apart in the trusted role's name. Required.
	Stage string
	// Grantee is who gets access: a construct of the source account whose role has a name of its own (RoleName), since the
	// other account must know it. A Lambda function among them also gets the environment variables that its code needs. Required.
	Grantee awsiam.IGrantable
	// Target is the stack, with an explicit account and region, in which the trusted role is made. Required.
	Target awscdk.Stack
	// Permissions are what the grantee may do on resources of the target account. At least one is required.
	Permissions []Permission
	// Trust is what the trusted role asks of whoever assumes it, beyond being the grantee. Default nothing more.
	Trust Trust
	// Endpoints are the VPC endpoints that the grantee's requests pass. Default none: endpoint policies are left alone.
	Endpoints Endpoints
}

// Validate returns everything that is wrong with the props, or nil.
func (p CrossAccountGrantProps) Validate() error {
	var problems []error
	if !roleNamePart.MatchString(p.Name) {
		problems = append(problems, fmt.Errorf("Name: found %q, expected letters, digits and -_.+=,@", p.Name))
	}
	if !roleNamePart.MatchString(p.Stage) {
		problems = append(problems, fmt.Errorf("Stage: found %q, expected letters, digits and -_.+=,@", p.Stage))
	}
	if p.Grantee == nil {
		problems = append(problems, errors.New("Grantee: found nil, expected a construct with a role, such as a Lambda function"))
	}
	if p.Target == nil {
		problems = append(problems, errors.New("Target: found nil, expected the stack of the account that owns the data"))
	}
	if len(p.Permissions) == 0 {
		problems = append(problems, errors.New("Permissions: found none, expected at least one, such as ReadBucket(bucket)"))
	}
	for i, permission := range p.Permissions {
		if err := permission.Validate(); err != nil {
			problems = append(problems, fmt.Errorf("Permissions[%d]: %w", i, err))
		}
	}
	if err := p.Trust.Validate(); err != nil {
		problems = append(problems, fmt.Errorf("Trust: %w", err))
	}
	return errors.Join(problems...)
}

var roleNamePart = regexp.MustCompile(`^[\w+=,.@-]+$`)

// CrossAccountGrant gives one grantee of the source account least-privilege access to resources of the target account.
type CrossAccountGrant struct {
	node    constructs.Construct
	role    awsiam.Role
	roleARN string
}

// NewCrossAccountGrant creates, in the target stack, the trusted role; and, in the stack of scope, the grantee's right to
// assume it, the statements of the endpoint policies, and the grantee's environment. It panics, with the construct's path and every
// problem, if the props are invalid or an account or region is not known at synthesis.
//
// By default the role trusts the source account with a condition on the grantee's role name, so that either account can be
// deployed first and the trust survives a re-creation of the grantee's role; see Trust.
func NewCrossAccountGrant(scope constructs.Construct, id string, props CrossAccountGrantProps) *CrossAccountGrant {
	node := constructs.NewConstruct(scope, jsii.String(id))
	fail := func(err error) {
		if err != nil {
			panic(fmt.Errorf("cross-account grant %s:\n%w", *node.Node().Path(), err))
		}
	}
	fail(props.Validate())
	props.Trust = props.Trust.withDefaults()
	source := awscdk.Stack_Of(scope)
	fail(concrete(source, props.Target))
	granteeARN, err := roleARN(props.Grantee, props.Target, *source.Account())
	fail(err)
	variables, err := environment(props.Permissions)
	fail(err)

	grant := &CrossAccountGrant{node: node}
	name := contract.RoleName(props.Name, props.Stage, *props.Target.Region())
	grant.roleARN = *source.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("iam"), Region: jsii.String(""), Account: props.Target.Account(),
		Resource: jsii.String("role"), ResourceName: jsii.String(strings.TrimPrefix(props.Trust.Path, "/") + name),
	})
	var statements []contract.Statement
	for _, p := range props.Permissions {
		statements = append(statements, p.Statements()...)
	}
	fail(uniqueSids(statements))

	if props.Trust.Mode == ExactRole {
		props.Target.AddDependency(source, jsii.String("IAM refuses a trust policy that names a role which does not exist yet"))
	}
	grant.role = trustedRole(props, name, id, granteeARN, *source.Account(), statements)
	awsiam.Grant_AddToPrincipal(&awsiam.GrantOnPrincipalOptions{
		Grantee: props.Grantee, Actions: jsii.Strings("sts:AssumeRole"), ResourceArns: jsii.Strings(grant.roleARN),
	}).AssertSuccess()
	props.Endpoints.open(id, granteeARN, grant.roleARN, statements)
	if function, ok := props.Grantee.(environmentTaker); ok {
		variables["CROSSGRANT_ROLE_ARN"] = grant.roleARN
		if props.Trust.ExternalID != "" {
			variables["CROSSGRANT_EXTERNAL_ID"] = props.Trust.ExternalID
		}
		for _, key := range slices.Sorted(maps.Keys(variables)) {
			function.AddEnvironment(jsii.String(key), jsii.String(variables[key]), nil)
		}
	}
	return grant
}

// Role returns the trusted role, a resource of the target stack.
func (g *CrossAccountGrant) Role() awsiam.IRole { return g.role }

// RoleArn returns the trusted role's ARN as plain text, fit for any stack.
func (g *CrossAccountGrant) RoleArn() string { return g.roleARN }

// Node returns the construct's node in the tree.
func (g *CrossAccountGrant) Node() constructs.Node { return g.node.Node() }

// environmentTaker is a grantee that takes environment variables: a Lambda function.
type environmentTaker interface {
	AddEnvironment(key *string, value *string, options *awslambda.EnvironmentOptions) awslambda.Function
}

func trustedRole(props CrossAccountGrantProps, name, id, granteeARN, sourceAccount string, statements []contract.Statement) awsiam.Role {
	var path *string
	if props.Trust.Path != "/" {
		path = jsii.String(props.Trust.Path)
	}
	role := awsiam.NewRole(constructs.NewConstruct(props.Target, jsii.String(id)), jsii.String("Role"), &awsiam.RoleProps{
		Path:        path,
		RoleName:    jsii.String(name),
		Description: jsii.String("What " + granteeARN + " may do in this account"),
		AssumedBy:   props.Trust.principal(sourceAccount, granteeARN),
		// AWS has no lower limit than this for a role; Trust makes it shorter by a condition.
		MaxSessionDuration:  awscdk.Duration_Hours(jsii.Number(MaxSession.Hours())),
		PermissionsBoundary: props.Trust.Boundary,
	})
	for _, s := range statements {
		role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid:        jsii.String(s.Sid),
			Actions:    jsii.Strings(s.Actions...),
			Resources:  jsii.Strings(s.Resources...),
			Conditions: conditions(s),
		}))
	}
	return role
}

func conditions(s contract.Statement) *map[string]any {
	if len(s.Conditions) == 0 {
		return nil
	}
	all := map[string]any{}
	for operator, keys := range s.Conditions {
		all[operator] = keys
	}
	return &all
}

// concrete refuses stacks whose account or region only CloudFormation knows: the other account's policies need them in plain text.
func concrete(source, target awscdk.Stack) error {
	var problems []error
	for _, stack := range []awscdk.Stack{source, target} {
		for what, value := range map[string]*string{"account": stack.Account(), "region": stack.Region()} {
			if *awscdk.Token_IsUnresolved(value) {
				problems = append(problems, fmt.Errorf("stack %s: found no %s, expected an explicit one in its Env", *stack.Node().Path(), what))
			}
		}
	}
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	if len(problems) == 0 && *source.Account() == *target.Account() {
		problems = append(problems, fmt.Errorf("found source and target both in account %s, expected two accounts", *source.Account()))
	}
	return errors.Join(problems...)
}

// roleARN returns the ARN of the grantee's role, after a check that it names one role of the source account and that the target
// account can write it down.
func roleARN(grantee awsiam.IGrantable, target awscdk.Stack, sourceAccount string) (arn string, err error) {
	defer func() {
		if recover() != nil { // CDK refuses to write a name that CloudFormation makes up into the other account
			err = errors.New("Grantee: found a role without a name of its own, expected RoleName to be set on it: the other account must know the name beforehand")
		}
	}()
	principals := *grantee.GrantPrincipal().PolicyFragment().PrincipalJson()
	arns := principals["AWS"]
	if len(principals) != 1 || arns == nil || len(*arns) != 1 {
		return "", fmt.Errorf("Grantee: found principal %v, expected one IAM role", slices.Sorted(maps.Keys(principals)))
	}
	arn = *(*arns)[0]
	written, ok := target.Resolve(arn).(string)
	if !ok { // without the feature flag for partition literals the partition is left to CloudFormation
		encoded, _ := json.Marshal(target.Resolve(arn)) // came from JSON
		written = string(encoded)
	}
	role := roleInARN.FindStringSubmatch(written)
	switch {
	case role == nil:
		return "", fmt.Errorf("Grantee: found principal %q, expected the ARN of one IAM role", written)
	case role[1] != sourceAccount:
		return "", fmt.Errorf("Grantee: found a role of account %s, expected one of the source account %s", role[1], sourceAccount)
	}
	return arn, nil
}

// roleInARN finds the account in the ARN of one role: no wildcard, no user, no root.
var roleInARN = regexp.MustCompile(`:iam::([0-9]{12}):role/[\w+=,.@/-]+("\]\]\})?$`)

func environment(permissions []Permission) (map[string]string, error) {
	variables := map[string]string{}
	var problems []error
	for _, p := range permissions {
		for key, value := range p.Environment() {
			if old, taken := variables[key]; taken && old != value {
				problems = append(problems, fmt.Errorf("Permissions: found two resources for %s, expected one of a kind: use a second grant", key))
			}
			variables[key] = value
		}
	}
	return variables, errors.Join(problems...)
}

func uniqueSids(statements []contract.Statement) error {
	seen := map[string]bool{}
	for _, s := range statements {
		if seen[s.Sid] {
			return fmt.Errorf("Permissions: found %s twice, expected each permission once: name all prefixes or indexes in one", s.Sid)
		}
		seen[s.Sid] = true
	}
	return nil
}
