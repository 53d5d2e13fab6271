package crossaccount

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
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
	// other account must know it. A Lambda function (not a version, an alias or an imported one) also gets the environment variables
	// that its code needs. Required.
	Grantee awsiam.IGrantable
	// Target is the stack, with an explicit account and region, in which the trusted role is made. Required.
	Target awscdk.Stack
	// Permissions are what the grantee may do on resources of the target account. At least one is required.
	Permissions []Permission
	// Trust is what the trusted role asks of whoever assumes it, beyond being the grantee. Default nothing more.
	Trust Trust
	// EnvironmentPrefix begins the names of the environment variables instead of "CROSSGRANT_": capital letters, digits and "_". A function
	// with several grants has one prefix for each. Default "CROSSGRANT_".
	EnvironmentPrefix string
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
		if permission == nil {
			problems = append(problems, fmt.Errorf("Permissions[%d]: found nil, expected a permission, such as ReadBucket(bucket)", i))
			continue
		}
		if err := permission.Validate(); err != nil {
			problems = append(problems, fmt.Errorf("Permissions[%d]: %w", i, err))
		}
	}
	if err := p.Trust.Validate(); err != nil {
		problems = append(problems, fmt.Errorf("Trust: %w", err))
	}
	if p.EnvironmentPrefix != "" && !environmentPrefix.MatchString(p.EnvironmentPrefix) {
		problems = append(problems, fmt.Errorf("EnvironmentPrefix: found %q, expected capital letters, digits and _, such as LAKE_", p.EnvironmentPrefix))
	}
	if err := p.Endpoints.Validate(); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

var environmentPrefix = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

var roleNamePart = regexp.MustCompile(`^[\w+=,.@-]+$`)

// CrossAccountGrant gives one grantee of the source account least-privilege access to resources of the target account.
type CrossAccountGrant struct {
	node    constructs.Construct
	role    awsiam.Role
	roleARN string
}

// NewCrossAccountGrant creates, in the target stack, the trusted role; and, in the stack of scope, the grantee's right to
// assume it, the statements of the endpoint policies, and the grantee's environment. It panics, with the construct's path and every
// problem, if the props are invalid, or if what one account has to write about the other is not known at synthesis.
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
	fail(concrete(source, props))
	granteeARN, err := roleARN(props.Grantee, props.Target, *source.Account())
	fail(err)
	statements, err := permitted(props.Permissions, *props.Target.Account())
	fail(err)
	variables, err := environment(props)
	fail(err)
	fail(writable(source, props, statements, variables))

	grant := &CrossAccountGrant{node: node}
	name := contract.RoleName(props.Name, props.Stage, *props.Target.Region())
	grant.roleARN = *source.FormatArn(&awscdk.ArnComponents{
		Service: jsii.String("iam"), Region: jsii.String(""), Account: props.Target.Account(),
		Resource: jsii.String("role"), ResourceName: jsii.String(strings.TrimPrefix(props.Trust.Path, "/") + name),
	})
	if props.Trust.Mode == ExactRole {
		props.Target.AddDependency(source, jsii.String("IAM refuses a trust policy that names a role which does not exist yet"))
	}
	grant.role, err = trustedRole(props, name, granteeARN, *source.Account(), statements)
	fail(err)
	fail(letAssume(source, props.Grantee, grant.roleARN))
	props.Endpoints.open(sidOf(node), granteeARN, grant.roleARN, statements)
	if function, ok := props.Grantee.(environmentTaker); ok {
		variables[props.variable("CROSSGRANT_ROLE_ARN")] = grant.roleARN
		fail(setEnvironment(function, props.variable(""), variables))
	}
	return grant
}

// Role returns the trusted role, a resource of the target stack.
func (g *CrossAccountGrant) Role() awsiam.IRole { return g.role }

// RoleArn returns the trusted role's ARN as plain text, fit for any stack.
func (g *CrossAccountGrant) RoleArn() string { return g.roleARN }

// Node returns the construct's node in the tree.
func (g *CrossAccountGrant) Node() constructs.Node { return g.node.Node() }
