package s3keys

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestMerge(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"two, in byte order", "c/ a/", "a/ c/"},
		{"one inside another", "a/b/ a/ a/", "a/"},
		{"one that is only alike", "a/ ab/", "a/ ab/"},
	} {
		if got := strings.Join(Merge(strings.Fields(c.in)), " "); got != c.want {
			t.Errorf("%s: found %q, expected %q", c.name, got, c.want)
		}
	}
	if got := Merge(nil); len(got) != 1 || got[0] != "" {
		t.Errorf("none: found %q, expected the whole bucket", got)
	}
	if got := Merge([]string{"a/", ""}); len(got) != 1 || got[0] != "" {
		t.Errorf("an empty one: found %q, expected the whole bucket", got)
	}
}

func TestCoversAndPassed(t *testing.T) {
	granted := []string{"a/", "c/"}
	for prefix, want := range map[string]bool{"a/": true, "a/b": true, "c/1": true, "a": false, "b/": false, "": false} {
		if got := Covers(granted, prefix); got != want {
			t.Errorf("%q: found %t, expected %t", prefix, got, want)
		}
	}
	for position, want := range map[string]bool{"b/": true, "a/": false, "a/9": false, "Z": false, "": false} {
		if got := Passed("a/", position); got != want {
			t.Errorf("at %q: found %t, expected %t", position, got, want)
		}
	}
	if got := Quoted(granted); got != `"a/", "c/"` {
		t.Errorf("found %s", got)
	}
}

func TestDecode(t *testing.T) {
	for wire, want := range map[string]string{"a+b": "a b", "a%20b": "a b", "a%2Bb": "a+b", "100%2525": "100%25", "%F0%9F%98%80": "😀", "a%01": "a\x01"} {
		if got, err := Decode(wire, types.EncodingTypeUrl); err != nil || got != want {
			t.Errorf("%s: found %q, %v, expected %q", wire, got, err, want)
		}
	}
	if got, err := Decode("a+b", ""); err != nil || got != "a+b" {
		t.Errorf("not encoded: found %q, %v", got, err)
	}
	for _, wire := range []string{"a%2", "a%FFb"} {
		if got, err := Decode(wire, types.EncodingTypeUrl); err == nil {
			t.Errorf("%s: found %q, expected an error", wire, got)
		}
	}
}

func TestCopySource(t *testing.T) {
	for key, want := range map[string]string{
		"a/b.txt":       "reports/a/b.txt",
		"a b+c%d?e&f=g": "reports/a%20b%2Bc%25d%3Fe%26f%3Dg",
		"a//b/../c/":    "reports/a//b/../c/",
		"é😀":            "reports/%C3%A9%F0%9F%98%80",
		"\x01\n":        "reports/%01%0A",
		"aZ09-._~/":     "reports/aZ09-._~/", // every kind of character that stays
		"a@b":           "reports/a%40b",
	} {
		if got := CopySource("reports", key); got != want {
			t.Errorf("%q: found %s, expected %s", key, got, want)
		}
	}
}
