package probe

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/check"
)

// What a rule sends by a role arrives from nobody else: not for another rule or account, by another role, or from another source.
func TestConfusedDeputy(t *testing.T) {
	const (
		bus = `
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: incoming}}
  Policy: {Type: AWS::Events::EventBusPolicy, Properties: {EventBusName: incoming, StatementId: s, Statement: {Sid: s, Effect: Allow, Principal: {AWS: "222222222222"}, Action: "events:PutEvents", Resource: !GetAtt Bus.Arn,
    Condition: {ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/sender"}, StringEquals: {"events:source": shop}}}}}
`
		rule = `
  Sender: {Type: AWS::IAM::Role, Properties: {RoleName: sender, AssumeRolePolicyDocument: {Statement: [{Sid: Rule, Effect: Allow, Principal: {Service: events.amazonaws.com}, Action: "sts:AssumeRole",
      Condition: {ArnEquals: {"aws:SourceArn": "arn:aws:events:eu-west-1:222222222222:rule/outgoing"}}}]},
    Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: "events:PutEvents", Resource: "arn:aws:events:eu-west-1:111111111111:event-bus/incoming"}]}}]}}
  Rule: {Type: AWS::Events::Rule, Metadata: {CrossGrant::MustWork: true}, Properties: {Name: outgoing, EventPattern: {source: [shop]}, Targets: [{Arn: "arn:aws:events:eu-west-1:111111111111:event-bus/incoming", RoleArn: !GetAtt Sender.Arn}]}}
`
		permission = `{sid: Objects, actions: ["s3:GetObject"], resources: ["arn:aws:s3:::lake/*"]}`
	)
	for name, c := range map[string]struct{ from, to, broken string }{
		"nobody else": {"", "", ""},
		"every role of the account": {`ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/sender"}, `, ``,
			"events:PutEvents on arn:aws:events:eu-west-1:111111111111:event-bus/incoming, by another role of its account"},
		"a role of this name in every account": {`{AWS: "222222222222"}, Action: "events:PutEvents", Resource: !GetAtt Bus.Arn,
    Condition: {ArnEquals: {"aws:PrincipalArn": "arn:aws:iam::222222222222:role/sender"}`, `"*", Action: "events:PutEvents", Resource: !GetAtt Bus.Arn,
    Condition: {ArnLike: {"aws:PrincipalArn": "arn:aws:iam::*:role/sender"}`,
			"events:PutEvents on arn:aws:events:eu-west-1:111111111111:event-bus/incoming, by a role of the same name in another account"},
		"every source": {`, StringEquals: {"events:source": shop}`, ``, "events:PutEvents on arn:aws:events:eu-west-1:111111111111:event-bus/incoming, with another source"},
		"every rule of every account": {`,
      Condition: {ArnEquals: {"aws:SourceArn": "arn:aws:events:eu-west-1:222222222222:rule/outgoing"}}`, ``,
			"sts:AssumeRole on arn:aws:iam::222222222222:role/sender, on behalf of another account"},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(bus+rule, c.from) {
				t.Fatalf("found no %q in the templates", c.from)
			}
			m := grants(t, permission, strings.Replace(bus, c.from, c.to, 1), strings.Replace(rule, c.from, c.to, 1), "")
			checks := confusedDeputy(m)
			check.Run(m, checks)
			var broken []string
			for _, one := range checks {
				if one.Verdict != check.Proved {
					broken = append(broken, string(one.Verdict)+" "+one.Name)
				}
			}
			if len(checks) < 5 || (c.broken == "") != (len(broken) == 0) || c.broken != "" && !slices.ContainsFunc(broken, func(one string) bool { return strings.HasPrefix(one, "broken ") && strings.HasSuffix(one, c.broken) }) {
				t.Errorf("found %q of %d checks, expected %q", broken, len(checks), c.broken)
			}
		})
	}
}
