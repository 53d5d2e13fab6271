package scanning

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/token"
)

// maxToken bounds a token in bytes: two key attributes with names of 255 bytes and values of 2,048 and
// 1,024 bytes, each byte six in JSON, then four for three in base64, are 29 KB.
const maxToken = 32 << 10

const tokenVersion = 1

// key is the primary key of an item: where a page ended.
type key map[string]types.AttributeValue

type tokenBody struct {
	Version int                 `json:"v"`
	Key     map[string]keyValue `json:"key"`
}

// keyValue has exactly one of the three types of key attributes.
type keyValue struct {
	S *string `json:"S,omitempty"`
	N *string `json:"N,omitempty"`
	B *[]byte `json:"B,omitempty"`
}

// encodeToken returns the opaque next of a page. It gives no more access than a scan from the beginning.
func encodeToken(last key, table string) (string, error) {
	body := tokenBody{Version: tokenVersion, Key: map[string]keyValue{}}
	for name, value := range last {
		switch v := value.(type) {
		case *types.AttributeValueMemberS:
			body.Key[name] = keyValue{S: &v.Value}
		case *types.AttributeValueMemberN:
			body.Key[name] = keyValue{N: &v.Value}
		case *types.AttributeValueMemberB:
			body.Key[name] = keyValue{B: &v.Value}
		default:
			return "", fmt.Errorf("encode the last key: attribute %q: found %T, expected S, N or B", name, value)
		}
	}
	return token.Encode(body, table)
}

// decodeToken is the reverse of encodeToken; field names the token in its error.
func decodeToken(text, table, field string) (key, error) {
	invalid := &event.Invalid{Field: field, Found: "a token that was altered or is of another table",
		Expected: "the next of an earlier answer, unchanged"}
	var body tokenBody
	if token.Decode(text, table, field, maxToken, &body) != nil || body.Version != tokenVersion || len(body.Key) == 0 {
		return nil, invalid
	}
	start := key{}
	for name, value := range body.Key {
		switch {
		case value.S != nil && value.N == nil && value.B == nil:
			start[name] = &types.AttributeValueMemberS{Value: *value.S}
		case value.N != nil && value.S == nil && value.B == nil:
			start[name] = &types.AttributeValueMemberN{Value: *value.N}
		case value.B != nil && value.S == nil && value.N == nil:
			start[name] = &types.AttributeValueMemberB{Value: *value.B}
		default:
			return nil, invalid
		}
	}
	return start, nil
}
