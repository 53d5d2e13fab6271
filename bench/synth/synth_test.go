// Package synth_test measures what a grant costs at synthesis, compared with the same resources written by hand; and the whole app, compared with
// similar constructs in JavaScript. It tests nothing else.
//
//	go test ./bench/synth -run none -bench . -benchtime 20x
package synth_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsec2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awskms"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/constructs/network"
)

func TestMain(m *testing.M) {
	os.Setenv("CDK_VALIDATION", "false")
	jsii.Close() // so that the kernel starts again with this environment
	code := m.Run()
	closeQuietly()
	os.Exit(code)
}

// closeQuietly stops the CDK kernel. It discards standard error, to which the runtime library may write that its process has already exited.
func closeQuietly() {
	quiet, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	defer quiet.Close()
	defer func(stderr *os.File) { os.Stderr = stderr }(os.Stderr)
	os.Stderr = quiet
	jsii.Close()
}

// resources are the resources of two accounts, before anything connects them.
type resources struct {
	app            awscdk.App
	source, target awscdk.Stack
	vpc            *network.SourceVpc
	function       awslambda.Function
	role           awsiam.Role
	bucket         awss3.Bucket
	key            awskms.Key
	table          awsdynamodb.Table
}

func newResources(directory string) resources {
	r := resources{app: awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(directory), Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true}})}
	zones := []string{"ap-northeast-1a", "ap-northeast-1c"}
	stack := func(id, account string) awscdk.Stack {
		return awscdk.NewStack(r.app, jsii.String(id), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String(account), Region: jsii.String("ap-northeast-1")}})
	}
	r.source, r.target = stack("Source", "111111111111"), stack("Target", "222222222222")
	r.vpc = network.NewSourceVpc(r.source, "Network", network.SourceVpcProps{AvailabilityZones: zones})
	r.role = awsiam.NewRole(r.source, jsii.String("Reader"), &awsiam.RoleProps{
		RoleName: jsii.String("reader"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	r.function = awslambda.NewFunction(r.source, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("-")),
		Role: r.role, Vpc: r.vpc.Vpc(), VpcSubnets: r.vpc.PrivateSubnets(),
	})
	r.key = awskms.NewKey(r.target, jsii.String("Key"), nil)
	r.bucket = awss3.NewBucket(r.target, jsii.String("Data"), &awss3.BucketProps{BucketName: jsii.String("data-of-222"), EncryptionKey: r.key})
	r.table = awsdynamodb.NewTable(r.target, jsii.String("Devices"), &awsdynamodb.TableProps{
		TableName: jsii.String("devices"), PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
	})
	return r
}

// withGrant connects the resources by one grant.
func withGrant(r resources) {
	crossaccount.NewCrossAccountGrant(r.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Target: r.target, Grantees: []awsiam.IGrantable{r.function},
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(r.bucket, "in/"), crossaccount.ReadTable(r.table)},
		Endpoints:   crossaccount.Endpoints{STS: r.vpc.STS(), S3: r.vpc.S3(), DynamoDB: r.vpc.DynamoDB()},
	})
}

// withoutGrant connects the resources by the same roles, statements and variables, written with CDK alone.
func withoutGrant(r resources) {
	const trusted, reader = "arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1", "arn:aws:iam::111111111111:role/reader"
	named := func(arn string) *map[string]any {
		return &map[string]any{"ArnEquals": map[string]any{"aws:PrincipalArn": arn}}
	}
	role := awsiam.NewRole(r.target, jsii.String("Role"), &awsiam.RoleProps{
		RoleName:           jsii.String("reading-dev-ap-northeast-1"),
		Description:        jsii.String("What " + reader + " may do in this account"),
		AssumedBy:          awsiam.NewPrincipalWithConditions(awsiam.NewAccountPrincipal("111111111111"), named(reader)),
		MaxSessionDuration: awscdk.Duration_Hours(jsii.Number(1)),
	})
	allow := func(sid string, conditions *map[string]any, resources []string, actions ...string) {
		role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String(sid), Actions: jsii.Strings(actions...), Resources: jsii.Strings(resources...), Conditions: conditions,
		}))
	}
	bucket, table := *r.bucket.BucketArn(), *r.table.TableArn()
	scan := []string{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"}
	allow("List", &map[string]any{"StringLike": map[string]any{"s3:prefix": "in/*"}}, []string{bucket}, "s3:ListBucket")
	allow("Objects", nil, []string{bucket + "/in/*"}, "s3:GetObject", "s3:GetObjectTagging")
	allow("Key", &map[string]any{"StringEquals": map[string]any{"kms:ViaService": "s3.ap-northeast-1.amazonaws.com"}}, []string{*r.key.KeyArn()}, "kms:Decrypt")
	allow("Items", nil, []string{table}, scan...)
	r.role.AddToPrincipalPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("Assume"), Actions: jsii.Strings("sts:AssumeRole"), Resources: jsii.Strings(trusted),
	}))
	allowThrough := func(endpoint interface{ AddToPolicy(awsiam.PolicyStatement) }, principal string, resources []string, actions ...string) {
		endpoint.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("Reading"), Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
			Actions: jsii.Strings(actions...), Resources: jsii.Strings(resources...), Conditions: named(principal),
		}))
	}
	var sts awsec2.InterfaceVpcEndpoint = r.vpc.STS()
	allowThrough(sts, reader, []string{trusted}, "sts:AssumeRole")
	allowThrough(r.vpc.S3(), trusted, []string{bucket, bucket + "/in/*"}, "s3:GetObject", "s3:GetObjectTagging", "s3:ListBucket")
	allowThrough(r.vpc.DynamoDB(), trusted, []string{table}, scan...)
	for _, variable := range [][2]string{
		{"CROSSGRANT_ROLE_ARN", trusted}, {"CROSSGRANT_BUCKET", *r.bucket.BucketName()}, {"CROSSGRANT_PREFIXES", `["in/"]`}, {"CROSSGRANT_TABLE", *r.table.TableName()},
	} {
		r.function.AddEnvironment(jsii.String(variable[0]), jsii.String(variable[1]), nil)
	}
}

// synthesize returns the time from a new app to the assembly on disk.
func synthesize(directory string, connect func(resources)) time.Duration {
	start := time.Now()
	r := newResources(directory)
	connect(r)
	r.app.Synth(nil)
	return time.Since(start)
}

// BenchmarkSynth measures a whole synthesis: each run starts the CDK kernel, as `cdk synth` does.
func BenchmarkSynth(b *testing.B) { compare(b, closeQuietly) }

// BenchmarkSynthAgain measures later runs in one process, as in tests: without the start of the kernel, which all apps share.
func BenchmarkSynthAgain(b *testing.B) { compare(b, func() {}) }

// compare synthesizes the app with and without a grant, in alternating order, and reports the medians of both times and of their ratio.
func compare(b *testing.B, before func()) {
	directory := b.TempDir()
	for _, warm := range []func(resources){withoutGrant, withGrant} {
		synthesize(directory, warm)
	}
	var without, with, ratio []float64
	for i := range b.N {
		order := []func(resources){withoutGrant, withGrant}
		if i%2 == 1 {
			slices.Reverse(order)
		}
		var took [2]float64
		for j, connect := range order {
			before()
			took[j] = synthesize(directory+strconv.Itoa(2*i+j), connect).Seconds()
		}
		if i%2 == 1 {
			slices.Reverse(took[:])
		}
		without, with, ratio = append(without, took[0]), append(with, took[1]), append(ratio, took[1]/took[0])
	}
	for unit, values := range map[string][]float64{"s/without-grant": without, "s/with-grant": with, "with/without": ratio} {
		slices.Sort(values)
		b.ReportMetric(values[len(values)/2], unit)
	}
}

// The comparison is fair only if both templates have the same number of resources.
func TestBothWaysWriteTheSameResources(t *testing.T) {
	count := func(connect func(resources)) string {
		r := newResources(t.TempDir())
		connect(r)
		assembly := r.app.Synth(nil)
		var counts []string
		for _, stack := range []awscdk.Stack{r.source, r.target} {
			template := assembly.GetStackArtifact(stack.ArtifactId()).Template().(map[string]any)
			counts = append(counts, fmt.Sprint(len(template["Resources"].(map[string]any))))
		}
		return fmt.Sprint(counts)
	}
	if without, with := count(withoutGrant), count(withGrant); without != with {
		t.Errorf("found %s resources without a grant and %s with one, expected the same", without, with)
	}
}
