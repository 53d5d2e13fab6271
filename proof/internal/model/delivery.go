package model

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// What has to arrive somewhere, as intents record it: the resources by which it does are found by where it comes from and goes to, whatever they
// are called.

// deliver reads a delivery.
func (m *Model) deliver(d *Declared, i contract.Delivery) {
	from, _ := arn.Parse(i.From)
	kind, _, _ := strings.Cut(from.Resource, "/")
	switch {
	case from.Service == "cloudwatch":
		m.deliverAlarm(d, i)
	case from.Service == "cloudtrail":
		m.deliverLogs(d, i, from)
	case from.Service == "execute-api":
		m.deliverRequests(d, i, from)
	case from.Service == "events" && kind == "rule":
		m.deliverUnsent(d, i)
	case from.Service == "events":
		m.deliverEvents(d, i)
	case from.Service == "s3" && serviceOf(i.To) == "s3":
		m.deliverInventories(d, i)
	case from.Service == "s3":
		m.deliverNotifications(d, i)
	case from.Service == "sqs" && serviceOf(i.To) == "sqs":
		m.deliverFailed(d, i)
	case from.Service == "sqs":
		m.deliverMessages(d, i)
	case from.Service == "lambda":
		m.deliverUnprocessed(d, i)
	default:
		d.fails(nil, "create it again", "no template has %s, from which something has to arrive at %s", i.From, i.To)
	}
}

// origin is the resource that a delivery comes from. Without it nothing arrives.
func (m *Model) origin(d *Declared, i contract.Delivery, kind string) *assembly.Resource {
	for _, r := range m.Assembly.ByARN(i.From) {
		if r.Type == kind {
			d.Name = accounts.DisplayName(r)
			d.add(r)
			return r
		}
	}
	d.fails(nil, "create it again", "no template has %s, from which something has to arrive at %s", i.From, i.To)
	return nil
}

func (m *Model) deliverAlarm(d *Declared, i contract.Delivery) {
	alarm := m.origin(d, i, "AWS::CloudWatch::Alarm")
	if alarm == nil {
		return
	}
	if !has(alarm.Properties["AlarmActions"], i.To) {
		d.lacks(alarm, "AlarmActions", i.To, alarm.Properties["AlarmActions"])
	}
	m.notify(d, alarm, i.To)
}

func (m *Model) deliverLogs(d *Declared, i contract.Delivery, from arn.ARN) {
	if i.External && len(m.Assembly.ByARN(i.From)) == 0 {
		d.Name = "trail " + strings.TrimPrefix(from.Resource, "trail/")
		bucket, ok := m.Accounts.ResourceOf(i.To)
		if !ok {
			d.fails(nil, "create it again", "no template has %s, to which trail %s has to write", i.To, i.From)
			return
		}
		d.add(bucket.Resource)
		of := trailOf{arn: i.From, account: from.Account, organization: i.Organization, hasKey: i.Key != ""}
		connections := m.logs(of, i.To)
		if i.Key != "" {
			connections = append(connections, m.encryptLogs(of, i.Key)...)
		}
		for n := range connections {
			connections[n].Region = from.Region
		}
		d.Connections = append(d.Connections, connections...)
		return
	}
	trail := m.origin(d, i, "AWS::CloudTrail::Trail")
	if trail == nil {
		return
	}
	if to, _ := arn.Parse(i.To); text(trail.Properties["S3BucketName"]) != to.Resource {
		d.lacks(trail, "S3BucketName", to.Resource, trail.Properties["S3BucketName"])
	}
	if organization := trail.Properties["IsOrganizationTrail"]; i.Organization != "" && organization != true && organization != "true" {
		d.lacks(trail, "IsOrganizationTrail", "true", organization)
	}
	if key := text(trail.Properties["KMSKeyId"]); i.Key != "" && key == "" {
		d.lacks(trail, "KMSKeyId", i.Key, trail.Properties["KMSKeyId"])
	}
	m.trail(d, trail)
}

func (m *Model) deliverUnprocessed(d *Declared, i contract.Delivery) {
	function := m.origin(d, i, "AWS::Lambda::Function")
	if function == nil {
		return
	}
	found := deadLetters(function.Properties, "TargetArn")
	for _, r := range m.Assembly.OfType("AWS::Lambda::EventInvokeConfig") {
		if destination := text(object(object(r.Properties["DestinationConfig"])["OnFailure"])["Destination"]); destination == i.To && m.function(r, text(r.Properties["FunctionName"])) == function {
			found = destination
		}
	}
	if found != i.To {
		d.lacks(function, "DeadLetterConfig", i.To, found)
	}
	d.add(function, m.asFunction(function, i.To)...)
}

// deliverFailed: SQS moves messages that were received too often to a dead-letter queue of the same account and region.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
func (m *Model) deliverFailed(d *Declared, i contract.Delivery) {
	queue := m.origin(d, i, "AWS::SQS::Queue")
	if queue == nil {
		return
	}
	if found := document(queue.Properties["RedrivePolicy"])["deadLetterTargetArn"]; found != i.To {
		d.lacks(queue, "RedrivePolicy", i.To, found)
	}
	for _, r := range m.Assembly.ByARN(i.To) {
		d.add(r)
		allow := document(r.Properties["RedriveAllowPolicy"])
		switch text(allow["redrivePermission"]) {
		case "denyAll":
			d.fails(r, "set redrivePermission of its RedriveAllowPolicy to byQueue, with "+i.From, "%s lets no queue move messages to it", accounts.DisplayName(r))
		case "byQueue":
			if !has(allow["sourceQueueArns"], i.From) {
				d.lacks(r, "RedriveAllowPolicy", i.From, allow["sourceQueueArns"])
			}
		}
	}
}

// deliverMessages: a mapping that is enabled brings the messages of a queue to a function.
func (m *Model) deliverMessages(d *Declared, i contract.Delivery) {
	queue := m.origin(d, i, "AWS::SQS::Queue")
	if queue == nil {
		return
	}
	found := false
	for _, r := range m.Assembly.OfType("AWS::Lambda::EventSourceMapping") {
		if text(r.Properties["EventSourceArn"]) != i.From {
			continue
		}
		function := m.function(r, text(r.Properties["FunctionName"]))
		if function == nil || function.ARN != i.To {
			if enabled := r.Properties["Enabled"]; enabled != false && enabled != "false" {
				d.fails(r, "remove it, or give it a queue of its own", "%s takes messages of %s as well, which %s then does not get", accounts.DisplayName(r), i.From, i.To)
			}
			continue
		}
		found = true
		m.mapping(d, r)
		if types := r.Properties["FunctionResponseTypes"]; i.ReportsFailures && !has(types, "ReportBatchItemFailures") {
			d.lacks(r, "FunctionResponseTypes", "ReportBatchItemFailures", types)
		}
		for _, event := range i.Events {
			m.filtered(d, r, event)
		}
	}
	if !found {
		d.fails(queue, "create an event source mapping of "+i.From+" to "+i.To, "no event source mapping brings messages of %s to %s", i.From, i.To)
	}
}

// filtered adds a fault if the filters of a mapping pass over a message with an event. Without filters it gets all messages.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
func (m *Model) filtered(d *Declared, mapping *assembly.Resource, event map[string]any) {
	filters := items(object(mapping.Properties["FilterCriteria"])["Filters"])
	passes := policy.No
	for _, one := range filters {
		answer := policy.Indeterminate
		if pattern := document(object(one)["Pattern"]); pattern != nil {
			answer = m.matchesMessage(pattern, event)
		}
		if answer != policy.No && passes != policy.Yes {
			passes = answer
		}
	}
	switch {
	case mapping.Properties["FilterCriteria"] == nil || passes == policy.Yes:
	case passes == policy.No && filters != nil:
		d.fails(mapping, "let its FilterCriteria match the event", "the filters of the mapping pass over %s", shown(event))
	default:
		d.mayFail(mapping, "let its FilterCriteria match the event", "whether the filters of the mapping pass over %s is not known", shown(event))
	}
}

// deliverRequests: a stage of an API passes requests to a route, whose integration invokes a function.
func (m *Model) deliverRequests(d *Declared, i contract.Delivery, from arn.ARN) {
	parts := strings.SplitN(from.Resource, "/", 4) // API/STAGE/METHOD/PATH
	if len(parts) < 4 {
		d.fails(nil, "synthesize the template again", "found %s, expected the ARN of a route", i.From)
		return
	}
	api, stage, key := parts[0], parts[1], parts[2]+" /"+parts[3]
	var route *assembly.Resource
	for _, r := range m.Assembly.OfType("AWS::ApiGatewayV2::Route") {
		if text(r.Properties["ApiId"]) == api && text(r.Properties["RouteKey"]) == key {
			route = r
		}
	}
	if route == nil {
		d.fails(nil, "create route "+key+" of API "+api, "no template has route %s of API %s, from which requests have to arrive at %s", key, api, i.To)
		return
	}
	d.Name = accounts.DisplayName(route)
	d.add(route)
	_, function := m.integrationOf(route)
	if invoked := m.function(route, function); function != i.To && (invoked == nil || invoked.ARN != i.To) {
		d.lacks(route, "Target", i.To, function)
		function = i.To
	}
	deployed := false
	for _, r := range m.Assembly.OfType("AWS::ApiGatewayV2::Stage") {
		if text(r.Properties["ApiId"]) == api && text(r.Properties["StageName"]) == stage {
			automatic := r.Properties["AutoDeploy"]
			deployed = deployed || automatic == true || automatic == "true" || r.Properties["DeploymentId"] != nil
		}
	}
	if !deployed {
		d.fails(route, "create stage "+stage+" of the API, with AutoDeploy", "no stage %s of API %s is deployed, so that nobody can call it", stage, api)
	}
	m.throttled(d, api, stage, key)
	m.invokeByRoute(d, route, i.From, function)
}

// deliverNotifications: S3 sends events of a bucket to EventBridge.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-event-notifications-eventbridge.html
func (m *Model) deliverNotifications(d *Declared, i contract.Delivery) {
	if i.External && len(m.Assembly.ByARN(i.From)) == 0 {
		d.Name = i.From
		d.mayFail(nil, ToGive(i.From)+", and eventBridge", "whether %s sends events to EventBridge is not known", i.From)
		d.Faults[len(d.Faults)-1].Missing = ToGiveOf(i.From)
		return
	}
	if bucket := m.origin(d, i, "AWS::S3::Bucket"); bucket != nil {
		m.notifyEventBridge(d, bucket)
	}
}

// deliverInventories: S3 writes inventories of a bucket into another one.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/configure-inventory.html
func (m *Model) deliverInventories(d *Declared, i contract.Delivery) {
	bucket := m.origin(d, i, "AWS::S3::Bucket")
	if bucket == nil {
		return
	}
	name, remedy := accounts.DisplayName(bucket), "give it an inventory configuration with the destination "+i.To+", and enable it"
	found, unknown := false, false
	for _, item := range assembly.Listed(bucket.Properties["InventoryConfigurations"]) {
		one := object(item)
		destination := object(one["Destination"])
		enabled, to := one["Enabled"], text(destination["BucketArn"])
		switch {
		case enabled == false || enabled == "false" || policy.IsKnown(to) && to != i.To:
			continue
		case to != i.To || enabled != true && enabled != "true":
			unknown = true
			continue
		}
		found = true
		keys := i.To + "/"
		if prefix := text(destination["Prefix"]); prefix != "" {
			keys += prefix + "/"
		}
		acl := map[string][]string{"s3:x-amz-acl": {"bucket-owner-full-control"}}
		for _, write := range m.byService("s3.amazonaws.com", "s3:PutObject", keys+AnyName, Merge(forResource(bucket, bucket.ARN), acl)) {
			write.Pattern, write.Conditions = keys+"*", map[string]map[string][]string{"StringEquals": acl}
			d.add(bucket, write)
		}
	}
	switch {
	case found:
	case unknown:
		d.mayFail(bucket, remedy, "whether %s has inventories written to %s is not known", name, i.To)
	default:
		d.fails(bucket, remedy, "%s has no inventory written to %s", name, i.To)
	}
}

// notifyEventBridge adds a fault if a bucket sends no events to EventBridge.
func (m *Model) notifyEventBridge(d *Declared, bucket *assembly.Resource) {
	configurations := []any{bucket.Properties["NotificationConfiguration"]}
	for _, r := range m.Assembly.OfType("Custom::S3BucketNotifications") { // CDK's own
		if text(r.Properties["BucketName"]) == bucket.Ref && r.Stack.Account == bucket.Stack.Account {
			configurations = append(configurations, r.Properties["NotificationConfiguration"])
		}
	}
	const remedy = "set EventBridgeConfiguration in its NotificationConfiguration, with EventBridgeEnabled true"
	for _, one := range configurations {
		on, is := object(one)["EventBridgeConfiguration"]
		switch enabled := object(on)["EventBridgeEnabled"]; {
		case text(one) != "" || is && text(on) != "" || !policy.IsKnown(text(enabled)):
			d.mayFail(bucket, remedy, "whether %s sends events to EventBridge is not known", accounts.DisplayName(bucket))
			return
		case is && enabled != false && enabled != "false":
			return
		}
	}
	d.fails(bucket, remedy, "%s sends no events to EventBridge", accounts.DisplayName(bucket))
}

// deliverUnsent: EventBridge sends what a rule could not send to the dead-letter queues of its targets.
func (m *Model) deliverUnsent(d *Declared, i contract.Delivery) {
	rule := m.origin(d, i, "AWS::Events::Rule")
	if rule == nil {
		return
	}
	var found []any
	for _, target := range items(rule.Properties["Targets"]) {
		found = append(found, deadLetters(object(target), "Arn"))
	}
	if !has(found, i.To) {
		d.fails(rule, "set DeadLetterConfig of its target to "+i.To, "no target of %s has the dead-letter queue %s", accounts.DisplayName(rule), i.To)
	}
	m.sendUnsent(d, rule, i.To)
}

// deliverEvents: each event that has to arrive is matched by an enabled rule of the bus, one of whose targets it has to reach.
func (m *Model) deliverEvents(d *Declared, i contract.Delivery) {
	events := i.Events
	if len(events) == 0 {
		events = []map[string]any{{}}
	}
	uses := map[*assembly.Resource]bool{}
	for _, event := range events {
		var nearest *Declared
		for _, rule := range m.rulesOf(i.From) {
			one := &Declared{}
			m.sendEvent(one, rule, i.To, event)
			if nearest == nil || len(one.Faults) < len(nearest.Faults) {
				nearest = one
			}
			if len(one.Faults) == 0 {
				break
			}
		}
		if nearest == nil {
			d.fails(nil, "create a rule of "+i.From+" with the target "+i.To, "no rule of %s sends events to %s", i.From, i.To)
			return
		}
		if rule := nearest.Resources[0]; !uses[rule] || len(nearest.Faults) > 0 {
			uses[rule] = true
			d.Name = accounts.DisplayName(rule)
			d.Faults = append(d.Faults, nearest.Faults...)
			d.add(rule, nearest.Connections...)
		}
	}
}

// rulesOf are the rules of a bus.
func (m *Model) rulesOf(bus string) []*assembly.Resource {
	var all []*assembly.Resource
	for _, r := range m.Assembly.OfType("AWS::Events::Rule") {
		name := text(r.Properties["EventBusName"])
		if name == "" {
			name = "default"
		}
		if !strings.HasPrefix(name, "arn:") {
			name = "arn:" + r.Stack.Partition + ":events:" + r.Stack.Region + ":" + r.Stack.Account + ":event-bus/" + name
		}
		if name == bus {
			all = append(all, r)
		}
	}
	return all
}

// sendEvent is the way of one event by one rule.
func (m *Model) sendEvent(d *Declared, rule *assembly.Resource, to string, event map[string]any) {
	d.add(rule)
	d.enabled(rule)
	name := accounts.DisplayName(rule)
	if rule.Properties["EventPattern"] == nil {
		d.fails(rule, "give it an EventPattern", "%s has no pattern, so that it sends no events", name)
	} else if len(event) > 0 {
		switch m.matches(rule.Properties["EventPattern"], event) {
		case policy.No:
			d.fails(rule, "let its EventPattern match the event", "the pattern of %s does not match %s", name, shown(event))
		case policy.Indeterminate:
			d.mayFail(rule, "let its EventPattern match the event", "whether the pattern of %s matches %s is not known", name, shown(event))
		}
	}
	context := map[string][]string{}
	for key, field := range map[string]string{"events:source": "source", "events:detail-type": "detail-type"} {
		if value := text(event[field]); value != "" {
			context[key] = []string{value}
		}
	}
	for _, item := range items(rule.Properties["Targets"]) {
		target := object(item)
		if text(target["Arn"]) != to {
			continue
		}
		for _, property := range []string{"Input", "InputPath", "InputTransformer"} {
			if target[property] != nil && len(event) > 0 && !isWholeEvent(property, target[property]) {
				d.fails(rule, "remove "+property+" from the target", "%s sends something else than the event to %s, since its target has %s", name, to, property)
			}
		}
		m.send(d, rule, target, context)
		return
	}
	d.fails(rule, "add the target "+to, "%s does not send to %s", name, to)
}

// isWholeEvent says that a property of a target sends the event as it is.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
func isWholeEvent(property string, value any) bool {
	switch property {
	case "InputPath":
		return value == "$"
	case "InputTransformer":
		return text(object(value)["InputTemplate"]) == "<aws.events.event.json>"
	}
	return false
}

// lacks adds a fault for a property that does not name what it has to, or is unknown.
func (d *Declared) lacks(r *assembly.Resource, property, want string, found any) {
	remedy := fmt.Sprintf("let %s of %s name %s", property, accounts.DisplayName(r), want)
	if value, ok := found.(string); ok && !policy.IsKnown(value) && arn.Account(value) == "" {
		d.mayFail(r, remedy, "%s of %s is %s, expected %s", property, accounts.DisplayName(r), value, want)
		return
	}
	shown := "nothing"
	if found != nil && found != "" {
		shown = fmt.Sprint(found)
	}
	d.fails(r, remedy, "%s of %s is %s, expected %s", property, accounts.DisplayName(r), shown, want)
}

// has says that a list has a text, or is it.
func has(value any, want string) bool {
	if value == want {
		return true
	}
	for _, item := range items(value) {
		if item == want {
			return true
		}
	}
	return false
}

// document is a JSON object, which some properties take as text, too.
func document(value any) map[string]any {
	if o := object(value); o != nil {
		return o
	}
	d := json.NewDecoder(strings.NewReader(text(value)))
	d.UseNumber()
	var o map[string]any
	if d.Decode(&o) != nil {
		return nil
	}
	return o
}

// seconds is a number of seconds; false if it is not known.
func seconds(value any, byDefault float64) (float64, bool) {
	switch v := value.(type) {
	case nil:
		return byDefault, true
	case json.Number:
		f, err := v.Float64()
		return f, err == nil
	case string:
		f, err := json.Number(v).Float64()
		return f, err == nil
	}
	return 0, false
}

// shown is an event in one line.
func shown(event map[string]any) string {
	key := text(object(object(event["detail"])["object"])["key"])
	if key == "" {
		return "an event of " + text(event["source"])
	}
	return fmt.Sprintf("the event %q of %s with the key %s", text(event["detail-type"]), text(event["source"]), key)
}
