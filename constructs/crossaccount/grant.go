package crossaccount

import (
	"errors"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/resolve"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// CrossAccountGrant gives grantees of the source account least-privilege access to resources of the target account: both halves of a
// grant, for an app that has both accounts.
type CrossAccountGrant struct {
	target *TargetGrant
	source *SourceGrant
}

// NewCrossAccountGrant creates in the target stack what a [TargetGrant] with the id Name creates, and in the stack of scope what a
// [SourceGrant] creates. It panics, with the construct's path and every problem, if the props are invalid, or if one account's policies
// need something of the other that is not known at synthesis.
func NewCrossAccountGrant(scope constructs.Construct, id string, props GrantProps) *CrossAccountGrant {
	mustHaveScope("cross-account grant", scope, id)
	g, err := newCrossAccountGrant(scope, id, props)
	if err != nil {
		panic(fmt.Errorf("cross-account grant %s:\n%w", pathOf(scope, id), err))
	}
	return g
}

func newCrossAccountGrant(scope constructs.Construct, id string, props GrantProps) (*CrossAccountGrant, error) {
	if err := errors.Join(props.Validate(), props.crossAccountGrantProblems()); err != nil {
		return nil, err
	}
	sourceEnv, err := envOf(place.Stack(scope))
	if err != nil {
		return nil, err
	}
	targetEnv, err := envOf(props.Target)
	if err != nil {
		return nil, err
	}
	if err := requireTwoAccounts(sourceEnv, targetEnv, props.AllowSameAccount); err != nil {
		return nil, err
	}
	r := resolve.For(props.Target, targetEnv.Region)
	target, err := buildTarget(props.Target, props.Name, props, targetEnv, r)
	if err != nil {
		return nil, err
	}
	source, err := buildSource(scope, id, props.source(target.grant), sourceEnv, r)
	if err != nil {
		return nil, err
	}
	for _, stack := range []awscdk.Stack{props.Target, place.Stack(scope)} {
		stack.AddMetadata(jsii.String(target.grant.MetadataKey(contract.OneApp)), true)
	}
	return &CrossAccountGrant{target: target, source: source}, nil
}

// crossAccountGrantProblems returns what is wrong with the props of a CrossAccountGrant besides what Validate returns.
func (p GrantProps) crossAccountGrantProblems() error {
	var problems []error
	if len(p.Grantees) > 0 && len(p.constructGrantees()) == 0 {
		problems = append(problems, errors.New("Grantees: found only roles of other apps, or an organization, expected a construct of this one; for those alone, use NewTargetGrant"))
	}
	if p.Target == nil {
		problems = append(problems, errors.New("Target: found nil, expected the stack of the account that owns the data"))
	}
	return errors.Join(problems...)
}

// source returns the props of the consumer's half.
func (p GrantProps) source(g contract.Grant) SourceGrantProps {
	return SourceGrantProps{
		Contract: g, Grantees: p.constructGrantees(), SourceBuckets: sourceBucketsOf(p.Permissions), EnvironmentPrefix: p.EnvironmentPrefix, Endpoints: p.Endpoints,
		StatementsAddedManually: p.StatementsAddedManually, AllowSameAccount: p.AllowSameAccount,
	}
}

// constructGrantees returns the grantees that are constructs of this app.
func (p GrantProps) constructGrantees() (all []awsiam.IGrantable) {
	for _, grantee := range p.Grantees {
		if !isElsewhere(grantee) {
			all = append(all, grantee)
		}
	}
	return all
}

// Role returns the trusted role, a resource of the target stack; nil with Direct access.
func (g *CrossAccountGrant) Role() awsiam.IRole { return g.target.role }

// RoleARN returns the trusted role's ARN as plain text, fit for any stack; empty with Direct access.
func (g *CrossAccountGrant) RoleARN() string { return g.target.grant.RoleARN }

// AssumeGrants returns the grants of the grantees' own account: see [SourceGrant.AssumeGrants].
func (g *CrossAccountGrant) AssumeGrants() []awsiam.Grant { return g.source.assume }

// Environment returns the variables that the grantees' code reads. A Lambda function as grantee gets them; use them for a container or an
// instance.
func (g *CrossAccountGrant) Environment() map[string]string { return g.source.Environment() }

// Contract returns the grant as a contract has it.
func (g *CrossAccountGrant) Contract() contract.Grant { return g.target.grant }

// Node returns the node of the construct in the source stack. The target stack has another one, whose id is Name.
func (g *CrossAccountGrant) Node() constructs.Node { return g.source.Node() }
