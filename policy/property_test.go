package policy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy/internal/operator"
	"github.com/crossgrant/crossgrant/policy/internal/pattern"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// TestOrderDoesNotMatter: elements, operators, keys and values may stand in any order.
func TestOrderDoesNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	shuffled := func(list ...string) string {
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return strings.Join(list, ",")
	}
	for n := range 300 {
		context := values{"k:a": {"x"}, "k:b": {"2"}, "k:c": {"x", "y"}}
		delete(context, []string{"k:a", "k:b", "k:c", ""}[n%4])
		r := Request{Principal: []string{bob, session, root, lambda}[n/4%4], Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: context}
		document := func() string {
			return `{"Version":"2012-10-17","Statement":{` + shuffled(`"Effect":"Allow"`, `"Action":[`+shuffled(`"s3:Get*"`, `"*:GetObject"`, `"ec2:*"`)+`]`,
				`"Resource":[`+shuffled(`"arn:aws:s3:::b/*"`, `"arn:aws:s3:::${aws:username}/*"`, `"arn:aws:s?:::b/k"`)+`]`,
				`"Principal":{`+shuffled(`"AWS":[`+shuffled(`"111122223333"`, `"`+bob+`"`, `"AROAEXAMPLE"`)+`]`, `"Service":"lambda.amazonaws.com"`)+`}`,
				`"Condition":{`+shuffled(`"StringEqualsIfExists":{`+shuffled(`"k:a":[`+shuffled(`"x"`, `"z"`)+`]`, `"k:d":"x"`)+`}`, `"NumericLessThanIfExists":{"k:b":["1","3"]}`, `"ForAllValues:StringLike":{"k:c":["x*","y*"]}`)+`}`) + `}}`
		}
		match := func(document string) string {
			s := &mustParse(t, document).Statements[0]
			v, failed := s.match(mustCall(t, r), Resource)
			by, sure := s.principalScope(mustCall(t, r))
			return fmt.Sprint(v, failed, by, sure)
		}
		if a, b := match(document()), match(document()); a != b {
			t.Fatalf("%v: %s in one order, %s in another", r, a, b)
		}
	}
}

// TestNegatedIsTheOpposite: for a single value that is there, an operator and its Not are never both true.
func TestNegatedIsTheOpposite(t *testing.T) {
	texts := []string{"", "a", "A*", "?", "1", "-1.50", "2020-01-01", "1577836800", "10.0.0.1", "10.0.0.0/8", "::1", "true", bob, "arn:aws:iam::*:user/*", "${aws:username}", "${x:y}", "${", "AA=="}
	for operator, negated := range map[string]string{"StringEquals": "StringNotEquals", "StringLike": "StringNotLike", "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
		"NumericEquals": "NumericNotEquals", "DateEquals": "DateNotEquals", "IpAddress": "NotIpAddress", "ArnLike": "ArnNotLike", "ArnEquals": "ArnNotEquals"} {
		for _, want := range texts {
			for _, has := range texts {
				a := askCondition(t, fmt.Sprintf(`"%s":{"k:e":%q}`, operator, want), bob, one("k:e", has))
				b := askCondition(t, fmt.Sprintf(`"%s":{"k:e":%q}`, negated, want), bob, one("k:e", has))
				if a != b.Not() && !(want == "${x:y}" && a == truth.No && b == truth.Unknown) {
					t.Errorf("%s %q of %q: %v, %s: %v", operator, want, has, a, negated, b)
				}
			}
		}
	}
}

func fuzzFamily(f *testing.F, names ...string) {
	f.Add("a*", "ab")
	f.Add("x", "\n")
	f.Add("1.5", "2020-01-01T00:00:00.5+02:00")
	f.Add("10.0.0.0/8", "fe80::1%z")
	f.Add("arn:aws:s3:::${k:e}*", "arn:aws:s3:::b")
	f.Fuzz(func(t *testing.T, want, has string) {
		for _, name := range names {
			for _, prefix := range []string{"", "ForAllValues:", "ForAnyValue:"} {
				q := compileCondition(prefix+name, "k:e", []string{want, "x"}, pattern.Variables)
				c := mustCall(t, Request{Principal: session, Action: "s3:A", Context: values{"k:e": {has}}})
				if v := q.match(c); v > truth.Yes {
					t.Fatalf("%s%s: %d", prefix, name, v)
				}
				// The same value is never surely different from itself.
				same := compileCondition(name, "k:e", []string{has}, 0)
				if v := same.match(c); v == truth.No && !same.operator.Negated && same.operator.Relation == operator.Equal && same.operator.Family != operator.IPAddress && same.operator.Family != operator.Null {
					t.Fatalf("%s: %q is not itself", name, has)
				}
			}
		}
	})
}

func FuzzStringOperators(f *testing.F) {
	fuzzFamily(f, "StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike", "StringNotLike")
}
func FuzzNumericOperators(f *testing.F) {
	fuzzFamily(f, "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals")
}
func FuzzDateOperators(f *testing.F) {
	fuzzFamily(f, "DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThanEquals")
}
func FuzzBoolOperator(f *testing.F)       { fuzzFamily(f, "Bool") }
func FuzzBinaryOperator(f *testing.F)     { fuzzFamily(f, "BinaryEquals") }
func FuzzIPAddressOperators(f *testing.F) { fuzzFamily(f, "IpAddress", "NotIpAddress") }
func FuzzARNOperators(f *testing.F)       { fuzzFamily(f, "ArnEquals", "ArnNotLike") }
func FuzzNullOperator(f *testing.F)       { fuzzFamily(f, "Null") }
