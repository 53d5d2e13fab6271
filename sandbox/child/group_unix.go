//go:build unix

package child

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

// The group keeps its number while any member lives, so signalling it after the leader's end reaches only what that left behind.
func terminate(leader *os.Process) { _ = syscall.Kill(-leader.Pid, syscall.SIGTERM) }

func kill(leader *os.Process) { _ = syscall.Kill(-leader.Pid, syscall.SIGKILL) }

// alive tells whether the group has a member that has not ended.
func alive(leader *os.Process) bool {
	if errors.Is(syscall.Kill(-leader.Pid, 0), syscall.ESRCH) {
		return false
	}
	// An orphan that has ended stays a member until init notices, which in a container may be late or never. Linux tells it apart.
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		stat, _ := os.ReadFile(file)
		// After the name in parentheses: state, parent, group. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		if len(fields) > 2 && fields[2] == strconv.Itoa(leader.Pid) && fields[0] != "Z" && fields[0] != "X" {
			return true
		}
	}
	return len(files) == 0
}
