// Command owner shows the owner's half of a grant, in an app that has only the account of the data. Its synthesis writes
// cdk.out/contract.json, which the consumer's app is built from (see ../consumer): hand it over with each release.
package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stack := awscdk.NewStack(app, jsii.String("Lake"), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String("222222222222"), Region: jsii.String("ap-northeast-1")},
	})

	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	bucket := awss3.NewBucket(stack, jsii.String("Bucket"), &awss3.BucketProps{
		BucketName: jsii.String("lake-222222222222"), EncryptionKey: key, BucketKeyEnabled: jsii.Bool(true),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), EnforceSSL: jsii.Bool(true), Versioned: jsii.Bool(true),
	})
	bucket.Node().DefaultChild().(awss3.CfnBucket).AddMetadata(jsii.String("cdk_nag"), map[string]any{
		"rules_to_suppress": []any{map[string]any{"id": "AwsSolutions-S1", "reason": "CloudTrail data events, which an account enables, record each reader."}},
	})

	crossaccount.NewTargetGrant(stack, "Reports", crossaccount.GrantProps{
		Name: "reports", Stage: "prod",
		Grantees:    []awsiam.IGrantable{crossaccount.RoleByName("111111111111", "reports-reader")},
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(bucket, "reports/")},
	})
	app.Synth(nil)
}
