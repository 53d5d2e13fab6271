package columns_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/internal/columns"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"one two", []string{"one two"}},
		{"one two three", []string{"one two", "three"}},
		{"arn:aws:s3:::b is long", []string{"arn:aws:s", "3:::b is", "long"}},
		{"a arn:aws:s3:::b", []string{"a", "arn:aws:s", "3:::b"}},
		{"‹account› x", []string{"‹account›", "x"}},
		{"123456789 1", []string{"123456789", "1"}},
		{"1234 6789", []string{"1234 6789"}},
		{"1234 67890", []string{"1234", "67890"}},
	} {
		if diff := cmp.Diff(c.want, columns.Wrap(c.text, 9)); diff != "" {
			t.Errorf("%q (-expected +found):\n%s", c.text, diff)
		}
	}
}

func TestFirst(t *testing.T) {
	for expected, all := range map[string][]string{"": nil, "a; b": {"a", "b"}, "a; b; c": {"a", "b", "c"}, "a; b; c and 1 more": {"a", "b", "c", "d"}} {
		if found := columns.First(all, 3, "; "); found != expected {
			t.Errorf("found %q, expected %q", found, expected)
		}
	}
}

func TestCount(t *testing.T) {
	for n, expected := range map[int]string{0: "0 accesses", 1: "1 access", 2: "2 accesses"} {
		if found := columns.Count(n, "access", "accesses"); found != expected {
			t.Errorf("found %q, expected %q", found, expected)
		}
	}
}
