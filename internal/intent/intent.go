// Package intent marks resources whose connections have to work: an alarm reaches its topic, a rule its queue, a role what its policy
// permits. It makes no connection and checks none: the proof reads the mark from the template and derives from the resource which requests
// have to succeed.
package intent

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
)

// Mark marks a resource in its metadata, under [contract.MustWorkKey].
func Mark(resource awscdk.CfnResource) {
	resource.AddMetadata(jsii.String(contract.MustWorkKey), true)
}
