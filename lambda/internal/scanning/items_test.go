package scanning

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
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
			got, err := appendItem(nil, item{"v": c.value})
			if want := `{"v":` + c.want + `}`; err != nil || string(got) != want {
				t.Errorf("got %s, %v; want %s", got, err, want)
			}
		})
	}
}

func TestAValueOfNoKnownTypeIsAnError(t *testing.T) {
	for name, value := range map[string]types.AttributeValue{
		"an unknown type": &types.UnknownUnionMember{Tag: "X"},
		"no number":       num("NaN"),
	} {
		if got, err := appendItem(nil, item{"v": value}); err == nil {
			t.Errorf("%s became %s", name, got)
		}
	}
}
