package workload

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudtrail"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// TrailBucketProps configures a [TrailBucket].
type TrailBucketProps struct {
	// BucketName is the bucket's name. Required.
	BucketName string
	// TrailName is the name of the trail that may deliver, of this stack's account and region: 3 to 128 letters, digits and "._-". Required.
	TrailName string
	// CreateTrail makes that trail, for management events of all regions. Default false: the trail is made elsewhere, under this name.
	CreateTrail bool
	// KeepDays is how many days logs are kept, 1 or more. Default 0: until somebody deletes them.
	KeepDays int
	// RemovalPolicy is what happens to the logs when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html
var (
	trailName  = regexp.MustCompile(`^[a-zA-Z0-9]([._-]?[a-zA-Z0-9])+$`)
	bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
)

// Validate returns everything that is wrong with the props, or nil.
func (p TrailBucketProps) Validate() error {
	var problems []error
	if !bucketName.MatchString(p.BucketName) {
		problems = append(problems, fmt.Errorf("BucketName: found %q, expected 3 to 63 lower-case letters, digits, hyphens and dots", p.BucketName))
	}
	if !trailName.MatchString(p.TrailName) || len(p.TrailName) < 3 || len(p.TrailName) > 128 {
		problems = append(problems, fmt.Errorf("TrailName: found %q, expected 3 to 128 letters, digits and single ._-", p.TrailName))
	}
	if p.KeepDays < 0 {
		problems = append(problems, fmt.Errorf("KeepDays: found %d, expected 1 or more, or 0 for ever", p.KeepDays))
	}
	return errors.Join(problems...)
}

// TrailBucket is a bucket that one CloudTrail trail delivers the logs of its account into, and nobody else anything.
type TrailBucket struct {
	bucket awss3.Bucket
	prefix string
}

// NewTrailBucket creates the bucket with CloudTrail's delivery policy for the one trail, and the trail if it is asked for. Its stack has an
// explicit account. It panics, with the construct's path and every problem, if the props are invalid.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func NewTrailBucket(scope constructs.Construct, id string, props TrailBucketProps) *TrailBucket {
	if err := props.Validate(); err != nil {
		panic(fmt.Errorf("trail bucket %s:\n%w", pathOf(scope, id), err))
	}
	if props.RemovalPolicy == "" {
		props.RemovalPolicy = awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
	}
	node := constructs.NewConstruct(scope, jsii.String(id))
	stack := awscdk.Stack_Of(node)
	t := &TrailBucket{prefix: "AWSLogs/" + *stack.Account() + "/CloudTrail/"}
	bucket := awss3.BucketProps{
		BucketName:        jsii.String(props.BucketName),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		MinimumTLSVersion: jsii.Number(1.2),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		Versioned:         jsii.Bool(true),
		RemovalPolicy:     props.RemovalPolicy,
		AutoDeleteObjects: jsii.Bool(props.RemovalPolicy == awscdk.RemovalPolicy_DESTROY),
	}
	if props.KeepDays > 0 {
		days := awscdk.Duration_Days(jsii.Number(props.KeepDays))
		bucket.LifecycleRules = &[]*awss3.LifecycleRule{{Expiration: days, NoncurrentVersionExpiration: days}}
	}
	t.bucket = awss3.NewBucket(node, jsii.String("Bucket"), &bucket)
	suppress.At(t.bucket.Node().DefaultChild().(awss3.CfnBucket), suppress.Rule{
		ID: "AwsSolutions-S1", Reason: "Who reads the logs is recorded by CloudTrail data events, which an account switches on and not a stack; access logs are best effort and take another bucket.",
	})
	t.letDeliver(stack, props.TrailName)
	if props.CreateTrail {
		trail := awscloudtrail.NewCfnTrail(node, jsii.String("Trail"), &awscloudtrail.CfnTrailProps{
			TrailName: jsii.String(props.TrailName), S3BucketName: t.bucket.BucketName(), IsLogging: jsii.Bool(true),
			IsMultiRegionTrail: jsii.Bool(true), IncludeGlobalServiceEvents: jsii.Bool(true), EnableLogFileValidation: jsii.Bool(true),
		})
		trail.Node().AddDependency(t.bucket.Policy()) // CloudTrail tries it when the trail is made
		intent.Mark(trail)
	}
	return t
}

// letDeliver names the trail exactly: without it, anybody's trail could write here who knows the bucket's name.
func (t *TrailBucket) letDeliver(stack awscdk.Stack, trail string) {
	statement := func(sid, action, resource string, more map[string]any) {
		conditions := map[string]any{
			"aws:SourceAccount": *stack.Account(),
			"aws:SourceArn": *stack.FormatArn(&awscdk.ArnComponents{
				Service: jsii.String("cloudtrail"), Resource: jsii.String("trail"), ResourceName: jsii.String(trail),
			}),
		}
		for key, value := range more {
			conditions[key] = value
		}
		t.bucket.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String(sid), Actions: jsii.Strings(action), Resources: jsii.Strings(resource),
			Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudtrail.amazonaws.com"), nil)},
			Conditions: &map[string]any{"StringEquals": conditions},
		}))
	}
	statement("CloudTrailAclCheck", "s3:GetBucketAcl", *t.bucket.BucketArn(), nil)
	statement("CloudTrailWrite", "s3:PutObject", *t.bucket.ArnForObjects(jsii.String("AWSLogs/" + *stack.Account() + "/*")),
		map[string]any{"s3:x-amz-acl": "bucket-owner-full-control"})
}

// Bucket returns the bucket.
func (t *TrailBucket) Bucket() awss3.IBucket { return t.bucket }

// Prefix is what the keys of all log files begin with, without those of digests and insights.
func (t *TrailBucket) Prefix() string { return t.prefix }
