package crossaccount_test

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/contract"
)

// The owner of the data knows the consumer's role by its name. Its synthesis writes cdk.out/contract.json.
func ExampleNewTargetGrant() {
	app := awscdk.NewApp(nil)
	target := stackIn(app, "Lake", "222222222222", "ap-northeast-1")

	lake := awss3.NewBucket(target, jsii.String("Bucket"), &awss3.BucketProps{BucketName: jsii.String("lake-222222222222")})
	crossaccount.NewTargetGrant(target, "Reports", crossaccount.GrantProps{
		Name: "reports", Stage: "prod",
		Grantees:    []awsiam.IGrantable{crossaccount.RoleByName("111111111111", "reports-reader")},
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(lake, "reports/")},
	})

	assembly := app.Synth(nil)
	files, _ := filepath.Glob(filepath.Join(*assembly.Directory(), "contract*.json"))
	for _, file := range files {
		fmt.Println(filepath.Base(file))
	}
	// Output:
	// contract.json
	// contract.schema.json
}

// The consumer keeps the owner's contract.json beside its app, embedded or read, and needs nothing else from the owner.
func ExampleNewSourceGrant() {
	file := contractOfAnOwner()
	app := awscdk.NewApp(nil)
	source := stackIn(app, "Reports", "111111111111", "ap-northeast-1")

	document, err := os.ReadFile(file) // or go:embed
	if err != nil {
		log.Fatal(err)
	}
	grants, err := contract.Read(document)
	if err != nil {
		log.Fatal(err)
	}
	reports, err := grants.Grant("reports", "prod", "ap-northeast-1")
	if err != nil {
		log.Fatal(err)
	}
	reader := awsiam.NewRole(source, jsii.String("Reader"), &awsiam.RoleProps{
		RoleName: jsii.String("reports-reader"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	lake := awss3.Bucket_FromBucketAttributes(source, jsii.String("Lake"), &awss3.BucketAttributes{
		BucketName: jsii.String("lake-222222222222"), Account: jsii.String("222222222222"), Region: jsii.String("ap-northeast-1"),
	})
	crossaccount.NewSourceGrant(source, "ReadReports", crossaccount.SourceGrantProps{
		Contract:            reports,
		Grantees:            []awsiam.IGrantable{reader},
		RequiredPermissions: []crossaccount.Permission{crossaccount.ReadBucket(lake, "reports/2026/")}, // an error if the owner ever permits less
	})

	fmt.Println(statement(source, "ReportsReadReports127A947FAssume"))
	// Output:
	// {"Action":"sts:AssumeRole","Effect":"Allow","Resource":"arn:aws:iam::222222222222:role/reports-prod-ap-northeast-1","Sid":"ReportsReadReports127A947FAssume"}
}

// With Direct access the table's own policy names the grantee, and the grantee's code calls no STS.
func ExampleDirect() {
	app := awscdk.NewApp(nil)
	source := stackIn(app, "Shop", "111111111111", "ap-northeast-1")
	target := stackIn(app, "Stock", "222222222222", "ap-northeast-1")

	orders := awsiam.NewRole(source, jsii.String("Orders"), &awsiam.RoleProps{
		RoleName: jsii.String("orders"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	items := awsdynamodb.NewTable(target, jsii.String("Items"), &awsdynamodb.TableProps{
		TableName: jsii.String("items"), PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
	})
	crossaccount.NewCrossAccountGrant(source, "ReadItems", crossaccount.GrantProps{
		Name: "items", Stage: "prod", Grantees: []awsiam.IGrantable{orders}, Target: target,
		Access:      crossaccount.Direct,
		Permissions: []crossaccount.Permission{crossaccount.ReadTable(items)},
	})

	fmt.Println(statement(source, "ShopReadItems27814AF4ReadTableItems"))
	// Output:
	// {"Action":["dynamodb:BatchGetItem","dynamodb:GetItem","dynamodb:Query","dynamodb:Scan"],"Condition":{"StringEquals":{"aws:ResourceAccount":"222222222222"}},"Effect":"Allow","Resource":"arn:aws:dynamodb:ap-northeast-1:222222222222:table/items","Sid":"ShopReadItems27814AF4ReadTableItems"}
}

// A perimeter on the role permits what is permitted only through the source account's own endpoints.
func ExamplePerimeter() {
	app := awscdk.NewApp(nil)
	source := stackIn(app, "Reports", "111111111111", "ap-northeast-1")
	target := stackIn(app, "Lake", "222222222222", "ap-northeast-1")

	reader := awsiam.NewRole(source, jsii.String("Reader"), &awsiam.RoleProps{
		RoleName: jsii.String("reports-reader"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	lake := awss3.NewBucket(target, jsii.String("Bucket"), &awss3.BucketProps{BucketName: jsii.String("lake-222222222222")})
	crossaccount.NewCrossAccountGrant(source, "ReadReports", crossaccount.GrantProps{
		Name: "reports", Stage: "prod", Grantees: []awsiam.IGrantable{reader}, Target: target,
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(lake)},
		Perimeter:   crossaccount.Perimeter{VpceAccounts: []string{"111111111111"}},
	})

	fmt.Println(condition(target, "ReadBucketObjects"))
	// Output:
	// {"StringEquals":{"aws:VpceAccount":"111111111111"}}
}

// A perimeter on the bucket denies every principal the data, except through that endpoint and except the administrators.
func ExamplePerimeter_onBucket() {
	app := awscdk.NewApp(nil)
	source := stackIn(app, "Reports", "111111111111", "ap-northeast-1")
	target := stackIn(app, "Lake", "222222222222", "ap-northeast-1")

	reader := awsiam.NewRole(source, jsii.String("Reader"), &awsiam.RoleProps{
		RoleName: jsii.String("reports-reader"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	lake := awss3.NewBucket(target, jsii.String("Bucket"), &awss3.BucketProps{BucketName: jsii.String("lake-222222222222")})
	only := crossaccount.Perimeter{VpcEndpoints: []string{"vpce-0a1b2c3d4e5f67890"}, Enforcement: crossaccount.OnBucket, Administrators: []string{"arn:aws:iam::222222222222:role/admin"}}
	crossaccount.NewCrossAccountGrant(source, "ReadReports", crossaccount.GrantProps{
		Name: "reports", Stage: "prod", Grantees: []awsiam.IGrantable{reader}, Target: target,
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(lake)}, Perimeter: only,
	})

	outside := condition(target, "CrossGrantPerimeter")
	fmt.Println(strings.Contains(outside, `"StringNotEqualsIfExists":{"aws:SourceVpce":"vpce-0a1b2c3d4e5f67890"}`))
	fmt.Println(strings.Contains(outside, `"ArnNotLikeIfExists":{"aws:PrincipalArn":["arn:aws:iam::222222222222:role/admin",`))
	// Output:
	// true
	// true
}

// A copy reads a bucket of the source account as a role of the target account, which both accounts' policies permit.
func ExampleCopyIntoBucket() {
	app := awscdk.NewApp(nil)
	source := stackIn(app, "Exports", "111111111111", "ap-northeast-1")
	target := stackIn(app, "Archive", "222222222222", "ap-northeast-1")

	copier := awsiam.NewRole(source, jsii.String("Copier"), &awsiam.RoleProps{
		RoleName: jsii.String("copier"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	exports := awss3.NewBucket(source, jsii.String("Bucket"), &awss3.BucketProps{BucketName: jsii.String("exports-111111111111")})
	archive := awss3.NewBucket(target, jsii.String("Bucket"), &awss3.BucketProps{BucketName: jsii.String("archive-222222222222")})
	crossaccount.NewCrossAccountGrant(source, "CopyExports", crossaccount.GrantProps{
		Name: "copies", Stage: "prod", Grantees: []awsiam.IGrantable{copier}, Target: target,
		Permissions: []crossaccount.Permission{crossaccount.CopyIntoBucket(exports, archive, "2026/")},
	})

	fmt.Println(condition(source, "copiesprodapnortheast109E3D205CopyOriginObjects"))
	// Output:
	// {"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::222222222222:role/copies-prod-ap-northeast-1"}}
}

// contractOfAnOwner returns the file that the owner's synthesis of ExampleNewTargetGrant writes.
func contractOfAnOwner() string {
	app := awscdk.NewApp(nil)
	target := stackIn(app, "Lake", "222222222222", "ap-northeast-1")
	crossaccount.NewTargetGrant(target, "Reports", crossaccount.GrantProps{
		Name: "reports", Stage: "prod", Grantees: []awsiam.IGrantable{crossaccount.RoleByName("111111111111", "reports-reader")},
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(awss3.NewBucket(target, jsii.String("Bucket"), &awss3.BucketProps{BucketName: jsii.String("lake-222222222222")}), "reports/")},
	})
	return filepath.Join(*app.Synth(nil).Directory(), contract.FileName)
}

// statement returns the statement of a stack's template that has the Sid, as JSON.
func statement(stack awscdk.Stack, sid string) string {
	document, _ := json.Marshal(withSid(*assertions.Template_FromStack(stack, nil).ToJSON(), sid))
	return string(document)
}

// condition returns the condition of that statement.
func condition(stack awscdk.Stack, sid string) string {
	found, _ := withSid(*assertions.Template_FromStack(stack, nil).ToJSON(), sid).(map[string]any)
	document, _ := json.Marshal(found["Condition"])
	return string(document)
}

func withSid(value any, sid string) any {
	switch v := value.(type) {
	case map[string]any:
		if v["Sid"] == sid {
			return v
		}
		for _, inner := range v {
			if found := withSid(inner, sid); found != nil {
				return found
			}
		}
	case []any:
		for _, inner := range v {
			if found := withSid(inner, sid); found != nil {
				return found
			}
		}
	}
	return nil
}
