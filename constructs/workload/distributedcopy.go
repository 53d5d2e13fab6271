package workload

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/place"
	"github.com/crossgrant/crossgrant/internal/suppress"
)

// InventoryFormat is the format of the inventory that a [DistributedCopy] reads.
type InventoryFormat string

const (
	// NoInventory lists the bucket instead, which finds objects at once.
	NoInventory InventoryFormat = "none"
	// InventoryCSV reads the manifest of an inventory in CSV, which Step Functions does by itself.
	InventoryCSV InventoryFormat = "csv"
	// InventoryParquet reads the data files of an inventory in Parquet, one after the other: Step Functions reads Parquet files, but takes only
	// manifests of inventories in CSV. A run for one with more than 1,000 data files fails at once, by InventoryTooLarge.
	InventoryParquet InventoryFormat = "parquet"
)

// InventoryFormats returns all formats, the default first.
func InventoryFormats() []InventoryFormat {
	return []InventoryFormat{NoInventory, InventoryCSV, InventoryParquet}
}

// DistributedCopyProps configures a [DistributedCopy].
type DistributedCopyProps struct {
	// Name is the state machine's name, at most 64 letters, digits, "-" and "_". Required.
	Name string
	// RoleName is the name of the state machine's role. Required.
	RoleName string
	// Function copies the batches: the function of lambda/copy, with a grant for Origin and Prefixes. Required.
	Function *GoFunction
	// Origin is the bucket that is copied, of this stack's account and region. With an inventory this stack must create it. Required.
	Origin awss3.IBucket
	// Prefixes are the key prefixes that are copied, one after the other in the order of the list if they are in an inventory, else at once. At least
	// one is required.
	Prefixes []string
	// ResultsBucketName is the name of the bucket for the results of runs, and for inventories. Required.
	ResultsBucketName string
	// ResultsDays is the number of days after which S3 deletes results and inventories: 1 or more. Default 90.
	ResultsDays int
	// Concurrency is how many batches of one prefix are copied at once, 1 to 1,000. Default 10: with a function that makes 32 requests at once, each of
	// a tenth of a second, that is just below the 3,500 copies a second that S3 takes for a prefix.
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance.html
	Concurrency int
	// BatchItems is the most objects of a batch, 1 to 1,000. Default 500.
	BatchItems int
	// LargeBytes is the size above which an object is copied by an invocation of its own: 5 MiB or more. Default 10 GiB.
	LargeBytes int64
	// ToleratedFailurePercent is the percentage of objects in failed batches above which a run ends at once: 0 to 100. A run in which fewer failed goes on,
	// and fails at its end. Default 0.
	ToleratedFailurePercent int
	// Inventory is the format of daily inventories of Origin, whose arrival starts a run. Default NoInventory.
	Inventory InventoryFormat
	// Schedule starts runs. Default none.
	Schedule awsevents.Schedule
	// Events starts a run for each event of the account's default bus that matches. Default none.
	Events *awsevents.EventPattern
	// Topic gets the alarms; Name begins with its AlarmPrefix. Required.
	Topic *AlarmTopic
	// LogRetention is how long logs are kept. Default awslogs.RetentionDays_ONE_MONTH.
	LogRetention awslogs.RetentionDays
	// RemovalPolicy is what happens to results and logs when the stack is deleted. Default awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE.
	RemovalPolicy awscdk.RemovalPolicy
}

// https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html
var stateMachineName = nameForm{regexp.MustCompile(`^[a-zA-Z0-9-_]*$`), 1, 64}

// minLarge is the smallest LargeBytes: smaller objects are many, and cost a request each.
const minLarge = 5 << 20

// Validate returns all problems with the props, joined, or nil.
func (p DistributedCopyProps) Validate() error {
	var problems []error
	if !stateMachineName.MatchString(p.Name) {
		problems = append(problems, fmt.Errorf("Name: found %q, expected 1 to 64 letters, digits, - and _", p.Name))
	}
	if !contract.IsRoleName(p.RoleName) {
		problems = append(problems, roleNameProblem(p.RoleName))
	}
	if p.Function == nil {
		problems = append(problems, errors.New("Function: found nil, expected the function that copies"))
	}
	if p.Origin == nil {
		problems = append(problems, errors.New("Origin: found nil, expected the bucket that is copied"))
	}
	if len(p.Prefixes) == 0 {
		problems = append(problems, errors.New("Prefixes: found none, expected at least one"))
	}
	for i, prefix := range p.Prefixes {
		if prefix == "" || slices.Contains(p.Prefixes[:i], prefix) {
			problems = append(problems, fmt.Errorf("Prefixes[%d]: found %q, expected a prefix of keys, each once", i, prefix))
		}
	}
	if !bucketName.MatchString(p.ResultsBucketName) {
		problems = append(problems, fmt.Errorf("Results%w", bucketNameProblem(p.ResultsBucketName)))
	}
	for _, number := range []struct {
		field       string
		value       int64
		least, most int64
	}{
		{"ResultsDays", int64(p.ResultsDays), 1, 1<<31 - 1}, {"Concurrency", int64(p.Concurrency), 1, 1000}, {"BatchItems", int64(p.BatchItems), 1, 1000},
		{"LargeBytes", p.LargeBytes, minLarge, 50 << 40}, {"ToleratedFailurePercent", int64(p.ToleratedFailurePercent), 0, 100},
	} {
		if number.value != 0 && (number.value < number.least || number.value > number.most) {
			problems = append(problems, fmt.Errorf("%s: found %d, expected %d to %d", number.field, number.value, number.least, number.most))
		}
	}
	if p.Inventory != "" && !slices.Contains(InventoryFormats(), p.Inventory) {
		problems = append(problems, fmt.Errorf("Inventory: found %q, expected one of %v", p.Inventory, InventoryFormats()))
	}
	if p.Inventory != "" && p.Inventory != NoInventory && p.Origin != nil {
		if _, created := p.Origin.Node().DefaultChild().(awss3.CfnBucket); !created {
			problems = append(problems, errors.New("Inventory: found one of an imported bucket, expected a bucket that this app creates; configure the inventory at the bucket, and copy from its listing"))
		}
	}
	if err := p.Topic.problem("Name", p.Name); err != nil {
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

func (p DistributedCopyProps) withDefaults() DistributedCopyProps {
	p.ResultsDays, p.Concurrency, p.BatchItems = cmp.Or(p.ResultsDays, 90), cmp.Or(p.Concurrency, 10), cmp.Or(p.BatchItems, 500)
	p.LargeBytes, p.Inventory = cmp.Or(p.LargeBytes, 10<<30), cmp.Or(p.Inventory, NoInventory)
	p.LogRetention = cmp.Or(p.LogRetention, awslogs.RetentionDays_ONE_MONTH)
	p.RemovalPolicy = cmp.Or(p.RemovalPolicy, defaultRemoval)
	return p
}

// DistributedCopy copies any number of objects by a state machine with Distributed Map states, which give a function batches of what a bucket's
// listing or inventory has. A run that was stopped or failed is redriven, or started again: copying is safe to repeat, and what is copied already
// is skipped. While a run is going on, another one that starts ends at once.
type DistributedCopy struct {
	node    constructs.Construct
	name    string
	arn     string
	machine awsstepfunctions.CfnStateMachine
	role    awsiam.Role
	results awss3.Bucket
	logs    awslogs.LogGroup
	alarms  copyAlarms
	metrics *runMetrics // nil until the first alarm or dashboard
}

// The folders of the results bucket.
const (
	runsFolder      = "runs"
	inventoryFolder = "inventory"
)

// NewDistributedCopy creates the state machine with its role, log group, results bucket and alarms, and what starts it. It panics, with the
// construct's path and all problems, if the props are invalid.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
func NewDistributedCopy(scope constructs.Construct, id string, props DistributedCopyProps) *DistributedCopy {
	validate("distributed copy", scope, id, props)
	props = props.withDefaults()
	d := &DistributedCopy{node: place.New(scope, id), name: props.Name}
	stack := place.Stack(d.node)
	d.arn = place.ARN(stack, "states", "stateMachine:"+props.Name)
	d.addResults(props)
	d.logs = awslogs.NewLogGroup(d.node, jsii.String("Logs"), &awslogs.LogGroupProps{
		// This beginning needs no resource policy for each state machine, of which CloudWatch Logs takes few.
		// https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
		LogGroupName: jsii.String("/aws/vendedlogs/states/" + props.Name), Retention: props.LogRetention, RemovalPolicy: props.RemovalPolicy,
	})
	policies := d.addRole(props)
	d.machine = awsstepfunctions.NewCfnStateMachine(d.node, jsii.String("StateMachine"), &awsstepfunctions.CfnStateMachineProps{
		StateMachineName: jsii.String(props.Name), StateMachineType: jsii.String("STANDARD"), RoleArn: place.Once(d.role, "arn", d.role.RoleArn),
		Definition: d.definition(props),
		LoggingConfiguration: map[string]any{
			// Without the data, in which the keys of objects are.
			"level": "ALL", "includeExecutionData": false,
			"destinations": []any{map[string]any{"cloudWatchLogsLogGroup": map[string]any{"logGroupArn": *d.logs.LogGroupArn()}}},
		},
		TracingConfiguration: map[string]any{"enabled": true},
	})
	for _, policy := range policies {
		d.machine.Node().AddDependency(policy) // Step Functions tries the permissions for logs when it creates a state machine
	}
	if props.Inventory != NoInventory {
		d.addInventories(props)
	}
	d.addStarts(props)
	d.addAlarms(props)
	return d
}

// addResults creates the bucket for results and inventories.
func (d *DistributedCopy) addResults(props DistributedCopyProps) {
	d.results = awss3.NewBucket(d.node, jsii.String("Results"), &awss3.BucketProps{
		BucketName:        jsii.String(props.ResultsBucketName),
		BlockPublicAccess: place.Once(place.Stack(d.node), "no public access", awss3.BlockPublicAccess_BLOCK_ALL),
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		MinimumTLSVersion: jsii.Number(1.2),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		RemovalPolicy:     props.RemovalPolicy,
		AutoDeleteObjects: jsii.Bool(props.RemovalPolicy == awscdk.RemovalPolicy_DESTROY),
		LifecycleRules: &[]*awss3.LifecycleRule{{
			Expiration: awscdk.Duration_Days(jsii.Number(props.ResultsDays)), AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(7)),
		}},
	})
	suppress.At(d.results.Node().DefaultChild().(awss3.CfnBucket), suppress.Rule{
		ID: "AwsSolutions-S1", Reason: "CloudTrail data events, which an account enables and not a stack, record each reader; access logs are best effort and need another bucket.",
	})
}

// StateMachine returns the state machine.
func (d *DistributedCopy) StateMachine() awsstepfunctions.CfnStateMachine { return d.machine }

// ARN returns the ARN of the state machine.
func (d *DistributedCopy) ARN() string { return d.arn }

// Role returns the role of the state machine.
func (d *DistributedCopy) Role() awsiam.IRole { return d.role }

// Results returns the bucket of results and inventories.
func (d *DistributedCopy) Results() awss3.IBucket { return d.results }

// LogGroup returns the log group of the state machine.
func (d *DistributedCopy) LogGroup() awslogs.ILogGroup { return d.logs }

// Node returns the construct's node in the tree.
func (d *DistributedCopy) Node() constructs.Node { return d.node.Node() }
