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

// Ended in the middle of a deployment, the program says so, ends soon, and no process and no file of it is left.
func TestEndingEarlyLeavesNothing(t *testing.T) {
	for name, end := range map[string]func(*exec.Cmd, io.Closer) error{
		"Ctrl-C":                  func(c *exec.Cmd, _ io.Closer) error { return c.Process.Signal(syscall.SIGINT) },
		"a terminal that is gone": func(c *exec.Cmd, _ io.Closer) error { return c.Process.Signal(syscall.SIGHUP) },
		"a reader that goes away": func(_ *exec.Cmd, output io.Closer) error { return output.Close() },
	} {
		t.Run(name, func(t *testing.T) { endEarly(t, end) })
	}
}

func endEarly(t *testing.T, end func(*exec.Cmd, io.Closer) error) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "crossgrant")
	if out, err := exec.Command("go", "build", "-o", program, "../../cmd/crossgrant").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	temporary, err := os.MkdirTemp("", "interrupt-") // in the environment of all that is started, so a mark
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(temporary)
	command := exec.Command(program, "demo", "--project", project, "--venv", venv)
	command.Env = append(os.Environ(), "TMPDIR="+temporary)
	var complaint strings.Builder
	command.Stderr = &complaint
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
		if strings.Contains(lines.Text(), "$ npx cdk deploy") {
			break
		}
	}
	time.Sleep(time.Second) // into the work of the command line
	if marked(t, temporary) < 2 {
		t.Error("found no process of the command line under way, so nothing is tested")
	}
	began := time.Now()
	if err := end(command, printed); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // to the end of its output
	}
	err = command.Wait()
	if code := command.ProcessState.ExitCode(); code != 130 || !strings.Contains(complaint.String(), "interrupted") {
		t.Errorf("found exit code %d (%v) and %q, expected 130 and a word of the interruption", code, err, complaint.String())
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("took %s to end", took)
	}
	if left := marked(t, temporary); left != 0 {
		t.Errorf("found %d processes left", left)
	}
	if response, err := http.Get(endpoint); err == nil {
		response.Body.Close()
		t.Errorf("the local AWS still answers at %s", endpoint)
	}
	if files, _ := filepath.Glob(filepath.Join(temporary, "crossgrant-*")); len(files) != 0 {
		t.Errorf("found files left: %q", files)
	}
}

// marked counts the processes that have TMPDIR=temporary in their environment.
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
