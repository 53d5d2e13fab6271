package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// clone copies the files of the repository, as git would, to a new folder.
func clone(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	names, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		t.Fatalf("list files: %v", err)
	}
	for name := range strings.SplitSeq(strings.Trim(string(names), "\x00"), "\x00") {
		content, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted but not committed
		}
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(content))
	}
	modules, err := filepath.Abs("node_modules")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(modules, filepath.Join(dir, "node_modules")); err != nil {
		t.Fatal(err)
	}
	return dir
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// placeholders are the settings of the repository's cdk.json. Someone who deploys has their own accounts there.
var placeholders = []string{
	"-c", "sourceAccount=111111111111", "-c", "targetAccount=222222222222", "-c", "region=ap-northeast-1",
	"-c", "availabilityZones=ap-northeast-1a,ap-northeast-1c", "-c", "architecture=arm64",
}

// cdk runs `npx cdk ARGS` in a folder, without AWS credentials, and returns its output and exit code.
func cdk(t *testing.T, dir string, environment []string, args ...string) (printed string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	program, err := filepath.Abs("node_modules/.bin/cdk") // which npx would start, half a second later
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(ctx, program, forMachine(args)...)
	command.Dir = dir
	for _, variable := range os.Environ() {
		if !strings.HasPrefix(variable, "AWS_") && !strings.HasPrefix(variable, "CDK_") {
			command.Env = append(command.Env, variable)
		}
	}
	command.Env = append(command.Env, "AWS_CONFIG_FILE=/dev/null", "AWS_SHARED_CREDENTIALS_FILE=/dev/null", "NO_COLOR=1", "npm_config_loglevel=error")
	command.Env = append(command.Env, environment...)
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("npx cdk %s: %v\n%s", strings.Join(args, " "), err, output)
	}
	return string(output), command.ProcessState.ExitCode()
}

// architecture is that of the functions: the default, or with -short this machine's, for which all that they need is compiled already.
func architecture() string {
	if testing.Short() && runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return "arm64"
}

// forMachine are the arguments of a synthesis with the functions' architecture, unless it is the default. It may be set twice: the last counts.
func forMachine(args []string) []string {
	if architecture() == "arm64" || slices.Contains(args, "workloads=instance") { // which has no functions, so none has an effect
		return args
	}
	return slices.Concat(args, []string{"-c", "architecture=" + architecture()})
}

// synth runs `npx cdk synth` and returns its output; it fails the test if the exit code is not 0.
func synth(t *testing.T, dir string, environment []string, args ...string) string {
	t.Helper()
	printed, code := cdk(t, dir, environment, append([]string{"synth"}, args...)...)
	if code != 0 {
		t.Fatalf("npx cdk synth: exit code %d\n%s", code, printed)
	}
	return printed
}

// digests returns the digest of each file in a folder.
func digests(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(file)
		name, _ := filepath.Rel(dir, file)
		all[name] = fmt.Sprintf("%x", sha256.Sum256(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSynthIsTheSameInEveryClone(t *testing.T) {
	first, second := clone(t), clone(t)
	synth(t, first, nil)
	once := digests(t, filepath.Join(first, "cdk.out"))
	for _, name := range []string{"CrossGrant-Source.template.json", "CrossGrant-Target.template.json", "manifest.json"} {
		if once[name] == "" {
			t.Errorf("found no %s", name)
		}
	}
	if functions := slices.DeleteFunc(slices.Collect(maps.Keys(once)), func(name string) bool { return filepath.Base(name) != "bootstrap" }); len(functions) != 4 {
		t.Errorf("found functions %q, expected 4: the events function has the program of copy", functions)
	}
	if !testing.Short() {
		synth(t, first, nil)
		if diff := cmp.Diff(once, digests(t, filepath.Join(first, "cdk.out"))); diff != "" {
			t.Errorf("assembly of the second run in one clone (-first +second):\n%s", diff)
		}
	}
	synth(t, second, nil)
	if diff := cmp.Diff(once, digests(t, filepath.Join(second, "cdk.out"))); diff != "" {
		t.Errorf("assembly of another clone (-first +second):\n%s", diff)
	}
}

// The README's commands work on an assembly.
func TestREADMEsProof(t *testing.T) {
	dir := clone(t)
	const success = "crossgrant: 6 grants, 1361 accesses proved\n"
	if printed := synth(t, dir, nil); !strings.Contains(printed, success) || !strings.Contains(file(t, "README.md"), "\n"+success) {
		t.Errorf("found no %q in the README, or in what synthesis printed:\n%s", success, printed)
	}
	_, rest, _ := strings.Cut(file(t, "README.md"), "answered hop by hop:\n\n```sh\n")
	script, _, found := strings.Cut(rest, "```")
	if !found || !strings.Contains(script, "crossgrant prove\n") || !strings.Contains(script, "crossgrant explain ") {
		t.Fatalf("found %q in the README, expected prove and explain", script)
	}
	command := exec.CommandContext(t.Context(), "sh", "-e", "-c", script)
	command.Dir = dir
	printed, err := command.CombinedOutput()
	const report = "go run ./cmd/crossgrant report --output report.html"
	if !strings.Contains(rest, "```sh\n"+report+"\n```") {
		t.Errorf("found no %q in the README", report)
	}
	page := exec.CommandContext(t.Context(), "sh", "-c", report)
	page.Dir = dir
	if output, err := page.CombinedOutput(); err != nil || !strings.Contains(file(t, filepath.Join(dir, "report.html")), "crossgrant-list-access-dev-ap-northeast-1") {
		t.Errorf("%v\n%s", err, output)
	}
	if err != nil || !strings.Contains(string(printed), "PROVED: ") || !strings.Contains(string(printed), "inbox/1.json works by\nassuming role ") {
		t.Errorf("%v\n%s", err, printed)
	}
}

// The command line would send any network call to this proxy.
func TestSynthMakesNoNetworkCallAndPrintsNoWarning(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var calls atomic.Int32
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			connection.Close()
		}
	}()
	proxy := "http://" + listener.Addr().String()
	printed := synth(t, ".", []string{
		"HTTP_PROXY=" + proxy, "HTTPS_PROXY=" + proxy, "http_proxy=" + proxy, "https_proxy=" + proxy, "NO_PROXY=", "no_proxy=",
		"CDK_OUTPUT=" + filepath.Join(t.TempDir(), "cdk.out"),
	})
	if calls.Load() != 0 {
		t.Errorf("found %d network calls, expected none", calls.Load())
	}
	for line := range strings.Lines(printed) {
		line = strings.TrimSpace(line)
		if line != "" && !strings.HasPrefix(line, "crossgrant: 6 grants, ") && !strings.HasPrefix(line, "Successfully synthesized to ") && !strings.HasPrefix(line, "Supply a stack id ") &&
			!strings.HasPrefix(line, "Compiling ./lambda/list, ./lambda/scan, ./lambda/copy, ./lambda/trail for linux/") {
			t.Errorf("found line %q, expected only the lines of success", line)
		}
	}
}

// Synthesis fails for access that no grant declares, unless someone acknowledges it.
func TestSynthFailsUnlessTheDeclaredAccessIsAllThereIs(t *testing.T) {
	dir := clone(t)
	app := file(t, filepath.Join(dir, "app.go"))
	const registers, imports = "\tplugin.Register(app", "\t\"github.com/aws/jsii-runtime-go\"\n"
	if !strings.Contains(app, registers) || !strings.Contains(app, imports) {
		t.Fatal("found no plugin in app.go")
	}
	wider := strings.Replace(app, imports, "\t\"github.com/aws/aws-cdk-go/awscdk/v2/awsiam\"\n"+imports, 1)
	grant := `	role := app.Node().FindChild(jsii.String("CrossGrant-Source")).Node().FindChild(jsii.String("List")).Node().FindChild(jsii.String("Role")).(awsiam.Role)
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("Any"), Actions: jsii.Strings("sts:AssumeRole"), Resources: jsii.Strings("*")}))
`
	write(t, filepath.Join(dir, "app.go"), strings.Replace(wider, registers, grant+registers, 1))
	printed, code := cdk(t, dir, nil, "synth", "--quiet")
	for _, expected := range []string{
		"broken, grant crossgrant-list-access-dev-ap-northeast-1: statement Any of the policy\n   ListRoleDefaultPolicy",
		"sts:AssumeRole on * is permitted, and no permission of the grant needs it", "CrossGrant-Source/List/Role/Resource", "Acknowledge with 'crossgrant::OverGrant-Any-",
	} {
		if !strings.Contains(printed, expected) {
			t.Errorf("found no %q in\n%s", expected, printed)
		}
	}
	if report := file(t, filepath.Join(dir, "cdk.out", "validation-report.json")); code != 1 || !strings.Contains(report, `"ruleName": "OverGrant-Any-`) {
		t.Errorf("found exit code %d, and the report\n%s", code, report)
	}
	if n := strings.Count(printed, "crossgrant::OverGrant"); n != 1 {
		t.Errorf("found the violation %d times, expected once, in\n%s", n, printed)
	}
	// The stack of the violation is not selected.
	if !testing.Short() {
		if printed, code := cdk(t, dir, nil, "synth", "CrossGrant-Target", "--quiet"); code != 1 || strings.Count(printed, "crossgrant::OverGrant") != 1 {
			t.Errorf("found exit code %d for the other stack alone\n%s", code, printed)
		}
	}
	alone := exec.CommandContext(t.Context(), "go", "run", ".")
	var settings struct{ Context map[string]any }
	if err := json.Unmarshal([]byte(file(t, filepath.Join(dir, "cdk.json"))), &settings); err != nil {
		t.Fatal(err)
	}
	settings.Context["architecture"] = architecture()
	context, err := json.Marshal(settings.Context)
	if err != nil {
		t.Fatal(err)
	}
	alone.Dir, alone.Env = dir, append(os.Environ(), "CDK_CONTEXT_JSON="+string(context))
	output, err := alone.CombinedOutput()
	if err == nil {
		t.Errorf("found exit code 0 without the command line\n%s", output)
	}
	checkRefused(t, string(output), 1, "Acknowledge with 'crossgrant::OverGrant-Any-", "crossgrant: ValidationFailed: Validation failed.")
	_, id, _ := strings.Cut(printed, "Acknowledge with '")
	id, _, _ = strings.Cut(id, "'")
	if !strings.Contains(file(t, "README.md"), "Acknowledge with '"+id+"'") {
		t.Errorf("found the ID %s, expected the one of README.md", id)
	}
	accepted := grant + `	awscdk.Validations_Of(role).Acknowledge(&awscdk.Acknowledgment{Id: jsii.String("` + id + `"), Reason: jsii.String("for a trial")})
`
	if !testing.Short() { // what follows acknowledges it as well
		write(t, filepath.Join(dir, "app.go"), strings.Replace(wider, registers, accepted+registers, 1))
		if printed, code := cdk(t, dir, nil, "synth", "--quiet"); code != 0 {
			t.Errorf("found exit code %d with the violation acknowledged\n%s", code, printed)
		}
	}
	// A later statement of the same role is a violation of its own, and the whole rule cannot be acknowledged.
	later := accepted + `	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String("Later"), Actions: jsii.Strings("sts:AssumeRole", "sts:TagSession"), Resources: jsii.Strings("*")}))
	awscdk.Validations_Of(role).Acknowledge(&awscdk.Acknowledgment{Id: jsii.String("crossgrant::OverGrant"), Reason: jsii.String("for a trial")})
`
	write(t, filepath.Join(dir, "app.go"), strings.Replace(wider, registers, later+registers, 1))
	if printed, code := cdk(t, dir, nil, "synth", "--quiet"); code != 1 || strings.Contains(printed, "statement Any of") || !strings.Contains(printed, "Acknowledge with 'crossgrant::OverGrant-Later-") ||
		!strings.Contains(printed, "an acknowledgement of the whole rule crossgrant::OverGrant on") {
		t.Errorf("found exit code %d with a later statement, expected 1 for it and for the whole rule\n%s", code, printed)
	}
}

// Every app of CDK Pipelines has its stacks in stages, which the command line does not select unless they are named.
func TestSynthOfAStageFails(t *testing.T) {
	dir := clone(t)
	write(t, filepath.Join(dir, "staged", "main.go"), `package main

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/plugin"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stage := awscdk.NewStage(app, jsii.String("Prod"), &awscdk.StageProps{Env: &awscdk.Environment{Account: jsii.String("222222222222"), Region: jsii.String("eu-west-1")}})
	awscdk.NewStack(stage, jsii.String("Other"), nil)
	awscdk.NewCfnResource(awscdk.NewStack(stage, jsii.String("Shop"), nil), jsii.String("Policy"), &awscdk.CfnResourceProps{
		Type: jsii.String("AWS::S3::BucketPolicy"), Properties: &map[string]any{"Bucket": "lake", "PolicyDocument": map[string]any{
			"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/*"}},
		}},
	})
	plugin.Register(app, proof.Options{})
	app.Synth(nil)
}
`)
	build := exec.CommandContext(t.Context(), "go", "build", "-o", "staged/app", "./staged")
	build.Dir = dir
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	for _, args := range [][]string{{"--quiet"}, {"--all", "--strict"}, {"Prod/Other", "--quiet"}} {
		printed, code := cdk(t, dir, []string{"CDK_VALIDATION=false"}, append([]string{"synth", "--app", "staged/app"}, args...)...)
		if code != 1 || strings.Count(printed, "Missing required field Principal") != 1 {
			t.Errorf("synth %v: found exit code %d and\n%s", args, code, printed)
		}
	}
}

// The configuration comes from cdk.json and from -c. The other bad ones are in stacks/config_test.go.
func TestBadConfigurationIsListedWithoutATrace(t *testing.T) {
	dir := clone(t)
	cdkJSON := file(t, filepath.Join(dir, "cdk.json"))
	write(t, filepath.Join(dir, "cdk.json"), regexp.MustCompile(`"sourceAccount": "[^"]*",`).ReplaceAllString(cdkJSON, ""))
	printed, code := cdk(t, dir, nil, "synth", "-c", "targetAccount=abc", "-c", "egres=nat", "-c", "copyPartMiB=4", "-c", "workloads=list,lists")
	checkRefused(t, printed, code, "crossgrant: configuration (context in cdk.json, or -c KEY=VALUE):\n"+
		`  copyPartMiB: found "4", expected a whole number from 5 to 5120`+"\n"+
		"  egres: found an unknown key, expected a known key: did you mean egress?\n"+
		"  sourceAccount: found nothing, expected 12 digits\n"+
		`  targetAccount: found "abc", expected 12 digits (this has 3 characters)`+"\n"+
		`  workloads: found "lists", expected one of list, scan, copy, trail, instance, events`+"\n")
	if code != 1 {
		t.Errorf("found exit code %d, expected 1", code)
	}
	if templates, _ := filepath.Glob(filepath.Join(dir, "cdk.out", "*.template.json")); len(templates) != 0 {
		t.Errorf("found templates %q, expected none for a bad configuration", templates)
	}
}

func TestCompileErrorsHaveTheCompilersOutput(t *testing.T) {
	dir := clone(t)
	write(t, filepath.Join(dir, "lambda", "list", "broken.go"), "package main\n\nvar x int = \"text\"\n")
	printed, code := cdk(t, dir, nil, "synth")
	checkRefused(t, printed, code, `lambda/list/broken.go:3:13: cannot use "text"`)
	if strings.Contains(strings.ToLower(printed), "docker") {
		t.Errorf("found Docker mentioned in:\n%s", printed)
	}
}

func checkRefused(t *testing.T, printed string, code int, expected ...string) {
	t.Helper()
	if code == 0 {
		t.Error("found exit code 0")
	}
	for _, text := range expected {
		if !strings.Contains(printed, text) {
			t.Errorf("found no %q in:\n%s", text, printed)
		}
	}
	for _, trace := range []string{"goroutine ", "panic:", ".go:1", "at Object.", "node:internal"} {
		if strings.Contains(strings.ReplaceAll(printed, "broken.go:", ""), trace) {
			t.Errorf("found a stack trace (%q) in:\n%s", trace, printed)
		}
	}
}
