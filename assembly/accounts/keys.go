package accounts

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
)

// The KMS keys by which resources are encrypted.

// keyOf returns the ARN of the customer managed key that encrypts a resource, or else the alias of an AWS managed key.
func (a *Accounts) keyOf(r *assembly.Resource) (key, managed string) {
	p := r.Properties
	switch r.Type {
	case "AWS::S3::Bucket":
		return a.bucketKey(r)
	case "AWS::DynamoDB::Table":
		return a.tableKey(r, p["SSESpecification"], text(dig(p, "SSESpecification", "KMSMasterKeyId")))
	case "AWS::Kinesis::Stream":
		return a.KeyNamed(r, text(dig(p, "StreamEncryption", "KeyId")))
	case "AWS::SNS::Topic", "AWS::SQS::Queue":
		return a.KeyNamed(r, text(p["KmsMasterKeyId"]))
	case "AWS::SecretsManager::Secret":
		// https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
		if name := text(p["KmsKeyId"]); name != "" {
			return a.KeyNamed(r, name)
		}
		return "", "alias/aws/secretsmanager"
	}
	return "", ""
}

// bucketKey is the key of a bucket's default encryption. With KMS and without a key it is that of AWS.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
func (a *Accounts) bucketKey(r *assembly.Resource) (key, managed string) {
	for _, rule := range assembly.Listed(dig(r.Properties, "BucketEncryption", "ServerSideEncryptionConfiguration")) {
		byDefault := dig(rule, "ServerSideEncryptionByDefault")
		if name := text(dig(byDefault, "KMSMasterKeyID")); name != "" {
			return a.KeyNamed(r, name)
		}
		if strings.HasPrefix(text(dig(byDefault, "SSEAlgorithm")), "aws:kms") {
			return "", "alias/aws/s3"
		}
	}
	return "", ""
}

// tableKey is the key of a table or of a replica. Encrypted without a key of its own, it is that of AWS.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-dynamodb-table-ssespecification.html
func (a *Accounts) tableKey(r *assembly.Resource, specification any, name string) (key, managed string) {
	if enabled := text(dig(specification, "SSEEnabled")); name == "" && enabled == "true" {
		return "", "alias/aws/dynamodb"
	}
	return a.KeyNamed(r, name)
}

// KeyNamed returns the ARN of a key that is named by ARN, ID or alias, or else the alias of an AWS managed key.
func (a *Accounts) KeyNamed(r *assembly.Resource, name string) (key, managed string) {
	if i := strings.Index(name, "alias/aws/"); i >= 0 {
		return "", name[i:]
	}
	return a.keyARN(r, name), ""
}

// keyARN returns the ARN of a key that is named by ARN, ID or alias; "" for none.
func (a *Accounts) keyARN(r *assembly.Resource, name string) string {
	switch {
	case name == "":
		return ""
	case strings.HasPrefix(name, "alias/"):
		name = arnOf(r, "kms", name)
	case !strings.HasPrefix(name, "arn:"):
		return arnOf(r, "kms", "key/"+name)
	}
	for _, alias := range a.assembly.ByARN(name) {
		if alias.Type == "AWS::KMS::Alias" {
			return a.keyARN(alias, text(alias.Properties["TargetKeyId"]))
		}
	}
	return name
}
