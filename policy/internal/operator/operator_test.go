package operator_test

import (
	"net/netip"
	"testing"

	"github.com/crossgrant/crossgrant/policy/internal/operator"
	"github.com/crossgrant/crossgrant/policy/internal/truth"
	"github.com/crossgrant/crossgrant/policy/internal/unresolved"
)

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func TestParse(t *testing.T) {
	type o = operator.Operator
	for name, expected := range map[string]o{
		"StringEquals":                          {Family: operator.String},
		"stringequals":                          {Family: operator.String},
		"StringNotEqualsIgnoreCase":             {Family: operator.StringFold, Negated: true},
		"StringLikeIfExists":                    {Family: operator.StringLike, IfExists: true},
		"ForAllValues:StringEquals":             {Family: operator.String, Set: operator.ForAllValues},
		"ForAnyValue:StringNotLikeIfExists":     {Family: operator.StringLike, Negated: true, IfExists: true, Set: operator.ForAnyValue},
		"foranyvalue:arnlike":                   {Family: operator.ARN, Set: operator.ForAnyValue},
		"NotIpAddress":                          {Family: operator.IPAddress, Negated: true},
		"Null":                                  {Family: operator.Null},
		"NullIfExists":                          {},
		"ForAllValues:Null":                     {},
		"ForAnyValue:ForAllValues:StringEquals": {Set: operator.ForAnyValue},
		"StringSort":                            {},
		"StringEqualsIfExistsIfExists":          {IfExists: true},
		"String Equals":                         {},
		"":                                      {},
	} {
		if found := operator.Parse(name); found != expected {
			t.Errorf("%q: found %+v, expected %+v", name, found, expected)
		}
	}
}

func TestCompare(t *testing.T) {
	const yes, no, unknown = truth.Yes, truth.No, truth.Unknown
	for _, c := range []struct {
		operator, policy, request string
		want                      truth.Value
	}{
		{"NumericEquals", "10", "10.0", yes}, {"NumericEquals", "10", "010", yes}, {"NumericEquals", "-0", "0", yes}, {"NumericEquals", "0.50", "0.5", yes},
		{"NumericEquals", "9007199254740993", "9007199254740992", no}, {"NumericEquals", "10", "ten", unknown}, {"NumericEquals", "10", "1e1", unknown},
		{"NumericLessThan", "10", "9", yes}, {"NumericLessThan", "10", "10", no}, {"NumericLessThan", "-10", "-11", yes}, {"NumericLessThan", "1", "-1", yes},
		{"NumericLessThanEquals", "10", "10", yes}, {"NumericLessThanEquals", "-1", "1", no}, {"NumericLessThanEquals", "1", "-1", yes},
		{"NumericGreaterThan", "10", "100", yes}, {"NumericGreaterThan", "10", "10", no}, {"NumericGreaterThanEquals", "10", "10", yes}, {"NumericGreaterThanEquals", "10", "9.9", no},
		{"NumericEquals", "10", "1.", unknown}, {"NumericEquals", "10", "1.x", unknown}, {"NumericEquals", "10", "", unknown},
		{"DateEquals", "2020-01-01", "2020-01-01T00:00:00Z", yes}, {"DateEquals", "2020-01-01T00:00:00Z", "1577836800", yes}, {"DateEquals", "2020", "2020-01-01", yes},
		{"DateEquals", "2020-01", "2020-01-01", yes}, {"DateEquals", "2020-01-01T02:00:00+02:00", "2020-01-01T00:00Z", yes}, {"DateEquals", "2020-01-01T00:00:00-0130", "2020-01-01T01:30:00", yes},
		{"DateLessThan", "2020-01-01T00:00:00.5Z", "2020-01-01T00:00:00.25Z", yes}, {"DateLessThanEquals", "2020-01-01", "2020-01-02", no}, {"DateGreaterThan", "2020", "2021", yes},
		{"DateEquals", "2020", "2020-13-01", unknown}, {"DateEquals", "2020", "2020-02-30", unknown}, {"DateEquals", "2020", "2020-01-01T24:00Z", unknown}, {"DateEquals", "2020", "-5", unknown},
		{"DateEquals", "2020", "12345678901234567", unknown}, {"DateEquals", "2020", "2020-01-01T00:00x", unknown}, {"DateEquals", "2020", "2020-01-01T0:00", unknown}, {"DateEquals", "2020", "2020-01-01T00:00:00.", unknown},
		{"Bool", "true", "TRUE", yes}, {"Bool", "true", "false", no}, {"Bool", "true", "1", unknown},
		{"BinaryEquals", "QmluYXJ5", "QmluYXJ5", yes}, {"BinaryEquals", "QmluYXJ5", "Binary", yes}, {"BinaryEquals", "QmluYXJ5", "QmluYXJ6", no}, {"BinaryEquals", "AA==", "AB==", unknown}, {"BinaryEquals", "AA==", unresolved.Text("X"), unknown},
		{"IpAddress", "10.0.0.0/8", "10.1.2.3", yes}, {"IpAddress", "10.0.0.0/8", "11.0.0.1", no}, {"IpAddress", "10.0.0.1", "10.0.0.1", yes}, {"IpAddress", "2001:db8::/32", "2001:db8::1", yes},
		{"IpAddress", "10.0.0.0/8", "::ffff:10.1.2.3", unknown}, {"IpAddress", "fe80::/10", "fe80::1%eth0", unknown}, {"IpAddress", "10.0.0.0/8", "ten", unknown},
		// Negation and strings are left to the caller.
		{"NumericNotEquals", "10", "10", yes}, {"StringEquals", "a", "a", unknown},
	} {
		o := operator.Parse(c.operator)
		v, ok := o.Operand(c.policy)
		if !ok {
			t.Errorf("%s %q: found an operand that it cannot compare", c.operator, c.policy)
		}
		address := netip.Addr{}
		if o.Family == operator.IPAddress {
			address = operator.ParseAddress(c.request)
		}
		if found := o.Compare(&v, c.request, address); found != c.want {
			t.Errorf("%s %q of %q: found %s, expected %s", c.operator, c.policy, c.request, found, c.want)
		}
	}
}

func TestOperandsThatCannotBeCompared(t *testing.T) {
	for _, c := range [][2]string{
		{"NumericEquals", "ten"}, {"NumericEquals", ""}, {"DateEquals", "yesterday"}, {"DateEquals", "2020-1-1"}, {"Bool", "yes"}, {"Null", "maybe"}, {"BinaryEquals", "AA"}, {"BinaryEquals", "AA==\n"},
		{"IpAddress", "10.0.0.0/33"}, {"IpAddress", "::ffff:10.0.0.0/104"}, {"IpAddress", "10.0.0"}, {"StringSort", "a"},
	} {
		if _, ok := operator.Parse(c[0]).Operand(c[1]); ok {
			t.Errorf("%s %q: found an operand, expected none", c[0], c[1])
		}
	}
	v, ok := operator.Parse("Null").Operand("TRUE")
	if !ok || !v.Bool() {
		t.Errorf("Null: found %t, %t, expected true", v.Bool(), ok)
	}
}

// FuzzCompare: a value that an operator can compare equals itself, unless it is a range of addresses.
func FuzzCompare(f *testing.F) {
	for _, s := range []string{"10", "-1.50", "2020-01-01T00:00:00.5+02:00", "1577836800", "true", "AA==", "10.0.0.1", "fe80::1%z", "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, name := range []string{"NumericEquals", "DateEquals", "Bool", "BinaryEquals", "IpAddress"} {
			o := operator.Parse(name)
			v, ok := o.Operand(s)
			if !ok {
				continue
			}
			address := operator.ParseAddress(s)
			if o.Family == operator.IPAddress && !address.IsValid() {
				continue
			}
			if found := o.Compare(&v, s, address); found != truth.Yes && unresolved.IsKnown(s) {
				t.Errorf("%s: found %s, expected %q to equal itself", name, found, s)
			}
		}
	})
}
