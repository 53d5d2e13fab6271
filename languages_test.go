package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/proof"
)

// pythonCDK is the CDK for Python, as `make` installs it, and jsiiCache what it unpacks: the CDK for TypeScript.
const (
	pythonCDK = ".build/python-cdk"
	jsiiCache = ".build/jsii"
)

// linkCDK gives a folder the CDK for TypeScript, from what the CDK for another language unpacked: NAME/VERSION/DIGEST. Of several versions it takes the last.
func linkCDK(t *testing.T, cache, dir string) {
	t.Helper()
	packages, _ := filepath.Glob(filepath.Join(cache, "*", "*", "*"))
	scoped, _ := filepath.Glob(filepath.Join(cache, "@*", "*", "*", "*"))
	for _, one := range append(packages, scoped...) {
		if _, err := os.Stat(filepath.Join(one, "package.json")); err != nil {
			continue
		}
		name, _ := filepath.Rel(cache, filepath.Dir(filepath.Dir(one)))
		to := filepath.Join(dir, "node_modules", name)
		absolute, err := filepath.Abs(one)
		os.Remove(to)
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(to), 0o755), os.Symlink(absolute, to)); err != nil {
			t.Fatal(err)
		}
	}
}

// The apps in Python and TypeScript expect the same by their helpers, and what they expect is the verdict. With -short only the guide of the sandbox
// is tried, with what the CDK for Go unpacked in the tests before: the CDK for Python takes half a minute of a processor to install and to unpack.
func TestExamplesInOtherLanguages(t *testing.T) {
	absolute := func(name string) string {
		all, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	nodeFirst := "PATH=" + absolute("node_modules/.bin") + string(os.PathListSeparator) + os.Getenv("PATH")
	if testing.Short() {
		home, err := os.UserHomeDir()
		if err != nil {
			t.Fatal(err)
		}
		cache := filepath.Join(home, ".cache", "aws", "jsii", "package-cache")
		t.Run("docs/sandbox.md", func(t *testing.T) { sandboxGuide(t, func(dir string) { linkCDK(t, cache, dir) }, nodeFirst) })
		return
	}
	run := func(t *testing.T, example string, prepare func(dir string), environment []string, name string, args ...string) (out string) {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(filepath.Join("examples", example))); err != nil {
			t.Fatal(err)
		}
		if prepare != nil {
			prepare(dir)
		}
		out = filepath.Join(dir, "cdk.out")
		c := exec.Command(name, args...)
		c.Dir, c.Env = dir, append(os.Environ(), append(environment, nodeFirst, "CDK_OUTDIR="+out)...)
		if printed, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, printed)
		}
		return out
	}
	link := func(dir string) { linkCDK(t, jsiiCache, dir) }
	var found [][]string
	for _, app := range []struct {
		name  string
		synth func(t *testing.T) string
	}{
		{"expect-python", func(t *testing.T) string { // which unpacks the packages
			return run(t, "expect-python", nil, []string{"PYTHONPATH=" + absolute(pythonCDK), "PYTHONDONTWRITEBYTECODE=1", "JSII_RUNTIME_PACKAGE_CACHE_ROOT=" + absolute(jsiiCache)},
				absolute(".build/venv/bin/python"), "app.py")
		}},
		{"expect-typescript", func(t *testing.T) string {
			return run(t, "expect-typescript", link, nil, absolute("node_modules/.bin/node"), "--preserve-symlinks", "--preserve-symlinks-main", "--disable-warning=ExperimentalWarning", "app.ts")
		}},
	} {
		t.Run(app.name, func(t *testing.T) {
			out := app.synth(t)
			verdict, checks := expectations(t, out)
			if verdict != proof.Proved || len(checks) < 5 {
				t.Errorf("found %s and %q, expected that all is proved", verdict, checks)
			}
			found = append(found, checks)
			if app.name == "expect-typescript" {
				typeScript(t, filepath.Dir(out))
			}
			// With one right more than the app expects, it is broken.
			file := filepath.Join(out, "Reports.template.json")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			changed := strings.Replace(string(text), `"s3:GetBucket*"`, `"s3:PutObject"`, 1)
			changed = strings.Replace(changed, `"/reports/*"`, `"/*"`, 1)
			if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
				t.Fatal(err)
			}
			if verdict, checks := expectations(t, out); verdict != proof.Broken {
				t.Errorf("found %s and %q, expected broken: it may write", verdict, checks)
			}
		})
	}
	t.Run("docs/sandbox.md", func(t *testing.T) { sandboxGuide(t, link, nodeFirst) })
	if len(found) == 2 {
		if diff := cmp.Diff(found[0], found[1]); diff != "" {
			t.Errorf("what is expected (-Python +TypeScript):\n%s", diff)
		}
	}
	guide, err := os.ReadFile("docs/expectations.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"examples/expect-python/app.py", "examples/expect-typescript/app.ts"} {
		app, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		shown := 0
		for line := range strings.Lines(string(app)) {
			if strings.Contains(string(guide), "  "+line) && strings.HasPrefix(line, "expect") {
				shown++
			}
		}
		if shown != 2 {
			t.Errorf("found %d lines of %s in the guide, expected 2", shown, name)
		}
	}
}

// expectations are the verdict on an assembly, and its checks of what is expected, sorted.
func expectations(t *testing.T, dir string) (proof.Verdict, []string) {
	t.Helper()
	a, err := assembly.Load(dir, assembly.Options{})
	if err != nil {
		t.Fatal(err)
	}
	report, err := proof.Prove(a, proof.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for i := range report.Checks {
		if c := &report.Checks[i]; c.Rule == proof.Expected {
			all = append(all, string(c.Verdict)+" "+c.Name)
		}
	}
	slices.Sort(all)
	return report.Verdict(), all
}
