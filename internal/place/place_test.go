package place

import (
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// What is remembered is what CDK says, of constructs created here and elsewhere, the first time and again.
func TestPlaces(t *testing.T) {
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir())})
	stage := awscdk.NewStage(app, jsii.String("Prod"), nil)
	env := &awscdk.Environment{Account: jsii.String("111111111111"), Region: jsii.String("eu-west-1")}
	for id, scope := range map[string]constructs.Construct{"InApp": app, "InStage": stage} {
		stack := awscdk.NewStack(scope, jsii.String(id), &awscdk.StackProps{Env: env})
		own := New(stack, "Own")
		inner := New(own, "Inner")
		bucket := In(inner, "Bucket", awss3.NewBucket(inner, jsii.String("Bucket"), nil))
		foreign := awss3.NewBucket(own, jsii.String("A/B"), nil)
		for name, c := range map[string]constructs.IConstruct{"stack": stack, "own": own, "inner": inner, "bucket": bucket, "foreign": foreign} {
			for range 2 {
				if found, expected := Path(c), *c.Node().Path(); found != expected {
					t.Errorf("%s: found path %q, expected %q", name, found, expected)
				}
				if Stack(c) != awscdk.Stack_Of(c) {
					t.Errorf("%s: found stack %s, expected %s", name, Path(Stack(c)), id)
				}
				if Root(c) != app.Node().Root() {
					t.Errorf("%s: found root %q", name, Path(Root(c)))
				}
			}
		}
		for range 2 {
			if found, expected := Directory(stack), *awscdk.Stage_Of(stack).Outdir(); found != expected {
				t.Errorf("found folder %s, expected %s", found, expected)
			}
			if found := Account(stack) + " " + Region(stack); found != "111111111111 eu-west-1" {
				t.Errorf("found %s, expected the stack's account and region", found)
			}
		}
	}
	if Path(app) != "" {
		t.Errorf("found path %q of the app, expected none", Path(app))
	}
}

// Two trees with equal paths are two.
func TestTreesAreApart(t *testing.T) {
	var stacks []awscdk.Stack
	for range 2 {
		app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir())})
		stacks = append(stacks, awscdk.NewStack(app, jsii.String("Lake"), nil))
	}
	if one, two := New(stacks[0], "Own"), New(stacks[1], "Own"); Stack(one) == Stack(two) || Root(one) == Root(two) {
		t.Error("found one stack or root of two trees, expected two")
	}
}
