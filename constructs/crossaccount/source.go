package crossaccount

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// SourceGrantProps configures a [SourceGrant].
type SourceGrantProps struct {
	// Contract is what the owner of the data has agreed on: one grant of the contract.json that the owner's synthesis wrote, as contract.Read
	// returns it, or what a TargetGrant of this app returns. Required.
	Contract contract.Grant
	// Grantees are the constructs of this app whose roles the contract names. A Lambda function (not a version, an alias or an imported one)
	// also gets the environment variables that its code needs. At least one is required.
	Grantees []awsiam.IGrantable
	// RequiredPermissions are permissions that the grantees' code relies on, on the owner's resources, imported into this app by name, account and region
	// or by ARN (a table by its ARN): what the contract does not give is an error. Default none: the contract is taken as it is.
	RequiredPermissions []Permission
	// SourceBuckets are the buckets of this account that the contract's copies read, with their keys. Default none.
	SourceBuckets []awss3.IBucket
	// EnvironmentPrefix begins the names of the environment variables instead of "CROSSGRANT_": capital letters, digits and "_". A function
	// with several grants has one prefix for each. Default "CROSSGRANT_".
	EnvironmentPrefix string
	// Endpoints are the VPC endpoints that the grantees' requests pass. Default none: endpoint policies are left alone.
	Endpoints Endpoints
	// StatementsAddedManually says that what cannot be written from here, in policies of imported roles, endpoints, buckets and keys, is there
	// already; each such statement is then a warning at synthesis. Default false: each is an error that has the statement.
	StatementsAddedManually bool
	// AllowSameAccount lets the contract be of this account, so that one account can stand for two in a test. Default false.
	AllowSameAccount bool
}

// Validate returns everything that is wrong with the props, or nil.
func (p SourceGrantProps) Validate() error {
	var problems []error
	problems = append(problems, contractProblems(p.Contract)...)
	problems = append(problems, granteeProblems(p.Grantees)...)
	for i, grantee := range p.Grantees {
		if isElsewhere(grantee) {
			problems = append(problems, fmt.Errorf("Grantees[%d]: found a role by its name, expected a construct of this app: its policy is changed from here", i))
		}
	}
	problems = append(problems, permissionProblems("RequiredPermissions", p.RequiredPermissions)...)
	for i, origin := range p.SourceBuckets {
		if origin == nil {
			problems = append(problems, fmt.Errorf("SourceBuckets[%d]: found nil, expected a bucket of this account", i))
		}
	}
	return errors.Join(append(problems, environmentProblems(p.EnvironmentPrefix, p.Endpoints)...)...)
}

// contractProblems returns what is wrong with a contract, besides not fitting the stack.
func contractProblems(g contract.Grant) []error {
	if reflect.DeepEqual(g, contract.Grant{}) {
		return []error{errors.New("Contract: found none, expected a grant of contract.Read, or what a TargetGrant's Contract returns")}
	}
	problems := each("Contract", g.Validate())
	if sealed, err := g.WithDigest(); err == nil && sealed.Digest != g.Digest {
		problems = append(problems, fmt.Errorf("Contract: %w: found digest %q for content that has %s: take the contract as contract.Read returns it", contract.ErrAltered, g.Digest, sealed.Digest))
	}
	return problems
}

func environmentProblems(prefix string, endpoints Endpoints) (problems []error) {
	if prefix != "" && !environmentPrefix.MatchString(prefix) {
		problems = append(problems, fmt.Errorf("EnvironmentPrefix: found %q, expected capital letters, digits and _, such as LAKE_", prefix))
	}
	if err := endpoints.Validate(); err != nil {
		problems = append(problems, err)
	}
	return problems
}

// SourceGrant is the consumer's half of a grant: what the grantees' account permits them. The other half is a [TargetGrant].
type SourceGrant struct {
	node        constructs.Construct
	grant       contract.Grant
	environment map[string]string
	assume      []awsiam.Grant
}

// NewSourceGrant creates, in the stack of scope, the grantees' right to assume the trusted role (with Direct access, to do what is
// permitted), the statements of the endpoint policies, the grantees' environment, and what a copy needs of the buckets that it reads. The
// stack has an explicit account and region. It panics, with the construct's path and every problem, if the props are invalid or if
// the contract does not fit them.
func NewSourceGrant(scope constructs.Construct, id string, props SourceGrantProps) *SourceGrant {
	mustHaveScope("source grant", scope, id)
	s, err := newSourceGrant(scope, id, props)
	if err != nil {
		panic(fmt.Errorf("source grant %s:\n%w", pathOf(scope, id), err))
	}
	return s
}

func newSourceGrant(scope constructs.Construct, id string, props SourceGrantProps) (*SourceGrant, error) {
	if err := props.Validate(); err != nil {
		return nil, err
	}
	place, err := placeOf(awscdk.Stack_Of(scope))
	if err != nil {
		return nil, err
	}
	return writeSource(scope, id, props, place, newElsewhere(scope, place.Region))
}

// writeSource writes the half, of which the props are valid.
func writeSource(scope constructs.Construct, id string, props SourceGrantProps, place contract.Env, e *elsewhere) (*SourceGrant, error) {
	arns, err := props.fits(e, place)
	if err != nil {
		return nil, err
	}
	g := props.Contract
	s := &SourceGrant{node: constructs.NewConstruct(scope, jsii.String(id)), grant: g, environment: props.environment()}
	by := &half{elsewhere: e, node: s.node, in: awscdk.Stack_Of(scope), place: place, writtenByHand: props.StatementsAddedManually}
	prefix := sidOf(*s.node.Node().Path())
	origin := originOf(g, props.SourceBuckets, by)
	for i, grantee := range props.Grantees {
		sids := prefix // of statements, which differ from one grantee to the next, so that each is looked for by its own
		if i > 0 {
			sids += strconv.Itoa(i + 1)
		}
		s.assume = append(s.assume, permit(arns[i], grantee, sids, ofGrantee(g, origin, by), by)...)
	}
	returnRights(g, origin, by)
	props.Endpoints.open(prefix, arns, g, by)
	props.setEnvironments(by)
	if err := by.finish(); err != nil {
		return nil, err
	}
	record(by.in, contract.SourceHalf, g)
	recordClosed(by.in, g, by.closed)
	return s, nil
}

// fits checks the contract against the stack and what the props ask for, and returns the ARNs of the grantees' roles.
func (p SourceGrantProps) fits(e *elsewhere, here contract.Env) ([]string, error) {
	var problems []error
	g := p.Contract
	if err := twoAccounts(here, g.Target, p.AllowSameAccount); err != nil {
		problems = append(problems, err)
	}
	arns, err := e.roleARNs(p.Grantees)
	if err != nil {
		return nil, errors.Join(append(problems, err)...)
	}
	for i, arn := range arns {
		account, _ := contract.RoleAccount(arn)
		switch {
		case account != here.Account:
			problems = append(problems, fmt.Errorf("Grantees[%d]: found a role of account %s, expected one of the source account %s", i, account, here.Account))
		case !slices.ContainsFunc(g.Grantees, func(other string) bool { theirs, _ := contract.RoleAccount(other); return theirs == account }):
			problems = append(problems, fmt.Errorf("Contract: found grantees %s in a stack of account %s, expected the stack of one of their accounts, or the owner to add %s", strings.Join(g.Grantees, ", "), account, arn))
		case !slices.Contains(g.Grantees, arn):
			problems = append(problems, fmt.Errorf("Contract: found grantees %s, expected %s among them: its owner has to add it", strings.Join(g.Grantees, ", "), arn))
		}
	}
	problems = append(problems, p.beyondCopies(here.Account)...)
	for i, need := range p.RequiredPermissions {
		statements, _, err := e.write(need.Statements(), nil)
		if err != nil {
			problems = append(problems, fmt.Errorf("RequiredPermissions[%d]: %w", i, err))
			continue
		}
		for _, missing := range g.Uncovered(statements) {
			problems = append(problems, fmt.Errorf("Contract: found no %s on %s%s, which RequiredPermissions[%d] asks for: its owner has to permit it",
				strings.Join(missing.Actions, ", "), strings.Join(missing.Resources, ", "), sentence(missing.Conditions), i))
		}
	}
	if here.Region != g.Target.Region && (p.Endpoints.S3 != nil || p.Endpoints.DynamoDB != nil) {
		problems = append(problems, fmt.Errorf("Endpoints: found endpoints of %s for a target in %s, expected one region: an endpoint for S3 or DynamoDB serves its own only", here.Region, g.Target.Region))
	}
	return arns, errors.Join(problems...)
}

// beyondCopies returns a problem for each right that the contract asks for on this account's own resources, but for reading what is copied: the
// owner of the data has no say in them.
func (p SourceGrantProps) beyondCopies(here string) (problems []error) {
	for _, s := range p.Contract.Permissions {
		for _, action := range s.Actions {
			if s.Account == here && !slices.Contains(copiedBy(), action) {
				problems = append(problems, fmt.Errorf("Contract: found %s on %s, of this account itself; expected at most what a copy reads: %s",
					action, strings.Join(s.Resources, ", "), strings.Join(copiedBy(), ", ")))
			}
		}
	}
	return problems
}

// ofGrantee returns what the grantee's own policy has to permit: with Direct access, everything, on resources of the target account only; a
// key of its own account exactly.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount
func ofGrantee(g contract.Grant, origin awss3.IBucket, by *half) []contract.Statement {
	if g.Access == AssumeRole {
		return []contract.Statement{assuming(g)}
	}
	all := slices.Clone(g.Permissions)
	for i, s := range all {
		if s.Account == "" { // a bucket's ARN has no account: it must not come to be one of the grantee's own
			all[i].Conditions = with(s.Conditions, map[string]map[string][]string{"StringEquals": {"aws:ResourceAccount": {g.Target.Account}}})
		}
		if s.Account != by.place.Account || s.Service() != "kms" || origin == nil || origin.EncryptionKey() == nil {
			continue
		}
		if arn, err := keyARN(origin.EncryptionKey()); err == nil { // which CopyIntoBucket has checked
			all[i].Resources = []string{arn}
		}
	}
	return all
}

// environment returns the variables that the grantees' code reads.
func (p SourceGrantProps) environment() map[string]string {
	g := p.Contract
	variables := map[string]string{}
	for name, value := range g.Environment {
		variables[p.variable(name)] = value
	}
	for name, value := range reserved(g) {
		if value != "" {
			variables[p.variable(name)] = value
		}
	}
	return variables
}

func (p SourceGrantProps) setEnvironments(by *half) {
	for i, grantee := range p.Grantees {
		if function, ok := grantee.(environmentTaker); ok {
			if err := setEnvironment(function, p.variable(""), p.environment()); err != nil {
				by.problem("Grantees[%d]: %w", i, err)
			}
		}
	}
}

// AssumeGrants returns what the grantees were given in their own account, as CDK has it, in the grantees' order: so that a resource can
// wait for it (ApplyBefore).
func (s *SourceGrant) AssumeGrants() []awsiam.Grant { return s.assume }

// Environment returns the variables that the grantees' code reads, as a Lambda function among the grantees gets them: for a container or an
// instance, which has to be given them otherwise.
func (s *SourceGrant) Environment() map[string]string { return maps.Clone(s.environment) }

// Contract returns the grant that this is the consumer's half of.
func (s *SourceGrant) Contract() contract.Grant { return s.grant }

// Node returns the construct's node in the tree.
func (s *SourceGrant) Node() constructs.Node { return s.node.Node() }
