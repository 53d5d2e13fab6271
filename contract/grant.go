package contract

import (
	"strings"
	"time"
)

// AccessMode is with which role's permissions the grantees access the data.
type AccessMode string

const (
	// AssumeRole is access as a trusted role of the target account, which the grantee assumes.
	AssumeRole AccessMode = "AssumeRole"
	// Direct is access as the grantee's own role, which the resource policies name. There is no call to STS.
	Direct AccessMode = "Direct"
)

// AccessModes are all modes, the default first.
func AccessModes() []AccessMode { return []AccessMode{AssumeRole, Direct} }

// TrustMode is how a policy of the target account names the grantee's role.
type TrustMode string

const (
	// NamedRole names the source account, with a condition on the grantee's role name. Either account can be deployed first, and the
	// trust survives a re-creation of the grantee's role.
	NamedRole TrustMode = "NamedRole"
	// ExactRole names the grantee's role itself, which AWS stores by its unique id: the source account must be deployed first, and a
	// role that is created again under the same name is no longer trusted.
	ExactRole TrustMode = "ExactRole"
)

// TrustModes are all modes, the default first.
func TrustModes() []TrustMode { return []TrustMode{NamedRole, ExactRole} }

// PerimeterEnforcement is where a perimeter is enforced.
type PerimeterEnforcement string

const (
	// OnRole adds a condition to the permissions of the grant itself; nobody else is affected.
	OnRole PerimeterEnforcement = "OnRole"
	// OnBucket denies everyone access to the data of the grant's buckets, except from inside the perimeter, and except its administrators and AWS
	// services.
	OnBucket PerimeterEnforcement = "OnBucket"
)

// PerimeterEnforcements are all kinds, the default first.
func PerimeterEnforcements() []PerimeterEnforcement { return []PerimeterEnforcement{OnRole, OnBucket} }

// Grant is what the owner of the data in the target account and the owners of the grantees agree on.
type Grant struct {
	// Name and Stage are the grant's own: letters, digits and "_+=,.@-". With the target's region they identify it. Required.
	Name  string `json:"name"`
	Stage string `json:"stage"`
	// Target is the account and region of the data. Required.
	Target Env `json:"target"`
	// Access is with which role's permissions the grantees access the data. Required.
	Access AccessMode `json:"access"`
	// RoleARN is the trusted role. Required for AssumeRole, and none for Direct.
	RoleARN string `json:"roleArn,omitempty"`
	// Grantees are who has access, sorted: the ARNs of roles, patterns that [PermissionSetRole] returns, or the ID of one organization and nothing
	// else, which stands for all roles and users of its accounts. At least one.
	Grantees []string `json:"grantees"`
	// Trust is what the target account requires of the grantees.
	Trust Trust `json:"trust"`
	// Permissions are what the grantees may do, sorted by Sid, with the resources as the source account writes them. At least one.
	Permissions []Statement `json:"permissions"`
	// Perimeter is where requests have to come from. Default anywhere.
	Perimeter *Perimeter `json:"perimeter,omitempty"`
	// Environment are the variables that the grantees' code reads, except CROSSGRANT_ROLE_ARN and those of the trust: names of letters, digits
	// and "_", with their values. Default none.
	Environment map[string]string `json:"environment,omitempty"`
	// Digest is "sha256:" and the hash of the rest, as [Grant.WithDigest] returned it when the grant was written.
	Digest string `json:"digest,omitempty"`
}

// Env is an AWS environment, as CDK calls it: an account and a region.
type Env struct {
	// Account is 12 digits. Required.
	Account string `json:"account"`
	// Region is as AWS writes it, such as "ap-northeast-1". Required.
	Region string `json:"region"`
}

// Trust is what the target account requires of a grantee.
type Trust struct {
	// Mode is how the target account names the grantee. Required.
	Mode TrustMode `json:"mode"`
	// ExternalID is what the grantee has to present when it assumes the role: 2 to 1,224 letters, digits and "_+=,.@:/-". Default none,
	// and none for Direct.
	ExternalID string `json:"externalId,omitempty"`
	// SourceIdentity is the source identity that the grantee has to set then: 2 to 64 letters, digits and "_+=,.@-". Default none, and none for Direct.
	SourceIdentity string `json:"sourceIdentity,omitempty"`
	// OrganizationID is the AWS organization that the grantee's account has to belong to, such as "o-a1b2c3d4e5". Default any or none.
	OrganizationID string `json:"organizationId,omitempty"`
	// SessionTags says that sessions of the grantees have session tags that they pass on when they assume the role, as those of EKS Pod Identity have,
	// so that policies have to permit sts:TagSession. Default false, and false for Direct.
	// https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html
	SessionTags bool `json:"sessionTags,omitempty"`
	// SessionSeconds is the duration of the sessions that the grantees ask for, 900 to 3600 seconds; 0 for Direct, which has none.
	SessionSeconds int `json:"sessionSeconds,omitempty"`
}

// Perimeter is where requests have to come from.
type Perimeter struct {
	// Enforcement is where the perimeter is enforced. Required.
	Enforcement PerimeterEnforcement `json:"enforcement"`
	// Key is the condition key, such as "aws:VpceAccount". Required.
	Key string `json:"key"`
	// Values are the permitted values of the key, sorted. At least one, none empty.
	Values []string `json:"values"`
	// Administrators are the ARNs of the target account's roles and users that reach the data from anywhere, sorted. At least one for
	// OnBucket, and none for OnRole.
	Administrators []string `json:"administrators,omitempty"`
}

// MinSession and MaxSession bound a role session. A grantee that is itself a role (a function's, an instance's) chains roles, and AWS
// caps a chained session at one hour; STS gives none below 15 minutes.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
const (
	MinSession = 15 * time.Minute
	MaxSession = time.Hour
)

// Key returns what identifies the grant among those of one owner: NAME-STAGE-REGION, which is also the agreed name of its role.
func (g Grant) Key() string { return RoleName(g.Name, g.Stage, g.Target.Region) }

// Organization returns the organization that is the grantee. Empty if the grantees are roles.
func (g Grant) Organization() string {
	if len(g.Grantees) == 1 && IsOrganizationID(g.Grantees[0]) {
		return g.Grantees[0]
	}
	return ""
}

// Statement permits actions on resources under conditions. It is always an Allow; the grant's access mode says who the principal is: the
// trusted role, or the grantees.
type Statement struct {
	// Sid names the statement: letters and digits, unique in its grant. Required.
	Sid string `json:"sid"`
	// Actions are exact IAM actions of one service, such as "s3:GetObject"; no wildcard. Required.
	Actions []string `json:"actions"`
	// Resources are the ARNs that the actions apply to. Required.
	Resources []string `json:"resources"`
	// CrossAccountResources are the resources as policies of other accounts can name them, if Resources have a part that AWS generates at
	// deployment: the ID of a key, the end of a secret's ARN. They are wider than Resources, so they are used only where Resources cannot be. A
	// contract between two apps has these as its Resources. Default Resources.
	CrossAccountResources []string `json:"-"`
	// Account owns the resources, if it is not the grant's target account: the origin of a copy. Default the target account.
	Account string `json:"account,omitempty"`
	// Conditions are operator -> key -> values, as in an IAM policy, at least one value each. Default none.
	Conditions map[string]map[string][]string `json:"conditions,omitempty"`
	// ViaAWSService says that an AWS service makes the request for the caller, as S3 does to decrypt with KMS, so that it never passes an
	// endpoint of the caller's VPC. Default false: the caller makes it.
	ViaAWSService bool `json:"viaAwsService,omitempty"`
}

// Service returns the prefix of the statement's actions, such as "s3"; empty if it has no action.
func (s Statement) Service() string {
	if len(s.Actions) == 0 {
		return ""
	}
	service, _, _ := strings.Cut(s.Actions[0], ":")
	return service
}

// AcrossAccounts returns the resources as policies of other accounts name them.
func (s Statement) AcrossAccounts() []string {
	if len(s.CrossAccountResources) > 0 {
		return s.CrossAccountResources
	}
	return s.Resources
}
