// Package intent records in a template's metadata what has to work although no grant declares it, as package contract has it. It makes nothing
// work and checks nothing: the proof reads the record, and holds policies, settings and routes against it.
package intent

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// Record writes an intent into the stack of a construct, under the construct's path and a name that is unique in the construct. ARNs and names may
// be tokens of the same stack.
func Record(scope constructs.Construct, name string, i contract.Intent) {
	path := place.Path(scope)
	if err := i.Validate(); err != nil {
		panic(fmt.Errorf("intent %s of %s:\n%w", name, path, err)) // constructs have checked their props
	}
	document, _ := json.Marshal(i) // plain data
	var value any
	_ = json.Unmarshal(document, &value)
	place.Stack(scope).AddMetadata(jsii.String(contract.IntentPrefix+path+"/"+name), value)
}

// Deliver records a delivery.
func Deliver(scope constructs.Construct, name string, d contract.Delivery) {
	Record(scope, name, contract.Intent{Delivery: &d})
}

// MarkPublic marks a resource that is for everybody on purpose, under [contract.PublicKey].
func MarkPublic(resource awscdk.CfnResource) {
	resource.AddMetadata(jsii.String(contract.PublicKey), true)
}
