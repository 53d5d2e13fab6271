package probe

import (
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

// EventBridge itself uses the key of a bus.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-encryption-event-bus-cmkey.html
func TestKeyOfABus(t *testing.T) {
	const account = `{Effect: Allow, Principal: {AWS: "222222222222"}, Action: "kms:*", Resource: "*"}`
	for statement, want := range map[string]policy.Answer{
		"": policy.No,
		`, {Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: "*", Condition: {StringEquals: {"aws:SourceArn": "arn:aws:events:eu-west-1:222222222222:event-bus/in"}}}`:    policy.Yes,
		`, {Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: "*", Condition: {StringEquals: {"aws:SourceArn": "arn:aws:events:eu-west-1:222222222222:event-bus/other"}}}`: policy.No,
	} {
		m := grants(t, readLake, "", "  Key: {Type: AWS::KMS::Key, Properties: {KeyPolicy: {Statement: ["+account+statement+"]}}}\n"+`
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: in, KmsKeyIdentifier: !Ref Key}}
  Send: {Type: AWS::IAM::Role, Properties: {RoleName: send, AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: "sts:AssumeRole"}]}, Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: "events:PutEvents", Resource: !GetAtt Bus.Arn}]}}]}}
  Rule: {Type: AWS::Events::Rule, Metadata: {"CrossGrant::MustWork": true}, Properties: {Name: r, EventPattern: {source: [aws.s3]}, Targets: [{Id: b, Arn: !GetAtt Bus.Arn, RoleArn: !GetAtt Send.Arn}]}}
`, "")
		for _, action := range []string{"kms:GenerateDataKey", "kms:Decrypt"} {
			if found := passing(m, connection(m), action)["events.amazonaws.com"]; found != want {
				t.Errorf("%s with %q: found %q, expected %s", action, statement, found, want)
			}
		}
	}
}
