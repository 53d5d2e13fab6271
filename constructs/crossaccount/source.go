package crossaccount

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/resolve"
	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/statement"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/place"
)

// SourceGrantProps configures a [SourceGrant].
type SourceGrantProps struct {
	// Contract is the grant as the owner of the data declared it: one of the contract.json that the owner's synthesis wrote, as contract.Read
	// returns it, or what the Contract method of a TargetGrant of this app returns. Required.
	Contract contract.Grant
	// Grantees are the constructs of this app whose roles the contract names, or any if it names an organization. A Lambda function, also as its
	// current version or an alias of that, and the containers of a [Task] get the environment variables that their code needs. At least one is
	// required.
	Grantees []awsiam.IGrantable
	// RequiredPermissions are permissions that the grantees' code needs, on the owner's resources, imported into this app by name, account
	// and region or by ARN (a table by its ARN): each that the contract does not permit is an error. Default none: the contract is not
	// checked against the code's needs.
	RequiredPermissions []Permission
	// SourceBuckets are the buckets of this account that the contract's copies read, with their keys. Default none.
	SourceBuckets []awss3.IBucket
	// EnvironmentPrefix begins the names of the environment variables instead of "CROSSGRANT_": capital letters, digits and "_". A function
	// with several grants has one prefix for each. Default "CROSSGRANT_".
	EnvironmentPrefix string
	// Endpoints are the VPC endpoints that the grantees' requests pass. Default none: no endpoint policy is changed.
	Endpoints Endpoints
	// StatementsAddedManually says that the statements which this app cannot write, in policies of imported roles, endpoints, buckets and
	// keys, are there already; each is then a warning at synthesis. Default false: each is an error that has the statement.
	StatementsAddedManually bool
	// AllowSameAccount lets the contract's target be this account, so that one account can stand for two in a test. Default false.
	AllowSameAccount bool
}

// Validate returns everything that is wrong with the props, or nil.
func (p SourceGrantProps) Validate() error {
	var problems []error
	problems = append(problems, contractProblems(p.Contract)...)
	problems = append(problems, granteeProblems(p.Grantees)...)
	for i, grantee := range p.Grantees {
		if isElsewhere(grantee) {
			problems = append(problems, fmt.Errorf("Grantees[%d]: found a role by its name, expected a construct of this app, since its policy is changed", i))
		}
	}
	problems = append(problems, permissionProblems("RequiredPermissions", p.RequiredPermissions)...)
	for i, bucket := range p.SourceBuckets {
		if bucket == nil {
			problems = append(problems, fmt.Errorf("SourceBuckets[%d]: found nil, expected a bucket of this account", i))
		}
	}
	problems = append(problems, environmentPrefixProblems(p.EnvironmentPrefix)...)
	return errors.Join(append(problems, p.Endpoints.Validate())...)
}

// contractProblems returns what is wrong with a contract by itself.
func contractProblems(g contract.Grant) []error {
	if reflect.DeepEqual(g, contract.Grant{}) {
		return []error{errors.New("Contract: found none, expected a grant of contract.Read, or what a TargetGrant's Contract returns")}
	}
	problems := each("Contract", g.Validate())
	if current, err := g.WithDigest(); err == nil && current.Digest != g.Digest {
		problems = append(problems, fmt.Errorf("Contract: %w: found digest %q for content that has %s: use the contract as contract.Read returns it", contract.ErrAltered, g.Digest, current.Digest))
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

// NewSourceGrant creates, in the stack of scope, the grantees' right to assume the trusted role (with Direct access, the right to what is
// permitted), the statements of the endpoint policies, the grantees' environment, and the right of a copy to read its source bucket. The
// stack has an explicit account and region. It panics, with the construct's path and every problem, if the props are invalid or if the
// contract does not fit them.
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
	env, err := envOf(place.Stack(scope))
	if err != nil {
		return nil, err
	}
	return buildSource(scope, id, props, env, resolve.For(scope, env.Region))
}

// buildSource creates the half from valid props.
func buildSource(scope constructs.Construct, id string, props SourceGrantProps, env contract.Env, r *resolve.Resolver) (*SourceGrant, error) {
	arns, err := props.checkContract(r, env)
	if err != nil {
		return nil, err
	}
	g := props.Contract
	s := &SourceGrant{node: place.New(scope, id), grant: g, environment: environmentOf(g, props.EnvironmentPrefix)}
	b := &builder{resolver: r, node: s.node, stack: place.Stack(scope), env: env, addedManually: props.StatementsAddedManually}
	prefix := statement.SidPrefix(place.Path(s.node))
	sourceBuckets := findSourceBuckets(g, props.SourceBuckets, b)
	for i, grantee := range props.Grantees {
		sids := prefix // which differ from one grantee to the next, so that each statement is found by its own
		if i > 0 {
			sids += strconv.Itoa(i + 1)
		}
		s.assume = append(s.assume, addToRole(arns[i], grantee, sids, granteeStatements(g, sourceBuckets, b), b)...)
	}
	grantCopySource(g, sourceBuckets, b)
	props.Endpoints.allowGrant(prefix, arns, g, b)
	for i, grantee := range props.Grantees {
		if g.Organization() != "" { // the contract does not name the role, so the proof learns it from here
			intent.Record(s.node, "Use"+strconv.Itoa(i), contract.Intent{Use: &contract.Use{Role: arns[i], Statements: granteeStatements(g, sourceBuckets, b)}})
		}
		if err := s.setEnvironment(grantee, arns[i], cmp.Or(props.EnvironmentPrefix, contract.EnvironmentPrefix)); err != nil {
			b.fail("Grantees[%d]: %w", i, err)
		}
	}
	if err := b.finish(); err != nil {
		return nil, err
	}
	writeMetadata(b.stack, contract.SourceHalf, g)
	writeRestricted(b.stack, g, b.restricted)
	return s, nil
}

// checkContract checks the contract against the stack and the props, and returns the ARNs of the grantees' roles.
func (p SourceGrantProps) checkContract(r *resolve.Resolver, source contract.Env) ([]string, error) {
	var problems []error
	g := p.Contract
	if err := requireTwoAccounts(source, g.Target, p.AllowSameAccount); err != nil {
		problems = append(problems, err)
	}
	arns, err := roleARNs(r, p.Grantees)
	if err != nil {
		return nil, errors.Join(append(problems, err)...)
	}
	for i, arn := range arns {
		account, _ := contract.RoleAccount(arn)
		switch {
		case account != source.Account:
			problems = append(problems, fmt.Errorf("Grantees[%d]: found a role of account %s, expected one of the source account %s", i, account, source.Account))
		case g.Organization() != "": // whether the account belongs to it, AWS knows
		case !slices.ContainsFunc(g.Grantees, func(other string) bool { theirs, _ := contract.GranteeAccount(other); return theirs == account }):
			problems = append(problems, fmt.Errorf("Contract: found grantees %s in a stack of account %s, expected the stack of one of their accounts, or the owner to add %s", strings.Join(g.Grantees, ", "), account, arn))
		case !slices.Contains(g.Grantees, arn):
			problems = append(problems, fmt.Errorf("Contract: found grantees %s, expected %s among them: its owner has to add it", strings.Join(g.Grantees, ", "), arn))
		}
	}
	problems = append(problems, p.ownResourceProblems(source.Account)...)
	for i, required := range p.RequiredPermissions {
		statements, _, err := inPlainText(r, required.Statements(), nil)
		if err != nil {
			problems = append(problems, fmt.Errorf("RequiredPermissions[%d]: %w", i, err))
			continue
		}
		for _, s := range g.Uncovered(statements) {
			problems = append(problems, fmt.Errorf("Contract: found no %s on %s%s, which RequiredPermissions[%d] needs: its owner has to permit it",
				strings.Join(s.Actions, ", "), strings.Join(s.Resources, ", "), statement.Describe(s.Conditions), i))
		}
	}
	if source.Region != g.Target.Region && (p.Endpoints.S3 != nil || p.Endpoints.DynamoDB != nil) {
		problems = append(problems, fmt.Errorf("Endpoints: found endpoints of %s for a target in %s, expected one region: a gateway endpoint for S3 or DynamoDB serves only its own", source.Region, g.Target.Region))
	}
	for _, bucket := range p.SourceBuckets {
		if region := *bucket.Env().Region; p.Endpoints.S3 != nil && !resolve.HasToken(region) && region != g.Target.Region {
			problems = append(problems, fmt.Errorf("SourceBuckets: found bucket %s in %s for a destination in %s with an S3 endpoint, expected one region, or no Endpoints.S3 where requests leave by a NAT: "+
				"no gateway endpoint lets a request pass in which S3 reads a bucket of another region", *bucket.Node().Path(), region, g.Target.Region))
		}
	}
	return arns, errors.Join(problems...)
}

// ownResourceProblems returns a problem for each right that the contract asks for on this account's own resources, except reading what is
// copied: the owner of the data has no say in them.
func (p SourceGrantProps) ownResourceProblems(account string) (problems []error) {
	for _, s := range p.Contract.Permissions {
		for _, action := range s.Actions {
			if s.Account == account && !slices.Contains(copySourceActions(), action) {
				problems = append(problems, fmt.Errorf("Contract: found %s on %s, of this account itself; expected at most what a copy reads: %s",
					action, strings.Join(s.Resources, ", "), strings.Join(copySourceActions(), ", ")))
			}
		}
	}
	return problems
}

// granteeStatements returns what the grantee's own policy has to permit. With Direct access that is everything, on resources of the target
// account only, and a key of its own account exactly.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-resourceaccount
func granteeStatements(g contract.Grant, sourceBuckets map[string]awss3.IBucket, b *builder) []contract.Statement {
	if g.Access == AssumeRole {
		return []contract.Statement{assumeRoleStatement(g)}
	}
	all := slices.Clone(g.Permissions)
	for i, s := range all {
		if s.Account == "" { // a bucket's ARN has no account: it must not match a bucket of another one
			all[i].Conditions = statement.Merge(s.Conditions, statement.Conditions{"StringEquals": {"aws:ResourceAccount": {g.Target.Account}}})
		}
		bucket := sourceBuckets[copyOf(s)]
		if s.Account != b.env.Account || s.Service() != "kms" || bucket == nil || keyOf(bucket) == nil {
			continue
		}
		if arn, err := keyARN(keyOf(bucket)); err == nil { // CopyIntoBucket reports the error
			all[i].Resources = []string{arn}
		}
	}
	return all
}

// sourceBucketsOf returns the buckets that the permissions copy from.
func sourceBucketsOf(permissions []Permission) (buckets []awss3.IBucket) {
	for _, p := range permissions {
		if ours, ok := p.(permission); ok && ours.sourceBucket != nil {
			buckets = append(buckets, ours.sourceBucket)
		}
	}
	return buckets
}

// copyOf returns which of a grant's copies a statement on the source account's resources belongs to: what is before "CopyOrigin" in its Sid.
func copyOf(s contract.Statement) string {
	name, _, _ := strings.Cut(s.Sid, "CopyOrigin")
	return name
}

// findSourceBuckets returns the buckets that a grant copies from, by [copyOf], of those that are among the buckets.
func findSourceBuckets(g contract.Grant, buckets []awss3.IBucket, b *builder) map[string]awss3.IBucket {
	found := map[string]awss3.IBucket{}
	for _, bucket := range buckets {
		arn, err := b.resolver.Text(bucketARN(bucket))
		if err != nil {
			b.fail("SourceBuckets: found bucket %s without a name of its own, expected BucketName to be set on it", *bucket.Node().Path())
			continue
		}
		for _, s := range g.Permissions {
			if s.Account == b.env.Account && s.Service() == "s3" && slices.Contains(s.Resources, arn) { // the statement that lists it
				found[copyOf(s)] = bucket
			}
		}
	}
	return found
}

// grantCopySource permits the trusted role what a copy reads in this account, in the policies of the source bucket and its key. They name the
// target account with a condition on the role, so that either account can be deployed first.
func grantCopySource(g contract.Grant, buckets map[string]awss3.IBucket, b *builder) {
	if g.Access == Direct {
		return // the grantee's own policy is enough in its own account
	}
	refused := map[awss3.IBucket]bool{}
	for _, s := range g.Permissions {
		if s.Account != b.env.Account {
			continue
		}
		bucket := buckets[copyOf(s)]
		var policy resourcePolicy
		switch {
		case bucket == nil:
		case s.Service() != "kms":
			policy = bucketPolicy(bucket)
			if policy.underAWSManagedKey() && !refused[bucket] {
				refused[bucket] = true
				b.fail("SourceBuckets: found bucket %s, encrypted with a key that AWS manages, expected a customer managed key, or Direct access: the trusted role is of another account, "+
					"and the policy of an AWS managed key lets no other account use it", *bucket.Node().Path())
			}
		case keyOf(bucket) != nil:
			policy = keyPolicy(keyOf(bucket))
		}
		copied := s
		copied.Conditions = statement.Merge(s.Conditions, statement.Conditions{"ArnEquals": {"aws:PrincipalArn": {g.RoleARN}}})
		if s.Service() == "kms" {
			copied.Resources = []string{"*"} // in a key's policy: that key
		}
		written := statement.Allow(statement.SidPrefix(g.Key())+s.Sid, []awsiam.IPrincipal{accountPrincipal(b.node, g.Target.Account)}, copied)
		if policy.resource == nil {
			b.cannotWrite("the policy of "+s.Resources[0]+" (not of SourceBuckets)", written)
		} else {
			policy.addStatement(written, b)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(buckets)) {
		if lacksKeyRight(g, b.env.Account, name, buckets[name]) {
			b.fail("SourceBuckets: found bucket %s with a customer key, on which the contract permits nothing; expected the owner to import the bucket with its EncryptionKey", *buckets[name].Node().Path())
		}
	}
}

// lacksKeyRight reports whether a copy of the contract permits nothing on the customer key of its source bucket: its objects could not be decrypted.
func lacksKeyRight(g contract.Grant, account, name string, bucket awss3.IBucket) bool {
	return keyOf(bucket) != nil && !isAWSManagedKey(keyOf(bucket)) && !slices.ContainsFunc(g.Permissions, func(s contract.Statement) bool {
		return s.Account == account && s.Service() == "kms" && copyOf(s) == name
	})
}

// AssumeGrants returns the grants of the grantees' own account, as CDK returns them, in the grantees' order, so that a resource can be made
// to depend on them (ApplyBefore).
func (s *SourceGrant) AssumeGrants() []awsiam.Grant { return s.assume }

// Environment returns the variables that the grantees' code reads. A Lambda function as grantee gets them; use them for a container or an
// instance.
func (s *SourceGrant) Environment() map[string]string { return maps.Clone(s.environment) }

// Contract returns the grant that this is the consumer's half of.
func (s *SourceGrant) Contract() contract.Grant { return s.grant }

// Node returns the construct's node in the tree.
func (s *SourceGrant) Node() constructs.Node { return s.node.Node() }
