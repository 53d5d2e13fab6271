package workload

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/internal/policyview"
)

// noded is any construct.
type noded interface{ Node() constructs.Node }

// nameProperties are the properties that hold the name of a resource in the template, by type.
var nameProperties = map[string]string{
	"AWS::ApiGatewayV2::Api": "Name", "AWS::ApiGatewayV2::Stage": "StageName", "AWS::CloudTrail::Trail": "TrailName", "AWS::CloudWatch::Alarm": "AlarmName",
	"AWS::CloudWatch::Dashboard": "DashboardName", "AWS::EC2::Instance": "Tags", "AWS::Events::EventBus": "Name", "AWS::Events::Rule": "Name",
	"AWS::IAM::Role": "RoleName", "AWS::KMS::Key": "Description", "AWS::Lambda::Function": "FunctionName", "AWS::Logs::LogGroup": "LogGroupName",
	"AWS::S3::Bucket": "BucketName", "AWS::SNS::Topic": "TopicName", "AWS::SQS::Queue": "QueueName", "AWS::StepFunctions::StateMachine": "StateMachineName",
}

// Each construct has a node, and an accessor for each resource that an app may want to use further; these are the ones in the template.
func TestAccessors(t *testing.T) {
	f := newFixture(t)
	topic := NewAlarmTopic(f.source, "Alarms", AlarmTopicProps{TopicName: "app-alarms", AlarmPrefix: "app-"})
	failed := NewDeadLetterQueue(f.source, "Failed", DeadLetterQueueProps{QueueName: "app-fn-failed"})
	function := f.function("app-fn", GoFunctionProps{DeadLetterQueue: failed, AnswersFailures: true})
	bucket := awss3.NewBucket(f.target, jsii.String("Bucket"), &awss3.BucketProps{BucketName: jsii.String("app-data")})
	events := NewObjectEvents(f.target, "Events", ObjectEventsProps{
		Name: "app-sent", RoleName: "app-rule", Bucket: bucket, To: contract.Env{Account: "111111111111", Region: "ap-northeast-1"}, BusName: "app-events",
	})
	targetTopic := NewAlarmTopic(f.target, "Alarms", AlarmTopicProps{TopicName: "app-target-alarms", AlarmPrefix: "app-"})
	instance := NewLinuxInstance(f.source, "Instance", LinuxInstanceProps{InstanceName: "app", RoleName: "app-instance", Vpc: f.vpc})
	api := NewFunctionAPI(f.source, "Api", FunctionAPIProps{APIName: "app-items", Path: "/items", Function: function})
	all := map[string]noded{ // by path
		"Source/Alarms": topic, "Source/Failed": failed, "Source/app-fn/Function": function,
		"Source/FunctionAlarms": NewFunctionAlarms(f.source, "FunctionAlarms", FunctionAlarmsProps{Function: function, Topic: topic}),
		"Source/Dashboard":      NewDashboard(f.source, "Dashboard", DashboardProps{DashboardName: "app", Functions: []*GoFunction{function}}),
		"Source/Api":            api,
		"Source/ApiAlarm":       NewFunctionAPIAlarm(f.source, "ApiAlarm", FunctionAPIAlarmProps{API: api, Topic: topic}),
		"Source/Queue": NewEventQueue(f.source, "Queue", EventQueueProps{
			Name: "app-events", SenderRoleARN: sender, BucketName: "app-data", Function: function, Topic: topic,
		}),
		"Source/Instance":      instance,
		"Source/InstanceAlarm": NewInstanceAlarm(f.source, "InstanceAlarm", InstanceAlarmProps{Instance: instance.Instance(), Name: "app-instance", Topic: topic}),
		"Target/Events":        events,
		"Target/Alarm":         NewDeadLetterQueueAlarm(f.target, "Alarm", DeadLetterQueueAlarmProps{DeadLetterQueue: events.DeadLetterQueue(), Topic: targetTopic}),
		"Source/Copy": NewDistributedCopy(f.source, "Copy", DistributedCopyProps{
			Name: "app-runs", RoleName: "app-runs-role", Function: function, Prefixes: []string{"inbox/"}, ResultsBucketName: "app-results", Topic: topic,
			Origin: awss3.NewBucket(f.source, jsii.String("Origin"), &awss3.BucketProps{BucketName: jsii.String("app-origin")}),
		}),
		"Target/Trail": NewTrailBucket(f.target, "Trail", TrailBucketProps{BucketName: "app-trail", TrailName: "app-trail", CreateTrail: true}),
	}
	templates := map[string]policyview.Template{"Source": f.template(t, f.source), "Target": f.template(t, f.target)}
	expected := map[string]string{
		"AlarmTopic.Topic": "AWS::SNS::Topic app-alarms", "AlarmTopic.Key": "AWS::KMS::Key Alarms of topic app-alarms",
		"DeadLetterQueue.Queue": "AWS::SQS::Queue app-fn-failed",
		"GoFunction.Function":   "AWS::Lambda::Function app-fn", "GoFunction.Role": "AWS::IAM::Role app-fn", "GoFunction.LogGroup": "AWS::Logs::LogGroup /aws/lambda/app-fn",
		"FunctionAlarms.Errors": "AWS::CloudWatch::Alarm app-fn-errors", "FunctionAlarms.Throttles": "AWS::CloudWatch::Alarm app-fn-throttles",
		"FunctionAlarms.Duration": "AWS::CloudWatch::Alarm app-fn-duration", "FunctionAlarms.Messages": "AWS::CloudWatch::Alarm app-fn-failed-messages",
		"FunctionAlarms.Denied": "AWS::CloudWatch::Alarm app-fn-403", "FunctionAlarms.Failed": "AWS::CloudWatch::Alarm app-fn-5xx",
		"FunctionAlarms.Throttled": "AWS::CloudWatch::Alarm app-fn-429", "FunctionAPIAlarm.Alarm": "AWS::CloudWatch::Alarm app-items-api-5xx",
		"EventQueue.Age":      "AWS::CloudWatch::Alarm app-events-age",
		"Dashboard.Dashboard": "AWS::CloudWatch::Dashboard app",
		"FunctionAPI.API":     "AWS::ApiGatewayV2::Api app-items", "FunctionAPI.Stage": "AWS::ApiGatewayV2::Stage $default",
		"FunctionAPI.AccessLogs": "AWS::Logs::LogGroup /aws/vendedlogs/apis/app-items",
		"EventQueue.Bus":         "AWS::Events::EventBus app-events", "EventQueue.Rule": "AWS::Events::Rule app-events", "EventQueue.Queue": "AWS::SQS::Queue app-events",
		"EventQueue.DeadLetterQueue": "AWS::SQS::Queue app-events-failed", "EventQueue.Alarm": "AWS::CloudWatch::Alarm app-events-failed-messages",
		"LinuxInstance.Instance": `AWS::EC2::Instance [{"Key":"Name","Value":"app"}]`, "LinuxInstance.Role": "AWS::IAM::Role app-instance",
		"ObjectEvents.Rule": "AWS::Events::Rule app-sent", "ObjectEvents.Role": "AWS::IAM::Role app-rule", "ObjectEvents.DeadLetterQueue": "AWS::SQS::Queue app-sent-unsent",
		"InstanceAlarm.Alarm":          "AWS::CloudWatch::Alarm app-instance-status",
		"DeadLetterQueueAlarm.Alarm":   "AWS::CloudWatch::Alarm app-sent-unsent-messages",
		"DistributedCopy.StateMachine": "AWS::StepFunctions::StateMachine app-runs", "DistributedCopy.Role": "AWS::IAM::Role app-runs-role",
		"DistributedCopy.Results": "AWS::S3::Bucket app-results", "DistributedCopy.LogGroup": "AWS::Logs::LogGroup /aws/vendedlogs/states/app-runs",
		"DistributedCopy.Failed": "AWS::CloudWatch::Alarm app-runs-failed", "DistributedCopy.Aborted": "AWS::CloudWatch::Alarm app-runs-aborted",
		"DistributedCopy.TimedOut": "AWS::CloudWatch::Alarm app-runs-timedout",
		"TrailBucket.Bucket":       "AWS::S3::Bucket app-trail", "TrailBucket.Trail": "AWS::CloudTrail::Trail app-trail",
	}
	// They return no resource of their own.
	others := []string{"DistributedCopy.ARN", "FunctionAPI.ARN", "FunctionAPI.URL", "GoFunction.Connections", "GoFunction.GrantPrincipal", "GoFunction.ID",
		"LinuxInstance.Connections", "LinuxInstance.GrantPrincipal", "TrailBucket.Prefix"}
	found, types := map[string]string{}, []string{}
	for path, construct := range all {
		if *construct.Node().Path() != path {
			t.Errorf("found node %s, expected %s", *construct.Node().Path(), path)
		}
		value := reflect.ValueOf(construct)
		name := value.Type().Elem().Name()
		types = append(types, name)
		for i := range value.NumMethod() {
			method := value.Type().Method(i)
			key := name + "." + method.Name
			if method.Name == "Node" || slices.Contains(others, key) || method.Type.NumIn() > 1 {
				continue
			}
			returned, ok := value.Method(i).Call(nil)[0].Interface().(noded)
			if !ok {
				t.Errorf("%s: found no construct, expected one, or the method among the others", key)
				continue
			}
			found[key] = resource(t, templates[path[:len("Source")]], returned)
		}
	}
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("what accessors return (-expected +found):\n%s", diff)
	}
	slices.Sort(types)
	if diff := cmp.Diff(constructors(t), types); diff != "" {
		t.Errorf("constructs (-of the package +tested):\n%s", diff)
	}
}

func TestAccessorsOfWhatIsNotThere(t *testing.T) {
	f := newFixture(t)
	topic := NewAlarmTopic(f.source, "Alarms", AlarmTopicProps{TopicName: "app-alarms", AlarmPrefix: "app-"})
	alarms := NewFunctionAlarms(f.source, "FunctionAlarms", FunctionAlarmsProps{Function: f.function("app-fn", GoFunctionProps{}), Topic: topic})
	if alarms.Messages() != nil {
		t.Error("found an alarm of messages without a dead-letter queue")
	}
	if trail := NewTrailBucket(f.target, "Trail", TrailBucketProps{BucketName: "app-trail", TrailName: "app-trail"}).Trail(); trail != nil {
		t.Error("found a trail, expected none without CreateTrail")
	}
}

// resource returns the type and the name of a construct's resource as they are in the template.
func resource(t *testing.T, template policyview.Template, construct noded) string {
	t.Helper()
	element, ok := construct.(awscdk.CfnElement)
	if !ok {
		element = construct.Node().DefaultChild().(awscdk.CfnElement)
	}
	id := awscdk.Stack_Of(element).Resolve(element.LogicalId()).(string)
	r, ok := template.Resources[id]
	if !ok {
		t.Errorf("%s: found no resource %s in the template", *construct.Node().Path(), id)
	}
	name := r.Properties[nameProperties[r.Type]]
	if _, text := name.(string); !text {
		name = asJSON(name)
	}
	return fmt.Sprint(r.Type, " ", name)
}

var constructor = regexp.MustCompile(`(?m)^func New(\w+)\(scope constructs\.Construct`)

// constructors returns the sorted names of the package's constructs.
func constructors(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range constructor.FindAllStringSubmatch(string(content), -1) {
			names[match[1]] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
