package jsontext

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// reference is encoding/json's text of a string.
func reference(t testing.TB, s string) string {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func check(t *testing.T, s string) {
	t.Helper()
	want := reference(t, s)
	if got := string(AppendString(nil, s)); got != want {
		t.Errorf("%q: found %s, encoding/json %s", s, got, want)
	}
	if got := string(AppendString([]byte("x"), []byte(s))); got != "x"+want {
		t.Errorf("bytes %q: found %s, encoding/json %s", s, got, want)
	}
}

func TestStrings(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", `""`},
		{"inbox/a b.txt", `"inbox/a b.txt"`},
		{"<a&b>", `"<a&b>"`},
		{"\"\\/\b\f\n\r\t\x00\x1f\x7f", `"\"\\/\b\f\n\r\t\u0000\u001f` + "\x7f\""},
		{"é😀\u2028\u2029\u202a\ufffd", `"é😀\u2028\u2029` + "\u202a\ufffd\""},
		{"a\xffb\xed\xa0\x80", `"a\ufffdb\ufffd\ufffd\ufffd"`},
	} {
		if got := string(AppendString(nil, c.text)); got != c.want {
			t.Errorf("%q: found %s, expected %s", c.text, got, c.want)
		}
		check(t, c.text)
	}
}

// Each byte at each place of a word, alone and before another one that is special.
func TestEachByteAtEachPlace(t *testing.T) {
	for c := range 256 {
		for n := range 17 {
			for _, end := range []string{"", `"`, "yyyyyyyyy", "\x80yyyyyyyy", "\"\\\x01"} {
				check(t, strings.Repeat("x", n)+string([]byte{byte(c)})+end)
			}
		}
	}
}

func FuzzString(f *testing.F) {
	f.Add("inbox/été \u2028 \x00\xff\"")
	f.Fuzz(func(t *testing.T, s string) { check(t, s) })
}
