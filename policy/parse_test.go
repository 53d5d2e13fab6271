package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

const plain = `"Effect":"Allow","Action":"s3:*","Resource":"*"`

func TestParse(t *testing.T) {
	d := mustParse(t, ` {"Id":"I","Statement":[{"Sid":"A",`+plain+`},{"NotAction":["a:b","c:d"],"Effect":"Deny","NotResource":["*"],"NotPrincipal":"*"}],"Version":"2012-10-17"} `)
	if d.Version != "2012-10-17" || d.ID != "I" || len(d.Statements) != 2 {
		t.Errorf("%+v", d)
	}
	if s := d.Statements[0]; s.Sid != "A" || s.Effect != Allow || s.Index != 0 {
		t.Errorf("%+v", s)
	}
	if s := d.Statements[1]; s.Sid != "" || s.Effect != Deny || s.Index != 1 || len(s.actions) != 2 || !s.notAction || !s.notResource || !s.notPrincipal {
		t.Errorf("%+v", s)
	}
	if d = mustParse(t, `{"Statement":{`+plain+`,"Condition":{}}}`); d.Version != "2008-10-17" || len(d.Statements) != 1 {
		t.Errorf("%+v", d)
	}
	if d = mustParse(t, `{"Statement":{`+plain+`,"Condition":{"Bool":{"a:b":true},"NumericEquals":{"c:d":[1,"2",-3.5e+1]}}}}`); d.Statements[0].conditions[1].values[2].Raw != "-3.5e+1" {
		t.Errorf("%+v", d)
	}
}

func TestParseErrors(t *testing.T) {
	statement := func(s string) string { return `{"Statement":[{` + plain + `},{` + s + `}]}` }
	many := ""
	for i := range 20 {
		many += fmt.Sprintf(`"k:%d":"x",`, i)
	}
	for _, c := range []struct{ document, want string }{
		{``, "line 1, column 1: found the end of the document, expected a value"},
		{`[]`, "document: found an empty list, expected an object with a Statement"},
		{`{}`, "document: found an empty object, expected an object with a Statement"},
		{`"x"`, `document: found "x", expected an object with a Statement`},
		{`{"Version":"2012-10-17"}`, "Statement: found none, expected a statement"},
		{`{"Version":"2012-10-18","Statement":{}}`, `Version: found "2012-10-18", expected "2012-10-17" or "2008-10-17"`},
		{`{"Version":2012,"Statement":{}}`, `Version: found 2012, expected a string`},
		{`{"version":"2012-10-17"}`, "version: found an element of this name, expected Version, Id or Statement"},
		{`{"Id":null,"Statement":{}}`, "Id: found null, expected a string"},
		{`{"Statement":{}}`, "Statement[0]: found an empty object, expected a statement: an object with Effect and Action"},
		{`{"Statement":"x"}`, `Statement[0]: found "x", expected a statement: an object with Effect and Action`},
		{`{"Statement":[[{}]]}`, `Statement[0]: found a list, expected a statement: an object with Effect and Action`},
		{`{"Statement":{` + plain + `},"Statement":{` + plain + `}}`, "Statement: found it twice, expected it once"},
		{statement(`"Action":"s3:*"`), `Statement[1].Effect: found none, expected "Allow" or "Deny"`},
		{statement(`"Effect":"Allow"`), `Statement[1].Action: found none, expected Action or NotAction`},
		{statement(`"Effect":"allow","Action":"*"`), `Statement[1].Effect: found "allow", expected "Allow" or "Deny"`},
		{statement(`"Effect":true,"Action":"*"`), `Statement[1].Effect: found true, expected a string`},
		{statement(`"Effect":"Allow","Effect":"Deny","Action":"*"`), `Statement[1].Effect: found it twice, expected it once`},
		{statement(plain + `,"NotAction":"*"`), `Statement[1].NotAction: found both, expected either Action or NotAction`},
		{statement(plain + `,"NotResource":"*"`), `Statement[1].NotResource: found both, expected either Resource or NotResource`},
		{statement(plain + `,"Principal":"*","NotPrincipal":"*"`), `Statement[1].NotPrincipal: found both, expected either Principal or NotPrincipal`},
		{statement(plain + `,"Ressource":"*"`), `Statement[1].Ressource: found an element of this name, expected Sid, Effect,`},
		{statement(plain + `,"Sid":["a"]`), `Statement[1].Sid: found a list, expected a string`},
		{statement(`"Effect":"Allow","Action":[]`), `Statement[1].Action: found an empty list, expected one value or more`},
		{statement(`"Effect":"Allow","Action":["a:b",["c:d"]]`), `Statement[1].Action[1]: found a list, expected a string`},
		{statement(`"Effect":"Allow","Action":"a:b","Resource":1`), `Statement[1].Resource: found 1, expected a string`},
		{statement(plain + `,"Principal":"arn:aws:iam::1:root"`), `Statement[1].Principal: found "arn:aws:iam::1:root", expected "*" or an object with AWS, Service, Federated or CanonicalUser`},
		{statement(plain + `,"Principal":{}`), `Statement[1].Principal: found an empty object, expected "*" or`},
		{statement(plain + `,"Principal":{"Aws":"*"}`), `Statement[1].Principal.Aws: found a principal type of this name, expected AWS, Service`},
		{statement(plain + `,"Principal":{"Service":123456789012}`), `Statement[1].Principal.Service: found 123456789012, expected a string`},
		{statement(plain + `,"Condition":[]`), `Statement[1].Condition: found an empty list, expected an object of condition operators`},
		{statement(plain + `,"Condition":{"StringEquals":{}}`), `Statement[1].Condition.StringEquals: found an empty object, expected an object of condition keys with values`},
		{statement(plain + `,"Condition":{"StringEquals":"x"}`), `Statement[1].Condition.StringEquals: found "x", expected an object of condition keys with values`},
		{statement(plain + `,"Condition":{"StringEquals":{"a:b":[]}}`), `Statement[1].Condition.StringEquals.a:b: found an empty list, expected one value or more`},
		{statement(plain + `,"Condition":{"StringEquals":{"a:b":["x",null]}}`), `Statement[1].Condition.StringEquals.a:b[1]: found null, expected a string, number or boolean`},
		{statement(plain + `,"Condition":{"StringEquals":{"a:b":"x","a:b":"y"}}`), `Statement[1].Condition.StringEquals.a:b: found it twice, expected it once`},
		{statement(plain + `,"Condition":{"StringEquals":{` + many + `"k:7":"y"}}`), `Statement[1].Condition.StringEquals.k:7: found it twice, expected it once`},
		{statement(plain + `,"Sid":` + strings.Repeat("[", 20)), `line 1, column 133: found '[', expected at most 16 levels of lists and objects`},
		{`{"Version":"` + strings.Repeat("x", 200) + `","Statement":{}}`, strings.Repeat("x", 100) + `"…, expected`},
	} {
		d, err := Parse([]byte(c.document))
		if err == nil || d != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\nfound:    %v\nexpected: %s", c.document, err, c.want)
		}
	}
	mustParse(t, `{"Statement":{`+plain+`,"Condition":{"StringEquals":{`+strings.TrimSuffix(many, ",")+`}}}}`)
}

func TestSyntaxErrors(t *testing.T) {
	for document, want := range map[string]string{
		"{\n \"a\" 1}":    `line 2, column 6: found '1', expected ":"`,
		`{"a":1 "b"}`:     `column 8: found '"', expected "," or "}"`,
		`{"a":1,}`:        `column 8: found '}', expected a key in quotation marks`,
		`{`:               `column 2: found the end of the document, expected a key in quotation marks`,
		`{"a`:             `found the end of the document, expected the end of the string`,
		`{"a\n`:           `found the end of the document, expected the end of the string`,
		`{"a":`:           `found the end of the document, expected a value`,
		`[1 2]`:           `found '2', expected "," or "]"`,
		`[,]`:             `found ',', expected a value`,
		`[1]x`:            `found 'x', expected the end of the document`,
		`[tru]`:           `found 't', expected a value`,
		`[01]`:            `found '1', expected "," or "]"`,
		`[-]`:             `found ']', expected a digit`,
		`[1.]`:            `found ']', expected a digit`,
		`[1e+]`:           `found ']', expected a digit`,
		`["\x"]`:          `found '\\', expected a JSON escape`,
		`["\u12"]`:        `found '\\', expected a JSON escape`,
		`["\`:             `found '\\', expected a JSON escape`,
		"[\"a\tb\"]":      `found '\t', expected a control character to be escaped`,
		"[\"\\n\tb\"]":    `found '\t', expected a control character to be escaped`,
		"[\"a\xffb\"]":    `found bytes that are not UTF-8, expected UTF-8`,
		"[\"\\n\xff\"]":   `expected UTF-8`,
		"\ufeff{}":        `expected a value`,
		`{"a":1,"b":[1,}`: `found '}', expected a value`,
	} {
		if _, err := Parse([]byte(document)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nfound:    %v\nexpected: %s", document, err, want)
		}
		if json.Valid([]byte(document)) && !strings.Contains(want, "UTF-8") {
			t.Errorf("%s is JSON", document)
		}
	}
}

// FuzzParse: Parse never panics, takes nothing that is no JSON, and reads the same document with its white space removed.
func FuzzParse(f *testing.F) {
	for _, s := range []string{`{"Statement":{` + plain + `}}`, `{"Version":"2012-10-17","Id":"é\u00e9","Statement":[{"Sid":"a","Effect":"Deny","NotAction":["a:b"],"NotResource":"arn:aws:s3:::${aws:username, 'x'}*","NotPrincipal":{"AWS":["1"],"Service":"x"},"Condition":{"ForAllValues:StringLikeIfExists":{"aws:PrincipalArn":["${*}",1,true]}}}]}`, `[[[[`, `{"a":{"a":1,"a":2}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		d, err := Parse(document)
		if (d == nil) != (err != nil) {
			t.Fatalf("found %v and %v", d, err)
		}
		if err != nil {
			return
		}
		if !json.Valid(document) {
			t.Fatal("took what is no JSON")
		}
		for _, k := range kinds {
			Validate(d, k)
		}
		var dense bytes.Buffer
		_ = json.Compact(&dense, document)
		again, err := Parse(dense.Bytes())
		if err != nil || len(again.Statements) != len(d.Statements) || again.ID != d.ID {
			t.Fatalf("without white space: %v", err)
		}
		if n := len([]rune(dense.String())); n != d.sizeWithoutSpace {
			t.Fatalf("found %d characters without white space, expected %d", d.sizeWithoutSpace, n)
		}
		for _, caller := range []string{bob, session, "anonymous", lambda} {
			c := mustCall(t, Request{Principal: caller, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/k", Context: one("aws:PrincipalArn", bob)})
			for i := range d.Statements {
				for _, k := range kinds {
					d.Statements[i].match(c, k)
				}
			}
		}
	})
}

var kinds = []Kind{Identity, Resource, Trust, Session, Boundary, ServiceControl, ResourceControl, Endpoint}
