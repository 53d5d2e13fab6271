package network

import (
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// DeclareZones tells CDK the availability zones of a stack's account and region, of which CDK's Vpc asks even if it was given
// zones, and which it would otherwise look up with credentials at synthesis. It is called before anything is added to the stack; the
// stack's account and region are explicit. It panics, as CDK does, if the stack has children already.
//
// https://docs.aws.amazon.com/cdk/v2/guide/context.html
func DeclareZones(stack awscdk.Stack, zones []string) {
	key := fmt.Sprintf("availability-zones:account=%s:region=%s", *stack.Account(), *stack.Region())
	stack.Node().SetContext(jsii.String(key), zones)
}
