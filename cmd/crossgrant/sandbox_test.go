//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// inEmptyDirectory is the program in a directory of its own, with a PATH that has a directory for sandbox programs alone.
func inEmptyDirectory(t *testing.T, args ...string) (c *exec.Cmd, beside, path string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	beside, path = t.TempDir(), t.TempDir()
	own := filepath.Join(beside, "crossgrant")
	if err := os.Link(program, own); err != nil { // it may be on another file system; a symbolic link would be followed
		text, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(own, text, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c = exec.Command(own, append([]string{"sandbox"}, args...)...)
	c.Dir, c.Env = t.TempDir(), []string{asProgram + "=1", "PATH=" + path, "HOME=" + t.TempDir()}
	return c, beside, path
}

func script(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

// The arguments, the streams and the exit code are those of the program, which is looked for beside this one before the PATH.
func TestSandboxRunsItsProgram(t *testing.T) {
	for name, c := range map[string]struct {
		beside, path string
		expected     string
	}{
		"beside this one":       {"beside", "", "beside: up --region eu-west-1 input"},
		"on the PATH":           {"", "path", "path: up --region eu-west-1 input"},
		"beside this one first": {"beside", "path", "beside: up --region eu-west-1 input"},
	} {
		t.Run(name, func(t *testing.T) {
			command, beside, path := inEmptyDirectory(t, "up", "--region", "eu-west-1")
			for dir, says := range map[string]string{beside: c.beside, path: c.path} {
				if says != "" {
					script(t, dir, "crossgrant-sandbox", "read line; echo "+says+`: "$@" "$line"; echo problem >&2; exit 7`)
				}
			}
			var out, problems bytes.Buffer
			command.Stdin, command.Stdout, command.Stderr = strings.NewReader("input\n"), &out, &problems
			err := command.Run()
			if code := command.ProcessState.ExitCode(); code != 7 || out.String() != c.expected+"\n" || problems.String() != "problem\n" {
				t.Errorf("found exit code %d (%v), %q and %q, expected 7, %q and problem", code, err, &out, &problems, c.expected)
			}
		})
	}
}

func TestSandboxPassesSignalsOn(t *testing.T) {
	command, beside, _ := inEmptyDirectory(t, "up")
	script(t, beside, "crossgrant-sandbox", `trap 'echo ended; exit 130' INT; echo ready; while :; do sleep 0.05; done`)
	command.Env = append(command.Env, "PATH=/bin:/usr/bin")
	printed, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer command.Process.Kill()
	text := make([]byte, 64)
	if n, err := printed.Read(text); err != nil || string(text[:n]) != "ready\n" {
		t.Fatalf("found %q, %v", text[:n], err)
	}
	command.Process.Signal(syscall.SIGINT)
	timer := time.AfterFunc(10*time.Second, func() { command.Process.Kill() })
	defer timer.Stop()
	n, _ := printed.Read(text)
	if err := command.Wait(); string(text[:n]) != "ended\n" || command.ProcessState.ExitCode() != 130 {
		t.Errorf("found %q and %v, expected that the program ended by itself", text[:n], err)
	}
}

// In a module that has the package, it is built into the cache. Here a go command of the test says what is there.
func TestSandboxOfAModule(t *testing.T) {
	const listed = `case "$1" in
list) [ "$4" = github.com/crossgrant/crossgrant/cmd/crossgrant-sandbox ] && echo /module/dir || exit 1 ;;
build) printf '#!/bin/sh\necho built: "$@"\n' > "$3" && /bin/chmod +x "$3" ;;
esac`
	command, _, path := inEmptyDirectory(t, "status")
	script(t, path, "go", `[ "$1" != build ] || /bin/mkdir -p "${3%/*}"`+"\n"+listed)
	if out, err := command.CombinedOutput(); err != nil || string(out) != "built: status\n" {
		t.Errorf("found %q, %v", out, err)
	}
	for name, c := range map[string]struct{ script, expected string }{
		"no module":          {"echo no required module provides package >&2; exit 1", "go list: exit status 1: no required module provides package): install it with `go install github.com/crossgrant/crossgrant/cmd/crossgrant-sandbox@"},
		"no go":              {"", "(found no go command): install it with `go install "},
		"a build that fails": {"[ $1 = list ] && echo /dir || { echo missing go.sum entry >&2; exit 1; }", "go build: exit status 1: missing go.sum entry"},
	} {
		t.Run(name, func(t *testing.T) {
			command, _, path := inEmptyDirectory(t, "status")
			if c.script != "" {
				script(t, path, "go", c.script)
			}
			var problems bytes.Buffer
			command.Stderr = &problems
			if err := command.Run(); !errors.As(err, new(*exec.ExitError)) || command.ProcessState.ExitCode() != exitError || !strings.Contains(problems.String(), c.expected) {
				t.Errorf("found %v and %s, expected exit code 2 and %s", err, &problems, c.expected)
			}
		})
	}
}
