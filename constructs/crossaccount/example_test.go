package crossaccount_test

import (
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
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
