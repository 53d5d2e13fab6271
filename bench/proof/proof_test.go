// Package proof_test measures what it costs to prove assemblies. It proves nothing that the tests of package proof do not.
package proof_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
)

// The large assembly has 200 stacks of 500 resources each, in pairs of two accounts, each pair with a grant.
const (
	pairs     = 100
	resources = 500
)

// What loading and proving the large assembly may take on two cores that do nothing else.
const (
	maxTime   = 10 * time.Second
	maxMemory = 1 << 30 // bytes from the operating system
)

// BenchmarkHouse loads and proves the two small stacks that the tests of package proof have: the least there is to prove.
func BenchmarkHouse(b *testing.B) {
	dir := b.TempDir()
	artifacts := map[string]any{}
	house(b, dir, artifacts, "", 0)
	manifest(b, dir, artifacts)
	prove(b, dir)
}

// BenchmarkLarge loads and proves 200 stacks with 500 resources each. It fails if that takes more than 10 s or 1 GB.
func BenchmarkLarge(b *testing.B) {
	dir := b.TempDir()
	artifacts := map[string]any{}
	for i := range pairs {
		house(b, dir, artifacts, fmt.Sprint(i), resources)
	}
	manifest(b, dir, artifacts)
	prove(b, dir)
}

func prove(b *testing.B, dir string) {
	b.ReportAllocs()
	var checks int
	var slowest time.Duration
	var peak uint64
	for b.Loop() {
		start := time.Now()
		a, err := assembly.Load(dir, assembly.Options{})
		if err != nil {
			b.Fatal(err)
		}
		r, err := proof.Prove(a, proof.Options{})
		if err != nil || r.Verdict() != proof.Proved {
			b.Fatalf("found error %v and a verdict other than proved", err)
		}
		slowest = max(slowest, time.Since(start))
		checks = len(r.Checks)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.Sys)
	}
	b.ReportMetric(float64(checks), "checks")
	b.ReportMetric(float64(peak)/(1<<20), "MB-of-memory")
	if slowest > maxTime || peak > maxMemory {
		b.Fatalf("found %v and %d MB, expected at most %v and %d MB", slowest, peak>>20, maxTime, maxMemory>>20)
	}
}

// house writes the two templates of the tests, under names and in accounts of their own, filled up with other resources.
func house(b *testing.B, dir string, artifacts map[string]any, suffix string, fill int) {
	b.Helper()
	n := 0
	fmt.Sscan(suffix, &n)
	for name, account := range map[string]int{"source": 300000000000 + n, "target": 400000000000 + n} {
		text, err := os.ReadFile(filepath.Join("../../proof/testdata/grant", name+".yaml"))
		if err != nil {
			b.Fatal(err)
		}
		template := strings.NewReplacer("111111111111", fmt.Sprint(300000000000+n), "222222222222", fmt.Sprint(400000000000+n), "lake", "lake"+suffix).Replace(string(text))
		var more strings.Builder
		more.WriteString(template)
		for i := range fill / 4 {
			fmt.Fprintf(&more, `  Role%[1]d:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: "sts:AssumeRole"}]}
  Policy%[1]d: {Type: AWS::IAM::Policy, Properties: {PolicyName: p%[1]d, Roles: [!Ref Role%[1]d], PolicyDocument: {Statement: [{Effect: Allow, Action: ["s3:GetObject", "s3:PutObject"], Resource: !Sub "${Bucket%[1]d.Arn}/*"}]}}}
  Bucket%[1]d: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub "data-${AWS::AccountId}-%[1]d"}}
  Queue%[1]d: {Type: AWS::SQS::Queue, Properties: {RedrivePolicy: {maxReceiveCount: 3, deadLetterTargetArn: !Sub "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:dead-%[1]d"}}}
`, i)
		}
		file := name + suffix + ".yaml"
		if err := os.WriteFile(filepath.Join(dir, file), []byte(more.String()), 0o600); err != nil {
			b.Fatal(err)
		}
		artifacts[name+suffix] = map[string]any{"type": "aws:cloudformation:stack", "environment": fmt.Sprintf("aws://%d/eu-west-1", account),
			"properties": map[string]any{"templateFile": file, "stackName": name + suffix}}
	}
}

func manifest(b *testing.B, dir string, artifacts map[string]any) {
	b.Helper()
	text, err := json.Marshal(map[string]any{"version": "54.0.0", "artifacts": artifacts})
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "manifest.json"), text, 0o600); err != nil {
		b.Fatal(err)
	}
}
