package awsclient

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"
)

// APIError is the error that an answer reports. Proxies, and S3 to a HEAD, answer without a document, so the status says what the document does not.
func APIError(status int, code, message string) error {
	if code == "" {
		code = CodeOf(status)
	}
	if message == "" {
		message = http.StatusText(status)
	}
	return &smithy.GenericAPIError{Code: code, Message: message}
}

// CodeOf is the error code of an answer that has none but its status, as the SDK makes it: "ServiceUnavailable" of 503.
func CodeOf(status int) string { return strings.ReplaceAll(http.StatusText(status), " ", "") }

// Incomplete is the error of an answer that reports success without its whole result. The request is repeated.
func Incomplete(format string, values ...any) error {
	return &smithy.DeserializationError{Err: fmt.Errorf(format, values...)}
}

// Post returns a request that sends a body, with the headers and a User-Agent.
func Post(to url.URL, body []byte, header http.Header) *http.Request {
	header.Set("User-Agent", "crossgrant")
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	first, _ := open()
	return &http.Request{
		Method: http.MethodPost, URL: &to, Host: to.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, ContentLength: int64(len(body)),
		Header: header, Body: first, GetBody: open,
	}
}
