package crossaccount_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/contract"
)

// ownBucket is a bucket of the source account, with a key.
func ownBucket(a accounts) awss3.IBucket {
	return awss3.NewBucket(a.source, jsii.String("Own"), &awss3.BucketProps{BucketName: jsii.String("own-of-111"), Encryption: awss3.BucketEncryption_KMS})
}

// The role's policy permits the actions, the endpoint's policy permits them with the same conditions, and S3's own requests to KMS pass no
// endpoint.
func TestSameAccountAccess(t *testing.T) {
	a := twoAccounts(t)
	own := ownBucket(a)
	crossaccount.NewSameAccountAccess(a.source, "Own access", crossaccount.SameAccountAccessProps{
		Grantee: role(a.source, "Writer", "writer"), Endpoints: everyEndpoint(a),
		Permissions: permissions{crossaccount.WriteBucket(own, "in/"), crossaccount.ListBucket(own, "in/")},
	})
	source, _ := a.templates(t)
	view := withoutEmpty(source.View())
	const prefix = "SourceOwnaccess7B0E3572"
	for _, expected := range []string{
		"    Allow " + prefix + "WriteBucketObjects\n      principal  role writer\n      action     s3:AbortMultipartUpload\n                 s3:ListMultipartUploadParts\n" +
			"                 s3:PutObject\n                 s3:PutObjectTagging\n      resource   {Own}.Arn/in/*\n",
		"    Allow " + prefix + "WriteBucketKey\n      principal  role writer\n      action     kms:Decrypt\n                 kms:GenerateDataKey\n      resource   {Own/Key}.Arn\n" +
			"      condition  StringEquals kms:ViaService: s3.ap-northeast-1.amazonaws.com\n",
		"    Allow " + prefix + "ListBucketKeys\n      principal  role writer\n      action     s3:ListBucket\n      resource   {Own}.Arn\n      condition  StringLike s3:prefix: in/*\n",
		"    Allow " + prefix + "WriteBucketObjects\n      principal  *\n      action     s3:AbortMultipartUpload\n                 s3:ListMultipartUploadParts\n" +
			"                 s3:PutObject\n                 s3:PutObjectTagging\n      resource   {Own}.Arn/in/*\n      condition  ArnEquals aws:PrincipalArn: arn:aws:iam::111111111111:role/writer\n",
		"    Allow " + prefix + "ListBucketKeys\n      principal  *\n      action     s3:ListBucket\n      resource   {Own}.Arn\n" +
			"      condition  ArnEquals aws:PrincipalArn: arn:aws:iam::111111111111:role/writer\n      condition  StringLike s3:prefix: in/*\n",
	} {
		if found := strings.Count(view, expected); found != 1 {
			t.Errorf("found %d times, expected once:\n%s\nin\n%s", found, expected, view)
		}
	}
	if strings.Contains(view, "\nkms: endpoint") {
		t.Errorf("found a statement in the policy of the KMS endpoint, expected none:\n%s", view)
	}
	recorded, _ := json.Marshal(source.Metadata[contract.IntentPrefix+"Source/Own access/Use"])
	for _, expected := range []string{`"role":"arn:aws:iam::111111111111:role/writer"`, `"sid":"` + prefix + `WriteBucketObjects"`, `"conditions":{"StringLike":{"s3:prefix":["in/*"]}}`} {
		if !strings.Contains(string(recorded), expected) {
			t.Errorf("found %s, expected a record with %s", recorded, expected)
		}
	}
}

// What is long goes to managed policies, of which IAM accepts 6,144 characters each; all inline policies of a role share 10,240.
func TestSameAccountAccessOfManyPrefixes(t *testing.T) {
	a := twoAccounts(t)
	var prefixes []string
	for i := range 100 {
		prefixes = append(prefixes, fmt.Sprintf("department-%02d/reports/", i))
	}
	crossaccount.NewSameAccountAccess(a.source, "Access", crossaccount.SameAccountAccessProps{
		Grantee:     awsiam.NewRole(a.source, jsii.String("Writer"), &awsiam.RoleProps{RoleName: jsii.String("writer"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)}),
		Permissions: permissions{crossaccount.WriteBucket(ownBucket(a), prefixes...)},
	})
	template := assertions.Template_FromStack(a.source, nil)
	template.ResourceCountIs(jsii.String("AWS::IAM::Policy"), jsii.Number(0))
	resources := 0
	for id, r := range *template.FindResources(jsii.String("AWS::IAM::ManagedPolicy"), nil) {
		document := (*r)["Properties"].(map[string]any)["PolicyDocument"]
		text, err := json.Marshal(document)
		if err != nil || len(text) > 12_000 { // with Fn::GetAtt and Fn::Join for each ARN
			t.Errorf("%s: found %d characters, %v", id, len(text), err)
		}
		resources += strings.Count(string(text), "/reports/*")
	}
	if resources < 100 {
		t.Errorf("found %d prefixes, expected all", resources)
	}
}

// An imported role that takes a policy gets it from CDK.
func TestSameAccountAccessOfAnImportedRole(t *testing.T) {
	a := twoAccounts(t)
	crossaccount.NewSameAccountAccess(a.source, "Access", crossaccount.SameAccountAccessProps{
		Grantee:     awsiam.Role_FromRoleName(a.source, jsii.String("Writer"), jsii.String("writer"), nil),
		Permissions: permissions{crossaccount.ListBucket(ownBucket(a))},
	})
	assertions.Template_FromStack(a.source, nil).HasResourceProperties(jsii.String("AWS::IAM::Policy"), map[string]any{
		"Roles":          []any{"writer"},
		"PolicyDocument": map[string]any{"Statement": []any{assertions.Match_ObjectLike(&map[string]any{"Action": "s3:ListBucket"})}},
	})
}

func TestSameAccountAccessThatIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change   func(a accounts, p *crossaccount.SameAccountAccessProps)
		expected []string
	}{
		"nothing set": {func(_ accounts, p *crossaccount.SameAccountAccessProps) { *p = crossaccount.SameAccountAccessProps{} },
			[]string{"Grantee: found nil", "Permissions: found none"}},
		"a bucket of another account": {func(a accounts, p *crossaccount.SameAccountAccessProps) {
			p.Permissions = permissions{crossaccount.WriteBucket(bucket(a.target, nil))}
		}, []string{"Permissions[0]: found a resource of account 222222222222, expected one of the stack's account 111111111111"}},
		"a copy between accounts": {func(a accounts, p *crossaccount.SameAccountAccessProps) {
			p.Permissions = permissions{crossaccount.CopyIntoBucket(importedBucket(a, nil), awss3.NewBucket(a.source, jsii.String("Copies"), nil))}
		}, []string{"Permissions[0]: statement CopyOriginList: found arn:aws:s3:::data-of-222, expected a resource of the stack's account 111111111111"}},
		"a permission of another package on another account": {func(_ accounts, p *crossaccount.SameAccountAccessProps) { p.Permissions = permissions{deleteItem{}} },
			[]string{"Permissions[0]: statement DeleteItem: found arn:aws:dynamodb:ap-northeast-1:222222222222:table/t, expected a resource of the stack's account 111111111111"}},
		"one permission twice": {func(a accounts, p *crossaccount.SameAccountAccessProps) {
			p.Permissions = append(p.Permissions, p.Permissions[0])
		},
			[]string{"Permissions[1]: found WriteBucketObjects twice"}},
		"a role of another account": {func(a accounts, p *crossaccount.SameAccountAccessProps) { p.Grantee = role(a.target, "There", "there") },
			[]string{"Grantee: found a role of account 222222222222, expected one of the stack's account 111111111111"}},
		"a role without a name": {func(a accounts, p *crossaccount.SameAccountAccessProps) { p.Grantee = role(a.source, "Nameless", "") },
			[]string{"Grantee: found a role without a name of its own"}},
		"a role by its name": {func(_ accounts, p *crossaccount.SameAccountAccessProps) {
			p.Grantee = crossaccount.RoleByName("111111111111", "reader")
		}, []string{"Grantee: found a principal that is not a role of this app"}},
		"an endpoint under another name": {func(a accounts, p *crossaccount.SameAccountAccessProps) {
			p.Endpoints.Others = map[string]crossaccount.EndpointPolicy{"s3": gateway(a)}
		}, []string{`Endpoints.Others: found "s3"`}},
		"an imported role that takes no policy": {func(a accounts, p *crossaccount.SameAccountAccessProps) {
			p.Grantee = awsiam.Role_FromRoleArn(a.source, jsii.String("Theirs"), jsii.String("arn:aws:iam::111111111111:role/theirs"), &awsiam.FromRoleArnOptions{Mutable: jsii.Bool(false)})
		}, []string{"found the policy of arn:aws:iam::111111111111:role/theirs, which this app cannot change", "s3:PutObject"}},
		"an imported endpoint": {func(a accounts, p *crossaccount.SameAccountAccessProps) {
			p.Endpoints.S3 = crossaccount.ImportedEndpoint("vpce-0a1b2c3d4e5f67890")
		}, []string{"found the policy of the s3 endpoint vpce-0a1b2c3d4e5f67890, which this app cannot change", "s3:PutObject"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := twoAccounts(t)
			props := crossaccount.SameAccountAccessProps{Grantee: role(a.source, "Writer", "writer"), Permissions: permissions{crossaccount.WriteBucket(ownBucket(a))}}
			c.change(a, &props)
			found := refusal(func() { crossaccount.NewSameAccountAccess(a.source, "Access", props) })
			for _, expected := range append(c.expected, "same-account access Source/Access:") {
				if !strings.Contains(found, expected) {
					t.Errorf("found %q, expected %q in it", found, expected)
				}
			}
		})
	}
}
