package assembly

// What watches, and what reacts.
var operationRules = map[string]*rule{
	// The attribute ends in ":*"; policies want it so for the streams in the group.
	"AWS::Logs::LogGroup": {name: "LogGroupName", special: true, arn: "arn:{partition}:logs:{region}:{account}:log-group:{name}",
		attributes: map[string]string{"Arn": "{arn}:*"}},
	// On a bus of its own, a rule is known by both names.
	"AWS::Events::Rule": {name: "Name", ref: "{!busThenBar}{name}", arn: "arn:{partition}:events:{region}:{account}:rule/{!busThenSlash}{name}",
		attributes: map[string]string{"RuleName": "{name}"}},
	"AWS::Events::EventBus": {name: "Name", arn: "arn:{partition}:events:{region}:{account}:event-bus/{name}",
		attributes: map[string]string{"Name": "{name}"}},
	"AWS::CloudWatch::Alarm": {name: "AlarmName", arn: "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}"},
	nestedType: {ref: "{arn}", arn: "arn:{partition}:cloudformation:{region}:{account}:stack/{name}/{~StackId}",
		attributes: map[string]string{"Arn": unknownFormat}},
	"AWS::CloudTrail::Trail": {name: "TrailName", arn: "arn:{partition}:cloudtrail:{region}:{account}:trail/{name}"},
}
