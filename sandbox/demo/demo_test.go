package demo_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/sandbox"
	"github.com/crossgrant/crossgrant/sandbox/demo"
)

const (
	project = "../.."
	venv    = "../../.build/venv"
)

// command matches the commands that the demo prints and the README shows.
var command = regexp.MustCompile(`(?m)^\s*(?:\$ )?(npx cdk .*)$`)

// runDemo runs the demo, shows its output at once, and returns it.
func runDemo(t *testing.T, options demo.Options) string {
	t.Helper()
	var printed bytes.Buffer
	options.Project, options.Venv, options.Out = project, venv, io.MultiWriter(&printed, os.Stdout)
	passed, failed, err := demo.Run(context.Background(), options)
	if err != nil {
		t.Fatal(err)
	}
	if failed != 0 {
		t.Errorf("found %d checks that failed", failed)
	}
	least := 50
	if options.Workloads != nil {
		least = 19
	}
	if found := strings.Count(printed.String(), "      PASS "); found != passed || found < least {
		t.Errorf("found %d lines PASS for %d checks, expected %d or more", found, passed, least)
	}
	return printed.String()
}

// The demo is the end-to-end test. It runs once for each order of deployments, with every workload the first time, and with -short only that time. The
// README shows no command that it does not run.
func TestDemoInEveryOrder(t *testing.T) {
	ran, lines, completed, checks := map[string]bool{}, map[string]bool{}, 0, 0
	for _, order := range demo.Orders() {
		t.Run(string(order), func(t *testing.T) {
			if testing.Short() && order != demo.TargetFirst {
				t.Skip("the other orders are not part of the short form")
			}
			options := demo.Options{Order: order, Remove: order == demo.TargetFirst}
			if order == demo.SourceFirst || testing.Short() {
				options = options.Then(func(ctx context.Context, s *sandbox.Sandbox, contextFlags []string) error {
					return runClients(t, ctx, s, contextFlags)
				})
			}
			if order != demo.TargetFirst {
				options.Workloads = []string{"list", "scan"} // the order does not matter to the others
			}
			printed := runDemo(t, options)
			completed++
			for _, match := range command.FindAllStringSubmatch(printed, -1) {
				ran[plain(match[1])] = true
			}
			for line := range strings.Lines(printed) {
				lines[elapsed.ReplaceAllString(line, "")] = true
			}
			if order == demo.TargetFirst {
				withoutRemoval, _, _ := strings.Cut(printed, "Destroying both stacks")
				checks = strings.Count(withoutRemoval, "      PASS ")
			}
		})
	}
	every := completed == len(demo.Orders())
	if !every && checks == 0 {
		return // nothing follows for the README, which shows the first order
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := command.FindAllStringSubmatch(string(readme), -1)
	if len(shown) < 6 {
		t.Errorf("found %d commands in the README", len(shown))
	}
	for line := range strings.Lines(string(readme)) {
		if step := elapsed.ReplaceAllString(line, ""); (strings.HasPrefix(line, "      PASS ") || step != line) && !lines[step] {
			t.Errorf("the README shows %q, which the demo does not print", line)
		}
	}
	if count := fmt.Sprintf("\n%d passed, 0 failed\n", checks); !strings.Contains(string(readme), count) {
		t.Errorf("the README does not have %q, which the demo ends with", count)
	}
	if !every {
		return // other orders have other commands
	}
	// app_test.go tests synthesis.
	synth := []string{"npx cdk synth", "npx cdk synth --quiet"}
	for _, match := range shown {
		if c := plain(match[1]); !ran[c] && !slices.Contains(synth, c) {
			t.Errorf("the README shows %q, which no test runs", c)
		}
	}
}

// elapsed is the time before a step, which no two runs share.
var elapsed = regexp.MustCompile(`^\[ *[0-9.]+ s\] `)

// plain removes the flags that the demo adds: context for this machine and instead of the user's accounts in cdk.json, and --force.
func plain(command string) string {
	return strings.TrimSpace(added.ReplaceAllString(command, ""))
}

var added = regexp.MustCompile(` -c \S+| --force\b`)

func TestDemoRefusesWhatItCannotRun(t *testing.T) {
	for name, c := range map[string]struct {
		options  demo.Options
		expected string
	}{
		"a directory without an app":  {demo.Options{Project: t.TempDir(), Venv: venv}, "run in the directory of the app"},
		"an unknown workload":         {demo.Options{Project: project, Venv: venv, Workloads: []string{"list", "print"}}, `found workload "print", expected names from ["list" "scan" "copy" "trail" "instance" "events"]`},
		"no Python environment there": {demo.Options{Project: project, Venv: t.TempDir()}, "make setup"},
	} {
		t.Run(name, func(t *testing.T) {
			c.options.Out = io.Discard
			_, _, err := demo.Run(context.Background(), c.options)
			if err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
		})
	}
}
