package main

import (
	"slices"
	"strings"
)

// way is what a role for others may do, and on which resources that leads to a grant's data.
type way struct {
	actions string // separated by spaces
	is      func(*resource) bool
	on      func(*resource) any // the resources of the permission
}

// ways are by the actions of services that read or change what is granted, or who may.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var ways = []way{
	{"s3:GetObjectVersion", isBucket, objects}, {"s3:GetObject", isBucket, objects}, {"s3:PutObject", isBucket, objects}, {"s3:DeleteObject", isBucket, objects},
	{"s3:DeleteObjectVersion", isBucket, objects}, {"s3:ReplicateObject", isBucket, objects}, {"s3:BypassGovernanceRetention s3:DeleteObjectVersion", isBucket, objects},
	{"s3:ListBucket", isBucket, itself}, {"s3:ListBucketVersions", isBucket, itself}, {"s3:PutBucketPolicy", isBucket, itself}, {"s3:DeleteBucketPolicy", isBucket, itself},
	{"s3:PutReplicationConfiguration", isBucket, itself}, {"s3:PutInventoryConfiguration", isBucket, itself}, {"s3:PutLifecycleConfiguration", isBucket, itself},
	{"s3:PutBucketPublicAccessBlock s3:PutBucketPolicy", isBucket, itself}, {"s3:PutEncryptionConfiguration", isBucket, itself},
	{"dynamodb:Scan", isTable, itself}, {"dynamodb:PartiQLSelect", isTable, itself}, {"dynamodb:PutResourcePolicy", isTable, itself},
	{"dynamodb:ExportTableToPointInTime", isTable, itself}, {"dynamodb:UpdateItem", isTable, itself}, {"dynamodb:DeleteTable", isTable, itself},
	{"kms:CreateGrant", isDataKey, itself}, {"kms:PutKeyPolicy", isDataKey, itself}, {"kms:ScheduleKeyDeletion", isDataKey, itself}, {"kms:DisableKey", isDataKey, itself},
	{"iam:PutRolePolicy", isGrantRole, itself}, {"iam:AttachRolePolicy", isGrantRole, itself}, {"iam:UpdateAssumeRolePolicy", isGrantRole, itself},
	{"iam:DeleteRolePermissionsBoundary iam:PutRolePolicy", isGrantRole, itself},
	{"iam:PassRole lambda:CreateFunction lambda:InvokeFunction", isGranteeRole, everything},
	{"iam:PassRole ec2:RunInstances", isGranteeRole, everything}, {"iam:*", isGrantRole, everything}, {"*", isGrantRole, everything},
	{"lambda:UpdateFunctionCode", isWorkload, itself}, {"lambda:UpdateFunctionConfiguration", isWorkload, itself}, {"lambda:InvokeFunction", isWorkload, itself},
	{"lambda:AddPermission", isWorkload, itself}, {"lambda:CreateFunctionUrlConfig lambda:AddPermission", isWorkload, itself},
	{"lambda:InvokeFunctionUrl", isWorkloadWithURL, itself},
	{"ssm:SendCommand", isInstance, everything}, {"ssm:StartSession", isInstance, everything}, {"ec2:ModifyInstanceAttribute", isInstance, everything},
	{"ec2:AssociateIamInstanceProfile ec2:ReplaceIamInstanceProfileAssociation iam:PassRole", isInstance, everything},
	{"sqs:ReceiveMessage", isEventQueue, itself}, {"sqs:SendMessage", isEventQueue, itself}, {"sqs:SetQueueAttributes", isEventQueue, itself},
	{"events:PutEvents", isBus, itself}, {"events:PutTargets events:PutRule", isBus, everything},
	{"cloudformation:UpdateStack", isData, everything},
	{"apigateway:PATCH", isAPI, everything},
}

func objects(r *resource) any  { return arnIn(r, "/*") }
func everything(*resource) any { return "*" }
func itself(r *resource) any   { return arnIn(r, "") }
func foreignRoot() any         { return map[string]any{"AWS": "arn:aws:iam::" + foreignAccount + ":root"} }
func rolePolicies(all ...any) any {
	return []any{map[string]any{"PolicyName": "other", "PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": all}}}
}

func isWorkloadWithURL(r *resource) bool {
	return isWorkload(r) && slices.ContainsFunc(r.subject.resources, func(u *resource) bool {
		return u.Type == "AWS::Lambda::Url" && u.template == r.template && slices.Contains([]string{r.ARN, r.Ref}, u.text(place{"TargetFunctionArn"}))
	})
}

// allow is a statement of an identity policy.
func allow(actions, resource any) map[string]any {
	return map[string]any{"Effect": "Allow", "Action": actions, "Resource": resource}
}

// trusting is a trust policy for a principal.
func trusting(principal any) any {
	return document(map[string]any{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})
}

// otherRole is a role with policies of its own.
func otherRole(trust any, statements ...any) any {
	return made("AWS::IAM::Role", map[string]any{"AssumeRolePolicyDocument": trust, "Policies": rolePolicies(statements...)})
}

// wayOperators add a role that another account may assume.
func wayOperators() (all []*operator) {
	for _, w := range ways {
		all = append(all, adding("others: "+w.actions, w.is, func(r *resource) map[string]any {
			return map[string]any{"Other": otherRole(trusting(foreignRoot()), allow(anyList(strings.Fields(w.actions)), w.on(r)))}
		}))
	}
	return all
}

func anyList(all []string) (items []any) {
	for _, one := range all {
		items = append(items, one)
	}
	return items
}

// reads is the statement of a role that reads data.
func reads(r *resource) map[string]any {
	if isTable(r) {
		return allow("dynamodb:GetItem", get(r, "Arn"))
	}
	return allow("s3:GetObject", objects(r))
}

func roleNamed(r *resource, name string) map[string]any {
	return map[string]any{"AWS": "arn:aws:iam::" + r.Stack.Account + ":role/" + name}
}

// named is a role with a name.
func named(name string, role any) any { return with(role, place{"Properties", "RoleName"}, name) }

func assume(r *resource, name string) map[string]any {
	return allow("sts:AssumeRole", "arn:aws:iam::"+r.Stack.Account+":role/"+name)
}

// trustOperators let others have a role with the data, in several steps and by each kind of principal.
func trustOperators() []*operator {
	return []*operator{
		adding("others in two steps", isData, func(r *resource) map[string]any {
			return map[string]any{"OtherOne": named("one", otherRole(trusting(foreignRoot()), assume(r, "two"))),
				"OtherTwo": named("two", otherRole(trusting(roleNamed(r, "one")), reads(r)))}
		}),
		adding("others in three steps", isData, func(r *resource) map[string]any {
			return map[string]any{"OtherOne": named("one", otherRole(trusting(foreignRoot()), assume(r, "two"))),
				"OtherTwo":   named("two", otherRole(trusting(roleNamed(r, "one")), assume(r, "three"))),
				"OtherThree": named("three", otherRole(trusting(roleNamed(r, "two")), reads(r)))}
		}),
		adding("others, then a role's own policy", isData, func(r *resource) map[string]any {
			return map[string]any{"OtherOne": named("one", otherRole(trusting(foreignRoot()), allow("iam:PutRolePolicy", "arn:aws:iam::"+r.Stack.Account+":role/one")))}
		}),
		adding("others, then another role's trust", isGrantRole, func(r *resource) map[string]any {
			return map[string]any{"OtherOne": named("one", otherRole(trusting(foreignRoot()), assume(r, "two"))),
				"OtherTwo": named("two", otherRole(trusting(roleNamed(r, "one")), allow("iam:UpdateAssumeRolePolicy", get(r, "Arn"))))}
		}),
		adding("others, then the function's code", isWorkload, func(r *resource) map[string]any {
			return map[string]any{"OtherOne": named("one", otherRole(trusting(foreignRoot()), assume(r, "two"))),
				"OtherTwo": named("two", otherRole(trusting(roleNamed(r, "one")), allow("lambda:UpdateFunctionCode", get(r, "Arn"))))}
		}),
		trusted("anyone", "*", "sts:AssumeRole", nil),
		trusted("another account by its id", map[string]any{"AWS": foreignAccount}, "sts:AssumeRole", nil),
		trusted("another account's role", map[string]any{"AWS": "arn:aws:iam::" + foreignAccount + ":role/other"}, "sts:AssumeRole", nil),
		trusted("another account's user", map[string]any{"AWS": "arn:aws:iam::" + foreignAccount + ":user/other"}, "sts:AssumeRole", nil),
		trusted("another account with an ExternalId", foreignRoot(), "sts:AssumeRole", map[string]any{"StringEquals": map[string]any{"sts:ExternalId": "other"}}),
		trusted("anyone of an organization", "*", "sts:AssumeRole", map[string]any{"StringEquals": map[string]any{"aws:PrincipalOrgID": "o-other12345"}}),
		trusted("OIDC", map[string]any{"Federated": "token.actions.githubusercontent.com"}, "sts:AssumeRoleWithWebIdentity",
			map[string]any{"StringEquals": map[string]any{"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"}}),
		trusted("a public identity provider", map[string]any{"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity", nil),
		trusted("a Cognito identity pool", map[string]any{"Federated": "cognito-identity.amazonaws.com"}, "sts:AssumeRoleWithWebIdentity", nil),
		trusted("SAML", map[string]any{"Federated": "arn:aws:iam::" + foreignAccount + ":saml-provider/other"}, "sts:AssumeRoleWithSAML", nil),
		trusted("all but one account", nil, "sts:AssumeRole", nil),
		on("OIDC in the role's trust", isGrantRole, func(r *resource) []change {
			return []change{r.moreTrust("GitHub", map[string]any{"Effect": "Allow", "Principal": map[string]any{"Federated": "arn:aws:iam::" + r.Stack.Account +
				":oidc-provider/token.actions.githubusercontent.com"}, "Action": "sts:AssumeRoleWithWebIdentity"})}
		}),
		on("a service in the trusted role's trust", isTrustedRole, func(r *resource) []change {
			return []change{r.moreTrust("CodeBuild", map[string]any{"Effect": "Allow", "Principal": map[string]any{"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"})}
		}),
		on("another account with an ExternalId in the trust", isGrantRole, func(r *resource) []change {
			return []change{r.moreTrust("ExternalId", map[string]any{"Effect": "Allow", "Principal": foreignRoot(), "Action": "sts:AssumeRole",
				"Condition": map[string]any{"StringEquals": map[string]any{"sts:ExternalId": "other"}}})}
		}),
		adding("a function of others as the grantee", isGranteeRole, func(r *resource) map[string]any {
			return map[string]any{
				"OtherFunction": made("AWS::Lambda::Function", map[string]any{"FunctionName": "other", "Role": get(r, "Arn"), "Runtime": "nodejs24.x", "Handler": "index.handler",
					"Code": map[string]any{"ZipFile": "exports.handler = async () => {}"}}),
				"OtherPermission": made("AWS::Lambda::Permission", map[string]any{"FunctionName": "other", "Action": "lambda:InvokeFunction", "Principal": foreignAccount}),
			}
		}),
		adding("a managed policy that allows everything", isTrustedRole, func(r *resource) map[string]any {
			return map[string]any{"OtherPolicy": made("AWS::IAM::ManagedPolicy", map[string]any{"Roles": []any{ref(r)},
				"PolicyDocument": document(allow("*", "*"))})}
		}),
	}
}

// trusted is an operator that adds a role with the data, for a principal. Without one it is for all but one account.
func trusted(name string, principal any, action string, condition map[string]any) *operator {
	return adding("a role for "+name, isData, func(r *resource) map[string]any {
		statement := map[string]any{"Effect": "Allow", "Principal": principal, "Action": action}
		if principal == nil {
			delete(statement, "Principal")
			statement["NotPrincipal"] = map[string]any{"AWS": "arn:aws:iam::" + r.Stack.Account + ":root"}
		}
		if condition != nil {
			statement["Condition"] = condition
		}
		return map[string]any{"Other": otherRole(document(statement), reads(r))}
	})
}

// moreTrust is a role with one more statement in its trust policy.
func (r *resource) moreTrust(what string, statement any) change {
	statements := append(slices.Clone(list(at(r.property("AssumeRolePolicyDocument"), place{"Statement"}))), statement)
	return r.setIn(statements, what, "AssumeRolePolicyDocument", "Statement")
}

// formOperators let another account have a role whose permissions are written in each form.
func formOperators() []*operator {
	return []*operator{
		form("a managed policy", func(r *resource) map[string]any {
			return map[string]any{"Other": otherRoleOf(nil), "OtherPolicy": made("AWS::IAM::ManagedPolicy", map[string]any{
				"Roles": []any{map[string]any{"Ref": "Other"}}, "PolicyDocument": document(reads(r))})}
		}),
		form("a managed policy by its ARN", func(r *resource) map[string]any {
			return map[string]any{"Other": otherRoleOf(map[string]any{"ManagedPolicyArns": []any{map[string]any{"Ref": "OtherPolicy"}}}),
				"OtherPolicy": made("AWS::IAM::ManagedPolicy", map[string]any{"PolicyDocument": document(reads(r))})}
		}),
		form("a policy of its own", func(r *resource) map[string]any {
			return map[string]any{"Other": otherRoleOf(nil), "OtherPolicy": made("AWS::IAM::Policy", map[string]any{"PolicyName": "other",
				"Roles": []any{map[string]any{"Ref": "Other"}}, "PolicyDocument": document(reads(r))})}
		}),
		form("a role policy", func(r *resource) map[string]any {
			return map[string]any{"Other": otherRoleOf(nil), "OtherPolicy": made("AWS::IAM::RolePolicy", map[string]any{"PolicyName": "other",
				"RoleName": map[string]any{"Ref": "Other"}, "PolicyDocument": document(reads(r))})}
		}),
		form("AdministratorAccess", func(r *resource) map[string]any {
			return map[string]any{"Other": otherRoleOf(map[string]any{"ManagedPolicyArns": []any{"arn:aws:iam::aws:policy/AdministratorAccess"}})}
		}),
		form("an unknown AWS managed policy", func(r *resource) map[string]any {
			return map[string]any{"Other": otherRoleOf(map[string]any{"ManagedPolicyArns": []any{"arn:aws:iam::aws:policy/SomeFullAccess"}})}
		}),
		form("a customer managed policy that no template has", func(r *resource) map[string]any {
			return map[string]any{"Other": otherRoleOf(map[string]any{"ManagedPolicyArns": []any{"arn:aws:iam::" + r.Stack.Account + ":policy/elsewhere"}})}
		}),
		form("NotAction", func(r *resource) map[string]any {
			return map[string]any{"Other": otherRole(trusting(foreignRoot()), map[string]any{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})}
		}),
		form("NotResource", func(r *resource) map[string]any {
			return map[string]any{"Other": otherRole(trusting(foreignRoot()), map[string]any{"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::something-else"})}
		}),
		form("wildcards in the action", func(r *resource) map[string]any {
			action := any([]any{"s3:*Object*"})
			if isTable(r) {
				action = "dynamodb:*Item"
			}
			return map[string]any{"Other": otherRole(trusting(foreignRoot()), allow(action, "*"))}
		}),
		form("an action in another case", func(r *resource) map[string]any {
			action := any("S3:getobject")
			if isTable(r) {
				action = "DynamoDB:getitem"
			}
			return map[string]any{"Other": otherRole(trusting(foreignRoot()), allow(action, "*"))}
		}),
		form("wildcards in the resource", func(r *resource) map[string]any {
			arn := any("arn:*:s3:::*")
			if isTable(r) {
				arn = "arn:aws:dynamodb:*:*:table/*"
			}
			return map[string]any{"Other": otherRole(trusting(foreignRoot()), allow("*", arn))}
		}),
		form("a boundary that allows it", func(r *resource) map[string]any {
			role := otherRole(trusting(foreignRoot()), reads(r))
			return map[string]any{"Other": with(role, place{"Properties", "PermissionsBoundary"}, "arn:aws:iam::aws:policy/PowerUserAccess")}
		}),
	}
}

func form(name string, resources func(*resource) map[string]any) *operator {
	return adding("others by "+name, isData, resources)
}

// otherRoleOf is a role without policies of its own.
func otherRoleOf(more map[string]any) any {
	role := any(made("AWS::IAM::Role", map[string]any{"AssumeRolePolicyDocument": trusting(foreignRoot())}))
	for _, key := range sorted(more) {
		role = with(role, place{"Properties", key}, more[key])
	}
	return role
}
