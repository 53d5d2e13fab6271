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

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/resolve"
	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/statement"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/place"
)

// SameAccountAccessProps configures a [SameAccountAccess].
type SameAccountAccessProps struct {
	// Grantee is who gets access: a construct of the scope's account whose role has a name of its own (RoleName). Required.
	Grantee awsiam.IGrantable
	// Permissions are what the grantee may do on resources of its own account. At least one is required.
	Permissions []Permission
	// Endpoints are the VPC endpoints that the grantee's requests pass. Default none: only the role's policy is written.
	Endpoints Endpoints
	// StatementsAddedManually says that the statements which this app cannot write, in policies of imported roles and endpoints, are there
	// already; each is then a warning at synthesis. Default false: each is an error that has the statement.
	StatementsAddedManually bool
}

// Validate returns everything that is wrong with the props, or nil.
func (p SameAccountAccessProps) Validate() error {
	var problems []error
	if p.Grantee == nil {
		problems = append(problems, errors.New("Grantee: found nil, expected a construct with a role, such as a Lambda function"))
	} else if _, ok := p.Grantee.GrantPrincipal().(awsiam.IRole); !ok {
		problems = append(problems, errors.New("Grantee: found a principal that is not a role of this app, expected a construct with a role, such as a Lambda function"))
	}
	if len(p.Permissions) == 0 {
		problems = append(problems, errors.New("Permissions: found none, expected at least one, such as WriteBucket(bucket)"))
	}
	problems = append(problems, permissionProblems("Permissions", p.Permissions)...)
	return errors.Join(append(problems, p.Endpoints.Validate())...)
}

// SameAccountAccess lets a grantee use resources of its own account through VPC endpoints, which a grant closes to all other requests.
type SameAccountAccess struct{ node constructs.Construct }

// NewSameAccountAccess creates a policy of the grantee's role with what is permitted, or managed policies if that is long, and lets these requests pass
// the endpoints. The proof checks that all of it works; an imported role gets the statements in the policy that CDK creates for it. Nothing else is
// written: inside one account the role's policy is enough, unless a KMS key's own policy leaves no access to IAM policies. It panics, with
// the construct's path and every problem, if the props are invalid.
//
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
func NewSameAccountAccess(scope constructs.Construct, id string, props SameAccountAccessProps) *SameAccountAccess {
	mustHaveScope("same-account access", scope, id)
	s, err := newSameAccountAccess(scope, id, props)
	if err != nil {
		panic(fmt.Errorf("same-account access %s:\n%w", pathOf(scope, id), err))
	}
	return s
}

func newSameAccountAccess(scope constructs.Construct, id string, props SameAccountAccessProps) (*SameAccountAccess, error) {
	if err := props.Validate(); err != nil {
		return nil, err
	}
	stack := place.Stack(scope)
	env, err := envOf(stack)
	if err != nil {
		return nil, err
	}
	r := resolve.For(scope, env.Region)
	arn, err := roleARN(r, props.Grantee)
	if err != nil {
		return nil, fmt.Errorf("Grantee: %w", err)
	}
	props.Permissions = numbered(r, props.Permissions)
	statements, err := props.statements(arn, env)
	if err != nil {
		return nil, err
	}
	node := place.New(scope, id)
	b := &builder{resolver: r, node: node, stack: stack, env: env, addedManually: props.StatementsAddedManually}
	prefix := statement.SidPrefix(place.Path(node))
	props.addRolePolicy(node, arn, prefix, statements, b)
	for _, s := range statements {
		props.Endpoints.allowStatement(prefix+s.Sid, arn, s, b)
	}
	if err := b.finish(); err != nil {
		return nil, err
	}
	return &SameAccountAccess{node}, nil
}

// statements returns what is permitted, after a check that it is all in the grantee's own account.
func (p SameAccountAccessProps) statements(grantee string, env contract.Env) (all []contract.Statement, err error) {
	var problems []error
	if account, _ := contract.RoleAccount(grantee); account != env.Account {
		problems = append(problems, fmt.Errorf("Grantee: found a role of account %s, expected one of the stack's account %s", account, env.Account))
	}
	seen := map[string]bool{}
	for i, granted := range p.Permissions {
		field := fmt.Sprintf("Permissions[%d]", i)
		if ours, _ := granted.(permission); ours.account != "" && ours.account != env.Account {
			problems = append(problems, fmt.Errorf("%s: found a resource of account %s, expected one of the stack's account %s", field, ours.account, env.Account))
		}
		for _, s := range granted.Statements() {
			problems = append(problems, each(field+": statement "+s.Sid, s.Validate())...)
			resource := foreignResource(s, env.Account)
			if resource == "" && s.Account != "" && s.Account != env.Account {
				resource = strings.Join(s.Resources, ", ")
			}
			if resource != "" {
				problems = append(problems, fmt.Errorf("%s: statement %s: found %s, expected a resource of the stack's account %s", field, s.Sid, resource, env.Account))
			}
			all = append(all, s)
		}
		problems = append(problems, each(field, errors.Join(sidProblems(granted, seen)...))...)
	}
	return all, errors.Join(problems...)
}

// addRolePolicy creates policies of the grantee's role, as many as it takes, and records for the proof what has to work.
func (p SameAccountAccessProps) addRolePolicy(node constructs.Construct, arn, prefix string, statements []contract.Statement, b *builder) {
	role := p.Grantee.GrantPrincipal().(awsiam.IRole)
	if _, own := role.(awsiam.Role); !own {
		addToRole(arn, role, prefix, statements, b)
		return
	}
	used := slices.Clone(statements)
	for i, s := range statements {
		used[i].Sid = prefix + s.Sid
	}
	intent.Record(node, "Use", contract.Intent{Use: &contract.Use{Role: arn, Statements: used}})
	for i, some := range statement.Pack(statement.Divide(used)) {
		id := "Default"
		if i > 0 {
			id = fmt.Sprint("Policy", i+1)
		}
		var all []awsiam.PolicyStatement
		for _, s := range some {
			all = append(all, statement.Allow(s.Sid, nil, s))
		}
		var policy constructs.IConstruct
		if statement.Length(some) > statement.MaxInline {
			policy = awsiam.NewManagedPolicy(node, jsii.String(id), &awsiam.ManagedPolicyProps{Roles: &[]awsiam.IRole{role}, Statements: &all})
		} else {
			policy = awsiam.NewPolicy(node, jsii.String(id), &awsiam.PolicyProps{Roles: &[]awsiam.IRole{role}, Statements: &all})
		}
		suppressWildcards(policy.Node().DefaultChild().(awscdk.CfnResource), some)
	}
}

// Node returns the construct's node in the tree.
func (s *SameAccountAccess) Node() constructs.Node { return s.node.Node() }
