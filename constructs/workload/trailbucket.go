package workload

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudtrail"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/place"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// TrailBucketProps configures a [TrailBucket].
type TrailBucketProps struct {
	// BucketName is the bucket's name. Required.
	BucketName string
	// TrailName is the name of the trail that may deliver, in this stack's region: 3 to 128 letters, digits and "._-". Required.
	TrailName string
	// TrailAccount is the account of the trail: with OrganizationID, the organization's management account, also where a delegated administrator
	// manages the trail. Default this stack's account.
	TrailAccount string
	// OrganizationID is the organization whose accounts the trail logs, such as "o-a1b2c3d4e5". Default none: it logs its own account.
	// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html
	OrganizationID string
	// EncryptionKey is the customer managed key of the log files, in this stack's region. Its policy gets the statements that CloudTrail needs; that of an
	// imported key cannot be changed, and a warning has them. A trail from outside of this stack must have the key, too. Who reads the bucket by a
	// grant may decrypt with it. Default a key of S3.
	// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
	EncryptionKey awskms.IKey
	// CreateTrail creates that trail, for management events of all regions. Default false: create a trail of this name outside of this stack.
	CreateTrail bool
	// ExpirationDays is the number of days after which S3 deletes log files, 1 or more. Default 0: never.
	ExpirationDays int
	// RemovalPolicy is what happens to the logs when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-trail-naming-requirements.html
var (
	trailName = regexp.MustCompile(`^[a-zA-Z0-9]([._-]?[a-zA-Z0-9])+$`)
)

// Validate returns all problems with the props, joined, or nil.
func (p TrailBucketProps) Validate() error {
	var problems []error
	if !bucketName.MatchString(p.BucketName) {
		problems = append(problems, bucketNameProblem(p.BucketName))
	}
	if !trailName.MatchString(p.TrailName) || len(p.TrailName) < 3 || len(p.TrailName) > 128 {
		problems = append(problems, fmt.Errorf("TrailName: found %q, expected 3 to 128 letters, digits and single ._-", p.TrailName))
	}
	if p.TrailAccount != "" && !contract.IsAccountID(p.TrailAccount) {
		problems = append(problems, fmt.Errorf("TrailAccount: found %q, expected 12 digits", p.TrailAccount))
	}
	if p.OrganizationID != "" && !contract.IsOrganizationID(p.OrganizationID) {
		problems = append(problems, fmt.Errorf("OrganizationID: found %q, expected an organization's ID, such as o-a1b2c3d4e5", p.OrganizationID))
	}
	if p.TrailAccount != "" && p.CreateTrail {
		problems = append(problems, errors.New("TrailAccount: found one with CreateTrail, expected none: the trail is created in this stack's account"))
	}
	if p.ExpirationDays < 0 {
		problems = append(problems, fmt.Errorf("ExpirationDays: found %d, expected 1 or more, or 0 for never", p.ExpirationDays))
	}
	return errors.Join(problems...)
}

// TrailBucket is a bucket for the logs of one CloudTrail trail. Its policy allows nothing to any other principal.
type TrailBucket struct {
	node   constructs.Construct
	bucket awss3.Bucket
	trail  awscloudtrail.CfnTrail
	owner  string // the stack's account
	logs   string // the prefix of the log files of all accounts
}

// NewTrailBucket creates the bucket with CloudTrail's delivery policy for the one trail, and with CreateTrail the trail. The stack must have
// an explicit account. NewTrailBucket panics, with the construct's path and all problems, if the props are invalid.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func NewTrailBucket(scope constructs.Construct, id string, props TrailBucketProps) *TrailBucket {
	validate("trail bucket", scope, id, props)
	removal := cmp.Or(props.RemovalPolicy, defaultRemoval)
	t := &TrailBucket{node: place.New(scope, id)}
	stack := place.Stack(t.node)
	t.owner, t.logs = place.Account(stack), "AWSLogs/"
	if props.OrganizationID != "" {
		t.logs += props.OrganizationID + "/"
	}
	bucket := awss3.BucketProps{
		BucketName:        jsii.String(props.BucketName),
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		MinimumTLSVersion: jsii.Number(1.2),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		Versioned:         jsii.Bool(true),
		RemovalPolicy:     removal,
		AutoDeleteObjects: jsii.Bool(removal == awscdk.RemovalPolicy_DESTROY),
	}
	if props.EncryptionKey != nil {
		bucket.Encryption, bucket.EncryptionKey, bucket.BucketKeyEnabled = awss3.BucketEncryption_KMS, props.EncryptionKey, jsii.Bool(true)
	}
	if props.ExpirationDays > 0 {
		days := awscdk.Duration_Days(jsii.Number(props.ExpirationDays))
		bucket.LifecycleRules = &[]*awss3.LifecycleRule{{Expiration: days, NoncurrentVersionExpiration: days}}
	}
	t.bucket = awss3.NewBucket(t.node, jsii.String("Bucket"), &bucket)
	suppress.At(t.bucket.Node().DefaultChild().(awss3.CfnBucket), suppress.Rule{
		ID: "AwsSolutions-S1", Reason: "CloudTrail data events, which an account enables and not a stack, record each reader of the logs; access logs are best effort and need another bucket.",
	})
	account := cmp.Or(props.TrailAccount, t.owner)
	trail := trailARN(stack, account, props.TrailName)
	arn := *place.Once(t.bucket, "arn", t.bucket.BucketArn)
	t.allowDelivery(trail, arn, account, props.OrganizationID)
	if props.EncryptionKey != nil {
		t.allowEncryption(props.EncryptionKey, trail, account)
	}
	if props.CreateTrail {
		t.trail = awscloudtrail.NewCfnTrail(t.node, jsii.String("Trail"), &awscloudtrail.CfnTrailProps{
			TrailName: jsii.String(props.TrailName), S3BucketName: place.Once(t.bucket, "name", t.bucket.BucketName), IsLogging: jsii.Bool(true),
			IsMultiRegionTrail: jsii.Bool(true), IncludeGlobalServiceEvents: jsii.Bool(true), EnableLogFileValidation: jsii.Bool(true),
		})
		t.trail.Node().AddDependency(t.bucket.Policy()) // CloudTrail checks delivery when the trail is created
		if props.OrganizationID != "" {
			t.trail.SetIsOrganizationTrail(jsii.Bool(true))
		}
		if props.EncryptionKey != nil {
			t.trail.SetKmsKeyId(props.EncryptionKey.KeyArn())
		}
	}
	delivery := contract.Delivery{From: trail, To: arn, External: !props.CreateTrail, Organization: props.OrganizationID}
	if props.EncryptionKey != nil {
		delivery.Key = *props.EncryptionKey.KeyArn()
	}
	intent.Deliver(t.node, "Logs", delivery)
	return t
}

// allowDelivery allows CloudTrail to deliver for exactly this trail, as AWS's own policy does. Without the condition, anyone who knows the bucket's
// name could let a trail write to it.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func (t *TrailBucket) allowDelivery(trail, arn, account, organization string) {
	cloudTrail := []awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudtrail.amazonaws.com"), nil)}
	statement := func(sid, action, resource string, more map[string]any) {
		conditions := map[string]any{"aws:SourceArn": trail}
		for key, value := range more {
			conditions[key] = value
		}
		t.bucket.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String(sid), Actions: jsii.Strings(action), Resources: jsii.Strings(resource),
			Principals: &cloudTrail,
			Conditions: &map[string]any{"StringEquals": conditions},
		}))
	}
	statement("CloudTrailAclCheck", "s3:GetBucketAcl", arn, nil)
	statement("CloudTrailWrite", "s3:PutObject", arn+"/AWSLogs/"+account+"/*", map[string]any{"s3:x-amz-acl": "bucket-owner-full-control"})
	if organization != "" { // beside the trail's own account, where it logs while it is not the organization's
		statement("CloudTrailOrganizationWrite", "s3:PutObject", arn+"/AWSLogs/"+organization+"/*", map[string]any{"s3:x-amz-acl": "bucket-owner-full-control"})
	}
}

// allowEncryption lets CloudTrail encrypt with a key for exactly this trail.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
func (t *TrailBucket) allowEncryption(key awskms.IKey, trail, account string) {
	cloudTrail := []awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudtrail.amazonaws.com"), nil)}
	partition := place.PartitionOf(place.Stack(t.node))
	for _, s := range []awsiam.PolicyStatement{
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("CloudTrailEncrypt"), Principals: &cloudTrail, Actions: jsii.Strings("kms:GenerateDataKey*"), Resources: jsii.Strings("*"),
			Conditions: &map[string]any{
				"StringEquals": map[string]any{"aws:SourceArn": trail},
				"StringLike":   map[string]any{"kms:EncryptionContext:aws:cloudtrail:arn": "arn:" + partition + ":cloudtrail:*:" + account + ":trail/*"},
			},
		}),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("CloudTrailDescribe"), Principals: &cloudTrail, Actions: jsii.Strings("kms:DescribeKey"), Resources: jsii.Strings("*"),
			Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceArn": trail}},
		}),
	} {
		if added := key.AddToResourcePolicy(s, jsii.Bool(true)); !*added.StatementAdded {
			text, _ := json.Marshal(place.Stack(t.node).Resolve(s.ToStatementJson())) // comes as JSON
			awscdk.Annotations_Of(t.node).AddWarningV2(jsii.String("crossgrant:trailKey:"+*s.Sid()),
				jsii.String(fmt.Sprintf("this app does not write the policy of key %s. It must have this statement: %s", *key.Node().Path(), text)), nil)
		}
	}
}

// trailARN returns the ARN of a trail of an account in the stack's region.
func trailARN(stack awscdk.Stack, account, name string) string {
	return "arn:" + place.PartitionOf(stack) + ":cloudtrail:" + place.Region(stack) + ":" + account + ":trail/" + name
}

// Bucket returns the bucket.
func (t *TrailBucket) Bucket() awss3.IBucket { return t.bucket }

// Prefix returns the prefix of the keys of this stack's account's log files; digests and insights have other prefixes.
func (t *TrailBucket) Prefix() string { return t.PrefixOf(t.owner) }

// PrefixOf returns the prefix of the keys of an account's log files, of which an organization's trail has more than one.
func (t *TrailBucket) PrefixOf(account string) string { return t.logs + account + "/CloudTrail/" }

// Trail returns the trail; nil without CreateTrail.
func (t *TrailBucket) Trail() awscloudtrail.CfnTrail { return t.trail }

// Node returns the construct's node in the tree.
func (t *TrailBucket) Node() constructs.Node { return t.node.Node() }
