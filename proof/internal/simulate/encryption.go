package simulate

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// The KMS keys behind data: what a service asks KMS for whoever calls it, and whether the key can be used.

// decrypt makes the requests to KMS that a request to a service needs where its data is encrypted. The service makes them for the caller, outside of
// the caller's network; what AWS services themselves request, they ask KMS for as themselves.
func (w walk) decrypt(caller string, a model.Access, of *accounts.Resource) {
	actions := model.KeyActions(a.Action)
	if a.ManagedKey != "" {
		of = &accounts.Resource{Resource: of.Resource, ManagedKey: a.ManagedKey}
	}
	if of.Key == "" && of.ManagedKey == "" {
		return
	}
	service, _, _ := strings.Cut(a.Action, ":")
	for _, action := range actions {
		context := model.Merge(a.Context, EncryptionContext(of.Resource, a.Resource))
		request := model.Access{Action: action, Resource: of.Key, Owner: arn.Account(of.Key), Region: of.Stack.Region, Context: context}
		if !model.IsService(caller) {
			request.Through = service
			// In all partitions with this suffix.
			// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
			context["kms:ViaService"] = []string{service + "." + of.Stack.Region + ".amazonaws.com"}
		}
		if of.Key == "" {
			w.withManagedKey(caller, request, of)
			return
		}
		if of.Key != a.Resource { // or else the request is to KMS already
			w.request(caller, request, nil)
		}
	}
}

// withManagedKey asks for the use of an AWS managed key, whose policy nobody can change: the service may use it for callers of the account.
// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
func (w walk) withManagedKey(caller string, a model.Access, of *accounts.Resource) {
	h := Hop{What: a.Action + " with " + of.ManagedKey + " of account " + of.Stack.Account, Passes: policy.Yes,
		Says: []string{"allowed: " + of.ManagedKey + " is an AWS managed key, which its service may use for callers of the account"}}
	account := policy.Readable(of.Stack.Account)
	switch same := policy.SameAccount(arn.Account(caller), of.Stack.Account); {
	case model.IsService(caller) || same == policy.No:
		h.Passes = policy.No
		h.Says = []string{"denied: " + policy.Readable(accounts.DisplayName(of.Resource)) + " is encrypted with the AWS managed key " + of.ManagedKey +
			", which only callers of account " + account + " can use, and whose policy nobody can change"}
		h.remedy = []string{"encrypt " + policy.Readable(accounts.DisplayName(of.Resource)) + " with a customer managed key, and let the caller use that"}
		h.where = []*assembly.Resource{of.Resource}
	case same == policy.Indeterminate:
		h.Passes = policy.Indeterminate
		h.Says = []string{"unknown: only callers of account " + account + " can use " + of.ManagedKey + ", and whether " + policy.Readable(caller) + " is one is not known"}
		h.remedy = []string{"say which account that is (--account)"}
	}
	w.add(h)
}

// EncryptionContext are the keys by which a service tells KMS what it encrypts, as far as the documentation says.
func EncryptionContext(of *assembly.Resource, resource string) map[string][]string {
	with := func(key, value string) map[string][]string {
		return map[string][]string{"kms:EncryptionContext:" + key: {value}}
	}
	switch of.Type {
	case "AWS::S3::Bucket": // https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#encryption-context
		if hasBucketKey(of) {
			return with("aws:s3:arn", of.ARN)
		}
		return with("aws:s3:arn", resource)
	case "AWS::SQS::Queue":
		return with("aws:sqs:arn", of.ARN)
	case "AWS::SNS::Topic":
		return with("aws:sns:topicArn", of.ARN)
	case "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable": // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html
		return map[string][]string{"kms:EncryptionContext:aws:dynamodb:tableName": {of.Name}, "kms:EncryptionContext:aws:dynamodb:subscriberId": {of.Stack.Account}}
	}
	return nil
}

// hasBucketKey says that S3 asks KMS for a key for the whole bucket, and not for each object.
func hasBucketKey(bucket *assembly.Resource) bool {
	encryption, _ := bucket.Properties["BucketEncryption"].(map[string]any)
	rules, _ := encryption["ServerSideEncryptionConfiguration"].([]any)
	return slices.ContainsFunc(rules, func(one any) bool {
		rule, _ := one.(map[string]any)
		return rule["BucketKeyEnabled"] == true || rule["BucketKeyEnabled"] == "true"
	})
}

// usesKey adds the state of the key that a request to KMS uses for cryptography: it has to be enabled, and of the kind that services can use.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
func (w walk) usesKey(r request) {
	service, operation, _ := strings.Cut(r.action, ":")
	key := r.policyOf
	if service != "kms" || key == nil || !slices.Contains(cryptographic, operation) {
		return
	}
	name := policy.Readable(accounts.DisplayName(key))
	fails := func(passes policy.Answer, says, remedy string) {
		w.add(Hop{What: "state of " + name, Passes: passes, Says: []string{says}, remedy: []string{remedy}, where: []*assembly.Resource{key}})
	}
	switch enabled := key.Properties["Enabled"]; enabled {
	case nil, true, "true":
	case false, "false":
		fails(policy.No, "denied: "+name+" is disabled", "set Enabled of "+name+" to true")
	default:
		fails(policy.Indeterminate, "unknown: whether "+name+" is enabled is not known", "make Enabled of "+name+" known")
	}
	switch origin := property(key, "Origin", "AWS_KMS"); origin {
	case "AWS_KMS":
	case "EXTERNAL":
		fails(policy.Indeterminate, "unknown: "+name+" has no key material until you import it", "import key material into "+name+", or let KMS create it")
	default: // https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html#cfn-kms-key-origin
		fails(known(origin), "denied: "+name+" has Origin "+policy.Readable(origin)+", with which CloudFormation creates no key", "set Origin of "+name+" to AWS_KMS")
	}
	// Services need a symmetric key for encryption: https://docs.aws.amazon.com/kms/latest/developerguide/symm-asymm-compare.html
	data := operation == "Decrypt" || operation == "GenerateDataKey"
	if spec := property(key, "KeySpec", "SYMMETRIC_DEFAULT"); data && spec != "SYMMETRIC_DEFAULT" {
		fails(known(spec), "denied: "+name+" has KeySpec "+policy.Readable(spec)+", and services need a symmetric key", "set KeySpec of "+name+" to SYMMETRIC_DEFAULT")
	}
	if usage := property(key, "KeyUsage", "ENCRYPT_DECRYPT"); data && usage != "ENCRYPT_DECRYPT" {
		fails(known(usage), "denied: "+name+" has KeyUsage "+policy.Readable(usage)+", and cannot encrypt", "set KeyUsage of "+name+" to ENCRYPT_DECRYPT")
	}
}

// cryptographic are the operations of KMS that use a key.
var cryptographic = []string{"Decrypt", "DeriveSharedSecret", "Encrypt", "GenerateDataKey", "GenerateDataKeyPair", "GenerateDataKeyPairWithoutPlaintext",
	"GenerateDataKeyWithoutPlaintext", "GenerateMac", "ReEncryptFrom", "ReEncryptTo", "Sign", "Verify", "VerifyMac"}

// property is a property that is a text.
func property(r *assembly.Resource, name, byDefault string) string {
	if value, ok := r.Properties[name].(string); ok {
		return value
	}
	return byDefault
}

// known is no for a value that is known, since it is the wrong one.
func known(value string) policy.Answer {
	if policy.IsKnown(value) {
		return policy.No
	}
	return policy.Indeterminate
}
