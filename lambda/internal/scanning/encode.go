package scanning

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crossgrant/crossgrant/lambda/internal/jsontext"
)

// appendItem appends an item as a JSON object with sorted names. A number keeps all its digits (up to 38; a float64 has 17), binary becomes
// base64, and a set becomes an array.
func appendItem(to []byte, item map[string]types.AttributeValue) ([]byte, error) {
	to = append(to, '{')
	for i, name := range slices.Sorted(maps.Keys(item)) {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(jsontext.AppendString(to, name), ':')
		var err error
		if to, err = appendValue(to, item[name]); err != nil {
			return nil, err
		}
	}
	return append(to, '}'), nil
}

func appendValue(to []byte, value types.AttributeValue) ([]byte, error) {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return jsontext.AppendString(to, v.Value), nil
	case *types.AttributeValueMemberN:
		return appendNumber(to, v.Value)
	case *types.AttributeValueMemberB:
		return appendBinary(to, v.Value), nil
	case *types.AttributeValueMemberBOOL:
		if v.Value {
			return append(to, "true"...), nil
		}
		return append(to, "false"...), nil
	case *types.AttributeValueMemberNULL:
		return append(to, "null"...), nil
	case *types.AttributeValueMemberSS:
		return appendList(to, v.Value, func(to []byte, s string) ([]byte, error) { return jsontext.AppendString(to, s), nil })
	case *types.AttributeValueMemberNS:
		return appendList(to, v.Value, appendNumber[string])
	case *types.AttributeValueMemberBS:
		return appendList(to, v.Value, func(to, b []byte) ([]byte, error) { return appendBinary(to, b), nil })
	case *types.AttributeValueMemberL:
		return appendList(to, v.Value, appendValue)
	case *types.AttributeValueMemberM:
		return appendItem(to, v.Value)
	}
	return nil, fmt.Errorf("found an attribute of type %T, expected one of the types of DynamoDB", value)
}

func appendList[T any](to []byte, list []T, one func([]byte, T) ([]byte, error)) (_ []byte, err error) {
	to = append(to, '[')
	for i, value := range list {
		if i > 0 {
			to = append(to, ',')
		}
		if to, err = one(to, value); err != nil {
			return nil, err
		}
	}
	return append(to, ']'), nil
}

func appendBinary(to, b []byte) []byte {
	return append(base64.StdEncoding.AppendEncode(append(to, '"'), b), '"')
}

// appendNumber appends a number as it is written.
func appendNumber[T string | []byte](to []byte, n T) ([]byte, error) {
	if !isNumber(n) {
		return nil, fmt.Errorf("found the number %q, expected one of JSON", string(n))
	}
	return append(to, n...), nil
}

// isNumber reports whether a text is a number of JSON.
//
// https://www.rfc-editor.org/rfc/rfc8259#section-6
func isNumber[T string | []byte](s T) bool {
	i := 0
	digits := func() bool {
		from := i
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(s) && s[i] == '-' {
		i++
	}
	if i < len(s) && s[i] == '0' {
		i++
	} else if !digits() {
		return false
	}
	if i < len(s) && s[i] == '.' {
		if i++; !digits() {
			return false
		}
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		if i++; i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(s)
}
