package scanning

import (
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
)

// encodeItem writes an item as a JSON object with sorted names. A number keeps all its digits (DynamoDB
// has 38, a float64 17), binary becomes base64, and a set becomes an array.
func encodeItem(item map[string]types.AttributeValue) ([]byte, error) {
	object := map[string]any{}
	if err := attributevalue.UnmarshalMapWithOptions(item, &object, func(o *attributevalue.DecoderOptions) {
		o.UseNumber = true
	}); err != nil {
		return nil, err
	}
	return answer.JSON(plain(object))
}

// plain replaces what encoding/json would not write as it is meant: a number of DynamoDB, which is text to
// Go, and an empty value that came as nil.
func plain(value any) any {
	switch v := value.(type) {
	case attributevalue.Number:
		return json.Number(v)
	case []attributevalue.Number:
		numbers := make([]json.Number, len(v))
		for i, n := range v {
			numbers[i] = json.Number(n)
		}
		return numbers
	case []byte:
		if v == nil {
			return ""
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = plain(v[name])
		}
	}
	return value
}
