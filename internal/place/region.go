package place

import (
	"sync"

	"github.com/aws/aws-cdk-go/awscdk/v2/regioninfo"
	"github.com/aws/jsii-runtime-go"
)

// regions are those that were asked for: their facts never change, and each question is a call to another process.
var regions sync.Map // region -> facts

type facts struct{ partition, urlSuffix string }

// Partition returns the partition of a region, such as "aws", which is also that of a region that CDK does not know.
func Partition(region string) string { return factsOf(region).partition }

// URLSuffix returns the domain of a region's services, such as "amazonaws.com".
func URLSuffix(region string) string { return factsOf(region).urlSuffix }

func factsOf(region string) facts {
	if known, ok := regions.Load(region); ok {
		return known.(facts)
	}
	found := facts{"aws", "amazonaws.com"}
	info := regioninfo.RegionInfo_Get(jsii.String(region))
	if partition := info.Partition(); partition != nil {
		found.partition = *partition
	}
	if suffix := info.DomainSuffix(); suffix != nil {
		found.urlSuffix = *suffix
	}
	regions.Store(region, found)
	return found
}
