// Package kerneltest runs tests that create constructs. It tests nothing itself.
package kerneltest

import (
	"fmt"
	"os"
	"testing"

	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/internal/kernel"
)

// Main is a TestMain's: it runs the tests of a package with one process of the CDK, started without jsii's relay and without the CDK's own validation,
// which takes seconds for each app; `make test` runs it on the app's templates. In the end it calls the functions, and exits.
func Main(m *testing.M, after ...func()) {
	os.Exit(run(m, after))
}

func run(m *testing.M, after []func()) int {
	if err := os.Setenv("CDK_VALIDATION", "false"); err != nil {
		return failed(err)
	}
	undo, err := kernel.Direct()
	if err != nil {
		return failed(err)
	}
	jsii.Close() // the kernel has the environment from before; its next use starts a new one
	code := m.Run()
	jsii.Close()
	if err := undo(); err != nil {
		return failed(err)
	}
	for _, f := range after {
		f()
	}
	return code
}

func failed(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}
