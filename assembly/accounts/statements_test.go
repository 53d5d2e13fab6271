package accounts

import (
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

const bus = "arn:aws:events:eu-west-1:111111111111:event-bus/"

const (
	sender   = "arn:aws:iam::222222222222:role/sender"
	second   = "arn:aws:iam::333333333333:role/second"
	stranger = "arn:aws:iam::444444444444:role/stranger"
)

// busPolicy returns an event bus policy with one statement; other has more attributes of the resource, and name its EventBusName.
func busPolicy(id, other, name, effect, principal, resource string) string {
	return "  " + id + ": {Type: AWS::Events::EventBusPolicy, " + other + "Properties: {" + name + "StatementId: " + id + `, Statement: {Sid: ` + id +
		`, Effect: ` + effect + `, Principal: {AWS: "` + principal + `"}, Action: "events:PutEvents", Resource: ` + resource + "}}}\n"
}

// buses reads a template with the bus "in", an unknown condition and a false one.
func buses(t *testing.T, resources string) *Accounts {
	t.Helper()
	return of(t, nil, map[string]string{"S": `
Parameters: {Text: {Type: String}}
Conditions: {Maybe: !Equals [!Ref Text, "x"], Never: !Equals ["y", "x"]}
Resources:
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: in}}
` + resources})
}

// decideSend decides whether a principal whose identity policies allow everything may send events to a bus.
func decideSend(t *testing.T, a *Accounts, principal, bus string, context map[string][]string) policy.Decision {
	t.Helper()
	return decideAction(t, a, principal, "events:PutEvents", bus, context)
}

func decideAction(t *testing.T, a *Accounts, principal, action, bus string, context map[string][]string) policy.Decision {
	t.Helper()
	g, ok := a.ResourceOf(bus)
	if !ok {
		t.Fatalf("found no bus %s", bus)
	}
	everything, err := policy.Parse([]byte(`{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`))
	if err != nil {
		t.Fatal(err)
	}
	return policy.Decide(
		policy.Request{Principal: principal, Action: action, Resource: bus, ResourceAccount: "111111111111", Context: context},
		policy.Policies{Identity: []*policy.Document{everything}, Resource: g.Policy},
	)
}

// Each statement is a separate resource that names its bus; without a name it is about the default bus.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html
func TestPoliciesOfEventBuses(t *testing.T) {
	const named, in = "EventBusName: in, ", bus + "in"
	denied := policy.ImplicitlyDenied
	for name, c := range map[string]struct {
		resources      string
		sender, second policy.Decision // the decisions; the stranger is denied
	}{
		"no policy":                     {"", denied, denied},
		"one, by name":                  {busPolicy("A", "", named, "Allow", sender, in), policy.Allowed, denied},
		"one, by Ref":                   {busPolicy("A", "", "EventBusName: !Ref Bus, ", "Allow", sender, "!GetAtt Bus.Arn"), policy.Allowed, denied},
		"one, by the attribute Name":    {busPolicy("A", "", "EventBusName: !GetAtt Bus.Name, ", "Allow", sender, "!GetAtt Bus.Arn"), policy.Allowed, denied},
		"one, by the attribute Arn":     {busPolicy("A", "", "EventBusName: !GetAtt Bus.Arn, ", "Allow", sender, "!GetAtt Bus.Arn"), policy.Allowed, denied},
		"one, by ARN":                   {busPolicy("A", "", `EventBusName: "`+in+`", `, "Allow", sender, in), policy.Allowed, denied},
		"two":                           {busPolicy("A", "", named, "Allow", sender, in) + busPolicy("B", "", "EventBusName: !Ref Bus, ", "Allow", second, in), policy.Allowed, policy.Allowed},
		"two, of which one denies":      {busPolicy("A", "", named, "Allow", sender, in) + busPolicy("B", "", named, "Deny", sender, in), policy.ExplicitlyDenied, denied},
		"one of another bus":            {busPolicy("A", "", "EventBusName: other, ", "Allow", sender, in), denied, denied},
		"one of the default bus":        {busPolicy("A", "", "", "Allow", sender, in), denied, denied},
		"one about another resource":    {busPolicy("A", "", named, "Allow", sender, bus+"other"), denied, denied},
		"one that may exist":            {busPolicy("A", "Condition: Maybe, ", named, "Allow", sender, in), policy.Unknown, denied},
		"a Deny that may exist":         {busPolicy("A", "", named, "Allow", sender, in) + busPolicy("B", "Condition: Maybe, ", named, "Deny", sender, in), policy.Unknown, denied},
		"one that never exists":         {busPolicy("A", "Condition: Never, ", named, "Allow", sender, in), denied, denied},
		"one exists, and one may exist": {busPolicy("A", "", named, "Allow", sender, in) + busPolicy("B", "Condition: Maybe, ", named, "Allow", second, in), policy.Allowed, policy.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			a := buses(t, c.resources)
			for principal, expected := range map[string]policy.Decision{sender: c.sender, second: c.second, stranger: denied} {
				if d := decideSend(t, a, principal, in, nil); d != expected {
					t.Errorf("%s: found %s, expected %s", principal, d, expected)
				}
			}
			if len(a.Notes) > 0 {
				t.Errorf("found notes %v", a.Notes)
			}
		})
	}
}

func TestTheDefaultEventBus(t *testing.T) {
	a := buses(t, "  Default: {Type: AWS::Events::EventBus, Properties: {Name: default}}\n"+busPolicy("A", "", "", "Allow", sender, bus+"default"))
	for principal, expected := range map[string]policy.Decision{sender: policy.Allowed, stranger: policy.ImplicitlyDenied} {
		if d := decideSend(t, a, principal, bus+"default", nil); d != expected {
			t.Errorf("%s: found %s, expected %s", principal, d, expected)
		}
	}
}

// A bus of the same name in another account has another policy.
func TestEventBusesOfTwoAccounts(t *testing.T) {
	const resources = "Resources:\n  Bus: {Type: AWS::Events::EventBus, Properties: {Name: in}}\n"
	a := of(t, nil, map[string]string{"S": resources, "Other": resources + busPolicy("A", "", "EventBusName: in, ", "Allow", stranger, "!GetAtt Bus.Arn")})
	for account, expected := range map[string]bool{"111111111111": false, "222222222222": true} {
		if g, ok := a.ResourceOf("arn:aws:events:eu-west-1:" + account + ":event-bus/in"); !ok || (g.Policy != nil) != expected {
			t.Errorf("%s: found %v with a policy, expected one: %t", account, ok, expected)
		}
	}
}

// Without Statement, a policy allows one action to one account or to everyone, with or without a condition.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
func TestOlderPoliciesOfEventBuses(t *testing.T) {
	const organization = `Condition: {Type: StringEquals, Key: "aws:PrincipalOrgID", Value: o-1234567890}, `
	within := map[string][]string{"aws:PrincipalOrgID": {"o-1234567890"}}
	for name, c := range map[string]struct {
		attribute, properties string
		context               map[string][]string
		sender, stranger      policy.Decision
	}{
		"an account":                                      {"", `Principal: "222222222222"`, nil, policy.Allowed, policy.ImplicitlyDenied},
		"everyone":                                        {"", `Principal: "*"`, nil, policy.Allowed, policy.Allowed},
		"everyone of an organization":                     {"", organization + `Principal: "*"`, within, policy.Allowed, policy.Allowed},
		"nobody of another organization":                  {"", organization + `Principal: "*"`, map[string][]string{"aws:PrincipalOrgID": {"o-0987654321"}}, policy.ImplicitlyDenied, policy.ImplicitlyDenied},
		"nobody without an organization":                  {"", organization + `Principal: "*"`, nil, policy.ImplicitlyDenied, policy.ImplicitlyDenied},
		"an account, with an unknown condition":           {"Condition: Maybe, ", `Principal: "222222222222"`, nil, policy.Unknown, policy.ImplicitlyDenied},
		"an organization, with an unknown condition":      {"Condition: Maybe, ", organization + `Principal: "*"`, within, policy.Unknown, policy.Unknown},
		"another organization, with an unknown condition": {"Condition: Maybe, ", organization + `Principal: "*"`, nil, policy.ImplicitlyDenied, policy.ImplicitlyDenied},
		"an account of another statement":                 {"", `Principal: "333333333333"`, nil, policy.ImplicitlyDenied, policy.ImplicitlyDenied},
	} {
		t.Run(name, func(t *testing.T) {
			a := buses(t, "  A: {Type: AWS::Events::EventBusPolicy, "+c.attribute+"Properties: {EventBusName: !Ref Bus, StatementId: old, Action: \"events:PutEvents\", "+c.properties+"}}\n")
			for principal, expected := range map[string]policy.Decision{sender: c.sender, stranger: c.stranger} {
				if d := decideSend(t, a, principal, bus+"in", c.context); d != expected {
					t.Errorf("%s: found %s, expected %s", principal, d, expected)
				}
			}
			if d := decideAction(t, a, sender, "events:PutRule", bus+"in", c.context); d != policy.ImplicitlyDenied {
				t.Errorf("another action: found %s", d)
			}
		})
	}
}

// A bus with a Policy and with separate statements: which of them AWS keeps depends on the order of deployment.
func TestEventBusWithTwoKindsOfPolicy(t *testing.T) {
	own := `  Own: {Type: AWS::Events::EventBus, Properties: {Name: own, Policy: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "` + sender +
		`"}, Action: "events:PutEvents", Resource: "` + bus + `own"}]}}}` + "\n"
	for name, c := range map[string]struct {
		resources        string
		sender, stranger policy.Decision
		note             string // empty: none
	}{
		"alone": {own, policy.Allowed, policy.ImplicitlyDenied, ""},
		"and a statement of another bus": {
			own + busPolicy("A", "", "EventBusName: in, ", "Allow", stranger, bus+"own"), policy.Allowed, policy.ImplicitlyDenied, "",
		},
		"and a separate statement": {
			own + busPolicy("A", "", "EventBusName: own, ", "Allow", second, bus+"own"), policy.Unknown, policy.Unknown,
			"S.Own.Policy: other resources define statements of the policy, too. Which of them AWS keeps depends on the order of deployment, so the policy is unknown",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := buses(t, c.resources)
			for principal, expected := range map[string]policy.Decision{sender: c.sender, stranger: c.stranger} {
				if d := decideSend(t, a, principal, bus+"own", nil); d != expected {
					t.Errorf("%s: found %s, expected %s", principal, d, expected)
				}
			}
			var notes []string
			for _, n := range a.Notes {
				notes = append(notes, n.String())
			}
			if found := strings.Join(notes, "\n"); found != c.note {
				t.Errorf("found notes %q, expected %q", found, c.note)
			}
		})
	}
}
