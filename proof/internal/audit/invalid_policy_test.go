package audit

import (
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/model"
	"github.com/crossgrant/crossgrant/proof/internal/model/modeltest"
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
		m := modeltest.Read(t, model.Options{}, modeltest.Stack{Name: "Stack", Account: modeltest.SourceAccount, Template: "Resources:\n  R: " + resource + "\n"})
		if found := invalidPolicy(m); len(found) != want {
			t.Errorf("%s: found %v, expected %d", resource, found, want)
		}
	}
}
