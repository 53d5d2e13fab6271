package policy

import (
	"fmt"
	"testing"
)

// typicalGrant is a role of one account that reads a bucket of another through an endpoint: 3 policies, 10 statements, 4 conditions.
func typicalGrant(tb testing.TB) (Request, Policies) {
	tb.Helper()
	identity := parsed(tb, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::222222222222:role/grant"},
		{"Effect":"Allow","Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"},
		{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectTagging"],"Resource":"arn:aws:s3:::data-222222222222/in/*"},
		{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::data-222222222222","Condition":{"StringLike":{"s3:prefix":"in/*"}}}]}`)
	resource := parsed(tb, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::data-222222222222","arn:aws:s3:::data-222222222222/*"],
			"Condition":{"Bool":{"aws:SecureTransport":"false"}}},
		{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111111111111:root"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::data-222222222222/in/*",
			"Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::111111111111:role/reader"}}},
		{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::data-222222222222"}]}`)
	endpoint := parsed(tb, `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::data-222222222222/*",
			"Condition":{"StringEquals":{"aws:PrincipalAccount":"111111111111"}}},
		{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::al2023-repos-ap-northeast-1-de612dc2/*"},
		{"Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"*"}]}`)
	return Request{
			Principal: "arn:aws:sts::111111111111:assumed-role/reader/session", Action: "s3:GetObject",
			Resource: "arn:aws:s3:::data-222222222222/in/2026/file.json", ResourceAccount: "222222222222",
			Context: map[string][]string{"aws:SecureTransport": {"true"}, "aws:SourceVpce": {"vpce-1"}},
		}, Policies{
			Identity: []*Document{identity}, Resource: resource, Endpoints: []*Document{endpoint},
		}
}

func parsed(tb testing.TB, text string) *Document {
	tb.Helper()
	d, err := Parse([]byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func TestTypicalGrantIsAllowedWithoutAllocation(t *testing.T) {
	r, p := typicalGrant(t)
	if d := Decide(r, p); d != Allowed {
		t.Fatalf("found %s, expected Allowed", d)
	}
	if n := testing.AllocsPerRun(100, func() { Decide(r, p) }); n != 0 {
		t.Errorf("found %v allocations a decision, expected none", n)
	}
}

func BenchmarkDecide(b *testing.B) {
	r, p := typicalGrant(b)
	b.ReportAllocs()
	for b.Loop() {
		if Decide(r, p) != Allowed {
			b.Fatal("expected Allowed")
		}
	}
}

func BenchmarkEvaluate(b *testing.B) {
	r, p := typicalGrant(b)
	b.ReportAllocs()
	for b.Loop() {
		if d, _ := Evaluate(r, p); d != Allowed {
			b.Fatal("expected Allowed")
		}
	}
}

func TestRequestThatCannotBeReadIsUnknown(t *testing.T) {
	all := Policies{Identity: []*Document{parsed(t, `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`)}}
	const user = "arn:aws:iam::111111111111:user/ann"
	for name, r := range map[string]Request{
		"no principal":               {Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"},
		"a name":                     {Principal: "ann", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"},
		"a group":                    {Principal: "arn:aws:iam::111111111111:group/g", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"},
		"a user without a name":      {Principal: "arn:aws:iam::111111111111:user/", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"},
		"a user without account":     {Principal: "arn:aws:iam::1:user/ann", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k"},
		"no action":                  {Principal: user, Resource: "arn:aws:s3:::b/k"},
		"an action without service":  {Principal: user, Action: "GetObject", Resource: "arn:aws:s3:::b/k"},
		"a resource that is no ARN":  {Principal: user, Action: "s3:GetObject", Resource: "b/k"},
		"an account that is no such": {Principal: user, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", ResourceAccount: "1"},
		"two accounts":               {Principal: user, Action: "sqs:SendMessage", Resource: "arn:aws:sqs:r:222222222222:q", ResourceAccount: "111111111111"},
	} {
		t.Run(name, func(t *testing.T) {
			d, trace := Evaluate(r, all)
			if d != Unknown || Decide(r, all) != Unknown || trace.Problem == "" || len(trace.Statements) > 0 {
				t.Errorf("found %s with %+v, expected Unknown and the problem", d, trace)
			}
			if said := Explain(trace); len(said) != 1 || said[0] != "unknown: "+trace.Problem {
				t.Errorf("found %q", said)
			}
		})
	}
}

func TestCallerOf(t *testing.T) {
	for principal, want := range map[string]caller{
		"anonymous":            {kind: anonymousCaller},
		"lambda.amazonaws.com": {kind: externalCaller},
		"accounts.google.com":  {kind: externalCaller},
		"arn:aws:iam::111111111111:oidc-provider/token.example":                            {kind: externalCaller},
		"arn:aws:iam::111111111111:saml-provider/p":                                        {kind: externalCaller},
		"arn:aws:iam::111111111111:root":                                                   {rootCaller, "111111111111", ""},
		"arn:aws:iam::111111111111:user/div/ann":                                           {userCaller, "111111111111", "ann"},
		"arn:aws:iam::111111111111:role/path/R":                                            {sessionCaller, "111111111111", "R"},
		"arn:aws:sts::111111111111:assumed-role/R/s":                                       {sessionCaller, "111111111111", "R"},
		"arn:aws-cn:sts::111111111111:federated-user/ann":                                  {federatedCaller, "111111111111", "ann"},
		"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL":    {kind: originCaller},
		"arn:aws-cn:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL": {kind: originCaller},
		"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ":                  {},
		"arn:aws:iam::cloudfront:user/E2QWRUHAPOMQZL":                                      {},
		"*":                              {},
		"":                               {},
		"a b.c":                          {},
		"arn:aws:s3:::b":                 {},
		"arn:aws:iam::111111111111":      {},
		"arn:aws:iam::11111111111x:root": {},
	} {
		found := callerOf(principal)
		if want.kind == invalidCaller {
			found = caller{kind: found.kind}
		}
		if found != want {
			t.Errorf("%q: found %+v, expected %+v", principal, found, want)
		}
	}
}

// A policy that is nil stands for one that could not be had: it allows nothing.
func TestNilPolicyAllowsNothing(t *testing.T) {
	r, p := typicalGrant(t)
	for name, change := range map[string]func(*Policies){
		"boundary": func(p *Policies) { p.Boundaries = []*Document{nil} },
		"endpoint": func(p *Policies) { p.Endpoints = append(p.Endpoints, nil) },
		"session":  func(p *Policies) { p.Session = []*Document{nil} },
		"identity": func(p *Policies) { p.Identity = []*Document{nil} },
		"SCP":      func(p *Policies) { p.ServiceControl = [][]*Document{{nil}} },
		"RCP":      func(p *Policies) { p.ResourceControl = [][]*Document{{nil}} },
	} {
		changed := p
		change(&changed)
		want := ImplicitlyDenied
		if name == "RCP" {
			want = Unknown // it can only deny
		}
		if d := Decide(r, changed); d != want {
			t.Errorf("%s: found %s, expected %s", name, d, want)
		}
	}
}

func ExampleEvaluate() {
	bucket, err := Parse([]byte(`{"Statement":[{"Sid":"Read","Effect":"Allow","Principal":{"AWS":"111111111111"},
		"Action":"s3:GetObject","Resource":"arn:aws:s3:::data/in/*"}]}`))
	if err != nil {
		panic(err)
	}
	decision, trace := Evaluate(Request{
		Principal:       "arn:aws:iam::111111111111:user/ann",
		Action:          "s3:GetObject",
		Resource:        "arn:aws:s3:::data/out/1.json",
		ResourceAccount: "222222222222",
	}, Policies{Resource: bucket})
	fmt.Println(decision, trace.BlockedBy())
	for _, sentence := range Explain(trace) {
		fmt.Println(sentence)
	}
	// Output:
	// ImplicitlyDenied [identity resource]
	// denied: there is no identity policy that allows s3:GetObject on arn:aws:s3:::data/out/1.json
	// denied: no statement of the resource policy allows s3:GetObject on arn:aws:s3:::data/out/1.json; nearest: statement Read, fails on Resource (arn:aws:s3:::data/in/*)
}
