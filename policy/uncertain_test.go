package policy

import (
	"strings"
	"testing"
)

// decideWith decides a request of bob's on an object, with one statement in the bucket's policy beside the permission of bob's own.
func decideWith(t *testing.T, effect, condition string, r Request) (Decision, Trace) {
	t.Helper()
	own, err := Parse([]byte(`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`))
	if err != nil {
		t.Fatal(err)
	}
	p := Policies{Identity: []*Document{own}}
	if effect == "Deny" {
		p.Resource, err = Parse([]byte(`{"Version":"2012-10-17","Statement":{"Sid":"One","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":` + condition + `}}`))
	} else {
		p.Identity[0], err = Parse([]byte(`{"Version":"2012-10-17","Statement":{"Sid":"One","Effect":"Allow","Action":"s3:*","Resource":"*","Condition":` + condition + `}}`))
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Principal, r.Action, r.Resource, r.ResourceAccount = bob, "s3:PutObject", "arn:aws:s3:::b/k", "111122223333"
	return Evaluate(r, p)
}

// Whether a client sends a header is not known: no operator can tell, neither Null nor a negated one, nor one with IfExists.
func TestUncertainKeys(t *testing.T) {
	const key = "s3:x-amz-server-side-encryption"
	for _, condition := range []string{
		`{"Null":{"s3:x-amz-server-side-encryption":"true"}}`, `{"Null":{"s3:X-Amz-Server-Side-Encryption":"false"}}`,
		`{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}`, `{"StringEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}`,
		`{"StringNotEqualsIfExists":{"s3:x-amz-server-side-encryption":"aws:kms"}}`, `{"StringEqualsIfExists":{"s3:x-amz-server-side-encryption":"aws:kms"}}`,
		`{"ForAllValues:StringEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}`, `{"ForAnyValue:StringEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}`,
		`{"StringLike":{"aws:PrincipalAccount":"${s3:x-amz-server-side-encryption}"}}`,
	} {
		for _, effect := range []string{"Deny", "Allow"} {
			if got, _ := decideWith(t, effect, condition, Request{UncertainKeys: []string{key}}); got != Unknown {
				t.Errorf("%s %s: found %s, expected Unknown", effect, condition, got)
			}
		}
	}
	// A value in the context counts.
	r := Request{UncertainKeys: []string{key}, Context: map[string][]string{key: {"aws:kms"}}}
	if got, _ := decideWith(t, "Deny", `{"StringNotEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}}`, r); got != Allowed {
		t.Errorf("found %s, expected Allowed", got)
	}
	// So does what decides without the key.
	both := `{"Null":{"s3:x-amz-server-side-encryption":"true"},"Bool":{"aws:SecureTransport":"false"}}`
	if got, _ := decideWith(t, "Deny", both, Request{UncertainKeys: []string{key}, Context: map[string][]string{"aws:SecureTransport": {"true"}}}); got != Allowed {
		t.Errorf("found %s, expected Allowed", got)
	}
	_, trace := decideWith(t, "Deny", `{"Null":{"s3:x-amz-server-side-encryption":"true"}}`, Request{UncertainKeys: []string{key}})
	if says := strings.Join(Explain(trace), "\n"); !strings.Contains(says, "the request has ‹perhaps s3.x-amz-server-side-encryption›") {
		t.Errorf("found %q", says)
	}
}

// kms:CallerAccount is the account of whoever calls KMS, also through a service.
// https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-caller-account
func TestCallerAccount(t *testing.T) {
	key, err := Parse([]byte(`{"Statement":{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:CallerAccount":"222222222222"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	own, err := Parse([]byte(`{"Statement":{"Effect":"Allow","Action":["kms:*","s3:*"],"Resource":"*","Condition":{"Null":{"kms:CallerAccount":"false"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	const arn = "arn:aws:kms:eu-west-1:222222222222:key/1"
	for name, c := range map[string]struct {
		request Request
		want    Decision
	}{
		"a role of the account":   {Request{Principal: "arn:aws:sts::222222222222:assumed-role/R/s", Action: "kms:Decrypt", Resource: arn}, Allowed},
		"a role of another":       {Request{Principal: "arn:aws:sts::111111111111:assumed-role/R/s", Action: "kms:Decrypt", Resource: arn}, ImplicitlyDenied},
		"a service":               {Request{Principal: "sns.amazonaws.com", Action: "kms:Decrypt", Resource: arn}, Unknown},
		"what the context says":   {Request{Principal: "arn:aws:sts::111111111111:assumed-role/R/s", Action: "kms:Decrypt", Resource: arn, Context: one("kms:CallerAccount", "222222222222")}, Allowed},
		"another service has not": {Request{Principal: "arn:aws:sts::222222222222:assumed-role/R/s", Action: "s3:ListAllMyBuckets"}, ImplicitlyDenied},
	} {
		if got := Decide(c.request, Policies{Identity: []*Document{own}, Resource: key}); got != c.want {
			t.Errorf("%s: found %s, expected %s", name, got, c.want)
		}
	}
}
