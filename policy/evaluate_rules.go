package policy

import (
	"strings"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// isAction says that the request calls an action, without regard to case.
func isAction(r *Request, names ...string) bool {
	for _, name := range names {
		if strings.EqualFold(r.Action, name) {
			return true
		}
	}
	return false
}

// hasService says that an action is of a service.
func hasService(action, service string) bool {
	return len(action) > len(service) && action[len(service)] == ':' && strings.EqualFold(action[:len(service)], service)
}

// isTrust says that a role's trust policy decides: for the actions by which a role is assumed
// (IAM User Guide, access_policies-cross-account-resource-access.html).
func (c *call) isTrust() bool {
	r := c.request
	if !hasService(r.Action, "sts") {
		return false
	}
	if isAction(r, "sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext") {
		// They come with GetFederationToken, too, which no trust policy is asked about.
		return c.target.service() == "iam" && strings.HasPrefix(c.target.resource(), "role/")
	}
	return isAction(r, "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
}

// isKey says that a key policy decides: for all KMS actions but those that have no key, and those on an alias as such
// (kms/latest/developerguide/kms-api-permissions-reference.html).
func (c *call) isKey() bool {
	r := c.request
	if !hasService(r.Action, "kms") {
		return false
	}
	if strings.HasPrefix(c.target.resource(), "alias/") {
		return !isAction(r, "kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias")
	}
	return !isAction(r, "kms:CreateKey", "kms:ListKeys", "kms:ListAliases", "kms:GenerateRandom", "kms:CreateCustomKeyStore",
		"kms:ConnectCustomKeyStore", "kms:DisconnectCustomKeyStore", "kms:UpdateCustomKeyStore", "kms:DeleteCustomKeyStore",
		"kms:DescribeCustomKeyStores")
}

// limitedByServiceControl says whether SCPs are for the caller: users, roles and root users of the
// organization's accounts, but no service-linked role (orgs_manage_policies_scps.html).
func (e *evaluation) limitedByServiceControl() truth.Value {
	if !e.call.who.hasIdentity() {
		return truth.No
	}
	return serviceLinked(&e.call, &e.call.who).Not()
}

// limitedByResourceControl says whether RCPs are for the request: for every caller but service-linked roles, and the services which assume
// them, and not for kms:RetireGrant (orgs_manage_policies_rcps.html, "Resources and entities not restricted by RCPs").
func (e *evaluation) limitedByResourceControl() truth.Value {
	if isAction(e.request, "kms:RetireGrant") {
		return truth.No
	}
	if e.trust && e.call.who.kind == outsideCaller && strings.HasPrefix(e.call.target.resource(), "role/aws-service-role/") {
		return truth.No
	}
	return serviceLinked(&e.call, &e.call.who).Not()
}

// ownsBucketPolicy says that the bucket policy cannot deny: the root user of the bucket's account can always read, replace and delete that
// policy (s3 API_PutBucketPolicy.html).
func (e *evaluation) ownsBucketPolicy() bool {
	return e.call.who.kind == rootCaller && e.call.who.account == e.call.account &&
		isAction(e.request, "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")
}

// freeOfPermissions says that no policy decides: the call needs no permission, and no Deny stops it
// (sts API_GetCallerIdentity.html; id_credentials_temp_control-access_getsessiontoken.html for the session token of a user or root user).
func (e *evaluation) freeOfPermissions() bool {
	return e.call.who.hasIdentity() && isAction(e.request, "sts:GetCallerIdentity") ||
		(e.call.who.kind == userCaller || e.call.who.kind == rootCaller) && isAction(e.request, "sts:GetSessionToken")
}

// possible says whether AWS lets such a caller call such an action at all, whatever policies say ("Compare AWS STS credentials",
// id_credentials_sts-comparison.html; kms/latest/developerguide/key-policy-modifying-external-accounts.html).
func (e *evaluation) possible() truth.Value {
	r := e.request
	sts := hasService(r.Action, "sts")
	switch {
	case e.call.managedByAWS(),
		e.call.who.kind == anonymousCaller && sts,
		e.call.who.kind == rootCaller && isAction(r, "sts:AssumeRole", "sts:AssumeRoot"),
		e.call.who.kind == sessionCaller && isAction(r, "sts:GetFederationToken", "sts:GetSessionToken"),
		e.call.who.kind == federatedCaller && sts:
		return truth.No
	case e.call.who.kind == federatedCaller && hasService(r.Action, "iam"):
		return truth.Unknown // not by the API, but in a console session
	case e.key && e.call.who.hasIdentity() && e.call.who.account != e.call.account:
		return truth.Of(crossAccountKeyAction(r))
	}
	return truth.Yes
}

// crossAccountKeyAction says that a key's action is open to other accounts. A key policy that permits another account any other one
// has no effect (kms/latest/developerguide/key-policy-modifying-external-accounts.html).
func crossAccountKeyAction(r *Request) bool {
	return isAction(r, "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair",
		"kms:GenerateDataKeyPairWithoutPlaintext", "kms:GenerateDataKeyWithoutPlaintext", "kms:GenerateMac", "kms:ReEncryptFrom",
		"kms:ReEncryptTo", "kms:Sign", "kms:Verify", "kms:VerifyMac", "kms:DeriveSharedSecret", "kms:CreateGrant", "kms:DescribeKey",
		"kms:GetKeyRotationStatus", "kms:GetPublicKey", "kms:ListGrants", "kms:RetireGrant", "kms:RevokeGrant")
}
