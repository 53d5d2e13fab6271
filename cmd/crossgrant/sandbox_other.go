//go:build !unix

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
)

// replaceBy runs another program and ends as it does. Ctrl-C reaches both, and the other one decides.
func replaceBy(program string, args []string) error {
	signal.Ignore(os.Interrupt)
	command := exec.Command(program, args[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := command.Run()
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		return fmt.Errorf("run %s: %w", program, err)
	}
	return exit{code: command.ProcessState.ExitCode()}
}
