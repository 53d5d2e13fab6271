package contract

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"
)

// MaxRoleName is the longest name of an IAM role, in characters.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const MaxRoleName = 64

// MaxBucketName is the longest name of an S3 bucket, in characters.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
const MaxBucketName = 63

// The identifiers of AWS that contracts, constructs and commands check. contract.schema.json repeats those that a contract has, and
// package lambda has copies; tests compare them.
var (
	accountID      = regexp.MustCompile(`^[0-9]{12}$`)
	region         = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
	organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)
	externalID     = regexp.MustCompile(`^[\w+=,.@:/-]+$`) // its length is checked apart: a large repetition is slow to compile
	sourceIdentity = regexp.MustCompile(`^[\w+=,.@-]{2,64}$`)
	roleNamePart   = regexp.MustCompile(`^[\w+=,.@-]+$`)
	principalARN   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}):(role|user)/([\w+=,.@-]+/)*[\w+=,.@-]{1,64}$`)
	permissionSet  = regexp.MustCompile(`^[\w+=,.@-]{1,32}$`)
	// The unique suffix of the role of a permission set is all that it leaves open.
	permissionSetRole = regexp.MustCompile(`^arn:aws[a-z-]*:iam::([0-9]{12}):role/aws-reserved/sso\.amazonaws\.com/([a-z0-9-]+/)?AWSReservedSSO_[\w+=,.@-]{1,32}_\?{16}$`)
)

// MinExternalID and MaxExternalID bound the length of an external ID, in characters.
const (
	MinExternalID = 2
	MaxExternalID = 1224
)

// IsAccountID reports whether s is an AWS account ID: exactly 12 digits.
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html
func IsAccountID(s string) bool { return accountID.MatchString(s) }

// IsRegion reports whether s has the form of a region's code, such as "ap-northeast-1". It has no list of the regions that exist.
// https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
func IsRegion(s string) bool { return region.MatchString(s) }

// IsOrganizationID reports whether s is the ID of an organization: "o-" and 10 to 32 lower-case letters and digits.
// https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
func IsOrganizationID(s string) bool { return organizationID.MatchString(s) }

// IsExternalID reports whether s is an external ID: 2 to 1,224 letters, digits and "_+=,.@:/-".
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
func IsExternalID(s string) bool {
	return len(s) >= MinExternalID && len(s) <= MaxExternalID && externalID.MatchString(s)
}

// IsSourceIdentity reports whether s is a source identity: 2 to 64 letters, digits and "_+=,.@-".
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
func IsSourceIdentity(s string) bool { return sourceIdentity.MatchString(s) }

// IsRoleName reports whether s is the name of an IAM role: 1 to 64 letters, digits and "_+=,.@-".
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
func IsRoleName(s string) bool { return len(s) <= MaxRoleName && IsRoleNamePart(s) }

// IsRoleNamePart reports whether a role's name may contain s, at any length: letters, digits and "_+=,.@-", at least one.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
func IsRoleNamePart(s string) bool { return roleNamePart.MatchString(s) }

// IsRoleOrUserARN reports whether arn is that of one IAM role or of one IAM user: no wildcard, no session, no account.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
func IsRoleOrUserARN(arn string) bool { return principalARN.MatchString(arn) }

// RoleAccount returns the account in the ARN of one IAM role; ok is false if arn is not that: a wildcard, a user, a session, an account.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
func RoleAccount(arn string) (account string, ok bool) {
	parts := principalARN.FindStringSubmatch(arn)
	if parts == nil || parts[2] != "role" {
		return "", false
	}
	return parts[1], true
}

// PermissionSetRole returns the pattern of ARNs of the role that IAM Identity Center creates in an account for a permission set: account, path and
// name are fixed, and only the unique suffix, 16 characters, is open, since a new assignment gives the role another one. The region is that of Identity
// Center.
// https://docs.aws.amazon.com/singlesignon/latest/userguide/referencingpermissionsets.html
func PermissionSetRole(partition, account, region, permissionSet string) string {
	path := region + "/"
	if region == "us-east-1" {
		path = ""
	}
	return "arn:" + partition + ":iam::" + account + ":role/aws-reserved/sso.amazonaws.com/" + path + "AWSReservedSSO_" + permissionSet + "_" + strings.Repeat("?", 16)
}

// IsPermissionSet reports whether s is the name of a permission set: 1 to 32 letters, digits and "_+=,.@-".
// https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreatePermissionSet.html
func IsPermissionSet(s string) bool { return permissionSet.MatchString(s) }

// GranteeAccount returns the account of a grantee: one IAM role, or a pattern that [PermissionSetRole] returns; ok is false if it is neither. A whole
// organization has none.
func GranteeAccount(grantee string) (account string, ok bool) {
	if parts := permissionSetRole.FindStringSubmatch(grantee); parts != nil {
		return parts[1], true
	}
	return RoleAccount(grantee)
}

// RoleName returns the agreed name of a grant's role, GRANT-STAGE-REGION, in at most [MaxRoleName] characters. Roles are global
// in an account, so the region keeps two regions of one stage apart. The same arguments always give the same name.
func RoleName(grant, stage, region string) string {
	return Shorten(strings.Join([]string{grant, stage, region}, "-"), MaxRoleName)
}

// Shorten returns name if it has at most limit characters; otherwise its beginning, a hyphen and a hash of the whole name, limit characters in
// all. limit must be 10 or more. Names are ASCII.
func Shorten(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	head := strings.TrimRight(name[:limit-hashLength-1], "-")
	return head + "-" + hex.EncodeToString(sum[:])[:hashLength]
}

// hashLength is how many hexadecimal characters replace the tail of a name that is too long; 32 bits keep two names of one deployment apart.
const hashLength = 8
