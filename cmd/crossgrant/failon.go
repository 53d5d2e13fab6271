package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// failOn says which differences end a comparison with exitNegative.
type failOn string

const (
	failOnWidened failOn = "widened" // what permits more, or may
	failOnAny     failOn = "any"
	failOnNever   failOn = "never"
)

var allFailOn = []string{string(failOnWidened), string(failOnAny), string(failOnNever)}

func (f *failOn) addFlag(c *cobra.Command) {
	c.Flags().StringVar((*string)(f), "fail-on", string(failOnWidened), "the `KIND` of difference that ends with exit code 1: "+strings.Join(allFailOn, ", "))
	completes(c, "fail-on", allFailOn)
}

func (f failOn) check() error {
	if !slices.Contains(allFailOn, string(f)) {
		return fmt.Errorf("--fail-on: found %q, expected one of %q", string(f), allFailOn)
	}
	return nil
}

// exitCode is exitNegative if a comparison fails: widened and different say what it found.
func (f failOn) exitCode(widened, different bool) error {
	if f == failOnAny && different || f == failOnWidened && widened {
		return exit{code: exitNegative}
	}
	return nil
}
