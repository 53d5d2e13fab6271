package network

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
)

// IsZone reports whether text is the name of an Availability Zone: a region and a letter. Local zones and zone IDs are not.
// https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
func IsZone(text string) bool {
	last := len(text) - 1
	return last > 0 && text[last] >= 'a' && text[last] <= 'z' && contract.IsRegion(text[:last])
}

// letterOf returns the letter of a zone, by which it has its address ranges and the ids of its subnets.
func letterOf(zone string) byte { return zone[len(zone)-1] }

// zonesProblem returns what is wrong with the zones of a VPC, or nil.
func zonesProblem(zones []string) error {
	var problems []error
	if distinct := slices.Compact(slices.Sorted(slices.Values(zones))); len(distinct) < 2 || len(distinct) != len(zones) {
		problems = append(problems, fmt.Errorf("AvailabilityZones: found %q, expected 2 or more, each once", zones))
	}
	for _, zone := range zones {
		switch {
		case !IsZone(zone):
			problems = append(problems, fmt.Errorf("AvailabilityZones: found %q, expected a region and a letter, such as ap-northeast-1a", zone))
		case IsZone(zones[0]) && zone[:len(zone)-1] != zones[0][:len(zones[0])-1]:
			problems = append(problems, fmt.Errorf("AvailabilityZones: found %q and %q, expected zones of one region", zones[0], zone))
		}
	}
	return errors.Join(problems...)
}

// DeclareZones tells CDK the availability zones of a stack's account and region. [NewSourceVpc] does this itself unless something is added
// to the stack before the VPC: then call DeclareZones right after creating the stack. It panics if the stack has children already.
//
// https://docs.aws.amazon.com/cdk/v2/guide/context.html
func DeclareZones(stack awscdk.Stack, zones []string) {
	if err := declareZones(stack, zones); err != nil {
		panic(fmt.Errorf("stack %s:\n%w", *stack.Node().Path(), err))
	}
}

// declareZones sets the zones in the context of the stack, unless they are in its context already or in that of the app. CDK's Vpc asks for
// the stack's zones even if it is given some, and looks them up, with credentials, if the context has none. A stack without an explicit
// account or region has no lookup.
func declareZones(stack awscdk.Stack, zones []string) error {
	if place.IsToken(place.Account(stack)) || place.IsToken(place.Region(stack)) {
		return nil
	}
	key := jsii.String(fmt.Sprintf("availability-zones:account=%s:region=%s", place.Account(stack), place.Region(stack)))
	if stack.Node().TryGetContext(key) != nil {
		return nil
	}
	if len(*stack.Node().Children()) > 0 {
		return fmt.Errorf("availability zones: found stack %s with constructs already, after which CDK accepts no context; expected "+
			"network.DeclareZones(stack, zones) right after the stack is created, or the VPC as its first construct", *stack.Node().Path())
	}
	stack.Node().SetContext(key, zones)
	return nil
}
