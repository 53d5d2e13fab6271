package stacks

import (
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/crossgrant/crossgrant/constructs/network"
	"github.com/crossgrant/crossgrant/constructs/workload"
)

// Config is what can be set in cdk.json under "context", or with -c KEY=VALUE.
type Config struct {
	// SourceAccount is the account that the functions run in: 12 digits. Required.
	SourceAccount string
	// TargetAccount is the account that owns the data: 12 digits, another one. Required.
	TargetAccount string
	// Region is the region of both stacks, such as "ap-northeast-1". Required.
	Region string
	// Stage tells deployments apart that share an account: 1 to 16 lower-case letters, digits and hyphens. Default "dev".
	Stage string
	// AvailabilityZones are the zones of the source VPC, 2 or more of the region. Default the region's a and b; in ap-northeast-1,
	// where new accounts have no b, a and c.
	AvailabilityZones []string
	// Egress is how private subnets reach what has no endpoint. Default network.NAT.
	Egress network.Egress
	// Architecture is the processor of the functions. Default workload.ARM64.
	Architecture workload.Architecture
	// Prefixes are the key prefixes that the list function may read. Default "inbox/" and "reports/".
	Prefixes []string
	// RemovalPolicy is "retain" or "destroy": what happens to data, key and logs when a stack is deleted. Default "retain".
	RemovalPolicy Removal
}

// Removal is what happens to data when its stack is deleted.
type Removal string

const (
	// Retain keeps it, to be deleted by hand.
	Retain Removal = "retain"
	// Destroy deletes it with the stack; for trials.
	Destroy Removal = "destroy"
)

// cdk is the policy as CDK names it.
func (r Removal) cdk() awscdk.RemovalPolicy {
	if r == Destroy {
		return awscdk.RemovalPolicy_DESTROY
	}
	// Not plain RETAIN: what a first deployment made before it failed would stay, and the next one would find its names taken.
	return awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
}

// defaultStage is the one whose stacks carry no stage in their names.
const defaultStage = "dev"

// name is an agreed name of this deployment: crossgrant-STAGE-WHAT.
func (c Config) name(what string) string { return "crossgrant-" + c.Stage + "-" + what }

// stackName is the CloudFormation stack's name: a stage of its own is a stack of its own.
func (c Config) stackName(id string) string {
	if c.Stage == defaultStage {
		return id
	}
	return id + "-" + c.Stage
}

// withDefaults fills in what was not set.
func (c Config) withDefaults() Config {
	if c.Stage == "" {
		c.Stage = defaultStage
	}
	if len(c.AvailabilityZones) == 0 {
		second := "b"
		if c.Region == "ap-northeast-1" {
			second = "c"
		}
		c.AvailabilityZones = []string{c.Region + "a", c.Region + second}
	}
	if c.Egress == "" {
		c.Egress = network.NAT
	}
	if c.Architecture == "" {
		c.Architecture = workload.ARM64
	}
	if len(c.Prefixes) == 0 {
		c.Prefixes = []string{"inbox/", "reports/"}
	}
	slices.Sort(c.Prefixes)
	if c.RemovalPolicy == "" {
		c.RemovalPolicy = Retain
	}
	return c
}
