package trailfile

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"
)

// texts are valid and malformed in each way in which JSON can be.
var texts = []string{
	`{}`, `[]`, `{ }`, `[ ]`, `{"a":1}`, `{"a" : [1 , 2] , "b":{}}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":1`, `{"a":1]`, `[1,]`, `[1 2]`, `[1`, `[1}`, `[,1]`, `[`, `{`, `{"`, `{"a`, `{"a"`, `{"a":`,
	`"a"`, `"`, `"\`, `"\"`, `"\""`, `"\u00e9"`, `"\u00"`, `"\u00g0"`, `"\u00G0"`, `"\ud800"`, `"\x"`, `"\/\b\f\n\r\t"`, "\"\x1f\"", "\"\x7f\"", "\"\t\"", `""`,
	`0`, `-0`, `-`, `01`, `-01`, `1`, `12.5`, `1.`, `.5`, `1.e1`, `1e1`, `1E+1`, `1e-12`, `1e`, `1e+`, `1.5e3.2`, `+1`, `1x`, `--1`,
	`true`, `false`, `null`, `tru`, `truex`, `True`, `nul`, `falsee`, `NaN`, ``, `x`,
}

// parse parses the value at the beginning of a text.
func parse(text string) (p parser, end int) {
	p.reset(append([]byte(text), make([]byte, pad)...))
	return p, p.value(0, 0, inRecord)
}

// valid reports whether a text is one value without white space around it.
func valid(text string) bool {
	_, end := parse(text + " ") // without which a number may go on
	return end == len(text)
}

func TestValidIsWhatEncodingJSONTakesForIt(t *testing.T) {
	for _, text := range texts {
		for _, whole := range []string{text, `{"a":` + text + `}`, `[` + text + `,` + text + `]`} {
			if got, want := valid(whole), json.Valid([]byte(whole)); got != want {
				t.Errorf("%s: found %t, encoding/json %t", whole, got, want)
			}
		}
	}
}

// Each byte, at each place of a word of eight bytes, within a string and behind characters of several bytes.
func TestEachByteInAString(t *testing.T) {
	for c := range 256 {
		for n := range 20 {
			for _, begin := range []string{"", "é", "😀", `\\`} {
				text := `"` + begin + strings.Repeat("x", n) + string([]byte{byte(c)}) + `yyyyyyyyyyyyyyyyy"`
				if got, want := valid(text), json.Valid([]byte(text)) && utf8.ValidString(text); got != want {
					t.Errorf("%q: found %t, encoding/json %t", text, got, want)
				}
			}
		}
	}
}

// The beginning of a value is not malformed: the rest may be in the next chunk.
func TestTheBeginningOfAValueIsUnfinished(t *testing.T) {
	file := strings.TrimSpace(events(t))
	for _, text := range append([]string{file, `{"a":"é😀\u00e9\n\"","b":[true,false,null,-1.5e+10,{}]}`}, texts...) {
		if !json.Valid([]byte(text)) {
			continue
		}
		for n := range text {
			if _, end := parse(text[:n]); end != unfinished {
				t.Fatalf("%.100q: found %d", text[:n], end)
			}
		}
	}
}

func FuzzValid(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Add([]byte(events(f)))
	f.Add([]byte("\"\xff\""))
	f.Add([]byte("\"\xed\xa0\x80\""))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) == 0 || space(text[0]) || space(text[len(text)-1]) || depth(text) > maxDepth {
			return
		}
		want := json.Valid(text) && utf8.Valid(text)
		if got := valid(string(text)); got != want {
			t.Errorf("%q: found %t, encoding/json %t", text, got, want)
		}
		if n := len(text) / 2; want {
			if _, end := parse(string(text[:n])); end != unfinished {
				t.Errorf("%q: found %d", text[:n], end)
			}
		}
	})
}

// depth is at least as large as how deep the text is nested.
func depth(text []byte) (most int) {
	for _, c := range text {
		if c == '{' || c == '[' {
			most++
		}
	}
	return most
}
