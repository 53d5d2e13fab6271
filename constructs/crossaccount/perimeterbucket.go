package crossaccount

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// dataActions are the actions on objects, and the three on a bucket that reveal keys. None of them manages the bucket, and none is S3's own
// for replication.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
func dataActions() []string {
	return []string{
		"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectTagging", "s3:DeleteObjectVersion", "s3:DeleteObjectVersionTagging",
		"s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectAttributes", "s3:GetObjectLegalHold", "s3:GetObjectRetention", "s3:GetObjectTagging",
		"s3:GetObjectTorrent", "s3:GetObjectVersion", "s3:GetObjectVersionAcl", "s3:GetObjectVersionAttributes", "s3:GetObjectVersionTagging",
		"s3:GetObjectVersionTorrent", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions", "s3:ListMultipartUploadParts",
		"s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectLegalHold", "s3:PutObjectRetention", "s3:PutObjectTagging", "s3:PutObjectVersionAcl",
		"s3:PutObjectVersionTagging", "s3:RestoreObject",
	}
}

// onBuckets denies everybody outside the perimeter the data of the permissions' buckets, if that is where it is enforced. Requests that
// AWS services make, for themselves or for somebody, carry nothing of an endpoint and are spared.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
// https://github.com/aws-samples/data-perimeter-policy-examples
func (p Perimeter) onBuckets(permissions []Permission, by *half) {
	if p.Enforcement != OnBucket {
		return
	}
	done := map[string]bool{}
	for _, permission := range permissions {
		bucket := bucketOf(permission)
		if path := *bucket.Node().Path(); !done[path] {
			done[path] = true
			p.onBucket(bucket, by)
		}
	}
}

func (p Perimeter) onBucket(bucket awss3.IBucket, by *half) {
	agreed := *p.agreed()
	slices.Sort(agreed.Values)
	for _, arn := range p.Administrators {
		if !strings.Contains(arn, ":"+*bucket.Env().Account+":") {
			by.problem("Perimeter.Administrators: found %s, expected one of the target account %s", arn, *bucket.Env().Account)
		}
	}
	if second, err := claimPerimeter(bucket, agreed, p.Administrators); second || err != nil {
		if err != nil {
			by.problems = append(by.problems, err)
		}
		return
	}
	deny := func(sid string, outside map[string]map[string][]string) {
		bucketHolder(bucket).write(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("CrossGrantPerimeter" + sid), Effect: awsiam.Effect_DENY, Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
			Actions: jsii.Strings(dataActions()...), Resources: jsii.Strings(*bucket.BucketArn(), *bucket.BucketArn()+"/*"), Conditions: conditions(outside),
		}), by)
	}
	spared := map[string]map[string][]string{
		"BoolIfExists":       {"aws:PrincipalIsAWSService": {"false"}, "aws:ViaAWSService": {"false"}},
		"ArnNotLikeIfExists": {"aws:PrincipalArn": append(slices.Clone(p.Administrators), deployers(bucket, by)...)},
	}
	deny("", with(spared, map[string]map[string][]string{"StringNotEqualsIfExists": {agreed.Key: agreed.Values}}))
	if regionalKey(agreed.Key) {
		deny("Region", with(spared, map[string]map[string][]string{
			"StringEquals":            {agreed.Key: agreed.Values},
			"StringNotEqualsIfExists": {"aws:RequestedRegion": {*bucket.Env().Region}},
		}))
	}
	by.check(func() []string { return lockouts(bucket) })
}

// deployers are the roles that have to reach the data wherever they are: service-linked ones of the account, CloudFormation's, and that of
// CDK's function that empties a bucket before it is deleted.
// https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
func deployers(bucket awss3.IBucket, by *half) []string {
	iam := "arn:" + partition(by.place.Region) + ":iam::" + *bucket.Env().Account + ":role/"
	roles := []string{iam + "aws-service-role/*"}
	stack := awscdk.Stack_Of(bucket)
	if name, ok := executionRole(stack); ok {
		roles = append(roles, iam+name)
	} else {
		awscdk.Annotations_Of(by.node).AddWarningV2(jsii.String("crossgrant:executionRole"),
			jsii.String("the role by which CloudFormation deploys stack "+*stack.Node().Path()+" cannot be told from its synthesizer: name it among the Administrators of the Perimeter"), nil)
	}
	emptier := stack.Node().TryFindChild(jsii.String("Custom::S3AutoDeleteObjectsCustomResourceProvider"))
	if provider, ok := emptier.(interface{ RoleArn() *string }); ok {
		roles = append(roles, *provider.RoleArn())
	}
	return roles
}

// executionRole returns the name of the role by which CloudFormation deploys a stack. A synthesizer that was made in Go does not know
// what CDK has bound a copy of it to, and panics.
func executionRole(stack awscdk.Stack) (name string, ok bool) {
	defer func() {
		if recover() != nil {
			name, ok = "", false
		}
	}()
	synthesizer, ok := stack.Synthesizer().(awscdk.DefaultStackSynthesizer)
	if !ok {
		return "", false
	}
	_, name, ok = strings.Cut(*synthesizer.CloudFormationExecutionRoleArn(), ":role/")
	return name, ok
}

// claimPerimeter notes the perimeter on the bucket. It reports whether the bucket has it already, and errs if the bucket has another one:
// of two, only what is inside both would pass.
func claimPerimeter(bucket awss3.IBucket, p contract.Perimeter, administrators []string) (second bool, err error) {
	const mark = "crossgrant:perimeter"
	text, _ := json.Marshal([]any{p.Key, p.Values, sortedUnique(administrators)}) // strings always encode
	for _, entry := range *bucket.Node().Metadata() {
		if *entry.Type != mark {
			continue
		}
		if entry.Data != string(text) {
			return false, fmt.Errorf("Perimeter: found another one on bucket %s, expected the same in all grants: of two, only what is inside both would pass", *bucket.Node().Path())
		}
		return true, nil
	}
	bucket.Node().AddMetadata(jsii.String(mark), string(text), nil)
	return false, nil
}

// lockouts returns a problem for each Deny in a bucket's policy that keeps its owner from changing that policy.
func lockouts(bucket awss3.IBucket) (problems []string) {
	stack := awscdk.Stack_Of(bucket)
	for _, child := range *stack.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		made, ok := child.(awss3.CfnBucketPolicy)
		if !ok || !sameBucket(made, bucket) {
			continue
		}
		document, _ := json.Marshal(stack.Resolve(made.PolicyDocument())) // came from JSON
		for _, statement := range lockingOut(document) {
			problems = append(problems, fmt.Sprintf("bucket %s: found %s in its policy, which denies changing that policy; expected a Deny of data actions only, or nobody may be able to take it back",
				*bucket.Node().Path(), statement))
		}
	}
	return problems
}

func sameBucket(policy awss3.CfnBucketPolicy, bucket awss3.IBucket) bool {
	stack := awscdk.Stack_Of(bucket)
	named, _ := json.Marshal(stack.Resolve(policy.Bucket()))
	own, _ := json.Marshal(stack.Resolve(bucket.BucketName()))
	return string(named) == string(own)
}
