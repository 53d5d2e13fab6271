package crossaccount

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// AccessMode is whose permissions reach the data.
type AccessMode = contract.AccessMode

const (
	// AssumeRole is access as a trusted role of the target account, which the grantee assumes.
	AssumeRole = contract.AssumeRole
	// Direct is access as the grantee's own role, which the policies of buckets, tables and keys name. The grantee's code calls no STS; it
	// passes a table's ARN, which it gets, in place of the name.
	Direct = contract.Direct
)

// AccessModes are all modes, the default first.
func AccessModes() []AccessMode { return contract.AccessModes() }

// TargetGrantProps configures a [TargetGrant].
type TargetGrantProps struct {
	// Name is the grant's name, the beginning of the trusted role's name: letters, digits and "_+=,.@-". Required.
	Name string
	// Stage tells deployments of one account apart in the trusted role's name. Required.
	Stage string
	// Grantees are who gets access: roles of other accounts, by RoleByName; or constructs of this app whose roles have names of their own
	// (RoleName; a Lambda function takes such a role as its Role).
	// At least one is required.
	Grantees []awsiam.IGrantable
	// Permissions are what the grantees may do on resources of the target account: each kind once, with all its prefixes or indexes; another
	// bucket or table takes a grant of its own. At least one is required.
	Permissions []Permission
	// Access is whose permissions reach the data. Default AssumeRole.
	Access AccessMode
	// Trust is what is asked of the grantees. Default nothing more.
	Trust Trust
	// Perimeter is where requests have to come from. Default anywhere.
	Perimeter Perimeter
	// Role is a role of the target account, there already, to be the trusted one. Of an imported one the trust policy cannot be changed:
	// see WrittenByHand. Default a new role, NAME-STAGE-REGION.
	Role awsiam.IRole
	// WrittenByHand says that what cannot be written from here, in policies of imported roles, buckets, tables and keys, is there
	// already; each such statement is then a warning at synthesis. Default false: each is an error that has the statement.
	WrittenByHand bool
	// AllowSameAccount lets a grantee be of the target account, so that one account can stand for two in a test. Default false.
	AllowSameAccount bool
}

// Validate returns everything that is wrong with the props, or nil.
func (p TargetGrantProps) Validate() error {
	var problems []error
	for _, part := range []struct{ field, value string }{{"Name", p.Name}, {"Stage", p.Stage}} {
		if !contract.IsRoleNamePart(part.value) {
			problems = append(problems, fmt.Errorf("%s: found %q, expected letters, digits and _+=,.@-", part.field, part.value))
		}
	}
	problems = append(problems, granteeProblems(p.Grantees)...)
	if len(p.Permissions) == 0 {
		problems = append(problems, errors.New("Permissions: found none, expected at least one, such as ReadBucket(bucket)"))
	}
	problems = append(problems, permissionProblems("Permissions", p.Permissions)...)
	if p.Access != "" && !slices.Contains(AccessModes(), p.Access) {
		problems = append(problems, fmt.Errorf("Access: found %q, expected one of %q", p.Access, AccessModes()))
	}
	problems = append(problems, each("Trust", p.Trust.Validate())...)
	if p.Access == Direct {
		problems = append(problems, p.Trust.ofNoRole("Direct access assumes no role")...)
		if p.Role != nil {
			problems = append(problems, errors.New("Role: found one, expected none: Direct access assumes no role"))
		}
	} else if p.Role != nil && (p.Trust.Path != "" || p.Trust.Boundary != nil) {
		problems = append(problems, errors.New("Trust: found a Path or a Boundary, expected none with Role: they are that role's own"))
	}
	problems = append(problems, p.Perimeter.problems(p.Permissions)...)
	return errors.Join(problems...)
}

// TargetGrant is the owner's half of a grant: what the account of the data permits. The other half is a [SourceGrant], in this app or in
// another one that has the contract.
type TargetGrant struct {
	node  constructs.Construct
	role  awsiam.IRole
	grant contract.Grant
}

// NewTargetGrant creates the trusted role, or with Direct access the statements in the policies of the resources; and writes contract.json
// into the assembly, which every grant of it is in, with its JSON Schema. The scope's stack has an explicit account and region. It
// panics, with the construct's path and every problem, if the props are invalid, or if what AWS makes up would have to be known
// beforehand.
//
// By default the role trusts the grantees' accounts with a condition on the grantees' role names, so that either account can be
// deployed first and the trust survives a re-creation of a grantee's role; see Trust.
func NewTargetGrant(scope constructs.Construct, id string, props TargetGrantProps) *TargetGrant {
	mustHaveScope("target grant", scope, id)
	t, err := newTargetGrant(scope, id, props)
	if err != nil {
		panic(fmt.Errorf("target grant %s:\n%w", pathOf(scope, id), err))
	}
	return t
}

func newTargetGrant(scope constructs.Construct, id string, props TargetGrantProps) (*TargetGrant, error) {
	if err := props.Validate(); err != nil {
		return nil, err
	}
	place, err := placeOf(awscdk.Stack_Of(scope))
	if err != nil {
		return nil, err
	}
	return writeTarget(scope, id, props, place, newElsewhere(scope, place.Region))
}

// writeTarget writes the half, of which the props are valid.
func writeTarget(scope constructs.Construct, id string, props TargetGrantProps, place contract.Env, e *elsewhere) (*TargetGrant, error) {
	if props.Access == "" {
		props.Access = AssumeRole
	}
	grant, err := e.agree(props, place)
	if err != nil {
		return nil, err
	}
	if scope.Node().TryFindChild(jsii.String(id)) != nil {
		return nil, fmt.Errorf("id: found %q, which %s has already as a construct, expected another one (in the target stack, a CrossAccountGrant's Name is the id)", id, *scope.Node().Path())
	}
	if err := register(scope, e.directory, grant, props.Access == AssumeRole && props.Role == nil); err != nil {
		return nil, err
	}
	t := &TargetGrant{node: constructs.NewConstruct(scope, jsii.String(id)), grant: grant}
	by := &half{elsewhere: e, node: t.node, in: awscdk.Stack_Of(scope), place: place, writtenByHand: props.WrittenByHand}
	if err := t.waitForExactRoles(by.in, props); err != nil {
		return nil, err
	}
	switch {
	case props.Access == Direct:
		openDirectly(props.Permissions, grant, by)
	case props.Role != nil:
		t.role = props.Role
		useRole(props.Role, grant, ownedStatements(props, grant), by)
	default:
		t.role = newRole(t.node, props.Trust, grant, ownedStatements(props, grant))
	}
	props.Perimeter.onBuckets(props.Permissions, by)
	if err := by.finish(); err != nil {
		return nil, err
	}
	record(by.in, contract.TargetHalf, grant)
	return t, nil
}

// agree returns what both accounts know of the grant, after every check that takes more than the props.
func (e *elsewhere) agree(props TargetGrantProps, target contract.Env) (contract.Grant, error) {
	g := contract.Grant{Name: props.Name, Stage: props.Stage, Target: target, Access: props.Access, Trust: props.Trust.agreed(props.Access), Perimeter: props.Perimeter.agreed()}
	var problems []error
	var err error
	g.Grantees, err = e.roleARNs(props.Grantees)
	problems = append(problems, err)
	for _, arn := range g.Grantees {
		if account, _ := contract.RoleAccount(arn); account == target.Account && !props.AllowSameAccount {
			problems = append(problems, fmt.Errorf("Grantees: found %s, a role of the target account itself, expected one of another account; AllowSameAccount lets one account stand for both", arn))
		}
	}
	if props.Access == AssumeRole {
		g.RoleARN, err = e.trustedARN(props, target)
		problems = append(problems, err)
	}
	g.Permissions, g.Environment, err = e.permitted(props, target)
	problems = append(problems, err)
	if err := errors.Join(problems...); err != nil {
		return contract.Grant{}, err
	}
	g, err = g.WithDigest()
	return g, errors.Join(err, g.Validate())
}

// waitForExactRoles makes the stack wait for those of the grantees, whose roles have to be there before they can be named.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html
func (t *TargetGrant) waitForExactRoles(stack awscdk.Stack, props TargetGrantProps) (err error) {
	if t.grant.Trust.Mode != ExactRole {
		return nil
	}
	const reason = "IAM refuses a policy that names a role which does not exist yet"
	for _, grantee := range props.Grantees {
		role, here := grantee.GrantPrincipal().(awsiam.Role)
		if !here || *role.Stack().Node().Path() == *stack.Node().Path() {
			continue
		}
		defer func() {
			if recover() != nil {
				err = fmt.Errorf("Trust.Mode: found ExactRole for a role of stack %s, which waits for stack %s already; expected NamedRole, so that neither waits for the other",
					*role.Stack().Node().Path(), *stack.Node().Path())
			}
		}()
		stack.AddStackDependency(role.Stack(), jsii.String(reason))
	}
	awscdk.Annotations_Of(t.node).AddInfo(jsii.String("ExactRole: the accounts of " + described(t.grant.Grantees) + " have to be deployed before this one: " + reason))
	return nil
}

// RoleArn returns the trusted role's ARN as plain text, fit for any stack; empty with Direct access.
func (t *TargetGrant) RoleArn() string { return t.grant.RoleARN }

// Role returns the trusted role, a resource of the target stack; nil with Direct access.
func (t *TargetGrant) Role() awsiam.IRole { return t.role }

// Contract returns what a SourceGrant needs to know of the grant.
func (t *TargetGrant) Contract() contract.Grant { return t.grant }

// Node returns the construct's node in the tree.
func (t *TargetGrant) Node() constructs.Node { return t.node.Node() }
