// Command nag holds synthesized templates against cdk-nag's AwsSolutions rules: `nag TEMPLATE_OR_ASSEMBLY_DIR...`. It exits 0 if
// nothing is left to say, 1 if something is, 2 if the input cannot be read. It is a module of its own, so that who imports crossgrant
// does not get cdk-nag. It changes nothing and does not synthesize.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/aws/jsii-runtime-go"
)

func main() {
	quiet()
	code := run(os.Args[1:], os.Stdout, os.Stderr)
	jsii.Close()
	os.Exit(code)
}

const (
	clean    = 0
	findings = 1
	badInput = 2
)

// run checks what the arguments name and prints what was found.
func run(args []string, out, problems io.Writer) int {
	templates, err := findTemplates(args)
	if err == nil {
		var r report
		if r, err = check(templates); err == nil {
			return r.print(out)
		}
	}
	fmt.Fprintln(problems, "nag:", err)
	return badInput
}

// quiet switches off CDK's own validation of what it synthesizes, which takes seconds and has been done.
func quiet() {
	os.Setenv("CDK_VALIDATION", "false")
	jsii.Close() // a kernel that has not started yet has the environment of before; the next use makes a new one
}
