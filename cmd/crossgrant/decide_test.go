package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// decide runs the program with lines on standard input.
func decide(t *testing.T, input string, args ...string) (out, problems string, code int) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr strings.Builder
	command := exec.CommandContext(t.Context(), program, append([]string{"decide"}, args...)...)
	command.Env = append(os.Environ(), asProgram+"=1")
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), &stdout, &stderr
	if err := command.Run(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), command.ProcessState.ExitCode()
}

func TestDecide(t *testing.T) {
	const (
		line = `{"id":"1","request":{"principal":"anonymous","action":"s3:GetObject","resource":"arn:aws:s3:::b/k"}}`
		out  = `{"id":"1","decision":"ImplicitlyDenied","blockedBy":["resource"],"reasons":[]}`
	)
	for name, c := range map[string]struct {
		in            string
		args          []string
		out, problems string
		code          int
	}{
		"nothing":         {"", nil, "", "", 0},
		"one request":     {line, nil, out + "\n", "", 0},
		"with a reason":   {line, []string{"--explain"}, strings.TrimSuffix(out, "}") + `,"explanation":["denied: there is no resource policy that allows s3:GetObject on arn:aws:s3:::b/k"]}` + "\n", "", 0},
		"a bad line":      {"{\n" + line + "\n", nil, `{"id":null,"error":"line: unexpected end of JSON input; expected a JSON object"}` + "\n" + out + "\n", "crossgrant: decide: 1 lines could not be read; their \"error\" says why\n", 1},
		"an argument":     {line, []string{"x.json"}, "", "crossgrant: decide: found arguments [\"x.json\"], expected none: requests come from standard input\n", 2},
		"an unknown flag": {line, []string{"--trace"}, "", "crossgrant: decide: unknown flag: --trace, expected a flag that crossgrant decide --help lists\n", 2},
	} {
		t.Run(name, func(t *testing.T) {
			out, problems, code := decide(t, c.in, c.args...)
			if out != c.out || problems != c.problems || code != c.code {
				t.Errorf("found exit %d, %q and %q", code, out, problems)
			}
		})
	}
}

// The README of package policy shows lines of input and the output that they give.
func TestDecideAsTheREADMESays(t *testing.T) {
	text, err := os.ReadFile("../../policy/README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```json\n")
	if len(blocks) != 3 {
		t.Fatalf("found %d blocks of JSON, expected lines of input and of output", len(blocks)-1)
	}
	in, _, _ := strings.Cut(blocks[1], "```")
	want, _, _ := strings.Cut(blocks[2], "```")
	if out, _, code := decide(t, in); out != want || code != 1 {
		t.Errorf("found exit %d and\n%s", code, out)
	}
}

func TestDecideAsTheDocumentOfCommandsSays(t *testing.T) {
	text, err := os.ReadFile("../../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "\necho '")
	line, rest, _ := strings.Cut(rest, "' |\n")
	command, _, found := strings.Cut(rest, "\n")
	arguments, runs := strings.CutPrefix(command, "  go run ./cmd/crossgrant decide ")
	if !found || !runs {
		t.Fatalf("found %q after the request, expected the program", command)
	}
	if out, _, code := decide(t, line, arguments); !strings.Contains(out, `"explanation":["denied: there is no resource policy`) || code != 0 {
		t.Errorf("found exit %d and %s", code, out)
	}
}

func TestDecideThatCannotWrite(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	var stderr strings.Builder
	command := exec.CommandContext(t.Context(), program, "decide")
	command.Env = append(os.Environ(), asProgram+"=1")
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader("{}\n"), full, &stderr
	err = command.Run()
	if command.ProcessState.ExitCode() != 1 || !strings.Contains(stderr.String(), "crossgrant: decide: write decision: write /dev/stdout: no space left on device") {
		t.Errorf("found %v and %q", err, stderr.String())
	}
}
