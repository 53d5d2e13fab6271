package pattern

import (
	"reflect"
	"testing"

	"github.com/crossgrant/crossgrant/policy/internal/truth"
)

// X and Y are unresolved texts.
const x, y = "\x00X\x00", "\x00Y\x00"

// three is an unresolved text of three characters.
const three = "\x00X(3)\x00"

func TestMatches(t *testing.T) {
	const yes, no, unknown = truth.Yes, truth.No, truth.Unknown
	for _, c := range []struct {
		pattern, text string
		values        []string
		mode          Mode
		want          truth.Value
	}{
		{"a*b", "axxb", nil, 0, yes}, {"a*b", "axxc", nil, 0, no}, {"a?b", "aéb", nil, 0, yes}, {"a?b", "ab", nil, 0, no}, {"abc", "ABC", nil, FoldCase, yes}, {"abc", "ABD", nil, FoldCase, no}, {"abc", "AB", nil, FoldCase, no}, {"abc*", "AB", nil, FoldCase, no}, {"abc*", "ABCD", nil, FoldCase, yes},
		{"a${k:v}c", "abc", []string{"b"}, 0, yes}, {"a${k:v}c", "axc", []string{"b"}, 0, no}, {"${k:v}*${k:w}", "ab-cd", []string{"ab", "cd"}, 0, yes}, {"${*}${?}${$}", "*?$", nil, 0, yes}, {"${*}", "x", nil, 0, no},
		// Unresolved text equals itself.
		{x, x, nil, 0, yes}, {"a" + x, "a" + x, nil, 0, yes}, {x, y, nil, 0, unknown}, {x, "b", nil, 0, unknown}, {"b", x, nil, 0, unknown}, {"a" + x, "b", nil, 0, no}, {"a" + x + "c", "abc", nil, 0, unknown}, {"a" + x + "c", "abd", nil, 0, no},
		{"*", x, nil, 0, yes}, {"?", x, nil, 0, unknown}, {"*a*", x, nil, 0, unknown}, {"a*", x, nil, 0, unknown}, {x + "b", x + "c", nil, 0, no}, {x + "b", y + "b", nil, 0, unknown}, {"é" + x, "É" + x, nil, FoldCase, yes},
		// A length that is known.
		{"a-???", "a-" + three, nil, 0, yes}, {"a-??", "a-" + three, nil, 0, no}, {"a-????", "a-" + three, nil, 0, no}, {"a-*", "a-" + three, nil, 0, yes}, {three, three, nil, 0, yes}, {three, "abc", nil, 0, unknown},
		{three, "abcd", nil, 0, no}, {three, "a:c", nil, 0, no}, {"abc", three, nil, 0, unknown}, {"ab", three, nil, 0, no}, {"a-c", three, nil, 0, no}, {three, x, nil, 0, unknown}, {x, three, nil, 0, unknown}, {"?" + three, "b" + three, nil, 0, yes},
		{"???", "\x00Y(3)\x00", nil, 0, yes}, {three, "\x00Y(3)\x00", nil, 0, unknown}, {three, "\x00Y(2)\x00", nil, 0, no}, {"?", "\x00X()\x00", nil, 0, unknown}, {"?", "\x00X(-1)\x00", nil, 0, unknown},
		{"${k:v}", "b", []string{x}, 0, unknown}, {"${k:v}", x, []string{x}, 0, yes}, {"a${k:v}", "b" + x, []string{x}, 0, no}, {"a?" + x, "ab" + x, nil, 0, yes},
	} {
		p := Compile(c.pattern, Wildcards|Variables)
		if found := p.Matches(c.text, c.values, c.mode, false); found != c.want {
			t.Errorf("%q of %q with %q: found %s, expected %s", c.pattern, c.text, c.values, found, c.want)
		}
	}
}

func TestEqualFold(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		values        []string
		want          truth.Value
	}{
		{"John", "jOHN", nil, truth.Yes}, {"John", "Joan", nil, truth.No}, {"John", "John ", nil, truth.No}, {"John", "Joh", nil, truth.No}, {"JÖRG", "jörg", nil, truth.Yes}, {"", "", nil, truth.Yes}, {"", "x", nil, truth.No},
		{"ab${k:v}", "ABc", []string{"C"}, truth.Yes}, {"ab${k:v}", "ABd", []string{"C"}, truth.No},
		// U+212A, the Kelvin sign, folds to k and is longer.
		{"k", "\u212a", nil, truth.Yes},
		{"A" + x, "a" + x, nil, truth.Yes}, {"A" + x, "ab", nil, truth.Unknown}, {"A" + x, "b", nil, truth.No},
	} {
		p := Compile(c.pattern, Variables)
		if found := p.EqualFold(c.text, c.values, false); found != c.want {
			t.Errorf("%q of %q with %q: found %s, expected %s", c.pattern, c.text, c.values, found, c.want)
		}
	}
}

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func TestVariables(t *testing.T) {
	for raw, expected := range map[string]struct {
		variables []Variable
		malformed bool
	}{
		"a":                          {nil, false},
		"${aws:username}":            {[]Variable{{Name: "aws:username", Key: "aws:username"}}, false},
		"${ aws:PrincipalTag/Team }": {[]Variable{{Name: "aws:PrincipalTag/Team", Key: "aws:principaltag/team"}}, false},
		"${a:b, 'c}d'}":              {[]Variable{{Name: "a:b", Key: "a:b", Default: "c}d", HasDefault: true}}, false},
		"${a:b, 'c*'}":               {[]Variable{{Name: "a:b", Key: "a:b", Default: "c*", HasDefault: true, WildcardDefault: true}}, false},
		"${a:b, ''}":                 {[]Variable{{Name: "a:b", Key: "a:b", HasDefault: true}}, false},
		"${a:b,'c'}":                 {[]Variable{{Name: "a:b", Key: "a:b", HasDefault: true}}, true},
		"${a:b, c}":                  {[]Variable{{Name: "a:b", Key: "a:b", HasDefault: true}}, true},
		"${a:b, 'c}":                 {nil, true},
		"${}":                        {[]Variable{{}}, true},
		"${a*}":                      {[]Variable{{Name: "a*", Key: "a*"}}, true},
		"${a":                        {nil, true},
		"\x00":                       {nil, true},
		"${a:b}-${c:d}":              {[]Variable{{Name: "a:b", Key: "a:b"}, {Name: "c:d", Key: "c:d"}}, false},
	} {
		p := Compile(raw, Wildcards|Variables)
		if !reflect.DeepEqual(p.Variables, expected.variables) || p.Malformed != expected.malformed {
			t.Errorf("%q: found %+v, malformed %t, expected %+v, %t", raw, p.Variables, p.Malformed, expected.variables, expected.malformed)
		}
		if p := Compile(raw, Wildcards); len(p.Variables) > 0 {
			t.Errorf("%q: found variables where they are text", raw)
		}
	}
}

func TestWholePatterns(t *testing.T) {
	for raw, expected := range map[string][2]bool{"${a:b}": {true, false}, x: {false, true}, "a${a:b}": {false, false}, x + "*": {false, false}, "a": {false, false}, "": {false, false}} {
		if p := Compile(raw, Wildcards|Variables); p.IsVariable() != expected[0] || p.IsUnresolved() != expected[1] {
			t.Errorf("%q: found %t and %t, expected %v", raw, p.IsVariable(), p.IsUnresolved(), expected)
		}
	}
}

func TestSegments(t *testing.T) {
	p := Compile("arn:aws:s3:${aws:RequestedRegion}::b"+x+":${a:b}/*", Wildcards|Variables)
	parts := p.Segments()
	if len(parts) != 6 {
		t.Fatalf("found %d segments, expected 6", len(parts))
	}
	for i, c := range []struct {
		text   string
		values []string
		want   truth.Value
	}{{"arn", nil, truth.Yes}, {"aws", nil, truth.Yes}, {"s3", nil, truth.Yes}, {"eu-west-1", []string{"eu-west-1"}, truth.Yes}, {"", nil, truth.Yes}, {"b" + x + ":c/d", []string{"c"}, truth.Yes}} {
		if found := parts[i].Matches(c.text, c.values, 0, false); found != c.want || len(parts[i].Variables) != len(c.values) {
			t.Errorf("segment %d: found %s of %q with %d variables", i, found, c.text, len(parts[i].Variables))
		}
	}
	short := Compile("arn:aws:s3", 0)
	if n := len(short.Segments()); n != 3 {
		t.Errorf("found %d segments, expected 3", n)
	}
}

func TestConfineWildcards(t *testing.T) {
	for _, c := range []struct {
		pattern, text  string
		confined       bool
		colons         int
		within, across truth.Value
	}{
		{"arn:aws:sqs:eu-*-1:1:q", "arn:aws:sqs:eu-west-1:1:q", true, 5, truth.Yes, truth.Yes},
		{"arn:aws:sqs:eu-*-1:1:q", "arn:aws:sqs:eu-a:b-1:1:q", true, 5, truth.No, truth.Yes},
		{"arn:aws:sqs:eu?west:1:q", "arn:aws:sqs:eu:west:1:q", true, 5, truth.No, truth.Yes},
		{"arn:aws:sqs:*:1:q", "arn:aws:sqs:a:b:1:q", false, 5, truth.Yes, truth.Yes},
		{"arn:aws:sqs:r:1:q*x?", "arn:aws:sqs:r:1:q:x:", false, 5, truth.Yes, truth.Yes},
		{"arn:*", "arn:aws:sqs:r:1:q", false, 1, truth.Yes, truth.Yes},
		{"arn:aws:sqs:a*b:1:q", "arn:aws:sqs:a" + x + "b:1:q", true, 5, truth.Unknown, truth.Yes},
		{"arn:aws:sqs:a?b:1:" + x, "arn:aws:sqs:a:b:1:q", true, 5, truth.No, truth.Unknown},
	} {
		p := Compile(c.pattern, Wildcards)
		confined, colons := p.ConfineWildcards()
		if within, across := p.Matches(c.text, nil, 0, false), p.Matches(c.text, nil, AcrossSegments, false); confined != c.confined || colons != c.colons || within != c.within || across != c.across || p.Malformed {
			t.Errorf("%q of %q: found confined %t, %d colons, %s and %s", c.pattern, c.text, confined, colons, within, across)
		}
	}
	for raw, malformed := range map[string]bool{"arn:aws:s3:::${a:b}": false, "arn:aws:s3::${a:b}:c": true} {
		p := Compile(raw, Variables)
		if p.ConfineWildcards(); p.Malformed != malformed {
			t.Errorf("%q: found malformed %t", raw, p.Malformed)
		}
	}
}
