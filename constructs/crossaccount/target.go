package crossaccount

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/refusal"
	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/resolve"
	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/statement"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// TargetGrant is the owner's half of a grant: what the account of the data permits. The other half is a [SourceGrant], in this app or in
// another one that has the contract.
type TargetGrant struct {
	node  constructs.Construct
	role  awsiam.IRole
	grant contract.Grant
}

// NewTargetGrant creates the trusted role or, with Direct access, the statements in the policies of the resources. Synthesis writes all
// grants of an assembly into its contract.json, with the JSON Schema beside it. The scope's stack has an explicit account and region. It
// panics, with the construct's path and every problem, if the props are invalid, or if the other account would need a name that AWS
// generates.
//
// By default the role trusts the grantees' accounts with a condition on the names of the grantees' roles, so that either account can be
// deployed first and the trust stays when a grantee's role is created again; see [Trust].
func NewTargetGrant(scope constructs.Construct, id string, props GrantProps) *TargetGrant {
	mustHaveScope("target grant", scope, id)
	t, err := newTargetGrant(scope, id, props)
	if err != nil {
		panic(fmt.Errorf("target grant %s:\n%w", pathOf(scope, id), err))
	}
	return t
}

func newTargetGrant(scope constructs.Construct, id string, props GrantProps) (*TargetGrant, error) {
	if err := errors.Join(props.Validate(), props.targetGrantProblems()); err != nil {
		return nil, err
	}
	env, err := envOf(place.Stack(scope))
	if err != nil {
		return nil, err
	}
	return buildTarget(scope, id, props, env, resolve.For(scope, env.Region))
}

// targetGrantProblems returns what is set although only a CrossAccountGrant takes it.
func (p GrantProps) targetGrantProblems() error {
	var problems []error
	if p.Target != nil {
		problems = append(problems, errors.New("Target: found a stack, expected none: a TargetGrant is created in its scope's stack"))
	}
	if p.EnvironmentPrefix != "" {
		problems = append(problems, errors.New("EnvironmentPrefix: found one, expected none: set it on the SourceGrant"))
	}
	if !p.Endpoints.isZero() {
		problems = append(problems, errors.New("Endpoints: found some, expected none: set them on the SourceGrant"))
	}
	return errors.Join(problems...)
}

// buildTarget creates the half from valid props.
func buildTarget(scope constructs.Construct, id string, props GrantProps, env contract.Env, r *resolve.Resolver) (*TargetGrant, error) {
	if props.Access == "" {
		props.Access = AssumeRole
	}
	props.Permissions = numbered(r, props.Permissions)
	grant, err := newContract(r, props, env)
	if err != nil {
		return nil, err
	}
	t := &TargetGrant{grant: grant}
	if refusal.Catch("There is already a Construct with name", func() { t.node = place.New(scope, id) }) {
		return nil, fmt.Errorf("id: found %q, which another construct in %s has, expected another one (in the target stack, a CrossAccountGrant's Name is the id)", id, *scope.Node().Path())
	}
	if err := add(scope, grant, props.Access == AssumeRole && props.Role == nil); err != nil {
		return nil, err
	}
	b := &builder{resolver: r, node: t.node, stack: place.Stack(scope), env: env, addedManually: props.StatementsAddedManually}
	if err := t.dependOnExactRoles(b.stack, props); err != nil {
		return nil, err
	}
	switch {
	case props.Access == Direct:
		grantDirect(props.Permissions, grant, b)
	case props.Role != nil:
		t.role = props.Role
		useExistingRole(props.Role, grant, roleStatements(props, grant), b)
	default:
		t.role = newTrustedRole(t.node, props.Trust, grant, roleStatements(props, grant))
	}
	props.Perimeter.denyOutside(props.Permissions, b)
	if err := b.finish(); err != nil {
		return nil, err
	}
	writeMetadata(b.stack, contract.TargetHalf, grant)
	return t, nil
}

// newContract returns the grant as a contract has it, after every check that takes more than the props.
func newContract(r *resolve.Resolver, props GrantProps, target contract.Env) (contract.Grant, error) {
	g := contract.Grant{
		Name: props.Name, Stage: props.Stage, Target: target, Access: props.Access,
		Trust: props.Trust.contract(props.Access), Perimeter: props.Perimeter.contract(),
	}
	var problems []error
	var err error
	g.Grantees, err = roleARNs(r, props.Grantees)
	problems = append(problems, err)
	for _, arn := range g.Grantees {
		if account, _ := contract.GranteeAccount(arn); account == target.Account && !props.AllowSameAccount {
			problems = append(problems, fmt.Errorf("Grantees: found %s, a role of the target account itself, expected one of another account; AllowSameAccount permits one account as both", arn))
		}
	}
	problems = append(problems, granteeKindProblems(g)...)
	if props.Access == AssumeRole {
		g.Trust.SessionTags = g.Trust.SessionTags || slices.ContainsFunc(props.Grantees, func(grantee awsiam.IGrantable) bool { return hasSessionTags(r, grantee) })
		g.RoleARN, err = trustedRoleARN(r, props.Role, props.Trust.Path, g.Key(), target)
		problems = append(problems, err)
	}
	g.Permissions, g.Environment, err = contractPermissions(r, props, target)
	problems = append(problems, err)
	if err := errors.Join(problems...); err != nil {
		return contract.Grant{}, err
	}
	g, err = g.WithDigest()
	return g, errors.Join(err, g.Validate())
}

// contractPermissions returns all statements and variables as another account has them, and checks each permission, also those of other
// packages.
func contractPermissions(r *resolve.Resolver, props GrantProps, target contract.Env) ([]contract.Statement, map[string]string, error) {
	var all []contract.Statement
	var problems []error
	sids, variables := map[string]bool{}, map[string]string{}
	for i, p := range props.Permissions {
		wrong := func(format string, arguments ...any) {
			problems = append(problems, each(fmt.Sprintf("Permissions[%d]", i), fmt.Errorf(format, arguments...))...)
		}
		ours, _ := p.(permission)
		switch {
		case ours.account != "" && ours.account != target.Account:
			wrong("found a resource of account %s, expected one of the target account %s", ours.account, target.Account)
			continue
		case ours.region != "" && ours.region != target.Region: // which endpoints and perimeters are of
			wrong("found a resource in %s, expected one in the target's region %s: create the target stack there", ours.region, target.Region)
			continue
		case ours.sourceBucket != nil && isRegional(props.Perimeter) && *ours.sourceBucket.Env().Region != target.Region:
			wrong("found a source bucket in %s with a perimeter of endpoints in %s, expected one region: no such endpoint serves both", *ours.sourceBucket.Env().Region, target.Region)
		}
		if ours.onlyDirect != "" && props.Access != Direct {
			wrong("found %s with AssumeRole, expected Access: Direct: %s", ours.statements[0].Sid, ours.onlyDirect)
		}
		if ours.notDirect != "" && props.Access == Direct {
			wrong("found %s with Direct access, expected AssumeRole: %s", ours.statements[0].Sid, ours.notDirect)
		}
		statements := p.Statements()
		if len(statements) == 0 {
			wrong("found no statement, expected at least one")
		}
		for _, problem := range sidProblems(p, sids) {
			wrong("%w", problem)
		}
		for _, s := range statements {
			problems = append(problems, each(fmt.Sprintf("Permissions[%d]: statement %s", i, s.Sid), s.Validate())...)
			if props.Access == Direct && s.Account == "" {
				if ours.bucket != nil && slices.Contains(s.Actions, "s3:PutObject") {
					if err := ownershipProblem(ours.bucket); err != nil {
						wrong("%w", err)
					}
				}
				if err := ours.policies[s.Sid].directProblem(s); err != nil {
					wrong("%w", err)
				} else if ours.policies[s.Sid].kind == "function" {
					for _, problem := range invocationProblems(props) {
						wrong("%w", problem)
					}
				}
			}
		}
		environment := map[string]string{}
		maps.Copy(environment, p.Environment())
		if props.Access == Direct {
			maps.Copy(environment, ours.directEnvironment)
		}
		statements, environment, err := inPlainText(r, statements, environment)
		if err != nil {
			wrong("%w", err)
			continue
		}
		for _, s := range statements {
			if resource := foreignResource(s, target.Account); resource != "" {
				wrong("statement %s: found %s, expected a resource of the target account %s", s.Sid, resource, target.Account)
			}
		}
		all = append(all, statements...)
		for _, name := range slices.Sorted(maps.Keys(environment)) {
			_, own := contract.Grant{}.Variables("")[name]
			switch old, exists := variables[name]; {
			case own || !strings.HasPrefix(name, contract.EnvironmentPrefix):
				wrong("found the variable %s, expected a name that begins with %s and that the grant does not set itself", name, contract.EnvironmentPrefix)
			case exists && old != environment[name]:
				wrong("found two values for %s, expected one: use a second grant with an EnvironmentPrefix of its own", name)
			}
			variables[name] = environment[name]
		}
	}
	return all, variables, errors.Join(problems...)
}

// roleStatements returns the statements of the trusted role: the target account's own resources exactly, another account's as they can be
// named from here; with the conditions of a perimeter on the role.
func roleStatements(props GrantProps, g contract.Grant) (all []contract.Statement) {
	plain := bySid(g.Permissions)
	for _, p := range props.Permissions {
		for _, s := range p.Statements() {
			if s.Account != "" {
				s = plain[s.Sid]
			}
			s.Conditions = statement.Merge(s.Conditions, perimeterConditions(g.Perimeter, s, g.Target.Region))
			all = append(all, s)
		}
	}
	return all
}

// grantDirect permits the grantees' own roles what is permitted, in the policies of the resources.
func grantDirect(permissions []Permission, g contract.Grant, b *builder) {
	plain := bySid(g.Permissions)
	principals, conditions := granteePrincipals(b.node, g)
	prefix := statement.SidPrefix(g.Key())
	for _, p := range permissions {
		ours, ok := p.(permission)
		if !ok {
			continue // refused before
		}
		for _, s := range ours.statements {
			if s.Account != "" {
				continue // of the grantees' own account
			}
			policy := ours.policies[s.Sid]
			s.Conditions = statement.Merge(statement.Merge(s.Conditions, conditions), perimeterConditions(g.Perimeter, s, g.Target.Region))
			// In plain text: a table's policy is part of the table, which cannot refer to itself.
			s.Resources = plain[s.Sid].Resources
			switch policy.kind {
			case "key", "secret":
				s.Resources = []string{"*"} // in its own policy: that one
			case "function":
				permitInvocation(policy.resource.(awslambda.IFunction), s, g, b)
				continue
			}
			policy.addStatement(statement.Allow(prefix+s.Sid, principals, s), b)
		}
	}
}

// requireTwoAccounts refuses one account as source and target.
func requireTwoAccounts(source, target contract.Env, allowSame bool) error {
	if source.Account == target.Account && !allowSame {
		return fmt.Errorf("found source and target both in account %s, expected two accounts; AllowSameAccount permits one account as both", source.Account)
	}
	return nil
}

// dependOnExactRoles makes the stack depend on the stacks of the grantees, whose roles have to exist before a policy can name them.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html
func (t *TargetGrant) dependOnExactRoles(stack awscdk.Stack, props GrantProps) error {
	if t.grant.Trust.Mode != ExactRole {
		return nil
	}
	const reason = "IAM refuses a policy that names a role which does not exist yet"
	for _, grantee := range props.Grantees {
		role, ok := grantee.GrantPrincipal().(awsiam.Role)
		if !ok || *role.Stack().Node().Path() == *stack.Node().Path() {
			continue
		}
		if refusal.Catch("would create a cyclic reference", func() { stack.AddStackDependency(role.Stack(), jsii.String(reason)) }) {
			return fmt.Errorf("Trust.Mode: found ExactRole for a role of stack %s, which depends on stack %s already; expected NamedRole, so that neither depends on the other",
				*role.Stack().Node().Path(), *stack.Node().Path())
		}
	}
	awscdk.Annotations_Of(t.node).AddInfo(jsii.String("ExactRole: the accounts of " + describeGrantees(t.grant.Grantees) + " have to be deployed before this one: " + reason))
	return nil
}

// RoleARN returns the trusted role's ARN as plain text, for use in any stack; empty with Direct access.
func (t *TargetGrant) RoleARN() string { return t.grant.RoleARN }

// Role returns the trusted role, a resource of the target stack; nil with Direct access.
func (t *TargetGrant) Role() awsiam.IRole { return t.role }

// Contract returns the grant as a [SourceGrant] takes it.
func (t *TargetGrant) Contract() contract.Grant { return t.grant }

// Node returns the construct's node in the tree.
func (t *TargetGrant) Node() constructs.Node { return t.node.Node() }
