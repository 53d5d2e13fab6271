//go:build !unix

package subprocess

import (
	"os"
	"os/exec"
)

// Without process groups only the program itself can be stopped.
func ownGroup(*exec.Cmd) {}

func terminate(leader *os.Process) { kill(leader) }

func kill(leader *os.Process) { _ = leader.Kill() }

func alive(*os.Process) bool { return false }
