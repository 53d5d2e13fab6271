// Package token encodes and decodes the opaque text that says where a later invocation continues. It does not know the positions of functions,
// and keeps nothing secret: anyone who has a token can read it.
package token

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
)

const sumBytes = 16

// Encode returns a token of body, which is valid for context only: base64url of a checksum over both and of body's JSON. The checksum detects
// damage and tokens of other contexts. It is no signature: a token must not give access to anything that its caller does not have already.
func Encode(body any, context string) (string, error) {
	text, err := answer.JSON(body)
	if err != nil {
		return "", fmt.Errorf("encode a token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(append(checksum(text, context), text...)), nil
}

// Decode is the reverse of Encode. It returns an [event.Invalid] for a token that is longer than maxBytes, altered or of another context, or
// whose fields are not those of into; field names the token in that error.
func Decode(token, context, field string, maxBytes int, into any) error {
	invalid := &event.Invalid{Field: field, Found: "a token that was altered or is of another function or resource",
		Expected: "the next of an earlier answer, unchanged"}
	// The decoder skips line breaks, which would let an altered token pass.
	if len(token) > maxBytes || strings.ContainsAny(token, "\r\n") {
		return invalid
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) <= sumBytes || !bytes.Equal(raw[:sumBytes], checksum(raw[sumBytes:], context)) {
		return invalid
	}
	decoder := json.NewDecoder(bytes.NewReader(raw[sumBytes:]))
	decoder.DisallowUnknownFields()
	if decoder.Decode(into) != nil {
		return invalid
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return invalid
	}
	return nil
}

func checksum(body []byte, context string) []byte {
	sum := sha256.New()
	sum.Write([]byte(context + "\x00"))
	sum.Write(body)
	return sum.Sum(nil)[:sumBytes]
}
