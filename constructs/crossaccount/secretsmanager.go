package crossaccount

import (
	"errors"
	"regexp"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// anySuffix matches the hyphen and six characters that Secrets Manager adds to a secret's name in its ARN. Exactly six, since "*" would
// also match longer names.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/permissions_grant-limited-resources.html
const anySuffix = "-??????"

// likeSuffix matches a name that ends as a complete ARN does.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
var likeSuffix = regexp.MustCompile(`-[A-Za-z0-9]{6}$`)

// ReadSecret permits reading a secret's value, every version of it, and its description. If the secret has a customer key, decrypting
// with it is permitted too. The grantee's code reads CROSSGRANT_SECRET, which it passes as SecretId: the name, or the ARN of a secret
// that was imported by its complete ARN. With Direct access it is the ARN, without the characters that AWS adds to its end if they are not known: another
// account's secret is named by that, and the secret needs a customer key.
//
// The role may read the one secret by its ARN. If the secret was imported by name or partial ARN, the policy has the name and any six
// characters. Endpoint policies always have that second form, unless the complete ARN is known at synthesis.
//
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
func ReadSecret(secret awssecretsmanager.ISecret) Permission {
	if secret == nil {
		return nilResource("secret", "secret")
	}
	p := permission{kind: "secret", arn: *place.Once(secret, "arn", secret.SecretArn)}
	p.setEnv("secret", secret)
	value := contract.Statement{Sid: "ReadSecretValue", Actions: []string{"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}}
	arn := secret.SecretFullArn()
	switch {
	case arn == nil: // imported by name or partial ARN
		value.Resources = []string{*secret.SecretArn() + anySuffix}
		p.environment = map[string]string{contract.VariableSecret: *secret.SecretName()}
		p.problems = append(p.problems, literalProblems("secret", []string{*secret.SecretName()})...)
	case !*awscdk.Token_IsUnresolved(*arn): // imported by complete ARN
		value.Resources = []string{*arn}
		p.environment = map[string]string{contract.VariableSecret: *arn}
	default:
		name, err := nameOfSecret(secret)
		if err != nil {
			p.problems = append(p.problems, err)
			return p
		}
		value.Resources = []string{*arn}
		value.CrossAccountResources = []string{*awscdk.Stack_Of(secret).FormatArn(&awscdk.ArnComponents{
			Service: jsii.String("secretsmanager"), Resource: jsii.String("secret"), ResourceName: jsii.String(name + anySuffix),
			Account: secret.Env().Account, Region: secret.Env().Region, ArnFormat: awscdk.ArnFormat_COLON_RESOURCE_NAME,
		})}
		p.environment = map[string]string{contract.VariableSecret: name}
	}
	p.add(secretPolicy(secret), value)
	known := value.AcrossAccounts()[0]
	partial := strings.TrimSuffix(known, anySuffix)
	p.directEnvironment = map[string]string{contract.VariableSecret: partial}
	if partial != known && likeSuffix.MatchString(partial) {
		p.notDirect = "the secret's name ends in a hyphen and six characters, as a complete ARN does, so that Secrets Manager would not find it by its ARN without the characters that AWS adds"
	}
	p.addKey("ReadSecret", place.Once(secret, "key", secret.EncryptionKey), "secretsmanager", "kms:Decrypt")
	return p
}

// nameOfSecret returns the name that was set on a secret: CDK cuts the name out of the ARN, which the other account does not know.
func nameOfSecret(secret awssecretsmanager.ISecret) (string, error) {
	if made, ok := secret.Node().DefaultChild().(awssecretsmanager.CfnSecret); ok {
		if name := made.Name(); name != nil && !*awscdk.Token_IsUnresolved(*name) {
			return *name, nil
		}
	}
	return "", errors.New("secret: found no name of its own, expected a secret with SecretName, or one imported by name or complete ARN: " +
		"the other account must know the name at synthesis")
}
