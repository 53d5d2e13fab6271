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
	// Workloads are what is deployed. Default all.
	Workloads []Workload
	// Prefixes are the key prefixes that list reads, copy copies and events are about. Default "inbox/" and "reports/".
	Prefixes []string
	// AlarmEmails are the addresses that get a mail for each alarm. Default none.
	AlarmEmails []string
	// LogRetentionDays is how long all logs are kept, in days: one of the periods that CloudWatch Logs has. Default 30.
	LogRetentionDays int
	// CopyPartMiB is the size in MiB from which on an object is copied in parts, and of a part: 5 to 5,120. Default 256.
	CopyPartMiB int
	// CreateTrail makes a CloudTrail trail of the target account, which delivers into the log bucket. Default false: the bucket waits for one.
	CreateTrail bool
	// SessionManager lets people get a shell on the instance, without SSH, by endpoints that are paid by the hour. Default true.
	SessionManager bool
	// APIAuthorization is who may call the API. Default workload.IAM.
	APIAuthorization workload.Authorization
	// APIOrigins are the web sites whose pages may call the API from a browser. Default none.
	APIOrigins []string
	// EventsTo is what happens to each object that is created in the target account's bucket. Default EventsCopy.
	EventsTo EventsTo
	// EventSuffixes are the ends of the keys that events are about. Default any.
	EventSuffixes []string
	// RemovalPolicy is "retain" or "destroy": what happens to data, key and logs when a stack is deleted. Default "retain".
	RemovalPolicy Removal
}

// Workload is something that reaches the target account.
type Workload string

const (
	// List is a function that lists the bucket.
	List Workload = "list"
	// Scan is a function that scans the table, behind an HTTP API.
	Scan Workload = "scan"
	// Copy is a function that copies a bucket of the source account into the target account's.
	Copy Workload = "copy"
	// Trail is a function that reads the target account's CloudTrail logs.
	Trail Workload = "trail"
	// Instance is an EC2 instance whose AWS command line writes to a bucket of the target account.
	Instance Workload = "instance"
	// Events is a function that gets an event for each object that is created in the target account's bucket.
	Events Workload = "events"
)

// Workloads are all of them.
func Workloads() []Workload { return []Workload{List, Scan, Copy, Trail, Instance, Events} }

// EventsTo is what happens to an object of which an event tells.
type EventsTo string

const (
	// EventsCopy copies it into a bucket of the source account.
	EventsCopy EventsTo = "copy"
	// EventsList lists it.
	EventsList EventsTo = "list"
)

// has reports whether one of the workloads is deployed.
func (c Config) has(any ...Workload) bool {
	return slices.ContainsFunc(any, func(w Workload) bool { return slices.Contains(c.Workloads, w) })
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
	if len(c.Workloads) == 0 {
		c.Workloads = Workloads()
	}
	if c.LogRetentionDays == 0 {
		c.LogRetentionDays = 30
	}
	if c.CopyPartMiB == 0 {
		c.CopyPartMiB = 256
	}
	if c.APIAuthorization == "" {
		c.APIAuthorization = workload.IAM
	}
	if c.EventsTo == "" {
		c.EventsTo = EventsCopy
	}
	if c.RemovalPolicy == "" {
		c.RemovalPolicy = Retain
	}
	return c
}
