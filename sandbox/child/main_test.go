//go:build unix

package child_test

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

	"github.com/crossgrant/crossgrant/sandbox/child"
)

// The test binary is also the programs that the tests need and that a shell cannot be.
const roleVariable = "CHILD_TEST_ROLE"

// inRole is the environment of such a program. The race detector lingers for a second at each exit unless told otherwise.
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
	err := child.Run(ctx, child.Spec{
		Name: "sh", Args: []string{"-c", `trap 'echo the terminal reached the program' INT; sleep 1000 & echo $!; wait`}, Output: os.Stdout,
	})
	fmt.Println(err)
}

// beDaemonsParent starts a process that leaves the group and keeps the output, and ends.
func beDaemonsParent() {
	daemon := exec.Command("sleep", "1000")
	daemon.Stdout, daemon.SysProcAttr = os.Stdout, &syscall.SysProcAttr{Setsid: true}
	if err := daemon.Start(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(daemon.Process.Pid)
}

func shell(script string) child.Spec {
	return child.Spec{Name: "sh", Args: []string{"-c", script}}
}

// lines is a writer for what a program prints, by the line.
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
	return err != nil || !bytes.Contains(stat, []byte(") Z ")) // one that has ended, but that init has not noticed yet
}

func mustBeGone(t *testing.T, pid int) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if !isRunning(pid) {
			return
		}
	}
	_ = syscall.Kill(pid, syscall.SIGKILL)
	t.Errorf("process %d is still running", pid)
}

// mustTake checks how long something took.
func mustTake(t *testing.T, since time.Time, least, most time.Duration) {
	t.Helper()
	if took := time.Since(since); took < least || took > most {
		t.Errorf("it took %s, expected between %s and %s", took, least, most)
	}
}
