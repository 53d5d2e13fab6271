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

// Marked is a resource whose metadata says that it has to work, such as an alarm that has to reach its topic.
type Marked struct {
	*assembly.Resource
	// Connections are the requests that it depends on. None if its destination is in no template, or in a form that is not known.
	Connections []Connection
}

// Connection is a request that a marked resource depends on.
type Connection struct {
	Access
	// Deputy says that the caller makes the same request for others, too, as a service does for every account: the resource's policy has to
	// tell for whom.
	Deputy bool
}

// connections are the requests of each type of resource that can be marked.
var connections = map[string]func(*Model, *assembly.Resource) []Connection{
	"AWS::ApiGatewayV2::Route":        (*Model).routeConnections,
	"AWS::CloudTrail::Trail":          (*Model).trailConnections,
	"AWS::CloudWatch::Alarm":          (*Model).alarmConnections,
	"AWS::Events::Rule":               (*Model).ruleConnections,
	"AWS::IAM::Policy":                (*Model).policyConnections,
	"AWS::Lambda::EventSourceMapping": (*Model).eventSourceConnections,
	"AWS::Lambda::Function":           (*Model).functionConnections,
}

// readMarked reads the resources that are marked, and what they depend on.
func (m *Model) readMarked() {
	for _, kind := range slices.Sorted(maps.Keys(connections)) {
		for _, r := range m.Assembly.OfType(kind) {
			if r.Metadata[contract.MustWorkKey] != true {
				continue
			}
			if r.Type == "AWS::IAM::Policy" {
				m.Uses = append(m.Uses, m.usesOf(r)...)
			}
			marked := Marked{r, connections[kind](m, r)}
			for i := range marked.Connections {
				marked.Connections[i].Region = r.Stack.Region
			}
			m.Marked = append(m.Marked, marked)
		}
	}
}

// Connections are those of all marked resources.
func (m *Model) Connections() []Connection {
	var all []Connection
	for _, one := range m.Marked {
		all = append(all, one.Connections...)
	}
	return all
}

// Destination is a resource that connections lead to.
type Destination struct {
	*accounts.Resource
	Connections []Connection
}

// Destinations are the resources of the templates that connections lead to, in the order of these.
func (m *Model) Destinations() []*Destination {
	var all []*Destination
	by := map[*accounts.Resource]*Destination{}
	for _, one := range m.Connections() {
		r, ok := m.Accounts.ResourceOf(one.Resource)
		if !ok {
			continue
		}
		if by[r] == nil {
			by[r] = &Destination{Resource: r}
			all = append(all, by[r])
		}
		by[r].Connections = append(by[r].Connections, one)
	}
	return all
}

// forResource is the context of a service that makes a request for a resource.
func forResource(r *assembly.Resource, source string) map[string][]string {
	return map[string][]string{"aws:SourceArn": {source}, "aws:SourceAccount": {r.Stack.Account}}
}

// byService is a request that a service makes for other resources, and where its destination has a customer managed key, the requests that
// encrypt with it.
func (m *Model) byService(service, action, destination string, context map[string][]string) []Connection {
	all := []Connection{{Deputy: true, Access: Access{Caller: service, Action: action, Resource: destination, Owner: arn.Account(destination), Context: context}}}
	r, ok := m.Accounts.ResourceOf(destination)
	if !ok || r.Key == "" {
		return all
	}
	for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
		all = append(all, Connection{Deputy: true, Access: Access{Caller: service, Action: action, Resource: r.Key, Owner: arn.Account(r.Key), Context: context}})
	}
	return all
}

// byRole are requests that a service makes as a role.
func byRole(role string, destination string, actions ...string) []Connection {
	var all []Connection
	for _, action := range actions {
		all = append(all, Connection{Access: Access{Caller: role, Action: action, Resource: destination, Owner: arn.Account(destination)}})
	}
	return all
}

// alarmConnections: CloudWatch publishes to the topics of an alarm.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
func (m *Model) alarmConnections(r *assembly.Resource) []Connection {
	var all []Connection
	for _, property := range []string{"AlarmActions", "OKActions", "InsufficientDataActions"} {
		for _, action := range items(r.Properties[property]) {
			if topic := fmt.Sprint(action); serviceOf(topic) == "sns" {
				all = append(all, m.byService("cloudwatch.amazonaws.com", "sns:Publish", topic, forResource(r, r.ARN))...)
			}
		}
	}
	return all
}

// trailConnections: CloudTrail reads the bucket's ACL, then writes.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func (m *Model) trailConnections(r *assembly.Resource) []Connection {
	const service = "cloudtrail.amazonaws.com"
	bucket := "arn:" + r.Stack.Partition + ":s3:::" + text(r.Properties["S3BucketName"])
	prefix := text(r.Properties["S3KeyPrefix"])
	if prefix != "" {
		prefix += "/"
	}
	context := forResource(r, r.ARN)
	return append(m.byService(service, "s3:GetBucketAcl", bucket, context),
		m.byService(service, "s3:PutObject", bucket+"/"+prefix+"AWSLogs/"+r.Stack.Account+"/CloudTrail/"+AnyName,
			Merge(context, map[string][]string{"s3:x-amz-acl": {"bucket-owner-full-control"}}))...)
}

// eventSourceConnections: Lambda takes messages from a queue as the function's role.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
func (m *Model) eventSourceConnections(r *assembly.Resource) []Connection {
	queue := text(r.Properties["EventSourceArn"])
	function := m.function(r, text(r.Properties["FunctionName"]))
	if function == nil || serviceOf(queue) != "sqs" {
		return nil
	}
	return byRole(text(function.Properties["Role"]), queue, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
}

// functionConnections: Lambda sends failed events to the dead-letter queue as the function's role.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
func (m *Model) functionConnections(r *assembly.Resource) []Connection {
	target := deadLetters(r.Properties, "TargetArn")
	action := map[string]string{"sqs": "sqs:SendMessage", "sns": "sns:Publish"}[serviceOf(target)]
	if action == "" {
		return nil
	}
	return byRole(text(r.Properties["Role"]), target, action)
}

// function is the function that a resource names, by name or ARN.
func (m *Model) function(r *assembly.Resource, name string) *assembly.Resource {
	for _, f := range m.Assembly.OfType("AWS::Lambda::Function") {
		if f.ARN == name || f.Ref == name && f.Stack.Account == r.Stack.Account {
			return f
		}
	}
	return nil
}

// routeConnections: API Gateway invokes the function of a route.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
func (m *Model) routeConnections(r *assembly.Resource) []Connection {
	api, id := text(r.Properties["ApiId"]), strings.TrimPrefix(text(r.Properties["Target"]), "integrations/")
	method, path, _ := strings.Cut(text(r.Properties["RouteKey"]), " ")
	source := "arn:" + r.Stack.Partition + ":execute-api:" + r.Stack.Region + ":" + r.Stack.Account + ":" + api + "/$default/" + method + path
	for _, integration := range m.Assembly.OfType("AWS::ApiGatewayV2::Integration") {
		if integration.Ref == id {
			return m.byService("apigateway.amazonaws.com", "lambda:InvokeFunction", text(integration.Properties["IntegrationUri"]), forResource(r, source))
		}
	}
	return nil
}

// ruleConnections: EventBridge sends what a rule matches to its targets, and what it cannot send to their dead-letter queues.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
func (m *Model) ruleConnections(r *assembly.Resource) []Connection {
	const service = "events.amazonaws.com"
	var all []Connection
	for _, item := range items(r.Properties["Targets"]) {
		target, _ := item.(map[string]any)
		destination := text(target["Arn"])
		switch serviceOf(destination) {
		case "sqs":
			all = append(all, m.byService(service, "sqs:SendMessage", destination, forResource(r, r.ARN))...)
		case "sns":
			all = append(all, m.byService(service, "sns:Publish", destination, forResource(r, r.ARN))...)
		case "lambda":
			all = append(all, m.byService(service, "lambda:InvokeFunction", destination, forResource(r, r.ARN))...)
		case "events":
			all = append(all, m.busConnections(r, text(target["RoleArn"]), destination)...)
		}
		if queue := deadLetters(target, "Arn"); queue != "" {
			all = append(all, m.byService(service, "sqs:SendMessage", queue, forResource(r, r.ARN))...)
		}
	}
	return all
}

// busConnections: EventBridge assumes the target's role, and puts the event on the bus as that role.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
func (m *Model) busConnections(r *assembly.Resource, role, bus string) []Connection {
	const service = "events.amazonaws.com"
	if role == "" {
		return m.byService(service, "events:PutEvents", bus, forResource(r, r.ARN))
	}
	all := []Connection{{Deputy: true, Access: Access{Caller: service, Action: "sts:AssumeRole", Resource: role, Owner: arn.Account(role), Context: forResource(r, r.ARN)}}}
	for _, put := range byRole(role, bus, "events:PutEvents") {
		pattern, _ := r.Properties["EventPattern"].(map[string]any)
		put.Deputy = true
		put.Context = map[string][]string{}
		for key, values := range map[string]any{"events:source": pattern["source"], "events:detail-type": pattern["detail-type"]} {
			if list := items(values); len(list) > 0 {
				put.Context[key] = []string{text(list[0])}
			}
		}
		all = append(all, put)
	}
	return all
}

// policyConnections: a marked policy is for what it allows, by each role that has it, from each workload that runs as that role.
func (m *Model) policyConnections(r *assembly.Resource) []Connection {
	var all []Connection
	for _, use := range m.usesOf(r) {
		for _, resource := range use.Resources {
			for _, action := range use.Actions {
				a := Access{Caller: use.Role, Action: action, Resource: Example(resource), Owner: arn.Account(use.Role), Context: use.Context, Pattern: resource}
				if owner, ok := m.Accounts.ResourceOf(a.Resource); ok {
					a.Owner = owner.Stack.Account
				} else if resource == "*" {
					a.Resource, a.Nonexistent = resource, true // the action has no resource
				}
				if via := use.Context["kms:ViaService"]; len(via) > 0 {
					a.Through, _, _ = strings.Cut(via[0], ".")
				}
				for _, one := range m.FromWorkloads(a) {
					all = append(all, Connection{Access: one})
				}
			}
		}
	}
	return all
}

// Use is what a role does beyond its grants, as one statement of a marked policy declares.
type Use struct {
	Role               string
	Actions, Resources []string
	// Context is one example for which the statement's conditions are true.
	Context map[string][]string
}

// usesOf reads a marked policy. What it denies, or allows by exclusion, is no use.
func (m *Model) usesOf(r *assembly.Resource) []Use {
	d, err := accounts.Document(r, "PolicyDocument", r.Properties["PolicyDocument"], "")
	if err != nil {
		return nil // which reading the accounts has noted
	}
	var all []Use
	for _, role := range m.Accounts.Roles {
		if role.Stack.Account != r.Stack.Account || !slices.Contains(items(r.Properties["Roles"]), any(role.Ref)) {
			continue
		}
		for i := range d.Statements {
			e := d.Statements[i].Elements()
			contexts, err := Examples(e.Conditions)
			if d.Statements[i].Effect != policy.Allow || e.NotAction || e.NotResource || err != nil {
				continue
			}
			all = append(all, Use{Role: role.ARN, Actions: e.Actions, Resources: e.Resources, Context: contexts[0]})
		}
	}
	return all
}

// deadLetters is the dead-letter queue or topic of a function or of a rule's target.
func deadLetters(properties map[string]any, key string) string {
	configuration, _ := properties["DeadLetterConfig"].(map[string]any)
	return text(configuration[key])
}

func text(value any) string {
	s, _ := value.(string)
	return s
}

func items(value any) []any {
	all, _ := value.([]any)
	return all
}
