package unresolved_test

import (
	"testing"

	"github.com/crossgrant/crossgrant/policy/internal/unresolved"
)

func TestText(t *testing.T) {
	for name, expected := range map[string]string{"Stack.Bucket": "\x00Stack.Bucket\x00", "AWS::Region": "\x00AWS..Region\x00", "a/b,c": "\x00a.b.c\x00", "a\x00b": "\x00ab\x00", "": "\x00\x00"} {
		if found := unresolved.Text(name); found != expected {
			t.Errorf("%q: found %q, expected %q", name, found, expected)
		}
	}
}

func TestReadable(t *testing.T) {
	for text, expected := range map[string]string{"": "", "arn:aws:s3:::b": "arn:aws:s3:::b", "arn:aws:s3:::\x00B\x00/\x00C\x00*": "arn:aws:s3:::‹B›/‹C›*", "a\x00b": "a‹b"} {
		if found := unresolved.Readable(text); found != expected {
			t.Errorf("%q: found %q, expected %q", text, found, expected)
		}
		if known := text == expected; unresolved.IsKnown(text) != known {
			t.Errorf("%q: found IsKnown %t, expected %t", text, !known, known)
		}
	}
}

func TestLength(t *testing.T) {
	for text, expected := range map[string]int{"a\x00b\x00": 0, "\x00b\x00c": 3, "\x00\x00": 2, "\x00b": 1} {
		if found := unresolved.Length(text); found != expected {
			t.Errorf("%q: found %d, expected %d", text, found, expected)
		}
	}
}

func TestPlaces(t *testing.T) {
	for text, expected := range map[string][2]bool{
		unresolved.Account(""): {true, false}, unresolved.Account("S@2"): {true, false}, unresolved.Region(""): {false, true}, unresolved.Region("S@2"): {false, true},
		unresolved.Text("accounts"): {}, unresolved.Text("S.account"): {}, unresolved.Account("") + "1": {}, unresolved.Account("") + unresolved.Account(""): {}, "account": {}, "": {},
	} {
		if found := [2]bool{unresolved.IsAccount(text), unresolved.IsRegion(text)}; found != expected {
			t.Errorf("%q: found account, region %v, expected %v", text, found, expected)
		}
	}
	if n := unresolved.Characters(unresolved.Account("")); n != 12 {
		t.Errorf("found %d characters of an account, expected 12", n)
	}
}
