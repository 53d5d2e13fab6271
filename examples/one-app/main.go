// Command one-app shows a grant in an app that has both accounts: a Lambda function of one reads a prefix of a bucket and a table
// of the other. One NewCrossAccountGrant writes both halves. With -c pipelineAccount=… a pipeline deploys it.
package main

import (
	_ "embed"
	"fmt"
	"os"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/plugin"
)

const (
	sourceAccount = "111111111111"
	targetAccount = "222222222222"
	region        = "ap-northeast-1"
)

//go:embed index.py
var code string

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	if app.Node().TryGetContext(jsii.String("pipelineAccount")) == nil {
		newShop(app)
	} else if config, err := readPipelineConfig(app); err != nil {
		fmt.Fprintln(os.Stderr, err)
		jsii.Close()
		os.Exit(1)
	} else {
		newPipelineStack(app, config) // deploys the same: pipeline.go
	}
	plugin.Register(app, proof.Options{}) // synthesis fails unless exactly what is declared works
	app.Synth(nil)
}

// newShop makes both accounts' stacks, and the grant between them, in an app or in a stage of a pipeline.
func newShop(scope constructs.Construct) {
	source := stack(scope, "Reports", sourceAccount)
	target := stack(scope, "Shop", targetAccount)

	reader := newReader(source)
	bucket, table := newData(target)
	crossaccount.NewCrossAccountGrant(source, "ReadShop", crossaccount.GrantProps{
		Name: "shop", Stage: "prod", Grantees: []awsiam.IGrantable{reader}, Target: target,
		Permissions: []crossaccount.Permission{
			crossaccount.ReadBucket(bucket, "reports/"),
			crossaccount.ReadTable(table),
		},
	})
}

// newReader makes a function whose role has a name, since the other account has to write it.
func newReader(stack awscdk.Stack) awslambda.Function {
	role := awsiam.NewRole(stack, jsii.String("Role"), &awsiam.RoleProps{
		RoleName: jsii.String("shop-reader"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	logs := awslogs.NewLogGroup(stack, jsii.String("Logs"), &awslogs.LogGroupProps{Retention: awslogs.RetentionDays_ONE_MONTH})
	logs.GrantWrite(role)
	return awslambda.NewFunction(stack, jsii.String("Reader"), &awslambda.FunctionProps{
		FunctionName: jsii.String("shop-reader"), Runtime: awslambda.Runtime_PYTHON_3_15(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(&code),
		Timeout: awscdk.Duration_Seconds(jsii.Number(30)), Role: role, LogGroup: logs,
	})
}

// newData makes a bucket and a table with names, for the same reason. What encrypts them needs none.
func newData(stack awscdk.Stack) (awss3.Bucket, awsdynamodb.TableV2) {
	key := awskms.NewKey(stack, jsii.String("Key"), &awskms.KeyProps{EnableKeyRotation: jsii.Bool(true)})
	bucket := awss3.NewBucket(stack, jsii.String("Bucket"), &awss3.BucketProps{
		BucketName: jsii.String("shop-" + targetAccount), EncryptionKey: key, BucketKeyEnabled: jsii.Bool(true),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(), EnforceSSL: jsii.Bool(true), Versioned: jsii.Bool(true),
	})
	bucket.Node().DefaultChild().(awss3.CfnBucket).AddMetadata(jsii.String("cdk_nag"), map[string]any{
		"rules_to_suppress": []any{map[string]any{"id": "AwsSolutions-S1", "reason": "CloudTrail data events, which an account enables, record each reader."}},
	})
	table := awsdynamodb.NewTableV2(stack, jsii.String("Orders"), &awsdynamodb.TablePropsV2{
		TableName: jsii.String("orders"), DeletionProtection: jsii.Bool(true),
		PartitionKey:                     &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: jsii.Bool(true)},
	})
	return bucket, table
}

func stack(scope constructs.Construct, id, account string) awscdk.Stack {
	return awscdk.NewStack(scope, jsii.String(id), &awscdk.StackProps{
		Env: &awscdk.Environment{Account: jsii.String(account), Region: jsii.String(region)},
	})
}
