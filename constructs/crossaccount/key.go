package crossaccount

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"

	"github.com/crossgrant/crossgrant/contract"
)

// KeyOperation is one cryptographic use of a KMS key.
type KeyOperation string

// The operations of KMS that use a key, or tell about it, but do not change it.
// https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
const (
	Decrypt                         KeyOperation = "kms:Decrypt"
	DescribeKey                     KeyOperation = "kms:DescribeKey"
	Encrypt                         KeyOperation = "kms:Encrypt"
	GenerateDataKey                 KeyOperation = "kms:GenerateDataKey"
	GenerateDataKeyWithoutPlaintext KeyOperation = "kms:GenerateDataKeyWithoutPlaintext"
	GenerateMac                     KeyOperation = "kms:GenerateMac"
	GetPublicKey                    KeyOperation = "kms:GetPublicKey"
	// ReEncryptFrom is on the key that the ciphertext is encrypted under, ReEncryptTo on the one that it shall be.
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

// UseKey permits the grantee's code to call KMS itself with a key; at least one operation is required. What S3, DynamoDB, SQS and
// Secrets Manager do with the key of an encrypted resource is part of the permission on that resource and needs no UseKey.
//
// The grantee's code reads CROSSGRANT_KEY_ARN, which is what it passes as KeyId. AWS makes up a key's ARN, so the other account can
// be told only an alias (pass what key.AddAlias returns) or the ARN of an imported key. With neither, Decrypt is the one operation that
// can be permitted: KMS reads from the ciphertext which symmetric key it was, and no variable is set.
//
// The role may use that one key. An endpoint policy cannot name a key that is not imported by ARN (an alias is no resource of these
// operations), so it says "any key of the target account", for this role.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
// https://docs.aws.amazon.com/kms/latest/developerguide/kms-api-permissions-reference.html
// https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
func UseKey(key awskms.IKey, operations ...KeyOperation) Permission {
	if key == nil {
		return missing("key")
	}
	p := permission{}
	p.placed("key", key.Env())
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
	use.Resources, use.CrossAccountResources = []string{arn}, p.anyKeyUnless(arn)
	p.add(keyHolder(key), use)
	_, isAlias := key.(awskms.IAlias)
	switch {
	case isAlias || !*awscdk.Token_IsUnresolved(arn):
		p.environment = map[string]string{contract.VariableKeyARN: *key.KeyArn()}
	case !slices.Equal(use.Actions, []string{string(Decrypt)}):
		p.problems = append(p.problems, errors.New("key: found one whose ARN AWS makes up, which the grantee's code cannot be told, "+
			"expected what key.AddAlias returns or a key imported by its ARN; only Decrypt alone does without"))
	}
	return p
}

// anyKeyUnless returns how another account names a key whose ARN AWS makes up: as any key of its account and region, since an alias is no
// resource of these operations. Nothing if the ARN is known.
// https://docs.aws.amazon.com/kms/latest/developerguide/cmks-in-iam-policies.html
func (p *permission) anyKeyUnless(arn string) []string {
	if !tokenized(arn) {
		return nil
	}
	return []string{fmt.Sprintf("arn:%s:kms:%s:%s:key/*", partition(p.region), p.region, p.account)}
}

// keyARN returns the ARN of a key, or of the key behind an alias: a policy that names an alias permits nothing.
// https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
func keyARN(key awskms.IKey) (arn string, err error) {
	defer func() {
		if recover() != nil { // CDK does not know the key of an alias that was imported by its name
			err = fmt.Errorf("key: found %s, imported by name, expected the key behind it, imported by its ARN: policies name keys, not aliases",
				(*key.KeyArn())[strings.LastIndex(*key.KeyArn(), ":")+1:])
		}
	}()
	if alias, ok := key.(awskms.IAlias); ok {
		return keyARN(alias.AliasTargetKey())
	}
	return *key.KeyArn(), nil
}
