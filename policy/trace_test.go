package policy

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

const (
	ann    = "arn:aws:iam::111111111111:user/ann"
	object = "arn:aws:s3:::data/in/1.json"
)

func read(action string) Request {
	return Request{Principal: ann, Action: action, Resource: object, ResourceAccount: "111111111111"}
}

func TestTraceHasEveryStatement(t *testing.T) {
	_, trace := Evaluate(read("s3:GetObject"), Policies{
		Identity: []*Document{
			parsed(t, `{"Statement":[{"Sid":"Other","Effect":"Allow","Action":"s3:PutObject","Resource":"*"},{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`),
			parsed(t, `{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::other/*"}}`),
		},
		ServiceControl: [][]*Document{
			{parsed(t, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)},
			{parsed(t, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`), parsed(t, `{"Statement":{"Sid":"Odd","Effect":"Deny","Action":"*","Resource":"*",
				"Condition":{"Sometimes":{"a:b":"c"}}}}`)},
		},
		Resource: parsed(t, `{"Statement":{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"s3:*","Resource":"arn:aws:s3:::data/*"}}`),
	})
	want := []StatementMatch{
		{Policy: Identity, Statement: "Other", Effect: Allow, Matches: No, FailedElement: "Action", Expected: []string{"s3:PutObject"}, Found: []string{"s3:GetObject"}},
		{Policy: Identity, Statement: "1", Effect: Allow, Matches: Yes},
		{Policy: Identity, Index: 1, Statement: "0", Effect: Deny, Matches: No, FailedElement: "Resource", Expected: []string{"arn:aws:s3:::other/*"}, Found: []string{object}},
		{Policy: ServiceControl, Statement: "0", Effect: Allow, Matches: Yes},
		{Policy: ServiceControl, Level: 1, Statement: "0", Effect: Allow, Matches: Yes},
		{Policy: ServiceControl, Level: 1, Index: 1, Statement: "Odd", Effect: Deny, Matches: Indeterminate, FailedElement: "Condition", Condition: "Sometimes a:b",
			Expected: []string{"c"}},
		{Policy: Resource, Statement: "0", Effect: Allow, Matches: No, FailedElement: "Principal", Expected: []string{"222222222222"}, Found: []string{ann}},
	}
	if !reflect.DeepEqual(trace.Statements, want) {
		t.Errorf("found %+v", trace.Statements)
	}
	layers := []Layer{
		{Identity, true, Yes, No, false, false},
		{Session, false, Yes, No, false, false},
		{Boundary, false, Yes, No, false, false},
		{ServiceControl, true, Yes, Indeterminate, true, false},
		{ResourceControl, false, Yes, No, false, false},
		{Resource, true, No, No, false, false},
		{Endpoint, false, Yes, No, false, false},
	}
	if trace.Decision != Unknown || !reflect.DeepEqual(trace.Layers, layers) {
		t.Errorf("found %s, %+v", trace.Decision, trace.Layers)
	}
	if met := trace.Decisive(); len(met) != 1 || met[0].Statement != "Odd" {
		t.Errorf("found %+v, expected the statement of which it is unknown whether it matches", met)
	}
}

func TestDecisiveOfOtherDecisions(t *testing.T) {
	none, trace := Evaluate(read("s3:GetObject"), Policies{})
	if none != ImplicitlyDenied || trace.Decisive() != nil {
		t.Errorf("found %s, %+v", none, trace.Decisive())
	}
	if (&Trace{}).applies(Identity) {
		t.Error("found a kind of policy in an empty trace")
	}
}

func TestExplain(t *testing.T) {
	all := `{"Statement":{"Sid":"All","Effect":"Allow","Action":"*","Resource":"*"}}`
	everyone := `{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}}`
	for name, c := range map[string]struct {
		request  Request
		policies func(*Policies)
		want     []string
	}{
		"allowed": {read("s3:GetObject"), func(p *Policies) { p.Identity = []*Document{parsed(t, all)} },
			[]string{"allowed: statement All of the identity policy allows s3:GetObject on " + object}},
		"denied": {read("s3:GetObject"), func(p *Policies) {
			p.Identity = []*Document{parsed(t, all)}
			p.Resource = parsed(t, `{"Statement":{"Sid":"No","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}`)
		}, []string{"denied: statement No of the resource policy denies s3:GetObject on " + object}},
		"no policy": {read("s3:GetObject"), func(*Policies) {},
			[]string{"denied: there is no identity policy that allows s3:GetObject on " + object}},
		"endpoint, nearest": {read("s3:GetObject"), func(p *Policies) {
			p.Identity = []*Document{parsed(t, all)}
			p.Endpoints = []*Document{parsed(t, `{"Statement":[{"Sid":"Write","Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"*"},
				{"Sid":"Logs","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}]}`)}
		}, []string{"denied: no statement of the endpoint policy allows s3:GetObject on " + object +
			"; nearest: statement Logs, fails on Resource (arn:aws:s3:::logs/*)"}},
		"boundary": {read("s3:GetObject"), func(p *Policies) {
			p.Identity = []*Document{parsed(t, all)}
			p.Boundaries = []*Document{parsed(t, `{"Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"*"}}`)}
		}, []string{"denied: no statement of the permissions boundary allows s3:GetObject on " + object}},
		"organization": {read("s3:GetObject"), func(p *Policies) {
			p.Identity = []*Document{parsed(t, all)}
			p.ServiceControl = [][]*Document{{parsed(t, all)}, {parsed(t, `{"Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}`)}}
			p.ResourceControl = [][]*Document{{parsed(t, everyone)}}
		}, []string{"denied: no statement of the service control policy of level 1 allows s3:GetObject on " + object +
			"; nearest: statement 0, fails on Action (ec2:*)"}},
		"a condition": {read("s3:GetObject"), func(p *Policies) {
			p.Identity = []*Document{parsed(t, `{"Statement":{"Sid":"Inside","Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{
				"StringEquals":{"aws:PrincipalAccount":"111111111111","aws:SourceVpce":["vpce-1","vpce-2","vpce-3","vpce-4","vpce-5"]}}}}`)}
		}, []string{"denied: no statement of the identity policy allows s3:GetObject on " + object +
			"; nearest: statement Inside, fails on Condition StringEquals aws:SourceVpce (vpce-1, vpce-2, vpce-3 and 2 more): the request has nothing"}},
		"policies with names": {read("s3:GetObject"), func(p *Policies) {
			p.Identity = []*Document{parsed(t, all)}
			p.Identity[0].Name = "the inline policy Read of role R"
			p.Endpoints = []*Document{parsed(t, everyone), parsed(t, `{"Statement":{"Effect":"Allow","Principal":"*","NotAction":["s3:*","sqs:*"],"Resource":"*"}}`)}
			p.Endpoints[1].Name = "the endpoint policy of com.amazonaws.eu-west-1.s3"
		}, []string{"denied: no statement of the endpoint policy of com.amazonaws.eu-west-1.s3 allows s3:GetObject on " + object +
			"; nearest: statement 0, fails on NotAction (s3:*, sqs:*)"}},
		"several policies": {read("s3:GetObject"), func(p *Policies) {
			p.Identity = []*Document{parsed(t, `{"Statement":{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}}`),
				parsed(t, `{"Statement":{"Effect":"Allow","Action":"s3:*","NotResource":"arn:aws:s3:::data/*"}}`)}
			p.ServiceControl = [][]*Document{{parsed(t, all), nil}, {nil, parsed(t, `{"Statement":{"Effect":"Deny","Action":"sqs:*","Resource":"*"}}`)}}
			p.ResourceControl = [][]*Document{{parsed(t, everyone)}, {}}
		}, []string{"denied: no statement of the 2 identity policies allows s3:GetObject on " + object +
			"; nearest: statement 0 of the identity policy [1], fails on NotResource (arn:aws:s3:::data/*)",
			"denied: no statement of the 2 service control policies of level 1 allows s3:GetObject on " + object}},
		"a session and two boundaries": {Request{Principal: "arn:aws:sts::111111111111:assumed-role/R/s", Action: "s3:GetObject", Resource: object}, func(p *Policies) {
			p.Identity = []*Document{parsed(t, all)}
			p.Session = []*Document{parsed(t, `{"Statement":{"Effect":"Deny","Action":"sqs:*","Resource":"*"}}`)}
			p.Boundaries = []*Document{parsed(t, all), parsed(t, `{"Statement":{"Effect":"Deny","Action":"sqs:*","Resource":"*"}}`)}
		}, []string{"denied: no statement of the session policy allows s3:GetObject on " + object,
			"denied: no statement of the permissions boundary [1] allows s3:GetObject on " + object}},
		"unknown": {read("s3:GetObject"), func(p *Policies) {
			p.Identity = []*Document{parsed(t, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Sometimes":{"a:b":"c"}}}}`)}
		}, []string{"unknown: cannot determine whether statement 0 of the identity policy matches, because of its Condition Sometimes a:b (c): the request has nothing"}},
		"free": {Request{Principal: ann, Action: "sts:GetCallerIdentity"}, func(*Policies) {},
			[]string{"allowed: sts:GetCallerIdentity needs no permission, or the root user has it"}},
		"impossible": {Request{Principal: "arn:aws:iam::111111111111:root", Action: "sts:AssumeRoot", Resource: "*"}, func(*Policies) {},
			[]string{"denied: AWS does not let this caller use sts:AssumeRoot on *, or the grant is limited by the session or the boundary"}},
		"a trust policy": {Request{Principal: ann, Action: "sts:AssumeRole", Resource: "arn:aws:iam::111111111111:role/T"}, func(p *Policies) {
			p.Resource = parsed(t, `{"Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`)
		}, []string{"denied: no statement of the trust policy allows sts:AssumeRole on arn:aws:iam::111111111111:role/T; " +
			"nearest: statement 0, fails on Principal (lambda.amazonaws.com)"}},
		"an unknown Deny of a policy that need not allow": {read("s3:GetObject"), func(p *Policies) {
			p.Identity = []*Document{parsed(t, all)}
			p.Resource = parsed(t, `{"Statement":{"Sid":"Old","Effect":"Deny","Principal":"*","Action":"*","Resource":"*","Condition":{"Sometimes":{"a:b":"c"}}}}`)
		}, []string{"unknown: cannot determine whether statement Old of the resource policy matches, because of its Condition Sometimes a:b (c): the request has nothing"}},
		"a policy that is not available": {read("s3:GetObject"), func(p *Policies) {
			p.Identity = []*Document{parsed(t, `{"Statement":[{"Sid":"`+u+`","Effect":"Allow","Action":"`+u+`","Resource":"*"},{"Sid":"`+u+`","Effect":"Deny","Action":"`+u+`","Resource":"*"}]}`)}
		}, []string{"unknown: the content of the identity policy is not known"}},
		"perhaps service-linked": {Request{Principal: "arn:aws:sts::111111111111:assumed-role/AWSServiceRoleForX/s", Action: "s3:GetObject", Resource: object},
			func(p *Policies) {
				p.Identity = []*Document{parsed(t, all)}
				p.ServiceControl = [][]*Document{{}}
			}, []string{"unknown: the request does not say which service or resource control policies apply to s3:GetObject on " + object}},
	} {
		t.Run(name, func(t *testing.T) {
			var p Policies
			c.policies(&p)
			_, trace := Evaluate(c.request, p)
			if said := Explain(trace); !slices.Equal(said, c.want) {
				t.Errorf("found\n%s\nexpected\n%s", strings.Join(said, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}

func TestNamesOfPolicies(t *testing.T) {
	p := Policies{Identity: []*Document{parsed(t, `{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}`)}, Endpoints: []*Document{nil}}
	p.Identity[0].Name = "the policy of role " + Unresolved("Stack.Role")
	_, trace := Evaluate(read("s3:GetObject"), p)
	if got := trace.PolicyName(Identity, 0, 0); got != "the policy of role ‹Stack.Role›" {
		t.Errorf("found %q", got)
	}
	if got := trace.PolicyWithoutAllow(Endpoint); got != "the endpoint policy" {
		t.Errorf("found %q", got)
	}
}
