package plugin_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/kernel/kerneltest"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/plugin"
)

func TestMain(m *testing.M) {
	kerneltest.Main(m)
}

// anApp is an app with a stack, within a stage or not, whose bucket policy AWS refuses.
type anApp struct {
	app    awscdk.App
	stage  awscdk.Stage
	policy awscdk.CfnResource
	dir    string
}

// newApp makes an app as one that the CDK's command line runs, which leaves it to the command line to fail, or as any other one.
func newApp(t *testing.T, inStage, commandLine bool, metadata map[string]any) anApp {
	t.Helper()
	a := anApp{dir: t.TempDir()}
	props := &awscdk.AppProps{Outdir: &a.dir}
	if commandLine {
		props.Context = &map[string]any{"@aws-cdk/core:failSynthOnValidationErrors": false, "aws:cdk:enable-path-metadata": true}
	}
	a.app = awscdk.NewApp(props)
	var scope constructs.Construct = a.app
	if inStage {
		a.stage = awscdk.NewStage(a.app, jsii.String("Prod"), nil)
		scope = a.stage
	}
	stack := awscdk.NewStack(scope, jsii.String("Shop"), &awscdk.StackProps{Env: &awscdk.Environment{Account: jsii.String("222222222222"), Region: jsii.String("eu-west-1")}})
	a.policy = awscdk.NewCfnResource(stack, jsii.String("Policy"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::S3::BucketPolicy"), Properties: &map[string]any{
		"Bucket": "lake", "PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{
			map[string]any{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*"},
		}},
	}})
	for key, value := range metadata {
		stack.TemplateOptions().SetMetadata(&map[string]any{key: value})
	}
	return a
}

// synth synthesizes an app, and returns what it panics with, or "", and CDK's report.
func (a anApp) synth(t *testing.T) (message string, report validationReport) {
	t.Helper()
	defer func() {
		if recovered := recover(); recovered != nil {
			message = fmt.Sprint(recovered)
		}
		text, err := os.ReadFile(filepath.Join(a.dir, "validation-report.json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &report); err != nil {
			t.Fatal(err)
		}
	}()
	a.app.Synth(nil)
	return "", report
}

// validationReport is what the CDK's command line reads of an app.
type validationReport struct {
	PluginReports []struct {
		Conclusion string
		Violations []struct {
			RuleName, Description, Severity, SuggestedFix string
			ViolatingConstructs                           []struct{ ConstructPath string }
		}
		SuppressedViolations []struct{ RuleName string }
	}
}

// The command line filters violations by the construct paths of the selected stacks, and drops those without a construct: one construct
// without a path is always there, and once.
func TestAViolationCountsWhateverIsSelected(t *testing.T) {
	for name, c := range map[string]struct {
		inStage bool
		on      func(anApp) []constructs.IConstruct
		path    string
	}{
		"an app":                {false, func(a anApp) []constructs.IConstruct { return []constructs.IConstruct{a.app} }, "Shop/Policy"},
		"an app with a stage":   {true, func(a anApp) []constructs.IConstruct { return []constructs.IConstruct{a.app} }, "Prod/Shop/Policy"},
		"a stage":               {true, func(a anApp) []constructs.IConstruct { return []constructs.IConstruct{a.stage} }, "Prod/Shop/Policy"},
		"an app, and its stage": {true, func(a anApp) []constructs.IConstruct { return []constructs.IConstruct{a.app, a.stage} }, "Prod/Shop/Policy"},
	} {
		for _, commandLine := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, command line %v", name, commandLine), func(t *testing.T) {
				a := newApp(t, c.inStage, commandLine, nil)
				for _, construct := range c.on(a) {
					plugin.Register(construct, proof.Options{})
				}
				message, report := a.synth(t)
				if failed := strings.Contains(message, "Validation failed"); failed == commandLine {
					t.Errorf("found panic %q", message)
				}
				if len(report.PluginReports) != 1 || report.PluginReports[0].Conclusion != "failure" || len(report.PluginReports[0].Violations) != 1 {
					t.Fatalf("found %+v, expected one violation", report)
				}
				v := report.PluginReports[0].Violations[0]
				if !strings.HasPrefix(v.RuleName, "InvalidPolicy-") || len(v.ViolatingConstructs) != 1 || v.ViolatingConstructs[0].ConstructPath != "" {
					t.Errorf("found %+v, expected a violation of InvalidPolicy by its ID with one construct, without a path", v)
				}
				if !strings.HasPrefix(v.Description, "broken, no grant: ") || !strings.HasSuffix(v.Description, "\n   at "+c.path) ||
					!strings.Contains(v.Description, "Missing required field Principal") {
					t.Errorf("found description %q", v.Description)
				}
				printed := "ERROR " + v.Description + " (crossgrant)\n   Suggested fix: " + strings.ReplaceAll(v.SuggestedFix, "\n", "\n   ")
				for line := range strings.Lines(printed) {
					if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 100 {
						t.Errorf("found a line of %d columns: %s", n, line)
					}
				}
			})
		}
	}
}

func TestAcknowledgedViolationsDoNotFail(t *testing.T) {
	for name, on := range map[string]func(anApp) constructs.IConstruct{
		"on the resource": func(a anApp) constructs.IConstruct { return a.policy },
		"on its stack":    func(a anApp) constructs.IConstruct { return a.policy.Stack() },
		"on its stage":    func(a anApp) constructs.IConstruct { return a.stage },
		"on the app":      func(a anApp) constructs.IConstruct { return a.app },
	} {
		for _, commandLine := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, command line %v", name, commandLine), func(t *testing.T) {
				a := newApp(t, true, commandLine, nil)
				acknowledge(on(a), id)
				plugin.Register(a.app, proof.Options{})
				message, report := a.synth(t)
				if message != "" || len(report.PluginReports) != 1 || report.PluginReports[0].Conclusion != "success" || len(report.PluginReports[0].Violations) != 0 {
					t.Fatalf("found panic %q and %+v, expected no violation", message, report)
				}
				if suppressed := report.PluginReports[0].SuppressedViolations; len(suppressed) != 1 || suppressed[0].RuleName != id {
					t.Errorf("found %+v, expected the acknowledged violation", suppressed)
				}
			})
		}
	}
}

// An acknowledgement names what was found, so that it does not cover what comes later to the same construct.
func TestAnAcknowledgementDoesNotCoverALaterFinding(t *testing.T) {
	a := newApp(t, true, true, nil)
	acknowledge(a.app, id)
	awscdk.NewCfnResource(a.policy, jsii.String("Later"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::S3::BucketPolicy"), Properties: &map[string]any{
		"Bucket": "sea", "PolicyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::sea/*"}}},
	}})
	plugin.Register(a.app, proof.Options{})
	_, report := a.synth(t)
	if len(report.PluginReports) != 1 || report.PluginReports[0].Conclusion != "failure" || len(report.PluginReports[0].Violations) != 1 {
		t.Fatalf("found %+v, expected a violation", report)
	}
	for _, v := range report.PluginReports[0].Violations {
		if v.RuleName == id {
			t.Errorf("found %+v, expected it to be acknowledged", v)
		}
	}
}

// id is that of the one finding of anApp.
const id = "InvalidPolicy-48227ca2"

func acknowledge(on constructs.IConstruct, id string) {
	awscdk.Validations_Of(on).Acknowledge(&awscdk.Acknowledgment{Id: jsii.String("crossgrant::" + id), Reason: jsii.String("for a trial")})
}

// An acknowledgement of what is not found where it is says so, without a failure of its own; one of a whole rule fails, and says which IDs to write.
func TestUnusableAcknowledgements(t *testing.T) {
	for name, c := range map[string]struct {
		on                          func(anApp) constructs.IConstruct
		id                          string
		rule, severity, says, fixed string
	}{
		"of another construct": {func(a anApp) constructs.IConstruct {
			return awscdk.NewCfnResource(a.policy.Stack(), jsii.String("Other"), &awscdk.CfnResourceProps{Type: jsii.String("AWS::SNS::Topic")})
		}, id, "AcknowledgesNothing", "warning", "crossgrant::" + id + " on Prod/Shop/Other", "remove it"},
		"of what was put right":  {func(a anApp) constructs.IConstruct { return a.policy }, "OverGrant-Any-00000000", "AcknowledgesNothing", "warning", "crossgrant::OverGrant-Any-00000000 on Prod/Shop/Policy", "remove it"},
		"of a stage":             {func(a anApp) constructs.IConstruct { return a.stage }, "OverGrant-Any-00000000", "AcknowledgesNothing", "warning", "crossgrant::OverGrant-Any-00000000 on Prod,", "remove it"},
		"of an app":              {func(a anApp) constructs.IConstruct { return a.app }, "OverGrant-Any-00000000", "AcknowledgesNothing", "warning", "crossgrant::OverGrant-Any-00000000 on the app,", "remove it"},
		"of its whole rule":      {func(a anApp) constructs.IConstruct { return a.policy.Stack() }, "InvalidPolicy", "AcknowledgesWholeRule", "fatal", "the whole rule crossgrant::InvalidPolicy on Prod/Shop", "crossgrant::" + id},
		"of another whole rule":  {func(a anApp) constructs.IConstruct { return a.policy }, "OverGrant", "AcknowledgesWholeRule", "fatal", "the whole rule crossgrant::OverGrant on Prod/Shop/Policy", "nothing is found there"},
		"of all that is unknown": {func(a anApp) constructs.IConstruct { return a.app }, "Undecided", "AcknowledgesWholeRule", "fatal", "the whole rule crossgrant::Undecided on the app", "nothing is found there"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newApp(t, true, true, nil)
			acknowledge(c.on(a), c.id)
			plugin.Register(a.app, proof.Options{})
			_, report := a.synth(t)
			if len(report.PluginReports) != 1 || report.PluginReports[0].Conclusion != "failure" || len(report.PluginReports[0].Violations) != 2 {
				t.Fatalf("found %+v, expected two violations", report)
			}
			first, v := report.PluginReports[0].Violations[0], report.PluginReports[0].Violations[1]
			if first.RuleName != id || v.RuleName != c.rule || v.Severity != c.severity || !strings.Contains(oneLine(v.Description), c.says) || !strings.Contains(oneLine(v.SuggestedFix), c.fixed) {
				t.Errorf("found %+v and %+v, expected the first and %+v", first, v, c)
			}
		})
	}
}

// A stale acknowledgement alone does not fail.
func TestAStaleAcknowledgementIsAWarning(t *testing.T) {
	a := newApp(t, true, false, nil)
	acknowledge(a.policy, id)
	acknowledge(a.policy, "Undecided-arn-aws-s3-lake")
	plugin.Register(a.app, proof.Options{})
	message, report := a.synth(t)
	if message != "" || len(report.PluginReports) != 1 || report.PluginReports[0].Conclusion != "success" || len(report.PluginReports[0].Violations) != 1 {
		t.Errorf("found panic %q and %+v, expected one warning", message, report)
	}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// CDK takes a plugin that panics for one without violations, which the command line does not count.
func TestAnAppThatCannotBeProvedFails(t *testing.T) {
	a := newApp(t, true, true, map[string]any{"CrossGrant::Target::222222222222::x": map[string]any{"name": 1}})
	for _, one := range []string{"Failed", id} {
		acknowledge(a.app, one)
	}
	plugin.Register(a.app, proof.Options{})
	_, report := a.synth(t)
	if len(report.PluginReports) != 1 || report.PluginReports[0].Conclusion != "failure" || len(report.PluginReports[0].Violations) != 1 {
		t.Fatalf("found %+v, expected one violation", report)
	}
	if v := report.PluginReports[0].Violations[0]; v.Severity != "fatal" || len(v.ViolatingConstructs) != 1 || !strings.Contains(v.Description, "CrossGrant::Target::222222222222::x") {
		t.Errorf("found %+v", v)
	}
}

func TestRegisterNeedsAnApp(t *testing.T) {
	defer func() {
		if message := fmt.Sprint(recover()); !strings.HasPrefix(message, "plugin.Register: found no app (nil), expected ") {
			t.Errorf("found %q", message)
		}
	}()
	var app awscdk.App
	plugin.Register(app, proof.Options{})
}
