package listing

import (
	"slices"
	"strconv"
	"strings"
)

// merge sorts prefixes by their bytes, as S3 sorts keys, and drops those inside another: what is left
// covers the same keys, each once and in order. No prefix at all is the whole bucket.
func merge(prefixes []string) []string {
	if len(prefixes) == 0 {
		return []string{""}
	}
	var merged []string
	for _, prefix := range slices.Sorted(slices.Values(prefixes)) {
		if len(merged) == 0 || !strings.HasPrefix(prefix, merged[len(merged)-1]) {
			merged = append(merged, prefix)
		}
	}
	return merged
}

// covers reports whether everything under prefix lies under one of granted, as the condition
// s3:prefix StringLike "GRANTED*" decides it.
func covers(granted []string, prefix string) bool {
	return slices.ContainsFunc(granted, func(g string) bool { return strings.HasPrefix(prefix, g) })
}

// passed reports whether every key under prefix sorts at or before position.
func passed(prefix, position string) bool {
	return position > prefix && !strings.HasPrefix(position, prefix)
}

func quoted(prefixes []string) string {
	words := make([]string, len(prefixes))
	for i, prefix := range prefixes {
		words[i] = strconv.Quote(prefix)
	}
	return strings.Join(words, ", ")
}
