package crossaccount

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
)

// sizeLimits are the most characters that AWS takes in a policy that grants write into, by the policy's resource. CloudFormation hands
// policies over without white space.
//
// https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-considerations.html
// https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
var sizeLimits = map[string]int{"VPC endpoint": 20480, "bucket": 20480, "table": 20480, "key": 32768}

// limit has the size of a resource's policy checked at synthesis, the user's own statements too.
func (h *half) limit(resource any, what string) {
	h.check(func() (problems []string) {
		for _, policy := range policiesOf(resource) {
			text, _ := json.Marshal(h.stack.Resolve(policy)) // comes back as JSON
			if limit := sizeLimits[what]; len(text) > limit {
				problems = append(problems, fmt.Sprintf("%s: found a policy of %d characters, expected %d at most: name fewer prefixes or indexes, or use another %s",
					*resource.(constructs.IConstruct).Node().Path(), len(text), limit, what))
			}
		}
		return problems
	})
}

// policiesOf returns the policies of a resource: a table has one a replica.
func policiesOf(resource any) []any {
	switch r := resource.(type) {
	case interface{ PolicyDocument() awsiam.PolicyDocument }: // a VPC endpoint
		return []any{r.PolicyDocument()}
	case awss3.Bucket:
		return []any{r.Policy().Document()}
	case constructs.IConstruct:
		switch made := r.Node().DefaultChild().(type) {
		case awskms.CfnKey:
			return []any{made.KeyPolicy()}
		case awsdynamodb.CfnTable:
			return []any{made.ResourcePolicy()}
		case awsdynamodb.CfnGlobalTable:
			replicas, _ := awscdk.Stack_Of(r).Resolve(made.Replicas()).([]any)
			var policies []any
			for _, replica := range replicas {
				if policy := replica.(map[string]any)["resourcePolicy"]; policy != nil {
					policies = append(policies, policy)
				}
			}
			return policies
		}
	}
	return nil // no construct of CDK's: whoever wrote it knows its policy
}
