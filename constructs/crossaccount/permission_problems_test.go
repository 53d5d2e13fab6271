package crossaccount_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
)

func TestPermissionsThatAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		make     func(a accounts) crossaccount.Permission
		expected string
	}{
		"listing an empty prefix": {
			func(a accounts) crossaccount.Permission { return crossaccount.ListBucket(bucket(a.target, nil), "") },
			"prefixes: found an empty one, expected text",
		},
		"listing a prefix that begins with /": {
			func(a accounts) crossaccount.Permission {
				return crossaccount.ListBucket(bucket(a.target, nil), "/in")
			},
			`prefixes: found "/in", expected it without the leading /`,
		},
		"listing a bucket that is nil": {
			func(accounts) crossaccount.Permission { return crossaccount.ListBucket(nil) },
			"bucket: found nil",
		},
		"writing to an empty prefix": {
			func(a accounts) crossaccount.Permission { return crossaccount.WriteBucket(bucket(a.target, nil), "") },
			"prefixes: found an empty one, expected text",
		},
		"writing to a prefix with a wildcard": {
			func(a accounts) crossaccount.Permission {
				return crossaccount.WriteBucket(bucket(a.target, nil), "in/*")
			},
			`prefixes: found "in/*", expected it without the * at its end: a prefix is taken literally, and matches every key that begins with it`,
		},
		"writing to a prefix that begins with /": {
			func(a accounts) crossaccount.Permission {
				return crossaccount.WriteBucket(bucket(a.target, nil), "/in")
			},
			`prefixes: found "/in", expected it without the leading /`,
		},
		"deleting from an empty prefix": {
			func(a accounts) crossaccount.Permission {
				return crossaccount.DeleteFromBucket(bucket(a.target, nil), "")
			},
			"prefixes: found an empty one, expected text",
		},
		"deleting from a prefix with a wildcard": {
			func(a accounts) crossaccount.Permission {
				return crossaccount.DeleteFromBucket(bucket(a.target, nil), "*")
			},
			`prefixes: found "*", expected it without the * at its end`,
		},
		"deleting from a prefix that begins with /": {
			func(a accounts) crossaccount.Permission {
				return crossaccount.DeleteFromBucket(bucket(a.target, nil), "/in")
			},
			`prefixes: found "/in", expected it without the leading /`,
		},
		"a bucket whose key is an alias of unknown key": {
			func(a accounts) crossaccount.Permission {
				return crossaccount.WriteBucket(importedBucket(a, awskms.Alias_FromAliasName(a.target, jsii.String("Alias"), jsii.String("alias/data"))))
			},
			"key: found alias/data, imported by name, expected its key",
		},
		"a stream of a table that has none": {
			func(a accounts) crossaccount.Permission { return crossaccount.ReadStream(table(a.target, nil)) },
			"table: found no stream, expected Stream to be set on it",
		},
		"a table of a stack without account": {
			func(a accounts) crossaccount.Permission {
				return crossaccount.WriteTable(table(stackIn(a.app, "Anywhere", "", "ap-northeast-1"), nil))
			},
			"table: found one in a stack without account and region",
		},
		"no operation": {
			func(a accounts) crossaccount.Permission { return crossaccount.UseKey(importedKey(a)) },
			"operations: found none, expected at least one, such as Decrypt",
		},
		"every operation": {
			func(a accounts) crossaccount.Permission { return crossaccount.UseKey(importedKey(a), "kms:*") },
			`operations: found "kms:*", expected those that KeyOperations returns`,
		},
		"an operation that destroys the key": {
			func(a accounts) crossaccount.Permission {
				return crossaccount.UseKey(importedKey(a), "kms:ScheduleKeyDeletion")
			},
			`operations: found "kms:ScheduleKeyDeletion", expected those`,
		},
		"a key that the grantee's code cannot name": {
			func(a accounts) crossaccount.Permission {
				return crossaccount.UseKey(key(a), crossaccount.Decrypt, crossaccount.Encrypt)
			},
			"key: found one whose ARN AWS generates, so that the grantee's code cannot know it, expected what key.AddAlias returns",
		},
		"an alias of an unknown key": {
			func(a accounts) crossaccount.Permission {
				return crossaccount.UseKey(awskms.Alias_FromAliasName(a.target, jsii.String("Alias"), jsii.String("alias/data")), crossaccount.Sign)
			},
			"key: found alias/data, imported by name, expected its key, imported by its ARN",
		},
		"a key of a stack without region": {
			func(a accounts) crossaccount.Permission {
				a.target = stackIn(a.app, "Anywhere", "222222222222", "")
				return crossaccount.UseKey(key(a), crossaccount.Decrypt)
			},
			"key: found one in a stack without account and region",
		},
		"a queue of a stack without account": {
			func(a accounts) crossaccount.Permission {
				return crossaccount.SendToQueue(awssqs.NewQueue(stackIn(a.app, "Anywhere", "", ""), jsii.String("Jobs"), nil))
			},
			"queue: found one in a stack without account and region",
		},
		"a secret without a name of its own": {
			func(a accounts) crossaccount.Permission {
				return crossaccount.ReadSecret(awssecretsmanager.NewSecret(a.target, jsii.String("Login"), nil))
			},
			"secret: found no name of its own, expected a secret with SecretName",
		},
		"a secret with a wildcard": {
			func(a accounts) crossaccount.Permission {
				return crossaccount.ReadSecret(awssecretsmanager.Secret_FromSecretNameV2(a.target, jsii.String("Login"), jsii.String("app/*")))
			},
			`secret: found "app/*", expected it literally`,
		},
		"a secret of a stack without account": {
			func(a accounts) crossaccount.Permission {
				a.target = stackIn(a.app, "Anywhere", "", "")
				return crossaccount.ReadSecret(secret(a, nil))
			},
			"secret: found one in a stack without account and region",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.make(twoAccounts(t)).Validate(); err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
		})
	}
}

func TestEndpointsThatAreRefused(t *testing.T) {
	a := twoAccounts(t)
	right := everyEndpoint(a)
	if err := right.Validate(); err != nil {
		t.Errorf("found %v for endpoints that are right", err)
	}
	wrong := crossaccount.Endpoints{Others: map[string]crossaccount.EndpointPolicy{
		"s3": right.S3, "dynamodb-streams": nil, "KMS": right.S3, "sqs:SendMessage": right.S3, "sns": right.S3,
	}}
	expected := strings.Join([]string{
		`Endpoints.Others: found "KMS", expected the prefix of a service's actions, such as kms`,
		`Endpoints.Others: found "dynamodb-streams", expected Endpoints.DynamoDBStreams to be set instead`,
		`Endpoints.Others: found "s3", expected Endpoints.S3 to be set instead`,
		`Endpoints.Others: found "sqs:SendMessage", expected the prefix of a service's actions, such as kms`,
	}, "\n")
	if err := wrong.Validate(); err == nil || err.Error() != expected {
		t.Errorf("found %v\nexpected %s", err, expected)
	}
}

// An endpoint in the field of another one: the grant would close it to its own service, and leave that of the field without a statement.
func TestEndpointsInOtherFields(t *testing.T) {
	a := twoAccounts(t)
	right := everyEndpoint(a)
	for _, c := range []struct {
		endpoints crossaccount.Endpoints
		expected  string
	}{
		{crossaccount.Endpoints{STS: right.S3, S3: right.STS}, "Endpoints: S3 and STS are swapped: found the endpoint of sts as Endpoints.S3, and that of s3 as Endpoints.STS"},
		{crossaccount.Endpoints{STS: right.STS, S3: right.DynamoDB}, "Endpoints.S3: found the endpoint of dynamodb, expected that of s3: set it as Endpoints.DynamoDB"},
		{crossaccount.Endpoints{S3: right.STS, DynamoDB: right.S3}, "Endpoints.S3: found the endpoint of sts, expected that of s3: set it as Endpoints.STS\n" +
			"Endpoints.DynamoDB: found the endpoint of s3, expected that of dynamodb: set it as Endpoints.S3"},
	} {
		if err := c.endpoints.Validate(); err == nil || err.Error() != c.expected {
			t.Errorf("found %v\nexpected %s", err, c.expected)
		}
	}
}

// keyThatFails is a key whose ARN panics.
type keyThatFails struct{ awskms.IKey }

func (keyThatFails) KeyArn() *string { panic(errors.New("no object reference found")) }

// aliasThatFails is an alias whose key panics, for another reason than that the alias was imported by its name.
type aliasThatFails struct{ awskms.IAlias }

func (aliasThatFails) AliasTargetKey() awskms.IKey {
	panic(errors.New("no response received from child process"))
}

// Other panics than CDK's refusal of an imported alias pass through.
func TestOtherErrorsOfAKeyPassThrough(t *testing.T) {
	own := key(twoAccounts(t))
	for expected, k := range map[string]awskms.IKey{
		"no object reference found":               keyThatFails{own},
		"no response received from child process": aliasThatFails{own.AddAlias(jsii.String("data"))},
	} {
		if found := refusal(func() { crossaccount.UseKey(k, crossaccount.Decrypt) }); found != expected {
			t.Errorf("found %q, expected %q", found, expected)
		}
	}
}

// A resource that is nil is an error of the permission, not a panic.
func TestNilResources(t *testing.T) {
	for expected, all := range map[string]permissions{
		"bucket: found nil, expected a bucket":      {crossaccount.ReadBucket(nil), crossaccount.ListBucket(nil), crossaccount.WriteBucket(nil), crossaccount.DeleteFromBucket(nil)},
		"source: found nil, expected a bucket":      {crossaccount.CopyIntoBucket(nil, bucket(twoAccounts(t).target, nil))},
		"destination: found nil, expected a bucket": {crossaccount.CopyIntoBucket(originBucket(twoAccounts(t)), nil)},
		"table: found nil, expected a table":        {crossaccount.ReadTable(nil), crossaccount.WriteTable(nil), crossaccount.ReadStream(nil)},
		"key: found nil, expected a key":            {crossaccount.UseKey(nil, crossaccount.Decrypt)},
		"queue: found nil, expected a queue":        {crossaccount.SendToQueue(nil), crossaccount.ReceiveFromQueue(nil), crossaccount.PollByEventSource(nil)},
		"topic: found nil, expected a topic":        {crossaccount.PublishToTopic(nil)},
		"function: found nil, expected a function":  {crossaccount.InvokeFunction(nil)},
		"secret: found nil, expected a secret":      {crossaccount.ReadSecret(nil)},
	} {
		for i, p := range all {
			if err := p.Validate(); err == nil || err.Error() != expected {
				t.Errorf("%d: found %v, expected %s", i, err, expected)
			}
		}
	}
}
