//go:build unix

package subprocess

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

func ownGroup(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// A group keeps its ID while it has a member, so a signal after the end of the leader reaches only processes that the leader left behind.
func terminate(leader *os.Process) { _ = syscall.Kill(-leader.Pid, syscall.SIGTERM) }

func kill(leader *os.Process) { _ = syscall.Kill(-leader.Pid, syscall.SIGKILL) }

// alive reports whether a process of the group is running.
func alive(leader *os.Process) bool {
	if errors.Is(syscall.Kill(-leader.Pid, 0), syscall.ESRCH) {
		return false
	}
	// An orphan that has ended stays a member until init reaps it, which in a container may be late or never. On Linux /proc shows its state.
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		stat, _ := os.ReadFile(file)
		// The fields after the name in parentheses are state, parent and group. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) > 2 && fields[2] == strconv.Itoa(leader.Pid) && fields[0] != "Z" && fields[0] != "X" {
			return true
		}
	}
	return len(files) == 0
}
