//go:build unix

package main

import (
	"fmt"
	"os/exec"
	"syscall"

	"github.com/spf13/cobra"
)

// runCommand makes this process another program, which so has its standard streams, gets its signals and has its exit code.
func runCommand(_ *cobra.Command, args, environment []string) error {
	program, err := exec.LookPath(args[0])
	if err != nil {
		return fmt.Errorf("run %s: %w", args[0], err)
	}
	return fmt.Errorf("run %s: %w", args[0], syscall.Exec(program, args, environment))
}
