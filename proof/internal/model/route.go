package model

import (
	"cmp"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// The requests by which services bring something from one resource to another.

const eventBridge = "events.amazonaws.com"

// sending are the actions by which something is sent to a resource, by its service.
var sending = map[string]string{"events": "events:PutEvents", "lambda": "lambda:InvokeFunction", "sns": "sns:Publish", "sqs": "sqs:SendMessage", "states": "states:StartExecution"}

// notify: CloudWatch publishes to a topic of an alarm.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
func (m *Model) notify(d *Declared, alarm *assembly.Resource, topic string) {
	switch enabled := alarm.Properties["ActionsEnabled"]; enabled {
	case nil, true, "true":
	case false, "false":
		d.fails(alarm, "set its ActionsEnabled to true", "the actions of %s are disabled", accounts.DisplayName(alarm))
		d.set(true, "ActionsEnabled")
	default:
		d.mayFail(alarm, "make its ActionsEnabled known", "whether the actions of %s are enabled is not known", accounts.DisplayName(alarm))
	}
	d.add(alarm, m.byService("cloudwatch.amazonaws.com", "sns:Publish", topic, forResource(alarm, alarm.ARN))...)
}

// trail: CloudTrail reads the bucket's ACL, then writes, with the trail's key if it has one.
func (m *Model) trail(d *Declared, r *assembly.Resource) {
	switch logging := r.Properties["IsLogging"]; logging {
	case true, "true":
	case false, "false":
		d.fails(r, "set its IsLogging to true", "%s does not log", accounts.DisplayName(r))
		d.set(true, "IsLogging")
	default:
		d.mayFail(r, "set its IsLogging to true", "whether %s logs is not known", accounts.DisplayName(r))
		d.set(true, "IsLogging")
	}
	of := trailOf{arn: r.ARN, account: r.Stack.Account, prefix: text(r.Properties["S3KeyPrefix"]), hasKey: r.Properties["KMSKeyId"] != nil}
	if organization := r.Properties["IsOrganizationTrail"]; organization == true || organization == "true" {
		of.organization = m.organizationOf(r)
	}
	d.add(r, m.logs(of, "arn:"+r.Stack.Partition+":s3:::"+text(r.Properties["S3BucketName"]))...)
	m.notifyOfLogs(d, r)
	if key := text(r.Properties["KMSKeyId"]); key != "" {
		named, managed := m.Accounts.KeyNamed(r, key)
		if managed != "" {
			d.fails(r, "set its KMSKeyId to a customer managed key", "%s encrypts with the AWS managed key %s, which CloudTrail cannot use", accounts.DisplayName(r), managed)
			return
		}
		d.add(r, m.encryptLogs(of, named)...)
	}
}

// notifyOfLogs: CloudTrail publishes to the topic of a trail, and refuses a trail whose topic it may not publish to. AWS's own policy of such a topic does not
// say for which trail.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-permissions-for-sns-notifications.html
func (m *Model) notifyOfLogs(d *Declared, r *assembly.Resource) {
	topic := text(r.Properties["SnsTopicName"])
	if topic == "" {
		return
	}
	if policy.IsKnown(topic) && !strings.HasPrefix(topic, "arn:") {
		topic = "arn:" + r.Stack.Partition + ":sns:" + r.Stack.Region + ":" + r.Stack.Account + ":" + topic
	}
	for _, one := range m.Assembly.OfType("AWS::SNS::Topic") {
		if topic == one.Name && one.Stack.Account == r.Stack.Account && one.Stack.Region == r.Stack.Region {
			topic = one.ARN
		}
	}
	if len(m.Assembly.ByARN(topic)) == 0 {
		d.mayFail(r, "create the topic with a policy that lets cloudtrail.amazonaws.com publish, or remove SnsTopicName",
			"no template has topic %s of %s, and CloudTrail refuses a trail whose topic it may not publish to", topic, accounts.DisplayName(r))
		return
	}
	all := m.byService("cloudtrail.amazonaws.com", "sns:Publish", topic, map[string][]string{"aws:SourceArn": {r.ARN}, "aws:SourceAccount": {r.Stack.Account}})
	for i := range all {
		all[i].Deputy = false
	}
	d.add(r, all...)
}

// trailOf is what CloudTrail says of a trail when it delivers.
type trailOf struct {
	arn, account, prefix string
	organization         string // "" unless it logs the organization's accounts
	hasKey               bool   // whether it encrypts with a key of its own, and not with that of the bucket
}

// logs: CloudTrail reads a bucket's ACL, then writes: the trail's own account, and for an organization's trail the other accounts.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html
func (m *Model) logs(t trailOf, bucket string) []Connection {
	const service = "cloudtrail.amazonaws.com"
	context := map[string][]string{"aws:SourceArn": {t.arn}, "aws:SourceAccount": {t.account}}
	prefix := t.prefix
	if prefix != "" {
		prefix += "/"
	}
	places := []string{t.account}
	if t.organization != "" {
		places = append(places, t.organization+"/"+t.account)
	}
	all := m.byService(service, "s3:GetBucketAcl", bucket, context)
	acl := map[string][]string{"s3:x-amz-acl": {"bucket-owner-full-control"}}
	for _, place := range places {
		logs := bucket + "/" + prefix + "AWSLogs/" + place + "/"
		for _, write := range m.byService(service, "s3:PutObject", logs+"CloudTrail/"+AnyName, Merge(context, acl)) {
			write.AnyKey, write.Pattern, write.Conditions = t.hasKey, logs+"*", map[string]map[string][]string{"StringEquals": acl}
			all = append(all, write)
		}
	}
	return all
}

// encryptLogs: CloudTrail encrypts the log files with the trail's own key.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html
func (m *Model) encryptLogs(t trailOf, key string) []Connection {
	const service = "cloudtrail.amazonaws.com"
	context := map[string][]string{"aws:SourceArn": {t.arn}, "aws:SourceAccount": {t.account}}
	encryption := Merge(context, map[string][]string{"kms:EncryptionContext:aws:cloudtrail:arn": {t.arn}})
	return []Connection{
		{Access: Access{Caller: service, Action: "kms:GenerateDataKey", Resource: key, Owner: arn.Account(key), Context: encryption}},
		{Access: Access{Caller: service, Action: "kms:DescribeKey", Resource: key, Owner: arn.Account(key), Context: context}},
	}
}

// organizationOf is the ID of the organization of a trail: the one that is known, or the one that the bucket's policy names, or else an example.
func (m *Model) organizationOf(trail *assembly.Resource) string {
	if id := m.Organization(trail.Stack.Account); id != "" {
		return id
	}
	bucket, ok := m.Accounts.ResourceOf("arn:" + trail.Stack.Partition + ":s3:::" + text(trail.Properties["S3BucketName"]))
	if ok && bucket.Policy != nil {
		for i := range bucket.Policy.Statements {
			for _, resource := range bucket.Policy.Statements[i].Elements().Resources {
				if _, place, ok := strings.Cut(resource, "AWSLogs/"); ok && strings.HasPrefix(place, "o-") && policy.IsKnown(place) {
					id, _, _ := strings.Cut(place, "/")
					return Example(id)
				}
			}
		}
	}
	return OtherOrganization
}

// mapping: Lambda takes messages from a queue as the function's role.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-permissions
func (m *Model) mapping(d *Declared, r *assembly.Resource) {
	queue := text(r.Properties["EventSourceArn"])
	function := m.function(r, text(r.Properties["FunctionName"]))
	if function == nil || serviceOf(queue) != "sqs" {
		return
	}
	switch enabled := r.Properties["Enabled"]; enabled {
	case nil, true, "true":
	case false, "false":
		d.fails(r, "set its Enabled to true", "the mapping of queue %s to %s is disabled", queue, accounts.DisplayName(function))
		d.set(true, "Enabled")
	default:
		d.mayFail(r, "make its Enabled known", "whether the mapping of queue %s to %s is enabled is not known", queue, accounts.DisplayName(function))
	}
	m.published(d, r, text(r.Properties["FunctionName"]))
	m.visible(d, function, queue)
	d.add(r, m.byRole(text(function.Properties["Role"]), queue, "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")...)
}

// visible compares the visibility timeout of a queue with the timeout of the function that gets its messages: Lambda refuses a mapping if a message
// would appear again while the function still works on it.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html#events-sqs-queueconfig
func (m *Model) visible(d *Declared, function *assembly.Resource, queue string) {
	for _, q := range m.Assembly.ByARN(queue) {
		visible, ok := seconds(q.Properties["VisibilityTimeout"], 30)
		timeout, also := seconds(function.Properties["Timeout"], 3)
		switch remedy := "set the VisibilityTimeout of the queue to 6 times the Timeout of the function, as AWS recommends"; {
		case !ok || !also:
			d.mayFail(q, remedy, "whether the visibility timeout of %s is at least the timeout of %s is not known", accounts.DisplayName(q), accounts.DisplayName(function))
		case visible < timeout:
			d.fails(q, remedy, "the visibility timeout of %s is %g seconds, less than the %g seconds of the timeout of %s, which Lambda refuses",
				accounts.DisplayName(q), visible, timeout, accounts.DisplayName(function))
		}
	}
}

// asFunction: Lambda sends events of a function to a destination as the function's role.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html#invocation-dlq
func (m *Model) asFunction(function *assembly.Resource, destination string) []Connection {
	if action := sending[serviceOf(destination)]; action != "" {
		return m.byRole(text(function.Properties["Role"]), destination, action)
	}
	return nil
}

// function is the function that a resource names, by name or ARN, perhaps with a version or an alias. Nil if no template has it.
func (m *Model) function(r *assembly.Resource, name string) *assembly.Resource {
	a, _ := arn.Parse(m.functionNamed(r, name))
	if parts := strings.SplitN(a.Resource, ":", 3); len(parts) == 3 { // a version or an alias
		a.Resource = parts[0] + ":" + parts[1]
	}
	for _, r := range m.Assembly.ByARN(a.String()) {
		if r.Type == "AWS::Lambda::Function" {
			return r
		}
	}
	return nil
}

// functionNamed is the ARN of a function, a version or an alias that a resource names by its name, or a part of its ARN.
func (m *Model) functionNamed(r *assembly.Resource, name string) string {
	if strings.HasPrefix(name, "arn:") {
		return name
	}
	if _, after, ok := strings.Cut(name, ":function:"); ok {
		name = after
	}
	return "arn:" + r.Stack.Partition + ":lambda:" + r.Stack.Region + ":" + r.Stack.Account + ":function:" + name
}

// enabled adds a fault for a rule that is not enabled.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-rule.html
func (d *Declared) enabled(rule *assembly.Resource) {
	switch state := text(rule.Properties["State"]); {
	case state == "" && rule.Properties["State"] == nil || strings.HasPrefix(state, "ENABLED"):
	case policy.IsKnown(state):
		d.fails(rule, "set its State to ENABLED", "%s has the state %s", accounts.DisplayName(rule), state)
		d.set("ENABLED", "State")
	default:
		d.mayFail(rule, "set its State to ENABLED", "the state of %s is not known", accounts.DisplayName(rule))
		d.set("ENABLED", "State")
	}
}

// send: EventBridge sends what a rule matches to a target: as the target's role if it has one, or else as itself, which it does within its
// account only. The context is what a bus gets to know of the event.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-cross-account.html
func (m *Model) send(d *Declared, rule *assembly.Resource, target map[string]any, context map[string][]string) {
	destination, role := text(target["Arn"]), text(target["RoleArn"])
	service := serviceOf(destination)
	action := sending[service]
	owner := arn.Account(destination)
	m.grouped(d, rule, target, destination)
	m.published(d, rule, destination)
	switch {
	case action == "":
	case role != "":
		// A bus takes events of a whole account unless its policy names the role and the source. Elsewhere, that nobody may pass a role to another
		// account is enough, as in AWS's own example.
		toBus := service == "events"
		d.add(rule, Connection{Deputy: toBus, Access: Access{Caller: eventBridge, Action: "sts:AssumeRole", Resource: role, Owner: arn.Account(role), Context: forResource(rule, rule.ARN)}})
		for _, put := range m.byRole(role, destination, action) {
			if toBus && put.Caller == role {
				put.Deputy, put.Context = true, Merge(context, nil)
			}
			d.add(rule, put)
		}
	case owner != rule.Stack.Account && policy.IsKnown(owner) && policy.IsKnown(rule.Stack.Account):
		d.fails(rule, "set RoleArn of the target to a role that "+eventBridge+" may assume and that may "+action+" on "+destination,
			"its target %s is in another account and has no RoleArn, without which EventBridge sends nothing there", destination)
		d.add(rule)
	default:
		d.add(rule, m.byService(eventBridge, action, destination, forResource(rule, rule.ARN))...)
	}
}

// sendUnsent: EventBridge sends what a rule could not send to a queue.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
func (m *Model) sendUnsent(d *Declared, rule *assembly.Resource, queue string) {
	m.standard(d, rule, queue)
	d.add(rule, m.byService(eventBridge, "sqs:SendMessage", queue, forResource(rule, rule.ARN))...)
}

// notifyFromBucket: S3 sends a notification to a function, a queue or a topic.
func (m *Model) notifyFromBucket(d *Declared, bucket *assembly.Resource, destination string) {
	if action := sending[serviceOf(destination)]; action != "" {
		m.standard(d, bucket, destination)
		m.published(d, bucket, destination)
		d.add(bucket, m.byService("s3.amazonaws.com", action, destination, forResource(bucket, bucket.ARN))...)
	}
}

// deliverFromTopic: SNS sends messages of a topic to a queue or a function. AWS's own example of a queue's key lets SNS use it for any topic: the
// queue says for which.
// https://docs.aws.amazon.com/sns/latest/dg/sns-enable-encryption-for-topic-sqs-queue-subscriptions.html
func (m *Model) deliverFromTopic(d *Declared, subscription *assembly.Resource, topic, endpoint string) {
	action := sending[serviceOf(endpoint)]
	if action == "" {
		return
	}
	m.published(d, subscription, endpoint)
	all := m.byService("sns.amazonaws.com", action, endpoint, map[string][]string{"aws:SourceArn": {topic}, "aws:SourceAccount": {arn.Account(topic)}})
	for i := range all {
		all[i].Deputy = serviceOf(all[i].Resource) != "kms"
	}
	d.add(subscription, all...)
}

// throughRole: a service assumes a role for a source, and does something as that role.
func (m *Model) throughRole(d *Declared, r *assembly.Resource, service, source, role, destination, action string) {
	if action == "" || role == "" {
		return
	}
	d.add(r, Connection{Access: Access{Caller: service, Action: "sts:AssumeRole", Resource: role, Owner: arn.Account(role), Context: forResource(r, source)}})
	d.add(r, m.byRole(role, destination, action)...)
}

// Use is what a role does beyond its grants, as one statement declares.
type Use struct {
	contract.Statement
	// Role is the ARN of the role.
	Role string
}

// use: a role makes the requests of a statement, from each workload that runs as that role. Of what a wildcard means, those count that the statement's own
// policy does not deny; of an intent, which has no wildcards and no policy, own is nil.
func (m *Model) use(d *Declared, r *assembly.Resource, role string, s contract.Statement, own *policy.Document) {
	samples, err := Samples(s, s.Resources)
	if err != nil {
		d.mayFail(r, "", "%v", err)
		return
	}
	m.Uses = append(m.Uses, Use{s, role})
	d.Faults = append(d.Faults, m.Archived(s)...)
	fits := map[string]bool{}
	for _, one := range samples {
		a := Access{Caller: role, Resource: one.Resource, Owner: cmp.Or(arn.Account(one.Resource), arn.Account(role)), Context: one.Context, Pattern: one.Pattern, Conditions: s.Conditions}
		if owner, ok := m.Accounts.ResourceOf(a.Resource); ok {
			a.Owner = owner.Stack.Account
		} else if one.Pattern == "*" {
			a.Resource, a.Nonexistent = one.Pattern, true // the action has no resource
		}
		if via := one.Context["kms:ViaService"]; len(via) > 0 {
			a.Through, _, _ = strings.Cut(via[0], ".")
		}
		for _, a.Action = range Expand(one.Action, a.Resource) {
			fits[one.Action] = true
			if a.Action != one.Action && denies(own, a) {
				continue
			}
			for _, from := range m.FromWorkloads(a) {
				d.add(r, Connection{Access: from})
			}
		}
	}
	for _, action := range s.Actions {
		if !fits[action] {
			d.mayFail(r, "name the actions that have to work", "what %s means on %s is not known", action, strings.Join(s.Resources, ", "))
		}
	}
}

// denies says that a policy surely denies an access.
func denies(d *policy.Document, a Access) bool {
	r := policy.Request{Principal: Session(a.Caller), Action: a.Action, Resource: a.Resource, Context: a.Context}
	return d != nil && policy.Decide(r, policy.Policies{Identity: []*policy.Document{d}}) == policy.ExplicitlyDenied
}
