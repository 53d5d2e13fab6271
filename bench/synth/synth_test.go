package synth

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
	jsii.Close() // so that the kernel starts with that environment
	code := m.Run()
	closeQuietly()
	os.Exit(code)
}

// closeQuietly stops CDK without the runtime library's complaint, in between, that its process is gone already.
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

// parts are what both ways start from: the resources of two accounts, with nothing between them.
type parts struct {
	app            awscdk.App
	source, target awscdk.Stack
	vpc            *network.SourceVpc
	function       awslambda.Function
	role           awsiam.Role
	bucket         awss3.Bucket
	key            awskms.Key
	table          awsdynamodb.Table
}

func newParts(directory string) parts {
	p := parts{app: awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(directory), Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true}})}
	zones := []string{"ap-northeast-1a", "ap-northeast-1c"}
	in := func(id, account string) awscdk.Stack {
		return awscdk.NewStack(p.app, jsii.String(id), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String(account), Region: jsii.String("ap-northeast-1")}})
	}
	p.source, p.target = in("Source", "111111111111"), in("Target", "222222222222")
	p.vpc = network.NewSourceVpc(p.source, "Network", network.SourceVpcProps{AvailabilityZones: zones})
	p.role = awsiam.NewRole(p.source, jsii.String("Reader"), &awsiam.RoleProps{
		RoleName: jsii.String("reader"), AssumedBy: awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil),
	})
	p.function = awslambda.NewFunction(p.source, jsii.String("Function"), &awslambda.FunctionProps{
		Runtime: awslambda.Runtime_NODEJS_22_X(), Handler: jsii.String("index.handler"), Code: awslambda.Code_FromInline(jsii.String("-")),
		Role: p.role, Vpc: p.vpc.Vpc(), VpcSubnets: p.vpc.PrivateSubnets(),
	})
	p.key = awskms.NewKey(p.target, jsii.String("Key"), nil)
	p.bucket = awss3.NewBucket(p.target, jsii.String("Data"), &awss3.BucketProps{BucketName: jsii.String("data-of-222"), EncryptionKey: p.key})
	p.table = awsdynamodb.NewTable(p.target, jsii.String("Devices"), &awsdynamodb.TableProps{
		TableName: jsii.String("devices"), PartitionKey: &awsdynamodb.Attribute{Name: jsii.String("id"), Type: awsdynamodb.AttributeType_STRING},
	})
	return p
}

// byGrant connects them with one grant.
func byGrant(p parts) {
	crossaccount.NewCrossAccountGrant(p.source, "Reading", crossaccount.GrantProps{
		Name: "reading", Stage: "dev", Target: p.target, Grantees: []awsiam.IGrantable{p.function},
		Permissions: []crossaccount.Permission{crossaccount.ReadBucket(p.bucket, "in/"), crossaccount.ReadTable(p.table)},
		Endpoints:   crossaccount.Endpoints{STS: p.vpc.STS(), S3: p.vpc.S3(), DynamoDB: p.vpc.DynamoDB()},
	})
}

// byHand connects them with the same roles, statements and variables, as a person writes them with CDK.
func byHand(p parts) {
	const trusted, reader = "arn:aws:iam::222222222222:role/reading-dev-ap-northeast-1", "arn:aws:iam::111111111111:role/reader"
	named := func(arn string) *map[string]any {
		return &map[string]any{"ArnEquals": map[string]any{"aws:PrincipalArn": arn}}
	}
	role := awsiam.NewRole(p.target, jsii.String("Role"), &awsiam.RoleProps{
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
	bucket, table := *p.bucket.BucketArn(), *p.table.TableArn()
	scan := []string{"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"}
	allow("List", &map[string]any{"StringLike": map[string]any{"s3:prefix": "in/*"}}, []string{bucket}, "s3:ListBucket")
	allow("Objects", nil, []string{bucket + "/in/*"}, "s3:GetObject", "s3:GetObjectTagging")
	allow("Key", &map[string]any{"StringEquals": map[string]any{"kms:ViaService": "s3.ap-northeast-1.amazonaws.com"}}, []string{*p.key.KeyArn()}, "kms:Decrypt")
	allow("Items", nil, []string{table}, scan...)
	p.role.AddToPrincipalPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("Assume"), Actions: jsii.Strings("sts:AssumeRole"), Resources: jsii.Strings(trusted),
	}))
	pass := func(endpoint interface{ AddToPolicy(awsiam.PolicyStatement) }, who string, resources []string, actions ...string) {
		endpoint.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Sid: jsii.String("Reading"), Principals: &[]awsiam.IPrincipal{awsiam.NewStarPrincipal()},
			Actions: jsii.Strings(actions...), Resources: jsii.Strings(resources...), Conditions: named(who),
		}))
	}
	var sts awsec2.InterfaceVpcEndpoint = p.vpc.STS()
	pass(sts, reader, []string{trusted}, "sts:AssumeRole")
	pass(p.vpc.S3(), trusted, []string{bucket, bucket + "/in/*"}, "s3:GetObject", "s3:GetObjectTagging", "s3:ListBucket")
	pass(p.vpc.DynamoDB(), trusted, []string{table}, scan...)
	for _, variable := range [][2]string{
		{"CROSSGRANT_ROLE_ARN", trusted}, {"CROSSGRANT_BUCKET", *p.bucket.BucketName()}, {"CROSSGRANT_PREFIXES", `["in/"]`}, {"CROSSGRANT_TABLE", *p.table.TableName()},
	} {
		p.function.AddEnvironment(jsii.String(variable[0]), jsii.String(variable[1]), nil)
	}
}

// synthesize returns how long the app takes, from nothing to the assembly on disk.
func synthesize(directory string, connect func(parts)) time.Duration {
	start := time.Now()
	p := newParts(directory)
	connect(p)
	p.app.Synth(nil)
	return time.Since(start)
}

// BenchmarkSynth measures what a person waits for: each run starts CDK anew, as each `cdk synth` does.
func BenchmarkSynth(b *testing.B) { inTurns(b, closeQuietly) }

// BenchmarkSynthAgain measures runs of one process after the first, as in a team's tests: the grant's own work without what all apps share.
func BenchmarkSynthAgain(b *testing.B) { inTurns(b, func() {}) }

// inTurns synthesizes the app both ways, one after the other and the other way round, and reports the median of each and of the ratio of each
// pair.
func inTurns(b *testing.B, before func()) {
	directory := b.TempDir()
	for _, warm := range []func(parts){byHand, byGrant} {
		synthesize(directory, warm)
	}
	var hand, grant, ratio []float64
	for i := range b.N {
		order := []func(parts){byHand, byGrant}
		if i%2 == 1 {
			slices.Reverse(order)
		}
		var took [2]float64
		for j, way := range order {
			before()
			took[j] = synthesize(directory+strconv.Itoa(2*i+j), way).Seconds()
		}
		if i%2 == 1 {
			slices.Reverse(took[:])
		}
		hand, grant, ratio = append(hand, took[0]), append(grant, took[1]), append(ratio, took[1]/took[0])
	}
	for unit, values := range map[string][]float64{"s/by-hand": hand, "s/by-grant": grant, "grant/hand": ratio} {
		slices.Sort(values)
		b.ReportMetric(values[len(values)/2], unit)
	}
}

// Both ways write the same number of resources, or the comparison would mean nothing.
func TestBothWaysWriteTheSameResources(t *testing.T) {
	count := func(connect func(parts)) string {
		p := newParts(t.TempDir())
		connect(p)
		assembly := p.app.Synth(nil)
		var counts []string
		for _, stack := range []awscdk.Stack{p.source, p.target} {
			template := assembly.GetStackArtifact(stack.ArtifactId()).Template().(map[string]any)
			counts = append(counts, fmt.Sprint(len(template["Resources"].(map[string]any))))
		}
		return fmt.Sprint(counts)
	}
	if hand, grant := count(byHand), count(byGrant); hand != grant {
		t.Errorf("found %s resources by hand and %s by a grant, expected the same", hand, grant)
	}
}
