package scanning

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossgrant/crossgrant/lambda/internal/token"
)

var sameValue = cmpopts.IgnoreUnexported(types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberB{})

func TestATokenKeepsTheKey(t *testing.T) {
	for _, c := range []struct {
		name string
		key  key
	}{
		{"text", key{"deviceId": str("d0001")}},
		{"odd text", key{"a \"b\"": str("\x00<é😀\u2028")}},
		{"a number of 38 digits", key{"id": str("x"), "at": num("12345678901234567890123456789012345678")}},
		{"binary", key{"id": &types.AttributeValueMemberB{Value: []byte{0, 255, 1}}}},
		{"empty binary", key{"id": &types.AttributeValueMemberB{Value: []byte{}}}},
		{"the longest key in the worst letters", key{
			strings.Repeat("\x01", 255): str(strings.Repeat("\x01", 2048)), strings.Repeat("\x02", 255): str(strings.Repeat("\x01", 1024))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			token, err := encodeToken(c.key, tableName)
			if err != nil || len(token) > maxToken {
				t.Fatalf("%d bytes, %v", len(token), err)
			}
			got, err := decodeToken(token, tableName, "next")
			if diff := cmp.Diff(c.key, got, sameValue); err != nil || diff != "" {
				t.Errorf("err %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestATokenIsOpaqueInAURL(t *testing.T) {
	token, _ := encodeToken(key{"deviceId": str(strings.Repeat("?>", 50))}, tableName)
	if strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		t.Errorf("token %s", token)
	}
}

func TestAnAlteredTokenIsRefused(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	// Keys of three lengths, so that the last letter carries 0, 2 and 4 spare bits.
	for _, id := range []string{"d0001", "d00012", "d000123"} {
		token, _ := encodeToken(key{"deviceId": str(id)}, tableName)
		refused := func(altered string) {
			t.Helper()
			if altered == token {
				return
			}
			if got, err := decodeToken(altered, tableName, `field "next"`); err == nil {
				t.Errorf("%q was accepted as %v", altered, got)
			} else if !strings.HasPrefix(err.Error(), `field "next": found`) {
				t.Errorf("the error does not name next: %v", err)
			}
		}
		for i := range token {
			for _, letter := range alphabet + "=+/ \n\r\x00" {
				refused(token[:i] + string(letter) + token[i+1:])
			}
			refused(token[:i] + token[i+1:])
			refused(token[:i] + "\n" + token[i:])
			refused(token[:i])
		}
		refused(token + "A")
		refused(token + "\n")
		refused(token + "=")
		refused(token + token)
	}
}

func TestForeignTokensAreRefused(t *testing.T) {
	sealed := func(body string) string {
		text, err := token.Encode(json.RawMessage(body), tableName)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	other, _ := encodeToken(key{"deviceId": str("d0001")}, "another-table")
	for _, c := range []struct{ name, token string }{
		{"of another table", other},
		{"of another version", sealed(`{"v":2,"key":{"deviceId":{"S":"d0001"}}}`)},
		{"without a key", sealed(`{"v":1,"key":{}}`)},
		{"with a value of two types", sealed(`{"v":1,"key":{"deviceId":{"S":"a","N":"1"}}}`)},
		{"with a value of no type", sealed(`{"v":1,"key":{"deviceId":{}}}`)},
		{"with a type that no key has", sealed(`{"v":1,"key":{"deviceId":{"BOOL":true}}}`)},
		{"too long", strings.Repeat("A", maxToken+1)},
		{"empty", ""},
	} {
		if got, err := decodeToken(c.token, tableName, "next"); err == nil {
			t.Errorf("%s: accepted as %v", c.name, got)
		}
	}
	if _, err := decodeToken(sealed(`{"v":1,"key":{"deviceId":{"S":"d0001"}}}`), tableName, "next"); err != nil {
		t.Errorf("the twin that is right: %v", err)
	}
}

func TestAKeyOfAnUnknownTypeMakesNoToken(t *testing.T) {
	if token, err := encodeToken(key{"x": &types.AttributeValueMemberBOOL{}}, tableName); err == nil {
		t.Errorf("made %s", token)
	}
}

func FuzzDecodeToken(f *testing.F) {
	token, _ := encodeToken(key{"deviceId": str("d0001")}, tableName)
	f.Add(token)
	f.Add("")
	f.Fuzz(func(t *testing.T, token string) {
		got, err := decodeToken(token, tableName, "next")
		if err != nil {
			return
		}
		again, err := encodeToken(got, tableName)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decodeToken(again, tableName, "next"); err != nil || cmp.Diff(got, back, sameValue) != "" {
			t.Fatalf("%v became %v, %v", got, back, err)
		}
	})
}
