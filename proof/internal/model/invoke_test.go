package model

import (
	"strings"
	"testing"
)

// Each change keeps requests from a function, or messages from a queue, whatever the policies say.
func TestFaultsOfInvocations(t *testing.T) {
	const mapping, integration, stage = "FunctionName: !Ref Function, Event", "IntegrationType: AWS_PROXY", "AutoDeploy: true"
	const queue, target = "QueueName: jobs,", "Id: Q, "
	for name, c := range map[string]struct {
		edit edit
		want string // what a line has
	}{
		"a mapping of an alias that is not there":     {edit{mapping, "FunctionName: !Sub '${Function}:live', Event"}, "unknown queue jobs: no template has version or alias live of function work, which eventsourcemapping ‹S.Mapping› names"},
		"an alias that is not there, by its ARN":      {edit{mapping, "FunctionName: !Sub '${Function.Arn}:live', Event"}, "unknown queue jobs: no template has version or alias live"},
		"an alias that may not be there":              {edit{"  Mapping:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties: {FunctionName: !Ref Function, Event", "  Live: {Type: AWS::Lambda::Alias, Condition: Maybe, Properties: {Name: live, FunctionName: !Ref Function, FunctionVersion: '1'}}\n  Mapping:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties: {FunctionName: !Sub '${Function.Arn}:live', Event"}, "exists only under the condition Maybe"},
		"an integration of an alias not there":        {edit{"IntegrationUri: !GetAtt Function.Arn", "IntegrationUri: !Sub '${Function.Arn}:live'"}, "unknown route ‹S.Route›: no template has version or alias live of function work"},
		"an integration of another type":              {edit{integration, "IntegrationType: HTTP_PROXY"}, "broken route ‹S.Route›: the IntegrationType of integration ‹S.Integration› is HTTP_PROXY, expected AWS_PROXY"},
		"an integration of an unknown type":           {edit{integration, "IntegrationType: !Ref P"}, "unknown route ‹S.Route›: whether integration ‹S.Integration› is for a function is not known"},
		"an integration by a VPC link":                {edit{integration, integration + ", ConnectionType: VPC_LINK"}, "broken route ‹S.Route›: the ConnectionType of integration ‹S.Integration› is VPC_LINK, which is for HTTP integrations"},
		"an integration by an unknown connection":     {edit{integration, integration + ", ConnectionType: !Ref P"}, "unknown route ‹S.Route›: the ConnectionType of integration ‹S.Integration› is not known"},
		"an integration as the caller":                {edit{integration, integration + ", CredentialsArn: 'arn:aws:iam::*:user/*'"}, "unknown route ‹S.Route›: integration ‹S.Integration› invokes the function as whoever calls the API"},
		"a stage without requests":                    {edit{stage, stage + ", DefaultRouteSettings: {ThrottlingBurstLimit: 0, ThrottlingRateLimit: 0}"}, "broken route ‹S.Route›: ThrottlingRateLimit of stage ‹S.Stage› is 0, so that every request of GET /items ends in status 429"},
		"a stage without bursts":                      {edit{stage, stage + ", DefaultRouteSettings: {ThrottlingBurstLimit: 0}"}, "ThrottlingBurstLimit of stage ‹S.Stage› is 0"},
		"a route without requests":                    {edit{stage, stage + ", DefaultRouteSettings: {ThrottlingRateLimit: 5}, RouteSettings: {GET /items: {ThrottlingRateLimit: 0}}"}, "ThrottlingRateLimit of stage ‹S.Stage› is 0"},
		"a stage with an unknown limit":               {edit{stage, stage + ", DefaultRouteSettings: {ThrottlingRateLimit: !Ref P}"}, "unknown route ‹S.Route›: whether ThrottlingRateLimit of stage ‹S.Stage› lets requests of GET /items through is not known"},
		"a FIFO queue without a group":                {edit{queue, queue + " FifoQueue: true, ContentBasedDeduplication: true,"}, "broken rule created: rule created sends to FIFO queue arn:aws:sqs:eu-west-1:111111111111:jobs without a MessageGroupId"},
		"a FIFO queue that does not know what is new": {edit{queue, queue + " FifoQueue: true,"}, "whose ContentBasedDeduplication is not true"},
		"a FIFO dead-letter queue of a rule":          {edit{"QueueName: failed", "QueueName: failed, FifoQueue: true"}, "rule created sends to arn:aws:sqs:eu-west-1:111111111111:failed, which is a FIFO queue, expected a standard one"},
	} {
		t.Run(name, func(t *testing.T) {
			if found := faults(read(t, deliveries, c.edit)); !strings.Contains(found, c.want) {
				t.Errorf("found\n%s\nexpected %s", found, c.want)
			}
		})
	}
	fifo := []edit{{queue, queue + " FifoQueue: true, ContentBasedDeduplication: true,"}, {target, target + "SqsParameters: {MessageGroupId: g}, "}}
	if found := faults(read(t, deliveries, fifo...)); found != "" {
		t.Errorf("of a FIFO queue with groups found\n%s", found)
	}
}

// A rule, a bucket and a topic name functions by aliases, too.
func TestDestinationsByAlias(t *testing.T) {
	for name, resource := range map[string]string{
		"a rule":   "{Type: AWS::Events::Rule, Metadata: {CrossGrant::MustWork: true}, Properties: {Name: r, ScheduleExpression: rate(1 day), Targets: [{Id: F, Arn: !Sub '${Function.Arn}:live'}]}}",
		"a bucket": "{Type: AWS::S3::Bucket, Metadata: {CrossGrant::MustWork: true}, Properties: {NotificationConfiguration: {LambdaConfigurations: [{Event: 's3:ObjectCreated:*', Function: !Sub '${Function.Arn}:live'}]}}}",
		"a topic":  "{Type: AWS::SNS::Subscription, Metadata: {CrossGrant::MustWork: true}, Properties: {Protocol: lambda, TopicArn: 'arn:aws:sns:eu-west-1:111111111111:t', Endpoint: !Sub '${Function.Arn}:live'}}",
	} {
		template := "Resources:\n  Function: {Type: AWS::Lambda::Function, Properties: {FunctionName: work}}\n  R: " + resource + "\n"
		if found := faults(read(t, template)); !strings.Contains(found, "no template has version or alias live of function work") {
			t.Errorf("%s: found %q", name, found)
		}
		alias := "  Live: {Type: AWS::Lambda::Alias, Properties: {Name: live, FunctionName: !Ref Function, FunctionVersion: '1'}}\n"
		if found := faults(read(t, template+alias)); found != "" {
			t.Errorf("%s with the alias: found %q", name, found)
		}
		if found := faults(read(t, strings.ReplaceAll(template, "!Sub '${Function.Arn}:live'", "'arn:aws:lambda:eu-west-1:111111111111:function:other:live'"))); strings.Contains(found, "alias live") {
			t.Errorf("%s of a function that no template has: found %q", name, found)
		}
	}
}

// An integration with a role invokes the function as that role, which API Gateway assumes.
func TestIntegrationWithRole(t *testing.T) {
	m := read(t, deliveries, edit{"IntegrationType: AWS_PROXY", "IntegrationType: AWS_PROXY, CredentialsArn: !GetAtt Role.Arn"})
	found := requests(m)
	for _, want := range []string{
		"apigateway.amazonaws.com sts:AssumeRole arn:aws:iam::111111111111:role/worker for arn:aws:execute-api:eu-west-1:111111111111:‹S.Api›/$default/GET/items",
		"arn:aws:iam::111111111111:role/worker lambda:InvokeFunction arn:aws:lambda:eu-west-1:111111111111:function:work",
	} {
		if !strings.Contains(found, want) {
			t.Errorf("found\n%s\nexpected %s", found, want)
		}
	}
	if strings.Contains(found, "apigateway.amazonaws.com lambda:InvokeFunction") || faults(m) != "" {
		t.Errorf("found\n%s\nand faults %s, expected no invocation by API Gateway itself", found, faults(m))
	}
}
