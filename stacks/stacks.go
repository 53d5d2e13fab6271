// Package stacks is what this app deploys: the target account's data, the source account's VPC and workloads, and their configuration. It is
// not an API: other apps use the packages under constructs.
package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// base is what both stacks have in common.
type base struct {
	config Config
	stack  awscdk.Stack
	key    awskms.Key           // of all buckets; created with the first one
	topic  *workload.AlarmTopic // created with the first alarm
}

// bucket creates a bucket. Purpose is part of its name, unless it is "".
func (b *base) bucket(id, purpose string) awss3.Bucket {
	c := b.config
	if b.key == nil {
		b.key = awskms.NewKey(b.stack, jsii.String("DataKey"), &awskms.KeyProps{
			Description:       jsii.String("Objects of the crossgrant data buckets, stage " + c.Stage),
			EnableKeyRotation: jsii.Bool(true),
			RemovalPolicy:     c.RemovalPolicy.cdk(),
		})
	}
	bucket := awss3.NewBucket(b.stack, jsii.String(id), &awss3.BucketProps{
		BucketName:        jsii.String(b.bucketName(purpose)),
		BlockPublicAccess: place.Once(b.stack, "no public access", awss3.BlockPublicAccess_BLOCK_ALL),
		BucketKeyEnabled:  jsii.Bool(true),
		Encryption:        awss3.BucketEncryption_KMS,
		EncryptionKey:     b.key,
		EnforceSSL:        jsii.Bool(true),
		MinimumTLSVersion: jsii.Number(1.2),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		Versioned:         jsii.Bool(true),
		RemovalPolicy:     c.RemovalPolicy.cdk(),
		AutoDeleteObjects: jsii.Bool(c.RemovalPolicy == Destroy),
		LifecycleRules:    b.lifecycleRules(),
	})
	suppress.At(bucket.Node().DefaultChild().(awss3.CfnBucket), suppress.Rule{
		ID:     "AwsSolutions-S1",
		Reason: "CloudTrail data events, which an account enables and not a stack, record each reader with role and session; access logs are best effort and need a second bucket.",
	})
	b.suppressAutoDelete()
	return bucket
}

// lifecycleRules returns the rules for what no listing of objects shows, but AWS bills: the parts of incomplete uploads, and noncurrent versions.
func (b *base) lifecycleRules() *[]*awss3.LifecycleRule {
	c := b.config
	days := func(n int) awscdk.Duration {
		return place.Once(b.stack, fmt.Sprint("days ", n), func() awscdk.Duration { return awscdk.Duration_Days(jsii.Number(n)) })
	}
	rules := []*awss3.LifecycleRule{{AbortIncompleteMultipartUploadAfter: days(c.IncompleteUploadDays)}}
	if c.NoncurrentVersionDays > 0 {
		// A delete marker without versions behind it marks nothing any more.
		rules = append(rules, &awss3.LifecycleRule{
			NoncurrentVersionExpiration: days(c.NoncurrentVersionDays), ExpiredObjectDeleteMarker: jsii.Bool(true),
		})
	}
	return &rules
}

func (b *base) bucketName(purpose string) string {
	return bucketName(b.config, place.Account(b.stack), purpose)
}

// bucketName returns the name of a bucket. Bucket names are global, so the account is part of them.
func bucketName(c Config, account, purpose string) string {
	parts := []string{account, c.Region}
	if purpose != "" {
		parts = append([]string{purpose}, parts...)
	}
	return contract.Shorten(c.name(strings.Join(parts, "-")), contract.MaxBucketName)
}

// suppressAutoDelete suppresses the finding about the function that CDK adds to a stack to empty buckets, whose role CDK writes.
func (b *base) suppressAutoDelete() {
	if b.config.RemovalPolicy != Destroy {
		return
	}
	provider := b.stack.Node().FindChild(jsii.String("Custom::S3AutoDeleteObjectsCustomResourceProvider"))
	suppress.At(provider.Node().FindChild(jsii.String("Role")).(awscdk.CfnResource), suppress.Rule{
		ID:       "AwsSolutions-IAM4",
		Findings: []string{"Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"},
		Reason:   "CDK's function empties the buckets of a trial when their stack is deleted; CDK writes its role, and this policy lets it only log.",
	})
}

// alarmTopic returns the topic of the stack's alarms.
func (b *base) alarmTopic() *workload.AlarmTopic {
	if b.topic == nil {
		c := b.config
		b.topic = workload.NewAlarmTopic(b.stack, "Alarms", workload.AlarmTopicProps{
			TopicName: c.name("alarms"), AlarmPrefix: c.name(""), Emails: slices.Clone(c.AlarmEmails), RemovalPolicy: c.RemovalPolicy.cdk(),
		})
		b.output("AlarmTopicArn", "Topic of all alarms of this stack", place.Once(b.topic.Topic(), "arn", b.topic.Topic().TopicArn))
	}
	return b.topic
}

// output adds a stack output.
func (b *base) output(name, description string, value *string) {
	awscdk.NewCfnOutput(b.stack, jsii.String(name), &awscdk.CfnOutputProps{Value: value, Description: jsii.String(description)})
}
