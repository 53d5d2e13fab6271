package proof

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
)

// wire is a request that a marked resource means.
type wire struct {
	Access
	from *assembly.Resource
	// foreign says that the caller is a service that makes the same request for other accounts, too: it has to be kept apart by whose it is.
	foreign bool
}

// wires are the requests of each type of resource that can be marked.
var wires = map[string]func(*world, *assembly.Resource) []wire{
	"AWS::ApiGatewayV2::Route":        (*world).routeWires,
	"AWS::CloudTrail::Trail":          (*world).trailWires,
	"AWS::CloudWatch::Alarm":          (*world).alarmWires,
	"AWS::Events::Rule":               (*world).ruleWires,
	"AWS::IAM::Policy":                (*world).policyWires,
	"AWS::Lambda::EventSourceMapping": (*world).mappingWires,
	"AWS::Lambda::Function":           (*world).functionWires,
}

// marked are the resources that declare something which has to work.
func (w *world) marked() []*assembly.Resource {
	var all []*assembly.Resource
	for _, kind := range slices.Sorted(maps.Keys(wires)) {
		for _, r := range w.assembly.OfType(kind) {
			if r.Metadata[contract.MustWorkKey] == true {
				all = append(all, r)
			}
		}
	}
	return all
}

// wiring is what the templates wire up: it has to arrive, and nobody else's may.
func (w *world) wiring(declared []*Grant) []Check {
	var all []Check
	var every []wire
	for _, r := range w.marked() {
		found := wires[r.Type](w, r)
		if len(found) == 0 {
			all = append(all, Check{Rule: Wiring, Expects: MustWork, Name: policy.Readable(accounts.DisplayName(r)), Access: Access{Caller: "anonymous"}, Verdict: Undecided, holder: r,
				Details: []string{"what it is wired to is in no template, or in a form that is not known"}})
		}
		every = append(every, found...)
		for _, one := range found {
			one.Region = r.Stack.Region
			name := accounts.DisplayName(r) + ": " + one.Action + " on " + one.Resource
			all = append(all, Check{Rule: Wiring, Expects: MustWork, Name: policy.Readable(name), Access: one.Access, holder: r})
			if one.foreign {
				all = append(all, w.strangers(one, name)...)
			}
		}
	}
	return append(all, w.wired(every, declared)...)
}

// strangers are the same request for somebody else: by the service on behalf of another account, or by another role.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
func (w *world) strangers(one wire, name string) []Check {
	var all []Check
	add := func(who string, change func(*Access)) {
		a := one.Access
		change(&a)
		all = append(all, Check{Rule: OtherSource, Expects: MustFail, Name: policy.Readable(name + ", " + who), Access: a})
	}
	if isService(one.Caller) {
		add("on behalf of another account", func(a *Access) {
			arn := strings.SplitN(a.Context["aws:SourceArn"][0], ":", 6)
			arn[4] = stranger
			a.Context = with(a.Context, map[string][]string{"aws:SourceAccount": {stranger}, "aws:SourceArn": {strings.Join(arn, ":")}})
		})
		add("on behalf of nobody", func(a *Access) {
			a.Context = maps.Clone(a.Context)
			delete(a.Context, "aws:SourceAccount")
			delete(a.Context, "aws:SourceArn")
		})
		return all
	}
	iam := "arn:" + part(one.Caller, 1) + ":iam::"
	add("by another role of its account", func(a *Access) { a.Caller, a.powerful = iam+account(one.Caller)+":role/"+neighbourRole, true })
	add("by a role of the same name in another account", func(a *Access) { a.Caller, a.powerful = iam+stranger+":"+part(one.Caller, 5), true })
	if one.Context["events:source"] != nil {
		add("with another source", func(a *Access) { a.Context = with(a.Context, map[string][]string{"events:source": {filler}}) })
	}
	return all
}

// onBehalf is the context of a service that acts for a resource.
func onBehalf(r *assembly.Resource, arn string) map[string][]string {
	return map[string][]string{"aws:SourceArn": {arn}, "aws:SourceAccount": {r.Stack.Account}}
}

// byService is a request of a service for a resource, and, where what it is on has a customer key, those that encrypt by it.
func (w *world) byService(from *assembly.Resource, service, action, on string, context map[string][]string) []wire {
	all := []wire{{from: from, foreign: true, Access: Access{Caller: service, Action: action, Resource: on, Owner: account(on), Context: context}}}
	owner, ok := w.accounts.ResourceOf(on)
	if !ok {
		return all // its policy is unknown
	}
	if owner.Key != "" {
		for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
			all = append(all, wire{from: from, foreign: true, Access: Access{Caller: service, Action: action, Resource: owner.Key, Owner: account(owner.Key), Context: context}})
		}
	}
	return all
}

// byRole is a request of a service that acts as a role.
func (w *world) byRole(from *assembly.Resource, role string, on string, actions ...string) []wire {
	var all []wire
	for _, action := range actions {
		all = append(all, wire{from: from, Access: Access{Caller: role, Action: action, Resource: on, Owner: account(on)}})
	}
	return all
}

// alarmWires: CloudWatch publishes to the topics of an alarm.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
func (w *world) alarmWires(r *assembly.Resource) []wire {
	var all []wire
	for _, property := range []string{"AlarmActions", "OKActions", "InsufficientDataActions"} {
		for _, action := range items(r.Properties[property]) {
			if topic := fmt.Sprint(action); part(topic, 2) == "sns" {
				all = append(all, w.byService(r, "cloudwatch.amazonaws.com", "sns:Publish", topic, onBehalf(r, r.ARN))...)
			}
		}
	}
	return all
}

// trailWires: CloudTrail looks at the bucket's ACL, then writes.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func (w *world) trailWires(r *assembly.Resource) []wire {
	bucket := "arn:" + r.Stack.Partition + ":s3:::" + word(r.Properties["S3BucketName"])
	prefix := word(r.Properties["S3KeyPrefix"])
	if prefix != "" {
		prefix += "/"
	}
	context := onBehalf(r, r.ARN)
	return append(w.byService(r, "cloudtrail.amazonaws.com", "s3:GetBucketAcl", bucket, context),
		w.byService(r, "cloudtrail.amazonaws.com", "s3:PutObject", bucket+"/"+prefix+"AWSLogs/"+r.Stack.Account+"/CloudTrail/"+filler,
			with(context, map[string][]string{"s3:x-amz-acl": {"bucket-owner-full-control"}}))...)
}

// mappingWires: Lambda takes messages from a queue as the function's role.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
func (w *world) mappingWires(r *assembly.Resource) []wire {
	queue := word(r.Properties["EventSourceArn"])
	if function := w.function(r, word(r.Properties["FunctionName"])); function != nil && part(queue, 2) == "sqs" {
		return w.byRole(r, word(function.Properties["Role"]), queue, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
	}
	return nil
}

// functionWires: Lambda sends what failed to the dead-letter queue as the function's role.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
func (w *world) functionWires(r *assembly.Resource) []wire {
	letters, _ := r.Properties["DeadLetterConfig"].(map[string]any)
	action := map[string]string{"sqs": "sqs:SendMessage", "sns": "sns:Publish"}[part(word(letters["TargetArn"]), 2)]
	if action == "" {
		return nil
	}
	return w.byRole(r, word(r.Properties["Role"]), word(letters["TargetArn"]), action)
}

// function is the function that a resource names, by name or ARN.
func (w *world) function(r *assembly.Resource, name string) *assembly.Resource {
	for _, f := range w.assembly.OfType("AWS::Lambda::Function") {
		if f.ARN == name || f.Ref == name && f.Stack.Account == r.Stack.Account {
			return f
		}
	}
	return nil
}

// routeWires: API Gateway invokes the function of a route.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
func (w *world) routeWires(r *assembly.Resource) []wire {
	api, id := word(r.Properties["ApiId"]), strings.TrimPrefix(word(r.Properties["Target"]), "integrations/")
	method, path, _ := strings.Cut(word(r.Properties["RouteKey"]), " ")
	source := "arn:" + r.Stack.Partition + ":execute-api:" + r.Stack.Region + ":" + r.Stack.Account + ":" + api + "/$default/" + method + path
	for _, integration := range w.assembly.OfType("AWS::ApiGatewayV2::Integration") {
		if integration.Ref == id {
			return w.byService(r, "apigateway.amazonaws.com", "lambda:InvokeFunction", word(integration.Properties["IntegrationUri"]), onBehalf(r, source))
		}
	}
	return nil
}

func word(value any) string {
	text, _ := value.(string)
	return text
}

func items(value any) []any {
	all, _ := value.([]any)
	return all
}
