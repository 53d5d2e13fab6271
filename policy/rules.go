package policy

import (
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// The rules of single services and actions: which kinds of policy apply to a call, and what AWS allows or forbids whatever policies say.

// usesTrustPolicy reports whether the resource policy is a role's trust policy: for the actions by which a role is assumed
// (IAM User Guide, access_policies-cross-account-resource-access.html).
func (c *call) usesTrustPolicy() bool {
	if !isOfService(c.request.Action, "sts") {
		return false
	}
	if c.isAction("sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext") {
		// GetFederationToken needs them as well, without a trust policy.
		return c.target.Service == "iam" && strings.HasPrefix(c.target.Resource, "role/")
	}
	return c.isAction("sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
}

// usesKeyPolicy reports whether the resource policy is a key policy: for all KMS actions except those that have no key, and those on an alias
// itself (kms/latest/developerguide/kms-api-permissions-reference.html).
func (c *call) usesKeyPolicy() bool {
	if !isOfService(c.request.Action, "kms") {
		return false
	}
	if strings.HasPrefix(c.target.Resource, "alias/") {
		return !c.isAction("kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias")
	}
	return !c.isAction("kms:CreateKey", "kms:ListKeys", "kms:ListAliases", "kms:GenerateRandom", "kms:CreateCustomKeyStore",
		"kms:ConnectCustomKeyStore", "kms:DisconnectCustomKeyStore", "kms:UpdateCustomKeyStore", "kms:DeleteCustomKeyStore",
		"kms:DescribeCustomKeyStores")
}

// limitedByServiceControl returns whether SCPs apply to the caller. They do to users, roles and root users of the organization's accounts, but
// not to service-linked roles (orgs_manage_policies_scps.html).
func (c *call) limitedByServiceControl() truth.Value {
	if !c.caller.hasIdentity() {
		return truth.No
	}
	return c.isServiceLinkedRole().Not()
}

// limitedByResourceControl returns whether RCPs apply to the call. They do for every caller except service-linked roles and the services that
// assume them, and not to kms:RetireGrant (orgs_manage_policies_rcps.html, "Resources and entities not restricted by RCPs").
func (c *call) limitedByResourceControl() truth.Value {
	if c.isAction("kms:RetireGrant") {
		return truth.No
	}
	if c.usesTrustPolicy() && c.caller.kind == externalCaller && strings.HasPrefix(c.target.Resource, "role/aws-service-role/") {
		return truth.No
	}
	return c.isServiceLinkedRole().Not()
}

// isServiceLinkedRole returns whether the caller is a session of a service-linked role. Only the role's path says so for certain. A session's ARN
// lacks it, but aws:PrincipalArn may have it (id_roles_create-service-linked-role.html).
func (c *call) isServiceLinkedRole() truth.Value {
	if c.caller.kind != sessionCaller {
		return truth.No
	}
	if r := c.read("aws:PrincipalArn", "aws:principalarn"); r.count() == 1 && !r.isRoleARN {
		a, _ := arn.Parse(c.at(&r, 0))
		if path, ok := strings.CutPrefix(a.Resource, "role/aws-service-role/"); ok {
			return min(sameAccount(a.Account, c.caller.account), truth.Of(lastSegment(path) == c.caller.name))
		}
		if strings.Count(a.Resource, "/") > 1 {
			return truth.No // it has another path
		}
	}
	if strings.HasPrefix(c.caller.name, "AWSServiceRoleFor") {
		return truth.Unknown
	}
	return truth.No
}

// ignoresBucketDeny returns whether no Deny of the bucket policy counts: the root user of the bucket's account can always read, replace and
// delete that policy (s3 API_PutBucketPolicy.html).
func (c *call) ignoresBucketDeny() truth.Value {
	if c.caller.kind != rootCaller || !c.isAction("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy") {
		return truth.No
	}
	return sameAccount(c.caller.account, c.account)
}

// needsNoPermission reports whether the call needs no Allow, and no Deny stops it
// (sts API_GetCallerIdentity.html; id_credentials_temp_control-access_getsessiontoken.html for the session token of a user or root user).
func (c *call) needsNoPermission() bool {
	return c.caller.hasIdentity() && c.isAction("sts:GetCallerIdentity") ||
		(c.caller.kind == userCaller || c.caller.kind == rootCaller) && c.isAction("sts:GetSessionToken")
}

// supported returns whether AWS lets such a caller call such an action at all, whatever policies say ("Compare AWS STS credentials",
// id_credentials_sts-comparison.html; kms/latest/developerguide/key-policy-modifying-external-accounts.html).
func (c *call) supported() truth.Value {
	sts := isOfService(c.request.Action, "sts")
	switch {
	case c.changesManagedByAWS(),
		c.caller.kind == anonymousCaller && sts,
		c.caller.kind == rootCaller && c.isAction("sts:AssumeRole", "sts:AssumeRoot"),
		c.caller.kind == sessionCaller && c.isAction("sts:GetFederationToken", "sts:GetSessionToken"),
		c.caller.kind == federatedCaller && sts:
		return truth.No
	case c.caller.kind == federatedCaller && isOfService(c.request.Action, "iam"):
		return truth.Unknown // not by the API, but in a console session
	case c.usesKeyPolicy() && c.caller.hasIdentity():
		return max(sameAccount(c.caller.account, c.account), truth.Of(c.isCrossAccountKeyAction()))
	}
	return truth.Yes
}

// isCrossAccountKeyAction reports whether other accounts can use the KMS action. If a key policy permits another account any other action, that
// has no effect (kms/latest/developerguide/key-policy-modifying-external-accounts.html).
func (c *call) isCrossAccountKeyAction() bool {
	return c.isAction("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair",
		"kms:GenerateDataKeyPairWithoutPlaintext", "kms:GenerateDataKeyWithoutPlaintext", "kms:GenerateMac", "kms:ReEncryptFrom",
		"kms:ReEncryptTo", "kms:Sign", "kms:Verify", "kms:VerifyMac", "kms:DeriveSharedSecret", "kms:CreateGrant", "kms:DescribeKey",
		"kms:GetKeyRotationStatus", "kms:GetPublicKey", "kms:ListGrants", "kms:RetireGrant", "kms:RevokeGrant")
}

// changesManagedByAWS reports whether the call would change what only AWS changes, whatever policies say: AWS managed policies
// (IAM User Guide, access_policies_managed-vs-inline.html), the aliases of AWS managed keys (kms/latest/developerguide/alias-create.html), and
// the roles of IAM Identity Center (singlesignon/latest/userguide/using-service-linked-roles.html).
func (c *call) changesManagedByAWS() bool {
	switch {
	case strings.HasPrefix(c.target.Resource, "alias/aws/"):
		return c.isAction("kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias")
	case c.target.Service != "iam" || !isOfService(c.request.Action, "iam"):
		return false
	case c.target.Account == "aws":
		return c.isAction("iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion",
			"iam:SetDefaultPolicyVersion", "iam:TagPolicy", "iam:UntagPolicy")
	case strings.HasPrefix(c.target.Resource, "role/aws-reserved/"):
		return c.isAction("iam:AttachRolePolicy", "iam:CreateRole", "iam:CreateServiceLinkedRole", "iam:DeleteRole",
			"iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy", "iam:DeleteServiceLinkedRole", "iam:DetachRolePolicy", "iam:PassRole",
			"iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy",
			"iam:UpdateRole", "iam:UpdateRoleDescription")
	}
	return false
}
