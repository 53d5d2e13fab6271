package admission

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// Limits are the resources with policies, names, settings or sizes that AWS refuses, as the proof finds them.
func (p *Plan) Limits() []Refusal {
	var all []Refusal
	for i := range p.Changes {
		c := &p.Changes[i]
		if r := p.resource(c.Resource().LogicalID); r != nil && sets(c) {
			if why := misnamed(r); why != "" {
				all = append(all, refusal(c, "%s", why))
			}
		}
	}
	for _, check := range p.After.Refused() {
		for i := range p.Changes {
			c := &p.Changes[i]
			r := p.resource(c.Resource().LogicalID)
			if r == nil || !sets(c) || !slices.Contains(check.Where, r) {
				continue
			}
			all = append(all, refusal(c, "%s", said(&check, r)))
			break
		}
	}
	return all
}

// misnamed says what AWS says of a resource whose name it does not accept. "" for any other.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func misnamed(r *assembly.Resource) string {
	switch {
	case !policy.IsKnown(r.Name):
	case r.Type == "AWS::IAM::Role" && len(r.Name) > contract.MaxRoleName:
		return fmt.Sprintf("1 validation error detected: Value '%s' at 'roleName' failed to satisfy constraint: Member must have length less than or equal to %d (Service: AmazonIdentityManagement; Status Code: 400; Error Code: ValidationError)",
			r.Name, contract.MaxRoleName)
	case r.Type == "AWS::IAM::Role" && !contract.IsRoleName(r.Name):
		return "The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_- (Service: AmazonIdentityManagement; Status Code: 400; Error Code: ValidationError)"
	case r.Type == "AWS::S3::Bucket" && (len(r.Name) > contract.MaxBucketName || !bucketForm.MatchString(r.Name)):
		return "The specified bucket is not valid. (Service: Amazon S3; Status Code: 400; Error Code: InvalidBucketName)"
	}
	return ""
}

var bucketForm = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]+[a-z0-9]$`)

// said is what AWS says of a resource that a check is about. Behind it is what the proof says.
func said(c *proof.Check, r *assembly.Resource) string {
	found := strings.Join(c.Details, "; ")
	const limit = " (Service: AmazonIdentityManagement; Status Code: 409; Error Code: LimitExceeded)"
	switch {
	case c.Rule == proof.DuplicateName:
		return fmt.Sprintf("%s already exists (%s)", r.Name, found)
	case c.Rule != proof.Quota:
		return found
	case strings.Contains(c.Name, "the inline policies of "):
		return "Maximum policy size of 10240 bytes exceeded" + limit + " (" + found + ")"
	case strings.Contains(c.Name, "the managed policies of "):
		return "Cannot exceed quota for PoliciesPerRole: 10" + limit + " (" + found + ")"
	case r.Type == "AWS::IAM::Role":
		return "Cannot exceed quota for ACLSizePerRole: 2048" + limit + " (" + found + ")"
	case r.Type == "AWS::IAM::ManagedPolicy":
		return "Cannot exceed quota for PolicySize: 6144" + limit + " (" + found + ")"
	}
	return c.Name + ": " + found
}

// InUse are the exports of a stack that other stacks import and that the deployment would remove or change, as CloudFormation says it of the stack. Of a stack that
// is deleted: all that others import. "" for none.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-exports.html
func (p *Plan) InUse(before *assembly.Stack, all []*assembly.Stack) string {
	now := map[string]string{}
	if p.Stack != nil {
		for _, o := range p.Stack.Outputs {
			now[o.Export] = o.Value
		}
	}
	for _, o := range before.Outputs {
		value, stays := now[o.Export]
		if o.Export == "" || stays && value == o.Value {
			continue
		}
		for _, s := range all {
			if s.Account != before.Account || s.Region != before.Region || s.Name == before.Name || !slices.Contains(s.Imports, o.Export) {
				continue
			}
			done := "updated"
			if !stays {
				done = "deleted"
			}
			return fmt.Sprintf("Export %s cannot be %s as it is in use by %s", o.Export, done, s.Name)
		}
	}
	return ""
}

// Emptied are the buckets that the deployment deletes, by logical ID. AWS deletes no bucket with objects in it.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html
func (p *Plan) Emptied() []*deployment.Change {
	var all []*deployment.Change
	for i := range p.Changes {
		c := &p.Changes[i]
		if c.Before != nil && c.Before.Type == "AWS::S3::Bucket" && !c.Kept && (c.Effect == deployment.Removed || c.Effect == deployment.Replaced) {
			all = append(all, c)
		}
	}
	return all
}

// Empties says that a custom resource of the CDK empties a bucket before it is deleted.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_s3.Bucket.html#autodeleteobjects
func (p *Plan) Empties(bucket *assembly.Resource) bool {
	return slices.ContainsFunc(p.Changes, func(c deployment.Change) bool {
		return c.Before != nil && c.Effect == deployment.Removed && c.Before.Type == "Custom::S3AutoDeleteObjects" && c.Before.Properties["BucketName"] == bucket.Name
	})
}

// NotEmpty is the refusal of a bucket with objects in it.
func NotEmpty(c *deployment.Change) Refusal {
	return refusal(c, "The bucket you tried to delete is not empty (Service: Amazon S3; Status Code: 409; Error Code: BucketNotEmpty)")
}
