package jsonread_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/crossgrant/crossgrant/internal/jsonread"
)

const depth = 16

// read builds the tree that encoding/json builds with UseNumber, and refuses repeated keys.
func read(r *jsonread.Reader) any {
	switch kind, text := r.Next(); kind {
	case jsonread.List:
		list := []any{}
		for r.Item() {
			list = append(list, read(r))
		}
		return list
	case jsonread.Object:
		object := map[string]any{}
		for r.Field() {
			key := r.Key()
			if _, ok := object[key]; ok {
				r.Duplicate()
			}
			object[key] = read(r)
		}
		return object
	case jsonread.String:
		return text
	case jsonread.Number:
		return json.Number(text)
	case jsonread.Bool:
		return text == "true"
	}
	return nil
}

// https://www.rfc-editor.org/rfc/rfc8259
func TestSyntaxErrors(t *testing.T) {
	for document, expected := range map[string]string{
		"":                                  `line 1, column 1: found the end of the document, expected a value`,
		" \n":                               `line 2, column 1: found the end of the document, expected a value`,
		"{\n \"a\" 1}":                      `line 2, column 6: found '1', expected ":"`,
		`{"a":1 "b"}`:                       `line 1, column 8: found '"', expected "," or "}"`,
		`{"a":1,}`:                          `line 1, column 8: found '}', expected a key in quotation marks`,
		`{,}`:                               `line 1, column 2: found ',', expected a key in quotation marks`,
		`{a:1}`:                             `line 1, column 2: found 'a', expected a key in quotation marks`,
		`{`:                                 `line 1, column 2: found the end of the document, expected a key in quotation marks`,
		`{"a`:                               `line 1, column 4: found the end of the document, expected the end of the string`,
		`{"a\n`:                             `line 1, column 6: found the end of the document, expected the end of the string`,
		`{"a":`:                             `line 1, column 6: found the end of the document, expected a value`,
		`{"a":1`:                            `line 1, column 7: found the end of the document, expected "," or "}"`,
		`{"a":1,"a":2}`:                     `line 1, column 8: found "a" twice in one object, expected it once`,
		`[{"":1, "":2}]`:                    `line 1, column 9: found "" twice in one object, expected it once`,
		`[1 2]`:                             `line 1, column 4: found '2', expected "," or "]"`,
		`[1,]`:                              `line 1, column 4: found ']', expected a value`,
		`[,]`:                               `line 1, column 2: found ',', expected a value`,
		`[[],,]`:                            `line 1, column 5: found ',', expected a value`,
		`[1}`:                               `line 1, column 3: found '}', expected "," or "]"`,
		"[1]\n\r\t x":                       `line 2, column 4: found 'x', expected the end of the document`,
		`{}{}`:                              `line 1, column 3: found '{', expected the end of the document`,
		`[tru]`:                             `line 1, column 2: found 't', expected a value`,
		`[False]`:                           `line 1, column 2: found 'F', expected a value`,
		`[falsy]`:                           `line 1, column 2: found 'f', expected a value`,
		`nul`:                               `line 1, column 1: found 'n', expected a value`,
		`truth`:                             `line 1, column 1: found 't', expected a value`,
		`nullnull`:                          `line 1, column 5: found 'n', expected the end of the document`,
		`[01]`:                              `line 1, column 3: found '1', expected "," or "]"`,
		`[-]`:                               `line 1, column 3: found ']', expected a digit`,
		`[+1]`:                              `line 1, column 2: found '+', expected a value`,
		`[.5]`:                              `line 1, column 2: found '.', expected a value`,
		`[1.]`:                              `line 1, column 4: found ']', expected a digit`,
		`[1e+]`:                             `line 1, column 5: found ']', expected a digit`,
		`[1E]`:                              `line 1, column 4: found ']', expected a digit`,
		`["\x"]`:                            `line 1, column 3: found '\\', expected a JSON escape`,
		`["\u12"]`:                          `line 1, column 3: found '\\', expected a JSON escape`,
		`["\u12G4"]`:                        `line 1, column 3: found '\\', expected a JSON escape`,
		`["\`:                               `line 1, column 3: found '\\', expected a JSON escape`,
		"[\"a\tb\"]":                        `line 1, column 4: found '\t', expected a control character to be escaped`,
		"[\"\\n\tb\"]":                      `line 1, column 5: found '\t', expected a control character to be escaped`,
		"[\"a\xffb\"]":                      `line 1, column 3: found bytes that are not UTF-8, expected UTF-8`,
		"[\"\\n\xff\"]":                     `line 1, column 3: found bytes that are not UTF-8, expected UTF-8`,
		"{\"\xff\":1}":                      `line 1, column 3: found bytes that are not UTF-8, expected UTF-8`,
		"\ufeff{}":                          `line 1, column 1: found '\ufeff', expected a value`,
		`["é", é]`:                          `line 1, column 8: found 'é', expected a value`,
		`{"a":1,"b":[1,}`:                   `line 1, column 15: found '}', expected a value`,
		`["a\u0000b"]`:                      `line 1, column 4: found the character \u0000, expected a string without it`,
		`{"\n\u0000":true`:                  `line 1, column 5: found the character \u0000, expected a string without it`,
		strings.Repeat("[", 16) + `{"a":1}`: `line 1, column 17: found '{', expected at most 16 levels of lists and objects`,
		`[[` + strings.Repeat(`{"a":`, 14) + `[1]`:    `line 1, column 73: found '[', expected at most 16 levels of lists and objects`,
		strings.Repeat("[", 16) + `1` + "]" + "]]]]]": `line 1, column 24: found the end of the document, expected "," or "]"`,
	} {
		r := jsonread.New(document, jsonread.Options{MaxDepth: depth, NoNUL: true})
		read(r)
		if err := r.End(); err == nil || err.Error() != expected {
			t.Errorf("%s\nfound:    %v\nexpected: %s", document, err, expected)
		}
	}
}

func TestValues(t *testing.T) {
	n := func(s string) json.Number { return json.Number(s) }
	for document, expected := range map[string]any{
		`""`: "", `"a\"\\\/\b\f\n\r\tb"`: "a\"\\/\b\f\n\r\tb", `"\u00e9\ud83d\ude00x"`: "é😀x", `"é😀"`: "é😀",
		`"\ud83d"`: "\ufffd", `"\ud83d\u0041"`: "\ufffdA", `"\ud83dx"`: "\ufffdx", `"\ude00\ud83d"`: "\ufffd\ufffd", `"\u0000"`: "\x00",
		`0`: n("0"), `-0.5E+10`: n("-0.5E+10"), `12345678901234567890.10`: n("12345678901234567890.10"), `1e5`: n("1e5"), `2e-7`: n("2e-7"), ` 10 `: n("10"),
		`true`: true, `false`: false, `null`: nil,
		`[ ]`: []any{}, `{ }`: map[string]any{}, "[ 1 ,\r\n\t[2 ], [] , 3]": []any{n("1"), []any{n("2")}, []any{}, n("3")},
		`{ "a" : { } , "b":{"a":[null],"c":true} }`:              map[string]any{"a": map[string]any{}, "b": map[string]any{"a": []any{nil}, "c": true}},
		strings.Repeat("[", 16) + strings.Repeat("]", 16) + "\n": nested(16),
		// The depth is that of the nesting, not the number of lists.
		"[" + strings.Repeat("[],", 40) + "1]": append(lists(40), n("1")),
	} {
		r := jsonread.New(document, jsonread.Options{MaxDepth: depth})
		if found := read(r); r.End() != nil || !reflect.DeepEqual(found, expected) {
			t.Errorf("%s: found %#v, %v, expected %#v", document, found, r.Err(), expected)
		}
	}
}

func nested(n int) any {
	list := []any{}
	for range n - 1 {
		list = []any{list}
	}
	return list
}

func lists(n int) (list []any) {
	for range n {
		list = append(list, []any{})
	}
	return list
}

// The order and every repetition of keys can be seen.
func TestKeysInOrder(t *testing.T) {
	r := jsonread.New(`{"b":1,"a":[],"b":null}`, jsonread.Options{MaxDepth: depth})
	r.Next()
	var keys []string
	for r.Field() {
		keys = append(keys, r.Key())
		read(r)
	}
	if err := r.End(); err != nil || strings.Join(keys, " ") != "b a b" {
		t.Errorf("found %v, %v", keys, err)
	}
}

// After an error nothing more is read, and the first error stays.
func TestFailEndsTheReading(t *testing.T) {
	refused := errors.New("refused")
	r := jsonread.New(`[1, 2, {"a": 3}] x`, jsonread.Options{MaxDepth: depth})
	r.Next()
	for r.Item() {
		if _, text := r.Next(); text == "2" {
			r.Fail(refused)
		}
	}
	r.Fail(errors.New("another"))
	if kind, text := r.Next(); kind != jsonread.Invalid || text != "" {
		t.Errorf("found %v %q", kind, text)
	}
	if r.Item() || r.Field() || r.Err() != refused || r.End() != refused {
		t.Errorf("found %v, %v", r.Err(), r.End())
	}
}

// FuzzRead: what is read is what encoding/json reads, and what is refused is refused by it or breaks a rule of this package.
func FuzzRead(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e+3,true,false,null,"é\u00e9\ud83d\ude00"]}`, `[[[[`, `{"a":{"a":1,"a":2}}`, `"\ud83d"`, ` [ ] x`, `"\u0000"`, `{"a" "b"}`, `01`, "\"\xff\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		r := jsonread.New(string(document), jsonread.Options{MaxDepth: depth})
		found := read(r)
		err := r.End()
		if err != nil {
			rule := strings.Contains(err.Error(), " twice in one object") || strings.Contains(err.Error(), " levels of lists and objects") || !utf8.Valid(document)
			if json.Valid(document) && !rule {
				t.Fatalf("refused JSON: %v", err)
			}
			return
		}
		decoder := json.NewDecoder(bytes.NewReader(document))
		decoder.UseNumber()
		var expected any
		if err := decoder.Decode(&expected); err != nil || !json.Valid(document) {
			t.Fatalf("took what is not JSON: %v", err)
		}
		if !reflect.DeepEqual(found, expected) {
			t.Fatalf("found %#v, expected %#v", found, expected)
		}
	})
}

// A caller refuses a key or a value where it begins.
func TestRefusals(t *testing.T) {
	r := jsonread.New("{\n  \"a\": 1}", jsonread.Options{MaxDepth: 2})
	r.Next()
	r.Field()
	r.RefuseKey("b")
	if want := `line 2, column 3: found "a", expected b`; r.Err() == nil || r.Err().Error() != want {
		t.Errorf("found %v, expected %s", r.Err(), want)
	}
	r = jsonread.New("{\n  \"a\": [1]}", jsonread.Options{MaxDepth: 2})
	r.Next()
	r.Field()
	r.Next()
	begin := r.Place()
	r.Item()
	r.Next()
	r.RefuseAt(begin, "a list", "a number")
	if want := "line 2, column 8: found a list, expected a number"; r.Err() == nil || r.Err().Error() != want {
		t.Errorf("found %v, expected %s", r.Err(), want)
	}
}
