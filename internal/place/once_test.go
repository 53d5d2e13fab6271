package place

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
)

// A question is asked once for each construct; another question, or one about another construct, has its own answer.
func TestOnce(t *testing.T) {
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir())})
	stack := awscdk.NewStack(app, jsii.String("Lake"), nil)
	one, two := awss3.NewBucket(stack, jsii.String("One"), nil), awss3.NewBucket(stack, jsii.String("Two"), nil)
	asked := 0
	answer := func(text string) func() string {
		return func() string {
			asked++
			return text
		}
	}
	for range 2 {
		for _, c := range []struct {
			found, expected string
		}{
			{Once(one, "a", answer("1a")), "1a"}, {Once(one, "b", answer("1b")), "1b"}, {Once(two, "a", answer("2a")), "2a"},
		} {
			if c.found != c.expected {
				t.Errorf("found %q, expected %q", c.found, c.expected)
			}
		}
	}
	if asked != 3 {
		t.Errorf("asked %d times, expected 3", asked)
	}
	for range 2 {
		if Once(one, "key", one.EncryptionKey) != nil {
			t.Error("found a key of a bucket without one")
		}
	}
}

// An ARN is what CDK writes into a template, with and without an explicit environment.
func TestARN(t *testing.T) {
	for id, env := range map[string]*awscdk.Environment{
		"None": nil, "Tokyo": {Account: jsii.String("111111111111"), Region: jsii.String("ap-northeast-1")},
		"Beijing": {Account: jsii.String("111111111111"), Region: jsii.String("cn-north-1")},
	} {
		app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir()), Context: &map[string]any{"@aws-cdk/core:enablePartitionLiterals": true}})
		stack := awscdk.NewStack(app, jsii.String(id), &awscdk.StackProps{Env: env})
		expected := *stack.FormatArn(&awscdk.ArnComponents{Service: jsii.String("events"), Resource: jsii.String("rule"), ResourceName: jsii.String("new")})
		if found := ARN(stack, "events", "rule/new"); found != expected {
			t.Errorf("%s: found %s, expected %s", id, found, expected)
		}
		if IsToken(Region(stack)) != (env == nil) {
			t.Errorf("%s: found region %s, expected a token only without an environment", id, Region(stack))
		}
	}
}
