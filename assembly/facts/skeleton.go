package facts

import (
	"encoding/json"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
)

// Skeleton is a file of facts about resources, by their ARNs as [About] has them. In place of each value it has the command of the AWS CLI that shows the
// value, which no reader of facts accepts: what is not filled in cannot be taken for a fact. The commands only read.
func Skeleton(arns []string) ([]byte, error) {
	resources := map[string]any{}
	for _, name := range arns {
		parts, _ := arn.Parse(name)
		k := kindOf(parts)
		if k == nil {
			continue
		}
		short := k.form.FindStringSubmatch(parts.Service + " " + parts.Resource)[1]
		fill := strings.NewReplacer("{name}", short, "{arn}", name)
		fields := map[string]any{}
		for field, command := range fetches[k.resourceType] {
			fields[field] = fill.Replace(command)
		}
		resources[name] = fields
	}
	return json.MarshalIndent(map[string]any{"version": Version, "resources": resources}, "", "  ")
}

// fetches are the commands that show the required fields, by resource type.
// https://docs.aws.amazon.com/cli/latest/reference/
var fetches = map[string]map[string]string{
	"AWS::S3::Bucket": {
		"account":           "aws sts get-caller-identity --query Account --output text, as the owner of the bucket",
		"region":            "aws s3api get-bucket-location --bucket {name} (null is us-east-1)",
		"policy":            "aws s3api get-bucket-policy --bucket {name} --query Policy --output text (null for none)",
		"kmsKey":            "aws s3api get-bucket-encryption --bucket {name} (KMSMasterKeyID as ARN; null for AES256)",
		"publicAccessBlock": "aws s3api get-public-access-block --bucket {name} --query PublicAccessBlockConfiguration (null for none)",
		"objectOwnership":   "aws s3api get-bucket-ownership-controls --bucket {name} (ObjectWriter for none)",
	},
	"AWS::DynamoDB::Table": {
		"policy": "aws dynamodb get-resource-policy --resource-arn {arn} --query Policy --output text (null for none)",
		"kmsKey": "aws dynamodb describe-table --table-name {name} --query Table.SSEDescription (null for none)",
	},
	"AWS::KMS::Key": {"policy": "aws kms get-key-policy --key-id {arn} --query Policy --output text"},
	"AWS::SQS::Queue": {
		"policy": "aws sqs get-queue-attributes --queue-url URL --attribute-names Policy (null for none)",
		"kmsKey": "aws sqs get-queue-attributes --queue-url URL --attribute-names KmsMasterKeyId (null for none)",
	},
	"AWS::SNS::Topic": {
		"policy": "aws sns get-topic-attributes --topic-arn {arn} --query Attributes.Policy --output text",
		"kmsKey": "aws sns get-topic-attributes --topic-arn {arn} --query Attributes.KmsMasterKeyId (null for none)",
	},
	"AWS::SecretsManager::Secret": {
		"policy": "aws secretsmanager get-resource-policy --secret-id {arn} --query ResourcePolicy --output text (null for none)",
		"kmsKey": "aws secretsmanager describe-secret --secret-id {arn} --query KmsKeyId (alias/aws/secretsmanager for none)",
	},
	"AWS::IAM::Role": {
		"trust":           "aws iam get-role --role-name {name} --query Role.AssumeRolePolicyDocument",
		"policies":        "aws iam list-role-policies --role-name {name}, and get-role-policy for each ({} for none)",
		"managedPolicies": "aws iam list-attached-role-policies --role-name {name} --query AttachedPolicies[].PolicyArn",
		"boundary":        "aws iam get-role --role-name {name} --query Role.PermissionsBoundary.PermissionsBoundaryArn (null for none)",
	},
}
