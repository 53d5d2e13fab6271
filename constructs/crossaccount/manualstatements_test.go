package crossaccount_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/contract"
)

// deleteItem is a permission of another package, on a table that is not in the app.
type deleteItem struct{}

func (deleteItem) Statements() []contract.Statement {
	return []contract.Statement{{Sid: "DeleteItem", Actions: []string{"dynamodb:DeleteItem"}, Resources: []string{"arn:aws:dynamodb:ap-northeast-1:222222222222:table/t"}}}
}
func (deleteItem) Environment() map[string]string { return nil }
func (deleteItem) Validate() error                { return nil }

// What CDK would silently leave out, with the statement that has to be added manually.
var manualCases = map[string]struct {
	change func(a accounts, p *crossaccount.GrantProps)
	// policies are whose policy each statement belongs in.
	policies, statements []string
}{
	"a grantee that takes no policy": {
		func(a accounts, p *crossaccount.GrantProps) {
			p.Grantees = to(awsiam.Role_FromRoleArn(a.source, jsii.String("Theirs"), jsii.String("arn:aws:iam::111111111111:role/theirs"),
				&awsiam.FromRoleArnOptions{Mutable: jsii.Bool(false)}))
		},
		[]string{"the policy of arn:aws:iam::111111111111:role/theirs"},
		[]string{`{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1"}`},
	},
	"an imported bucket, directly": {
		func(a accounts, p *crossaccount.GrantProps) {
			p.Access = crossaccount.Direct
			p.Permissions = permissions{crossaccount.DeleteFromBucket(importedBucket(a, nil), "in/")}
		},
		[]string{"the policy of bucket Target/Data"},
		[]string{`{"Sid":"readingdevapnortheast163EB9650DeleteFromBucketObjects","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},` +
			`"Action":"s3:DeleteObject","Resource":"arn:aws:s3:::data-of-222/in/*","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/reader"}}}`},
	},
	"an imported key, directly": {
		func(a accounts, p *crossaccount.GrantProps) {
			p.Access = crossaccount.Direct
			p.Permissions = permissions{crossaccount.UseKey(importedKey(a), crossaccount.Decrypt)}
		},
		[]string{"the policy of key Target/Key"},
		[]string{`{"Sid":"readingdevapnortheast163EB9650UseKey","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},` +
			`"Action":"kms:Decrypt","Resource":"*","Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/reader"}}}`},
	},
	"an imported table, directly, for the exact role": {
		func(a accounts, p *crossaccount.GrantProps) {
			p.Access, p.Trust.Mode = crossaccount.Direct, crossaccount.ExactRole
			p.Permissions = permissions{crossaccount.WriteTable(importedTable(a.target))}
		},
		[]string{"the policy of table Target/Imported"},
		[]string{`{"Sid":"readingdevapnortheast163EB9650WriteTableItems","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:role/reader"},` +
			`"Action":["dynamodb:BatchWriteItem","dynamodb:ConditionCheckItem","dynamodb:DeleteItem","dynamodb:PutItem","dynamodb:UpdateItem"],` +
			`"Resource":"arn:aws:dynamodb:ap-northeast-1:222222222222:table/devices"}`},
	},
	"an imported endpoint": {
		func(_ accounts, p *crossaccount.GrantProps) {
			p.Endpoints.STS = crossaccount.ImportedEndpoint("vpce-0a1b2c3d4e5f67890")
		},
		[]string{"the policy of the sts endpoint vpce-0a1b2c3d4e5f67890"},
		[]string{`{"Sid":"SourceReading0C5693D1","Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Resource":"arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1",` +
			`"Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/reader"}}}`},
	},
	"an imported trusted role": {
		func(a accounts, p *crossaccount.GrantProps) {
			p.Role = awsiam.Role_FromRoleName(a.target, jsii.String("There"), jsii.String("there"), nil)
			p.Trust.SourceIdentity = "reader-of-111"
		},
		[]string{"the trust policy of arn:aws:iam::222222222222:role/there", "the trust policy of arn:aws:iam::222222222222:role/there"},
		[]string{
			`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"sts:AssumeRole",` +
				`"Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/reader"},"StringEquals":{"sts:SourceIdentity":"reader-of-111"}}}`,
			`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"sts:SetSourceIdentity",` +
				`"Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/reader"},"StringEquals":{"sts:SourceIdentity":"reader-of-111"}}}`,
		},
	},
	"an imported trusted role that takes no policy": {
		func(a accounts, p *crossaccount.GrantProps) {
			p.Role = awsiam.Role_FromRoleArn(a.target, jsii.String("There"), jsii.String("arn:aws:iam::222222222222:role/there"), &awsiam.FromRoleArnOptions{Mutable: jsii.Bool(false)})
		},
		[]string{"the policy of arn:aws:iam::222222222222:role/there"},
		[]string{`{"Effect":"Allow","Action":"dynamodb:DeleteItem"`},
	},
	"an imported origin": {
		func(a accounts, p *crossaccount.GrantProps) {
			origin := awss3.Bucket_FromBucketName(a.source, jsii.String("Origin"), jsii.String("origin-of-111"))
			p.Permissions = permissions{crossaccount.CopyIntoBucket(origin, bucket(a.target, nil))}
		},
		[]string{"the policy of bucket Source/Origin", "the policy of bucket Source/Origin"},
		[]string{`"Action":"s3:ListBucket","Resource":"arn:aws:s3:::origin-of-111"`, `"Action":["s3:GetObject","s3:GetObjectTagging"],"Resource":"arn:aws:s3:::origin-of-111/*"`},
	},
}

func manualGrant(t *testing.T, change func(accounts, *crossaccount.GrantProps), accepted bool) (accounts, func()) {
	t.Helper()
	a := twoAccounts(t)
	props := crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Target: a.target, Grantees: to(role(a.source, "Reader", "reader")), StatementsAddedManually: accepted,
		Permissions: permissions{deleteItem{}},
	}
	change(a, &props)
	return a, func() { crossaccount.NewCrossAccountGrant(a.source, "Reading", props) }
}

func TestStatementThatCannotBeWrittenIsAnError(t *testing.T) {
	for name, c := range manualCases {
		t.Run(name, func(t *testing.T) {
			_, grant := manualGrant(t, c.change, false)
			found := refusal(grant)
			for i := range c.policies {
				if before, after, ok := strings.Cut(found, "found "+c.policies[i]+", which this app cannot change. Add this statement to it, then set StatementsAddedManually: "); !ok || before == "" || !strings.Contains(after, c.statements[i]) {
					t.Errorf("found %s\nexpected, for %s, %s", found, c.policies[i], c.statements[i])
				}
			}
		})
	}
}

// When it has been added, the grant is created, and the statements are shown as warnings.
func TestStatementAddedManuallyIsAWarning(t *testing.T) {
	for name, c := range manualCases {
		t.Run(name, func(t *testing.T) {
			a, grant := manualGrant(t, c.change, true)
			if found := refusal(grant); found != "" {
				t.Fatalf("found %s, expected none", found)
			}
			for i := range c.policies {
				for _, expected := range []string{"this app does not write " + c.policies[i] + ". It must have this statement: ", c.statements[i]} {
					found := 0
					for _, stack := range []awscdk.Stack{a.source, a.target} {
						found += len(*assertions.Annotations_FromStack(stack).FindWarning(jsii.String("*"), assertions.Match_StringLikeRegexp(jsii.String(regexp.QuoteMeta(expected)))))
					}
					if found == 0 {
						t.Errorf("found no warning that has %s", expected)
					}
				}
			}
		})
	}
}

// An imported role that takes a policy gets it, so that nothing is left to add manually.
func TestImportedRolesThatTakeAPolicy(t *testing.T) {
	a := twoAccounts(t)
	crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Target: a.target, Permissions: permissions{crossaccount.ReadTable(importedTable(a.target))},
		Grantees: to(awsiam.Role_FromRoleName(a.source, jsii.String("Reader"), jsii.String("reader"), nil)),
		Role:     awsiam.Role_FromRoleName(a.target, jsii.String("There"), jsii.String("there"), nil), StatementsAddedManually: true,
	})
	for stack, expected := range map[awscdk.Stack]string{a.source: "reader SourceReading0C5693D1Assume", a.target: "there readingdevapnortheast163EB9650ReadTableItems"} {
		who, sid, _ := strings.Cut(expected, " ")
		assertions.Template_FromStack(stack, nil).HasResourceProperties(jsii.String("AWS::IAM::Policy"), map[string]any{
			"Roles":          []any{who},
			"PolicyDocument": map[string]any{"Statement": []any{assertions.Match_ObjectLike(&map[string]any{"Sid": sid})}},
		})
	}
}

// A role of the target app becomes the trusted one: statements are added to its trust policy and its policy, and none is removed.
func TestExistingRoleOfTheApp(t *testing.T) {
	a := twoAccounts(t)
	there := role(a.target, "There", "there")
	grant := crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Target: a.target, Permissions: permissions{crossaccount.ReadTable(table(a.target, nil))},
		Grantees: to(role(a.source, "Reader", "reader")), Role: there, Trust: crossaccount.Trust{ExternalID: "id-1", SourceIdentity: "reader-of-111"},
	})
	if grant.RoleARN() != "arn:aws:iam::222222222222:role/there" || *grant.Role().RoleName() != *there.RoleName() {
		t.Errorf("found role %s", grant.RoleARN())
	}
	source, target := a.templates(t)
	compare(t, "existing-role", "source account\n\n"+source.View()+"\ntarget account\n\n"+target.View())
}

func TestTableV2Directly(t *testing.T) {
	a := twoAccounts(t)
	v2 := awsdynamodb.NewTableV2(a.target, jsii.String("V2"), &awsdynamodb.TablePropsV2{
		TableName: jsii.String("devices"), PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
	})
	crossaccount.NewCrossAccountGrant(a.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Target: a.target, Grantees: to(role(a.source, "Reader", "reader")), Access: crossaccount.Direct,
		Permissions: permissions{crossaccount.ReadTable(v2)},
	})
	assertions.Template_FromStack(a.target, nil).HasResourceProperties(jsii.String("AWS::DynamoDB::GlobalTable"), map[string]any{
		"Replicas": []any{assertions.Match_ObjectLike(&map[string]any{"ResourcePolicy": map[string]any{"PolicyDocument": map[string]any{"Statement": []any{
			assertions.Match_ObjectLike(&map[string]any{"Sid": "readingdevapnortheast163EB9650ReadTableItems"}),
		}}}})},
	})
}
