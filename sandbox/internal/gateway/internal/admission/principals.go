package admission

import (
	"cmp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
)

// nobody is what services say of a policy with a principal that does not exist, by the type of the resource that has the policy. %s is the ARN of the principal.
// Of the other types, the sandbox says what S3 does.
//
// https://repost.aws/knowledge-center/iam-principal-policy (IAM)
// https://repost.aws/knowledge-center/s3-invalid-principal-in-policy-error (S3)
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-overview.html (KMS)
var nobody = map[string]string{
	"AWS::IAM::Role":                      `Invalid principal in policy: "AWS":"%s" (Service: AmazonIdentityManagement; Status Code: 400; Error Code: MalformedPolicyDocument)`,
	"AWS::S3::BucketPolicy":               "Invalid principal in policy (Service: Amazon S3; Status Code: 400; Error Code: MalformedPolicy)",
	"AWS::KMS::Key":                       "Policy contains a statement with one or more invalid principals. (Service: Kms, Status Code: 400; Error Code: MalformedPolicyDocumentException)",
	"AWS::KMS::ReplicaKey":                "Policy contains a statement with one or more invalid principals. (Service: Kms, Status Code: 400; Error Code: MalformedPolicyDocumentException)",
	"AWS::DynamoDB::Table":                "One or more parameter values were invalid: Invalid principal in policy document. (Service: DynamoDb, Status Code: 400; Error Code: ValidationException)",
	"AWS::DynamoDB::GlobalTable":          "One or more parameter values were invalid: Invalid principal in policy document. (Service: DynamoDb, Status Code: 400; Error Code: ValidationException)",
	"AWS::SQS::QueuePolicy":               "Invalid value for the parameter Policy. (Service: AmazonSQS; Status Code: 400; Error Code: InvalidAttributeValue)",
	"AWS::SNS::TopicPolicy":               "Invalid parameter: Policy Error: PrincipalNotFound (Service: AmazonSNS; Status Code: 400; Error Code: InvalidParameter)",
	"AWS::SecretsManager::ResourcePolicy": "This resource policy contains an unsupported principal. (Service: AWSSecretsManager; Status Code: 400; Error Code: MalformedPolicyDocumentException)",
	"AWS::Lambda::Permission":             "The provided principal was invalid. Please check the principal and try again. (Service: AWSLambda; Status Code: 400; Error Code: InvalidParameterValueException)",
}

// Principals are the resources whose policies name, as a principal, a role or a user that does not exist when CloudFormation comes to them. exists says whether
// one does now. One that the same deployment creates does only if the resource waits for it. AWS checks no ARN in a condition.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
func (p *Plan) Principals(exists func(principal string) (bool, error)) ([]Refusal, error) {
	created := map[string]string{} // logical IDs, by the ARNs of the roles and users that are new
	for i := range p.Changes {
		c := &p.Changes[i]
		if r := p.resource(c.Resource().LogicalID); r != nil && (c.Effect == deployment.Added || c.Effect == deployment.Replaced) && deployed.IsPrincipal(r.ARN) {
			created[r.ARN] = r.LogicalID
		}
	}
	var all []Refusal
	for i := range p.Changes {
		c := &p.Changes[i]
		r := p.resource(c.Resource().LogicalID)
		if r == nil || !sets(c) {
			continue
		}
		for _, principal := range deployed.Principals(r) {
			why := "no deployed stack of the sandbox has it"
			if id := created[principal]; id != "" {
				if slices.Contains(p.before(r.LogicalID), id) {
					continue
				}
				why = id + " of this stack creates it, and nothing makes " + r.LogicalID + " wait for it: refer to it, or add DependsOn"
			} else if is, err := exists(principal); err != nil {
				return nil, err
			} else if is {
				continue
			}
			message := strings.Replace(cmp.Or(nobody[r.Type], nobody["AWS::S3::BucketPolicy"]), "%s", principal, 1)
			all = append(all, refusal(c, "%s (%s does not exist: %s)", message, principal, why))
			break
		}
	}
	return all, nil
}
