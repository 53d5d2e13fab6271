package main

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// workflow is what the tests read of a workflow of GitHub Actions.
type workflow struct {
	Permissions map[string]string
	Env         map[string]string
	Jobs        map[string]struct {
		Needs       string
		Environment string
		Permissions map[string]string
		Strategy    struct {
			Matrix struct {
				Include []struct{ Environment, Account, Stack string }
			}
		}
		Steps []struct {
			Uses, Run        string
			WorkingDirectory string `yaml:"working-directory"`
			With             map[string]string
		}
	}
}

func readWorkflow(t *testing.T, name string) workflow {
	t.Helper()
	var w workflow
	if err := yaml.Unmarshal([]byte(file(t, name)), &w); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return w
}

// A workflow that people copy has no more rights than it needs, and runs no code that can change.
func TestWorkflowsAreSafe(t *testing.T) {
	read := map[string]string{"contents": "read"}
	expected := map[string]map[string]map[string]string{
		"deploy.yml": {
			"prove": read, "diff": read, "comment": {"pull-requests": "write"},
			"deploy": {"contents": "read", "id-token": "write"}, "smoke": {"id-token": "write"},
		},
		"typescript.yml": {"prove": read},
	}
	files, err := filepath.Glob("examples/github-actions/*.yml")
	if err != nil || len(files) != len(expected) {
		t.Errorf("found %q, %v, expected %d workflows", files, err, len(expected))
	}
	for _, name := range files {
		w := readWorkflow(t, name)
		if w.Permissions == nil || len(w.Permissions) > 0 {
			t.Errorf("%s: found permissions %v of all jobs, expected none", name, w.Permissions)
		}
		found := map[string]map[string]string{}
		for job, j := range w.Jobs {
			found[job] = j.Permissions
			for _, s := range j.Steps {
				if s.Run == "" && !regexp.MustCompile(`^[\w-]+/[\w-]+@[0-9a-f]{40}$`).MatchString(s.Uses) {
					t.Errorf("%s, job %s: found %q, expected an action by the hash of a commit", name, job, s.Uses)
				}
				if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != "false" {
					t.Errorf("%s, job %s: found that checkout leaves its token in the clone", name, job)
				}
				if strings.Contains(s.Run, "${{") {
					t.Errorf("%s, job %s: found an expression in a command, expected it in env: %s", name, job, s.Run)
				}
			}
		}
		if diff := cmp.Diff(expected[filepath.Base(name)], found); diff != "" {
			t.Errorf("%s: permissions of jobs (-expected +found):\n%s", name, diff)
		}
	}
}

// gitHub runs the commands of the workflow that need no AWS in a module whose assembly is there, and compares the rest with that assembly and the roles.
func gitHub(t *testing.T, dir, assembly string, crossgrant released) {
	w := readWorkflow(t, "examples/github-actions/deploy.yml")
	// The base permits less.
	base := filepath.Join(dir, "base", "cdk.out")
	if err := os.CopyFS(base, os.DirFS(assembly)); err != nil {
		t.Fatal(err)
	}
	shop := file(t, filepath.Join(base, "Shop.template.json"))
	narrower := strings.ReplaceAll(shop, `"/reports/*"`, `"/reports/2026/*"`)
	if narrower == shop {
		t.Fatal("found no /reports/* in the template to make it narrower")
	}
	write(t, filepath.Join(base, "Shop.template.json"), narrower)
	if err := os.CopyFS(filepath.Join(dir, "cdk.out"), os.DirFS(assembly)); err != nil {
		t.Fatal(err)
	}
	var ran []string
	for _, job := range []string{"prove", "diff"} {
		for _, s := range w.Jobs[job].Steps {
			// What these two do, the test of the example has done.
			if s.Run == "" || s.Run == "npm ci" || strings.HasPrefix(s.Run, "npx cdk synth --quiet") {
				continue
			}
			c := exec.Command("bash", "-e", "-c", s.Run)
			c.Dir, c.Env = filepath.Join(dir, s.WorkingDirectory), append(os.Environ(), "GOPROXY="+crossgrant.goproxy, "GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary.md"))
			if printed, err := c.CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", s.Run, err, printed)
			}
			ran = append(ran, s.Run)
			if strings.HasPrefix(s.Run, "tar -c") {
				if err := os.RemoveAll(filepath.Join(dir, "cdk.out")); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if len(ran) != 5 {
		t.Errorf("found the commands %q, expected to prove, to pack, to unpack, to compare and to write the summary", ran)
	}
	for _, name := range []string{"comment.md", "summary.md"} {
		if text := file(t, filepath.Join(dir, name)); !strings.Contains(text, "widened") || !strings.Contains(text, "s3:GetObject") || !strings.Contains(text, "shop-prod-ap-northeast-1") {
			t.Errorf("%s: expected who gains what, found\n%s", name, text)
		}
	}
	var manifest struct {
		Artifacts map[string]struct{ Environment string }
	}
	if err := json.Unmarshal([]byte(file(t, filepath.Join(assembly, "manifest.json"))), &manifest); err != nil {
		t.Fatal(err)
	}
	deployed := []string{}
	for _, one := range w.Jobs["deploy"].Strategy.Matrix.Include {
		deployed = append(deployed, one.Stack)
		if found, expected := manifest.Artifacts[one.Stack].Environment, "aws://"+one.Account+"/"+w.Env["AWS_REGION"]; found != expected {
			t.Errorf("stack %s: found environment %q in the assembly, expected %q of the workflow", one.Stack, found, expected)
		}
	}
	if slices.Sort(deployed); !slices.Equal(deployed, []string{"Reports", "Shop"}) {
		t.Errorf("found stacks %q, expected both", deployed)
	}
	roles := file(t, "examples/github-actions/roles.yaml")
	for _, job := range []string{"deploy", "smoke"} {
		last := w.Jobs[job].Steps[len(w.Jobs[job].Steps)-1].Run
		for _, s := range w.Jobs[job].Steps {
			if arn := s.With["role-to-assume"]; arn != "" {
				if _, name, _ := strings.Cut(arn, ":role/"); !strings.Contains(roles, "RoleName: "+name+"\n") {
					t.Errorf("job %s: found role %s, which roles.yaml does not have", job, name)
				}
			}
		}
		if _, name, found := strings.Cut(last, "--function-name "); found && !strings.Contains(file(t, filepath.Join(assembly, "Reports.template.json")), `"FunctionName": "`+strings.Fields(name)[0]+`"`) {
			t.Errorf("found no function of %q in the assembly", last)
		}
	}

	// The trust of the roles is for one environment of one repository.
	for name, c := range map[string]struct {
		old, new string
		code     int
		expected string
	}{
		"as it is":               {"", "", 0, "NOTHING FOUND: "},
		"any repository":         {"StringEquals:\n                token.actions.githubusercontent.com:aud: sts.amazonaws.com\n                token.actions.githubusercontent.com:sub: !Sub repo:${Repository}:environment:smoke", "StringLike:\n                token.actions.githubusercontent.com:aud: sts.amazonaws.com\n                token.actions.githubusercontent.com:sub: repo:*", 1, "any repository on GitHub gets in"},
		"without the repository": {"token.actions.githubusercontent.com:sub: !Sub repo:${Repository}:environment:${DeployEnvironment}", "token.actions.githubusercontent.com:actor: octocat", 1, "github-deploy"},
	} {
		changed := strings.Replace(roles, c.old, c.new, 1)
		if c.old != "" && changed == roles {
			t.Fatalf("%s: found nothing to change in roles.yaml", name)
		}
		write(t, filepath.Join(dir, "roles.yaml"), changed)
		write(t, filepath.Join(dir, "facts.json"), `{"version": 1, "parameters": {"roles": {"Repository": "owner/name", "DeployEnvironment": "source", "FunctionName": "shop-reader"}}}`)
		command := exec.Command("go", "tool", "crossgrant", "check", "--account", "roles.yaml=111111111111", "--region", w.Env["AWS_REGION"], "--facts", "facts.json")
		command.Dir, command.Env = dir, append(os.Environ(), "GOPROXY="+crossgrant.goproxy)
		printed, _ := command.CombinedOutput()
		if code := command.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(printed), c.expected) {
			t.Errorf("%s: found exit %d and\n%s\nexpected %d and %s", name, code, printed, c.code, c.expected)
		}
	}
}

// typeScript runs the commands of the workflow for TypeScript in the folder of an app whose assembly is there. What it downloads is this repository's command line, as an
// archive like that of a release.
func typeScript(t *testing.T, dir string) {
	release, bin, temporary := t.TempDir(), t.TempDir(), t.TempDir()
	run := func(dir, command string, environment ...string) (string, error) {
		c := exec.Command("bash", "-e", "-c", command)
		c.Dir, c.Env = dir, append(os.Environ(), environment...)
		printed, err := c.CombinedOutput()
		return string(printed), err
	}
	if printed, err := run(".", "go build -o "+release+"/crossgrant_0.1.0_linux_amd64/crossgrant ./cmd/crossgrant && cd "+release+
		" && tar -czf crossgrant_0.1.0_linux_amd64.tar.gz crossgrant_0.1.0_linux_amd64 && echo x > other && sha256sum *.tar.gz other > SHA256SUMS"); err != nil {
		t.Fatalf("%v\n%s", err, printed)
	}
	write(t, filepath.Join(bin, "gh"), `#!/bin/sh
test "$1 $2 $3 $4 $5 $6" = "release download v0.1.0 --repo crossgrant/crossgrant --dir" || exit 2
cp `+release+`/*.tar.gz `+release+`/SHA256SUMS "$7"
`)
	if err := os.Chmod(filepath.Join(bin, "gh"), 0o755); err != nil {
		t.Fatal(err)
	}
	w := readWorkflow(t, "examples/github-actions/typescript.yml")
	github := []string{"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH"), "RUNNER_TEMP=" + temporary, "GITHUB_PATH=" + filepath.Join(bin, "path"), "CROSSGRANT_VERSION=" + w.Env["CROSSGRANT_VERSION"]}
	ran := 0
	for _, s := range w.Jobs["prove"].Steps {
		switch {
		case s.Run == "" || s.Run == "npm ci" || s.Run == "npx cdk synth --quiet": // which the test of the example has done
		case strings.HasPrefix(s.Run, "gh release download"):
			if printed, err := run(dir, s.Run, github...); err != nil {
				t.Fatalf("%s: %v\n%s", s.Run, err, printed)
			}
			github[0] = "PATH=" + strings.TrimSpace(file(t, filepath.Join(bin, "path"))) + string(os.PathListSeparator) + os.Getenv("PATH")
			ran++
		default:
			if printed, err := run(dir, s.Run, github...); err != nil {
				t.Errorf("%s: %v\n%s", s.Run, err, printed)
			}
			ran++
		}
	}
	if ran != 3 {
		t.Errorf("found %d commands that were run, expected to install, to prove and to check", ran)
	}
	// An archive that is not the one of the checksums is not unpacked.
	write(t, filepath.Join(release, "crossgrant_0.1.0_linux_amd64.tar.gz"), "something else")
	again := t.TempDir()
	github[0], github[1] = "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "RUNNER_TEMP="+again
	for _, s := range w.Jobs["prove"].Steps {
		if strings.HasPrefix(s.Run, "gh release download") {
			if printed, err := run(dir, s.Run, github...); err == nil || !strings.Contains(printed, "crossgrant_0.1.0_linux_amd64.tar.gz: FAILED") {
				t.Errorf("found %v for an archive with another checksum, and\n%s", err, printed)
			}
		}
	}
}

// pipelineAssembly is the folder of the pipeline's templates, for the checks of `make examples` and `make nag`.
const pipelineAssembly = ".build/pipeline"

// codePipeline synthesizes the app of a module with its pipeline, and runs the commands of the step that compares, with an AWS CLI that answers what it is told.
func codePipeline(t *testing.T, dir string, crossgrant released) {
	if err := os.RemoveAll(pipelineAssembly); err != nil {
		t.Fatal(err)
	}
	out, err := filepath.Abs(pipelineAssembly)
	if err != nil {
		t.Fatal(err)
	}
	synth(t, dir, crossgrant.environment(), "--strict", "--no-notices", "--quiet", "--output", out,
		"-c", "pipelineAccount=333333333333", "-c", "pipelineRepository=owner/name", "-c", "pipelineConnection=arn:aws:codeconnections:ap-northeast-1:333333333333:connection/0a1b2c3d")
	tool(t, dir, crossgrant, "prove", "--assembly", out)

	var template struct {
		Resources map[string]struct {
			Type       string
			Properties struct {
				Stages []struct {
					Name    string
					Actions []struct {
						Name          string
						RunOrder      int
						Configuration struct{ CustomData string }
					}
				}
				Source         struct{ BuildSpec string }
				PolicyDocument struct {
					Statement []struct {
						Action   any
						Resource any
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(file(t, filepath.Join(out, "Pipeline.template.json"))), &template); err != nil {
		t.Fatal(err)
	}
	var order [][]string // of the last stage
	var buildSpec string
	var roles []string
	for id, r := range template.Resources {
		switch {
		case r.Type == "AWS::CodePipeline::Pipeline":
			stages := r.Properties.Stages
			for _, a := range stages[len(stages)-1].Actions {
				for len(order) < a.RunOrder {
					order = append(order, nil)
				}
				order[a.RunOrder-1] = append(order[a.RunOrder-1], a.Name)
				if a.Name == "Approve" && a.Configuration.CustomData != "#{Deploy@Diff.SUMMARY}. Who gains and loses what is in the log of the step Diff." {
					t.Errorf("found the approval's text %q, expected the summary", a.Configuration.CustomData)
				}
			}
		case strings.HasPrefix(id, "PipelineDeployDiff") && r.Type == "AWS::CodeBuild::Project":
			buildSpec = r.Properties.Source.BuildSpec
		case strings.HasPrefix(id, "PipelineDeployDiff") && r.Type == "AWS::IAM::Policy":
			for _, s := range r.Properties.PolicyDocument.Statement {
				if all, ok := s.Resource.([]any); ok && s.Action == "sts:AssumeRole" {
					for _, one := range all {
						roles = append(roles, one.(string))
					}
				}
			}
		}
	}
	if diff := cmp.Diff([][]string{{"Diff"}, {"Approve"}, {"Reports.Prepare", "Shop.Prepare"}, {"Reports.Deploy", "Shop.Deploy"}}, order); diff != "" {
		t.Errorf("actions in their order (-expected +found):\n%s", diff)
	}
	var spec struct {
		Env struct {
			ExportedVariables []string `json:"exported-variables"`
		}
		Phases struct{ Build struct{ Commands []string } }
	}
	if err := json.Unmarshal([]byte(buildSpec), &spec); err != nil {
		t.Fatal(err)
	}

	reports, err := filepath.Glob(filepath.Join(out, "assembly-Deploy", "DeployReports*.template.json"))
	if err != nil || len(reports) != 1 {
		t.Fatalf("found %q, %v, expected one template", reports, err)
	}
	for name, c := range map[string]struct{ shop, expected, problem string }{
		"only one account is deployed": {"An error occurred (ValidationError) when calling the GetTemplate operation: Stack with id Deploy-Shop does not exist", "WIDENED: ", ""},
		"it may not be read":           {"An error occurred (AccessDenied) when calling the GetTemplate operation: no", "", "(AccessDenied)"},
	} {
		bin := t.TempDir()
		write(t, filepath.Join(bin, "aws"), `#!/bin/sh
echo "$*" >> `+bin+`/calls
case "$*" in
*assume-role*) printf 'key\tsecret\ttoken\n' ;;
*Deploy-Reports*) test "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN" = "key secret token" && cat `+reports[0]+` ;;
*) echo "`+c.shop+`" >&2; exit 254 ;;
esac
`)
		if err := os.Chmod(filepath.Join(bin, "aws"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, link := range []string{"new", "deployed", "diff.txt"} {
			if err := os.RemoveAll(filepath.Join(dir, link)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(out, filepath.Join(dir, "new")); err != nil {
			t.Fatal(err)
		}
		command := exec.Command("sh", "-e", "-c", strings.Join(spec.Phases.Build.Commands, "\n")+"\necho SUMMARY is $"+strings.Join(spec.Env.ExportedVariables, ""))
		command.Dir, command.Env = dir, append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "GOPROXY="+crossgrant.goproxy)
		printed, err := command.CombinedOutput()
		if c.problem != "" {
			if err == nil || !strings.Contains(string(printed), c.problem) || strings.Contains(string(printed), "SUMMARY is") {
				t.Errorf("%s: found %v and\n%s\nexpected that it ends with %s", name, err, printed, c.problem)
			}
			continue
		}
		if err != nil || !strings.Contains(string(printed), "SUMMARY is "+c.expected) || !strings.Contains(string(printed), "widened arn:aws:iam::222222222222:role/shop-prod-ap-northeast-1") {
			t.Errorf("%s: found %v and\n%s", name, err, printed)
		}
		assumed := map[string]bool{}
		for _, call := range regexp.MustCompile(`--role-arn (\S+)`).FindAllStringSubmatch(file(t, filepath.Join(bin, "calls")), -1) {
			assumed[call[1]] = true
		}
		slices.Sort(roles)
		if found := slices.Sorted(maps.Keys(assumed)); !slices.Equal(found, roles) {
			t.Errorf("%s: found that it assumes %q, and that it may assume %q", name, found, roles)
		}
	}
}
