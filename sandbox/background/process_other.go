//go:build !unix

package background

import (
	"errors"
	"os/exec"
)

// Without locks of POSIX, nothing says which process a sandbox is.
var errSystem = errors.New("found a system without locks of POSIX, expected Linux or macOS: the sandbox runs in the background only there")

func lock(string) (unlock func(), err error) { return nil, errSystem }

func holder(string) (int, error) { return 0, errSystem }

func detached(command []string) *exec.Cmd { return exec.Command(command[0], command[1:]...) }

func terminate(int) {}

func kill(int) {}
