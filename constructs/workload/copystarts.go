package workload

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/intent"
	"github.com/crossgrant/crossgrant/internal/place"
)

// inventoryID is the ID of the inventory configuration of a prefix.
func inventoryID(i int, prefix string) string { return "crossgrant-" + labelOf(i, prefix) }

// addInventories configures a daily inventory of each prefix of the origin, and lets S3 write them into the results bucket.
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html
func (d *DistributedCopy) addInventories(props DistributedCopyProps) {
	stack := place.Stack(d.node)
	origin, results := *place.Once(props.Origin, "arn", props.Origin.BucketArn), "arn:"+place.PartitionOf(stack)+":s3:::"+props.ResultsBucketName
	format := map[InventoryFormat]string{InventoryCSV: "CSV", InventoryParquet: "Parquet"}[props.Inventory]
	var configurations []any
	for i, prefix := range props.Prefixes {
		configurations = append(configurations, map[string]any{
			"Id": inventoryID(i, prefix), "Enabled": true, "IncludedObjectVersions": "Current", "ScheduleFrequency": "Daily", "Prefix": prefix,
			"OptionalFields": []any{"Size", "LastModifiedDate", "ETag"},
			"Destination":    map[string]any{"BucketArn": results, "BucketAccountId": place.Account(stack), "Format": format, "Prefix": inventoryFolder},
		})
	}
	bucket := props.Origin.Node().DefaultChild().(awss3.CfnBucket) // checked by Validate
	bucket.AddPropertyOverride(jsii.String("InventoryConfigurations"), configurations)
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html
	d.results.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid: jsii.String("InventoryWrite"), Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("s3.amazonaws.com"), nil)},
		Actions: jsii.Strings("s3:PutObject"), Resources: jsii.Strings(results + "/" + inventoryFolder + "/*"),
		Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": place.Account(stack), "s3:x-amz-acl": "bucket-owner-full-control"},
			"ArnLike":      map[string]any{"aws:SourceArn": origin},
		},
	}))
	intent.Deliver(d.node, "Inventories", contract.Delivery{From: origin, To: *place.Once(d.results, "arn", d.results.BucketArn)})
	intent.Deliver(d.node, "Notifications", contract.Delivery{From: *place.Once(d.results, "arn", d.results.BucketArn), To: busARN(stack, "default")})
	bucket.AddResourceDependency(d.results.Node().DefaultChild().(awss3.CfnBucket), nil)
}

// addStarts adds the rules that start runs: by schedule, by events, and by the arrival of inventories.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
func (d *DistributedCopy) addStarts(props DistributedCopyProps) {
	type start struct {
		id, says string
		props    awsevents.CfnRuleProps
		target   awsevents.CfnRule_TargetProperty
	}
	var starts []start
	if props.Schedule != nil {
		starts = append(starts, start{"Schedule", "Starts " + props.Name, awsevents.CfnRuleProps{ScheduleExpression: props.Schedule.ExpressionString()},
			awsevents.CfnRule_TargetProperty{Input: jsii.String("{}")}})
	}
	if props.Events != nil {
		starts = append(starts, start{"Events", "Starts " + props.Name, awsevents.CfnRuleProps{EventPattern: pattern(*props.Events)},
			awsevents.CfnRule_TargetProperty{Input: jsii.String("{}")}})
	}
	if props.Inventory != NoInventory {
		d.results.Node().DefaultChild().(awss3.CfnBucket).AddPropertyOverride(jsii.String("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled"), true)
		starts = append(starts, start{"Inventories", "Starts " + props.Name + " for each inventory", awsevents.CfnRuleProps{EventPattern: map[string]any{
			"source": []any{"aws.s3"}, "detail-type": []any{"Object Created"},
			"detail": map[string]any{"bucket": map[string]any{"name": []any{props.ResultsBucketName}}, "object": map[string]any{"key": []any{map[string]any{"suffix": "/manifest.checksum"}}}},
		}}, awsevents.CfnRule_TargetProperty{InputTransformer: &awsevents.CfnRule_InputTransformerProperty{
			InputPathsMap: map[string]*string{"key": jsii.String("$.detail.object.key")}, InputTemplate: jsii.String(`{"manifest":<key>}`),
		}}})
	}
	if len(starts) == 0 {
		return
	}
	stack := place.Stack(d.node)
	var rules []any
	for _, s := range starts {
		rules = append(rules, ruleARN(stack, d.ruleName(s.id)))
	}
	role := awsiam.NewRole(d.node, jsii.String("StartRole"), &awsiam.RoleProps{
		Description: jsii.String("Rules that start state machine " + props.Name),
		AssumedBy: awsiam.NewServicePrincipal(jsii.String("events.amazonaws.com"), &awsiam.ServicePrincipalOpts{Conditions: &map[string]any{
			"StringEquals": map[string]any{"aws:SourceAccount": place.Account(stack)}, "ArnEquals": map[string]any{"aws:SourceArn": rules},
		}}),
	})
	use := contract.Statement{Sid: "StartRun", Actions: []string{"states:StartExecution"}, Resources: []string{d.arn}}
	role.AddToPolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Sid: jsii.String(use.Sid), Actions: jsii.Strings(use.Actions...), Resources: jsii.Strings(use.Resources...)}))
	intent.Record(d.node, "Start", contract.Intent{Use: &contract.Use{Role: *role.RoleArn(), Statements: []contract.Statement{use}}})
	for _, s := range starts {
		s.target.Arn, s.target.Id, s.target.RoleArn = d.machine.AttrArn(), jsii.String("Run"), role.RoleArn()
		s.props.Name, s.props.Description, s.props.State, s.props.Targets = jsii.String(d.ruleName(s.id)), jsii.String(s.says), jsii.String("ENABLED"), []any{s.target}
		awsevents.NewCfnRule(d.node, jsii.String(s.id), &s.props)
	}
}

func (d *DistributedCopy) ruleName(id string) string {
	return d.name + "-" + map[string]string{"Schedule": "schedule", "Events": "events", "Inventories": "inventories"}[id]
}

// pattern is an event pattern as the template has it.
func pattern(p awsevents.EventPattern) map[string]any {
	all := map[string]any{}
	add := func(name string, values *[]*string) {
		if values == nil {
			return
		}
		var list []any
		for _, value := range *values {
			list = append(list, *value)
		}
		all[name] = list
	}
	add("source", p.Source)
	add("detail-type", p.DetailType)
	add("account", p.Account)
	add("region", p.Region)
	add("resources", p.Resources)
	if p.Detail != nil {
		all["detail"] = *p.Detail
	}
	return all
}
