package crossaccount

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/refusal"
	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/statement"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/place"
)

// dataActions are the actions on objects, and the three on a bucket that reveal keys. None of them manages the bucket, and none is for S3's
// replication. S3 refuses a policy with an action that it does not know, so the newest are left out of partitions other than aws.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
func dataActions(partition string) []string {
	all := []string{
		"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectTagging", "s3:DeleteObjectVersion", "s3:DeleteObjectVersionTagging",
		"s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectAttributes", "s3:GetObjectLegalHold", "s3:GetObjectRetention", "s3:GetObjectTagging",
		"s3:GetObjectTorrent", "s3:GetObjectVersion", "s3:GetObjectVersionAcl", "s3:GetObjectVersionAttributes", "s3:GetObjectVersionTagging",
		"s3:GetObjectVersionTorrent", "s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions", "s3:ListMultipartUploadParts",
		"s3:PutObject", "s3:PutObjectAcl", "s3:PutObjectLegalHold", "s3:PutObjectRetention", "s3:PutObjectTagging", "s3:PutObjectVersionAcl",
		"s3:PutObjectVersionTagging", "s3:RestoreObject",
	}
	if partition == "aws" {
		all = append(all, "s3:DeleteObjectAnnotation", "s3:DeleteObjectVersionAnnotation", "s3:GetObjectAnnotation", "s3:GetObjectVersionAnnotation",
			"s3:ListObjectAnnotations", "s3:ListObjectVersionAnnotations", "s3:PutObjectAnnotation", "s3:PutObjectVersionAnnotation", "s3:UpdateObjectEncryption")
	}
	return all
}

// denyOutside denies every principal outside the perimeter the data of the permissions' buckets, if the perimeter is enforced there.
// Requests that AWS services make, for themselves or for someone, carry no keys of an endpoint and are exempt.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalisawsservice
// https://github.com/aws-samples/data-perimeter-policy-examples
func (p Perimeter) denyOutside(permissions []Permission, b *builder) {
	if p.Enforcement != OnBucket {
		return
	}
	done := map[string]bool{}
	for _, permission := range permissions {
		bucket := bucketOf(permission)
		if path := *bucket.Node().Path(); !done[path] {
			done[path] = true
			p.denyOutsideOf(bucket, b)
		}
	}
}

func (p Perimeter) denyOutsideOf(bucket awss3.IBucket, b *builder) {
	perimeter := *p.contract()
	slices.Sort(perimeter.Values)
	for _, administrator := range p.Administrators {
		if arn.Account(administrator) != *bucket.Env().Account {
			b.fail("Perimeter.Administrators: found %s, expected one of the target account %s", administrator, *bucket.Env().Account)
		}
	}
	if second, err := registerPerimeter(bucket, perimeter, p.Administrators); second || err != nil {
		if err != nil {
			b.problems = append(b.problems, err)
		}
		return
	}
	deny := func(sid string, outside statement.Conditions) {
		bucketPolicy(bucket).addStatement(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("CrossGrantPerimeter" + sid), Effect: awsiam.Effect_DENY, Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
			Actions: jsii.Strings(dataActions(place.Partition(*bucket.Env().Region))...), Resources: jsii.Strings(*bucket.BucketArn(), *bucket.BucketArn()+"/*"), Conditions: statement.ForCDK(outside),
		}), b)
	}
	notExempt := statement.Conditions{
		"BoolIfExists":       {"aws:PrincipalIsAWSService": {"false"}, "aws:ViaAWSService": {"false"}},
		"ArnNotLikeIfExists": {"aws:PrincipalArn": append(slices.Clone(p.Administrators), exemptRoles(bucket, b)...)},
	}
	deny("", statement.Merge(notExempt, statement.Conditions{"StringNotEqualsIfExists": {perimeter.Key: perimeter.Values}}))
	if regionalKey(perimeter.Key) {
		deny("Region", statement.Merge(notExempt, statement.Conditions{
			"StringEquals":            {perimeter.Key: perimeter.Values},
			"StringNotEqualsIfExists": {"aws:RequestedRegion": {*bucket.Env().Region}},
		}))
	}
	b.checkAtSynthesis(func() []string { return lockoutProblems(bucket) })
}

// exemptRoles are the roles that have to reach the data from anywhere: the account's service-linked ones, CloudFormation's, and that of
// CDK's function that empties a bucket before it is deleted.
// https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
func exemptRoles(bucket awss3.IBucket, b *builder) []string {
	prefix := "arn:" + place.Partition(b.env.Region) + ":iam::" + *bucket.Env().Account + ":role/"
	roles := []string{prefix + "aws-service-role/*"}
	stack := awscdk.Stack_Of(bucket)
	if name, ok := executionRole(stack); ok {
		roles = append(roles, prefix+name)
	} else {
		awscdk.Annotations_Of(b.node).AddWarningV2(jsii.String("crossgrant:executionRole"),
			jsii.String("found no name of the role that CloudFormation deploys stack "+*stack.Node().Path()+" with, expected it from the stack's synthesizer: name it among the Administrators of the Perimeter"), nil)
	}
	emptier := stack.Node().TryFindChild(jsii.String("Custom::S3AutoDeleteObjectsCustomResourceProvider"))
	if provider, ok := emptier.(interface{ RoleArn() *string }); ok {
		roles = append(roles, *provider.RoleArn())
	}
	return roles
}

// executionRole returns the name of the role that CloudFormation deploys a stack with; ok is false if the synthesizer does not say. CDK binds a
// copy of a synthesizer that is created in Go, and refuses questions to the original.
func executionRole(stack awscdk.Stack) (name string, ok bool) {
	synthesizer, ok := stack.Synthesizer().(awscdk.DefaultStackSynthesizer)
	if !ok {
		return "", false
	}
	var role string
	if refusal.Catch("after the synthesizer has been bound to a Stack", func() { role = *synthesizer.CloudFormationExecutionRoleArn() }) {
		return "", false
	}
	_, name, ok = strings.Cut(role, ":role/")
	return name, ok
}

// registerPerimeter records the perimeter on the bucket. second is true if the bucket has the same one already. It errs if the bucket has
// another one: of two, only requests from inside both would pass.
func registerPerimeter(bucket awss3.IBucket, p contract.Perimeter, administrators []string) (second bool, err error) {
	const key = "crossgrant:perimeter"
	text, _ := json.Marshal([]any{p.Key, p.Values, sortedUnique(administrators)}) // strings always encode
	for _, entry := range *bucket.Node().Metadata() {
		if *entry.Type != key {
			continue
		}
		if entry.Data != string(text) {
			return false, fmt.Errorf("Perimeter: found another one on bucket %s, expected the same in all grants: of two, only requests from inside both would pass", *bucket.Node().Path())
		}
		return true, nil
	}
	bucket.Node().AddMetadata(jsii.String(key), string(text), nil)
	return false, nil
}

// lockoutProblems returns a problem for each Deny in a bucket's policy that keeps its owner from changing that policy.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
func lockoutProblems(bucket awss3.IBucket) (problems []string) {
	stack := awscdk.Stack_Of(bucket)
	for _, child := range *stack.Node().FindAll(constructs.ConstructOrder_PREORDER) {
		policy, ok := child.(awss3.CfnBucketPolicy)
		if !ok || !isPolicyOf(policy, bucket) {
			continue
		}
		document, _ := json.Marshal(stack.Resolve(policy.PolicyDocument())) // came from JSON
		for _, sid := range lockoutStatements(document) {
			problems = append(problems, fmt.Sprintf("bucket %s: found %s in its policy, which denies changing that policy; expected a Deny of data actions only, or the owner could not remove it again",
				*bucket.Node().Path(), sid))
		}
	}
	return problems
}

func isPolicyOf(policy awss3.CfnBucketPolicy, bucket awss3.IBucket) bool {
	stack := awscdk.Stack_Of(bucket)
	named, _ := json.Marshal(stack.Resolve(policy.Bucket()))
	own, _ := json.Marshal(stack.Resolve(bucket.BucketName()))
	return string(named) == string(own)
}

// lockoutStatements returns the Sids of the statements of a bucket policy that deny reading, changing or deleting the policy. A Deny of
// requests without TLS is not among them: the owner can repeat the request with TLS.
func lockoutStatements(document []byte) (found []string) {
	var policy struct{ Statement []map[string]any }
	if err := json.Unmarshal(document, &policy); err != nil {
		return []string{"a policy that cannot be read: " + err.Error()}
	}
	for i, s := range policy.Statement {
		if s["Effect"] != "Deny" || onlyAboutTLS(s["Condition"]) || !coversPolicyActions(s) {
			continue
		}
		name, _ := s["Sid"].(string)
		if name == "" {
			name = fmt.Sprintf("Statement[%d]", i)
		}
		found = append(found, name)
	}
	return found
}

// onlyAboutTLS reports whether conditions hold only for requests without TLS, or with an old version of it.
func onlyAboutTLS(conditions any) bool {
	operators, _ := conditions.(map[string]any)
	for operator, keys := range operators {
		names, _ := keys.(map[string]any)
		for key, value := range names {
			withoutTLS := strings.EqualFold(key, "aws:SecureTransport") && operator == "Bool" && fmt.Sprint(value) == "false"
			oldTLS := strings.EqualFold(key, "s3:TlsVersion") && strings.HasPrefix(operator, "NumericLessThan")
			if withoutTLS || oldTLS {
				return true // all conditions of a statement have to hold
			}
		}
	}
	return false
}

// coversPolicyActions reports whether a statement covers one of the three actions on a bucket's policy.
func coversPolicyActions(s map[string]any) bool {
	if resource, ok := s["Resource"]; ok && onlyObjects(resource) {
		return false
	}
	for _, action := range []string{"s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:GetBucketPolicy"} {
		excluded, inverse := s["NotAction"]
		if inverse && !anyMatches(excluded, action) || !inverse && anyMatches(s["Action"], action) {
			return true
		}
	}
	return false
}

// onlyObjects reports whether every resource names objects: text, or a join, with a "/" after the bucket.
func onlyObjects(resource any) bool {
	switch r := resource.(type) {
	case string:
		return strings.Contains(r, "/")
	case []any:
		return !slices.ContainsFunc(r, func(one any) bool { return !onlyObjects(one) })
	case map[string]any:
		join, _ := r["Fn::Join"].([]any)
		if len(join) != 2 {
			return false
		}
		parts, _ := join[1].([]any)
		return slices.ContainsFunc(parts, func(part any) bool {
			text, _ := part.(string)
			return strings.Contains(text, "/")
		})
	}
	return false
}

// anyMatches reports whether one pattern, or one of a list, matches an action.
func anyMatches(patterns any, action string) bool {
	switch p := patterns.(type) {
	case string:
		matched, err := path.Match(strings.ToLower(p), strings.ToLower(action)) // its wildcards are IAM's, since actions have no "/"
		return matched || err != nil
	case []any:
		for _, pattern := range p {
			if anyMatches(pattern, action) {
				return true
			}
		}
	}
	return false
}
