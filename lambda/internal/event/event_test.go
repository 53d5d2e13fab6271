package event

import (
	"encoding/json"
	"strings"
	"testing"
)

// check reads an event the way a function with a text, a number and nothing else would.
func check(payload string) error {
	object, err := Parse([]byte(payload))
	if err != nil {
		return err
	}
	if err := object.Only("prefix", "maxKeys"); err != nil {
		return err
	}
	if _, _, err := object.Text("prefix", 10); err != nil {
		return err
	}
	_, err = object.Whole("maxKeys", 1, 100, 50)
	return err
}

func TestRefusedEvents(t *testing.T) {
	for _, c := range []struct{ name, payload, want string }{
		{"a misspelt field", `{"maxkeys":5}`, `field "maxkeys": found an unknown name, expected only prefix, maxKeys; the nearest is maxKeys`},
		{"a foreign field", `{"Records":[]}`, `field "Records": found an unknown name, expected only prefix, maxKeys`},
		{"the first unknown by name", `{"zz":1,"aa":1}`, `field "aa": found an unknown name, expected only prefix, maxKeys`},
		{"a field twice", `{"prefix":"a","prefix":"b"}`, `field "prefix": found it twice, expected it once`},
		{"a number for a text", `{"prefix": 5}`, `field "prefix": found the number 5, expected a string of at most 10 bytes`},
		{"an object for a text", `{"prefix":{}}`, `field "prefix": found an object, expected a string of at most 10 bytes`},
		{"a text too long in bytes", `{"prefix":"ééééé1"}`, `field "prefix": found a string of 11 bytes, expected a string of at most 10 bytes`},
		{"half a character", `{"prefix":"\ud800"}`, `field "prefix": found half of a surrogate pair, expected whole characters`},
		{"a text for a number", `{"maxKeys":"5"}`, `field "maxKeys": found the string "5", expected a whole number from 1 to 100`},
		{"a fraction", `{"maxKeys":1.5}`, `field "maxKeys": found the number 1.5, expected a whole number from 1 to 100`},
		{"an exponent", `{"maxKeys":1e1}`, `field "maxKeys": found the number 1e1, expected a whole number from 1 to 100`},
		{"too small", `{"maxKeys":0}`, `field "maxKeys": found the number 0, expected a whole number from 1 to 100`},
		{"too large", `{"maxKeys":101}`, `field "maxKeys": found the number 101, expected a whole number from 1 to 100`},
		{"beyond any integer", `{"maxKeys":99999999999999999999}`, `field "maxKeys": found the number 99999999999999999999, expected a whole number from 1 to 100`},
		{"a bool", `{"maxKeys":true}`, `field "maxKeys": found true, expected a whole number from 1 to 100`},
		{"an array", `[1]`, `event: found an array, expected a JSON object`},
		{"a string", `"x"`, `event: found the string "x", expected a JSON object`},
		{"no JSON", `hello`, `event: found malformed JSON, expected a JSON object`},
		{"cut off", `{"prefix":"a"`, `event: found the end in the middle of the JSON object, expected a whole JSON object`},
		{"data behind", `{} {}`, `event: found data after the JSON object, expected nothing after it`},
		{"not UTF-8", "{\"prefix\":\"\xff\"}", `event: found bytes that are not UTF-8, expected a JSON object in UTF-8`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := check(c.payload); err == nil || err.Error() != c.want {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestAcceptedEvents(t *testing.T) {
	for _, payload := range []string{
		"", " ", "null", "{}", " { } \n", `{"prefix":null,"maxKeys":null}`, `{"prefix":"0123456789"}`,
		`{"prefix": "\ufffd�"}`, `{"maxKeys":1}`, `{"maxKeys": 100 }`,
	} {
		if err := check(payload); err != nil {
			t.Errorf("%q: %v", payload, err)
		}
	}
}

func TestValues(t *testing.T) {
	object, err := Parse([]byte(` {"text" : "a\u0000\ud83d\ude00" , "n" : 42, "none": null}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, given, err := object.Text("text", 10); got != "a\x00😀" || !given || err != nil {
		t.Errorf("text: %q, %v, %v", got, given, err)
	}
	if got, given, err := object.Text("none", 10); got != "" || given || err != nil {
		t.Errorf("none: %q, %v, %v", got, given, err)
	}
	if got, err := object.Whole("n", 1, 100, 7); got != 42 || err != nil {
		t.Errorf("n: %d, %v", got, err)
	}
	if got, err := object.Whole("none", 1, 100, 7); got != 7 || err != nil {
		t.Errorf("none: %d, %v", got, err)
	}
}

func TestParseWholeTakesPlainDecimalsOnly(t *testing.T) {
	for _, text := range []string{"", "+5", "05", "5 ", "0x5", "5.0", "٥", "-5"} {
		if n, err := ParseWhole("limit", text, 1, 100); err == nil {
			t.Errorf("%q became %d", text, n)
		}
	}
	if n, err := ParseWhole("limit", "100", 1, 100); n != 100 || err != nil {
		t.Errorf("100 became %d, %v", n, err)
	}
}

func TestForeignValuesAreShortened(t *testing.T) {
	got := Describe(json.RawMessage(`"` + strings.Repeat("é", 100) + `"`))
	if want := `the string "` + strings.Repeat("é", 20) + `…"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{}`, `{"prefix":"a/","maxKeys":5}`, `{"a":[{"b":null}]}`, `null`, `{"a":1}x`, "{\"\xff\":1}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		object, err := Parse(payload)
		if err != nil {
			return
		}
		var loose map[string]json.RawMessage
		if len(strings.TrimSpace(string(payload))) > 0 && json.Unmarshal(payload, &loose) != nil {
			t.Fatalf("accepted what encoding/json refuses: %q", payload)
		}
		if len(loose) != len(object) {
			t.Fatalf("%d fields, encoding/json finds %d", len(object), len(loose))
		}
		for name, raw := range object {
			if text, given, err := object.Text(name, 1024); given && err == nil {
				back, _ := json.Marshal(text)
				var again string
				if json.Unmarshal(back, &again) != nil || again != text {
					t.Fatalf("text %q of %s does not survive", text, raw)
				}
			}
		}
	})
}
