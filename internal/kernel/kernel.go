// Package kernel starts the Node.js process with the CDK without the relay that jsii puts before it: a second Node.js process, through which
// each of a thousand calls goes twice. It knows nothing of what is called.
package kernel

import (
	_ "embed"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// launcher runs the kernel beside the relay that jsii names, or the relay where there is no such kernel.
//
//go:embed launcher.sh
var launcher []byte

// shim joins the kernel's one channel of two directions out of two pipes, and marks what constructs print as jsii expects it.
//
//go:embed shim.js
var shim []byte

// variables are those by which a user chooses how jsii starts Node.js.
//
// https://github.com/aws/jsii/blob/main/packages/@jsii/go-runtime/jsii-runtime-go/internal/kernel/process/process.go
var variables = []string{"JSII_NODE", "JSII_RUNTIME"}

// Direct makes jsii start the kernel without its relay, from the next start on. The result undoes it, and has to be called after the kernel has ended.
// It changes nothing where the user chose how Node.js starts, on Windows, and where no file of the temporary folder may be executed.
func Direct() (undo func() error, err error) {
	none := func() error { return nil }
	for _, name := range variables {
		if os.Getenv(name) != "" {
			return none, nil
		}
	}
	if runtime.GOOS == "windows" {
		return none, nil
	}
	dir, err := os.MkdirTemp("", "crossgrant-kernel-*")
	if err != nil {
		return none, err
	}
	program := filepath.Join(dir, "launcher.sh")
	if err := errors.Join(os.WriteFile(filepath.Join(dir, "shim.js"), shim, 0o600), os.WriteFile(program, launcher, 0o700)); err != nil {
		return none, errors.Join(err, os.RemoveAll(dir))
	}
	if exec.Command(program).Run() != nil { // such as a file system without the right to execute
		return none, os.RemoveAll(dir)
	}
	return func() error { return errors.Join(os.Unsetenv(variables[0]), os.RemoveAll(dir)) }, os.Setenv(variables[0], program)
}
