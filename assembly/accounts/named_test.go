package accounts

import (
	"slices"
	"testing"
)

// A resource that a policy names is there once, and one that a template has is no other.
func TestWithNamed(t *testing.T) {
	a := WithNamed(of(t, nil, map[string]string{"S": `
Resources:
  Own: {Type: AWS::S3::Bucket, Properties: {BucketName: own}}
  OwnPolicy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Own, PolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "s3:*", Resource: "*"}]}}}
  LakePolicy: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: lake, PolicyDocument: {Statement: [{Effect: Allow, Principal: "*", Action: "s3:*", Resource: "*"}]}}}
  One: {Type: AWS::Lambda::Permission, Properties: {FunctionName: "f:live", Action: "lambda:InvokeFunction", Principal: "*"}}
  Two: {Type: AWS::Lambda::Permission, Properties: {FunctionName: f, Action: "lambda:InvokeFunction", Principal: "*"}}
`}).assembly)
	var found []string
	all := Of(a, nil)
	for _, name := range all.ARNs() {
		if r, _ := all.ResourceOf(name); r.Policy != nil {
			found = append(found, name)
		}
	}
	want := []string{"arn:aws:lambda:eu-west-1:111111111111:function:f", "arn:aws:s3:::lake", "arn:aws:s3:::own"}
	if !slices.Equal(found, want) {
		t.Errorf("found policies of %q, expected %q", found, want)
	}
}
