package crossaccount

import (
	"errors"
	"fmt"
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
	// Needs are permissions that the grantees' code relies on, on the owner's resources, imported by name, account and region: what the
	// contract does not give is an error. Default none: the contract is taken as it is.
	Needs []Permission
	// Origins are the buckets of this account that the contract's copies read, with their keys. Default none.
	Origins []awss3.IBucket
	// EnvironmentPrefix begins the names of the environment variables instead of "CROSSGRANT_": capital letters, digits and "_". A function
	// with several grants has one prefix for each. Default "CROSSGRANT_".
	EnvironmentPrefix string
	// Endpoints are the VPC endpoints that the grantees' requests pass. Default none: endpoint policies are left alone.
	Endpoints Endpoints
	// WrittenByHand says that what cannot be written from here, in policies of imported roles, endpoints, buckets and keys, is there
	// already; each such statement is then a warning at synthesis. Default false: each is an error that has the statement.
	WrittenByHand bool
	// AllowSameAccount lets the contract be of this account, so that one account can stand for two in a test. Default false.
	AllowSameAccount bool
}

// Validate returns everything that is wrong with the props, or nil.
func (p SourceGrantProps) Validate() error {
	var problems []error
	if err := p.Contract.Validate(); err != nil {
		problems = append(problems, fmt.Errorf("Contract: %w", err))
	}
	problems = append(problems, granteeProblems(p.Grantees)...)
	for i, grantee := range p.Grantees {
		if isElsewhere(grantee) {
			problems = append(problems, fmt.Errorf("Grantees[%d]: found a role by its name, expected a construct of this app: its policy is changed from here", i))
		}
	}
	if len(p.Needs) > 0 {
		for _, err := range permissionProblems(p.Needs) {
			problems = append(problems, fmt.Errorf("Needs: %w", err))
		}
	}
	for i, origin := range p.Origins {
		if origin == nil {
			problems = append(problems, fmt.Errorf("Origins[%d]: found nil, expected a bucket of this account", i))
		}
	}
	return errors.Join(append(problems, p.environmentProblems()...)...)
}

func (p SourceGrantProps) environmentProblems() (problems []error) {
	if p.EnvironmentPrefix != "" && !environmentPrefix.MatchString(p.EnvironmentPrefix) {
		problems = append(problems, fmt.Errorf("EnvironmentPrefix: found %q, expected capital letters, digits and _, such as LAKE_", p.EnvironmentPrefix))
	}
	if err := p.Endpoints.Validate(); err != nil {
		problems = append(problems, err)
	}
	return problems
}

// SourceGrant is the consumer's half of a grant: what the grantees' account permits them. The other half is a [TargetGrant].
type SourceGrant struct {
	node   constructs.Construct
	grant  contract.Grant
	assume []awsiam.Grant
}

// NewSourceGrant creates, in the stack of scope, the grantees' right to assume the trusted role (with Direct access, to do what is
// permitted), the statements of the endpoint policies, the grantees' environment, and what a copy needs of the buckets that it reads. The
// stack has an explicit account and region. It panics, with the construct's path and every problem, if the props are invalid or if
// the contract does not fit them.
func NewSourceGrant(scope constructs.Construct, id string, props SourceGrantProps) *SourceGrant {
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
func writeSource(scope constructs.Construct, id string, props SourceGrantProps, place contract.Place, e *elsewhere) (*SourceGrant, error) {
	arns, err := props.fits(e, place)
	if err != nil {
		return nil, err
	}
	g := props.Contract
	s := &SourceGrant{node: constructs.NewConstruct(scope, jsii.String(id)), grant: g}
	by := &half{elsewhere: e, node: s.node, in: awscdk.Stack_Of(scope), place: place, writtenByHand: props.WrittenByHand}
	prefix := sidOf(s.node)
	for i, grantee := range props.Grantees {
		s.assume = append(s.assume, permit(arns[i], grantee, prefix, ofGrantee(g, place.Account, props.Origins), by)...)
	}
	returnRights(g, props.Origins, by)
	props.Endpoints.open(prefix, arns, g, by)
	props.setEnvironments(by)
	if err := by.finish(); err != nil {
		return nil, err
	}
	record(by.in, "Source", g)
	return s, nil
}

// fits checks the contract against the stack and what the props ask for, and returns the ARNs of the grantees' roles.
func (p SourceGrantProps) fits(e *elsewhere, here contract.Place) ([]string, error) {
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
		case !slices.Contains(g.Grantees, arn):
			problems = append(problems, fmt.Errorf("Contract: found grantees %s, expected %s among them: its owner has to add it", strings.Join(g.Grantees, ", "), arn))
		}
	}
	for i, need := range p.Needs {
		statements, _, err := e.write(need.Statements(), nil)
		if err != nil {
			problems = append(problems, fmt.Errorf("Needs[%d]: found a resource without a name of its own, expected one imported by its name", i))
			continue
		}
		for _, missing := range g.Missing(statements) {
			problems = append(problems, fmt.Errorf("Contract: found no %s on %s%s, which Needs[%d] asks for: its owner has to permit it",
				strings.Join(missing.Actions, ", "), strings.Join(missing.Resources, ", "), sentence(missing.Conditions), i))
		}
	}
	if here.Region != g.Target.Region && (p.Endpoints.S3 != nil || p.Endpoints.DynamoDB != nil) {
		problems = append(problems, fmt.Errorf("Endpoints: found endpoints of %s for a target in %s, expected one region: an endpoint for S3 or DynamoDB serves its own only", here.Region, g.Target.Region))
	}
	return arns, errors.Join(problems...)
}

// ofGrantee returns what the grantee's own policy has to permit: with Direct access, everything; a key of its own account exactly.
func ofGrantee(g contract.Grant, here string, origins []awss3.IBucket) []contract.Statement {
	if g.Access == AssumeRole {
		return []contract.Statement{assuming(g)}
	}
	all := slices.Clone(g.Permissions)
	for i, s := range all {
		if s.Account != here || s.Service() != "kms" {
			continue
		}
		all[i].Resources = nil
		for _, origin := range origins {
			if key := origin.EncryptionKey(); key != nil {
				if arn, err := keyARN(key); err == nil { // which CopyIntoBucket has checked
					all[i].Resources = append(all[i].Resources, arn)
				}
			}
		}
		if len(all[i].Resources) == 0 {
			all[i].Resources = s.Resources
		}
	}
	return all
}

func (p SourceGrantProps) setEnvironments(by *half) {
	g := p.Contract
	variables := map[string]string{}
	for name, value := range g.Environment {
		variables[p.variable(name)] = value
	}
	optional := map[string]string{
		"CROSSGRANT_ROLE_ARN": g.RoleARN, "CROSSGRANT_EXTERNAL_ID": g.Trust.ExternalID, "CROSSGRANT_SOURCE_IDENTITY": g.Trust.SourceIdentity,
	}
	if g.Access == Direct {
		optional["CROSSGRANT_ACCESS"] = string(Direct)
	}
	if g.Trust.SessionSeconds != 0 && g.Trust.SessionSeconds < int(MaxSession.Seconds()) {
		optional["CROSSGRANT_SESSION_SECONDS"] = strconv.Itoa(g.Trust.SessionSeconds)
	}
	for name, value := range optional {
		if value != "" {
			variables[p.variable(name)] = value
		}
	}
	for i, grantee := range p.Grantees {
		if function, ok := grantee.(environmentTaker); ok {
			if err := setEnvironment(function, p.variable(""), variables); err != nil {
				by.problem("Grantees[%d]: %w", i, err)
			}
		}
	}
}

// AssumeGrants returns what the grantees were given in their own account, as CDK has it, in the grantees' order: so that a resource can
// wait for it (ApplyBefore).
func (s *SourceGrant) AssumeGrants() []awsiam.Grant { return s.assume }

// Contract returns the grant that this is the consumer's half of.
func (s *SourceGrant) Contract() contract.Grant { return s.grant }

// Node returns the construct's node in the tree.
func (s *SourceGrant) Node() constructs.Node { return s.node.Node() }
