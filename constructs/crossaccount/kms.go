package crossaccount

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/refusal"
	"github.com/crossgrant/crossgrant/constructs/crossaccount/internal/resolve"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// KeyOperation is one cryptographic use of a KMS key.
type KeyOperation string

// The operations of KMS that use or describe a key, but do not change it.
// https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
const (
	Decrypt                         KeyOperation = "kms:Decrypt"
	DescribeKey                     KeyOperation = "kms:DescribeKey"
	Encrypt                         KeyOperation = "kms:Encrypt"
	GenerateDataKey                 KeyOperation = "kms:GenerateDataKey"
	GenerateDataKeyWithoutPlaintext KeyOperation = "kms:GenerateDataKeyWithoutPlaintext"
	GenerateMac                     KeyOperation = "kms:GenerateMac"
	GetPublicKey                    KeyOperation = "kms:GetPublicKey"
	// ReEncryptFrom is for the key that the ciphertext is encrypted under, ReEncryptTo for the new one.
	ReEncryptFrom KeyOperation = "kms:ReEncryptFrom"
	ReEncryptTo   KeyOperation = "kms:ReEncryptTo"
	Sign          KeyOperation = "kms:Sign"
	Verify        KeyOperation = "kms:Verify"
	VerifyMac     KeyOperation = "kms:VerifyMac"
)

// KeyOperations returns all operations that [UseKey] takes, in alphabetical order.
func KeyOperations() []KeyOperation {
	return []KeyOperation{
		Decrypt, DescribeKey, Encrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, GenerateMac, GetPublicKey,
		ReEncryptFrom, ReEncryptTo, Sign, Verify, VerifyMac,
	}
}

// UseKey permits the grantee's code to call KMS with a key; at least one operation is required. What S3, DynamoDB, SQS and Secrets Manager
// do with the key of an encrypted resource is part of the permission on that resource and needs no UseKey.
//
// The grantee's code reads CROSSGRANT_KEY_ARN, which it passes as KeyId. AWS generates a key's ARN, so the grantee can know only an alias
// (pass what key.AddAlias returns) or the ARN of an imported key. With neither, only Decrypt can be permitted: the ciphertext of a
// symmetric key tells KMS which key it was, and no variable is set.
//
// The role may use that one key. An endpoint policy cannot name a key that is not imported by its ARN (an alias is not a resource of these
// operations), so it permits any key of the target account, for this role only.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
// https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
// https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
func UseKey(key awskms.IKey, operations ...KeyOperation) Permission {
	if key == nil {
		return nilResource("key", "key")
	}
	p := permission{kind: "key"}
	p.setEnv("key", key)
	use := contract.Statement{Sid: "UseKey"}
	for _, operation := range operations {
		use.Actions = append(use.Actions, string(operation))
		if !slices.Contains(KeyOperations(), operation) {
			p.problems = append(p.problems, fmt.Errorf("operations: found %q, expected those that KeyOperations returns, such as Decrypt", operation))
		}
	}
	if len(operations) == 0 {
		p.problems = append(p.problems, errors.New("operations: found none, expected at least one, such as Decrypt"))
		return p
	}
	use.Actions = sortedUnique(use.Actions)
	arn, err := keyARN(key)
	if err != nil {
		p.problems = append(p.problems, err)
		return p
	}
	p.arn = arn
	use.Resources, use.CrossAccountResources = []string{arn}, p.anyKeyUnlessKnown(arn)
	p.add(keyPolicy(key), use)
	_, isAlias := key.(awskms.IAlias)
	switch {
	case isAlias || !resolve.HasToken(arn):
		p.environment = map[string]string{contract.VariableKeyARN: *key.KeyArn()}
	case !slices.Equal(use.Actions, []string{string(Decrypt)}):
		p.problems = append(p.problems, errors.New("key: found one whose ARN AWS generates, so that the grantee's code cannot know it, "+
			"expected what key.AddAlias returns or a key imported by its ARN; only Decrypt alone works without"))
	}
	return p
}

// addKey permits operations with the customer key of an encrypted resource, only through the service that stores it; nothing if it
// has no such key. AWS makes these requests itself, so that they pass no endpoint. The service's name ends in amazonaws.com in all partitions.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
func (p *permission) addKey(name string, key awskms.IKey, service string, operations ...string) {
	if key == nil || isAWSManagedKey(key) { // which needs no right of a caller in its own account, and gives none to another one
		return
	}
	arn, err := keyARN(key)
	if err != nil {
		p.problems = append(p.problems, err)
		return
	}
	p.add(keyPolicy(key), contract.Statement{
		Sid:                   name + "Key",
		Actions:               operations,
		Resources:             []string{arn},
		CrossAccountResources: p.anyKeyUnlessKnown(arn),
		Conditions:            map[string]map[string][]string{"StringEquals": {"kms:ViaService": {service + "." + p.region + ".amazonaws.com"}}},
		ViaAWSService:         true,
	})
}

// isAWSManagedKey reports whether a key is one of those that AWS manages, by its alias: aws/sqs and the like.
// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
func isAWSManagedKey(key awskms.IKey) bool {
	return strings.Contains(*place.Once(key, "arn", key.KeyArn), "alias/aws/")
}

// anyKeyUnlessKnown returns how another account names a key whose ARN AWS generates: as any key of its account and region, since an alias
// is not a resource of these operations. Nothing if the ARN is known.
// https://docs.aws.amazon.com/kms/latest/developerguide/cmks-in-iam-policies.html
func (p *permission) anyKeyUnlessKnown(arn string) []string {
	if !resolve.HasToken(arn) {
		return nil
	}
	return []string{fmt.Sprintf("arn:%s:kms:%s:%s:key/*", place.Partition(p.region), p.region, p.account)}
}

// keyARN returns the ARN of a key, or of the key that an alias stands for: a policy that names an alias permits nothing.
// https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
func keyARN(key awskms.IKey) (string, error) {
	alias, ok := key.(awskms.IAlias)
	if !ok {
		return *place.Once(key, "arn", key.KeyArn), nil
	}
	var target awskms.IKey
	if refusal.Catch("Cannot access aliasTargetKey", func() { target = alias.AliasTargetKey() }) {
		name := (*key.KeyArn())[strings.LastIndex(*key.KeyArn(), ":")+1:]
		return "", fmt.Errorf("key: found %s, imported by name, expected its key, imported by its ARN: policies name keys, not aliases", name)
	}
	return keyARN(target)
}
