package managedpolicy_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/internal/managedpolicy"
)

const of = "arn:aws:iam::aws:policy/"

// What AWS's own pages say of a policy, in the version of the day of the data, such as
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html
func TestLookup(t *testing.T) {
	for name, want := range map[string][]string{ // the version, its day, and a part of the document
		"AdministratorAccess":                           {"v1", "2015-02-06", `{"Effect":"Allow","Action":"*","Resource":"*"}`},
		"service-role/AWSLambdaVPCAccessExecutionRole":  {"v3", "2024-01-05", `"ec2:DescribeSubnets"`},
		"service-role/AmazonECSTaskExecutionRolePolicy": {"v1", "2017-11-16", `"ecr:BatchGetImage"`},
		"AmazonS3ReadOnlyAccess":                        {"v3", "2023-08-10", `"s3-object-lambda:List*"`},
	} {
		p, ok := managedpolicy.Lookup(of + name)
		if !ok || p.Version != want[0] || p.Date != want[1] || !strings.Contains(string(p.Document), want[2]) {
			t.Errorf("%s: found %v %s of %s: %s", name, ok, p.Version, p.Date, p.Document)
		}
	}
}

// In another partition, documents that name ARNs are others.
func TestOtherPartitions(t *testing.T) {
	for arn, want := range map[string]bool{
		of + "SecurityAudit":            true,
		of + "AWSCloudTrail_FullAccess": true,
		strings.Replace(of, "aws", "aws-cn", 1) + "AmazonSSMManagedInstanceCore": true,
		strings.Replace(of, "aws", "aws-cn", 1) + "AWSCloudTrail_FullAccess":     false,
		"arn:aws:iam::222222222222:policy/ReadOnlyAccess":                        false,
		"AdministratorAccess": false,
		of + "service-role":   false,
		of + "date":           false,
	} {
		if _, ok := managedpolicy.Lookup(arn); ok != want {
			t.Errorf("%s: found %v, expected %v", arn, ok, want)
		}
	}
}

func TestSimilar(t *testing.T) {
	for arn, want := range map[string]string{
		of + "AWSLambdaBasicExecutionRole":              of + "service-role/AWSLambdaBasicExecutionRole",
		of + "service-role/AWSLambdaBasicExecutionRole": "",
		of + "NotThere": "",
		"x":             "",
	} {
		if found := managedpolicy.Similar(arn); found != want {
			t.Errorf("%s: found %q, expected %q", arn, found, want)
		}
	}
}

// The data has what templates name, and its day.
func TestData(t *testing.T) {
	if !regexp.MustCompile(`^20[0-9]{2}-[0-9]{2}-[0-9]{2}$`).MatchString(managedpolicy.Date()) {
		t.Errorf("found date %q", managedpolicy.Date())
	}
	names := managedpolicy.Names()
	if len(names) < 1000 || !slices.IsSorted(names) {
		t.Errorf("found %d policies", len(names))
	}
	for _, name := range names {
		p, ok := managedpolicy.Lookup(of + name)
		if !ok || !json.Valid(p.Document) || p.Date > managedpolicy.Date() || strings.HasPrefix(name, "aws-service-role/") {
			t.Errorf("%s: found %v %q of %q", name, ok, p.Version, p.Date)
		}
	}
}

func BenchmarkLookup(b *testing.B) {
	for b.Loop() {
		managedpolicy.Lookup(of + "service-role/AWSLambdaBasicExecutionRole")
	}
}
