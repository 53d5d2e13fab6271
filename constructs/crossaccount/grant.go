package crossaccount

import (
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/crossgrant/crossgrant/contract"
)

// CrossAccountGrantProps configures a [CrossAccountGrant].
type CrossAccountGrantProps struct {
	// Name is the grant's name, the beginning of the trusted role's name: letters, digits and "_+=,.@-". Required.
	Name string
	// Stage tells deployments of one account apart in the trusted role's name. Required.
	Stage string
	// Grantees are who gets access: constructs of the source account whose roles have names of their own (RoleName; a Lambda function takes
	// such a role as its Role), since the other account must know them. A Lambda function (not a version, an alias or an imported one) also
	// gets the environment variables that its code needs. Roles of other apps may be among them, by RoleByName. At least one construct is
	// required.
	Grantees []awsiam.IGrantable
	// Target is the stack, with an explicit account and region, in which the trusted role is made. Required.
	Target awscdk.Stack
	// Permissions are what the grantees may do on resources of the target account: each kind once, with all its prefixes or indexes; another
	// bucket or table takes a grant of its own. At least one is required.
	Permissions []Permission
	// Access is whose permissions reach the data. Default AssumeRole.
	Access AccessMode
	// Trust is what is asked of the grantees, beyond being them. Default nothing more.
	Trust Trust
	// Perimeter is where requests have to come from. Default anywhere.
	Perimeter Perimeter
	// Role is a role of the target account, there already, to be the trusted one. Of an imported one the trust policy cannot be changed:
	// see WrittenByHand. Default a new role, NAME-STAGE-REGION.
	Role awsiam.IRole
	// EnvironmentPrefix begins the names of the environment variables instead of "CROSSGRANT_": capital letters, digits and "_". A function
	// with several grants has one prefix for each. Default "CROSSGRANT_".
	EnvironmentPrefix string
	// Endpoints are the VPC endpoints that the grantees' requests pass. Default none: endpoint policies are left alone.
	Endpoints Endpoints
	// WrittenByHand says that what cannot be written from here, in policies of something imported, is there already; each such
	// statement is then a warning at synthesis. Default false: each is an error that has the statement.
	WrittenByHand bool
	// AllowSameAccount lets source and target be one account, so that it can stand for two in a test. Default false.
	AllowSameAccount bool
}

// Validate returns everything that is wrong with the props, or nil.
func (p CrossAccountGrantProps) Validate() error {
	problems := []error{p.target().Validate()}
	if len(p.Grantees) > 0 && len(p.here()) == 0 {
		problems = append(problems, errors.New("Grantees: found only roles of other apps, expected a construct of this one; for those alone there is NewTargetGrant"))
	}
	if p.Target == nil {
		problems = append(problems, errors.New("Target: found nil, expected the stack of the account that owns the data"))
	}
	problems = append(problems, p.source(contract.Grant{}).environmentProblems()...)
	return errors.Join(problems...)
}

// target returns the props of the owner's half.
func (p CrossAccountGrantProps) target() TargetGrantProps {
	return TargetGrantProps{
		Name: p.Name, Stage: p.Stage, Grantees: p.Grantees, Permissions: p.Permissions, Access: p.Access, Trust: p.Trust, Perimeter: p.Perimeter,
		Role: p.Role, WrittenByHand: p.WrittenByHand, AllowSameAccount: p.AllowSameAccount,
	}
}

// source returns the props of the consumer's half.
func (p CrossAccountGrantProps) source(agreed contract.Grant) SourceGrantProps {
	return SourceGrantProps{
		Contract: agreed, Grantees: p.here(), Origins: originsOf(p.Permissions), EnvironmentPrefix: p.EnvironmentPrefix, Endpoints: p.Endpoints,
		WrittenByHand: p.WrittenByHand, AllowSameAccount: p.AllowSameAccount,
	}
}

// here returns the grantees that are constructs.
func (p CrossAccountGrantProps) here() (constructs []awsiam.IGrantable) {
	for _, grantee := range p.Grantees {
		if !isElsewhere(grantee) {
			constructs = append(constructs, grantee)
		}
	}
	return constructs
}

// CrossAccountGrant gives grantees of the source account least-privilege access to resources of the target account: both halves of a
// grant, for an app that has both accounts.
type CrossAccountGrant struct {
	target *TargetGrant
	source *SourceGrant
}

// NewCrossAccountGrant creates, in the target stack, what a [TargetGrant] with the id Name creates; and, in the stack of scope, what a
// [SourceGrant] creates. It panics, with the construct's path and every problem, if the props are invalid, or if what one account has to
// write about the other is not known at synthesis.
func NewCrossAccountGrant(scope constructs.Construct, id string, props CrossAccountGrantProps) *CrossAccountGrant {
	mustHaveScope("cross-account grant", scope, id)
	g, err := newCrossAccountGrant(scope, id, props)
	if err != nil {
		panic(fmt.Errorf("cross-account grant %s:\n%w", pathOf(scope, id), err))
	}
	return g
}

func newCrossAccountGrant(scope constructs.Construct, id string, props CrossAccountGrantProps) (*CrossAccountGrant, error) {
	if err := props.Validate(); err != nil {
		return nil, err
	}
	here, err := placeOf(awscdk.Stack_Of(scope))
	if err != nil {
		return nil, err
	}
	there, err := placeOf(props.Target)
	if err != nil {
		return nil, err
	}
	if err := twoAccounts(here, there, props.AllowSameAccount); err != nil {
		return nil, err
	}
	e := newElsewhere(props.Target, there.Region)
	target, err := writeTarget(props.Target, props.Name, props.target(), there, e)
	if err != nil {
		return nil, err
	}
	source, err := writeSource(scope, id, props.source(target.grant), here, e)
	if err != nil {
		return nil, err
	}
	return &CrossAccountGrant{target: target, source: source}, nil
}

// Role returns the trusted role, a resource of the target stack; nil with Direct access.
func (g *CrossAccountGrant) Role() awsiam.IRole { return g.target.role }

// RoleArn returns the trusted role's ARN as plain text, fit for any stack; empty with Direct access.
func (g *CrossAccountGrant) RoleArn() string { return g.target.grant.RoleARN }

// AssumeGrants returns what the grantees were given in their own account: see [SourceGrant.AssumeGrants].
func (g *CrossAccountGrant) AssumeGrants() []awsiam.Grant { return g.source.assume }

// Environment returns the variables that the grantees' code reads, as a Lambda function among the grantees gets them: for a container or an
// instance, which has to be given them otherwise.
func (g *CrossAccountGrant) Environment() map[string]string { return g.source.Environment() }

// Contract returns what both accounts know of the grant.
func (g *CrossAccountGrant) Contract() contract.Grant { return g.target.grant }

// Node returns the construct's node in the source stack's tree; what is in the target stack has a node there.
func (g *CrossAccountGrant) Node() constructs.Node { return g.source.Node() }
