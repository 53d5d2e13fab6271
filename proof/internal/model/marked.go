package model

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// markable are the types that can be marked, each with what it depends on: as the resource itself says.
var markable = map[string]func(*Model, *Declared, *assembly.Resource){
	"AWS::ApiGatewayV2::Route":        (*Model).markedRoute,
	"AWS::CloudTrail::Trail":          (*Model).trail,
	"AWS::CloudWatch::Alarm":          (*Model).markedAlarm,
	"AWS::Events::Rule":               (*Model).markedRule,
	"AWS::IAM::ManagedPolicy":         (*Model).markedPolicy,
	"AWS::IAM::Policy":                (*Model).markedPolicy,
	"AWS::IAM::RolePolicy":            (*Model).markedPolicy,
	"AWS::Lambda::EventInvokeConfig":  (*Model).markedDestinations,
	"AWS::Lambda::EventSourceMapping": (*Model).mapping,
	"AWS::Lambda::Function":           (*Model).markedFunction,
	"AWS::Pipes::Pipe":                (*Model).markedPipe,
	"AWS::S3::Bucket":                 (*Model).markedBucket,
	"AWS::SNS::Subscription":          (*Model).markedSubscription,
	"AWS::Scheduler::Schedule":        (*Model).markedSchedule,
}

// readMarked reads the resources that are marked, and what they depend on. A mark that nothing reads is a fault.
func (m *Model) readMarked() {
	for _, s := range m.Assembly.Stacks {
		for _, r := range s.Resources {
			for _, key := range slices.Sorted(maps.Keys(r.Metadata)) {
				if strings.HasPrefix(key, contract.MetadataPrefix) {
					m.readMark(r, key)
				}
			}
		}
	}
	slices.SortStableFunc(m.Declared, func(a, b Declared) int { return strings.Compare(a.Resources[0].Type, b.Resources[0].Type) })
}

func (m *Model) readMark(r *assembly.Resource, key string) {
	d := Declared{Name: accounts.DisplayName(r), Resources: []*assembly.Resource{r}}
	read := markable[r.Type]
	switch value := r.Metadata[key]; {
	case key == contract.PublicKey && value == true:
		return // which the rule ExternalAccess reads
	case key == contract.ExpectKey:
		return // which the rule Expected reads
	case key != contract.MustWorkKey && key != contract.HasToWorkKey:
		d.fails(r, "correct the name, or remove it", "found metadata %s, expected %s", key, contract.MustWorkKey)
	case value == false:
		return
	case value != true:
		d.fails(r, "set "+key+" to true, or remove it", "found metadata %s with %v, expected true", key, value)
	case read == nil:
		d.fails(r, "remove the mark "+key+" from it, and mark what depends on it", "found the mark %s on a %s, which nothing tries; expected one of %s", key, r.Type,
			strings.Join(slices.Sorted(maps.Keys(markable)), ", "))
	default:
		if r.Conditional != "" {
			d.mayFail(r, "", "%s exists only under the condition %s", accounts.DisplayName(r), r.Conditional)
		}
		if read(m, &d, r); len(d.Connections) == 0 && len(d.Faults) == 0 && !d.settled {
			d.mayFail(r, "connect it to a resource of this app, or remove the mark "+key+" from it", "its destination is in no template, or in a form that is not known")
		}
	}
	m.Declared = append(m.Declared, d)
}

// markedAlarm: CloudWatch publishes to the topics of an alarm.
func (m *Model) markedAlarm(d *Declared, r *assembly.Resource) {
	for _, property := range []string{"AlarmActions", "OKActions", "InsufficientDataActions"} {
		for _, action := range items(r.Properties[property]) {
			if topic := fmt.Sprint(action); serviceOf(topic) == "sns" {
				m.notify(d, r, topic)
			}
		}
	}
}

// markedRule: EventBridge sends what a rule matches to its targets, and what it cannot send to their dead-letter queues.
func (m *Model) markedRule(d *Declared, r *assembly.Resource) {
	d.enabled(r)
	pattern := object(r.Properties["EventPattern"])
	context := map[string][]string{}
	for key, values := range map[string]any{"events:source": pattern["source"], "events:detail-type": pattern["detail-type"]} {
		if list := items(values); len(list) > 0 && text(list[0]) != "" {
			context[key] = []string{text(list[0])}
		}
	}
	for _, item := range items(r.Properties["Targets"]) {
		m.send(d, r, object(item), context)
		if queue := deadLetters(object(item), "Arn"); queue != "" {
			m.sendUnsent(d, r, queue)
		}
	}
}

// markedFunction: Lambda sends what a function could not process to its dead-letter queue.
func (m *Model) markedFunction(d *Declared, r *assembly.Resource) {
	d.add(r, m.asFunction(r, deadLetters(r.Properties, "TargetArn"))...)
}

// markedDestinations: Lambda sends what a function returns, or could not process, to its destinations.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-async-destinations
func (m *Model) markedDestinations(d *Declared, r *assembly.Resource) {
	function := m.function(r, text(r.Properties["FunctionName"]))
	if function == nil {
		return
	}
	for _, outcome := range []string{"OnFailure", "OnSuccess"} {
		d.add(r, m.asFunction(function, text(object(object(r.Properties["DestinationConfig"])[outcome])["Destination"]))...)
	}
}

// markedRoute: API Gateway invokes the function of a route.
func (m *Model) markedRoute(d *Declared, r *assembly.Resource) {
	api := text(r.Properties["ApiId"])
	method, path, _ := strings.Cut(text(r.Properties["RouteKey"]), " ")
	if _, function := m.integrationOf(r); function != "" {
		m.throttled(d, api, "$default", text(r.Properties["RouteKey"]))
		m.invokeByRoute(d, r, "arn:"+r.Stack.Partition+":execute-api:"+r.Stack.Region+":"+r.Stack.Account+":"+api+"/$default/"+method+path, function)
	}
}

// markedBucket: S3 sends its notifications.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
func (m *Model) markedBucket(d *Declared, r *assembly.Resource) {
	configuration := object(r.Properties["NotificationConfiguration"])
	for _, kind := range []struct{ list, property string }{{"LambdaConfigurations", "Function"}, {"QueueConfigurations", "Queue"}, {"TopicConfigurations", "Topic"}} {
		for _, item := range items(configuration[kind.list]) {
			m.notifyFromBucket(d, r, text(object(item)[kind.property]))
		}
	}
	if configuration["EventBridgeConfiguration"] != nil { // which takes no permission
		m.notifyEventBridge(d, r)
		d.settled = true
	}
}

// markedSubscription: SNS sends what is published to a topic to the endpoint of a subscription. To HTTP, email and the like it sends without
// permissions.
// https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html
func (m *Model) markedSubscription(d *Declared, r *assembly.Resource) {
	topic, endpoint := text(r.Properties["TopicArn"]), text(r.Properties["Endpoint"])
	switch protocol := text(r.Properties["Protocol"]); protocol {
	case "sqs", "lambda":
		m.deliverFromTopic(d, r, topic, endpoint)
	}
	if policyDocument := object(r.Properties["RedrivePolicy"]); policyDocument != nil {
		if queue := text(policyDocument["deadLetterTargetArn"]); queue != "" {
			m.deliverFromTopic(d, r, topic, queue)
		}
	}
}

// markedSchedule: EventBridge Scheduler invokes the target of a schedule as the schedule's role. It names the group of the schedule as source.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
func (m *Model) markedSchedule(d *Declared, r *assembly.Resource) {
	if state := text(r.Properties["State"]); state == "DISABLED" {
		d.fails(r, "set its State to ENABLED", "%s is disabled", accounts.DisplayName(r))
		d.set("ENABLED", "State")
	}
	group := text(r.Properties["GroupName"])
	if group == "" {
		group = "default"
	}
	target, source := object(r.Properties["Target"]), regional(r, "scheduler", "schedule-group/"+group)
	m.throughRole(d, r, "scheduler.amazonaws.com", source, text(target["RoleArn"]), text(target["Arn"]), sending[serviceOf(text(target["Arn"]))])
}

// markedPipe: EventBridge Pipes takes messages from a queue and invokes the target, both as the pipe's role.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-permissions.html
func (m *Model) markedPipe(d *Declared, r *assembly.Resource) {
	if state := text(r.Properties["DesiredState"]); state == "STOPPED" {
		d.fails(r, "set its DesiredState to RUNNING", "%s is stopped", accounts.DisplayName(r))
		d.set("RUNNING", "DesiredState")
	}
	const service = "pipes.amazonaws.com"
	role, from, to := text(r.Properties["RoleArn"]), text(r.Properties["Source"]), text(r.Properties["Target"])
	name := text(r.Properties["Name"])
	if name == "" {
		name = policy.Unresolved(r.Stack.Label + "." + r.LogicalID)
	}
	source := regional(r, "pipes", "pipe/"+name)
	if serviceOf(from) == "sqs" {
		m.throughRole(d, r, service, source, role, from, "sqs:ReceiveMessage")
		d.add(r, m.byRole(role, from, "sqs:DeleteMessage", "sqs:GetQueueAttributes")...)
	}
	m.throughRole(d, r, service, source, role, to, sending[serviceOf(to)])
}

// regional is an ARN in the account and region of a resource.
func regional(r *assembly.Resource, service, resource string) string {
	return arn.ARN{Partition: r.Stack.Partition, Service: service, Region: r.Stack.Region, Account: r.Stack.Account, Resource: resource}.String()
}

// markedPolicy: the roles of a policy do what it allows. What it denies, or allows by exclusion, is no use.
func (m *Model) markedPolicy(d *Declared, r *assembly.Resource) {
	document, err := accounts.Document(r, "PolicyDocument", r.Properties["PolicyDocument"], "")
	if err != nil {
		return // which reading the accounts has noted
	}
	for _, role := range m.Accounts.Roles {
		named := slices.Contains(items(r.Properties["Roles"]), any(role.Ref)) || text(r.Properties["RoleName"]) == role.Ref
		attached := r.ARN != "" && slices.Contains(items(role.Properties["ManagedPolicyArns"]), any(r.ARN))
		if role.Stack.Account != r.Stack.Account || !named && !attached {
			continue
		}
		for i := range document.Statements {
			e := document.Statements[i].Elements()
			if document.Statements[i].Effect == policy.Allow && !e.NotAction && !e.NotResource {
				m.use(d, r, role.ARN, contract.Statement{Sid: document.Statements[i].Sid, Actions: e.Actions, Resources: e.Resources, Conditions: chosen(e.Conditions)}, document)
			}
		}
	}
}

// chosen are the conditions on what whoever makes a request chooses, such as s3:prefix. Where it comes from, when, and as whom, a policy only
// restricts.
func chosen(conditions map[string]map[string][]string) map[string]map[string][]string {
	all := map[string]map[string][]string{}
	for operator, keys := range conditions {
		for key, values := range keys {
			name := strings.ToLower(key)
			global := strings.HasPrefix(name, "aws:") && !strings.HasPrefix(name, "aws:requesttag/") && name != "aws:tagkeys" && name != "aws:viaawsservice" && !strings.HasPrefix(name, "aws:calledvia")
			if !global {
				all = WithCondition(all, operator, key, values)
			}
		}
	}
	return all
}
