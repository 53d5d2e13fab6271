package audit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// An inline policy may be empty, a managed one not.
func TestEmptyPolicies(t *testing.T) {
	for resource, want := range map[string]int{
		`{Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {AWS: "111111111111"}, Action: "sts:AssumeRole"}]}, Policies: [{PolicyName: p, PolicyDocument: {Statement: []}}]}}`: 0,
		`{Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: {Statement: []}}}`:               1,
		`{Type: AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: {Statement: []}}}`:      1,
		`{Type: AWS::IAM::Role, Properties: {RoleName: r, AssumeRolePolicyDocument: {Statement: []}}}`: 1,
		`{Type: AWS::IAM::Policy, Properties: {PolicyName: p, PolicyDocument: {Statement: []}}}`:       0,
	} {
		path := filepath.Join(t.TempDir(), "stack.yaml")
		if err := os.WriteFile(path, []byte("Resources:\n  R: "+resource+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		a, err := assembly.LoadTemplates(assembly.TemplateFile{Path: path, StackName: "Stack", Account: "111111111111", Region: "eu-west-1"})
		if err != nil {
			t.Fatal(err)
		}
		m, err := model.New(a, model.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if found := invalidPolicy(m); len(found) != want {
			t.Errorf("%s: found %v, expected %d", resource, found, want)
		}
	}
}
