package crossaccount_test

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
)

// permissionCase is one call of a function that returns a Permission.
type permissionCase struct {
	// service is the prefix of the permission's actions, besides kms for the customer key.
	service string
	make    func(a accounts) []crossaccount.Permission
}

type permissions = []crossaccount.Permission

// permissionCases are all permissions, by the name of their golden view, with and without their options.
func permissionCases() map[string]permissionCase {
	return map[string]permissionCase{
		"permission-read-bucket": {"s3", func(a accounts) permissions {
			return permissions{crossaccount.ReadBucket(bucket(a.target, nil))}
		}},
		"permission-read-bucket-prefixes-key": {"s3", func(a accounts) permissions {
			return permissions{crossaccount.ReadBucket(bucket(a.target, key(a)), "in/", "out")}
		}},
		"permission-read-bucket-alias": {"s3", func(a accounts) permissions {
			return permissions{crossaccount.ReadBucket(bucket(a.target, key(a).AddAlias(jsii.String("data"))))}
		}},
		"permission-list-bucket": {"s3", func(a accounts) permissions {
			return permissions{crossaccount.ListBucket(bucket(a.target, nil))}
		}},
		"permission-list-bucket-prefixes-key": {"s3", func(a accounts) permissions {
			return permissions{crossaccount.ListBucket(bucket(a.target, key(a)), "in/", "out")}
		}},
		"permission-write-bucket": {"s3", func(a accounts) permissions {
			return permissions{crossaccount.WriteBucket(bucket(a.target, nil))}
		}},
		"permission-write-bucket-prefixes-key": {"s3", func(a accounts) permissions {
			return permissions{crossaccount.WriteBucket(bucket(a.target, key(a)), "in/", "out")}
		}},
		"permission-delete-from-bucket": {"s3", func(a accounts) permissions {
			return permissions{crossaccount.DeleteFromBucket(bucket(a.target, nil))}
		}},
		"permission-delete-from-bucket-prefixes-key": {"s3", func(a accounts) permissions {
			return permissions{crossaccount.DeleteFromBucket(bucket(a.target, key(a)), "in/", "out")}
		}},
		"permission-read-here-write-there-delete": {"s3", func(a accounts) permissions {
			data := bucket(a.target, key(a))
			return permissions{
				crossaccount.ReadBucket(data, "in/"), crossaccount.WriteBucket(data, "out/"), crossaccount.DeleteFromBucket(data, "in/done/"),
			}
		}},
		"permission-several-buckets": {"s3", func(a accounts) permissions {
			one, two := namedBucket(a.target, "One", nil), namedBucket(a.target, "Two", key(a))
			return permissions{crossaccount.ReadBucket(one, "in/", "a*b?/"), crossaccount.ReadBucket(two), crossaccount.WriteBucket(two, "out/"), crossaccount.DeleteFromBucket(one, "in/done/")}
		}},
		"permission-read-table": {"dynamodb", func(a accounts) permissions {
			return permissions{crossaccount.ReadTable(table(a.target, nil))}
		}},
		"permission-read-table-indexes-key": {"dynamodb", func(a accounts) permissions {
			return permissions{crossaccount.ReadTable(table(a.target, key(a)), "byName")}
		}},
		"permission-write-table": {"dynamodb", func(a accounts) permissions {
			return permissions{crossaccount.WriteTable(table(a.target, nil))}
		}},
		"permission-write-table-key": {"dynamodb", func(a accounts) permissions {
			return permissions{crossaccount.WriteTable(table(a.target, key(a)))}
		}},
		"permission-read-stream": {"dynamodb", func(a accounts) permissions {
			return permissions{crossaccount.ReadStream(tableWithStream(a, nil))}
		}},
		"permission-read-stream-key": {"dynamodb", func(a accounts) permissions {
			return permissions{crossaccount.ReadStream(tableWithStream(a, key(a)))}
		}},
		"permission-read-stream-imported": {"dynamodb", func(a accounts) permissions {
			return permissions{crossaccount.ReadStream(awsdynamodb.Table_FromTableAttributes(a.target, jsii.String("Devices"), &awsdynamodb.TableAttributes{
				TableName:      jsii.String("devices"),
				TableStreamArn: jsii.String("arn:aws:dynamodb:ap-northeast-1:222222222222:table/devices/stream/2026-01-01T00:00:00.000"),
			}))}
		}},
		"permission-use-key-decrypt": {"kms", func(a accounts) permissions {
			return permissions{crossaccount.UseKey(key(a), crossaccount.Decrypt)}
		}},
		"permission-use-key-alias": {"kms", func(a accounts) permissions {
			return permissions{crossaccount.UseKey(key(a).AddAlias(jsii.String("data")), crossaccount.Encrypt, crossaccount.Decrypt, crossaccount.Encrypt)}
		}},
		"permission-use-key-imported": {"kms", func(a accounts) permissions {
			return permissions{crossaccount.UseKey(importedKey(a), crossaccount.KeyOperations()...)}
		}},
		"permission-send-to-queue": {"sqs", func(a accounts) permissions {
			return permissions{crossaccount.SendToQueue(queue(a, nil))}
		}},
		"permission-send-to-queue-key": {"sqs", func(a accounts) permissions {
			return permissions{crossaccount.SendToQueue(queue(a, key(a)))}
		}},
		"permission-receive-from-queue": {"sqs", func(a accounts) permissions {
			return permissions{crossaccount.ReceiveFromQueue(queue(a, nil))}
		}},
		"permission-receive-from-queue-key": {"sqs", func(a accounts) permissions {
			return permissions{crossaccount.ReceiveFromQueue(queue(a, key(a)))}
		}},
		"permission-receive-from-queue-imported": {"sqs", func(a accounts) permissions {
			return permissions{crossaccount.ReceiveFromQueue(awssqs.Queue_FromQueueArn(a.target, jsii.String("Jobs"),
				jsii.String("arn:aws:sqs:ap-northeast-1:222222222222:jobs")))}
		}},
		"permission-publish-to-topic": {"sns", func(a accounts) permissions {
			return permissions{crossaccount.PublishToTopic(topic(a, key(a)))}
		}},
		"permission-invoke-function": {"lambda", func(a accounts) permissions {
			return permissions{crossaccount.InvokeFunction(callee(a))}
		}},
		"permission-read-secret": {"secretsmanager", func(a accounts) permissions {
			return permissions{crossaccount.ReadSecret(secret(a, nil))}
		}},
		"permission-read-secret-key": {"secretsmanager", func(a accounts) permissions {
			return permissions{crossaccount.ReadSecret(secret(a, key(a)))}
		}},
		"permission-read-secret-imported-by-name": {"secretsmanager", func(a accounts) permissions {
			return permissions{crossaccount.ReadSecret(awssecretsmanager.Secret_FromSecretNameV2(a.target, jsii.String("Login"), jsii.String("app/db-login")))}
		}},
		"permission-read-secret-imported-by-arn": {"secretsmanager", func(a accounts) permissions {
			return permissions{crossaccount.ReadSecret(awssecretsmanager.Secret_FromSecretCompleteArn(a.target, jsii.String("Login"),
				jsii.String("arn:aws:secretsmanager:ap-northeast-1:222222222222:secret:app/db-login-AbCdEf")))}
		}},
	}
}

func key(a accounts) awskms.Key { return awskms.NewKey(a.target, jsii.String("Key"), nil) }

func importedKey(a accounts) awskms.IKey {
	return awskms.Key_FromKeyArn(a.target, jsii.String("Key"), jsii.String("arn:aws:kms:ap-northeast-1:222222222222:key/1234abcd-12ab-34cd-56ef-1234567890ab"))
}

func tableWithStream(a accounts, key awskms.IKey) awsdynamodb.ITable {
	return awsdynamodb.NewTable(a.target, jsii.String("Devices"), &awsdynamodb.TableProps{
		TableName:     jsii.String("devices"),
		PartitionKey:  &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
		EncryptionKey: key,
		Stream:        awsdynamodb.StreamViewType_NEW_IMAGE,
	})
}

func queue(a accounts, key awskms.IKey) awssqs.IQueue {
	return awssqs.NewQueue(a.target, jsii.String("Jobs"), &awssqs.QueueProps{QueueName: jsii.String("jobs"), EncryptionMasterKey: key})
}

func topic(a accounts, key awskms.IKey) awssns.ITopic {
	return awssns.NewTopic(a.target, jsii.String("Mails"), &awssns.TopicProps{TopicName: jsii.String("mails"), MasterKey: key, EnforceSSL: jsii.Bool(true)})
}

func callee(a accounts) awslambda.IFunction {
	return awslambda.NewFunction(a.target, jsii.String("Callee"), &awslambda.FunctionProps{
		FunctionName: jsii.String("callee"), Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("-")),
	})
}

func secret(a accounts, key awskms.IKey) awssecretsmanager.ISecret {
	return awssecretsmanager.NewSecret(a.target, jsii.String("Login"), &awssecretsmanager.SecretProps{SecretName: jsii.String("app/db-login"), EncryptionKey: key})
}

func importedBucket(a accounts, key awskms.IKey) awss3.IBucket {
	return awss3.Bucket_FromBucketAttributes(a.target, jsii.String("Data"), &awss3.BucketAttributes{BucketName: jsii.String("data-of-222"), EncryptionKey: key})
}
