package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/muesli/reflow/ansi"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/crossgrant/crossgrant/internal/api"
	"github.com/crossgrant/crossgrant/internal/terminal"
)

var update = flag.Bool("update", false, "write api/commands.txt anew")

// asProgram is the environment variable that makes the test binary run as the program.
const asProgram = "CROSSGRANT_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// run runs the program in a directory, and returns what it printed and its exit code.
func run(t *testing.T, dir string, args ...string) (out, problems string, code int) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir, command.Env = dir, append(os.Environ(), asProgram+"=1")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), command.ProcessState.ExitCode()
}

// Every line of every command's help fits a terminal, but for the examples, which are to be copied.
func TestHelpFitsATerminal(t *testing.T) {
	commands := [][]string{nil}
	for _, c := range command().Commands() {
		commands = append(commands, []string{c.Name()})
		for _, sub := range c.Commands() {
			commands = append(commands, []string{c.Name(), sub.Name()})
		}
	}
	if len(commands) != 18 {
		t.Errorf("found %d commands, expected 18", len(commands))
	}
	for _, args := range commands {
		out, problems, code := run(t, t.TempDir(), append(args, "--help")...)
		if code != 0 || problems != "" || !strings.Contains(out, "Usage:\n  crossgrant") {
			t.Errorf("%q: found exit %d, %q and\n%s", args, code, problems, out)
		}
		for line := range strings.Lines(out) {
			if width := ansi.PrintableRuneWidth(line); width > terminal.MaxColumns && !strings.Contains(line, `{"`) {
				t.Errorf("%q: found a line of %d columns: %s", args, width, line)
			}
		}
	}
}

func TestExitCodesOfOtherCommands(t *testing.T) {
	for name, c := range map[string]struct {
		args     []string
		code     int
		out, err string
	}{
		"help":               {[]string{"--help"}, 0, "Usage:", ""},
		"an unknown command": {[]string{"prvoe"}, 2, "", "crossgrant: unknown command \"prvoe\" for \"crossgrant\"\n\nDid you mean this?\n\tprove\n\n"},
		"an unknown flag":    {[]string{"--ordr", "x"}, 2, "", "crossgrant: unknown flag: --ordr\n"},
	} {
		t.Run(name, func(t *testing.T) {
			out, problems, code := run(t, t.TempDir(), c.args...)
			if !strings.Contains(out, c.out) || problems != c.err || code != c.code {
				t.Errorf("found exit %d, %q and %q", code, out, problems)
			}
		})
	}
}

// Scripts rely on the commands, their flags and their exit codes: docs/versioning.md. A line less in api/commands.txt breaks them.
func TestCommandsOfScripts(t *testing.T) {
	number := regexp.MustCompile(`\d`)
	var all []string
	var list func(c *cobra.Command)
	list = func(c *cobra.Command) {
		name := strings.TrimSpace(strings.TrimPrefix(c.CommandPath(), "crossgrant"))
		if c.Runnable() && !c.HasSubCommands() {
			_, codes, found := strings.Cut(c.Long, "\n\nExit code: ")
			if !found {
				t.Errorf("%s: found no exit codes in the help, expected them at its end", name)
			}
			exits := number.FindAllString(codes, -1)
			slices.Sort(exits)
			all = append(all, name+": exits "+strings.Join(slices.Compact(exits), " "))
			c.Flags().VisitAll(func(f *pflag.Flag) {
				line := name + ": --" + f.Name + " " + f.Value.Type()
				if f.Shorthand != "" {
					line += ", -" + f.Shorthand
				}
				all = append(all, line+fmt.Sprintf(", default %q", f.DefValue))
			})
		}
		for _, sub := range c.Commands() {
			list(sub)
		}
	}
	list(command())
	for _, name := range formats() {
		all = append(all, "--format "+name)
	}
	if err := api.Check("../../api/commands.txt", all, *update); err != nil {
		t.Error(err)
	}
}
