//go:build !unix

package main

import (
	"errors"

	"github.com/spf13/cobra"
)

func runCommand(*cobra.Command, []string, []string) error {
	return errors.New("found a system that cannot replace a process by another one, expected Linux or macOS")
}
