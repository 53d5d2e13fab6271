package crossaccount

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/crossgrant/crossgrant/contract"
)

// GrantProps configures a [CrossAccountGrant] or, for the owner of the data alone, a [TargetGrant].
type GrantProps struct {
	// Name is the grant's name, the beginning of the trusted role's name: letters, digits and "_+=,.@-". Required.
	Name string
	// Stage tells deployments of one account apart in the trusted role's name: letters, digits and "_+=,.@-". Required.
	Stage string
	// Grantees are who gets access: constructs of this app whose roles have names of their own (RoleName; a Lambda function takes such a
	// role as its Role), since the other account must know them; or roles of other apps, by RoleByName. At least one is required; a
	// CrossAccountGrant takes at least one construct of the source account. It also sets the environment variables that the code needs on
	// a Lambda function (not a version, an alias or an imported one).
	Grantees []awsiam.IGrantable
	// Target is the stack, with an explicit account and region, in which the trusted role is made. Required for a CrossAccountGrant; a
	// TargetGrant has its scope's stack and takes none.
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
	// Role is an existing role of the target account to be the trusted one. The trust policy of an imported role cannot be changed: see
	// StatementsAddedManually. Default a new role, NAME-STAGE-REGION.
	Role awsiam.IRole
	// EnvironmentPrefix begins the names of the environment variables instead of "CROSSGRANT_": capital letters, digits and "_". A function
	// with several grants has one prefix for each. For a CrossAccountGrant only. Default "CROSSGRANT_".
	EnvironmentPrefix string
	// Endpoints are the VPC endpoints that the grantees' requests pass. For a CrossAccountGrant only. Default none: no endpoint policy is
	// changed.
	Endpoints Endpoints
	// StatementsAddedManually says that the statements which this app cannot write, in policies of imported roles, endpoints, buckets,
	// tables and keys, are there already; each is then a warning at synthesis. Default false: each is an error that has the statement.
	StatementsAddedManually bool
	// AllowSameAccount lets source and target be one account, so that it can stand for two in a test. Default false.
	AllowSameAccount bool
}

// Validate returns everything that is wrong with the props, or nil. It does not know which of the two constructs they are for.
func (p GrantProps) Validate() error {
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
	return errors.Join(append(problems, environmentProblems(p.EnvironmentPrefix, p.Endpoints)...)...)
}

// ofCrossAccountGrant returns what a CrossAccountGrant needs beside.
func (p GrantProps) ofCrossAccountGrant() error {
	var problems []error
	if len(p.Grantees) > 0 && len(p.here()) == 0 {
		problems = append(problems, errors.New("Grantees: found only roles of other apps, expected a construct of this one; for those alone there is NewTargetGrant"))
	}
	if p.Target == nil {
		problems = append(problems, errors.New("Target: found nil, expected the stack of the account that owns the data"))
	}
	return errors.Join(problems...)
}

// source returns the props of the consumer's half.
func (p GrantProps) source(agreed contract.Grant) SourceGrantProps {
	return SourceGrantProps{
		Contract: agreed, Grantees: p.here(), SourceBuckets: originsOf(p.Permissions), EnvironmentPrefix: p.EnvironmentPrefix, Endpoints: p.Endpoints,
		StatementsAddedManually: p.StatementsAddedManually, AllowSameAccount: p.AllowSameAccount,
	}
}

// here returns the grantees that are constructs.
func (p GrantProps) here() (constructs []awsiam.IGrantable) {
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
func NewCrossAccountGrant(scope constructs.Construct, id string, props GrantProps) *CrossAccountGrant {
	mustHaveScope("cross-account grant", scope, id)
	g, err := newCrossAccountGrant(scope, id, props)
	if err != nil {
		panic(fmt.Errorf("cross-account grant %s:\n%w", pathOf(scope, id), err))
	}
	return g
}

func newCrossAccountGrant(scope constructs.Construct, id string, props GrantProps) (*CrossAccountGrant, error) {
	if err := errors.Join(props.Validate(), props.ofCrossAccountGrant()); err != nil {
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
	target, err := writeTarget(props.Target, props.Name, props, there, e)
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

// RoleARN returns the trusted role's ARN as plain text, fit for any stack; empty with Direct access.
func (g *CrossAccountGrant) RoleARN() string { return g.target.grant.RoleARN }

// AssumeGrants returns what the grantees were given in their own account: see [SourceGrant.AssumeGrants].
func (g *CrossAccountGrant) AssumeGrants() []awsiam.Grant { return g.source.assume }

// Environment returns the variables that the grantees' code reads, as a Lambda function among the grantees gets them: for a container or an
// instance, which has to be given them otherwise.
func (g *CrossAccountGrant) Environment() map[string]string { return g.source.Environment() }

// Contract returns what both accounts know of the grant.
func (g *CrossAccountGrant) Contract() contract.Grant { return g.target.grant }

// Node returns the construct's node in the source stack's tree; what is in the target stack has a node there.
func (g *CrossAccountGrant) Node() constructs.Node { return g.source.Node() }
