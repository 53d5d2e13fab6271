package policy

import (
	"fmt"
	"testing"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// The callers of the tests, as AWS's pages name them.
const (
	bob     = "arn:aws:iam::111122223333:user/Bob"
	session = "arn:aws:sts::111122223333:assumed-role/app/s1"
	root    = "arn:aws:iam::111122223333:root"
	jane    = "arn:aws:sts::111122223333:federated-user/jane"
	lambda  = "lambda.amazonaws.com"
)

func mustParse(t testing.TB, document string) *Document {
	t.Helper()
	d, err := Parse([]byte(document))
	if err != nil {
		t.Fatalf("%s\n%v", document, err)
	}
	return d
}

func mustCall(t testing.TB, r Request) *call {
	t.Helper()
	c := new(call)
	if err := c.prepare(&r); err != nil {
		t.Fatal(err)
	}
	return c
}

// ask matches the first statement of a document, of which only the elements beside Version and Statement are given.
func ask(t testing.TB, k Kind, statement string, r Request) (truth.Value, element) {
	t.Helper()
	d := mustParse(t, `{"Version":"2012-10-17","Statement":{`+statement+`}}`)
	return d.Statements[0].match(mustCall(t, r), k)
}

// askCondition matches a condition alone.
func askCondition(t testing.TB, condition, principal string, context map[string][]string) truth.Value {
	t.Helper()
	v, failed := ask(t, Identity, `"Effect":"Allow","Action":"*","Resource":"*","Condition":{`+condition+`}`,
		Request{Principal: principal, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: context})
	if (v == truth.Yes) != (failed == "") || v != truth.Yes && failed != conditionElement {
		t.Errorf("%s: verdict %v, failed %q", condition, v, failed)
	}
	return v
}

type values = map[string][]string

// one is a context with one value.
func one(key, value string) values { return values{key: {value}} }

// conditionCase is a condition, what the request has, and what AWS's pages say of it.
type conditionCase struct {
	name      string
	condition string
	context   values
	want      truth.Value
}

func testConditions(t *testing.T, cases []conditionCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if v := askCondition(t, c.condition, bob, c.context); v != c.want {
				t.Errorf("{%s} of %v: %v, want %v", c.condition, c.context, v, c.want)
			}
		})
	}
}

// operatorCases are rows of an operator on one key: policy value, request value, verdict.
func operatorCases(t *testing.T, operator string, rows [][3]string) {
	t.Helper()
	for _, r := range rows {
		t.Run(fmt.Sprintf("%s %s of %s", operator, r[0], r[1]), func(t *testing.T) {
			if v := askCondition(t, fmt.Sprintf("%q:{\"k:e\":%q}", operator, r[0]), bob, one("k:e", r[1])); v.String() != r[2] {
				t.Errorf("%v, want %s", v, r[2])
			}
		})
	}
}
