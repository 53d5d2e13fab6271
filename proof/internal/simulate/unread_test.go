package simulate

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/model"
)

// What deployment may change, nothing is sure of: neither that something works, nor that it does not.
func TestWhatDeploymentMayChange(t *testing.T) {
	lake := "  Lake: {Type: AWS::S3::Bucket, Properties: {BucketName: lake}}\n"
	own := role("Own", byLambda, `Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/*"`) + role("Other", byLambda, `Action: "s3:GetObject", Resource: "arn:aws:s3:::other/*"`)
	for name, c := range map[string]struct {
		b, c string // of the account, and of another one
		sure bool
		says string
	}{
		"nothing":                     {own + lake, "", true, ""},
		"an include":                  {"Transform: [{Name: AWS::Include, Parameters: {Location: s3://a/b.yaml}}]\nResources:\n" + own + lake, "", false, "AWS::Include transforms the template of stack B at deployment"},
		"SAM":                         {"Transform: AWS::Serverless-2016-10-31\nResources:\n" + own + lake, "", false, "AWS::Serverless-2016-10-31 transforms"},
		"a macro among the resources": {"Resources:\n  Fn::Transform: {Name: Own}\n" + own + lake, "", false, "Fn::Transform Own transforms"},
		"language extensions":         {"Transform: AWS::LanguageExtensions\nResources:\n" + own + lake, "", true, ""},
		"a macro of another account":  {own + lake, "Transform: Own\nResources:\n  Q: {Type: AWS::SQS::Queue}\n", true, ""},
		"a nested stack":              {own + lake + "  More: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: 'https://example.com/x.yaml'}}\n", "", false, "the template of nested stack More of stack B is not here"},
		"a module":                    {own + lake + "  More: {Type: 'My::S3::Bucket::MODULE'}\n", "", false, "module More of stack B (My::S3::Bucket::MODULE)"},
		"a custom resource":           {own + lake + "  More: {Type: Custom::Opens, Properties: {ServiceToken: x, Bucket: !Ref Lake}}\n", "", false, "custom resource More of stack B (Custom::Opens) is code that is told of it"},
		"a custom resource, by ARN":   {own + lake + "  More: {Type: AWS::CloudFormation::CustomResource, Properties: {ServiceToken: x, Call: !Sub '{\"Bucket\":\"${Lake.Arn}\"}'}}\n", "", false, "custom resource More"},
		"a custom resource, in JSON":  {own + lake + "  More: {Type: Custom::AWS, Properties: {ServiceToken: x, Create: '{\"parameters\":{\"Bucket\":\"lake\"}}'}}\n", "", false, "custom resource More"},
		"one of something else":       {own + lake + "  More: {Type: Custom::Opens, Properties: {ServiceToken: x, Bucket: other-lake}}\n", "", true, ""},
		"one of the CDK":              {own + lake + "  More: {Type: Custom::S3AutoDeleteObjects, Properties: {ServiceToken: x, BucketName: !Ref Lake}}\n", "", true, ""},
	} {
		t.Run(name, func(t *testing.T) {
			stacks := map[string]string{"B": c.b}
			if c.c != "" {
				stacks["C"] = c.c
			}
			m := load(t, model.Options{}, stacks)
			for caller, want := range map[string]policy.Answer{"own": policy.Yes, "other": policy.No} {
				if !c.sure {
					want = policy.Indeterminate
				}
				chain := Walk(m, model.Access{Caller: arnOf("222222222222", caller), Action: "s3:GetObject", Resource: object})[0]
				h, _ := chain.Stops()
				if says := strings.Join(h.Says, "; "); chain.Passes != want || !c.sure && !strings.Contains(says, c.says) {
					t.Errorf("%s: found %s (%s), expected %s", caller, chain.Passes, says, want)
				}
				if remedy := chain.Remedies(); !c.sure && len(remedy) == 0 {
					t.Errorf("%s: found no remedy", caller)
				}
			}
		})
	}
}

// A macro among the properties of a resource may change the others.
func TestMacroAmongProperties(t *testing.T) {
	const include = "Fn::Transform AWS::Include in the properties of Lake of stack B was not run"
	for properties, want := range map[string]policy.Answer{"{}": policy.Yes, "{Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://a/b}}}": policy.Indeterminate} {
		m := load(t, model.Options{}, map[string]string{"B": role("Own", byLambda, `Action: "s3:GetObject", Resource: !Sub "${Lake.Arn}/*"`) + "  Lake: {Type: AWS::S3::Bucket, Properties: " + properties + "}\n"})
		if got, says := passes(m, model.Access{Caller: arnOf("222222222222", "own"), Action: "s3:GetObject", Resource: m.Assembly.OfType("AWS::S3::Bucket")[0].ARN + "/k"}); got != want || strings.Contains(says, include) != (want != policy.Yes) {
			t.Errorf("%s: found %s (%s), expected %s", properties, got, says, want)
		}
	}
}
