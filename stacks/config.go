package stacks

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"

	"github.com/crossgrant/crossgrant/constructs/crossaccount"
	"github.com/crossgrant/crossgrant/constructs/network"
	"github.com/crossgrant/crossgrant/constructs/workload"
	"github.com/crossgrant/crossgrant/contract"
)

// Config is the configuration from "context" in cdk.json, or from -c KEY=VALUE.
type Config struct {
	// SourceAccount is the account of the workloads: 12 digits. Required.
	SourceAccount string
	// TargetAccount is the account of the data: 12 digits, not SourceAccount. Required.
	TargetAccount string
	// Region is the region of both stacks, such as "ap-northeast-1". Required.
	Region string
	// Stage distinguishes deployments in the same accounts: 1 to 16 lower-case letters, digits and hyphens. Default "dev".
	Stage string
	// AvailabilityZones are the zones of the source VPC, 2 or more of the region. Default zones a and b of the region; in ap-northeast-1,
	// where new accounts have no zone b, a and c.
	AvailabilityZones []string
	// VpcCIDR is the IPv4 block of the source VPC: private addresses, between /16 and /20. Default "10.0.0.0/16".
	VpcCIDR string
	// VpcID is the ID of a VPC that is there already, to be the source VPC. Default none: a new VPC.
	VpcID string
	// PrivateSubnets are the subnets of VpcID for the workloads, one for each zone, as "ZONE/SUBNET/ROUTETABLE". Required with VpcID.
	PrivateSubnets []string
	// IsolatedSubnets are the subnets of VpcID for the instance, likewise. Default PrivateSubnets.
	IsolatedSubnets []string
	// STSEndpointID, S3EndpointID and DynamoDBEndpointID are the IDs of endpoints that VpcID has already. Default none: the app creates them.
	STSEndpointID, S3EndpointID, DynamoDBEndpointID string
	// StatementsAdded says that the policies of these endpoints, and of the buckets, the table and the keys below, have the statements that synthesis
	// asks for. Default false.
	StatementsAdded bool
	// DataBucket, Table and TrailBucket are the names of buckets and a table that the target account has already: the data bucket of list, copy and
	// events, the table of scan, and the bucket of CloudTrail's logs. Default none: the app creates them.
	DataBucket, Table, TrailBucket string
	// DataKeyARN, TableKeyARN and TrailKeyARN are the customer managed KMS keys that encrypt these. Default none: they have none.
	DataKeyARN, TableKeyARN, TrailKeyARN string
	// TrailPrefix is what comes before AWSLogs/ in the keys of TrailBucket, without the slash between: the trail's S3KeyPrefix. Default nothing.
	TrailPrefix string
	// Facts is the file with what no template has, for the proof. Default none.
	Facts string
	// PermissionsBoundary is the permissions boundary of all roles, also those that CDK creates: the name of a managed policy of both accounts, or its ARN, with
	// the CDK's placeholders ${Qualifier}, ${AWS::AccountId}, ${AWS::Region} and ${AWS::Partition}. Default none, or what the context of the CDK says.
	PermissionsBoundary string
	// ImageID pins the image of the instance and of the NAT instance: Amazon Linux 2023 for arm64. Default the newest at each deployment.
	ImageID string
	// Egress is how private subnets reach what has no endpoint. Default network.NAT.
	Egress network.Egress
	// Architecture is the processor of the functions. Default workload.ARM64.
	Architecture workload.Architecture
	// Workloads are the workloads to deploy. Default all.
	Workloads []Workload
	// Prefixes are the key prefixes of the objects that list reads, copy copies and events report. Default "inbox/" and "reports/".
	Prefixes []string
	// AlarmEmails are the addresses that get an email for each alarm. Default none.
	AlarmEmails []string
	// LogRetentionDays is the retention of all logs, in days: a period that CloudWatch Logs supports. Default 30.
	LogRetentionDays int
	// CopyPartMiB is the size in MiB above which an object is copied in parts, and the size of a part: 5 to 5,120. Default 256.
	CopyPartMiB int
	// CopyScale is what copies the origin bucket as a whole. Default CopyFunction.
	CopyScale CopyScale
	// CopyInventory is the format of daily inventories from which CopyDistributedMap copies. Default workload.NoInventory: it lists the bucket.
	CopyInventory workload.InventoryFormat
	// CopyConcurrency is how many batches of one prefix CopyDistributedMap copies at once: 1 to 1,000. Default 10.
	CopyConcurrency int
	// CopyToleratedPercent is the percentage of objects in failed batches above which a run of CopyDistributedMap ends at once: 0 to 100. Default 10.
	CopyToleratedPercent int
	// CopySchedule starts runs of CopyDistributedMap: "rate(…)" or "cron(…)" of EventBridge. Default none.
	CopySchedule string
	// CreateTrail creates a CloudTrail trail in the target account that delivers to the log bucket. Default false: create one elsewhere.
	CreateTrail bool
	// SessionManager lets people open a shell on the instance, without SSH, through endpoints that are billed by the hour. Default true.
	SessionManager bool
	// APIAuthorization is who may call the API. Default workload.IAM.
	APIAuthorization workload.Authorization
	// APIPath is the path of the API's route, such as "/items". Default "/items".
	APIPath string
	// APIOrigins are the websites whose pages may call the API from a browser. Default none.
	APIOrigins []string
	// EventsTo is what the events function does with each object created in the target account's data bucket. Default EventsCopy.
	EventsTo EventsTo
	// EventSuffixes are the key suffixes of the objects that events report. Default any.
	EventSuffixes []string
	// Perimeter is where requests to the target account's buckets have to come from. Default NoPerimeter.
	Perimeter Perimeter
	// Administrators are the ARNs of the target account's roles and users that reach the data from anywhere: one or more with
	// BucketPerimeter, none with another perimeter.
	Administrators []string
	// ExternalID is the external ID that trusted roles require. Default none.
	ExternalID string
	// OrganizationID is the AWS organization that the source account has to belong to, such as "o-a1b2c3d4e5". Default any or none.
	OrganizationID string
	// SessionSeconds is the duration of the sessions that the workloads ask for: 900 to 3,600. Default 3,600.
	SessionSeconds int
	// NoncurrentVersionDays is the number of days after which S3 deletes versions of objects that were replaced or deleted. Default 0: never.
	NoncurrentVersionDays int
	// IncompleteUploadDays is the number of days after which S3 aborts multipart uploads that were not completed: 1 or more. Default 7.
	IncompleteUploadDays int
	// TrailLogDays is the number of days after which S3 deletes CloudTrail's log files. Default 0: never.
	TrailLogDays int
	// RemovalPolicy is "retain" or "destroy": what happens to data, keys and logs when a stack is deleted. Default "retain".
	RemovalPolicy Removal
}

// Workload is something in the source account that uses data of the target account.
type Workload string

const (
	// List is a function that lists the data bucket.
	List Workload = "list"
	// Scan is a function that scans the table, behind an HTTP API.
	Scan Workload = "scan"
	// Copy is a function that copies objects from a bucket of the source account to the target account's data bucket.
	Copy Workload = "copy"
	// Trail is a function that reads the target account's CloudTrail logs.
	Trail Workload = "trail"
	// Instance is an EC2 instance whose AWS CLI writes to a bucket of the target account.
	Instance Workload = "instance"
	// Events is a function that gets an event for each object created in the target account's data bucket.
	Events Workload = "events"
)

// Workloads returns all workloads.
func Workloads() []Workload { return []Workload{List, Scan, Copy, Trail, Instance, Events} }

// EventsTo is what the events function does with a created object.
type EventsTo string

const (
	// EventsCopy copies it to a bucket of the source account.
	EventsCopy EventsTo = "copy"
	// EventsList lists it.
	EventsList EventsTo = "list"
)

// CopyScale is what copies the origin bucket as a whole.
type CopyScale string

const (
	// CopyFunction is the function alone, which answers after 15 minutes where to go on.
	CopyFunction CopyScale = "function"
	// CopyDistributedMap is a state machine with Distributed Map states that gives the function batches.
	CopyDistributedMap CopyScale = "distributedMap"
)

// Perimeter is where requests to the target account's buckets have to come from.
type Perimeter string

const (
	// NoPerimeter lets them come from anywhere.
	NoPerimeter Perimeter = "none"
	// EndpointsPerimeter lets trusted roles reach buckets only through VPC endpoints of the source account. It locks nobody else out.
	EndpointsPerimeter Perimeter = "endpoints"
	// BucketPerimeter closes the buckets to everybody but through VPC endpoints of the source account, except for the administrators, AWS
	// services and deployments.
	BucketPerimeter Perimeter = "bucket"
)

// Perimeters returns all perimeters, the default first.
func Perimeters() []Perimeter { return []Perimeter{NoPerimeter, EndpointsPerimeter, BucketPerimeter} }

// has reports whether any of the workloads is deployed.
func (c Config) has(any ...Workload) bool {
	return slices.ContainsFunc(any, func(w Workload) bool { return slices.Contains(c.Workloads, w) })
}

// Removal is what happens to data when its stack is deleted.
type Removal string

const (
	// Retain keeps it; someone deletes it by hand.
	Retain Removal = "retain"
	// Destroy deletes it with the stack, for trials.
	Destroy Removal = "destroy"
)

// cdk returns CDK's removal policy.
func (r Removal) cdk() awscdk.RemovalPolicy {
	if r == Destroy {
		return awscdk.RemovalPolicy_DESTROY
	}
	// With plain RETAIN, resources of a first deployment that failed would remain, and the next one would find their names taken.
	return awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE
}

// defaultStage is the stage whose stacks have no stage in their names.
const defaultStage = "dev"

// stageInNames is the stage as names have it, with two hyphens for each. One hyphen divides a name, so that no two names are the same of which stage,
// region or purpose differ: stage "dev-uploads" has no bucket of stage "dev".
func (c Config) stageInNames() string { return strings.ReplaceAll(c.Stage, "-", "--") }

// name returns the name of a resource that is unique in a region: crossgrant-STAGE-SUFFIX.
func (c Config) name(suffix string) string { return "crossgrant-" + c.stageInNames() + "-" + suffix }

// nameInAccount returns the name of a resource that is unique in an account: crossgrant-STAGE-SUFFIX-REGION.
func (c Config) nameInAccount(suffix string) string { return c.name(suffix) + "-" + c.Region }

// roleName returns the name of a role: crossgrant-PURPOSE-STAGE-REGION.
func (c Config) roleName(purpose string) string {
	return contract.RoleName("crossgrant-"+purpose, c.stageInNames(), c.Region)
}

// trailName returns the name of the trail. It may not have two hyphens, and needs none, since no other trail has another purpose.
func (c Config) trailName() string { return "crossgrant-" + c.Stage + "-trail-" + c.Region }

// busName returns the name of the event bus in the source account, to which the target account sends.
func (c Config) busName() string { return c.name("events") }

// stackName returns the name of a CloudFormation stack: each stage has its own.
func (c Config) stackName(id string) string {
	if c.Stage == defaultStage {
		return id
	}
	return id + "-" + c.Stage
}

// withDefaults returns the configuration with defaults for fields that are not set.
func (c Config) withDefaults() Config {
	c.Stage = cmp.Or(c.Stage, defaultStage)
	if len(c.AvailabilityZones) == 0 {
		second := "b"
		if c.Region == "ap-northeast-1" {
			second = "c"
		}
		c.AvailabilityZones = []string{c.Region + "a", c.Region + second}
	}
	c.Egress = cmp.Or(c.Egress, network.NAT)
	c.Architecture = cmp.Or(c.Architecture, workload.ARM64)
	if len(c.Prefixes) == 0 {
		c.Prefixes = []string{"inbox/", "reports/"}
	}
	slices.Sort(c.Prefixes)
	if len(c.Workloads) == 0 {
		c.Workloads = Workloads()
	}
	c.LogRetentionDays = cmp.Or(c.LogRetentionDays, 30)
	c.CopyPartMiB = cmp.Or(c.CopyPartMiB, 256)
	c.CopyScale = cmp.Or(c.CopyScale, CopyFunction)
	c.CopyInventory = cmp.Or(c.CopyInventory, workload.NoInventory)
	c.CopyConcurrency = cmp.Or(c.CopyConcurrency, 10)
	c.APIAuthorization = cmp.Or(c.APIAuthorization, workload.IAM)
	c.APIPath = cmp.Or(c.APIPath, "/items")
	c.EventsTo = cmp.Or(c.EventsTo, EventsCopy)
	c.Perimeter = cmp.Or(c.Perimeter, NoPerimeter)
	c.SessionSeconds = cmp.Or(c.SessionSeconds, int(crossaccount.MaxSession.Seconds()))
	c.IncompleteUploadDays = cmp.Or(c.IncompleteUploadDays, 7)
	c.RemovalPolicy = cmp.Or(c.RemovalPolicy, Retain)
	return c
}

// logRetentions are the retention periods that CloudWatch Logs supports, in days.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var logRetentions = map[int]awslogs.RetentionDays{
	1: awslogs.RetentionDays_ONE_DAY, 3: awslogs.RetentionDays_THREE_DAYS, 5: awslogs.RetentionDays_FIVE_DAYS, 7: awslogs.RetentionDays_ONE_WEEK,
	14: awslogs.RetentionDays_TWO_WEEKS, 30: awslogs.RetentionDays_ONE_MONTH, 60: awslogs.RetentionDays_TWO_MONTHS, 90: awslogs.RetentionDays_THREE_MONTHS,
	120: awslogs.RetentionDays_FOUR_MONTHS, 150: awslogs.RetentionDays_FIVE_MONTHS, 180: awslogs.RetentionDays_SIX_MONTHS, 365: awslogs.RetentionDays_ONE_YEAR,
	400: awslogs.RetentionDays_THIRTEEN_MONTHS, 545: awslogs.RetentionDays_EIGHTEEN_MONTHS, 731: awslogs.RetentionDays_TWO_YEARS,
	1096: awslogs.RetentionDays_THREE_YEARS, 1827: awslogs.RetentionDays_FIVE_YEARS, 2192: awslogs.RetentionDays_SIX_YEARS,
	2557: awslogs.RetentionDays_SEVEN_YEARS, 2922: awslogs.RetentionDays_EIGHT_YEARS, 3288: awslogs.RetentionDays_NINE_YEARS,
	3653: awslogs.RetentionDays_TEN_YEARS,
}

// logRetentionDays returns the keys of logRetentions as text, in ascending order.
func logRetentionDays() (all []string) {
	for _, days := range slices.Sorted(maps.Keys(logRetentions)) {
		all = append(all, strconv.Itoa(days))
	}
	return all
}

// logRetention returns CDK's value for LogRetentionDays.
func (c Config) logRetention() awslogs.RetentionDays { return logRetentions[c.LogRetentionDays] }
