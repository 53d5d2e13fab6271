package settings

import (
	"encoding/json"
	"fmt"
)

// maxPrefix is S3's limit for a key, and so for a prefix, in bytes.
const maxPrefix = 1024

const prefixesExpected = `a JSON array of prefixes such as ["reports/","logs/"]; absent or [] for the whole bucket`

// prefixes refuses null, since a lost value must not become the whole bucket.
func (r *reader) prefixes(variable string) []string {
	value, _ := r.lookup(variable)
	if value == "" {
		return nil
	}
	var list []*string
	if err := json.Unmarshal([]byte(value), &list); err != nil || list == nil {
		r.problem(variable, fmt.Sprintf("%q", value), prefixesExpected)
		return nil
	}
	prefixes := make([]string, 0, len(list))
	for i, prefix := range list {
		switch {
		case prefix == nil:
			r.problem(variable, fmt.Sprintf("null as entry %d", i), "a string")
		case len(*prefix) > maxPrefix:
			r.problem(variable, fmt.Sprintf("entry %d of %d bytes", i, len(*prefix)), "at most 1024 bytes")
		default:
			prefixes = append(prefixes, *prefix)
		}
	}
	return prefixes
}
