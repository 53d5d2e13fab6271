//go:build unix

package subprocess_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/sandbox/internal/subprocess"
)

// The test binary also runs as the programs that the tests need and that no shell script can replace.
const roleVariable = "SUBPROCESS_TEST_ROLE"

// inRole returns the environment of such a program. By default the race detector sleeps for a second at each exit.
func inRole(role string) []string {
	return append(os.Environ(), "GORACE=atexit_sleep_ms=0", roleVariable+"="+role)
}

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "command line":
		beCommandLine()
	case "daemon's parent":
		beDaemonsParent()
	default:
		os.Exit(m.Run())
	}
}

// beCommandLine runs a program until it ends or the user presses Ctrl-C.
func beCommandLine() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := subprocess.Run(ctx, subprocess.Spec{
		Name: "sh", Args: []string{"-c", `trap 'echo the terminal reached the program' INT; sleep 1000 & echo $!; wait`}, Output: os.Stdout,
	})
	fmt.Println(err)
}

// beDaemonsParent starts a process that leaves the group and keeps the output open, and exits.
func beDaemonsParent() {
	daemon := exec.Command("sleep", "1000")
	daemon.Stdout, daemon.SysProcAttr = os.Stdout, &syscall.SysProcAttr{Setsid: true}
	if err := daemon.Start(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(daemon.Process.Pid)
}

func shell(script string) subprocess.Spec {
	return subprocess.Spec{Name: "sh", Args: []string{"-c", script}}
}

// lines is a writer that sends each line of output to a channel.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		l <- strings.TrimSpace(line)
	}
	return len(p), nil
}

func next(t *testing.T, l lines) string {
	t.Helper()
	select {
	case line := <-l:
		return line
	case <-time.After(10 * time.Second):
		t.Fatal("the program printed nothing for 10 seconds")
		return ""
	}
}

func processID(t *testing.T, text string) int {
	t.Helper()
	pid, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		t.Fatalf("read a process id: %v", err)
	}
	return pid
}

func isRunning(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !bytes.Contains(stat, []byte(") Z ")) // it has ended, but init has not reaped it yet
}

func requireEnded(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if !isRunning(pid) {
			return
		}
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	t.Errorf("process %d is still running", pid)
}

// requireDuration checks the time since a start.
func requireDuration(t *testing.T, since time.Time, least, most time.Duration) {
	t.Helper()
	if took := time.Since(since); took < least || took > most {
		t.Errorf("it took %s, expected between %s and %s", took, least, most)
	}
}
