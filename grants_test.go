package main

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssecretsmanager"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssqs"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// held are the resources of both accounts that the grants of this file are on, encrypted by keys of their own.
type held struct{ origin, target awscdk.Stack }

func (h held) key() awskms.Key { return awskms.NewKey(h.target, jsii.String("Key"), nil) }

func (h held) bucket(stack awscdk.Stack, name string) awss3.Bucket {
	return awss3.NewBucket(stack, jsii.String(name), &awss3.BucketProps{BucketName: jsii.String(name), Encryption: awss3.BucketEncryption_KMS, EnforceSSL: jsii.Bool(true)})
}

func (h held) table() awsdynamodb.Table {
	return awsdynamodb.NewTable(h.target, jsii.String("Table"), &awsdynamodb.TableProps{TableName: jsii.String("table"), EncryptionKey: h.key(),
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING}, Stream: awsdynamodb.StreamViewType_NEW_IMAGE})
}

func (h held) queue() awssqs.Queue {
	return awssqs.NewQueue(h.target, jsii.String("Queue"), &awssqs.QueueProps{QueueName: jsii.String("queue"), EncryptionMasterKey: h.key(), EnforceSSL: jsii.Bool(true)})
}

// Every permission, in each access mode and trust that it has, is proved as it is declared.
func TestEveryPermissionIsProved(t *testing.T) {
	if err := os.Setenv("CDK_VALIDATION", "false"); err != nil {
		t.Fatal(err)
	}
	jsii.Close() // so that the kernel starts with that environment
	t.Cleanup(jsii.Close)
	for name, permission := range map[string]func(h held) crossaccount.Permission{
		"ReadBucket": func(h held) crossaccount.Permission {
			return crossaccount.ReadBucket(h.bucket(h.target, "data"), "in/", "out/")
		},
		"ReadBucket whole": func(h held) crossaccount.Permission { return crossaccount.ReadBucket(h.bucket(h.target, "data")) },
		"ListBucket": func(h held) crossaccount.Permission {
			return crossaccount.ListBucket(h.bucket(h.target, "data"), "in/")
		},
		"WriteBucket": func(h held) crossaccount.Permission {
			return crossaccount.WriteBucket(h.bucket(h.target, "data"), "in/")
		},
		"DeleteFromBucket": func(h held) crossaccount.Permission {
			return crossaccount.DeleteFromBucket(h.bucket(h.target, "data"), "in/")
		},
		"CopyIntoBucket": func(h held) crossaccount.Permission {
			return crossaccount.CopyIntoBucket(h.bucket(h.origin, "origin"), h.bucket(h.target, "data"), "in/")
		},
		"ReadTable":                   func(h held) crossaccount.Permission { return crossaccount.ReadTable(h.table(), "byName") },
		"WriteTable":                  func(h held) crossaccount.Permission { return crossaccount.WriteTable(h.table()) },
		"UseKey":                      func(h held) crossaccount.Permission { return crossaccount.UseKey(h.key(), crossaccount.Decrypt) },
		"ReadStream, by a role":       func(h held) crossaccount.Permission { return crossaccount.ReadStream(h.table()) },
		"ReceiveFromQueue, by a role": func(h held) crossaccount.Permission { return crossaccount.ReceiveFromQueue(h.queue()) },
		"SendToQueue, by a role":      func(h held) crossaccount.Permission { return crossaccount.SendToQueue(h.queue()) },
		"ReadSecret, by a role": func(h held) crossaccount.Permission {
			return crossaccount.ReadSecret(awssecretsmanager.NewSecret(h.target, jsii.String("Secret"), &awssecretsmanager.SecretProps{SecretName: jsii.String("login"), EncryptionKey: h.key()}))
		},
	} {
		for _, access := range crossaccount.AccessModes() {
			if access == crossaccount.Direct && strings.HasSuffix(name, ", by a role") {
				continue
			}
			for _, trust := range crossaccount.TrustModes() {
				t.Run(fmt.Sprint(name, " ", access, " ", trust), func(t *testing.T) {
					proveGrant(t, access, trust, permission)
				})
			}
		}
	}
}

// proveGrant synthesizes a grant on its own, and proves it.
func proveGrant(t *testing.T, access crossaccount.AccessMode, mode crossaccount.TrustMode, permission func(held) crossaccount.Permission) {
	t.Helper()
	dir := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(dir), Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true, "@aws-cdk/aws-iam:minimizePolicies": true}})
	stack := func(id, account string) awscdk.Stack {
		return awscdk.NewStack(app, jsii.String(id), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String(account), Region: jsii.String("ap-northeast-1")}})
	}
	h := held{stack("Source", "111111111111"), stack("Target", "222222222222")}
	reader := awsiam.NewRole(h.origin, jsii.String("Reader"), &awsiam.RoleProps{RoleName: jsii.String("reader"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil)})
	crossaccount.NewCrossAccountGrant(h.origin, "Grant", crossaccount.GrantProps{Name: "grant", Stage: "test", Grantees: []awsiam.IGrantable{reader},
		Target: h.target, Access: access, Trust: crossaccount.Trust{Mode: mode}, Permissions: []crossaccount.Permission{permission(h)}})
	app.Synth(nil)
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := proof.Prove(a, proof.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict() != proof.Proved || len(r.Grants) != 1 || len(r.Checks) < 12 {
		t.Errorf("found %s of %d accesses", r.Verdict(), len(r.Checks))
	}
	for _, f := range r.Findings() {
		t.Errorf("%s %s: %s\n%s", f.Verdict, f.Rule, policy.Readable(f.Checks[0].Name), policy.Readable(strings.Join(f.Says, "\n")))
	}
}
