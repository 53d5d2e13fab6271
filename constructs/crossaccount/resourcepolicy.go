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
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// resourcePolicy is the policy of a resource. The zero value is that of a resource without one.
type resourcePolicy struct {
	resource constructs.IConstruct
	kind     string // of the resource, as in a permission
	// add is CDK's method; nil if the resource has none.
	add func(awsiam.PolicyStatement) *awsiam.AddToResourcePolicyResult
	// key is the resource's KMS key; nil if the kind has none.
	key func() awskms.IKey
	// encryption returns the encryption in the template of a resource that this app creates without a key, or nil; nil if the kind has none.
	encryption func() any
}

func bucketPolicy(bucket awss3.IBucket) resourcePolicy {
	return resourcePolicy{
		resource: bucket, kind: "bucket", add: bucket.AddToResourcePolicy, key: func() awskms.IKey { return keyOf(bucket) },
		encryption: func() any {
			if created, ok := bucket.Node().DefaultChild().(awss3.CfnBucket); ok {
				return created.BucketEncryption()
			}
			return nil
		},
	}
}

func tablePolicy(table awsdynamodb.ITable) resourcePolicy {
	p := resourcePolicy{
		resource: table, kind: "table", key: func() awskms.IKey { return place.Once(table, "key", table.EncryptionKey) },
		encryption: func() any {
			switch created := table.Node().DefaultChild().(type) {
			case awsdynamodb.CfnTable:
				return created.SseSpecification()
			case awsdynamodb.CfnGlobalTable:
				return created.SseSpecification()
			}
			return nil
		},
	}
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

func queuePolicy(queue awssqs.IQueue) resourcePolicy {
	return resourcePolicy{
		resource: queue, kind: "queue", add: queue.AddToResourcePolicy, key: func() awskms.IKey { return place.Once(queue, "key", queue.EncryptionMasterKey) },
		encryption: func() any {
			if created, ok := queue.Node().DefaultChild().(awssqs.CfnQueue); ok {
				return created.KmsMasterKeyId()
			}
			return nil
		},
	}
}

func topicPolicy(topic awssns.ITopic) resourcePolicy {
	return resourcePolicy{
		resource: topic, kind: "topic", add: topic.AddToResourcePolicy, key: func() awskms.IKey { return place.Once(topic, "key", topic.MasterKey) },
		encryption: func() any {
			if created, ok := topic.Node().DefaultChild().(awssns.CfnTopic); ok {
				return created.KmsMasterKeyId()
			}
			return nil
		},
	}
}

// secretPolicy is that of a secret, which is under aws/secretsmanager if it has no other key.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
func secretPolicy(secret awssecretsmanager.ISecret) resourcePolicy {
	return resourcePolicy{
		resource: secret, kind: "secret", add: secret.AddToResourcePolicy, key: func() awskms.IKey { return place.Once(secret, "key", secret.EncryptionKey) },
		encryption: func() any { return "alias/aws/secretsmanager" },
	}
}

// directProblem returns why the policy cannot permit another account's role what a statement says, or nil.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_examples_cross.html
func (p resourcePolicy) directProblem(s contract.Statement) error {
	if p.resource == nil {
		return fmt.Errorf("found %s with Direct access, expected AssumeRole: this construct writes no resource policy for it, only those of buckets, tables (not of their streams), keys, queues, topics, "+
			"secrets and functions, for the permissions of this package", s.Sid)
	}
	if p.underAWSManagedKey() {
		return fmt.Errorf("found %s %s, encrypted with a key that AWS manages, with Direct access; expected AssumeRole, or a customer managed key%s: the policy of an AWS managed key lets no other account use it",
			p.kind, *p.resource.Node().Path(), map[bool]string{true: " (EncryptionKey, also where the secret is imported)"}[p.kind == "secret"])
	}
	return nil
}

// underAWSManagedKey reports whether the resource is encrypted with a key that AWS manages, as far as this app knows.
func (p resourcePolicy) underAWSManagedKey() bool {
	if p.key == nil {
		return false
	}
	if key := p.key(); key != nil {
		return isAWSManagedKey(key)
	}
	found := p.encryption()
	return found != nil && isAWSManaged(place.Stack(p.resource).Resolve(found))
}

// isAWSManaged reports whether a resource that has no customer key is encrypted by KMS.
func isAWSManaged(encryption any) bool {
	text, err := json.Marshal(encryption)
	lower := strings.ToLower(string(text))
	return err == nil && (strings.Contains(lower, `"ssealgorithm":"aws:kms`) || strings.Contains(lower, `"sseenabled":true`) || strings.Contains(lower, "alias/aws/"))
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
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
// https://docs.aws.amazon.com/general/latest/gr/sns.html
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
var maxPolicySize = map[string]int{"VPC endpoint": 20480, "bucket": 20480, "table": 20480, "key": 32768, "queue": 8192, "topic": 30720, "secret": 20480}

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
		if written, ok := r.Node().TryFindChild(jsii.String("Policy")).(interface{ Document() awsiam.PolicyDocument }); ok { // of a queue, a topic or a secret
			return []any{written.Document()}
		}
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
