package request

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/policy"
)

// readSQS reads a request to SQS, which may have the path of the queue's URL. A batch asks for its action once, since it is on one queue.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
func readSQS(q *Request, at Place, tables Tables) error {
	if name := q.Parameters.Text("QueueUrl"); q.path != "/" && q.path != "" {
		if u, err := url.Parse(name); err != nil || u.Path != q.path {
			return malformed("found path %q, expected / or that of QueueUrl %q", q.path, name)
		}
	}
	return readOther(q, at, tables)
}

// queueOf is the ARN of a queue that is named by its URL or its name.
func (q *Request) queueOf(name string, at Place) (string, error) {
	if strings.Contains(name, "/") {
		parts := strings.Split(name, "/")
		if len(parts) < 5 || parts[len(parts)-1] == "" || strings.Trim(parts[len(parts)-2], "0123456789") != "" {
			return "", malformed("found QueueUrl %q, expected one that ends in ACCOUNT/NAME", name)
		}
		at.Account, name = parts[len(parts)-2], parts[len(parts)-1]
	} else if other := q.Parameters.Text("QueueOwnerAWSAccountId"); other != "" {
		at.Account = other
	}
	return at.arn("sqs", name), nil
}

// readSNS reads a request to SNS.
// https://docs.aws.amazon.com/sns/latest/dg/sns-access-policy-language-api-permissions-reference.html
func readSNS(q *Request, at Place, tables Tables) error {
	p := q.Parameters
	switch q.Operation {
	case "Publish": // a text message has no topic, and a push message goes to an endpoint
		if p.Text("PhoneNumber") != "" && p.Text("TopicArn") == "" && p.Text("TargetArn") == "" {
			q.ask("Publish", "*", nil)
			return nil
		}
		if target := p.Text("TargetArn"); strings.Contains(target, ":endpoint/") && p.Text("TopicArn") == "" {
			q.ask("Publish", target, nil)
			return nil
		}
	case "Unsubscribe", "GetSubscriptionAttributes", "SetSubscriptionAttributes", "ConfirmSubscription": // whose ARN is that of its topic, and an ID
		topic := p.Text("TopicArn")
		if subscription := p.Text("SubscriptionArn"); subscription != "" {
			topic = subscription[:max(strings.LastIndexByte(subscription, ':'), 0)]
		}
		if strings.Count(topic, ":") != 5 {
			return malformed("found SubscriptionArn %q, expected the ARN of one", p.Text("SubscriptionArn"))
		}
		q.ask(q.Operation, topic, nil)
		return nil
	}
	if err := readOther(q, at, tables); err != nil {
		return err
	}
	if q.Operation == "Subscribe" { // https://docs.aws.amazon.com/sns/latest/dg/sns-using-identity-based-policies.html#sns-policy-keys
		q.keys(map[string]string{"Protocol": "sns:Protocol", "Endpoint": "sns:Endpoint"})
	}
	return nil
}

// readEvents reads a request to EventBridge.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
func readEvents(q *Request, at Place, tables Tables) error {
	p := q.Parameters
	if q.Operation == "PutEvents" {
		return q.putEvents(at)
	}
	if err := readOther(q, at, tables); err != nil {
		return err
	}
	switch q.Operation {
	case "PutTargets":
		q.keys(map[string]string{"Targets.Arn": "events:TargetArn"})
		for _, role := range p.At("Targets.RoleArn") {
			q.ask("iam:PassRole", role, map[string][]string{"iam:PassedToService": {"events.amazonaws.com"}})
		}
	case "PutRule":
		if err := q.ruleKeys(p.Text("EventPattern")); err != nil {
			return err
		}
		q.passRole("RoleArn", "events.amazonaws.com")
	case "CreateEndpoint", "UpdateEndpoint":
		q.passRole("RoleArn", "events.amazonaws.com")
	}
	return nil
}

// putEvents asks for each entry on its bus.
func (q *Request) putEvents(at Place) error {
	entries, _ := q.Parameters["Entries"].([]any)
	if len(entries) == 0 || len(entries) > 10 {
		return malformed("found %d entries, expected 1 to 10", len(entries))
	}
	for _, one := range entries {
		entry, ok := one.(map[string]any)
		if !ok {
			return malformed("found an entry that is no object")
		}
		bus, _ := entry["EventBusName"].(string)
		if !strings.HasPrefix(bus, "arn:") {
			bus = at.arn("events", "event-bus/"+textOr(bus, "default"))
		} else if !fits("events", []string{"event-bus", "event-busv2"}, bus) {
			return malformed("found EventBusName %q, expected the name or the ARN of an event bus", bus)
		}
		context := map[string][]string{"events:eventBusInvocation": {"false"}}
		for name, key := range map[string]string{"Source": "events:source", "DetailType": "events:detail-type"} {
			if value, _ := entry[name].(string); value != "" {
				context[key] = []string{value}
			}
		}
		q.ask("PutEvents", bus, context)
	}
	return nil
}

// busesOf is the event bus of a request that names none, and the default one of those that do not have to.
func busesOf(q *Request, _ authorization.Action, at Place, _ Tables) ([]string, error) {
	if (q.Operation == "DescribeEventBus" || q.Operation == "UpdateEventBus") && q.Parameters.Text("Name") == "" {
		return []string{at.arn("events", "event-bus/default")}, nil
	}
	return nil, nil
}

// rulesOf is the rule of a request: of the default bus, or of a custom one.
func rulesOf(custom bool) func(*Request, authorization.Action, Place, Tables) ([]string, error) {
	return func(q *Request, _ authorization.Action, at Place, _ Tables) ([]string, error) {
		p := q.Parameters
		if arn := p.Text("ResourceARN"); strings.Contains(arn, ":rule/") {
			if (strings.Count(arn, "/") > 1) == custom {
				return []string{arn}, nil
			}
			return nil, nil
		}
		name, bus := p.Text("Rule"), p.Text("EventBusName")
		if name == "" && strings.HasSuffix(q.Operation, "Rule") {
			name = p.Text("Name")
		}
		if strings.HasPrefix(bus, "arn:") {
			if !fits("events", []string{"event-bus"}, bus) {
				return nil, malformed("found EventBusName %q, expected the name or the ARN of an event bus", bus)
			}
			parts := strings.SplitN(bus, ":", 6)
			at.Region, at.Account, bus = parts[3], parts[4], strings.TrimPrefix(parts[5], "event-bus/")
		}
		switch isCustom := bus != "" && bus != "default"; {
		case name == "" || isCustom != custom:
			return nil, nil
		case strings.ContainsAny(name+bus, "*?"):
			return nil, malformed("found rule %q of event bus %q, expected names without wildcards", name, bus)
		case isCustom:
			name = bus + "/" + name
		}
		return []string{at.arn("events", "rule/"+name)}, nil
	}
}

// readLogs reads a request to CloudWatch Logs.
func readLogs(q *Request, at Place, tables Tables) error {
	if err := readOther(q, at, tables); err != nil {
		return err
	}
	switch q.Operation { // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
	case "PutSubscriptionFilter", "PutDestination":
		q.passRole("roleArn", "logs.amazonaws.com")
	}
	return nil
}

// ruleKeys adds the keys of what the pattern of a rule asks for. What is no text, such as a prefix, is unknown.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-conditions.html
func (q *Request) ruleKeys(pattern string) error {
	if pattern == "" {
		return nil
	}
	var of map[string]any
	if err := json.Unmarshal([]byte(pattern), &of); err != nil {
		return malformed("EventPattern is no JSON object: %v", err)
	}
	detail, _ := of["detail"].(map[string]any)
	identity, _ := detail["userIdentity"].(map[string]any)
	for key, value := range map[string]any{"events:source": of["source"], "events:detail-type": of["detail-type"], "events:detail.userIdentity.principalId": identity["principalId"],
		"events:detail.service": detail["service"], "events:detail.eventTypeCode": detail["eventTypeCode"]} {
		list, _ := value.([]any)
		var all []string
		for _, one := range list {
			text, isText := one.(string)
			if !isText {
				text = policy.Unresolved(key)
			}
			all = append(all, text)
		}
		q.key(key, all...)
	}
	return nil
}
