package crossaccount

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// resourcePolicy is the policy of a bucket, a table or a key. The zero value is that of a resource without one.
type resourcePolicy struct {
	resource constructs.IConstruct
	kind     string // "bucket", "table" or "key"
	// add is CDK's method; nil if the resource has none.
	add func(awsiam.PolicyStatement) *awsiam.AddToResourcePolicyResult
	// encryption returns the encryption in the template of a resource that has no customer key, or nil; nil if the kind has none.
	encryption func() any
}

func bucketPolicy(bucket awss3.IBucket) resourcePolicy {
	return resourcePolicy{resource: bucket, kind: "bucket", add: bucket.AddToResourcePolicy, encryption: func() any {
		if keyOf(bucket) != nil {
			return nil
		}
		if created, ok := bucket.Node().DefaultChild().(awss3.CfnBucket); ok {
			return created.BucketEncryption()
		}
		return nil
	}}
}

func tablePolicy(table awsdynamodb.ITable) resourcePolicy {
	p := resourcePolicy{resource: table, kind: "table", encryption: func() any {
		if place.Once(table, "key", table.EncryptionKey) != nil {
			return nil
		}
		switch created := table.Node().DefaultChild().(type) {
		case awsdynamodb.CfnTable:
			return created.SseSpecification()
		case awsdynamodb.CfnGlobalTable:
			return created.SseSpecification()
		}
		return nil
	}}
	if created, ok := table.(interface {
		AddToResourcePolicy(awsiam.PolicyStatement) *awsiam.AddToResourcePolicyResult
	}); ok {
		p.add = created.AddToResourcePolicy
	}
	return p
}

func keyPolicy(key awskms.IKey) resourcePolicy {
	return resourcePolicy{resource: key, kind: "key", add: func(s awsiam.PolicyStatement) *awsiam.AddToResourcePolicyResult {
		return key.AddToResourcePolicy(s, jsii.Bool(true))
	}}
}

// directProblem returns why the policy cannot permit another account's role what a statement says, or nil.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
func (p resourcePolicy) directProblem(s contract.Statement) error {
	if p.resource == nil {
		return fmt.Errorf("found %s with Direct access, expected AssumeRole: Direct is for buckets, tables and keys, whose policies can name the grantee", s.Sid)
	}
	if p.encryption == nil {
		return nil
	}
	if found := p.encryption(); found != nil && isAWSManaged(place.Stack(p.resource).Resolve(found)) {
		return fmt.Errorf("found %s %s, encrypted with a key that AWS manages, with Direct access; expected AssumeRole, or a customer managed key: the policy of an AWS managed key lets no other account use it",
			p.kind, *p.resource.Node().Path())
	}
	return nil
}

// isAWSManaged reports whether a bucket or a table that has no customer key is encrypted by KMS.
func isAWSManaged(encryption any) bool {
	text, err := json.Marshal(encryption)
	lower := strings.ToLower(string(text))
	return err == nil && (strings.Contains(lower, `"ssealgorithm":"aws:kms`) || strings.Contains(lower, `"sseenabled":true`))
}

// addStatement adds a statement, or records that it is missing if CDK cannot add it.
func (p resourcePolicy) addStatement(s awsiam.PolicyStatement, b *builder) {
	if p.add != nil {
		if added := p.add(s); *added.StatementAdded {
			b.checkSize(p.resource, p.kind)
			return
		}
	}
	b.cannotWrite(fmt.Sprintf("the policy of %s %s", p.kind, *p.resource.Node().Path()), s)
}

// maxPolicySize is the most characters that AWS accepts in a policy, by the kind of its resource. CloudFormation sends policies without
// white space.
//
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html
// https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
var maxPolicySize = map[string]int{"VPC endpoint": 20480, "bucket": 20480, "table": 20480, "key": 32768}

// checkSize checks the size of a resource's policy at synthesis, with the user's own statements.
func (b *builder) checkSize(resource any, kind string) {
	b.checkOnce(resource, func() (problems []string) {
		for _, policy := range policiesOf(resource) {
			text, _ := json.Marshal(b.resolver.Resolve(policy)) // comes back as JSON
			if limit := maxPolicySize[kind]; len(text) > limit {
				problems = append(problems, fmt.Sprintf("%s: found a policy of %d characters, expected %d at most: name fewer prefixes or indexes, or use another %s",
					*resource.(constructs.IConstruct).Node().Path(), len(text), limit, kind))
			}
		}
		return problems
	})
}

// policiesOf returns the policies of a resource; a table has one in each replica.
func policiesOf(resource any) []any {
	switch r := resource.(type) {
	case interface{ PolicyDocument() awsiam.PolicyDocument }: // a VPC endpoint
		return []any{r.PolicyDocument()}
	case awss3.Bucket:
		return []any{r.Policy().Document()}
	case constructs.IConstruct:
		switch created := r.Node().DefaultChild().(type) {
		case awskms.CfnKey:
			return []any{created.KeyPolicy()}
		case awsdynamodb.CfnTable:
			return []any{created.ResourcePolicy()}
		case awsdynamodb.CfnGlobalTable:
			replicas, _ := awscdk.Stack_Of(r).Resolve(created.Replicas()).([]any)
			var policies []any
			for _, replica := range replicas {
				if policy := replica.(map[string]any)["resourcePolicy"]; policy != nil {
					policies = append(policies, policy)
				}
			}
			return policies
		}
	}
	return nil // not a construct of CDK's: its author knows its policy
}
