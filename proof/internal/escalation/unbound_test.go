package escalation

import "testing"

// Actions for which the Service Authorization Reference has no resource type.
func TestActionsOnNoResource(t *testing.T) {
	const bus = `
  Queue: {Type: AWS::SQS::Queue, Properties: {QueueName: queue}}
  Mapping: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref Function, EventSourceArn: !GetAtt Queue.Arn}}
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: bus}}
  Rule: {Type: AWS::Events::Rule, Properties: {Name: rule, EventBusName: !Ref Bus, Targets: [{Id: q, Arn: !GetAtt Queue.Arn}]}}
`
	const way = "broken: 333333333333 -> role one: "
	const perhaps = "undecided: 333333333333 -> role one: "
	for name, c := range map[string]struct {
		source, target string
		want           []string
	}{
		"who may send to the bus":           {bus + by(may(`"events:PutPermission"`, "*")), "", []string{way + "events:PutPermission on *"}},
		"who no longer may":                 {bus + by(may(`"events:Remove*"`, "*")), "", []string{way + "events:RemovePermission on *"}},
		"the bus by name":                   {bus + by(may(`"events:PutPermission"`, "arn:aws:events:eu-west-1:111111111111:event-bus/bus")), "", []string{perhaps + "events:PutPermission on arn:aws:events:eu-west-1:111111111111:event-bus/bus"}},
		"another bus by name":               {bus + by(may(`"events:PutPermission"`, "arn:aws:events:eu-west-1:111111111111:event-bus/other")), "", nil},
		"without a bus":                     {by(may(`"events:PutPermission"`, "*")), "", nil},
		"public access of all buckets":      {"", by(may(`"s3:PutAccountPublicAccessBlock"`, "*")), []string{way + "s3:PutAccountPublicAccessBlock on *"}},
		"permissions by tags of all tables": {"", by(may(`"dynamodb:UpdateAbacStatus"`, "*")), []string{perhaps + "dynamodb:UpdateAbacStatus on *"}},
		"what reads no data":                {bus + by(may(`["events:TestEventPattern", "events:List*"]`, "*")), by(may(`["s3:GetAccountPublicAccessBlock", "dynamodb:DescribeLimits"]`, "*")), nil},
	} {
		t.Run(name, func(t *testing.T) { expect(t, c.source, c.target, c.want) })
	}
}
