package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// TargetID is the target stack's construct id, by which `cdk deploy` selects it.
const TargetID = "CrossGrant-Target"

// TargetStack is the data of the target account. The trusted roles are added to it by the grants.
type TargetStack struct {
	stack  awscdk.Stack
	bucket awss3.IBucket
	table  awsdynamodb.ITable
}

// NewTargetStack creates the bucket with its key, and the table.
func NewTargetStack(scope constructs.Construct, c Config) *TargetStack {
	stack := awscdk.NewStack(scope, jsii.String(TargetID), &awscdk.StackProps{
		StackName:   jsii.String(c.stackName(TargetID)),
		Description: jsii.String("crossgrant: data that another account reads, and the roles that it assumes to do so"),
		Env:         &awscdk.Environment{Account: jsii.String(c.TargetAccount), Region: jsii.String(c.Region)},
	})
	t := &TargetStack{stack: stack, bucket: newBucket(stack, c), table: newTable(stack, c)}
	output(stack, "BucketName", t.bucket.BucketName())
	output(stack, "TableName", t.table.TableName())
	return t
}

func newBucket(stack awscdk.Stack, c Config) awss3.IBucket {
	key := awskms.NewKey(stack, jsii.String("DataKey"), &awskms.KeyProps{
		Description:       jsii.String("Objects of the crossgrant data bucket, stage " + c.Stage),
		EnableKeyRotation: jsii.Bool(true),
		RemovalPolicy:     c.RemovalPolicy.cdk(),
	})
	bucket := awss3.NewBucket(stack, jsii.String("Data"), &awss3.BucketProps{
		// Bucket names are global, so the account is part of it.
		BucketName:        jsii.String(contract.Shorten(c.name(c.TargetAccount+"-"+c.Region), contract.MaxBucketName)),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		BucketKeyEnabled:  jsii.Bool(true),
		Encryption:        awss3.BucketEncryption_KMS,
		EncryptionKey:     key,
		EnforceSSL:        jsii.Bool(true),
		MinimumTLSVersion: jsii.Number(1.2),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		Versioned:         jsii.Bool(true),
		RemovalPolicy:     c.RemovalPolicy.cdk(),
		AutoDeleteObjects: jsii.Bool(c.RemovalPolicy == Destroy),
	})
	suppress.At(bucket.Node().DefaultChild().(awss3.CfnBucket), suppress.Rule{
		ID:     "AwsSolutions-S1",
		Reason: "Who reads is recorded by CloudTrail data events, with role and session, which an account switches on and not a stack; access logs are best effort and take a second bucket.",
	})
	if c.RemovalPolicy == Destroy {
		explainEmptying(stack)
	}
	return bucket
}

// explainEmptying is about the function that CDK adds to a stack, with a role of its own making, to empty buckets.
func explainEmptying(stack awscdk.Stack) {
	provider := stack.Node().FindChild(jsii.String("Custom::S3AutoDeleteObjectsCustomResourceProvider"))
	suppress.At(provider.Node().FindChild(jsii.String("Role")).(awscdk.CfnResource), suppress.Rule{
		ID:       "AwsSolutions-IAM4",
		Findings: []string{"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
		Reason:   "CDK's function empties the bucket of a trial when its stack is deleted; CDK writes its role, and this policy lets it only log.",
	})
}

func newTable(stack awscdk.Stack, c Config) awsdynamodb.ITable {
	return awsdynamodb.NewTable(stack, jsii.String("Devices"), &awsdynamodb.TableProps{
		TableName:    jsii.String(c.name("devices")),
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("deviceId"), Type: awsdynamodb.AttributeType_STRING},
		BillingMode:  awsdynamodb.BillingMode_PAY_PER_REQUEST,
		PointInTimeRecoverySpecification: &awsdynamodb.PointInTimeRecoverySpecification{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
		RemovalPolicy: c.RemovalPolicy.cdk(),
	})
}

func output(stack awscdk.Stack, name string, value *string) {
	awscdk.NewCfnOutput(stack, jsii.String(name), &awscdk.CfnOutputProps{Value: value})
}
