//go:build !unix

package child

import (
	"os"
	"os/exec"
)

// Without process groups only the program itself can be ended.
func ownGroup(*exec.Cmd) {}

func terminate(leader *os.Process) { kill(leader) }

func kill(leader *os.Process) { _ = leader.Kill() }

func alive(*os.Process) bool { return false }
