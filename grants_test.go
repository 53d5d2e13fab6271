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

// accounts creates the resources of a grant in both accounts, each encrypted with its own key.
type accounts struct{ origin, target awscdk.Stack }

func (a accounts) key() awskms.Key { return awskms.NewKey(a.target, jsii.String("Key"), nil) }

func (a accounts) bucket(stack awscdk.Stack, name string) awss3.Bucket {
	return awss3.NewBucket(stack, jsii.String(name), &awss3.BucketProps{BucketName: jsii.String(name), Encryption: awss3.BucketEncryption_KMS, EnforceSSL: jsii.Bool(true)})
}

func (a accounts) table() awsdynamodb.Table {
	return awsdynamodb.NewTable(a.target, jsii.String("Table"), &awsdynamodb.TableProps{TableName: jsii.String("table"), EncryptionKey: a.key(),
		PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING}, Stream: awsdynamodb.StreamViewType_NEW_IMAGE})
}

func (a accounts) queue() awssqs.Queue {
	return awssqs.NewQueue(a.target, jsii.String("Queue"), &awssqs.QueueProps{QueueName: jsii.String("queue"), EncryptionMasterKey: a.key(), EnforceSSL: jsii.Bool(true)})
}

// Every permission is proved in each access mode and each trust mode that it supports.
func TestEveryPermissionIsProved(t *testing.T) {
	if err := os.Setenv("CDK_VALIDATION", "false"); err != nil {
		t.Fatal(err)
	}
	jsii.Close() // the kernel reads the environment when it starts
	t.Cleanup(jsii.Close)
	for name, permission := range map[string]func(a accounts) crossaccount.Permission{
		"ReadBucket": func(a accounts) crossaccount.Permission {
			return crossaccount.ReadBucket(a.bucket(a.target, "data"), "in/", "out/")
		},
		"ReadBucket whole": func(a accounts) crossaccount.Permission { return crossaccount.ReadBucket(a.bucket(a.target, "data")) },
		"ListBucket": func(a accounts) crossaccount.Permission {
			return crossaccount.ListBucket(a.bucket(a.target, "data"), "in/")
		},
		"WriteBucket": func(a accounts) crossaccount.Permission {
			return crossaccount.WriteBucket(a.bucket(a.target, "data"), "in/")
		},
		"DeleteFromBucket": func(a accounts) crossaccount.Permission {
			return crossaccount.DeleteFromBucket(a.bucket(a.target, "data"), "in/")
		},
		"CopyIntoBucket": func(a accounts) crossaccount.Permission {
			return crossaccount.CopyIntoBucket(a.bucket(a.origin, "origin"), a.bucket(a.target, "data"), "in/")
		},
		"ReadTable":                   func(a accounts) crossaccount.Permission { return crossaccount.ReadTable(a.table(), "byName") },
		"WriteTable":                  func(a accounts) crossaccount.Permission { return crossaccount.WriteTable(a.table()) },
		"UseKey":                      func(a accounts) crossaccount.Permission { return crossaccount.UseKey(a.key(), crossaccount.Decrypt) },
		"ReadStream, by a role":       func(a accounts) crossaccount.Permission { return crossaccount.ReadStream(a.table()) },
		"ReceiveFromQueue, by a role": func(a accounts) crossaccount.Permission { return crossaccount.ReceiveFromQueue(a.queue()) },
		"SendToQueue, by a role":      func(a accounts) crossaccount.Permission { return crossaccount.SendToQueue(a.queue()) },
		"ReadSecret, by a role": func(a accounts) crossaccount.Permission {
			return crossaccount.ReadSecret(awssecretsmanager.NewSecret(a.target, jsii.String("Secret"), &awssecretsmanager.SecretProps{SecretName: jsii.String("login"), EncryptionKey: a.key()}))
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

// proveGrant synthesizes a single grant and proves it.
func proveGrant(t *testing.T, access crossaccount.AccessMode, mode crossaccount.TrustMode, permission func(accounts) crossaccount.Permission) {
	t.Helper()
	dir := t.TempDir()
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(dir), Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true, "@aws-cdk/aws-iam:minimizePolicies": true}})
	stack := func(id, account string) awscdk.Stack {
		return awscdk.NewStack(app, jsii.String(id), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String(account), Region: jsii.String("ap-northeast-1")}})
	}
	resources := accounts{stack("Source", "111111111111"), stack("Target", "222222222222")}
	reader := awsiam.NewRole(resources.origin, jsii.String("Reader"), &awsiam.RoleProps{RoleName: jsii.String("reader"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("ec2.amazonaws.com"), nil)})
	crossaccount.NewCrossAccountGrant(resources.origin, "Grant", crossaccount.GrantProps{Name: "grant", Stage: "test", Grantees: []awsiam.IGrantable{reader},
		Target: resources.target, Access: access, Trust: crossaccount.Trust{Mode: mode}, Permissions: []crossaccount.Permission{permission(resources)}})
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
