// Package intent marks resources that declare something which has to work: an alarm has to reach its topic, a rule its queue, a role what a
// policy of its own is for. It makes nothing work, and proves nothing: the proof reads the mark from the template, and finds out there who
// has to be let in where.
package intent

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// Mark marks a resource.
func Mark(resource awscdk.CfnResource) {
	resource.AddMetadata(jsii.String(contract.MustWorkKey), true)
}
