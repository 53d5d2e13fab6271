// Command nag checks synthesized templates by cdk-nag's AwsSolutions rules: `nag TEMPLATE_OR_ASSEMBLY_DIR...`. It exits with 0 if it finds
// nothing, 1 if it finds something, 2 if it cannot read the input. It is a separate module, so that modules that import crossgrant do not
// require cdk-nag. It does not change or synthesize templates.
package main

import (
	"fmt"
	"io"
	"os"

	"github.com/aws/jsii-runtime-go"
)

func main() {
	disableValidation()
	code := run(os.Args[1:], os.Stdout, os.Stderr)
	jsii.Close()
	os.Exit(code)
}

const (
	clean    = 0
	findings = 1
	badInput = 2
)

// run checks the templates that the arguments name and prints the findings.
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

// disableValidation disables CDK's own validation of templates, which takes seconds and which `cdk synth` has done.
func disableValidation() {
	os.Setenv("CDK_VALIDATION", "false")
	jsii.Close() // so that the next use starts a kernel with this environment
}
