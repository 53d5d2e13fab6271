package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/internal/transcript"
	"github.com/crossgrant/crossgrant/internal/txtar"
)

// Each console block of the guides says where it runs, in the files of a state of docs/adopting, and how its last command ends. What it prints is
// compared but for empty lines before it; a line with … stands for any lines.
func TestGuides(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "crossgrant"), []byte("#!/bin/sh\n"+asProgram+"=1 exec '"+program+"' \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	where := regexp.MustCompile(`^<!-- ([a-z]+)\.txtar, state ([0-9]), exit ([0-9]) -->\n$`)
	for _, document := range []string{"adopting.md", "debugging.md", "removing.md", "verdicts.md"} {
		text, err := os.ReadFile("../../docs/" + document)
		if err != nil {
			t.Fatal(err)
		}
		blocks := strings.Split(string(text), "```console\n")
		if len(blocks) < 2 {
			t.Errorf("docs/%s: found no console block", document)
		}
		var variables string
		for i, block := range blocks[1:] {
			block, _, _ = strings.Cut(block, "```\n")
			before := blocks[i][strings.LastIndex(strings.TrimSuffix(blocks[i], "\n"), "\n")+1:]
			at := where.FindStringSubmatch(before)
			if at == nil {
				t.Errorf("docs/%s: found %q before a console block, expected the files, the state and the exit code", document, before)
				continue
			}
			commands, expected := transcript.Read(block)
			script := variables + strings.Join(commands, "")
			for _, command := range commands {
				if name, _, ok := strings.Cut(command, "="); ok && !strings.ContainsAny(name, " -") {
					variables += command
				}
			}
			state, _ := strconv.Atoi(at[2])
			t.Run(fmt.Sprintf("%s %d", document, i), func(t *testing.T) {
				shell := exec.CommandContext(t.Context(), "sh", "-c", script)
				shell.Dir, shell.Env = extracted(t, at[1], state), append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
				var out bytes.Buffer
				shell.Stdout, shell.Stderr = &out, &out
				if err := shell.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
					t.Fatal(err)
				}
				if code := strconv.Itoa(shell.ProcessState.ExitCode()); code != at[3] {
					t.Errorf("found exit code %s, expected %s", code, at[3])
				}
				if !transcript.Matches(expected, out.String()) {
					t.Errorf("(-document +printed):\n%s", cmp.Diff(expected, out.String()))
				}
			})
		}
	}
}

// The other commands of the guides are those of the README, which are run.
func TestGuidesHaveTheCommandsOfTheReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, document := range []string{"adopting.md", "debugging.md", "permissions.md", "removing.md", "verdicts.md"} {
		text, err := os.ReadFile("../../docs/" + document)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "```sh\n")[1:] {
			if block, _, _ = strings.Cut(block, "```"); !strings.Contains(string(readme), block) {
				t.Errorf("docs/%s: found commands that the README does not have:\n%s", document, block)
			}
		}
	}
}

// extracted is a directory with the files of a state.
func extracted(t *testing.T, name string, state int) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/adopting/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, f := range txtar.Parse(string(text)) {
		of, name, _ := strings.Cut(f.Name, "/")
		if n, err := strconv.Atoi(of); err != nil || n > state {
			continue
		}
		file := filepath.Join(dir, name)
		if strings.TrimSpace(f.Text) == "" {
			err = os.Remove(file)
		} else {
			err = os.WriteFile(file, []byte(f.Text), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
