package exposure

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/internal/eventpattern"
	"github.com/crossgrant/crossgrant/proof/internal/inventory"
)

var messagingTypes = []Type{
	{Name: "AWS::Events::Endpoint", Opens: "buses of its account, to who may put events on them", Judged: byPolicyRules},
	{Name: "AWS::Events::EventBus", Opens: "events, to its rules; itself, to whom its policy allows", Judged: byPolicyRules},
	{Name: "AWS::Events::Rule", Opens: "events, to its targets; invocation of a target, to who may put events on the bus",
		Judged: "its targets are of accounts of its grants and connections", judge: rule},
	{Name: "AWS::KinesisFirehose::DeliveryStream", Opens: "records, to its destination", Judged: "it delivers to S3 in the source's account", judge: deliveryStream},
	{Name: "AWS::Pipes::Pipe", Opens: "messages, to its target; invocation of a target, to who writes to the source",
		Judged: "source, enrichment and target are of accounts of its grants and connections", judge: pipe},
	{Name: "AWS::SNS::Subscription", Opens: "messages of a topic, to the endpoint; a queue or function, to who publishes",
		Judged: "topic and endpoint are of accounts of its grants and connections; what only connections need may also leave AWS", judge: subscription},
	{Name: "AWS::SNS::Topic", Opens: "messages, to its subscriptions; itself, to whom its policy allows", Judged: "as its subscriptions, and " + byPolicyRules, judge: topic},
	{Name: "AWS::SQS::Queue", Opens: "messages, to its dead-letter queue; itself, to whom its policy allows",
		Judged: "the dead-letter queue is of its account; and " + byPolicyRules, judge: queue},
	{Name: "AWS::Scheduler::Schedule", Opens: "what its role may do, to itself", Judged: "its role is no trusted one", judge: schedule},
	{Name: "AWS::StepFunctions::StateMachine", Opens: "what its role may do, to who may start it", Judged: "its role is no trusted one; what starts it is judged as for a function", judge: stateMachine},
	{Name: "AWS::StepFunctions::StateMachineAlias", Opens: "nothing by itself", Judged: "opens nothing"},
	{Name: "AWS::StepFunctions::StateMachineVersion", Opens: "nothing by itself", Judged: "opens nothing"},
}

// rule judges where a rule sends events that are about something guarded, or that come from a guarded bus.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
func rule(s *subject) {
	about := guardedOf(ofKind(s.at("EventBusName", "EventPattern"), inventory.Data, inventory.Channel))
	if s.guarded != nil {
		about = append(about, s.guarded)
	}
	for _, g := range about {
		for _, target := range assembly.Listed(s.Properties["Targets"]) {
			destination := text(dig(target, "Arn"))
			if a, _ := arn.Parse(destination); a.Service == "events" && strings.HasPrefix(a.Resource, "api-destination/") {
				s.mayOpen(g, "send to a resource of its account", "Targets sends events of %s to API destination %s, and where that is, is not known", name(g), destination)
				continue
			}
			s.sendsTo(g, itsParties, "Targets", "events", destination)
			s.sendsTo(g, itsParties, "Targets.DeadLetterConfig", "unsent events", text(dig(target, "DeadLetterConfig", "Arn")))
		}
	}
	s.runsAs("events.amazonaws.com", "RoleArn", "Targets")
}

// objectEvents are the kinds of events that a bucket sends to EventBridge.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventBridge.html
var objectEvents = []string{"Object Created", "Object Deleted", "Object Restore Initiated", "Object Restore Completed", "Object Restore Expired", "Object Storage Class Changed",
	"Object Access Tier Changed", "Object ACL Updated", "Object Tags Added", "Object Tags Deleted"}

// hears says that a rule may match events of a bucket.
func hears(rule *assembly.Resource, bucket *inventory.Guarded) bool {
	if bucket.Type != "AWS::S3::Bucket" || bucket.Kind != inventory.Data || dig(bucket.Properties, "NotificationConfiguration", "EventBridgeConfiguration") == nil {
		return false
	}
	bus := text(rule.Properties["EventBusName"])
	isDefault := bus == "" || bus == "default" || strings.HasSuffix(bus, ":event-bus/default")
	if rule.Properties["EventPattern"] == nil || !isDefault || rule.Stack.Region != bucket.Stack.Region {
		return false
	}
	whatever := policy.Unresolved("whatever the object and the request are")
	return slices.ContainsFunc(objectEvents, func(kind string) bool {
		event := map[string]any{"version": "0", "source": "aws.s3", "detail-type": kind, "account": bucket.Stack.Account, "region": bucket.Stack.Region, "resources": []any{bucket.ARN},
			"detail": map[string]any{"bucket": map[string]any{"name": bucket.Name}, "object": map[string]any{"key": whatever, "size": whatever, "etag": whatever, "version-id": whatever},
				"reason": whatever, "deletion-type": whatever, "requester": whatever, "source-ip-address": whatever}}
		return eventpattern.Matches(rule.Properties["EventPattern"], event) != policy.No
	})
}

// guardedOf are the guarded resources of mentions.
func guardedOf(mentions []inventory.Mention) []*inventory.Guarded {
	var all []*inventory.Guarded
	for _, m := range mentions {
		all = append(all, m.Guarded)
	}
	return all
}

// pipe judges where a pipe sends the messages of something guarded, and from where it starts something guarded.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes.html
func pipe(s *subject) {
	for _, m := range s.at("Source") {
		for _, property := range []string{"Enrichment", "Target"} {
			s.sendsTo(m.Guarded, itsParties, property, "messages", text(s.Properties[property]))
		}
	}
	for _, m := range s.at("Target", "Enrichment") {
		s.takesFrom(m.Guarded, "Source", "messages", text(s.Properties["Source"]))
	}
	s.runsAs("pipes.amazonaws.com", "RoleArn")
}

// schedule judges as what a schedule makes requests. Only its account starts it.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html
func schedule(s *subject) { s.runsAs("scheduler.amazonaws.com", "Target.RoleArn") }

func stateMachine(s *subject) { s.runsAs("states.amazonaws.com", "RoleArn") }

// subscription judges who gets the messages of a guarded topic, and whose messages something guarded gets. Alarms and the like, which only
// connections need, are for people, too.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html
func subscription(s *subject) {
	for _, m := range ofKind(s.at("TopicArn"), inventory.Channel, inventory.Data) {
		s.subscriber(m.Guarded, "the subscription", s.Properties)
	}
	for _, m := range s.at("Endpoint") {
		s.takesFrom(m.Guarded, "TopicArn", "messages", text(s.Properties["TopicArn"]))
	}
}

// topic judges the subscriptions in the properties of a topic.
func topic(s *subject) {
	if s.guarded == nil {
		return
	}
	for _, one := range assembly.Listed(s.Properties["Subscription"]) {
		s.subscriber(s.guarded, "a subscription", one)
	}
}

func (s *subject) subscriber(g *inventory.Guarded, property string, subscription any) {
	if len(g.Grants) == 0 {
		return
	}
	s.sendsTo(g, itsParties, "RedrivePolicy of "+property, "messages", text(dig(subscription, "RedrivePolicy", "deadLetterTargetArn")))
	endpoint := text(dig(subscription, "Endpoint"))
	switch protocol := text(dig(subscription, "Protocol")); protocol {
	case "application", "email", "email-json", "http", "https", "sms":
		s.opens(g, "remove the subscription", "%s sends messages of %s by %s to %s, outside of AWS, and no grant does", property, name(g), protocol, endpoint)
	default:
		s.sendsTo(g, itsParties, property, "messages", endpoint)
	}
}

// queue judges where messages go that nobody has dealt with.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
func queue(s *subject) {
	if s.guarded != nil {
		s.sendsTo(s.guarded, itsAccount, "RedrivePolicy", "failed messages", text(dig(s.Properties, "RedrivePolicy", "deadLetterTargetArn")))
	}
}

// deliveryStream judges where records of a guarded stream go.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kinesisfirehose-deliverystream.html
func deliveryStream(s *subject) {
	for _, m := range s.at("KinesisStreamSourceConfiguration.KinesisStreamARN") {
		for _, property := range slices.Sorted(maps.Keys(s.Properties)) {
			switch value := s.Properties[property]; {
			case !strings.HasSuffix(property, "DestinationConfiguration"):
			case property == "S3DestinationConfiguration" || property == "ExtendedS3DestinationConfiguration":
				s.sendsTo(m.Guarded, itsAccount, property, "records", text(dig(value, "BucketARN")))
			default:
				s.mayOpen(m.Guarded, "deliver to a bucket of account "+m.Stack.Account, "%s delivers records of %s, and to whom, is not known", property, name(m.Guarded))
			}
		}
	}
	s.runsAs("firehose.amazonaws.com", "ExtendedS3DestinationConfiguration", "KinesisStreamSourceConfiguration", "S3DestinationConfiguration")
}
