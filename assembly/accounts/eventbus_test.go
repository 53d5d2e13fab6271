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

// on is a statement about whom may send events to a bus, as a resource; the other parts are the resource's own.
func on(id, other, name, effect, principal, resource string) string {
	return "  " + id + ": {Type: AWS::Events::EventBusPolicy, " + other + "Properties: {" + name + "StatementId: " + id + `, Statement: {Sid: ` + id +
		`, Effect: ` + effect + `, Principal: {AWS: "` + principal + `"}, Action: "events:PutEvents", Resource: ` + resource + "}}}\n"
}

// buses reads a template with the bus "in", and conditions that hold perhaps or never.
func buses(t *testing.T, resources string) *Accounts {
	t.Helper()
	return of(t, nil, map[string]string{"S": `
Parameters: {Text: {Type: String}}
Conditions: {Maybe: !Equals [!Ref Text, "x"], Never: !Equals ["y", "x"]}
Resources:
  Bus: {Type: AWS::Events::EventBus, Properties: {Name: in}}
` + resources})
}

// sends is what a principal is told that sends events to a bus and has every right of its own.
func sends(t *testing.T, a *Accounts, principal, bus string, context map[string][]string) policy.Decision {
	t.Helper()
	return does(t, a, principal, "events:PutEvents", bus, context)
}

func does(t *testing.T, a *Accounts, principal, action, bus string, context map[string][]string) policy.Decision {
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

// Each statement is a resource of its own, which names its bus; without a name it is the default bus's.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-events-eventbuspolicy.html
func TestPoliciesOfEventBuses(t *testing.T) {
	const named, in = "EventBusName: in, ", bus + "in"
	denied := policy.ImplicitlyDenied
	for name, c := range map[string]struct {
		resources      string
		sender, second policy.Decision // what they are told; the stranger is denied
	}{
		"no policy":                     {"", denied, denied},
		"one, by name":                  {on("A", "", named, "Allow", sender, in), policy.Allowed, denied},
		"one, by Ref":                   {on("A", "", "EventBusName: !Ref Bus, ", "Allow", sender, "!GetAtt Bus.Arn"), policy.Allowed, denied},
		"one, by the attribute Name":    {on("A", "", "EventBusName: !GetAtt Bus.Name, ", "Allow", sender, "!GetAtt Bus.Arn"), policy.Allowed, denied},
		"one, by the attribute Arn":     {on("A", "", "EventBusName: !GetAtt Bus.Arn, ", "Allow", sender, "!GetAtt Bus.Arn"), policy.Allowed, denied},
		"one, by ARN":                   {on("A", "", `EventBusName: "`+in+`", `, "Allow", sender, in), policy.Allowed, denied},
		"two":                           {on("A", "", named, "Allow", sender, in) + on("B", "", "EventBusName: !Ref Bus, ", "Allow", second, in), policy.Allowed, policy.Allowed},
		"two, of which one denies":      {on("A", "", named, "Allow", sender, in) + on("B", "", named, "Deny", sender, in), policy.ExplicitlyDenied, denied},
		"one of another bus":            {on("A", "", "EventBusName: other, ", "Allow", sender, in), denied, denied},
		"one of the default bus":        {on("A", "", "", "Allow", sender, in), denied, denied},
		"one about another resource":    {on("A", "", named, "Allow", sender, bus+"other"), denied, denied},
		"one that perhaps exists":       {on("A", "Condition: Maybe, ", named, "Allow", sender, in), policy.Unknown, denied},
		"a refusal that perhaps exists": {on("A", "", named, "Allow", sender, in) + on("B", "Condition: Maybe, ", named, "Deny", sender, in), policy.Unknown, denied},
		"one that never exists":         {on("A", "Condition: Never, ", named, "Allow", sender, in), denied, denied},
		"one exists, and one perhaps":   {on("A", "", named, "Allow", sender, in) + on("B", "Condition: Maybe, ", named, "Allow", second, in), policy.Allowed, policy.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			a := buses(t, c.resources)
			for principal, expected := range map[string]policy.Decision{sender: c.sender, second: c.second, stranger: denied} {
				if d := sends(t, a, principal, in, nil); d != expected {
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
	a := buses(t, "  Default: {Type: AWS::Events::EventBus, Properties: {Name: default}}\n"+on("A", "", "", "Allow", sender, bus+"default"))
	for principal, expected := range map[string]policy.Decision{sender: policy.Allowed, stranger: policy.ImplicitlyDenied} {
		if d := sends(t, a, principal, bus+"default", nil); d != expected {
			t.Errorf("%s: found %s, expected %s", principal, d, expected)
		}
	}
}

// A bus of another account has the same name, and nothing of this policy.
func TestEventBusesOfTwoAccountsAreApart(t *testing.T) {
	const resources = "Resources:\n  Bus: {Type: AWS::Events::EventBus, Properties: {Name: in}}\n"
	a := of(t, nil, map[string]string{"S": resources, "Other": resources + on("A", "", "EventBusName: in, ", "Allow", stranger, "!GetAtt Bus.Arn")})
	for account, guarded := range map[string]bool{"111111111111": false, "222222222222": true} {
		if g, ok := a.ResourceOf("arn:aws:events:eu-west-1:" + account + ":event-bus/in"); !ok || (g.Policy != nil) != guarded {
			t.Errorf("%s: found %v with a policy, expected one: %t", account, ok, guarded)
		}
	}
}

// Before there was Statement, a policy permitted one action to one account or everyone, perhaps on a condition.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
func TestOlderPoliciesOfEventBuses(t *testing.T) {
	const organization = `Condition: {Type: StringEquals, Key: "aws:PrincipalOrgID", Value: o-1234567890}, `
	within := map[string][]string{"aws:PrincipalOrgID": {"o-1234567890"}}
	for name, c := range map[string]struct {
		attribute, properties string
		context               map[string][]string
		sender, stranger      policy.Decision
	}{
		"an account":                      {"", `Principal: "222222222222"`, nil, policy.Allowed, policy.ImplicitlyDenied},
		"everyone":                        {"", `Principal: "*"`, nil, policy.Allowed, policy.Allowed},
		"everyone of an organization":     {"", organization + `Principal: "*"`, within, policy.Allowed, policy.Allowed},
		"nobody of another organization":  {"", organization + `Principal: "*"`, map[string][]string{"aws:PrincipalOrgID": {"o-0987654321"}}, policy.ImplicitlyDenied, policy.ImplicitlyDenied},
		"nobody without an organization":  {"", organization + `Principal: "*"`, nil, policy.ImplicitlyDenied, policy.ImplicitlyDenied},
		"an account, perhaps":             {"Condition: Maybe, ", `Principal: "222222222222"`, nil, policy.Unknown, policy.ImplicitlyDenied},
		"an organization, perhaps":        {"Condition: Maybe, ", organization + `Principal: "*"`, within, policy.Unknown, policy.Unknown},
		"another organization, perhaps":   {"Condition: Maybe, ", organization + `Principal: "*"`, nil, policy.ImplicitlyDenied, policy.ImplicitlyDenied},
		"an account of another statement": {"", `Principal: "333333333333"`, nil, policy.ImplicitlyDenied, policy.ImplicitlyDenied},
	} {
		t.Run(name, func(t *testing.T) {
			a := buses(t, "  A: {Type: AWS::Events::EventBusPolicy, "+c.attribute+"Properties: {EventBusName: !Ref Bus, StatementId: old, Action: \"events:PutEvents\", "+c.properties+"}}\n")
			for principal, expected := range map[string]policy.Decision{sender: c.sender, stranger: c.stranger} {
				if d := sends(t, a, principal, bus+"in", c.context); d != expected {
					t.Errorf("%s: found %s, expected %s", principal, d, expected)
				}
			}
			if d := does(t, a, sender, "events:PutRule", bus+"in", c.context); d != policy.ImplicitlyDenied {
				t.Errorf("another action: found %s", d)
			}
		})
	}
}

// A bus's own Policy, and statements apart from it: deployment decides which AWS keeps.
func TestEventBusWithAPolicyInPlace(t *testing.T) {
	own := `  Own: {Type: AWS::Events::EventBus, Properties: {Name: own, Policy: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: {AWS: "` + sender +
		`"}, Action: "events:PutEvents", Resource: "` + bus + `own"}]}}}` + "\n"
	for name, c := range map[string]struct {
		resources        string
		sender, stranger policy.Decision
		note             string // empty: none
	}{
		"alone": {own, policy.Allowed, policy.ImplicitlyDenied, ""},
		"and a statement of another bus": {
			own + on("A", "", "EventBusName: in, ", "Allow", stranger, bus+"own"), policy.Allowed, policy.ImplicitlyDenied, "",
		},
		"and a statement apart": {
			own + on("A", "", "EventBusName: own, ", "Allow", second, bus+"own"), policy.Unknown, policy.Unknown,
			"S.Own.Policy: there are statements of its policy elsewhere, too, and which of them AWS keeps depends on the order of deployment, so neither is relied on",
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := buses(t, c.resources)
			for principal, expected := range map[string]policy.Decision{sender: c.sender, stranger: c.stranger} {
				if d := sends(t, a, principal, bus+"own", nil); d != expected {
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
