package workload

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/jsii-runtime-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/internal/policyview"
)

// copied is an app that copies by a state machine.
func copied(t *testing.T, change func(*DistributedCopyProps)) (*DistributedCopy, policyview.Template) {
	t.Helper()
	f := newFixture(t)
	props := DistributedCopyProps{
		Name: "app-runs", RoleName: "app-runs-role", Function: f.function("app-copy", GoFunctionProps{}), Prefixes: []string{"inbox/", "a b/ü/"},
		Origin:            awss3.NewBucket(f.source, jsii.String("Origin"), &awss3.BucketProps{BucketName: jsii.String("app-origin")}),
		ResultsBucketName: "app-results", Topic: NewAlarmTopic(f.source, "Alarms", AlarmTopicProps{TopicName: "app-alarms", AlarmPrefix: "app-"}),
	}
	if change != nil {
		change(&props)
	}
	d := NewDistributedCopy(f.source, "Copy", props)
	NewDashboard(f.source, "Dashboard", DashboardProps{DashboardName: "app", Functions: []*GoFunction{props.Function}, Copies: []*DistributedCopy{d}})
	return d, f.template(t, f.source)
}

// statesOf are all states of a definition by name, with those of branches and of child workflows; a name that is there twice is an error.
func statesOf(t *testing.T, definition any, into map[string]map[string]any) {
	t.Helper()
	switch one := definition.(type) {
	case map[string]any:
		for name, value := range one {
			if states, ok := value.(map[string]any); ok && name == "States" {
				for name, s := range states {
					if into[name] != nil || len(name) > 80 {
						t.Errorf("found state %q twice, or its name too long", name)
					}
					into[name] = s.(map[string]any)
				}
			}
			statesOf(t, value, into)
		}
	case []any:
		for _, value := range one {
			statesOf(t, value, into)
		}
	}
}

// checkTransitions checks that each state leads to one beside it, and that each is reached.
func checkTransitions(t *testing.T, machine map[string]any) {
	t.Helper()
	states, reached := machine["States"].(map[string]any), map[string]bool{}
	var reach func(name string)
	reach = func(name string) {
		s, ok := states[name].(map[string]any)
		if !ok {
			t.Errorf("found no state %q", name)
		}
		if reached[name] || !ok {
			return
		}
		reached[name] = true
		var next []string
		for _, choice := range list(s["Choices"]) {
			next = append(next, choice.(map[string]any)["Next"].(string))
		}
		for _, field := range []string{"Next", "Default"} {
			if to, ok := s[field].(string); ok {
				next = append(next, to)
			}
		}
		if end := s["End"] == true || s["Type"] == "Succeed" || s["Type"] == "Fail"; end == (len(next) > 0) {
			t.Errorf("state %q: found next states %q, and that it is an end: %t", name, next, end)
		}
		for _, branch := range list(s["Branches"]) {
			checkTransitions(t, branch.(map[string]any))
		}
		if processor, ok := s["ItemProcessor"].(map[string]any); ok {
			checkTransitions(t, processor)
		}
		for _, to := range next {
			reach(to)
		}
	}
	reach(machine["StartAt"].(string))
	for name := range states {
		if !reached[name] {
			t.Errorf("state %q is never reached", name)
		}
	}
}

func list(value any) []any { all, _ := value.([]any); return all }

func TestTheDefinitionOfACopy(t *testing.T) {
	for format, c := range map[InventoryFormat]struct {
		start  string
		labels []string
		reader any // of the inventory
	}{
		NoInventory:      {"Find runs", []string{"1-inbox", "2-a-b"}, nil},
		InventoryCSV:     {"Any inventory?", []string{"1-inbox", "2-a-b", "inventory"}, "MANIFEST"},
		InventoryParquet: {"Any inventory?", []string{"1-inbox", "2-a-b", "inventory"}, "PARQUET"},
	} {
		_, template := copied(t, func(p *DistributedCopyProps) { p.Inventory, p.ToleratedFailurePercent = format, 7 })
		machine := only(t, template, "AWS::StepFunctions::StateMachine").Properties
		definition := machine["Definition"].(map[string]any)
		states := map[string]map[string]any{}
		statesOf(t, definition, states)
		checkTransitions(t, definition)
		requireDefinition(t, format, definition)
		var labels []string
		for name, s := range states {
			if s["Label"] == nil {
				continue
			}
			label := s["Label"].(string)
			labels = append(labels, label)
			batcher := s["ItemBatcher"].(map[string]any)
			keys := "plain"
			if label == "inventory" && format == InventoryCSV {
				keys = "url"
			}
			want := map[string]any{"MaxItemsPerBatch": 500.0, "MaxInputBytesPerBatch": 131072.0, "BatchInput": map[string]any{"keys": keys, "largeBytes": 10737418240.0}}
			if diff := cmp.Diff(want, batcher); diff != "" || s["MaxConcurrency"] != 10.0 || s["ToleratedFailurePercentage"] != 7.0 {
				t.Errorf("%s: found %s", name, asJSON(s))
			}
			reader := s["ItemReader"].(map[string]any)
			config, _ := reader["ReaderConfig"].(map[string]any)
			if label == "inventory" && config["InputType"] != c.reader || label != "inventory" && reader["Resource"] != "arn:aws:states:::s3:listObjectsV2" {
				t.Errorf("%s, %s: found reader %s", format, label, asJSON(reader))
			}
			if got := asJSON(s["ResultWriter"]); got != `{"Parameters":{"Bucket":"app-results","Prefix":"runs"},"Resource":"arn:aws:states:::s3:putObject"}` {
				t.Errorf("%s: found writer %s", label, got)
			}
		}
		slices.Sort(labels)
		if definition["StartAt"] != c.start || !slices.Equal(labels, c.labels) {
			t.Errorf("%s: found %v and labels %q, expected %s and %q", format, definition["StartAt"], labels, c.start, c.labels)
		}
		if got := asJSON(states["Copy 2-a-b"]["ItemReader"].(map[string]any)["Parameters"]); !strings.Contains(got, `"Prefix":"a b/ü/"`) {
			t.Errorf("found reader %s, expected the prefix as it is", got)
		}
		if machine["StateMachineType"] != "STANDARD" || asJSON(machine["TracingConfiguration"]) != `{"Enabled":true}` || machine["LoggingConfiguration"].(map[string]any)["IncludeExecutionData"] != false {
			t.Errorf("found %s", asJSON(machine["LoggingConfiguration"]))
		}
	}
}

// The role may do what it is recorded to use, and what logs and traces take.
func TestTheRoleOfACopy(t *testing.T) {
	_, template := copied(t, func(p *DistributedCopyProps) {
		p.Inventory, p.Schedule = InventoryCSV, awsevents.Schedule_Expression(jsii.String("rate(1 day)"))
	})
	const states, results = "arn:aws:states:ap-northeast-1:111111111111:", "arn:aws:s3:::app-results/"
	uses := []string{
		`{"sid":"ListOrigin","actions":["s3:ListBucket"],"resources":[{"Fn::GetAtt":["Origin","Arn"]}],"conditions":{"StringEquals":{"s3:prefix":["inbox/","a b/ü/"]}}}`,
		`{"sid":"InvokeCopy","actions":["lambda:InvokeFunction"],"resources":[{"Fn::GetAtt":["appcopyFunction","Arn"]}]}`,
		`{"sid":"WriteResults","actions":["s3:PutObject","s3:GetObject","s3:ListMultipartUploadParts","s3:AbortMultipartUpload"],"resources":["` + results + `runs/*"]}`,
		`{"sid":"FindRuns","actions":["states:ListExecutions","states:StartExecution"],"resources":["` + states + `stateMachine:app-runs"]}`,
		`{"sid":"WatchRuns","actions":["states:DescribeExecution","states:StopExecution"],"resources":["` + states + `execution:app-runs:*","` + states + `execution:app-runs/*"]}`,
		`{"sid":"RedriveChildren","actions":["states:RedriveExecution"],"resources":["` + states + `execution:app-runs/*"]}`,
		`{"sid":"CountCopied","actions":["states:DescribeMapRun"],"resources":["` + states + `mapRun:app-runs/*"]}`,
		`{"sid":"ReadInventory","actions":["s3:GetObject"],"resources":["` + results + `inventory/*"]}`,
	}
	for i, use := range uses {
		uses[i] = sorted(t, use)
	}
	checkIntents(t, template, "use", map[string]string{
		"Copy/Use":   sorted(t, `{"role":{"Fn::GetAtt":["CopyRole","Arn"]},"statements":[`+strings.Join(uses, ",")+`]}`),
		"Copy/Start": sorted(t, `{"role":{"Fn::GetAtt":["CopyStartRole","Arn"]},"statements":[{"sid":"StartRun","actions":["states:StartExecution"],"resources":["`+states+`stateMachine:app-runs"]}]}`),
	})
	everywhere := map[string]bool{}
	for _, r := range template.Resources {
		if r.Type != "AWS::IAM::Policy" || !strings.Contains(asJSON(r.Properties["Roles"]), "CopyRole") {
			continue
		}
		for _, s := range list(r.Properties["PolicyDocument"].(map[string]any)["Statement"]) {
			if s := s.(map[string]any); s["Resource"] == "*" {
				for _, action := range list(s["Action"]) {
					everywhere[strings.Split(action.(string), ":")[0]] = true
				}
			}
		}
	}
	if diff := cmp.Diff(map[string]bool{"logs": true, "xray": true}, everywhere); diff != "" {
		t.Errorf("services with actions on all resources (-expected +found):\n%s", diff)
	}
	role := byName(template, "AWS::IAM::Role", "RoleName")["app-runs-role"].Properties
	const trust = `[{"Action":"sts:AssumeRole","Condition":{"ArnLike":{"aws:SourceArn":["` + states + `stateMachine:app-runs","` + states + `stateMachine:app-runs/*"]},"StringEquals":{"aws:SourceAccount":"111111111111"}},"Effect":"Allow","Principal":{"Service":"states.amazonaws.com"}}]`
	if got := asJSON(role["AssumeRolePolicyDocument"].(map[string]any)["Statement"]); got != trust {
		t.Errorf("found %s", got)
	}
}

// What starts runs: nothing by default.
func TestWhatStartsACopy(t *testing.T) {
	_, template := copied(t, nil)
	if rules := byName(template, "AWS::Events::Rule", "Name"); len(rules) != 0 {
		t.Errorf("found rules %v", rules)
	}
	_, template = copied(t, func(p *DistributedCopyProps) {
		p.Inventory, p.Schedule = InventoryParquet, awsevents.Schedule_Expression(jsii.String("rate(1 day)"))
		p.Events = &awsevents.EventPattern{Source: jsii.Strings("app"), DetailType: jsii.Strings("delivered")}
	})
	rules := byName(template, "AWS::Events::Rule", "Name")
	for name, want := range map[string]string{
		"app-runs-schedule":    `"rate(1 day)" null "{}"`,
		"app-runs-events":      `null {"detail-type":["delivered"],"source":["app"]} "{}"`,
		"app-runs-inventories": `null {"detail":{"bucket":{"name":["app-results"]},"object":{"key":[{"suffix":"/manifest.checksum"}]}},"detail-type":["Object Created"],"source":["aws.s3"]} null`,
	} {
		p := rules[name].Properties
		if p == nil {
			t.Errorf("found no rule %s", name)
			continue
		}
		target := p["Targets"].([]any)[0].(map[string]any)
		if got := fmt.Sprint(asJSON(p["ScheduleExpression"]), " ", asJSON(p["EventPattern"]), " ", asJSON(target["Input"])); got != want {
			t.Errorf("%s: found %s, expected %s", name, got, want)
		}
	}
	transformer := rules["app-runs-inventories"].Properties["Targets"].([]any)[0].(map[string]any)["InputTransformer"]
	if got := asJSON(transformer); got != `{"InputPathsMap":{"key":"$.detail.object.key"},"InputTemplate":"{\"manifest\":\u003ckey\u003e}"}` {
		t.Errorf("found %s", got)
	}
	buckets := byName(template, "AWS::S3::Bucket", "BucketName")
	var inventories []string
	for _, one := range list(buckets["app-origin"].Properties["InventoryConfigurations"]) {
		c := one.(map[string]any)
		inventories = append(inventories, fmt.Sprint(c["Id"], " ", c["Prefix"], " ", asJSON(c["Destination"])))
	}
	const destination = `{"BucketAccountId":"111111111111","BucketArn":"arn:aws:s3:::app-results","Format":"Parquet","Prefix":"inventory"}`
	if diff := cmp.Diff([]string{"crossgrant-1-inbox inbox/ " + destination, "crossgrant-2-a-b a b/ü/ " + destination}, inventories); diff != "" {
		t.Errorf("inventories (-expected +found):\n%s", diff)
	}
	alarm := func(name string) string {
		return `{"from":{"Fn::GetAtt":["CopyAlarms` + name + `","Arn"]},"to":{"Ref":"AlarmsTopic"}}`
	}
	checkIntents(t, template, "delivery", map[string]string{
		"Copy/Alarms/failed/Notify": alarm("failed"), "Copy/Alarms/aborted/Notify": alarm("aborted"), "Copy/Alarms/timedout/Notify": alarm("timedout"),
		"Copy/Inventories":   `{"from":{"Fn::GetAtt":["Origin","Arn"]},"to":{"Fn::GetAtt":["CopyResults","Arn"]}}`,
		"Copy/Notifications": `{"from":{"Fn::GetAtt":["CopyResults","Arn"]},"to":"arn:aws:events:ap-northeast-1:111111111111:event-bus/default"}`,
	})
	if got := asJSON(buckets["app-results"].Properties["NotificationConfiguration"]); got != `{"EventBridgeConfiguration":{"EventBridgeEnabled":true}}` {
		t.Errorf("found notifications %s", got)
	}
}

func TestAlarmsAndResultsOfACopy(t *testing.T) {
	_, template := copied(t, func(p *DistributedCopyProps) { p.ResultsDays = 3 })
	alarms := byName(template, "AWS::CloudWatch::Alarm", "AlarmName")
	for suffix, metric := range map[string]string{"failed": "ExecutionsFailed", "aborted": "ExecutionsAborted", "timedout": "ExecutionsTimedOut"} {
		p := alarms["app-runs-"+suffix].Properties
		if p == nil || p["MetricName"] != metric || p["Namespace"] != "AWS/States" || p["Threshold"] != 0.0 ||
			asJSON(p["Dimensions"]) != `[{"Name":"StateMachineArn","Value":"arn:aws:states:ap-northeast-1:111111111111:stateMachine:app-runs"}]` {
			t.Errorf("%s: found %s", suffix, asJSON(p))
		}
	}
	results := byName(template, "AWS::S3::Bucket", "BucketName")["app-results"]
	if p := results.Properties; asJSON(p["BucketEncryption"]) != `{"ServerSideEncryptionConfiguration":[{"ServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"}}]}` ||
		!strings.Contains(asJSON(p["LifecycleConfiguration"]), `"ExpirationInDays":3`) || strings.Count(asJSON(p["PublicAccessBlockConfiguration"]), "true") != 4 || p["NotificationConfiguration"] != nil {
		t.Errorf("found results bucket %s", asJSON(p))
	}
	if text := asJSON(only(t, template, "AWS::CloudWatch::Dashboard").Properties); !strings.Contains(text, "app-runs runs: failures") {
		t.Errorf("found dashboard %s", text)
	}
}
