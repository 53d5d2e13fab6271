package contract

import "time"

// AccessMode is whose permissions reach the data.
type AccessMode string

const (
	// AssumeRole is access as a trusted role of the target account, which the grantee assumes.
	AssumeRole AccessMode = "AssumeRole"
	// Direct is access as the grantee's own role, which the policies of the resources name. There is no call to STS.
	Direct AccessMode = "Direct"
)

// AccessModes are all modes, the default first.
func AccessModes() []AccessMode { return []AccessMode{AssumeRole, Direct} }

// TrustMode is how a policy of the target account names the grantee's role.
type TrustMode string

const (
	// NamedRole names the source account, on condition of the grantee's role name. Either account can be deployed first, and the
	// trust survives a re-creation of the grantee's role.
	NamedRole TrustMode = "NamedRole"
	// ExactRole names the grantee's role itself, which AWS stores by its unique id: the source account must be deployed first, and a
	// role that is made again under the same name is no longer trusted.
	ExactRole TrustMode = "ExactRole"
)

// TrustModes are all modes, the default first.
func TrustModes() []TrustMode { return []TrustMode{NamedRole, ExactRole} }

// PerimeterEnforcement is where a perimeter is enforced.
type PerimeterEnforcement string

const (
	// OnRole conditions what the grant itself permits; nobody else notices it.
	OnRole PerimeterEnforcement = "OnRole"
	// OnBucket denies everybody the data of the grant's buckets, except from inside, and except its administrators and AWS services.
	OnBucket PerimeterEnforcement = "OnBucket"
)

// PerimeterEnforcements are all kinds, the default first.
func PerimeterEnforcements() []PerimeterEnforcement { return []PerimeterEnforcement{OnRole, OnBucket} }

// Grant is what the owner of the data in the target account has agreed on with the owners of the grantees.
type Grant struct {
	// Name and Stage are the grant's own: letters, digits and "_+=,.@-". With the target's region they tell it apart. Required.
	Name  string `json:"name"`
	Stage string `json:"stage"`
	// Target is the account and region of the data. Required.
	Target Env `json:"target"`
	// Access is whose permissions reach the data. Required.
	Access AccessMode `json:"access"`
	// RoleARN is the trusted role. Required for AssumeRole, and none for Direct.
	RoleARN string `json:"roleArn,omitempty"`
	// Grantees are the ARNs of the roles that have access, sorted. At least one.
	Grantees []string `json:"grantees"`
	// Trust is what is asked of the grantees.
	Trust Trust `json:"trust"`
	// Permissions are what the grantees may do, sorted by Sid, with the resources as the source account writes them. At least one.
	Permissions []Statement `json:"permissions"`
	// Perimeter is where requests have to come from. Default anywhere.
	Perimeter *Perimeter `json:"perimeter,omitempty"`
	// Environment are the variables that the grantees' code reads, but for CROSSGRANT_ROLE_ARN and those of the trust: letters, digits and
	// "_" to what they hold. Default none.
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

// Trust is what is asked of a grantee.
type Trust struct {
	// Mode is how the target account names the grantee. Required.
	Mode TrustMode `json:"mode"`
	// ExternalID is what the grantee has to present when it assumes the role: 2 to 1,224 letters, digits and "_+=,.@:/-". Default none,
	// and none for Direct.
	ExternalID string `json:"externalId,omitempty"`
	// SourceIdentity is what the grantee has to call itself then: 2 to 64 letters, digits and "_+=,.@-". Default none, and none for Direct.
	SourceIdentity string `json:"sourceIdentity,omitempty"`
	// OrganizationID is the AWS organization that the grantee's account has to belong to, such as "o-a1b2c3d4e5". Default any or none.
	OrganizationID string `json:"organizationId,omitempty"`
	// SessionSeconds is the longest session that may be asked for, 900 to 3600 seconds; 0 for Direct, which has none.
	SessionSeconds int `json:"sessionSeconds,omitempty"`
}

// Perimeter is where requests have to come from.
type Perimeter struct {
	// Enforcement is where that is enforced. Required.
	Enforcement PerimeterEnforcement `json:"enforcement"`
	// Key is the condition key that tells, such as "aws:VpceAccount". Required.
	Key string `json:"key"`
	// Values are what the key may be, sorted. At least one, none empty.
	Values []string `json:"values"`
}

// MinSession and MaxSession bound a role session. A grantee that is itself a role (a function's, an instance's) chains roles, and AWS
// caps a chained session at one hour; STS gives none below 15 minutes.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles.html#iam-term-role-chaining
const (
	MinSession = 15 * time.Minute
	MaxSession = time.Hour
)

// Key returns what tells the grant apart from others of one owner: NAME-STAGE-REGION, which is the agreed name of its role.
func (g Grant) Key() string { return RoleName(g.Name, g.Stage, g.Target.Region) }
