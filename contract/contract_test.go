package contract_test

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/contract"
)

var update = flag.Bool("update", false, "write testdata/contract.json anew")

const golden = "testdata/contract.json"

func TestEncode(t *testing.T) {
	document := encode(t, agreed()...)
	if *update {
		if err := os.WriteFile(golden, document, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	expected, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(expected), string(document)); diff != "" {
		t.Errorf("%s (-expected +found; -update writes it):\n%s", golden, diff)
	}
}

// However the lists and the grants are ordered, and whatever they repeat, the bytes are the same.
func TestEncodeIsCanonical(t *testing.T) {
	expected := encode(t, agreed()...)
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 0))
		grants := agreed()
		shuffle(random, reflect.ValueOf(&grants).Elem())
		grants[0].Grantees = append(grants[0].Grantees, grants[0].Grantees[0])
		again := encode(t, grants...)
		if !bytes.Equal(expected, again) {
			t.Fatalf("seed %d (-expected +found):\n%s", seed, cmp.Diff(string(expected), string(again)))
		}
	}
}

func TestEncodeKeepsTheCallersGrants(t *testing.T) {
	grants := agreed()
	encode(t, grants...)
	if diff := cmp.Diff(agreed(), grants); diff != "" {
		t.Errorf("grants (-before +after):\n%s", diff)
	}
}

// shuffle shuffles every list in a value.
func shuffle(random *rand.Rand, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			shuffle(random, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			shuffle(random, v.Field(i))
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			shuffle(random, v.MapIndex(key))
		}
	case reflect.Slice:
		random.Shuffle(v.Len(), reflect.Swapper(v.Interface()))
		for i := range v.Len() {
			shuffle(random, v.Index(i))
		}
	}
}

func TestReadReturnsWhatWasEncoded(t *testing.T) {
	expected := contract.Contract{Schema: contract.SchemaFileName, Format: 1}
	for _, g := range agreed() {
		sealed, err := g.WithDigest()
		if err != nil {
			t.Fatal(err)
		}
		expected.Grants = append(expected.Grants, sealed)
	}
	slices.Reverse(expected.Grants) // orders before reports
	found, err := contract.Read(encode(t, agreed()...))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(expected, found); diff != "" {
		t.Errorf("contract (-expected +found):\n%s", diff)
	}
	// What another account has to write in the place of the key's id is what the contract has.
	if diff := cmp.Diff([]string{"arn:aws:kms:ap-northeast-1:222222222222:key/*"}, found.Grants[1].Permissions[0].Resources); diff != "" {
		t.Errorf("resources (-expected +found):\n%s", diff)
	}
}

func TestEncodeRefuses(t *testing.T) {
	invalid, huge := small(), small()
	invalid.Environment = map[string]string{"A": "\xff"}
	huge.Environment = map[string]string{"A": strings.Repeat("x", contract.MaxSize)}
	for name, c := range map[string]struct {
		grants   []contract.Grant
		expected string
	}{
		"no grant":             {nil, "write contract:\ngrants: found none, expected at least one"},
		"a grant twice":        {[]contract.Grant{small(), small()}, "grants[1] (g-dev-eu-west-1): found twice, expected each grant once"},
		"text that is no text": {[]contract.Grant{invalid}, `write contract: grant g-dev-eu-west-1: digest: environment: A: found`},
		"more than Read reads": {[]contract.Grant{huge}, "write contract: found 419"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := contract.Encode(c.grants); err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v\nexpected %s", err, c.expected)
			}
		})
	}
}

func TestGrantOfAContract(t *testing.T) {
	c, err := contract.Read(encode(t, agreed()...))
	if err != nil {
		t.Fatal(err)
	}
	g, err := c.Grant("reports", "prod", "ap-northeast-1")
	if err != nil || g.Key() != "reports-prod-ap-northeast-1" || g.Access != contract.AssumeRole {
		t.Errorf("found grant %s, %v", g.Key(), err)
	}
	expected := "found no grant reports, stage dev, in ap-northeast-1; expected one of: orders, stage prod, in ap-northeast-1; reports, stage prod, in ap-northeast-1"
	for _, other := range [][3]string{{"reports", "dev", "ap-northeast-1"}, {"report", "prod", "ap-northeast-1"}, {"reports", "prod", "eu-west-1"}} {
		_, err := c.Grant(other[0], other[1], other[2])
		if err == nil || other[1] == "dev" && err.Error() != expected {
			t.Errorf("found %v, expected %s", err, expected)
		}
	}
}

func TestRoleAccount(t *testing.T) {
	for arn, expected := range map[string]string{
		"arn:aws:iam::111111111111:role/r":              "111111111111",
		"arn:aws-us-gov:iam::111111111111:role/a/b/r.x": "111111111111",
		"arn:aws:iam::111111111111:role/":               "",
		"arn:aws:iam::111111111111:role//r":             "",
		"arn:aws:iam::111111111111:user/r":              "",
		"arn:aws:iam::*:role/r":                         "",
		"arn:aws:iam::111111111111:role/*":              "",
		"arn:aws:iam:eu-west-1:111111111111:role/r":     "",
		"AROAEXAMPLEID":                                 "",
	} {
		if account, ok := contract.RoleAccount(arn); account != expected || ok != (expected != "") {
			t.Errorf("RoleAccount(%s): found %q, %t, expected %q", arn, account, ok, expected)
		}
	}
}
