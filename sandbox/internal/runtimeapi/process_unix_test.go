//go:build unix

package runtimeapi

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// sleeping waits until the function sleeps, and returns its process ID.
func sleeping(t *testing.T, l *log) int {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if text := l.String(); strings.HasSuffix(text, "\n") {
			pid, err := strconv.Atoi(strings.TrimSpace(text))
			if err != nil {
				t.Fatalf("found %q in the log, expected a process ID", text)
			}
			return pid
		}
	}
	t.Fatal("the function did not start within 10 seconds")
	return 0
}

func isRunning(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !bytes.Contains(stat, []byte(") Z "))
}

// requireEnded checks that a process has ended already.
func requireEnded(t *testing.T, pid int) {
	t.Helper()
	if isRunning(pid) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
		t.Errorf("process %d is still running", pid)
	}
}
