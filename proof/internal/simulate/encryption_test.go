package simulate

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// stores are resources of account B under key "KEY", which let account A in.
const stores = `
  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake, BucketEncryption: {ServerSideEncryptionConfiguration: [{ServerSideEncryptionByDefault: {SSEAlgorithm: "aws:kms", KMSMasterKeyID: KEY}}]}}}
  LakePolicy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Lake, PolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "s3:*", Resource: ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"]}]}}}
  Shop: {Type: AWS::DynamoDB::Table, Properties: {TableName: shop, SSESpecification: {SSEEnabled: true, SSEType: KMS, KMSMasterKeyId: KEY}, ResourcePolicy: {PolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "dynamodb:*", Resource: "*"}]}}}}
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs, KmsMasterKeyId: KEY}}
  JobsPolicy: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Jobs], PolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: "111111111111", Service: events.amazonaws.com}, Action: "sqs:*", Resource: "*"}]}}}
  News: {Type: AWS::SNS::Topic, Properties: {TopicName: news, KmsMasterKeyId: KEY}}
  NewsPolicy: {Type: AWS::SNS::TopicPolicy, Properties: {Topics: [!Ref News], PolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "sns:*", Resource: "*"}]}}}
  Clicks: {Type: AWS::Kinesis::Stream, Properties: {Name: clicks, StreamEncryption: {EncryptionType: KMS, KeyId: KEY}}}
  ClicksPolicy: {Type: AWS::Kinesis::ResourcePolicy, Properties: {ResourceArn: !GetAtt Clicks.Arn, ResourcePolicy: {Statement: [{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "kinesis:*", Resource: "*"}]}}}
  Password: {Type: AWS::SecretsManager::Secret, Properties: {Name: password, KmsKeyId: KEY}}
  PasswordPolicy: {Type: AWS::SecretsManager::ResourcePolicy, Properties: {SecretId: !Ref Password, ResourcePolicy: {Statement: [{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "secretsmanager:*", Resource: "*"}]}}}
`

// key is a key of account B whose policy has one more statement.
func key(properties, statement string) string {
	if statement != "" {
		statement = ", {Effect: Allow, " + statement + "}"
	}
	return "  Key: {Type: AWS::KMS::Key, Properties: {" + properties + `KeyPolicy: {Statement: [{Effect: Allow, Principal: {AWS: "arn:aws:iam::222222222222:root"}, Action: "kms:*", Resource: "*"}` + statement + "]}}}\n"
}

// stored is account B with its stores under a key.
func stored(name, key string) string { return strings.ReplaceAll(stores, "KEY", name) + key }

const inEurope = ":eu-west-1:222222222222:"

// needs are the requests of reading and writing actions, and whether they need the key.
var needs = []struct {
	action, resource string
	key              bool
}{
	{"s3:GetObject", "arn:aws:s3:::lake/k", true}, {"s3:PutObject", "arn:aws:s3:::lake/k", true}, {"s3:ListBucket", "arn:aws:s3:::lake", false}, {"s3:DeleteObject", "arn:aws:s3:::lake/k", false},
	{"dynamodb:GetItem", "arn:aws:dynamodb" + inEurope + "table/shop", true}, {"dynamodb:PutItem", "arn:aws:dynamodb" + inEurope + "table/shop", true},
	{"dynamodb:DescribeTable", "arn:aws:dynamodb" + inEurope + "table/shop", false}, {"dynamodb:Query", "arn:aws:dynamodb" + inEurope + "table/shop/index/i", true},
	{"sqs:ReceiveMessage", "arn:aws:sqs" + inEurope + "jobs", true}, {"sqs:SendMessage", "arn:aws:sqs" + inEurope + "jobs", true}, {"sqs:DeleteMessage", "arn:aws:sqs" + inEurope + "jobs", false},
	{"sns:Publish", "arn:aws:sns" + inEurope + "news", true}, {"sns:GetTopicAttributes", "arn:aws:sns" + inEurope + "news", false},
	{"kinesis:GetRecords", "arn:aws:kinesis" + inEurope + "stream/clicks", true}, {"kinesis:PutRecord", "arn:aws:kinesis" + inEurope + "stream/clicks", true},
	{"secretsmanager:GetSecretValue", "arn:aws:secretsmanager" + inEurope + "secret:password-AbCdEf", true}, {"secretsmanager:DescribeSecret", "arn:aws:secretsmanager" + inEurope + "secret:password", false},
}

// Whoever may use a resource still needs its key; where the data is, is no matter.
func TestKeysBehindData(t *testing.T) {
	reader := role("Reader", byLambda, `Action: ["s3:*", "dynamodb:*", "sqs:*", "sns:*", "kinesis:*", "secretsmanager:*", "kms:*"], Resource: "*"`)
	for name, c := range map[string]struct {
		b    string
		want policy.Answer // for what needs the key
	}{
		"lets nobody else in":          {stored("!Ref Key", key("", "")), policy.No},
		"lets the account in":          {stored("!GetAtt Key.Arn", key("", `Principal: {AWS: "111111111111"}, Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: "*"`)), policy.Yes},
		"lets it in for one service":   {stored("!Ref Key", key("", `Principal: {AWS: "111111111111"}, Action: "kms:*", Resource: "*", Condition: {StringEquals: {"kms:ViaService": ec2.eu-west-1.amazonaws.com}}`)), policy.No},
		"lets it in for all of them":   {stored("!Ref Key", key("", `Principal: {AWS: "111111111111"}, Action: "kms:*", Resource: "*", Condition: {StringLike: {"kms:ViaService": "*.eu-west-1.amazonaws.com"}}`)), policy.Yes},
		"lets callers of an account":   {stored("!Ref Key", key("", `Principal: "*", Action: "kms:*", Resource: "*", Condition: {StringEquals: {"kms:CallerAccount": "111111111111"}}`)), policy.Yes},
		"lets callers of another":      {stored("!Ref Key", key("", `Principal: "*", Action: "kms:*", Resource: "*", Condition: {StringEquals: {"kms:CallerAccount": "333333333333"}}`)), policy.No},
		"is disabled":                  {stored("!Ref Key", key("Enabled: false, ", `Principal: {AWS: "111111111111"}, Action: "kms:*", Resource: "*"`)), policy.No},
		"is perhaps disabled":          {stored("!Ref Key", key("Enabled: '{{resolve:ssm:/x}}', ", `Principal: {AWS: "111111111111"}, Action: "kms:*", Resource: "*"`)), policy.Indeterminate},
		"is enabled":                   {stored("!Ref Key", key("Enabled: true, KeySpec: SYMMETRIC_DEFAULT, KeyUsage: ENCRYPT_DECRYPT, ", `Principal: {AWS: "111111111111"}, Action: "kms:*", Resource: "*"`)), policy.Yes},
		"has no material":              {stored("!Ref Key", key("Origin: EXTERNAL, ", `Principal: {AWS: "111111111111"}, Action: "kms:*", Resource: "*"`)), policy.Indeterminate},
		"is of a key store":            {stored("!Ref Key", key("Origin: AWS_CLOUDHSM, ", `Principal: {AWS: "111111111111"}, Action: "kms:*", Resource: "*"`)), policy.No},
		"is of another kind":           {stored("!Ref Key", key("KeySpec: RSA_2048, ", `Principal: {AWS: "111111111111"}, Action: "kms:*", Resource: "*"`)), policy.No},
		"is for signatures":            {stored("!Ref Key", key("KeyUsage: GENERATE_VERIFY_MAC, ", `Principal: {AWS: "111111111111"}, Action: "kms:*", Resource: "*"`)), policy.No},
		"is in no template":            {stored("arn:aws:kms:eu-west-1:222222222222:key/1", ""), policy.Indeterminate},
		"is AWS's own, of the account": {strings.NewReplacer("SSEAlgorithm: \"aws:kms\", KMSMasterKeyID: KEY", "SSEAlgorithm: \"aws:kms\"", ", KMSMasterKeyId: KEY}, Res", "}, Res", "jobs, KmsMasterKeyId: KEY", "jobs, KmsMasterKeyId: alias/aws/sqs", "news, KmsMasterKeyId: KEY", "news, KmsMasterKeyId: alias/aws/sns", "KeyId: KEY}}}\n  ClicksPolicy", "KeyId: alias/aws/kinesis}}}\n  ClicksPolicy", ", KmsKeyId: KEY", "").Replace(stores), policy.No},
	} {
		t.Run(name, func(t *testing.T) {
			m := load(t, model.Options{}, map[string]string{"A": reader, "B": c.b})
			for _, one := range needs {
				want := policy.Yes
				if one.key {
					want = c.want
				}
				a := model.Access{Caller: arnOf("111111111111", "reader"), Action: one.action, Resource: one.resource}
				if got, says := passes(m, a); got != want {
					t.Errorf("%s: found %s (%s), expected %s", one.action, got, says, want)
				}
				a.AnyKey = true
				if got, says := passes(m, a); got != policy.Yes {
					t.Errorf("%s under any key: found %s (%s), expected yes", one.action, got, says)
				}
			}
		})
	}
}

// In its own account, whoever may use the service may use AWS's key; a service may not.
func TestManagedKeyWithinAnAccount(t *testing.T) {
	m := load(t, model.Options{}, map[string]string{"B": role("Own", byLambda, `Action: "sqs:*", Resource: "*"`) +
		"  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs, KmsMasterKeyId: alias/aws/sqs}}\n" +
		"  P: {Type: AWS::SQS::QueuePolicy, Properties: {Queues: [!Ref Jobs], PolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: 'sqs:SendMessage', Resource: '*'}]}}}\n"})
	for caller, want := range map[string]policy.Answer{arnOf("222222222222", "own"): policy.Yes, "events.amazonaws.com": policy.No} {
		if got, says := passes(m, model.Access{Caller: caller, Action: "sqs:SendMessage", Resource: "arn:aws:sqs" + inEurope + "jobs"}); got != want {
			t.Errorf("%s: found %s (%s), expected %s", caller, got, says, want)
		}
	}
	c := Walk(m, model.Access{Caller: "events.amazonaws.com", Action: "sqs:SendMessage", Resource: "arn:aws:sqs" + inEurope + "jobs"})[0]
	if remedy := strings.Join(c.ToAllow(), "\n"); remedy != "encrypt queue jobs with a customer managed key, and let the caller use that" {
		t.Errorf("found remedy %q", remedy)
	}
	if where := c.Stopping(); len(where) != 1 || where[0].LogicalID != "Jobs" {
		t.Errorf("found %v, expected the queue", where)
	}
}

// A bucket's key is asked for with the ARN of the bucket where it has a bucket key, else with that of the object.
func TestEncryptionContext(t *testing.T) {
	for name, c := range map[string]struct {
		rule, context string
		want          policy.Answer
	}{
		"of the object":                   {"", "arn:aws:s3:::lake/k", policy.Yes},
		"of the bucket, with bucket keys": {", BucketKeyEnabled: true", "arn:aws:s3:::lake", policy.Yes},
		"not of the object then":          {", BucketKeyEnabled: true", "arn:aws:s3:::lake/k", policy.No},
		"of another object":               {"", "arn:aws:s3:::lake/other", policy.No},
	} {
		b := strings.Replace(stored("!Ref Key", key("", `Principal: {AWS: "111111111111"}, Action: "kms:*", Resource: "*", Condition: {StringEquals: {"kms:EncryptionContext:aws:s3:arn": "`+c.context+`"}}`)),
			"KMSMasterKeyID: !Ref Key}", "KMSMasterKeyID: !Ref Key}"+c.rule, 1)
		m := load(t, model.Options{}, map[string]string{"A": role("Reader", byLambda, `Action: ["s3:*", "kms:*"], Resource: "*"`), "B": b})
		if got, says := passes(m, model.Access{Caller: arnOf("111111111111", "reader"), Action: "s3:GetObject", Resource: object}); got != c.want {
			t.Errorf("%s: found %s (%s), expected %s", name, got, says, c.want)
		}
	}
}

// Who asks S3 for its AWS managed key has to be of the bucket's account, whatever the key of the bucket is.
// https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#aws-managed-key
func TestAKeyThatTheRequestAsksFor(t *testing.T) {
	put := `Action: "s3:PutObject", Resource: "arn:aws:s3:::lake/*"`
	m := load(t, model.Options{}, map[string]string{
		"A": role("Other", byLambda, put),
		"B": role("Own", byLambda, put) + "  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n" +
			`  P: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: "111111111111"}, ` + put + `}]}}}` + "\n",
	})
	for caller, expected := range map[string]policy.Answer{arnOf("222222222222", "own"): policy.Yes, arnOf("111111111111", "other"): policy.No} {
		a := model.Access{Caller: caller, Action: "s3:PutObject", Resource: object}
		if got, says := passes(m, a); got != policy.Yes {
			t.Errorf("%s: found %s (%s), expected yes", caller, got, says)
		}
		a.ManagedKey = "alias/aws/s3"
		if got, says := passes(m, a); got != expected {
			t.Errorf("%s under aws/s3: found %s (%s), expected %s", caller, got, says, expected)
		}
	}
}
