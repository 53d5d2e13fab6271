package policy

import "strings"

// resourceAccount is the account that owns the resource: what the request says, else the one in its ARN, else the caller's, as AWS's own
// simulator has it (API_SimulateCustomPolicy.html, ResourceOwner). It reports a contradiction between request and ARN.
func resourceAccount(r *Request, who *caller) (owner string, contradiction bool) {
	if a, ok := splitARN(r.Resource); ok && isAccount(a.account()) {
		owner = a.account()
	}
	switch {
	case r.ResourceAccount == "" && owner == "":
		return who.account, false
	case r.ResourceAccount == "":
		return owner, false
	}
	return r.ResourceAccount, owner != "" && owner != r.ResourceAccount
}

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
func isTrust(r *Request) bool {
	if !hasService(r.Action, "sts") {
		return false
	}
	if isAction(r, "sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext") {
		// They come with GetFederationToken, too, which no trust policy is asked about.
		a, ok := splitARN(r.Resource)
		return ok && a.service() == "iam" && strings.HasPrefix(a.resource(), "role/")
	}
	return isAction(r, "sts:AssumeRole", "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML")
}

// isKey says that a key policy decides: for all KMS actions but those that have no key, and those on an alias as such
// (kms/latest/developerguide/kms-api-permissions-reference.html).
func isKey(r *Request) bool {
	if !hasService(r.Action, "kms") {
		return false
	}
	if a, ok := splitARN(r.Resource); ok && strings.HasPrefix(a.resource(), "alias/") {
		return !isAction(r, "kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias")
	}
	return !isAction(r, "kms:CreateKey", "kms:ListKeys", "kms:ListAliases", "kms:GenerateRandom", "kms:CreateCustomKeyStore",
		"kms:ConnectCustomKeyStore", "kms:DisconnectCustomKeyStore", "kms:UpdateCustomKeyStore", "kms:DeleteCustomKeyStore",
		"kms:DescribeCustomKeyStores")
}

// limitedByServiceControl says whether SCPs are for the caller: users, roles and root users of the
// organization's accounts, but no service-linked role (orgs_manage_policies_scps.html).
func (e *evaluation) limitedByServiceControl() verdict {
	if !e.who.hasIdentity() {
		return no
	}
	return serviceLinked(&e.call, &e.who).not()
}

// limitedByResourceControl says whether RCPs are for the request: for every caller but service-linked roles, and the services which assume
// them, and not for kms:RetireGrant (orgs_manage_policies_rcps.html, "Resources and entities not restricted by RCPs").
func (e *evaluation) limitedByResourceControl() verdict {
	if isAction(e.request, "kms:RetireGrant") {
		return no
	}
	if e.trust && e.who.kind == outsideCaller {
		if a, ok := splitARN(e.request.Resource); ok && strings.HasPrefix(a.resource(), "role/aws-service-role/") {
			return no
		}
	}
	return serviceLinked(&e.call, &e.who).not()
}

// ownsBucketPolicy says that the bucket policy cannot deny: the root user of the bucket's account can always read, replace and delete that
// policy (s3 API_PutBucketPolicy.html).
func (e *evaluation) ownsBucketPolicy() bool {
	return e.who.kind == rootCaller && e.who.account == e.account &&
		isAction(e.request, "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")
}

// freeOfPermissions says that no policy decides: the call needs no permission, and no Deny stops it
// (sts API_GetCallerIdentity.html; id_credentials_temp_control-access_getsessiontoken.html for the session token of a user or root user).
func (e *evaluation) freeOfPermissions() bool {
	return e.who.hasIdentity() && isAction(e.request, "sts:GetCallerIdentity") ||
		(e.who.kind == userCaller || e.who.kind == rootCaller) && isAction(e.request, "sts:GetSessionToken")
}

// possible says whether AWS lets such a caller call such an action at all, whatever policies say ("Compare AWS STS credentials",
// id_credentials_sts-comparison.html; kms/latest/developerguide/key-policy-modifying-external-accounts.html).
func (e *evaluation) possible() verdict {
	r := e.request
	sts := hasService(r.Action, "sts")
	switch {
	case e.who.kind == anonymousCaller && sts,
		e.who.kind == rootCaller && isAction(r, "sts:AssumeRole", "sts:AssumeRoot"),
		e.who.kind == sessionCaller && isAction(r, "sts:GetFederationToken", "sts:GetSessionToken"),
		e.who.kind == federatedCaller && sts:
		return no
	case e.who.kind == federatedCaller && hasService(r.Action, "iam"):
		return unknown // not by the API, but in a console session
	case e.key && e.who.hasIdentity() && e.who.account != e.account:
		return verdictOf(crossAccountKeyAction(r))
	}
	return yes
}

// crossAccountKeyAction says that a key's action is open to other accounts. A key policy that permits another account any other one
// has no effect (kms/latest/developerguide/key-policy-modifying-external-accounts.html).
func crossAccountKeyAction(r *Request) bool {
	return isAction(r, "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair",
		"kms:GenerateDataKeyPairWithoutPlaintext", "kms:GenerateDataKeyWithoutPlaintext", "kms:GenerateMac", "kms:ReEncryptFrom",
		"kms:ReEncryptTo", "kms:Sign", "kms:Verify", "kms:VerifyMac", "kms:DeriveSharedSecret", "kms:CreateGrant", "kms:DescribeKey",
		"kms:GetKeyRotationStatus", "kms:GetPublicKey", "kms:ListGrants", "kms:RetireGrant", "kms:RevokeGrant")
}
