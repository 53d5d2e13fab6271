//go:build !unix

package child

import (
	"os"
	"os/exec"
)

// Without process groups only the program itself can be ended.
func ownGroup(*exec.Cmd) {}

func terminate(pid int) { kill(pid) }

func kill(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}
