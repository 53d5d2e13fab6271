package stacks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/internal/policyview"
)

func TestBucketIsClosedAndEncrypted(t *testing.T) {
	target := synthesize(t, map[string]any{"workloads": "list"}).target
	bucket := only(t, target, "AWS::S3::Bucket")
	key := only(t, target, "AWS::KMS::Key")
	if key.Properties["EnableKeyRotation"] != true {
		t.Error("found a key without rotation")
	}
	var keyID string
	for id := range ofType(target, "AWS::KMS::Key") {
		keyID = id
	}
	if diff := cmp.Diff(closedBucket("crossgrant-dev-222222222222-ap-northeast-1", keyID), bucket.Properties); diff != "" {
		t.Errorf("bucket (-expected +found):\n%s", diff)
	}
}

// closedBucket returns the properties of a bucket that is encrypted with a key of the same template.
func closedBucket(name, key string) map[string]any {
	return map[string]any{
		"BucketName": name,
		"BucketEncryption": map[string]any{"ServerSideEncryptionConfiguration": []any{map[string]any{
			"BucketKeyEnabled": true,
			"ServerSideEncryptionByDefault": map[string]any{
				"SSEAlgorithm":   "aws:kms",
				"KMSMasterKeyID": map[string]any{"Fn::GetAtt": []any{key, "Arn"}},
			},
		}}},
		"OwnershipControls": map[string]any{"Rules": []any{map[string]any{"ObjectOwnership": "BucketOwnerEnforced"}}},
		"PublicAccessBlockConfiguration": map[string]any{
			"BlockPublicAcls": true, "BlockPublicPolicy": true, "IgnorePublicAcls": true, "RestrictPublicBuckets": true,
		},
		"VersioningConfiguration": map[string]any{"Status": "Enabled"},
		"LifecycleConfiguration": map[string]any{"Rules": []any{map[string]any{
			"Status": "Enabled", "AbortIncompleteMultipartUpload": map[string]any{"DaysAfterInitiation": 7.0},
		}}},
	}
}

func TestTableHasPointInTimeRecovery(t *testing.T) {
	table := only(t, synthesize(t, map[string]any{"workloads": "scan"}).target, "AWS::DynamoDB::Table")
	expected := map[string]any{
		"TableName":                        "crossgrant-dev-devices",
		"AttributeDefinitions":             []any{map[string]any{"AttributeName": "deviceId", "AttributeType": "S"}},
		"KeySchema":                        []any{map[string]any{"AttributeName": "deviceId", "KeyType": "HASH"}},
		"BillingMode":                      "PAY_PER_REQUEST",
		"PointInTimeRecoverySpecification": map[string]any{"PointInTimeRecoveryEnabled": true},
	}
	if diff := cmp.Diff(expected, table.Properties); diff != "" {
		t.Errorf("table (-expected +found):\n%s", diff)
	}
}

// dataTypes are the types of resources that hold data or logs.
var dataTypes = []string{"AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::SQS::Queue"}

func TestRemovalPolicies(t *testing.T) {
	for setting, expected := range map[string]string{"retain": "RetainExceptOnCreate", "destroy": "Delete"} {
		t.Run(setting, func(t *testing.T) {
			a := synthesize(t, map[string]any{"removalPolicy": setting})
			seen := 0
			for _, template := range []policyview.Template{a.source, a.target} {
				for _, resourceType := range dataTypes {
					for id, r := range ofType(template, resourceType) {
						seen++
						if r.DeletionPolicy != expected {
							t.Errorf("%s: found deletion policy %q, expected %s", id, r.DeletionPolicy, expected)
						}
						// The replacement of a resource deletes the old one, with its data.
						if replaced := map[string]string{"retain": "Retain", "destroy": "Delete"}[setting]; r.UpdateReplacePolicy != replaced {
							t.Errorf("%s: found update replace policy %q, expected %s", id, r.UpdateReplacePolicy, replaced)
						}
					}
				}
			}
			// 5 buckets, a table, 4 keys, 5 queues, and the logs of 5 functions, the VPC and the API.
			if seen != 5+1+4+5+7 {
				t.Errorf("found %d resources that hold data", seen)
			}
			emptied := len(ofType(a.target, "Custom::S3AutoDeleteObjects")) + len(ofType(a.source, "Custom::S3AutoDeleteObjects"))
			if destroy := setting == "destroy"; emptied != map[bool]int{true: 5, false: 0}[destroy] {
				t.Errorf("found %d resources that empty buckets", emptied)
			}
		})
	}
}

// Neither stack may depend on the other, so that either account can be deployed first.
func TestStacksDoNotReferToEachOther(t *testing.T) {
	a := synthesize(t, nil)
	content, err := os.ReadFile(filepath.Join(a.dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var manifest struct {
		Artifacts map[string]struct {
			Type         string
			Dependencies []string
		}
	}
	if err := json.Unmarshal(content, &manifest); err != nil {
		t.Fatal(err)
	}
	for id, artifact := range manifest.Artifacts {
		for _, dependency := range artifact.Dependencies {
			if manifest.Artifacts[dependency].Type == "aws:cloudformation:stack" {
				t.Errorf("%s: found a dependency on %s", id, dependency)
			}
		}
	}
	for id, template := range map[string]policyview.Template{SourceID: a.source, TargetID: a.target} {
		text := asJSON(template)
		for _, function := range []string{"Fn::ImportValue", "Fn::GetStackOutput"} {
			if strings.Contains(text, function) {
				t.Errorf("%s: found %s", id, function)
			}
		}
	}
}

func TestAnotherStageHasItsOwnStacksAndNames(t *testing.T) {
	a := synthesize(t, map[string]any{"stage": "production-blue1"})
	for _, role := range ofType(a.target, "AWS::IAM::Role") {
		if name := role.Properties["RoleName"].(string); len(name) > 64 || !strings.Contains(name, "production--blue1") {
			t.Errorf("found role name %q", name)
		}
	}
	var buckets []string
	for _, template := range []policyview.Template{a.source, a.target} {
		for _, bucket := range ofType(template, "AWS::S3::Bucket") {
			name := bucket.Properties["BucketName"].(string)
			if buckets = append(buckets, name); len(name) > 63 || !strings.HasPrefix(name, "crossgrant-production--blue1-") {
				t.Errorf("found bucket %q", name)
			}
		}
	}
	if slices.Sort(buckets); len(slices.Compact(slices.Clone(buckets))) != 5 {
		t.Errorf("found buckets %q, expected 5 names", buckets)
	}
	content, err := os.ReadFile(filepath.Join(a.dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, stack := range []string{`"stackName": "CrossGrant-Source-production-blue1"`, `"stackName": "CrossGrant-Target-production-blue1"`} {
		if !strings.Contains(string(content), stack) {
			t.Errorf("found no %s in the manifest", stack)
		}
	}
}
