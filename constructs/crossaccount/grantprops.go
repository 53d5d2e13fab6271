package crossaccount

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"

	"github.com/crossgrant/crossgrant/contract"
)

// GrantProps configures a [CrossAccountGrant] or, for the owner of the data alone, a [TargetGrant].
type GrantProps struct {
	// Name is the grant's name, the beginning of the trusted role's name: letters, digits and "_+=,.@-". Required.
	Name string
	// Stage tells deployments of one account apart in the trusted role's name: letters, digits and "_+=,.@-". Required.
	Stage string
	// Grantees are who gets access: constructs of this app whose roles have names of their own (RoleName; a Lambda function takes such a
	// role as its Role; an ECS task definition is a Task), since the other account must know them; or who is not in this app, by RoleByName,
	// PermissionSetRole or Organization. At least one is required; a CrossAccountGrant takes at least one construct of the source account. It also
	// sets the environment variables that the code needs: of a Lambda function, also as its current version or an alias of that, and of a Task's
	// containers. Those of an imported function are in a warning.
	Grantees []awsiam.IGrantable
	// Target is the stack, with an explicit account and region, in which the trusted role is made. Required for a CrossAccountGrant; a
	// TargetGrant has its scope's stack and takes none.
	Target awscdk.Stack
	// Permissions are what the grantees may do on resources of the target account: each kind once for each resource, with all its prefixes or
	// indexes. The variables of the second bucket end in "_2", such as CROSSGRANT_BUCKET_2 and CROSSGRANT_PREFIXES_2, those of the third one in "_3",
	// and likewise for tables and the other kinds, in the order of the permissions. At least one is required.
	Permissions []Permission
	// Access is whose permissions reach the data. Default AssumeRole.
	Access AccessMode
	// Trust is what is required of the grantees' requests besides their roles. Default nothing more.
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

// Validate returns everything that is wrong with the props, or nil, except what only one of the two constructs takes.
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
		problems = append(problems, p.Trust.roleOnlyProblems()...)
		if p.Role != nil {
			problems = append(problems, errors.New("Role: found one, expected none: Direct access assumes no role"))
		}
	} else if p.Role != nil && (p.Trust.Path != "" || p.Trust.Boundary != nil) {
		problems = append(problems, errors.New("Trust: found a Path or a Boundary, expected none with Role: they are that role's own"))
	}
	problems = append(problems, p.Perimeter.problems(p.Permissions)...)
	problems = append(problems, environmentPrefixProblems(p.EnvironmentPrefix)...)
	return errors.Join(append(problems, p.Endpoints.Validate())...)
}
