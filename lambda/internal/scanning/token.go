package scanning

import (
	"fmt"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/token"
)

// maxToken bounds a token in bytes: two key attributes with names of 255 bytes and values of 2,048 and
// 1,024 bytes, each byte six in JSON, then four for three in base64, are 29 KB.
const maxToken = 32 << 10

const tokenVersion = 1

// key is the primary key of an item: where a page ended. Its JSON is DynamoDB's.
type key map[string]keyValue

// keyValue has exactly one of the three types of key attributes.
type keyValue struct {
	S *string `json:"S,omitempty"`
	N *string `json:"N,omitempty"`
	B *[]byte `json:"B,omitempty"`
}

func (v keyValue) valid() bool {
	types := 0
	for _, has := range []bool{v.S != nil, v.N != nil, v.B != nil} {
		if has {
			types++
		}
	}
	return types == 1
}

type tokenBody struct {
	Version int `json:"v"`
	Key     key `json:"key"`
}

// encodeToken returns the opaque next of a page. It gives no more access than a scan from the beginning.
func encodeToken(last key, table string) (string, error) {
	for name, value := range last {
		if !value.valid() {
			return "", fmt.Errorf("encode the last key: attribute %q: found none or several of the types S, N and B, expected one", name)
		}
	}
	return token.Encode(tokenBody{Version: tokenVersion, Key: last}, table)
}

// decodeToken is the reverse of encodeToken; field names the token in its error.
func decodeToken(text, table, field string) (key, error) {
	invalid := &event.Invalid{Field: field, Found: "a token that was altered or is of another table",
		Expected: "the next of an earlier answer, unchanged"}
	var body tokenBody
	if token.Decode(text, table, field, maxToken, &body) != nil || body.Version != tokenVersion || len(body.Key) == 0 {
		return nil, invalid
	}
	for _, value := range body.Key {
		if !value.valid() {
			return nil, invalid
		}
	}
	return body.Key, nil
}
