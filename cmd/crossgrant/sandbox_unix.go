//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"
)

// replaceBy makes this process another program, which so has its standard streams, gets its signals and has its exit code.
func replaceBy(program string, args []string) error {
	return fmt.Errorf("run %s: %w", program, syscall.Exec(program, args, os.Environ()))
}
