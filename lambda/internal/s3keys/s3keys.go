// Package s3keys compares, decodes and encodes keys and prefixes as S3 does. It makes no calls to S3.
package s3keys

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/encoding/httpbinding"
)

// Max is S3's limit for a key, in bytes.
const Max = 1024

// Merge sorts prefixes by their bytes, as S3 sorts keys, and removes those inside another one: the result covers the same keys, each once and in
// order. No prefixes mean the whole bucket.
func Merge(prefixes []string) []string {
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

// Covers reports whether all keys under prefix, which may be a key itself, are under one of granted, as the condition s3:prefix StringLike
// "GRANTED*" decides.
func Covers(granted []string, prefix string) bool {
	return slices.ContainsFunc(granted, func(g string) bool { return strings.HasPrefix(prefix, g) })
}

// Passed reports whether all keys under prefix sort before or at position.
func Passed(prefix, position string) bool {
	return position > prefix && !strings.HasPrefix(position, prefix)
}

// Quoted returns prefixes as a list for a message.
func Quoted(prefixes []string) string {
	words := make([]string, len(prefixes))
	for i, prefix := range prefixes {
		words[i] = strconv.Quote(prefix)
	}
	return strings.Join(words, ", ")
}

// Decode decodes a key of a listing with EncodingType=url, in which S3 writes a space as "+". Keys are encoded because XML 1.0 has no control
// characters.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html.
func Decode(key string, encoding types.EncodingType) (string, error) {
	decoded := key
	if encoding == types.EncodingTypeUrl {
		var err error
		if decoded, err = url.QueryUnescape(key); err != nil {
			return "", fmt.Errorf("decode key %q: %w", key, err)
		}
	}
	if !utf8.ValidString(decoded) {
		return "", fmt.Errorf("decode key %q: found bytes that are not UTF-8, which JSON cannot carry", key)
	}
	return decoded, nil
}

// CopySource returns the header x-amz-copy-source for an object. It encodes every byte except letters, digits, "-", ".", "_", "~" and the slash:
// S3 takes a "+" for a space and a "?" for the beginning of a version.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html.
func CopySource(bucket, key string) string {
	for i := range len(key) {
		if !plain(key[i]) {
			return bucket + "/" + httpbinding.EscapePath(key, false)
		}
	}
	return bucket + "/" + key
}

// plain reports whether a byte of a path stands for itself.
func plain(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~' || c == '/'
}
