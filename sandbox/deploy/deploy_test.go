package deploy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/internal/txtar"
	"github.com/crossgrant/crossgrant/sandbox/environment"
)

// app is an assembly of four stacks: Lake of the target account depends on Reports of the source account; Base is in a stage; Anywhere has no account. Lake
// and Reports take environments that are bootstrapped.
const app = `
-- manifest.json --
{"version": "48.0.0", "artifacts": {
  "Lake": {"type": "aws:cloudformation:stack", "environment": "aws://222222222222/eu-west-1", "dependencies": ["Reports"],
    "properties": {"templateFile": "lake.json", "assumeRoleArn": "arn:aws:iam::222222222222:role/cdk-x1-deploy-role", "requiresBootstrapStackVersion": 6, "bootstrapStackVersionSsmParameter": "/cdk-bootstrap/x1/version"}},
  "Reports": {"type": "aws:cloudformation:stack", "environment": "aws://111111111111/eu-west-1",
    "properties": {"templateFile": "reports.json", "requiresBootstrapStackVersion": 6, "bootstrapStackVersionSsmParameter": "/cdk-bootstrap/hnb659fds/version"}},
  "Anywhere": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region", "properties": {"templateFile": "anywhere.json"}},
  "assembly-Stage": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "stage"}}
}}
-- stage/manifest.json --
{"version": "48.0.0", "artifacts": {
  "StageBase1": {"type": "aws:cloudformation:stack", "environment": "aws://111111111111/eu-west-1", "displayName": "Stage/Base (the-base)", "properties": {"templateFile": "base.json", "stackName": "the-base"}}
}}
-- lake.json --
{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "lake"}}}}
-- reports.json --
{"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "reports"}}}}
-- anywhere.json --
{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}
-- stage/base.json --
{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}
`

// world is what a deployment meets: a CDK command line that writes down how it is called, and an AWS that has some stacks.
type world struct {
	*testing.T
	Options
	there map[string]string // the execution policies of the stacks that are there, by account and name

	mutex    sync.Mutex
	policies []string // that were created
	said     []string
}

func newWorld(t *testing.T, cdk string) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{T: t, there: map[string]string{}}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	for _, f := range txtar.Parse(app) {
		write(t, filepath.Join(dir, "app", f.Name), f.Text, 0o644)
	}
	write(t, filepath.Join(dir, "node_modules", ".bin", "cdk"), "#!/bin/sh\necho \"$AWS_ACCESS_KEY_ID $@\" >> '"+filepath.Join(dir, "calls")+"'\n"+cdk, 0o755)
	w.Options = Options{
		Project: dir, App: "app", Account: "111111111111", Region: "eu-west-1", Work: t.TempDir(),
		Access: func(_ context.Context, account string) (environment.Access, error) {
			return environment.Access{Endpoint: server.URL, Region: "ap-northeast-1", Account: account, AccessKeyID: "OF" + account, SecretAccessKey: "s", SessionToken: "t"}, nil
		},
		Progress: func(format string, args ...any) { w.said = append(w.said, fmt.Sprintf(format, args...)) },
	}
	return w
}

func write(t *testing.T, file, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func (w *world) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	form, _ := url.ParseQuery(string(body))
	_, account, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=OF")
	account = account[:12]
	w.mutex.Lock()
	defer w.mutex.Unlock()
	switch form.Get("Action") {
	case "DescribeStacks":
		policies, ok := w.there[account+" "+form.Get("StackName")]
		if !ok {
			to.WriteHeader(400)
			io.WriteString(to, `<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack does not exist</Message></Error></ErrorResponse>`)
			return
		}
		fmt.Fprintf(to, `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>s</StackName><Parameters><member><ParameterKey>CloudFormationExecutionPolicies</ParameterKey><ParameterValue>%s</ParameterValue></member></Parameters></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`, policies)
	case "CreatePolicy":
		w.policies = append(w.policies, account+" "+form.Get("PolicyName"))
		io.WriteString(to, `<CreatePolicyResponse/>`)
	case "ListStackResources":
		io.WriteString(to, `<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries><member><LogicalResourceId>Q</LogicalResourceId></member></StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>`)
	default:
		w.Errorf("found action %s", form.Get("Action"))
	}
}

// calls are the calls of the CDK command line, with the access key of each, without the directory of the assembly and the flags of every deployment.
func (w *world) calls() (all []string) {
	text, _ := os.ReadFile(filepath.Join(w.Project, "calls"))
	for line := range strings.Lines(string(text)) {
		line = strings.ReplaceAll(strings.TrimSpace(line), filepath.Join(w.Project, "app"), "APP")
		line = strings.ReplaceAll(line, " --method=direct --previous-parameters=false", "")
		all = append(all, strings.ReplaceAll(line, "deploy --app APP --exclusively --require-approval never", "deploy …"))
	}
	return all
}

func TestStacksAreDeployedInTheirOrder(t *testing.T) {
	w := newWorld(t, "")
	w.Flags = []string{"-c", "stage=test", "--hotswap", "--method=change-set"}
	found, err := Run(t.Context(), w.Options)
	if err != nil {
		t.Fatal(err)
	}
	const lake, reports = "Lake-exec-1-", "Anywhere-exec-1-"
	if len(w.policies) != 2 || !strings.HasPrefix(w.policies[0], "111111111111 "+reports) || !strings.HasPrefix(w.policies[1], "222222222222 "+lake) {
		t.Fatalf("found policies %q", w.policies)
	}
	arn := func(i int) string {
		account, name, _ := strings.Cut(w.policies[i], " ")
		return "arn:aws:iam::" + account + ":policy/" + name
	}
	expected := []string{
		"OF111111111111 bootstrap aws://111111111111/eu-west-1 --app APP --cloudformation-execution-policies " + arn(0),
		"OF222222222222 bootstrap aws://222222222222/eu-west-1 --app APP --cloudformation-execution-policies " + arn(1) + " --qualifier x1 --toolkit-stack-name CDKToolkit-x1",
		"OF111111111111 deploy … --hotswap --method=change-set Anywhere Reports Stage/Base",
		"OF222222222222 deploy … --hotswap --method=change-set Lake",
	}
	if diff := cmp.Diff(expected, w.calls()); diff != "" {
		t.Errorf("calls (-expected +found):\n%s", diff)
	}
	var ids []string
	for _, s := range found.Stacks {
		ids = append(ids, fmt.Sprintf("%s %s %s %s %d", s.ID, s.Name, s.Account, s.Region, s.Resources))
	}
	if diff := cmp.Diff([]string{
		"Anywhere Anywhere 111111111111 eu-west-1 1", "Reports Reports 111111111111 eu-west-1 1", "Stage/Base the-base 111111111111 eu-west-1 1", "Lake Lake 222222222222 eu-west-1 1",
	}, ids); diff != "" {
		t.Errorf("stacks (-expected +found):\n%s", diff)
	}
	if len(found.Bootstrapped) != 2 || len(w.said) != 4 {
		t.Errorf("found %q bootstrapped and progress %q", found.Bootstrapped, w.said)
	}

	// What is bootstrapped with the same permissions is not again; with others, it is, and keeps the policies of other apps.
	w.there["111111111111 CDKToolkit"] = arn(0)
	w.there["222222222222 CDKToolkit-x1"] = "['arn:aws:iam::222222222222:policy/Other-exec-1-00000000', 'arn:aws:iam::222222222222:policy/Lake-exec-1-00000000']"
	again, err := Run(t.Context(), w.Options)
	if err != nil {
		t.Fatal(err)
	}
	if len(again.Bootstrapped) != 1 || again.Bootstrapped[0] != "aws://222222222222/eu-west-1" {
		t.Errorf("found %q bootstrapped again", again.Bootstrapped)
	}
	if call, expected := w.calls()[4], " --cloudformation-execution-policies "+arn(1)+",arn:aws:iam::222222222222:policy/Other-exec-1-00000000 "; !strings.Contains(call, expected) {
		t.Errorf("found %s, expected %s", call, expected)
	}
}

func TestStacksThatAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		stacks   []string
		expected []string // the last words of the deployments
	}{
		"one":                           {[]string{"Reports"}, []string{"Reports"}},
		"one with what it depends on":   {[]string{"Lake"}, []string{"Reports", "Lake"}},
		"by the name of the stack":      {[]string{"the-base"}, []string{"Stage/Base"}},
		"all of a stage":                {[]string{"Stage/*"}, []string{"Stage/Base"}},
		"all that are not in any stage": {[]string{"*e*"}, []string{"Anywhere Reports Stage/Base", "Lake"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, "")
			w.Stacks = c.stacks
			if _, err := Run(t.Context(), w.Options); err != nil {
				t.Fatal(err)
			}
			var found []string
			for _, call := range w.calls() {
				if _, ids, ok := strings.Cut(call, " deploy … "); ok {
					found = append(found, ids)
				}
			}
			if diff := cmp.Diff(c.expected, found); diff != "" {
				t.Errorf("deployments (-expected +found):\n%s", diff)
			}
		})
	}
}

func TestAnAppIsSynthesizedOnce(t *testing.T) {
	w := newWorld(t, `if [ "$1" = synth ]; then cp -r app "$4"; fi`)
	w.App, w.Stacks, w.Flags = "node app.js", []string{"Stage/Base"}, []string{"-c", "stage=test", "--context=a=b", "--hotswap"}
	if _, err := Run(t.Context(), w.Options); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(w.Work, "cdk.out")
	if diff := cmp.Diff([]string{
		"OF111111111111 synth --quiet --output " + out + " --app node app.js -c stage=test --context=a=b",
		"OF111111111111 deploy --app " + out + " --exclusively --require-approval never --hotswap Stage/Base",
	}, w.calls()); diff != "" {
		t.Errorf("calls (-expected +found):\n%s", diff)
	}
}

func TestAnAssemblyOfTheConfigurationIsNotSynthesized(t *testing.T) {
	w := newWorld(t, "")
	w.App, w.Stacks = "", []string{"Stage/Base"}
	write(t, filepath.Join(w.Project, "cdk.json"), `{"app": "app"}`, 0o644)
	if _, err := Run(t.Context(), w.Options); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(filepath.Join(w.Project, "calls")); err != nil || !strings.Contains(string(text), " never --method=direct --previous-parameters=false Stage/Base") {
		t.Errorf("found %s, %v, expected a deployment without change sets", text, err)
	}
	if diff := cmp.Diff([]string{"OF111111111111 deploy … Stage/Base"}, w.calls()); diff != "" {
		t.Errorf("calls (-expected +found):\n%s", diff)
	}
}

func TestDeploymentsThatFail(t *testing.T) {
	for name, c := range map[string]struct {
		cdk      string
		change   func(*world)
		expected string
	}{
		"a CDK command line that fails": {"echo CREATE_FAILED >&2; exit 7", func(*world) {}, "cdk bootstrap aws://111111111111/eu-west-1"},
		"its whole output":              {"echo CREATE_FAILED >&2; exit 7", func(*world) {}, "exit status 7\nCREATE_FAILED"},
		"no CDK command line": {"", func(w *world) {
			os.RemoveAll(filepath.Join(w.Project, "node_modules"))
			w.Setenv("PATH", "")
		}, "found no CDK command line in node_modules of "},
		"an unknown stack": {"", func(w *world) { w.Stacks = []string{"Lakes"} }, "found no stack Lakes, expected one of: Anywhere, Lake, Reports, Stage/Base"},
		"a pattern":        {"", func(w *world) { w.Stacks = []string{"[a"} }, `stack "[a": syntax error in pattern`},
		"no stack": {"", func(w *world) {
			write(w.T, filepath.Join(w.Project, "app", "manifest.json"), `{"version":"48.0.0"}`, 0o644)
		}, "found no stack in the assembly"},
		"a broken assembly": {"", func(w *world) { write(w.T, filepath.Join(w.Project, "app", "manifest.json"), `{`, 0o644) }, "read the assembly"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.cdk)
			c.change(w)
			if _, err := Run(t.Context(), w.Options); err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
		})
	}
}
