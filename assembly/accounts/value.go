package accounts

import "fmt"

// list is a value as a list: CloudFormation takes a single one in its place.
func list(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{value}
}

// text is a value as text, "" for none.
func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

// dig follows keys into nested objects.
func dig(value any, keys ...string) any {
	for _, key := range keys {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[key]
	}
	return value
}
