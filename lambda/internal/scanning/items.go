package scanning

import (
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
)

// encodeItem writes an item as a JSON object with sorted names. A number keeps all its digits (DynamoDB
// has 38, a float64 17), binary becomes base64, and a set becomes an array.
func encodeItem(item map[string]types.AttributeValue) ([]byte, error) {
	object, err := plainMap(item)
	if err != nil {
		return nil, err
	}
	return answer.JSON(object)
}

func plainMap(in map[string]types.AttributeValue) (map[string]any, error) {
	out := make(map[string]any, len(in))
	for name, value := range in {
		plain, err := plainValue(value)
		if err != nil {
			return nil, fmt.Errorf("attribute %q: %w", name, err)
		}
		out[name] = plain
	}
	return out, nil
}

func plainValue(value types.AttributeValue) (any, error) {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return v.Value, nil
	case *types.AttributeValueMemberN:
		return json.Number(v.Value), nil
	case *types.AttributeValueMemberBOOL:
		return v.Value, nil
	case *types.AttributeValueMemberNULL:
		return nil, nil
	case *types.AttributeValueMemberB:
		return bytesOf(v.Value), nil
	case *types.AttributeValueMemberSS:
		return list(v.Value, func(s string) (any, error) { return s, nil })
	case *types.AttributeValueMemberNS:
		return list(v.Value, func(n string) (any, error) { return json.Number(n), nil })
	case *types.AttributeValueMemberBS:
		return list(v.Value, func(b []byte) (any, error) { return bytesOf(b), nil })
	case *types.AttributeValueMemberL:
		return list(v.Value, plainValue)
	case *types.AttributeValueMemberM:
		return plainMap(v.Value)
	}
	return nil, fmt.Errorf("found a value of type %T, expected one of DynamoDB's ten types", value)
}

// bytesOf keeps an empty value a string: encoding/json makes base64 of bytes, but null of nil ones.
func bytesOf(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

func list[T any](in []T, plain func(T) (any, error)) ([]any, error) {
	out := make([]any, 0, len(in))
	for _, value := range in {
		p, err := plain(value)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}
