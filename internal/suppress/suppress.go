// Package suppress records in a resource's metadata why it breaks a rule of cdk-nag on purpose. It knows no rule and applies none: tools/nag
// does, and so does any app that runs cdk-nag over constructs of this module.
package suppress

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// Rule is a rule that a resource breaks on purpose.
type Rule struct {
	// ID is the rule's name, such as "AwsSolutions-IAM5". Required.
	ID string
	// Reason is why the resource is right as it is, in 10 characters or more. Required.
	Reason string
	// Findings are the findings of the rule that the reason applies to, as cdk-nag writes them, such as "Resource::*", or regular
	// expressions between slashes. Default all.
	Findings []string
}

// At writes the rules into the resource's metadata, and replaces any that it has.
//
// https://github.com/cdklabs/cdk-nag#suppressing-a-rule
func At(resource awscdk.CfnResource, rules ...Rule) {
	var entries []any
	for _, r := range rules {
		entry := map[string]any{"id": r.ID, "reason": r.Reason}
		var findings []any
		for _, f := range r.Findings {
			if strings.HasPrefix(f, "/") {
				findings = append(findings, map[string]any{"regex": f})
				continue
			}
			findings = append(findings, f)
		}
		if len(findings) > 0 {
			entry["applies_to"] = findings
		}
		entries = append(entries, entry)
	}
	resource.AddMetadata(jsii.String("cdk_nag"), map[string]any{"rules_to_suppress": entries})
}
