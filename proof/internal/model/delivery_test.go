package model

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// deliveries is a template that records everything that has to arrive somewhere, and in which it does.
const deliveries = `
Metadata:
  CrossGrant::Intent::Alarm: {delivery: {from: !GetAtt Alarm.Arn, to: !Ref Topic}}
  CrossGrant::Intent::Logs: {delivery: {from: "arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit", to: !GetAtt Bucket.Arn}}
  CrossGrant::Intent::Notifications: {delivery: {from: !GetAtt Bucket.Arn, to: "arn:aws:events:eu-west-1:111111111111:event-bus/default"}}
  CrossGrant::Intent::Inventories: {delivery: {from: !GetAtt Bucket.Arn, to: !GetAtt Lists.Arn}}
  CrossGrant::Intent::Starts: {delivery: {from: "arn:aws:events:eu-west-1:111111111111:event-bus/own", to: !Ref Machine}}
  CrossGrant::Intent::Events:
    delivery:
      from: arn:aws:events:eu-west-1:111111111111:event-bus/default
      to: !GetAtt Queue.Arn
      events: [&event {source: aws.s3, detail-type: Object Created, detail: {bucket: {name: lake}, object: {key: in/a}}}]
  CrossGrant::Intent::Unsent: {delivery: {from: !GetAtt Rule.Arn, to: !GetAtt Failed.Arn}}
  CrossGrant::Intent::Failed: {delivery: {from: !GetAtt Queue.Arn, to: !GetAtt Failed.Arn}}
  CrossGrant::Intent::Messages: {delivery: {from: !GetAtt Queue.Arn, to: !GetAtt Function.Arn, events: [*event], reportsFailures: true}}
  CrossGrant::Intent::Unprocessed: {delivery: {from: !GetAtt Function.Arn, to: !GetAtt Failed.Arn}}
  CrossGrant::Intent::Requests: {delivery: {from: !Sub "arn:aws:execute-api:eu-west-1:111111111111:${Api}/$default/GET/items", to: !GetAtt Function.Arn}}
Parameters: {P: {Type: String}}
Conditions: {Maybe: !Equals [!Ref P, a]}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: alarms}}
  Alarm: {Type: AWS::CloudWatch::Alarm, Properties: {AlarmName: errors, AlarmActions: [!Ref Topic]}}
  Lists: {Type: AWS::S3::Bucket, Properties: {BucketName: lists}}
  Machine: {Type: AWS::StepFunctions::StateMachine, Properties: {StateMachineName: copy, RoleArn: !GetAtt Role.Arn}}
  Start:
    Type: AWS::Events::Rule
    Properties: {Name: start, EventBusName: own, EventPattern: {source: [app]}, Targets: [{Id: M, Arn: !Ref Machine, RoleArn: !GetAtt Role.Arn}]}
  Bucket: {Type: AWS::S3::Bucket, Properties: {InventoryConfigurations: [{Id: daily, Enabled: true, Destination: {BucketArn: !GetAtt Lists.Arn, Prefix: inventory}}], BucketName: lake, NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}}}
  Trail: {Type: AWS::CloudTrail::Trail, Properties: {TrailName: audit, S3BucketName: lake, IsLogging: true}}
  Rule:
    Type: AWS::Events::Rule
    Properties: {Name: created, State: ENABLED, EventPattern: {source: [aws.s3], detail: {object: {key: [{prefix: in/}]}}}, Targets: [{Id: Q, Arn: !GetAtt Queue.Arn, DeadLetterConfig: {Arn: !GetAtt Failed.Arn}}]}
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs, VisibilityTimeout: 60, RedrivePolicy: {deadLetterTargetArn: !GetAtt Failed.Arn, maxReceiveCount: 3}}}
  Failed: {Type: AWS::SQS::Queue, Properties: {QueueName: failed, RedriveAllowPolicy: {redrivePermission: byQueue, sourceQueueArns: ["arn:aws:sqs:eu-west-1:111111111111:jobs"]}}}
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {FunctionName: !Ref Function, EventSourceArn: !GetAtt Queue.Arn, FunctionResponseTypes: [ReportBatchItemFailures], Enabled: true, FilterCriteria: {Filters: [{Pattern: '{"body": {"source": ["aws.sns"]}}'}, {Pattern: '{"body": {"source": ["aws.s3"]}}'}]}}
  Role: {Type: AWS::IAM::Role, Properties: {RoleName: worker, AssumeRolePolicyDocument: {Statement: []}}}
  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: work, Role: !GetAtt Role.Arn, Timeout: 10, DeadLetterConfig: {TargetArn: !GetAtt Failed.Arn}}}
  Api: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: items, ProtocolType: HTTP}}
  Integration: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Function.Arn}}
  Route: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Api, RouteKey: GET /items, Target: !Sub "integrations/${Integration}"}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Api, StageName: $default, AutoDeploy: true}}
`

// What has to arrive takes these requests, as AWS documents them for each service.
func TestRequestsOfDeliveries(t *testing.T) {
	m := read(t, deliveries)
	if found := faults(m); found != "" {
		t.Errorf("found faults\n%s", found)
	}
	const expected = `cloudwatch.amazonaws.com sns:Publish arn:aws:sns:eu-west-1:111111111111:alarms for arn:aws:cloudwatch:eu-west-1:111111111111:alarm:errors, deputy
events.amazonaws.com sqs:SendMessage arn:aws:sqs:eu-west-1:111111111111:jobs for arn:aws:events:eu-west-1:111111111111:rule/created, deputy
s3.amazonaws.com s3:PutObject arn:aws:s3:::lists/inventory/crossgrant-probe for arn:aws:s3:::lake, deputy
cloudtrail.amazonaws.com s3:GetBucketAcl arn:aws:s3:::lake for arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit, deputy
cloudtrail.amazonaws.com s3:PutObject arn:aws:s3:::lake/AWSLogs/111111111111/CloudTrail/crossgrant-probe for arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit, deputy
arn:aws:iam::111111111111:role/worker sqs:ReceiveMessage arn:aws:sqs:eu-west-1:111111111111:jobs
arn:aws:iam::111111111111:role/worker sqs:DeleteMessage arn:aws:sqs:eu-west-1:111111111111:jobs
arn:aws:iam::111111111111:role/worker sqs:GetQueueAttributes arn:aws:sqs:eu-west-1:111111111111:jobs
apigateway.amazonaws.com lambda:InvokeFunction arn:aws:lambda:eu-west-1:111111111111:function:work for arn:aws:execute-api:eu-west-1:111111111111:‹S.Api›/$default/GET/items, deputy
events.amazonaws.com sts:AssumeRole arn:aws:iam::111111111111:role/worker for arn:aws:events:eu-west-1:111111111111:rule/own/start
arn:aws:iam::111111111111:role/worker states:StartExecution arn:aws:states:eu-west-1:111111111111:stateMachine:copy
arn:aws:iam::111111111111:role/worker sqs:SendMessage arn:aws:sqs:eu-west-1:111111111111:failed
events.amazonaws.com sqs:SendMessage arn:aws:sqs:eu-west-1:111111111111:failed for arn:aws:events:eu-west-1:111111111111:rule/created, deputy`
	if d := cmp.Diff(expected, requests(m)); d != "" {
		t.Errorf("requests (-expected +found):\n%s", d)
	}
}

// Each change keeps something from arriving, whatever the policies say.
func TestFaultsOfDeliveries(t *testing.T) {
	const alarmActions = "AlarmActions: [!Ref Topic]"
	for name, c := range map[string]struct {
		edit edit
		want string // what a line has
	}{
		"an alarm's actions are off":                  {edit{alarmActions, alarmActions + ", ActionsEnabled: false"}, "broken alarm errors: the actions of alarm errors are disabled"},
		"an alarm's actions may be off":               {edit{alarmActions, alarmActions + ", ActionsEnabled: !Ref P"}, "unknown alarm errors: whether the actions of alarm errors are enabled is not known"},
		"an alarm has no action":                      {edit{alarmActions, "AlarmActions: []"}, "broken alarm errors: AlarmActions of alarm errors is [], expected arn:aws:sns:eu-west-1:111111111111:alarms"},
		"no alarm":                                    {edit{"Type: AWS::CloudWatch::Alarm", "Type: AWS::CloudWatch::CompositeAlarm"}, "from which something has to arrive at arn:aws:sns:eu-west-1:111111111111:alarms; create it again"},
		"an alarm that may not be":                    {edit{"Type: AWS::CloudWatch::Alarm", "Type: AWS::CloudWatch::Alarm, Condition: Maybe"}, "unknown alarm errors: alarm errors exists only under the condition Maybe"},
		"no trail":                                    {edit{"TrailName: audit", "TrailName: other"}, "broken Logs: no template has arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit"},
		"a trail for another bucket":                  {edit{"S3BucketName: lake", "S3BucketName: sea"}, "broken trail audit: S3BucketName of trail audit is sea, expected lake"},
		"a trail that is off":                         {edit{"IsLogging: true", "IsLogging: false"}, "broken trail audit: trail audit does not log"},
		"a trail that may be off":                     {edit{"IsLogging: true", "IsLogging: !Ref P"}, "unknown trail audit: whether trail audit logs is not known"},
		"a trail with the key of AWS":                 {edit{"IsLogging: true", "IsLogging: true, KMSKeyId: alias/aws/s3"}, "broken trail audit: trail audit encrypts with the AWS managed key alias/aws/s3"},
		"no inventory":                                {edit{"Id: daily, Enabled: true", "Id: daily, Enabled: false"}, "broken bucket lake: bucket lake has no inventory written to arn:aws:s3:::lists; give it an inventory configuration with the destination arn:aws:s3:::lists, and enable it"},
		"an inventory for another bucket":             {edit{"{BucketArn: !GetAtt Lists.Arn", "{BucketArn: !GetAtt Bucket.Arn"}, "broken bucket lake: bucket lake has no inventory written to arn:aws:s3:::lists"},
		"an inventory that may be off":                {edit{"Id: daily, Enabled: true", "Id: daily, Enabled: !Ref P"}, "unknown bucket lake: whether bucket lake has inventories written to arn:aws:s3:::lists is not known"},
		"an inventory for a bucket that is not known": {edit{"{BucketArn: !GetAtt Lists.Arn", "{BucketArn: !Ref P"}, "unknown bucket lake: whether bucket lake has inventories written to"},
		"a rule that starts something else":           {edit{"Id: M, Arn: !Ref Machine", "Id: M, Arn: !Ref Topic"}, "rule start does not send to arn:aws:states:eu-west-1:111111111111:stateMachine:copy; add the target"},
		"no notifications":                            {edit{", NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}", ""}, "broken bucket lake: bucket lake sends no events to EventBridge; set EventBridgeConfiguration"},
		"notifications that are off":                  {edit{"EventBridgeEnabled: true", "EventBridgeEnabled: false"}, "broken bucket lake: bucket lake sends no events to EventBridge"},
		"notifications that may be off":               {edit{"EventBridgeEnabled: true", "EventBridgeEnabled: !Ref P"}, "unknown bucket lake: whether bucket lake sends events to EventBridge is not known"},
		"no bucket":                                   {edit{"Type: AWS::S3::Bucket", "Type: AWS::S3Express::DirectoryBucket"}, "from which something has to arrive at arn:aws:events:eu-west-1:111111111111:event-bus/default"},
		"a rule that is disabled":                     {edit{"State: ENABLED", "State: DISABLED"}, "broken rule created: rule created has the state DISABLED; set its State to ENABLED"},
		"a rule that may be disabled":                 {edit{"State: ENABLED", "State: !Ref P"}, "unknown rule created: the state of rule created is not known"},
		"a rule for another prefix":                   {edit{"prefix: in/", "prefix: out/"}, `broken rule created: the pattern of rule created does not match the event "Object Created" of aws.s3 with the key in/a; let its EventPattern`},
		"a rule with a pattern that AWS has not":      {edit{"prefix: in/", "infix: in/"}, "unknown rule created: whether the pattern of rule created matches"},
		"a rule without a pattern":                    {edit{"EventPattern: {source: [aws.s3], detail: {object: {key: [{prefix: in/}]}}}", "ScheduleExpression: rate(1 day)"}, "broken rule created: rule created has no pattern"},
		"a rule of another bus":                       {edit{"Name: created", "Name: created, EventBusName: other"}, "broken Events: no rule of arn:aws:events:eu-west-1:111111111111:event-bus/default sends events to arn:aws:sqs:eu-west-1:111111111111:jobs"},
		"a rule with another target":                  {edit{"Id: Q, Arn: !GetAtt Queue.Arn", "Id: Q, Arn: !Ref Topic"}, "broken rule created: rule created does not send to arn:aws:sqs:eu-west-1:111111111111:jobs; add the target"},
		"a target with another input":                 {edit{"Id: Q, ", "Id: Q, Input: '{}', "}, "broken rule created: rule created sends something else than the event to arn:aws:sqs:eu-west-1:111111111111:jobs, since its target has Input"},
		"a target without a dead-letter queue":        {edit{", DeadLetterConfig: {Arn: !GetAtt Failed.Arn}", ""}, "broken rule created: no target of rule created has the dead-letter queue arn:aws:sqs:eu-west-1:111111111111:failed"},
		"no redrive":                                  {edit{"RedrivePolicy: {deadLetterTargetArn: !GetAtt Failed.Arn, maxReceiveCount: 3}", "DelaySeconds: 0"}, "broken queue jobs: RedrivePolicy of queue jobs is nothing, expected arn:aws:sqs:eu-west-1:111111111111:failed"},
		"a redrive that is denied":                    {edit{"redrivePermission: byQueue", "redrivePermission: denyAll"}, "broken queue jobs: queue failed lets no queue move messages to it"},
		"a redrive for another queue":                 {edit{`["arn:aws:sqs:eu-west-1:111111111111:jobs"]`, `["arn:aws:sqs:eu-west-1:111111111111:other"]`}, "broken queue jobs: RedriveAllowPolicy of queue failed is [arn:aws:sqs:eu-west-1:111111111111:other], expected"},
		"no queue":                                    {edit{"  Queue: {Type: AWS::SQS::Queue", "  Queue: {Type: AWS::AmazonMQ::Broker"}, "broken Failed: no template has ‹S.Queue.Arn›, from which something has to arrive at arn:aws:sqs:eu-west-1:111111111111:failed"},
		"no mapping":                                  {edit{"EventSourceArn: !GetAtt Queue.Arn", "EventSourceArn: !GetAtt Failed.Arn"}, "broken queue jobs: no event source mapping brings messages of arn:aws:sqs:eu-west-1:111111111111:jobs to arn:aws:lambda:eu-west-1:111111111111:function:work"},
		"failures that nobody asks for":               {edit{"FunctionResponseTypes: [ReportBatchItemFailures], ", ""}, "broken queue jobs: FunctionResponseTypes of eventsourcemapping ‹S.Mapping› is nothing, expected ReportBatchItemFailures"},
		"a second mapping":                            {edit{"  Function: {", "  Second: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: other, EventSourceArn: !GetAtt Queue.Arn}}\n  Function: {"}, "takes messages of arn:aws:sqs:eu-west-1:111111111111:jobs as well, which arn:aws:lambda:eu-west-1:111111111111:function:work then does not get"},
		"a mapping of another function":               {edit{"FunctionName: !Ref Function, Event", "FunctionName: other, Event"}, "broken queue jobs: no event source mapping brings messages"},
		"a mapping that is disabled":                  {edit{"Enabled: true, Filter", "Enabled: false, Filter"}, "broken queue jobs: the mapping of queue arn:aws:sqs:eu-west-1:111111111111:jobs to function work is disabled"},
		"a mapping that may be disabled":              {edit{"Enabled: true, Filter", "Enabled: !Ref P, Filter"}, "unknown queue jobs: whether the mapping of queue"},
		"a filter that passes over the event":         {edit{`["aws.s3"]}}'`, `["aws.sqs"]}}'`}, "broken queue jobs: the filters of the mapping pass over the event"},
		"a filter that nobody knows":                  {edit{`["aws.s3"]}}'`, `[{"like": "s3"}]}}'`}, "unknown queue jobs: whether the filters of the mapping pass over the event"},
		"a filter that is no JSON":                    {edit{`'{"body": {"source": ["aws.s3"]}}'`, `'{'`}, "unknown queue jobs: whether the filters of the mapping pass over"},
		"filters that are not known":                  {edit{"FilterCriteria: {Filters: ", "FilterCriteria: !Ref P, Other: {X: "}, "unknown queue jobs: whether the filters of the mapping pass over"},
		"messages that appear too early":              {edit{"VisibilityTimeout: 60", "VisibilityTimeout: 9"}, "broken queue jobs: the visibility timeout of queue jobs is 9 seconds, less than the 10 seconds of the timeout of function work"},
		"a queue's own timeout":                       {edit{"VisibilityTimeout: 60, ", ""}, ""},
		"a queue's own timeout that is too low":       {edit{"VisibilityTimeout: 60, ", "DelaySeconds: 1, "}, ""},
		"a long timeout":                              {edit{"Timeout: 10", "Timeout: 61"}, "less than the 61 seconds of the timeout of function work"},
		"a timeout that is not known":                 {edit{"Timeout: 10", "Timeout: !Ref P"}, "unknown queue jobs: whether the visibility timeout of queue jobs is at least the timeout of function work is not known"},
		"timeouts as text":                            {edit{"VisibilityTimeout: 60", "VisibilityTimeout: '5'"}, "broken queue jobs: the visibility timeout of queue jobs is 5 seconds"},
		"no dead-letter queue of the function":        {edit{", DeadLetterConfig: {TargetArn: !GetAtt Failed.Arn}", ""}, "broken function work: DeadLetterConfig of function work is nothing, expected arn:aws:sqs:eu-west-1:111111111111:failed"},
		"another dead-letter queue":                   {edit{"TargetArn: !GetAtt Failed.Arn", "TargetArn: !Ref P"}, "unknown function work: DeadLetterConfig of function work is ‹S.P›, expected"},
		"no function":                                 {edit{"Type: AWS::Lambda::Function", "Type: AWS::Serverless::Function"}, "create it again"},
		"no route":                                    {edit{"RouteKey: GET /items", "RouteKey: POST /items"}, "broken Requests: no template has route GET /items of API ‹S.Api›"},
		"a route to another function":                 {edit{"IntegrationUri: !GetAtt Function.Arn", "IntegrationUri: 'arn:aws:lambda:eu-west-1:111111111111:function:other'"}, "broken route ‹S.Route›: Target of route ‹S.Route› is arn:aws:lambda:eu-west-1:111111111111:function:other"},
		"a route without an integration":              {edit{"Type: AWS::ApiGatewayV2::Integration", "Type: AWS::ApiGatewayV2::Model"}, "broken route ‹S.Route›: Target of route ‹S.Route› is nothing"},
		"no stage":                                    {edit{"StageName: $default", "StageName: other"}, "broken route ‹S.Route›: no stage $default of API ‹S.Api› is deployed"},
		"a stage that is not deployed":                {edit{"AutoDeploy: true", "AutoDeploy: false"}, "broken route ‹S.Route›: no stage $default of API ‹S.Api› is deployed"},
		"an API that is no route":                     {edit{"${Api}/$default/GET/items", "${Api}"}, "expected the ARN of a route"},
		"something unknown":                           {edit{"from: !GetAtt Alarm.Arn", "from: !Ref P"}, "broken Alarm: no template has ‹S.P›, from which something has to arrive at"},
		"an intent without a source":                  {edit{"from: !GetAtt Alarm.Arn, ", ""}, "broken Alarm: its record cannot be read: delivery.from: found nothing, expected a value; synthesize the template again"},
		"an intent of another version":                {edit{"from: !GetAtt Alarm.Arn, ", "from: a, over: b, "}, `broken Alarm: its record cannot be read: read intent: json: unknown field "over"`},
		"another kind of metadata":                    {edit{"CrossGrant::Intent::Alarm", "CrossGrant::MustWork"}, "broken the metadata of stack S: found the key CrossGrant::MustWork, which nothing reads; expected Target, Source, Endpoints or Intent"},
	} {
		t.Run(name, func(t *testing.T) {
			found := faults(read(t, deliveries, c.edit))
			if c.want == "" && found != "" || !strings.Contains(found, c.want) {
				t.Errorf("found\n%s\nexpected %s", found, c.want)
			}
		})
	}
}

// Each change is another way to write the same.
func TestOtherWaysToDeliver(t *testing.T) {
	for name, e := range map[string]edit{
		"an alarm with more actions":         {"AlarmActions: [!Ref Topic]", "AlarmActions: [other, !Ref Topic], ActionsEnabled: 'true'"},
		"logging as text":                    {"IsLogging: true", "IsLogging: 'true'"},
		"notifications by default":           {"EventBridgeConfiguration: {EventBridgeEnabled: true}", "EventBridgeConfiguration: {}"},
		"notifications by CDK":               {"NotificationConfiguration: {EventBridgeConfiguration: {EventBridgeEnabled: true}}}}", "VersioningConfiguration: {}}}\n  N: {Type: Custom::S3BucketNotifications, Properties: {BucketName: !Ref Bucket, NotificationConfiguration: {EventBridgeConfiguration: {}}}}"},
		"a rule without a state":             {"State: ENABLED, ", ""},
		"a rule of all events":               {"State: ENABLED", "State: ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"},
		"a rule of the default bus by name":  {"Name: created", "Name: created, EventBusName: default"},
		"a rule of the default bus by ARN":   {"Name: created", "Name: created, EventBusName: 'arn:aws:events:eu-west-1:111111111111:event-bus/default'"},
		"a second rule":                      {"  Rule:\n", "  Another: {Type: AWS::Events::Rule, Properties: {Name: another, State: DISABLED, Targets: [{Id: Q, Arn: !GetAtt Queue.Arn}]}}\n  Rule:\n"},
		"a second target":                    {"Targets: [", "Targets: [{Id: T, Arn: !Ref Topic}, "},
		"the whole event, by its path":       {"Id: Q, ", "Id: Q, InputPath: $, "},
		"the whole event, by a transformer":  {"Id: Q, ", "Id: Q, InputTransformer: {InputTemplate: <aws.events.event.json>}, "},
		"a redrive policy as text":           {"RedrivePolicy: {deadLetterTargetArn: !GetAtt Failed.Arn, maxReceiveCount: 3}", `RedrivePolicy: '{"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:111111111111:failed", "maxReceiveCount": 3}'`},
		"a redrive for all queues":           {"RedriveAllowPolicy: {redrivePermission: byQueue, sourceQueueArns: [\"arn:aws:sqs:eu-west-1:111111111111:jobs\"]}", "RedriveAllowPolicy: {redrivePermission: allowAll}"},
		"a mapping that is enabled":          {"Enabled: true, Filter", "Enabled: 'true', Filter"},
		"a mapping by default":               {"Enabled: true, Filter", "Filter"},
		"a mapping of an ARN":                {"FunctionName: !Ref Function, Event", "FunctionName: !GetAtt Function.Arn, Event"},
		"a mapping of a part of an ARN":      {"FunctionName: !Ref Function, Event", "FunctionName: '111111111111:function:work', Event"},
		"a mapping of an alias":              {"  Mapping:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties: {FunctionName: !Ref Function, Event", "  Live: {Type: AWS::Lambda::Alias, Properties: {Name: live, FunctionName: !Ref Function, FunctionVersion: '1'}}\n  Mapping:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties: {FunctionName: !Sub '${Function.Arn}:live', Event"},
		"a mapping of a version":             {"  Mapping:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties: {FunctionName: !Ref Function, Event", "  One: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Function}}\n  Mapping:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties: {FunctionName: !Ref One, Event"},
		"a mapping of what is not published": {"FunctionName: !Ref Function, Event", "FunctionName: 'work:$LATEST', Event"},
		"an integration of an alias":         {"  Integration: {", "  Live: {Type: AWS::Lambda::Alias, Properties: {Name: live, FunctionName: !Ref Function, FunctionVersion: '1'}}\n  Integration: {"},
		"a stage with limits":                {"AutoDeploy: true", "AutoDeploy: true, DefaultRouteSettings: {ThrottlingBurstLimit: 5, ThrottlingRateLimit: 0.5}"},
		"a route with limits of its own":     {"AutoDeploy: true", "AutoDeploy: true, DefaultRouteSettings: {ThrottlingRateLimit: 0}, RouteSettings: {GET /items: {ThrottlingRateLimit: 10}}"},
		"another route without requests":     {"AutoDeploy: true", "AutoDeploy: true, RouteSettings: {GET /: {ThrottlingRateLimit: 0}}"},
		"a connection over the internet":     {"IntegrationType: AWS_PROXY", "IntegrationType: AWS_PROXY, ConnectionType: INTERNET"},
		"no filters":                         {", FilterCriteria: {Filters: [{Pattern: '{\"body\": {\"source\": [\"aws.sns\"]}}'}, {Pattern: '{\"body\": {\"source\": [\"aws.s3\"]}}'}]}", ""},
		"just long enough":                   {"VisibilityTimeout: 60", "VisibilityTimeout: 10"},
		"the timeouts that AWS sets":         {"VisibilityTimeout: 60, ", "DelaySeconds: 0, "},
		"a destination in place of a queue":  {", DeadLetterConfig: {TargetArn: !GetAtt Failed.Arn}}}", "}}\n  C: {Type: AWS::Lambda::EventInvokeConfig, Properties: {FunctionName: !Ref Function, Qualifier: $LATEST, DestinationConfig: {OnFailure: {Destination: !GetAtt Failed.Arn}}}}"},
		"an integration by invocation":       {"IntegrationUri: !GetAtt Function.Arn", "IntegrationUri: !Sub 'arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/${Function.Arn}/invocations'"},
		"a stage with a deployment":          {"AutoDeploy: true", "DeploymentId: d"},
		"a trail that is created outside":    {"to: !GetAtt Bucket.Arn}}", "to: !GetAtt Bucket.Arn, external: true}}"},
		"events that nobody has examples of": {"events: [&event {source: aws.s3, detail-type: Object Created, detail: {bucket: {name: lake}, object: {key: in/a}}}]", "events: &event []"},
	} {
		t.Run(name, func(t *testing.T) {
			edits := []edit{e}
			if name == "events that nobody has examples of" {
				edits = append(edits, edit{"events: [*event]", "events: []"})
			}
			if name == "an integration of an alias" {
				edits = append(edits, edit{"IntegrationUri: !GetAtt Function.Arn", "IntegrationUri: !Ref Live"})
			}
			m := read(t, deliveries, edits...)
			if found := faults(m); found != "" {
				t.Errorf("found\n%s", found)
			}
			if before, after := strings.Count(requests(read(t, deliveries)), "\n"), strings.Count(requests(m), "\n"); before != after {
				t.Errorf("found %d requests, expected %d", after+1, before+1)
			}
		})
	}
}

// Of a trail that is created outside of the app, the way to its bucket is in it.
func TestLogsOfATrailOutside(t *testing.T) {
	outside := []edit{{"to: !GetAtt Bucket.Arn}}", "to: !GetAtt Bucket.Arn, external: true}}"}, {"  Trail: {Type: AWS::CloudTrail::Trail", "  Other: {Type: AWS::CloudTrail::Channel"}}
	m := read(t, deliveries, outside...)
	if found := requests(m); faults(m) != "" || strings.Count(found, "cloudtrail.amazonaws.com") != 2 {
		t.Errorf("found faults %q and requests\n%s", faults(m), found)
	}
	m = read(t, deliveries, append(outside, edit{"to: !GetAtt Bucket.Arn, external", "to: 'arn:aws:s3:::gone', external"})...)
	if found := faults(m); !strings.Contains(found, "broken trail audit: no template has arn:aws:s3:::gone, to which trail arn:aws:cloudtrail:eu-west-1:111111111111:trail/audit has to write") {
		t.Errorf("found\n%s", found)
	}
}
