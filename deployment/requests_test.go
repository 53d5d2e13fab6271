package deployment_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/deployment"
	"github.com/crossgrant/crossgrant/internal/schema"
)

// What CloudFormation asks for, by the handlers of the types' schemas.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-type-schemas.html
func TestRequests(t *testing.T) {
	a := load(t, "Jobs", "eu-west-1", `
Resources:
  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: worker
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {Service: [edgelambda.amazonaws.com, lambda.amazonaws.com]}, Action: "sts:AssumeRole"}]}
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: worker, Role: !GetAtt Role.Arn, Code: {ZipFile: x}}}
  Own: {Type: Acme::X::Y}
`)
	requester := deployment.NewRequester(a, "111122223333")
	for _, c := range []struct {
		id        string
		operation schema.Operation
		has, not  []string
	}{
		{"Q", schema.Create, []string{"sqs:CreateQueue arn:aws:sqs:eu-west-1:111122223333:jobs"}, []string{"sqs:DeleteQueue"}},
		{"Q", schema.Delete, []string{"sqs:DeleteQueue arn:aws:sqs:eu-west-1:111122223333:jobs"}, []string{"sqs:CreateQueue", "sqs:SetQueueAttributes"}},
		{"Q", schema.Update, []string{"sqs:SetQueueAttributes arn:aws:sqs:eu-west-1:111122223333:jobs"}, []string{"sqs:CreateQueue", "sqs:DeleteQueue"}},
		// The role trusts two services, and a function is of one of them.
		{"Function", schema.Create, []string{"iam:PassRole arn:aws:iam::111122223333:role/worker iam:PassedToService=lambda.amazonaws.com"}, []string{"lambda:DeleteFunction"}},
	} {
		r := a.Stacks[0].Resources[slices.IndexFunc(a.Stacks[0].Resources, func(r *assembly.Resource) bool { return r.LogicalID == c.id })]
		requests, err := requester.Of(r, c.operation)
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, one := range requests {
			text := one.Action + " " + one.Resource
			for key, values := range one.Context {
				text += fmt.Sprintf(" %s=%s", key, strings.Join(values, ","))
			}
			found = append(found, text)
		}
		for _, one := range c.has {
			if !slices.Contains(found, one) {
				t.Errorf("%s of %s: found %q, expected %q among them", c.operation, c.id, found, one)
			}
		}
		for _, one := range c.not {
			if slices.ContainsFunc(found, func(text string) bool { return strings.HasPrefix(text, one+" ") }) {
				t.Errorf("%s of %s: found %q, expected no %s", c.operation, c.id, found, one)
			}
		}
	}
	own := a.Stacks[0].Resources[slices.IndexFunc(a.Stacks[0].Resources, func(r *assembly.Resource) bool { return r.LogicalID == "Own" })]
	if _, err := requester.Of(own, schema.Create); err == nil || !strings.Contains(err.Error(), "found a resource of type Acme::X::Y") {
		t.Errorf("found %v, expected that nothing is known of the type", err)
	}
}
