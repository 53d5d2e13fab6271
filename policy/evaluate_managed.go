package policy

import "strings"

// managedByAWS says that the request would change what only AWS changes, whatever policies say: its managed policies
// (IAM User Guide, access_policies_managed-vs-inline.html), the aliases of its managed keys
// (kms/latest/developerguide/alias-create.html), and the roles that IAM Identity Center keeps (singlesignon/latest/userguide/using-service-linked-roles.html).
func (c *call) managedByAWS() bool {
	r, resource := c.request, c.target.resource()
	switch {
	case strings.HasPrefix(resource, "alias/aws/"):
		return hasService(r.Action, "kms") && isAction(r, "kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias")
	case c.target.service() != "iam" || !hasService(r.Action, "iam"):
		return false
	case c.target.account() == "aws":
		return isAction(r, "iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion",
			"iam:SetDefaultPolicyVersion", "iam:TagPolicy", "iam:UntagPolicy")
	case strings.HasPrefix(resource, "role/aws-reserved/"):
		return isAction(r, "iam:AttachRolePolicy", "iam:CreateRole", "iam:CreateServiceLinkedRole", "iam:DeleteRole",
			"iam:DeleteRolePermissionsBoundary", "iam:DeleteRolePolicy", "iam:DeleteServiceLinkedRole", "iam:DetachRolePolicy", "iam:PassRole",
			"iam:PutRolePermissionsBoundary", "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy",
			"iam:UpdateRole", "iam:UpdateRoleDescription")
	}
	return false
}
