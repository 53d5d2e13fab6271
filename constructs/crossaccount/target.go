package crossaccount

import (
	"errors"
	"fmt"

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
func NewTargetGrant(scope constructs.Construct, id string, props GrantProps) *TargetGrant {
	mustHaveScope("target grant", scope, id)
	t, err := newTargetGrant(scope, id, props)
	if err != nil {
		panic(fmt.Errorf("target grant %s:\n%w", pathOf(scope, id), err))
	}
	return t
}

// ofTargetGrant returns what is set although it is only for a CrossAccountGrant.
func (p GrantProps) ofTargetGrant() error {
	var problems []error
	if p.Target != nil {
		problems = append(problems, errors.New("Target: found a stack, expected none: a TargetGrant is made in its scope's stack"))
	}
	if p.EnvironmentPrefix != "" {
		problems = append(problems, errors.New("EnvironmentPrefix: found one, expected none: it is the SourceGrant's"))
	}
	if !p.Endpoints.isZero() {
		problems = append(problems, errors.New("Endpoints: found some, expected none: they are the SourceGrant's"))
	}
	return errors.Join(problems...)
}

func newTargetGrant(scope constructs.Construct, id string, props GrantProps) (*TargetGrant, error) {
	if err := errors.Join(props.Validate(), props.ofTargetGrant()); err != nil {
		return nil, err
	}
	place, err := placeOf(awscdk.Stack_Of(scope))
	if err != nil {
		return nil, err
	}
	return writeTarget(scope, id, props, place, newElsewhere(scope, place.Region))
}

// writeTarget writes the half, of which the props are valid.
func writeTarget(scope constructs.Construct, id string, props GrantProps, place contract.Env, e *elsewhere) (*TargetGrant, error) {
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
	by := &half{elsewhere: e, node: t.node, in: awscdk.Stack_Of(scope), place: place, writtenByHand: props.StatementsAddedManually}
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
func (e *elsewhere) agree(props GrantProps, target contract.Env) (contract.Grant, error) {
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
func (t *TargetGrant) waitForExactRoles(stack awscdk.Stack, props GrantProps) (err error) {
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

// RoleARN returns the trusted role's ARN as plain text, fit for any stack; empty with Direct access.
func (t *TargetGrant) RoleARN() string { return t.grant.RoleARN }

// Role returns the trusted role, a resource of the target stack; nil with Direct access.
func (t *TargetGrant) Role() awsiam.IRole { return t.role }

// Contract returns what a SourceGrant needs to know of the grant.
func (t *TargetGrant) Contract() contract.Grant { return t.grant }

// Node returns the construct's node in the tree.
func (t *TargetGrant) Node() constructs.Node { return t.node.Node() }
