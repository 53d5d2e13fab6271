package scanning

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/pace"
)

func TestItemsKeepTheirTypes(t *testing.T) {
	for _, c := range []struct {
		name  string
		value types.AttributeValue
		want  string
	}{
		{"text", str("a\"<é\x01"), `"a\"<é\u0001"`},
		{"empty text", str(""), `""`},
		{"an integer", num("42"), `42`},
		{"38 digits", num("12345678901234567890123456789012345678"), `12345678901234567890123456789012345678`},
		{"38 digits and a point", num("-0.12345678901234567890123456789012345678"), `-0.12345678901234567890123456789012345678`},
		{"the largest exponent", num("9.9999999999999999999999999999999999999E+125"), `9.9999999999999999999999999999999999999E+125`},
		{"true", &types.AttributeValueMemberBOOL{Value: true}, `true`},
		{"false", &types.AttributeValueMemberBOOL{}, `false`},
		{"null", &types.AttributeValueMemberNULL{Value: true}, `null`},
		{"binary", &types.AttributeValueMemberB{Value: []byte("hi?>")}, `"aGk/Pg=="`},
		{"empty binary", &types.AttributeValueMemberB{}, `""`},
		{"a set of texts", &types.AttributeValueMemberSS{Value: []string{"b", "a"}}, `["b","a"]`},
		{"a set of numbers", &types.AttributeValueMemberNS{Value: []string{"2", "12345678901234567890123456789012345678"}}, `[2,12345678901234567890123456789012345678]`},
		{"a set of binaries", &types.AttributeValueMemberBS{Value: [][]byte{[]byte("hi")}}, `["aGk="]`},
		{"a list", &types.AttributeValueMemberL{Value: []types.AttributeValue{num("1"), str("x"), &types.AttributeValueMemberNULL{Value: true}}}, `[1,"x",null]`},
		{"an empty list", &types.AttributeValueMemberL{}, `[]`},
		{"a map, by name", &types.AttributeValueMemberM{Value: item{"b": num("2"), "a": num("1")}}, `{"a":1,"b":2}`},
		{"an empty map", &types.AttributeValueMemberM{}, `{}`},
		{"nested", &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberM{Value: item{"n": num("1.50")}}}}, `[{"n":1.50}]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &response{}
			err := r.read([]byte(`{"Items":[` + wireItem(nil, item{"v": c.value}) + `]}`))
			if want := `{"v":` + c.want + `}`; err != nil || len(r.items) != 1 || string(r.items[0]) != want {
				t.Errorf("got %s, %v; want %s", r.items, err, want)
			}
		})
	}
}

// All of these are valid JSON, and DynamoDB documents none of them, or only in other places.
func TestAnAnswerInAnotherFormIsAnError(t *testing.T) {
	for _, answer := range []string{
		`{}`, `null`, `[]`, `"x"`, `1`, `{"__type":"x","message":"y"}`, `{"Items":{}}`, `{"Items":[null]}`, `{"Items":[[]]}`,
		`{"Items":[{"v":null}]}`, `{"Items":[{"v":{}}]}`, `{"Items":[{"v":{"X":"x"}}]}`, `{"Items":[{"v":{"S":"x","N":"1"}}]}`, `{"Items":[{"v":{"S":1}}]}`,
		`{"Items":[{"v":{"S":null}}]}`, `{"Items":[{"v":{"N":"NaN"}}]}`, `{"Items":[{"v":{"N":"01"}}]}`, `{"Items":[{"v":{"N":""}}]}`, `{"Items":[{"v":{"N":1}}]}`,
		`{"Items":[{"v":{"B":"="}}]}`, `{"Items":[{"v":{"BOOL":"true"}}]}`, `{"Items":[{"v":{"SS":"x"}}]}`, `{"Items":[{"v":{"L":[null]}}]}`, `{"Items":[{"v":"x"}]}`,
		`{"Items":[],"LastEvaluatedKey":[]}`, `{"Items":[],"LastEvaluatedKey":{"k":{}}}`, `{"Items":[],"LastEvaluatedKey":{"k":{"S":"x","N":"1"}}}`,
		`{"Items":[],"LastEvaluatedKey":{"k":{"BOOL":true}}}`, `{"Items":[],"LastEvaluatedKey":{"k":{"B":"="}}}`, `{"Items":[],"LastEvaluatedKey":{"k":{"S":1}}}`,
		`{"Items":[{"v":` + strings.Repeat(`{"L":[`, 2000) + strings.Repeat(`]}`, 2000) + `}]}`,
	} {
		r := &response{}
		if err := r.read([]byte(answer)); err == nil {
			t.Errorf("%.80s: found %s and %v, expected an error", answer, r.items, r.last)
		} else if pace.Classify(err) != pace.Transient {
			t.Errorf("%.80s: found %v, expected an error that is repeated", answer, err)
		}
	}
}

// What JSON permits and DynamoDB does not write is read all the same.
func TestUnusualForms(t *testing.T) {
	for _, c := range []struct{ name, answer, items string }{
		{"names that JSON escapes, by what they mean", `{"Items":[{"\u0061\u0022":{"S":"1"},"a":{"S":"2"},"\u0009":{"S":"3"},"!":{"S":"4"}}]}`, `{"\t":"3","!":"4","a":"2","a\"":"1"}`},
		{"the last of equal names", `{"Items":[{"b":{"S":"1"},"a":{"S":"2"},"\u0062":{"S":"3"},"b":{"S":"4"}}]}`, `{"a":"2","b":"4"}`},
		{"the last items", `{"Items":[{"a":{"S":"x"}}],"Items":[{"a":{"S":"y"}}]}`, `{"a":"y"}`},
		{"escapes everywhere", `{"\u0049tems":[{"\u0061":{"\u0053":"\u0078"},"b":{"N":"\u0031"},"c":{"B":"\u0061Gk\/"}}]}`, `{"a":"x","b":1,"c":"aGk/"}`},
		{"white space everywhere", " { \"Items\"\t:\n[ { \"a\" : { \"S\" : \"x\" } , \"b\" : { \"L\" : [ ] } } ] \r} ", `{"a":"x","b":[]}`},
		{"no null", `{"Items":[{"a":{"NULL":false}}]}`, `{"a":null}`},
		{"bytes that are not UTF-8", "{\"Items\":[{\"a\":{\"S\":\"x\xff\xfey\"}}]}", `{"a":"x` + "\ufffd\ufffd" + `y"}`},
		{"half of a pair", `{"Items":[{"a":{"S":"\ud800"}}]}`, `{"a":"` + "\ufffd" + `"}`},
		{"no items", `{"Count":0,"Items":null,"LastEvaluatedKey":null}`, ``},
		{"only their number", `{"Count":0,"ScannedCount":0}`, ``},
		{"more members", `{"ConsumedCapacity":{"TableName":"t","Table":[{"a":[1.5,null]}]},"Items":[{"a":{"S":"x"}}],"New":"}"}`, `{"a":"x"}`},
	} {
		r := &response{}
		err := r.read([]byte(c.answer))
		if got := string(bytes.Join(r.items, []byte("|"))); err != nil || got != c.items || r.last != nil {
			t.Errorf("%s: found %s, %v, %v, expected %s", c.name, got, r.last, err, c.items)
		}
	}
}

func TestLastKeys(t *testing.T) {
	r := &response{}
	err := r.read([]byte(`{"Items":[],"LastEvaluatedKey":{"s":{"S":"x\u0022"},"\u006e":{"N":"1.0"},"b":{"B":"AP8B"},"e":{"B":""}}}`))
	want := key{"s": text(`x"`), "n": number("1.0"), "b": binary([]byte{0, 255, 1}), "e": binary([]byte{})}
	if diff := cmp.Diff(want, r.last); err != nil || diff != "" {
		t.Errorf("err %v (-want +got):\n%s", err, diff)
	}
}
