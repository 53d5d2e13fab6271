//go:build linux

package demo_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Interrupted during a deployment, the program says so and exits soon, and leaves no process and no file.
func TestInterruptionLeavesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		during string
		end    func(*exec.Cmd, io.Closer) error
	}{
		"Ctrl-C":            {"$ npx cdk deploy", func(c *exec.Cmd, _ io.Closer) error { return c.Process.Signal(syscall.SIGINT) }},
		"a closed terminal": {"$ npx cdk bootstrap", func(c *exec.Cmd, _ io.Closer) error { return c.Process.Signal(syscall.SIGHUP) }},
		"a closed pipe":     {"$ npx cdk bootstrap", func(_ *exec.Cmd, output io.Closer) error { return output.Close() }},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "Ctrl-C" {
				t.Skip("the other ends are not part of the short form")
			}
			if testing.Short() {
				c.during = "$ npx cdk bootstrap" // which comes sooner
			}
			interrupt(t, c.during, c.end)
		})
	}
}

// interrupt ends the demo while it runs a command.
func interrupt(t *testing.T, during string, end func(*exec.Cmd, io.Closer) error) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "crossgrant-sandbox")
	if out, err := exec.Command("go", "build", "-o", program, "../../cmd/crossgrant-sandbox").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	temporary, err := os.MkdirTemp("", "interrupt-") // it marks the environment of every process that the program starts
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(temporary)
	command := exec.Command(program, "demo", "--project", project, "--venv", venv)
	command.Env = append(os.Environ(), "TMPDIR="+temporary)
	var stderr strings.Builder
	command.Stderr = &stderr
	printed, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	var endpoint string
	lines := bufio.NewScanner(printed)
	for lines.Scan() {
		if address := regexp.MustCompile(`http://localhost:\d+`).FindString(lines.Text()); address != "" {
			endpoint = address
		}
		if strings.Contains(lines.Text(), during) {
			break
		}
	}
	time.Sleep(time.Second) // until the command line is working
	if marked(t, temporary) < 2 {
		t.Error("found no running process of the command line, so nothing is tested")
	}
	began := time.Now()
	if err := end(command, printed); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // until the end of the output
	}
	err = command.Wait()
	if code := command.ProcessState.ExitCode(); code != 130 || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("found exit code %d (%v) and %q, expected 130 and a message that says interrupted", code, err, stderr.String())
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("took %s to end", took)
	}
	if left := marked(t, temporary); left != 0 {
		t.Errorf("found %d processes that are still running", left)
	}
	if response, err := http.Get(endpoint); err == nil {
		response.Body.Close()
		t.Errorf("the local AWS still responds at %s", endpoint)
	}
	if files, _ := filepath.Glob(filepath.Join(temporary, "crossgrant-*")); len(files) != 0 {
		t.Errorf("found files that were not removed: %q", files)
	}
}

// marked returns the number of processes that have TMPDIR=temporary in their environment.
func marked(t *testing.T, temporary string) (count int) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range processes {
		environment, err := os.ReadFile(file)
		if err == nil && strings.Contains(string(environment), fmt.Sprintf("TMPDIR=%s\x00", temporary)) {
			count++
		}
	}
	return count
}
