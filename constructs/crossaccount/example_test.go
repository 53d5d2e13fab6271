package crossaccount_test

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/assertions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
)

func ExampleNewCrossAccountGrant() {
	app := awscdk.NewApp(nil)
	source := stackIn(app, "Reports", "111111111111", "ap-northeast-1")
	target := stackIn(app, "Lake", "222222222222", "ap-northeast-1")

	reader := awsiam.NewRole(source, jsii.String("Reader"), &awsiam.RoleProps{
		RoleName: jsii.String("reports-reader"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	lake := awss3.NewBucket(target, jsii.String("Bucket"), &awss3.BucketProps{
		BucketName: jsii.String("lake-222222222222"), EnforceSSL: jsii.Bool(true),
	})
	grant := crossaccount.NewCrossAccountGrant(source, "ReadReports", crossaccount.GrantProps{
		Name: "reports", Stage: "prod", Grantees: []awsiam.IGrantable{reader}, Target: target,
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(lake, "reports/")},
	})
	fmt.Println(*grant.Role().Stack().Account())
	fmt.Println(strings.SplitAfter(grant.RoleARN(), ":iam::")[1])
	// Output:
	// 222222222222
	// 222222222222:role/reports-prod-ap-northeast-1
}

// After a grant has added the first statement to an endpoint's policy, the grantee reaches a bucket of its own account only if that is
// permitted, too.
func ExampleNewSameAccountAccess() {
	app := awscdk.NewApp(nil)
	source := stackIn(app, "Reports", "111111111111", "ap-northeast-1")
	reader := awsiam.NewRole(source, jsii.String("Reader"), &awsiam.RoleProps{
		RoleName: jsii.String("reports-reader"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	results := awss3.NewBucket(source, jsii.String("Results"), &awss3.BucketProps{BucketName: jsii.String("results-111111111111")})
	endpoint := gateway(accounts{app: app, source: source})

	crossaccount.NewSameAccountAccess(source, "WriteResults", crossaccount.SameAccountAccessProps{
		Grantee: reader, Endpoints: crossaccount.Endpoints{S3: endpoint},
		Permissions: []crossaccount.Permission{crossaccount.WriteBucket(results, "reports/")},
	})

	for _, found := range *assertions.Template_FromStack(source, nil).FindResources(jsii.String("AWS::EC2::VPCEndpoint"), nil) {
		statement := withSid(*found, "ReportsWriteResultsBBE17A7EWriteBucketObjects").(map[string]any)
		fmt.Println(statement["Action"], statement["Condition"])
	}
	// Output:
	// [s3:AbortMultipartUpload s3:ListMultipartUploadParts s3:PutObject s3:PutObjectTagging] map[ArnEquals:map[aws:PrincipalArn:arn:aws:iam::111111111111:role/reports-reader]]
}
