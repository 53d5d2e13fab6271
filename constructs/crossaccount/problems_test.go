package crossaccount_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/contract"
)

func TestGrantsThatAreRefused(t *testing.T) {
	read := func(a accounts, prefixes ...string) []crossaccount.Permission {
		return []crossaccount.Permission{crossaccount.ReadBucket(bucket(a.target, nil), prefixes...)}
	}
	for name, c := range map[string]struct {
		change   func(a *accounts, props *crossaccount.GrantProps)
		expected []string
	}{
		"nothing set": {
			func(_ *accounts, p *crossaccount.GrantProps) { *p = crossaccount.GrantProps{} },
			[]string{
				`Name: found "", expected letters`, `Stage: found "", expected letters`, "Grantees: found none, expected at least one: a construct with a role, such as a Lambda function, or RoleByName",
				"Target: found nil, expected the stack", "Permissions: found none, expected at least one",
			},
		},
		"a grantee whose role has no name of its own": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(role(a.source, "Nameless", ""))
			},
			[]string{"Grantees[0]: found a role without a name of its own, expected RoleName to be set on it"},
		},
		"a grantee that is a service": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil))
			},
			[]string{"Grantees[0]: found the AWS service ec2.amazonaws.com, expected one IAM role: the one that the service runs your code as, such as a function's"},
		},
		"a grantee that is everyone": {
			func(_ *accounts, p *crossaccount.GrantProps) { p.Grantees = to(awsiam.NewAnyPrincipal()) },
			[]string{"Grantees[0]: found everybody, expected one IAM role; Organization is for all of an organization"},
		},
		"a grantee that is a whole account": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(awsiam.NewAccountPrincipal("333333333333"))
			},
			[]string{"Grantees[0]: found all of an account, arn:aws:iam::333333333333:root, expected one IAM role of it, such as RoleByName; Organization is for all of an organization"},
		},
		"a user": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(awsiam.NewUser(a.source, jsii.String("User"), nil))
			},
			[]string{"Grantees[0]: found a user, whose keys do not expire, expected one IAM role: the one that the user's code can run as"},
		},
		"a user by its ARN": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::111111111111:user/u")))
			},
			[]string{"Grantees[0]: found user arn:aws:iam::111111111111:user/u, whose keys do not expire, expected one IAM role"},
		},
		"a group": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(awsiam.NewGroup(a.source, jsii.String("Group"), nil))
			},
			[]string{"Grantees[0]: found a group, which AWS accepts as a principal nowhere, expected one IAM role: the one that its members can assume"},
		},
		"a session": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(awsiam.NewArnPrincipal(jsii.String("arn:aws:sts::111111111111:assumed-role/r/s")))
			},
			[]string{"Grantees[0]: found session arn:aws:sts::111111111111:assumed-role/r/s, expected the ARN of its IAM role"},
		},
		"users of an identity provider": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(awsiam.NewFederatedPrincipal(jsii.String("arn:aws:iam::111111111111:oidc-provider/x"), nil, nil))
			},
			[]string{"Grantees[0]: found users of identity provider arn:aws:iam::111111111111:oidc-provider/x, expected one IAM role: one of the source account that they can assume (AssumedBy)"},
		},
		"an organization as CDK has it": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(awsiam.NewOrganizationPrincipal(jsii.String("o-a1b2c3d4e5")))
			},
			[]string{"Grantees[0]: found an organization as a principal, expected the function Organization, for all of it, or one IAM role with Trust.OrganizationID"},
		},
		"an organization among other grantees": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = append(p.Grantees, crossaccount.Organization("o-a1b2c3d4e5"))
			},
			[]string{"Grantees[1]: found organization o-a1b2c3d4e5 among other grantees, expected it alone: it takes a grant of its own"},
		},
		"an organization by another ID": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = append(p.Grantees, crossaccount.Organization("ou-a1b2-c3d4e5f6"))
			},
			[]string{`Grantees[1]: found organization "ou-a1b2-c3d4e5f6", expected its ID, such as o-a1b2c3d4e5`},
		},
		"any permission set": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = append(p.Grantees, crossaccount.PermissionSetRole("111111111111", "eu-west-1", "*"))
			},
			[]string{`Grantees[1]: found permission set "*" of account "111111111111" and region "eu-west-1", expected 12 digits, the region of Identity Center, and a name of 1 to 32 letters, digits and _+=,.@-`},
		},
		"a permission set's role by a wildcard": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = append(p.Grantees, crossaccount.RoleByName("111111111111", "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Analyst_*"))
			},
			[]string{`AWSReservedSSO_Analyst_*", expected PermissionSetRole, which leaves open no more than the suffix`},
		},
		"a permission set's role as a principal": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees, p.Trust.Mode = append(p.Grantees, crossaccount.PermissionSetRole("111111111111", "eu-west-1", "Analyst")), crossaccount.ExactRole
			},
			[]string{"Trust.Mode: found ExactRole with arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Analyst_????????????????, expected NamedRole"},
		},
		"a version that stays as it is": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(awslambda.NewVersion(a.source, jsii.String("V1"), &awslambda.VersionProps{Lambda: function(a.source)}))
			},
			[]string{"Grantees[0]: found version Source/V1, whose environment variables AWS keeps as they are when it is published, expected the function's CurrentVersion"},
		},
		"an alias of a version that stays as it is": {
			func(a *accounts, p *crossaccount.GrantProps) {
				version := awslambda.NewVersion(a.source, jsii.String("V1"), &awslambda.VersionProps{Lambda: function(a.source)})
				p.Grantees = to(awslambda.NewAlias(a.source, jsii.String("Live"), &awslambda.AliasProps{AliasName: jsii.String("live"), Version: version}))
			},
			[]string{"Grantees[0]: found version Source/V1, whose environment variables AWS keeps"},
		},
		"an imported function without its role": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(awslambda.Function_FromFunctionArn(a.source, jsii.String("Theirs"), jsii.String("arn:aws:lambda:ap-northeast-1:111111111111:function:theirs")))
			},
			[]string{"Grantees[0]: found an imported function without its role, expected it: import the function by FromFunctionAttributes with its Role"},
		},
		"a role of a third account": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::333333333333:role/other")))
			},
			[]string{"Grantees[0]: found a role of account 333333333333, expected one of the source account 111111111111"},
		},
		"a role of the target account": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(role(a.target, "There", "there"))
			},
			[]string{"Grantees: found arn:aws:iam::222222222222:role/there, a role of the target account itself, expected one of another account; AllowSameAccount"},
		},
		"an imported role that takes no policy": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(awsiam.Role_FromRoleArn(a.source, jsii.String("Theirs"), jsii.String("arn:aws:iam::111111111111:role/theirs"),
					&awsiam.FromRoleArnOptions{Mutable: jsii.Bool(false)}))
			},
			[]string{
				"found the policy of arn:aws:iam::111111111111:role/theirs, which this app cannot change. Add this statement to it, then set StatementsAddedManually: ",
				`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1"}`,
			},
		},
		"a second grantee that takes no policy, after one that does": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Grantees = append(p.Grantees, awsiam.Role_FromRoleArn(a.source, jsii.String("Theirs"), jsii.String("arn:aws:iam::111111111111:role/theirs"),
					&awsiam.FromRoleArnOptions{Mutable: jsii.Bool(false)}))
			},
			[]string{"found the policy of arn:aws:iam::111111111111:role/theirs, which this app cannot change"},
		},
		"a principal that is no construct": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::111111111111:role/other")))
			},
			[]string{"found the policy of arn:aws:iam::111111111111:role/other, which this app cannot change", `"Action":"sts:AssumeRole"`},
		},
		"a permission that is nil": {
			func(_ *accounts, p *crossaccount.GrantProps) { p.Permissions = append(p.Permissions, nil) },
			[]string{"Permissions[1]: found nil, expected a permission"},
		},
		"a bucket that is nil": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Permissions = []crossaccount.Permission{crossaccount.ReadBucket(nil), crossaccount.ReadTable(nil), crossaccount.UseKey(nil)}
			},
			[]string{"Permissions[0]: bucket: found nil, expected a bucket", "Permissions[1]: table: found nil", "Permissions[2]: key: found nil"},
		},
		"a table of the source account": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Permissions = []crossaccount.Permission{crossaccount.ReadTable(importedTable(a.source))}
			},
			[]string{"Permissions[0]: found a resource of account 111111111111, expected one of the target account 222222222222"},
		},
		"a permission of another package that permits everything": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Permissions = []crossaccount.Permission{everything{}}
			},
			[]string{
				`Permissions[0]: statement Everything: actions: found "s3:*", expected service:Action without a wildcard`,
				`resources: found "arn:aws:s3:::*", expected an ARN of specific resources`,
			},
		},
		"a bucket without a name, that the function has to learn": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(function(a.source))
				p.Permissions = []crossaccount.Permission{crossaccount.ReadBucket(awss3.NewBucket(a.target, jsii.String("Nameless"), nil))}
			},
			[]string{"Permissions[0]: found a resource without a name of its own in ReadBucketList, ReadBucketObjects, CROSSGRANT_BUCKET, expected one (such as BucketName or TableName; in a Permission of your own, CrossAccountResources): the source account's policies name it"},
		},
		"a bucket without a name, that the endpoint has to name": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Endpoints.S3 = gateway(*a)
				p.Permissions = []crossaccount.Permission{crossaccount.ReadBucket(awss3.NewBucket(a.target, jsii.String("Nameless"), nil))}
			},
			[]string{"Permissions[0]: found a resource without a name of its own in "},
		},
		"a table without a name, whose stream the endpoint has to name": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Endpoints.DynamoDBStreams = everyEndpoint(*a).DynamoDBStreams
				p.Permissions = []crossaccount.Permission{crossaccount.ReadStream(awsdynamodb.NewTable(a.target, jsii.String("Nameless"), &awsdynamodb.TableProps{
					PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
					Stream:       awsdynamodb.StreamViewType_KEYS_ONLY,
				}))}
			},
			[]string{"Permissions[0]: found a resource without a name of its own in "},
		},
		"a gateway endpoint of another region": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Endpoints.S3 = gateway(*a)
				p.Target = stackIn(a.app, "Far", "222222222222", "eu-west-1")
				p.Permissions = []crossaccount.Permission{crossaccount.ReadBucket(bucket(p.Target, nil))}
			},
			[]string{"Endpoints: found endpoints of ap-northeast-1 for a target in eu-west-1, expected one region"},
		},
		"a function that another grant has configured": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(function(a.source))
				other := *p
				other.Name = "before"
				crossaccount.NewCrossAccountGrant(a.source, "Before", other)
			},
			[]string{"Grantees[0]: found a function whose variables CROSSGRANT_… another grant has set, expected one grant for each prefix: set EnvironmentPrefix"},
		},
		"a prefix of variables in small letters": {
			func(_ *accounts, p *crossaccount.GrantProps) { p.EnvironmentPrefix = "lake_" },
			[]string{`EnvironmentPrefix: found "lake_", expected capital letters, digits and _`},
		},
		"a name that the target stack has": {
			func(a *accounts, p *crossaccount.GrantProps) {
				crossaccount.NewCrossAccountGrant(a.source, "Before", *p)
			},
			[]string{`id: found "reading", which another construct in Target has, expected another one (in the target stack, a CrossAccountGrant's Name is the id)`},
		},
		"two grants, in two stacks of one account, that give one role name": {
			func(a *accounts, p *crossaccount.GrantProps) {
				other := *p
				other.Name, other.Stage = "reading-dev", "x"
				crossaccount.NewCrossAccountGrant(a.source, "Before", other)
				p.Name, p.Stage, p.Target = "reading", "dev-x", stackIn(a.app, "Second", "222222222222", "ap-northeast-1")
				p.Permissions = []crossaccount.Permission{crossaccount.ReadTable(importedTable(p.Target))}
			},
			[]string{`Name: found "reading" and Stage: "dev-x", which result in role arn:aws:iam::222222222222:role/reading-dev-x-ap-northeast-1, as another grant of this app does`},
		},
		"two grants of one name in one app, in two accounts": {
			func(a *accounts, p *crossaccount.GrantProps) {
				crossaccount.NewCrossAccountGrant(a.source, "Before", *p)
				p.Target = stackIn(a.app, "Third", "333333333333", "ap-northeast-1")
				p.Permissions = []crossaccount.Permission{crossaccount.ReadTable(importedTable(p.Target))}
			},
			[]string{`Name: found "reading" and Stage: "dev" for accounts 222222222222 and 333333333333 in one region, expected another Name or Stage for one of them: contract.json identifies a grant by these`},
		},
		"two exact roles, each in a stack that depends on the other": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Trust.Mode = crossaccount.ExactRole
				a.source.AddStackDependency(a.target, nil)
			},
			[]string{"Trust.Mode: found ExactRole for a role of stack Source, which depends on stack Target already; expected NamedRole"},
		},
		"a grantee twice": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Grantees = append(p.Grantees, p.Grantees[0])
			},
			[]string{"Grantees[1]: found arn:aws:iam::111111111111:role/reader twice, expected each role once"},
		},
		"a grantee that is nil": {
			func(_ *accounts, p *crossaccount.GrantProps) { p.Grantees = append(p.Grantees, nil) },
			[]string{"Grantees[1]: found nil, expected a construct with a role"},
		},
		"a grantee with conditions": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(awsiam.NewPrincipalWithConditions(awsiam.NewArnPrincipal(jsii.String("arn:aws:iam::111111111111:role/other")),
					&map[string]any{"Bool": map[string]any{"aws:MultiFactorAuthPresent": "true"}}))
			},
			[]string{"Grantees[0]: found a principal with conditions, expected a role"},
		},
		"a role by a name with a wildcard": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = append(p.Grantees, crossaccount.RoleByName("333333333333", "team/*"))
			},
			[]string{`Grantees[1]: found "arn:aws:iam::333333333333:role/team/*", expected RoleByName with an account of 12 digits and the name of one role, without wildcards`},
		},
		"a role by its ARN instead of account and name": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = append(p.Grantees, crossaccount.RoleByName("333333333333", "arn:aws:iam::333333333333:role/three"))
			},
			[]string{"Grantees[1]: found ", "expected RoleByName with an account of 12 digits"},
		},
		"only roles of other apps": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Grantees = to(crossaccount.RoleByName("111111111111", "reader"))
			},
			[]string{"Grantees: found only roles of other apps, or an organization, expected a construct of this one; for those alone, use NewTargetGrant"},
		},
		"an unknown access": {
			func(_ *accounts, p *crossaccount.GrantProps) { p.Access = "Public" },
			[]string{`Access: found "Public", expected one of ["AssumeRole" "Direct"]`},
		},
		"direct access with what is asked of a role": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Access, p.Role = crossaccount.Direct, role(a.target, "There", "there")
				p.Trust = crossaccount.Trust{ExternalID: "id-1", SourceIdentity: "reader", Session: crossaccount.MinSession, Path: "/a/",
					Boundary: awsiam.ManagedPolicy_FromAwsManagedPolicyName(jsii.String("ReadOnlyAccess"))}
			},
			[]string{
				"Trust.ExternalID: found one, expected none: Direct access assumes no role", "Trust.SourceIdentity: found one", "Trust.Session: found one",
				"Trust.Path: found one", "Trust.Boundary: found one", "Role: found one, expected none: Direct access assumes no role",
			},
		},
		"direct access by a permission of another package": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Access, p.Permissions = crossaccount.Direct, []crossaccount.Permission{deleteItem{}}
			},
			[]string{"Permissions[0]: found DeleteItem with Direct access, expected AssumeRole: this construct writes no resource policy for it, only those of buckets, tables (not of their streams), keys, queues, topics, secrets and functions, for the permissions of this package"},
		},
		"direct access to a bucket with a key that AWS manages": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Access = crossaccount.Direct
				p.Permissions = []crossaccount.Permission{crossaccount.WriteBucket(awss3.NewBucket(a.target, jsii.String("Managed"), &awss3.BucketProps{
					BucketName: jsii.String("managed-of-222"), Encryption: awss3.BucketEncryption_KMS_MANAGED,
				}))}
			},
			[]string{"Permissions[0]: found bucket Target/Managed, encrypted with a key that AWS manages, with Direct access; expected AssumeRole, or a customer managed key"},
		},
		"direct access to a table with a key that AWS manages": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Access = crossaccount.Direct
				p.Permissions = []crossaccount.Permission{crossaccount.ReadTable(awsdynamodb.NewTable(a.target, jsii.String("Managed"), &awsdynamodb.TableProps{
					TableName: jsii.String("managed"), Encryption: awsdynamodb.TableEncryption_AWS_MANAGED,
					PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
				}))}
			},
			[]string{"Permissions[0]: found table Target/Managed, encrypted with a key that AWS manages, with Direct access"},
		},
		"direct access to a TableV2 with a key that AWS manages": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Access = crossaccount.Direct
				p.Permissions = []crossaccount.Permission{crossaccount.ReadTable(awsdynamodb.NewTableV2(a.target, jsii.String("Managed"), &awsdynamodb.TablePropsV2{
					TableName: jsii.String("managed"), Encryption: awsdynamodb.TableEncryptionV2_AwsManagedKey(),
					PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
				}))}
			},
			[]string{"Permissions[0]: found table Target/Managed, encrypted with a key that AWS manages, with Direct access"},
		},
		"direct access to a bucket with two layers of a key that AWS manages": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Access = crossaccount.Direct
				p.Permissions = []crossaccount.Permission{crossaccount.WriteBucket(awss3.NewBucket(a.target, jsii.String("Managed"), &awss3.BucketProps{
					BucketName: jsii.String("managed-of-222"), Encryption: awss3.BucketEncryption_DSSE_MANAGED,
				}))}
			},
			[]string{"Permissions[0]: found bucket Target/Managed, encrypted with a key that AWS manages, with Direct access"},
		},
		"a copy from a stack without account": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Permissions = []crossaccount.Permission{crossaccount.CopyIntoBucket(bucket(stackIn(a.app, "Anywhere", "", ""), nil), bucket(a.target, nil))}
			},
			[]string{"Permissions[0]: source: found one in a stack without account and region, expected explicit ones in its Env"},
		},
		"a copy of a prefix with a wildcard": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Permissions = []crossaccount.Permission{crossaccount.CopyIntoBucket(originBucket(*a), bucket(a.target, nil), "/in/", "out*")}
			},
			[]string{`Permissions[0]: prefixes: found "/in/", expected it without the leading /`, `Permissions[0]: prefixes: found "out*", expected it without the * at its end`},
		},
		"an existing role of the source account": {
			func(a *accounts, p *crossaccount.GrantProps) { p.Role = role(a.source, "Here", "here") },
			[]string{"Role: found arn:aws:iam::111111111111:role/here, expected a role of the target account 222222222222"},
		},
		"an existing role without a name of its own": {
			func(a *accounts, p *crossaccount.GrantProps) { p.Role = role(a.target, "There", "") },
			[]string{"Role: found a role without a name of its own, expected RoleName to be set on it"},
		},
		"an existing role and a path": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Role, p.Trust.Path = role(a.target, "There", "there"), "/a/"
			},
			[]string{"Trust: found a Path or a Boundary, expected none with Role: they are that role's own"},
		},
		"a permission of another package on a third account's table": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Permissions = []crossaccount.Permission{ownPermission{resource: "arn:aws:dynamodb:ap-northeast-1:333333333333:table/t"}}
			},
			[]string{"Permissions[0]: statement Own: found arn:aws:dynamodb:ap-northeast-1:333333333333:table/t, expected a resource of the target account 222222222222"},
		},
		"a permission of another package that sets the role": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Permissions = []crossaccount.Permission{ownPermission{variable: "CROSSGRANT_ROLE_ARN"}}
			},
			[]string{"Permissions[0]: found the variable CROSSGRANT_ROLE_ARN, expected a name that begins with CROSSGRANT_ and that the grant does not set itself"},
		},
		"a permission of another package with a variable of another name": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Permissions = []crossaccount.Permission{ownPermission{variable: "TABLE"}}
			},
			[]string{"Permissions[0]: found the variable TABLE, expected a name that begins with CROSSGRANT_"},
		},
		"a permission of another package that permits nothing": {
			func(_ *accounts, p *crossaccount.GrantProps) {
				p.Permissions = []crossaccount.Permission{ownPermission{nothing: true}}
			},
			[]string{"Permissions[0]: found no statement, expected at least one"},
		},
		"a bucket in another region than the target stack": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Permissions = []crossaccount.Permission{crossaccount.ReadBucket(awss3.Bucket_FromBucketAttributes(a.target, jsii.String("Far"), &awss3.BucketAttributes{
					BucketName: jsii.String("far-of-222"), Region: jsii.String("eu-west-1"),
				}))}
			},
			[]string{"Permissions[0]: found a resource in eu-west-1, expected one in the target's region ap-northeast-1: create the target stack there"},
		},
		"a copy between regions through endpoints of one": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Perimeter.Vpcs = []string{"vpc-0a1b2c3d4e5f67890"}
				far := awss3.Bucket_FromBucketAttributes(a.source, jsii.String("Far"), &awss3.BucketAttributes{BucketName: jsii.String("far-of-111"), Region: jsii.String("eu-west-1")})
				p.Permissions = []crossaccount.Permission{crossaccount.CopyIntoBucket(far, bucket(a.target, nil))}
			},
			[]string{"Permissions[0]: found a source bucket in eu-west-1 with a perimeter of endpoints in ap-northeast-1, expected one region"},
		},
		"a copy inside one account": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Permissions = []crossaccount.Permission{crossaccount.CopyIntoBucket(importedBucket(*a, nil), bucket(stackIn(a.app, "T2", "222222222222", "ap-northeast-1"), nil))}
			},
			[]string{"Permissions[0]: source: found a bucket of the destination's account 222222222222, expected one of the source account"},
		},
		"a copy from nowhere to nowhere": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Permissions = []crossaccount.Permission{crossaccount.CopyIntoBucket(nil, bucket(a.target, nil)), crossaccount.CopyIntoBucket(originBucket(*a), nil)}
			},
			[]string{"Permissions[0]: source: found nil", "Permissions[1]: destination: found nil"},
		},
		"a copy from a bucket without a name": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Permissions = []crossaccount.Permission{crossaccount.CopyIntoBucket(awss3.NewBucket(a.source, jsii.String("Nameless"), nil), bucket(a.target, nil))}
			},
			[]string{"Permissions[0]: found a resource without a name of its own in CopyOriginList, CopyOriginObjects, CROSSGRANT_ORIGIN_BUCKET"},
		},
		"a source stack without an account": {
			func(a *accounts, p *crossaccount.GrantProps) {
				a.source = stackIn(a.app, "Anywhere", "", "ap-northeast-1")
				p.Grantees = to(role(a.source, "Reader", "reader"))
			},
			[]string{"stack Anywhere: found no account, expected an explicit one in its Env"},
		},
		"a target stack without account and region": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Target = stackIn(a.app, "Anywhere", "", "")
			},
			[]string{"stack Anywhere: found no account", "stack Anywhere: found no region"},
		},
		"one account": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Target = stackIn(a.app, "Same", "111111111111", "ap-northeast-1")
			},
			[]string{"found source and target both in account 111111111111, expected two accounts"},
		},
		"a prefix that begins with /": {
			func(a *accounts, p *crossaccount.GrantProps) { p.Permissions = read(*a, "/in/") },
			[]string{`Permissions[0]: prefixes: found "/in/", expected it without the leading /`},
		},
		"a prefix with a wildcard": {
			func(a *accounts, p *crossaccount.GrantProps) { p.Permissions = read(*a, "in/*") },
			[]string{`Permissions[0]: prefixes: found "in/*", expected it without the * at its end`},
		},
		"a prefix with a policy variable": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Permissions = read(*a, "${aws:username}/")
			},
			[]string{`prefixes: found "${aws:username}/", expected it without ${…}: a prefix is taken literally, and nothing is put in place of a variable`},
		},
		"an empty prefix must not become every prefix": {
			func(a *accounts, p *crossaccount.GrantProps) { p.Permissions = read(*a, "") },
			[]string{"prefixes: found an empty one, expected text"},
		},
		"an index with a wildcard": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Permissions = []crossaccount.Permission{crossaccount.ReadTable(importedTable(a.target), "*")}
			},
			[]string{`indexes: found "*", expected it literally`},
		},
		"one permission twice": {
			func(a *accounts, p *crossaccount.GrantProps) {
				p.Permissions = append(p.Permissions, p.Permissions...)
			},
			[]string{"found ReadTableItems twice, expected each kind of permission once for one resource"},
		},
		"a role name with a space": {
			func(_ *accounts, p *crossaccount.GrantProps) { p.Name = "my grant" },
			[]string{`Name: found "my grant", expected letters, digits and _+=,.@-`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := twoAccounts(t)
			props := crossaccount.GrantProps{
				Name: "reading", Stage: "dev", Grantees: to(role(a.source, "Reader", "reader")), Target: a.target,
				Permissions: []crossaccount.Permission{crossaccount.ReadTable(table(a.target, nil))},
			}
			c.change(&a, &props)
			message := refusal(func() { crossaccount.NewCrossAccountGrant(a.source, "Reading", props) })
			for _, expected := range append(c.expected, "cross-account grant ", "/Reading:") {
				if !strings.Contains(message, expected) {
					t.Errorf("found %q, expected %q in it", message, expected)
				}
			}
		})
	}
}

// everything is a permission that someone wrote carelessly.
type everything struct{}

func (everything) Statements() []contract.Statement {
	return []contract.Statement{{Sid: "Everything", Actions: []string{"s3:*"}, Resources: []string{"arn:aws:s3:::*"}}}
}
func (everything) Environment() map[string]string { return nil }
func (everything) Validate() error                { return nil }

// function is a Lambda function whose role has a name of its own.
func function(stack awscdk.Stack) awslambda.Function {
	return awslambda.NewFunction(stack, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_PROVIDED_AL2023(), Handler: jsii.String("bootstrap"), Code: awslambda.Code_FromAsset(jsii.String("testdata"), nil),
		Role: role(stack, "FunctionRole", "function"),
	})
}

// gateway is the S3 endpoint of a small VPC of the source account.
func gateway(a accounts) awsec2.GatewayVpcEndpoint {
	vpc := awsec2.Vpc_FromVpcAttributes(a.source, jsii.String("Vpc"), &awsec2.VpcAttributes{
		VpcId: jsii.String("vpc-1"), AvailabilityZones: jsii.Strings("ap-northeast-1a"), IsolatedSubnetIds: jsii.Strings("subnet-1"),
		IsolatedSubnetRouteTableIds: jsii.Strings("rtb-1"),
	})
	return vpc.AddGatewayEndpoint(jsii.String("S3"), &awsec2.GatewayVpcEndpointOptions{Service: awsec2.GatewayVpcEndpointAwsService_S3()})
}

func importedTable(stack awscdk.Stack) awsdynamodb.ITable {
	return awsdynamodb.Table_FromTableName(stack, jsii.String("Imported"), jsii.String("devices"))
}

// refusal returns the text that the call panics with; empty if it does not panic.
func refusal(call func()) (message string) {
	defer func() {
		if problem := recover(); problem != nil {
			message = fmt.Sprint(problem)
		}
	}()
	call()
	return ""
}

// ownPermission is a permission of another package, with what a case needs.
type ownPermission struct {
	resource, variable string
	nothing            bool
}

func (p ownPermission) Statements() []contract.Statement {
	if p.nothing {
		return nil
	}
	if p.resource == "" {
		p.resource = "arn:aws:dynamodb:ap-northeast-1:222222222222:table/t"
	}
	return []contract.Statement{{Sid: "Own", Actions: []string{"dynamodb:GetItem"}, Resources: []string{p.resource}}}
}

func (p ownPermission) Environment() map[string]string {
	if p.variable == "" {
		return nil
	}
	return map[string]string{p.variable: "t"}
}

func (p ownPermission) Validate() error { return nil }
