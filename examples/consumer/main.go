// Command consumer shows the consumer's half of a grant, in an app that has only the account of whoever reads. It knows of the
// owner what contract.json says, which ../owner wrote, and asks at synthesis whether that is all its code needs.
package main

import (
	_ "embed"
	"log"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/contract"
)

//go:embed contract.json
var document []byte

func main() {
	defer jsii.Close()
	grants, err := contract.Read(document)
	if err != nil {
		log.Fatal(err)
	}
	reports, err := grants.Grant("reports", "prod", "ap-northeast-1")
	if err != nil {
		log.Fatal(err)
	}

	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Reports"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("ap-northeast-1")},
	})
	reader := awsiam.NewRole(stack, jsii.String("Reader"), &awsiam.RoleProps{
		RoleName: jsii.String("reports-reader"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil),
	})
	lake := awss3.Bucket_FromBucketAttributes(stack, jsii.String("Lake"), &awss3.BucketAttributes{
		BucketName: jsii.String("lake-222222222222"), Account: &reports.Target.Account, Region: &reports.Target.Region,
	})
	crossaccount.NewSourceGrant(stack, "ReadReports", crossaccount.SourceGrantProps{
		Contract: reports, Grantees: []awsiam.IGrantable{reader},
		RequiredPermissions: []crossaccount.Permission{crossaccount.ReadBucket(lake, "reports/")},
	})
	app.Synth(nil)
}
