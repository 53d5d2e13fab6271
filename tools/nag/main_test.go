package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"
)

func TestMain(m *testing.M) {
	disableValidation()
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// nag runs the program and returns its exit code and its output. found has the file, the construct and the rule of each finding, without the
// text, which is cdk-nag's.
func nag(t *testing.T, args ...string) (code int, found []string, printed, problems string) {
	t.Helper()
	var out, errors bytes.Buffer
	code = run(args, &out, &errors)
	for line := range strings.Lines(out.String()) {
		if parts := strings.SplitN(strings.TrimPrefix(line, "testdata/"), ": ", 4); len(parts) == 4 {
			found = append(found, strings.Join(parts[:3], ": "))
		}
	}
	return code, found, out.String(), errors.String()
}

func TestNoFindingsInACompliantTemplate(t *testing.T) {
	code, found, printed, problems := nag(t, "testdata/compliant.json")
	if code != 0 || found != nil || problems != "" || printed != "found no findings in templates: 1\n" {
		t.Errorf("found exit code %d and:\n%s%s", code, printed, problems)
	}
}

// The bare template is the compliant one without the policy, flow log and rotation that rules look for in other resources.
func TestFindingsNameTheConstructAndTheRule(t *testing.T) {
	code, found, printed, problems := nag(t, "testdata/bare.json")
	expected := []string{
		"bare.json: App/Bucket/Resource: AwsSolutions-S1",
		"bare.json: App/Bucket/Resource: AwsSolutions-S10",
		"bare.json: App/Function/Resource: AwsSolutions-L1",
		"bare.json: App/Group/Resource: AwsSolutions-EC23",
		"bare.json: App/Policy/Resource: AwsSolutions-IAM5[Resource::*]",
		"bare.json: App/Policy/Resource: AwsSolutions-IAM5[Resource::<Bucket.Arn>/inbox/*]",
		"bare.json: App/Role/Resource: AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole]",
		"bare.json: App/Secret/Resource: AwsSolutions-SMG4",
		"bare.json: App/Table/Resource: AwsSolutions-DDB3", // a warning
		"bare.json: App/UnknownGroup/Resource: CdkNagValidationFailure[AwsSolutions-EC23]",
		"bare.json: App/Vpc/Resource: AwsSolutions-VPC7",
	}
	slices.Sort(found)
	if diff := cmp.Diff(expected, found); diff != "" || code != 1 || problems != "" {
		t.Errorf("found exit code %d, problems %q and (-expected +found):\n%s", code, problems, diff)
	}
	if !strings.HasSuffix(printed, "found 11 findings in templates: 1, expected none: change the construct, or add a suppression with the reason (metadata cdk_nag)\n") {
		t.Errorf("found no advice at the end of:\n%s", printed)
	}
	// A rule that could not decide says why.
	if why := `The parameter resolved to to a non-primitive value "{"Fn::GetAtt":["Vpc","CidrBlock"]}"`; !strings.Contains(printed, why) {
		t.Errorf("found no %s in:\n%s", why, printed)
	}
}

func TestEveryTemplateOfAnAssemblyIsChecked(t *testing.T) {
	code, found, _, problems := nag(t, "testdata/assembly", "testdata/compliant.json")
	expected := []string{
		"assembly/Nested.nested.template.json: App/Nested/Table/Resource: AwsSolutions-DDB3",
		"assembly/assembly-Stage/Stage.template.json: Stage/App/Table/Resource: AwsSolutions-DDB3",
	}
	if diff := cmp.Diff(expected, found); diff != "" || code != 1 || problems != "" {
		t.Errorf("found exit code %d, problems %q and (-expected +found):\n%s", code, problems, diff)
	}
}

func TestInputThatCannotBeRead(t *testing.T) {
	for name, c := range map[string]struct {
		args     []string
		expected string
	}{
		"nothing named":                          {nil, "found no argument, expected templates or directories that `cdk synth` wrote"},
		"a file that is not there":               {[]string{"testdata/missing.json"}, "testdata/missing.json: no such file or directory"},
		"a directory without a manifest":         {[]string{"testdata/no-manifest"}, "testdata/no-manifest/manifest.json: no such file or directory: expected a file that `cdk synth` wrote"},
		"a manifest without a stack":             {[]string{"testdata/no-stack"}, "testdata/no-stack: found no stack in manifest.json, expected one or more"},
		"broken JSON":                            {[]string{"testdata/broken.json"}, "testdata/broken.json: found invalid JSON (unexpected end of JSON input)"},
		"no resources":                           {[]string{"testdata/empty.json"}, "testdata/empty.json: found no resource, expected a CloudFormation template"},
		"a reference to nothing":                 {[]string{"testdata/dangling.json"}, "testdata/dangling.json: found a template that CDK cannot include (Element used in Ref expression with logical ID: 'Nobody' not found)"},
		"a good template and one that is absent": {[]string{"testdata/compliant.json", "testdata/missing.json"}, "testdata/missing.json"},
	} {
		t.Run(name, func(t *testing.T) {
			code, _, printed, problems := nag(t, c.args...)
			if code != 2 || printed != "" || !strings.HasPrefix(problems, "nag: ") || !strings.Contains(problems, c.expected) {
				t.Errorf("found exit code %d, output %q and problems:\n%sexpected 2 and %s", code, printed, problems, c.expected)
			}
			if strings.Contains(problems, "goroutine") || strings.Contains(problems, "    at ") {
				t.Errorf("found a stack trace:\n%s", problems)
			}
		})
	}
}
