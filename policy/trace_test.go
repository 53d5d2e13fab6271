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
	want := []Met{
		{Identity, 0, 0, "Other", Allow, No, "Action"},
		{Identity, 0, 0, "1", Allow, Yes, ""},
		{Identity, 0, 1, "0", Deny, No, "Resource"},
		{ServiceControl, 0, 0, "0", Allow, Yes, ""},
		{ServiceControl, 1, 0, "0", Allow, Yes, ""},
		{ServiceControl, 1, 1, "Odd", Deny, Open, "Condition"},
		{Resource, 0, 0, "0", Allow, No, "Principal"},
	}
	if !reflect.DeepEqual(trace.Statements, want) {
		t.Errorf("found %+v", trace.Statements)
	}
	layers := []Layer{
		{Identity, true, Yes, No, false},
		{Session, false, Yes, No, false},
		{Boundary, false, Yes, No, false},
		{ServiceControl, true, Yes, Open, true},
		{ResourceControl, false, Yes, No, false},
		{Resource, true, No, No, false},
		{Endpoint, false, Yes, No, false},
	}
	if trace.Decision != Unknown || !reflect.DeepEqual(trace.Layers, layers) {
		t.Errorf("found %s, %+v", trace.Decision, trace.Layers)
	}
	if met := trace.Decisive(); len(met) != 1 || met[0].Statement != "Odd" {
		t.Errorf("found %+v, expected the statement whose match is open", met)
	}
}

func TestDecisiveOfOtherDecisions(t *testing.T) {
	none, trace := Evaluate(read("s3:GetObject"), Policies{})
	if none != ImplicitlyDenied || trace.Decisive() != nil {
		t.Errorf("found %s, %+v", none, trace.Decisive())
	}
	if (&Trace{}).given(Identity) {
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
			[]string{"allowed: statement All of the identity policy 0 allows s3:GetObject on " + object}},
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
			"; nearest: Sid Logs of the endpoint policy 0, fails on Resource"}},
		"boundary": {read("s3:GetObject"), func(p *Policies) {
			p.Identity = []*Document{parsed(t, all)}
			p.Boundaries = []*Document{parsed(t, `{"Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"*"}}`)}
		}, []string{"denied: no statement of the permissions boundary allows s3:GetObject on " + object}},
		"organization": {read("s3:GetObject"), func(p *Policies) {
			p.Identity = []*Document{parsed(t, all)}
			p.ServiceControl = [][]*Document{{parsed(t, all)}, {parsed(t, `{"Statement":{"Effect":"Allow","Action":"ec2:*","Resource":"*"}}`)}}
			p.ResourceControl = [][]*Document{{parsed(t, everyone)}}
		}, []string{"denied: no statement of the service control policy allows s3:GetObject on " + object +
			"; nearest: Sid 0 of the service control policy 0 of level 1, fails on Action"}},
		"unknown": {read("s3:GetObject"), func(p *Policies) {
			p.Identity = []*Document{parsed(t, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Sometimes":{"a:b":"c"}}}}`)}
		}, []string{"unknown: whether statement 0 of the identity policy 0 matches depends on its Condition, which is not understood or not known"}},
		"free": {Request{Principal: ann, Action: "sts:GetCallerIdentity"}, func(*Policies) {},
			[]string{"allowed: sts:GetCallerIdentity needs no permission, or the root user has it"}},
		"impossible": {Request{Principal: "arn:aws:iam::111111111111:root", Action: "sts:AssumeRoot", Resource: "*"}, func(*Policies) {},
			[]string{"denied: AWS does not let this caller use sts:AssumeRoot on *, or the grant is limited by the session or the boundary"}},
		"a trust policy": {Request{Principal: ann, Action: "sts:AssumeRole", Resource: "arn:aws:iam::111111111111:role/T"}, func(p *Policies) {
			p.Resource = parsed(t, `{"Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`)
		}, []string{"denied: no statement of the trust policy allows sts:AssumeRole on arn:aws:iam::111111111111:role/T; " +
			"nearest: Sid 0 of the trust policy, fails on Principal"}},
		"perhaps service-linked": {Request{Principal: "arn:aws:sts::111111111111:assumed-role/AWSServiceRoleForX/s", Action: "s3:GetObject", Resource: object},
			func(p *Policies) {
				p.Identity = []*Document{parsed(t, all)}
				p.ServiceControl = [][]*Document{{}}
			}, []string{"unknown: which limits are for s3:GetObject on " + object + " cannot be told from the request"}},
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
