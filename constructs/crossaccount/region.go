package crossaccount

import (
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2/regioninfo"
	"github.com/aws/jsii-runtime-go"
)

// facts are what CDK has told of regions. They never change, and asking takes its time.
var facts sync.Map // region -> [2]string

// partition returns the partition of a region, such as "aws"; a region that CDK does not know is of that one.
func partition(region string) string { return factsOf(region)[0] }

// urlSuffix returns the domain of a region's services.
func urlSuffix(region string) string { return factsOf(region)[1] }

func factsOf(region string) [2]string {
	if known, ok := facts.Load(region); ok {
		return known.([2]string)
	}
	found := [2]string{"aws", "amazonaws.com"}
	info := regioninfo.RegionInfo_Get(jsii.String(region))
	for i, value := range []*string{info.Partition(), info.DomainSuffix()} {
		if value != nil {
			found[i] = *value
		}
	}
	facts.Store(region, found)
	return found
}
