package scanning

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/token"
)

func text(s string) keyValue   { return keyValue{S: &s} }
func number(n string) keyValue { return keyValue{N: &n} }
func binary(b []byte) keyValue { return keyValue{B: &b} }

func TestATokenKeepsTheKey(t *testing.T) {
	for _, c := range []struct {
		name string
		key  key
	}{
		{"text", deviceKey("d0001")},
		{"odd text", key{"a \"b\"": text("\x00<é😀\u2028")}},
		{"a number of 38 digits", key{"id": text("x"), "at": number("12345678901234567890123456789012345678")}},
		{"binary", key{"id": binary([]byte{0, 255, 1})}},
		{"empty binary", key{"id": binary([]byte{})}},
		{"the longest key in the worst letters", key{
			strings.Repeat("\x01", 255): text(strings.Repeat("\x01", 2048)), strings.Repeat("\x02", 255): text(strings.Repeat("\x01", 1024))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			token, err := encodeToken(c.key, tableName)
			if err != nil || len(token) > maxToken {
				t.Fatalf("%d bytes, %v", len(token), err)
			}
			got, err := decodeToken(token, tableName, "next")
			if diff := cmp.Diff(c.key, got); err != nil || diff != "" {
				t.Errorf("err %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestATokenIsOpaqueInAURL(t *testing.T) {
	token, _ := encodeToken(deviceKey(strings.Repeat("?>", 50)), tableName)
	if strings.Trim(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		t.Errorf("token %s", token)
	}
}

func TestAnAlteredTokenIsRefused(t *testing.T) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	// Keys of three lengths, so that the last letter carries 0, 2 and 4 spare bits.
	for _, id := range []string{"d0001", "d00012", "d000123"} {
		token, _ := encodeToken(deviceKey(id), tableName)
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
	other, _ := encodeToken(deviceKey("d0001"), "another-table")
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

func TestAKeyOfNoOneTypeMakesNoToken(t *testing.T) {
	one := "1"
	for _, value := range []keyValue{{}, {S: &one, N: &one}} {
		if token, err := encodeToken(key{"x": value}, tableName); err == nil {
			t.Errorf("made %s", token)
		}
	}
}

// These tokens were given out by the versions before, whose keys were the SDK's values.
func TestTokensOfEarlierVersions(t *testing.T) {
	for _, c := range []struct {
		key   key
		token string
	}{
		{deviceKey("d0001"), "G3KANzBNsHOTL0zrKi48NnsidiI6MSwia2V5Ijp7ImRldmljZUlkIjp7IlMiOiJkMDAwMSJ9fX0"},
		{key{"a \"b\"": text("\x00<é😀\u2028"), "at": number("12345678901234567890123456789012345678")},
			"29DG0t18dM-ETorVSeqdpXsidiI6MSwia2V5Ijp7ImEgXCJiXCIiOnsiUyI6Ilx1MDAwMDzDqfCfmIBcdTIwMjgifSwiYXQiOnsiTiI6IjEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4In19fQ"},
		{key{"id": binary([]byte{0, 255, 1}), "e": binary([]byte{}), "s": text("")},
			"TT5hx_634RZ1Ge51ekjD93sidiI6MSwia2V5Ijp7ImUiOnsiQiI6IiJ9LCJpZCI6eyJCIjoiQVA4QiJ9LCJzIjp7IlMiOiIifX19"},
	} {
		if got, err := encodeToken(c.key, tableName); err != nil || got != c.token {
			t.Errorf("found %s, %v, expected %s", got, err, c.token)
		}
		got, err := decodeToken(c.token, tableName, "next")
		if diff := cmp.Diff(c.key, got); err != nil || diff != "" {
			t.Errorf("err %v (-want +got):\n%s", err, diff)
		}
	}
}

func FuzzDecodeToken(f *testing.F) {
	token, _ := encodeToken(deviceKey("d0001"), tableName)
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
		if back, err := decodeToken(again, tableName, "next"); err != nil || cmp.Diff(got, back) != "" {
			t.Fatalf("%v became %v, %v", got, back, err)
		}
	})
}
