package crossaccount_test

import (
	"flag"
	"os"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/kernel/kerneltest"
	"github.com/crossgrant/crossgrant/internal/policyview"
)

var update = flag.Bool("update", false, "write golden files instead of comparing with them")

func TestMain(m *testing.M) {
	flag.Parse()
	kerneltest.Main(m, func() { os.RemoveAll(assemblies) })
}

// accounts is an app with a stack in each of two accounts.
type accounts struct {
	app            awscdk.App
	source, target awscdk.Stack
}

func twoAccounts(t *testing.T) accounts {
	t.Helper()
	return accountsIn(t.TempDir())
}

// accountsIn synthesizes into a folder.
func accountsIn(dir string) accounts {
	app := awscdk.NewApp(&awscdk.AppProps{
		Outdir: jsii.String(dir),
		Context: &map[string]any{
			"aws:cdk:enable-path-metadata":          true,
			"@aws-cdk/core:enablePartitionLiterals": true,
			"@aws-cdk/aws-iam:minimizePolicies":     true,
		},
	})
	return accounts{
		app:    app,
		source: stackIn(app, "Source", "111111111111", "ap-northeast-1"),
		target: stackIn(app, "Target", "222222222222", "ap-northeast-1"),
	}
}

// stackIn creates a stack; an empty account or region leaves it to CloudFormation.
func stackIn(app awscdk.App, id, account, region string) awscdk.Stack {
	env := &awscdk.Environment{}
	if account != "" {
		env.Account = jsii.String(account)
	}
	if region != "" {
		env.Region = jsii.String(region)
	}
	return awscdk.NewStack(app, jsii.String(id), &awscdk.StackProps{Env: env})
}

func role(stack awscdk.Stack, id, name string) awsiam.Role {
	props := &awsiam.RoleProps{AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil)}
	if name != "" {
		props.RoleName = jsii.String(name)
	}
	return awsiam.NewRole(stack, jsii.String(id), props)
}

func to(grantees ...awsiam.IGrantable) []awsiam.IGrantable { return grantees }

func bucket(stack awscdk.Stack, key awskms.IKey) awss3.IBucket {
	return awss3.NewBucket(stack, jsii.String("Data"), &awss3.BucketProps{BucketName: jsii.String("data-of-222"), EncryptionKey: key})
}

func table(stack awscdk.Stack, key awskms.IKey) awsdynamodb.ITable {
	return awsdynamodb.NewTable(stack, jsii.String("Devices"), &awsdynamodb.TableProps{
		TableName:     jsii.String("devices"),
		PartitionKey:  &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
		EncryptionKey: key,
	})
}

// templates synthesizes the app and returns both templates.
func (a accounts) templates(t *testing.T) (source, target policyview.Template) {
	t.Helper()
	assembly := a.app.Synth(nil)
	read := func(stack awscdk.Stack) policyview.Template {
		document, err := os.ReadFile(*assembly.GetStackArtifact(stack.ArtifactId()).TemplateFullPath())
		if err != nil {
			t.Fatal(err)
		}
		template, err := policyview.Parse(document)
		if err != nil {
			t.Fatal(err)
		}
		return template
	}
	return read(a.source), read(a.target)
}
