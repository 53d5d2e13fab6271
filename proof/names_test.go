package proof

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/policy"
)

// Whatever List returns can be asked for by its name; so can a part of a name that nothing else has.
func TestNamesOfPrincipalsAndResources(t *testing.T) {
	app := grantApp(t, both)
	principals, resources, err := List(app, Options{})
	if err != nil {
		t.Fatal(err)
	}
	names := func(all []Named) (names []string) {
		for _, n := range all {
			names = append(names, n.Name+" "+n.ARN)
		}
		return names
	}
	for _, wanted := range []string{"Source/Reader arn:aws:iam::111111111111:role/reader", "Reports/Function arn:aws:iam::111111111111:role/reader"} {
		if !slices.Contains(names(principals), wanted) {
			t.Errorf("found principals %q, expected %q", names(principals), wanted)
		}
	}
	if wanted := "Target/Lake arn:aws:s3:::lake"; !slices.Contains(names(resources), wanted) {
		t.Errorf("found resources %q, expected %q", names(resources), wanted)
	}
	for _, n := range principals {
		if _, err := Explain(app, Options{}, Access{Caller: n.Name, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/reports/1"}); err != nil {
			t.Errorf("%s: %v", n.Name, err)
		}
	}
	for _, c := range []struct{ caller, resource, says string }{ // says is the error; the request works without
		{"Reports/Function", "Target/Lake/reports/1", ""},
		{"Function", "Lake/reports/1", ""}, // logical IDs
		{"reader", "lake/reports/1", ""},   // physical names
		{"Func", "lake/reports/1", ""},     // a part
		{"Functoin", "lake/reports/1", `found no role, user, function or instance "Functoin" in the assembly, expected an ARN, a service, "anonymous", or a path such as Reports/Function: did you mean Reports/Function?`},
		{"something", "lake/reports/1", "or a path such as Reports/Function"},
		{"Source", "lake/reports/1", ""}, // all that is in it is one role
		{"e", "lake/reports/1", `found "e" in the names of `},
		{"Function", "Lakes", `expected an ARN, or a path such as Stack/Bucket/key: did you mean Target/Lake?`},
		{"Function", "Target/Nothing/1", "found no resource"},
		{"Function", "arn:aws:s3:::lake", `found resource "arn:aws:s3:::lake", but s3:GetObject is on arn:*:s3:`},
	} {
		chains, err := Explain(app, Options{}, Access{Caller: c.caller, Action: "s3:GetObject", Resource: c.resource})
		switch {
		case c.says != "":
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s on %s: found %v, expected %q", c.caller, c.resource, err, c.says)
			}
		case err != nil || chains[0].Passes != policy.Yes || chains[0].From == nil:
			t.Errorf("%s on %s: found %v, expected that it works", c.caller, c.resource, err)
		}
	}
	// A name that a role and a bucket have is that of the action's service.
	if _, err := Explain(app, Options{}, Access{Caller: "Function", Action: "dynamodb:GetItem", Resource: "shop"}); err != nil {
		t.Error(err)
	}
	if _, _, err := List(nil, Options{}); err == nil {
		t.Error("found no error without an assembly")
	}
}

// An ARN that no template has is that of something else, or is misspelt.
func TestSimilarARNs(t *testing.T) {
	const reader = "arn:aws:iam::111111111111:role/reader"
	app := grantApp(t, both)
	for _, c := range []struct{ caller, resource, want string }{
		{reader, "arn:aws:s3:::lake/reports/1", ""},
		{"arn:aws:iam::111111111111:role/reade", "arn:aws:s3:::lake/reports/1", "arn:aws:iam::111111111111:role/reade " + reader},
		{reader, "arn:aws:s3:::lakes/reports/1", "arn:aws:s3:::lakes/reports/1 arn:aws:s3:::lake/reports/1"},
		{reader, "arn:aws:s3:::another/reports/1", ""},
		{"Reports/Function", "Lakes", ""},
	} {
		pairs, err := Similar(app, Options{}, Access{Caller: c.caller, Action: "s3:GetObject", Resource: c.resource})
		found := ""
		for _, pair := range pairs {
			found += pair[0] + " " + pair[1]
		}
		if err != nil || found != c.want {
			t.Errorf("%s on %s: found %q and %v, expected %q", c.caller, c.resource, found, err, c.want)
		}
	}
	if _, err := Similar(nil, Options{}, Access{}); err == nil {
		t.Error("found no error without an assembly")
	}
}
