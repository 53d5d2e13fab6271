package stacks

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// bucketMaker makes the buckets of one stack, all under one customer key, which is made with the first of them.
type bucketMaker struct {
	stack  awscdk.Stack
	config Config
	key    awskms.Key
}

// bucket creates a bucket; what is part of its name, unless it is "".
func (m *bucketMaker) bucket(id, what string) awss3.Bucket {
	c := m.config
	if m.key == nil {
		m.key = awskms.NewKey(m.stack, jsii.String("DataKey"), &awskms.KeyProps{
			Description:       jsii.String("Objects of the crossgrant data buckets, stage " + c.Stage),
			EnableKeyRotation: jsii.Bool(true),
			RemovalPolicy:     c.RemovalPolicy.cdk(),
		})
	}
	bucket := awss3.NewBucket(m.stack, jsii.String(id), &awss3.BucketProps{
		BucketName:        jsii.String(m.name(what)),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		BucketKeyEnabled:  jsii.Bool(true),
		Encryption:        awss3.BucketEncryption_KMS,
		EncryptionKey:     m.key,
		EnforceSSL:        jsii.Bool(true),
		MinimumTLSVersion: jsii.Number(1.2),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		Versioned:         jsii.Bool(true),
		RemovalPolicy:     c.RemovalPolicy.cdk(),
		AutoDeleteObjects: jsii.Bool(c.RemovalPolicy == Destroy),
		// The parts of an upload that nobody finished are paid for, and no list of objects shows them.
		LifecycleRules: &[]*awss3.LifecycleRule{{AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7))}},
	})
	suppress.At(bucket.Node().DefaultChild().(awss3.CfnBucket), suppress.Rule{
		ID:     "AwsSolutions-S1",
		Reason: "Who reads is recorded by CloudTrail data events, with role and session, which an account switches on and not a stack; access logs are best effort and take a second bucket.",
	})
	m.explainEmptying()
	return bucket
}

// name is a bucket's agreed name. Bucket names are global, so the account is part of it.
func (m *bucketMaker) name(what string) string {
	parts := []string{*m.stack.Account(), m.config.Region}
	if what != "" {
		parts = append([]string{what}, parts...)
	}
	return contract.Shorten(m.config.name(strings.Join(parts, "-")), contract.MaxBucketName)
}

// explainEmptying is about the function that CDK adds to a stack, with a role of its own making, to empty buckets.
func (m *bucketMaker) explainEmptying() {
	if m.config.RemovalPolicy != Destroy {
		return
	}
	provider := m.stack.Node().FindChild(jsii.String("Custom::S3AutoDeleteObjectsCustomResourceProvider"))
	suppress.At(provider.Node().FindChild(jsii.String("Role")).(awscdk.CfnResource), suppress.Rule{
		ID:       "AwsSolutions-IAM4",
		Findings: []string{"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
		Reason:   "CDK's function empties the buckets of a trial when their stack is deleted; CDK writes its role, and this policy lets it only log.",
	})
}
