package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/internal/transcript"
)

// sandboxGuide runs what docs/sandbox.md says, in the order of the document, but for one thing: its app is synthesized without the CDK command line, and its stacks take no
// bootstrapped environment, since the CDK command line, once for the synthesis and once for each account to bootstrap, would take more time than all the rest.
func sandboxGuide(t *testing.T, link func(dir string), nodeFirst string) {
	guide := file(t, "docs/sandbox.md")
	dir := t.TempDir()
	app, bin := filepath.Join(dir, "app"), filepath.Join(dir, "bin")
	for _, one := range []string{app, bin} {
		if err := os.Mkdir(one, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	_, program, _ := strings.Cut(guide, "```js\n")
	program, _, _ = strings.Cut(program, "```")
	const plain, unbootstrapped = "new cdk.App()", "new cdk.App({ defaultStackSynthesizer: new cdk.LegacyStackSynthesizer() })"
	if !strings.Contains(program, plain) {
		t.Fatalf("found no %s in the program", plain)
	}
	write(t, filepath.Join(app, "app.js"), strings.Replace(program, plain, unbootstrapped, 1))
	write(t, filepath.Join(app, "cdk.json"), `{"app": "cdk.out"}`)
	link(app)
	synth := exec.Command("node", "--preserve-symlinks", "--preserve-symlinks-main", "app.js")
	synth.Dir, synth.Env = app, append(os.Environ(), nodeFirst, "CDK_OUTDIR=cdk.out", "CDK_VALIDATION=false")
	if out, err := synth.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", bin, "./cmd/crossgrant-sandbox").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// As crossgrant does, which has a test of its own.
	if err := os.WriteFile(filepath.Join(bin, "crossgrant"), []byte("#!/bin/sh\nshift\nexec crossgrant-sandbox \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	venv, err := filepath.Abs(".build/venv")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(app, ".build"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(venv, filepath.Join(app, ".build", "venv")); err != nil {
		t.Fatal(err)
	}
	run := func(script string) (string, int) {
		shell := exec.CommandContext(t.Context(), "sh", "-c", script)
		path := strings.TrimPrefix(nodeFirst, "PATH=")
		shell.Dir, shell.Env = app, append(os.Environ(), "PATH="+bin+":"+filepath.Join(venv, "bin")+":"+path, "HOME="+dir, "XDG_CACHE_HOME="+filepath.Join(dir, ".cache"))
		var out bytes.Buffer
		shell.Stdout, shell.Stderr = &out, &out
		if err := shell.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
			t.Fatal(err)
		}
		return out.String(), shell.ProcessState.ExitCode()
	}
	defer run("crossgrant sandbox down")
	blocks := strings.Split(guide, "```console\n")
	if len(blocks) != 7 {
		t.Errorf("found %d console blocks, expected 6", len(blocks)-1)
	}
	for i, block := range blocks[1:] {
		block, _, _ = strings.Cut(block, "```\n")
		before := regexp.MustCompile(`<!-- exit ([0-9]+) -->\n$`).FindStringSubmatch(blocks[i])
		if before == nil {
			t.Fatalf("found no exit code before a console block, expected one:\n%s", block)
		}
		commands, expected := transcript.Read(block)
		found, code := run(strings.Join(commands, ""))
		if strconv.Itoa(code) != before[1] || !transcript.Matches(sameEachTime(expected), sameEachTime(found)) {
			t.Fatalf("found exit code %d, expected %s, and (-document +printed):\n%s", code, before[1], cmp.Diff(sameEachTime(expected), sameEachTime(found)))
		}
	}
}

// differs matches what each run prints otherwise, with what stands for it.
var differs = []struct {
	pattern *regexp.Regexp
	by      string
}{
	{regexp.MustCompile(`\[ *[0-9.]+ s\]`), "[ S s]"},
	{regexp.MustCompile(`after [0-9.]+ s\.`), "after S s."},
	{regexp.MustCompile(`localhost:[0-9]+`), "localhost:PORT"},
	{regexp.MustCompile(`/\S+/app-[0-9a-f]{12}/`), "STATE/"},
	{regexp.MustCompile(`(?m)^[0-9:.]{12}  `), "TIME  "},
	{regexp.MustCompile(`in [0-9.]+ ms`), "in N ms"},
}

func sameEachTime(text string) string {
	for _, one := range differs {
		text = one.pattern.ReplaceAllString(text, one.by)
	}
	return text
}
