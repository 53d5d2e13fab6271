package resolve

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/kernel/kerneltest"
)

func TestMain(m *testing.M) {
	kerneltest.Main(m)
}

func newApp(t *testing.T) awscdk.App {
	return awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(t.TempDir()), AutoSynth: jsii.Bool(false)})
}

func newStack(app awscdk.App, id, region string) awscdk.Stack {
	return awscdk.NewStack(app, jsii.String(id), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("222222222222"), Region: jsii.String(region)}})
}

// All grants of a construct tree share one app of ours, and a stack in it for each region; another tree has its own.
func TestOneAppForEachTree(t *testing.T) {
	app := newApp(t)
	one, two, far := newStack(app, "One", "ap-northeast-1"), newStack(app, "Two", "ap-northeast-1"), newStack(app, "Far", "eu-west-1")
	r := For(one, "ap-northeast-1")
	if For(two, "ap-northeast-1") != r {
		t.Error("found two resolvers for one tree and region, expected one")
	}
	other := For(far, "eu-west-1")
	if other == r || other.stack.Node().Root() != r.stack.Node().Root() {
		t.Error("found one resolver for two regions or two apps for one tree, expected two resolvers in one app")
	}
	second := For(newStack(newApp(t), "One", "ap-northeast-1"), "ap-northeast-1")
	if second == r || second.stack.Node().Root() == r.stack.Node().Root() {
		t.Error("found the resolver of another tree, expected one of its own")
	}
	if r.stack.Node().Root() == app.Node().Root() {
		t.Error("found a stack of ours in the user's tree, expected none: it would be synthesized")
	}
}

func TestTexts(t *testing.T) {
	app := newApp(t)
	stack := newStack(app, "Lake", "cn-north-1")
	named := awss3.NewBucket(stack, jsii.String("Named"), &awss3.BucketProps{BucketName: jsii.String("lake")})
	unnamed := awss3.NewBucket(stack, jsii.String("Unnamed"), nil)
	r := For(stack, "cn-north-1")
	for name, c := range map[string]struct {
		values   []string
		expected []string // nil: ErrUnnamed
	}{
		"plain text":                      {[]string{"a", "${aws:username}"}, []string{"a", "${aws:username}"}},
		"the ARN of a named bucket":       {[]string{*named.BucketArn() + "/in/*"}, []string{"arn:aws-cn:s3:::lake/in/*"}},
		"the region's domain":             {[]string{"https://sqs." + *awscdk.Aws_URL_SUFFIX()}, []string{"https://sqs.amazonaws.com.cn"}},
		"a generated name":                {[]string{"a", *unnamed.BucketName()}, nil},
		"a join with something between":   {[]string{*awscdk.Fn_Join(jsii.String("-"), jsii.Strings("a", *awscdk.Aws_PARTITION()))}, nil},
		"what only CloudFormation knows":  {[]string{*awscdk.Aws_STACK_ID()}, nil},
		"a value that is cut out by Fn::": {[]string{*awscdk.Fn_Select(jsii.Number(0), awscdk.Fn_Split(jsii.String("-"), awscdk.Aws_STACK_ID(), nil))}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := r.Texts(c.values)
			if c.expected == nil != errors.Is(err, ErrUnnamed) || !slices.Equal(found, c.expected) {
				t.Errorf("found %q, %v; expected %q", found, err, c.expected)
			}
		})
	}
}

// unknown is a lazy text whose producer panics.
type unknown struct{}

func (*unknown) Produce(awscdk.IResolveContext) *string { panic(errors.New("no table of owners")) }

// Only CDK's refusal of a generated name means that; any other error passes through.
func TestOtherErrorsPassThrough(t *testing.T) {
	stack := newStack(newApp(t), "Lake", "ap-northeast-1")
	value := *awscdk.Lazy_UncachedString(&unknown{}, nil)
	found := func() (problem any) {
		defer func() { problem = recover() }()
		_, err := For(stack, "ap-northeast-1").Text("arn:" + value)
		return err
	}()
	if found == error(ErrUnnamed) || !strings.Contains(fmt.Sprint(found), "no table of owners") {
		t.Errorf("found %.300v, expected the words of the panic", found)
	}
}
