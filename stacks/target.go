package stacks

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/workload"
)

// TargetID is the target stack's construct id, by which `cdk deploy` selects it.
const TargetID = "CrossGrant-Target"

// TargetStack is the data of the target account; what no workload needs is nil. The trusted roles are added to it by the grants.
type TargetStack struct {
	stack           awscdk.Stack
	bucket, uploads awss3.Bucket
	bucketName      string
	table           awsdynamodb.ITable
	trail           *workload.TrailBucket
}

// NewTargetStack creates what the workloads reach: the bucket and that of the instance with their key, the table, and CloudTrail's bucket.
func NewTargetStack(scope constructs.Construct, c Config) *TargetStack {
	stack := awscdk.NewStack(scope, jsii.String(TargetID), &awscdk.StackProps{
		StackName:   jsii.String(c.stackName(TargetID)),
		Description: jsii.String("crossgrant: data that another account reaches, and the roles that it assumes to do so"),
		Env:         &awscdk.Environment{Account: jsii.String(c.TargetAccount), Region: jsii.String(c.Region)},
	})
	t := &TargetStack{stack: stack}
	data := &bucketMaker{stack: stack, config: c}
	if c.has(List, Copy, Events) {
		t.bucket, t.bucketName = data.bucket("Data", ""), data.name("")
		output(stack, "BucketName", t.bucket.BucketName())
	}
	if c.has(Instance) {
		t.uploads = data.bucket("Uploads", "uploads")
		output(stack, "UploadsBucketName", t.uploads.BucketName())
	}
	if c.has(Scan) {
		t.table = newTable(stack, c)
		output(stack, "TableName", t.table.TableName())
	}
	if c.has(Trail) {
		t.trail = workload.NewTrailBucket(stack, "Trail", workload.TrailBucketProps{
			BucketName: data.name("trail"), TrailName: c.name("trail"), CreateTrail: c.CreateTrail, RemovalPolicy: c.RemovalPolicy.cdk(),
		})
		data.explainEmptying()
		output(stack, "TrailBucketName", t.trail.Bucket().BucketName())
	}
	return t
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
