package trailfile

import (
	"encoding/json"
	"testing"
)

// texts are valid and malformed in each way in which JSON can be.
var texts = []string{
	`{}`, `[]`, `{ }`, `[ ]`, `{"a":1}`, `{"a" : [1 , 2] , "b":{}}`, `{"a":1,}`, `{,}`, `{"a"}`, `{"a":}`, `{a:1}`, `{"a":1 "b":2}`, `{"a":1`, `{"a":1]`, `[1,]`, `[1 2]`, `[1`, `[1}`, `[,1]`, `[`, `{`, `{"`, `{"a`, `{"a"`, `{"a":`,
	`"a"`, `"`, `"\`, `"\"`, `"\""`, `"\u00e9"`, `"\u00"`, `"\u00g0"`, `"\u00G0"`, `"\ud800"`, `"\x"`, `"\/\b\f\n\r\t"`, "\"\x1f\"", "\"\x7f\"", "\"\t\"", `""`,
	`0`, `-0`, `-`, `01`, `-01`, `1`, `12.5`, `1.`, `.5`, `1.e1`, `1e1`, `1E+1`, `1e-12`, `1e`, `1e+`, `1.5e3.2`, `+1`, `1x`, `--1`,
	`true`, `false`, `null`, `tru`, `truex`, `True`, `nul`, `falsee`, `NaN`, ``, `x`,
}

func TestValidIsWhatEncodingJSONTakesForIt(t *testing.T) {
	for _, text := range texts {
		for _, whole := range []string{text, `{"a":` + text + `}`, `[` + text + `,` + text + `]`} {
			if got, want := valid([]byte(whole)), json.Valid([]byte(whole)); got != want {
				t.Errorf("%s: found %t, encoding/json %t", whole, got, want)
			}
		}
	}
}

func FuzzValid(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	f.Add([]byte(events(f)))
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) == 0 || space(text[0]) || space(text[len(text)-1]) || depth(text) > maxDepth {
			return
		}
		if got, want := valid(text), json.Valid(text); got != want {
			t.Errorf("%q: found %t, encoding/json %t", text, got, want)
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
