package fakeaws

import (
	"fmt"
	"net/http"
	"strings"
)

// Content is the content of objects and items in the answers of [Faults]. No log line and no error may have it.
const Content = "content-of-an-object"

// secrets are the credentials of [Config] and [Assumed], and the IDs of their keys.
var secrets = []string{"source-secret", "target-secret", "target-token", "AKIASOURCE", "ASIATARGET", Content}

// Leaks returns the credentials and contents that are in a log or an answer.
func Leaks(text string) (found []string) {
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			found = append(found, secret)
		}
	}
	return found
}

// Fault is an answer that no function expects.
type Fault struct {
	// Name says what goes wrong.
	Name string
	// Answer repeats the credentials of the request, as AWS does when a signature does not match, and contents.
	Answer func(Call) Reply
}

// Faults are the ways in which a service may answer and repeat what no log may have, each in the form of S3, STS and DynamoDB.
func Faults() []Fault {
	faults := []Fault{
		{"no answer", func(Call) Reply { return Reply{} }},
		{"what is no XML and no JSON", func(c Call) Reply { return Reply{http.StatusOK, repeated(c)} }},
		{"a page of a proxy", func(c Call) Reply {
			return Reply{http.StatusBadGateway, "<html><body>" + repeated(c) + "</body></html>"}
		}},
		{"an answer that is cut", func(c Call) Reply { return Reply{http.StatusOK, "<ListBucketResult><Contents><Key>" + Content} }},
		{"JSON that is cut", func(c Call) Reply { return Reply{http.StatusOK, `{"Items":[{"a":{"S":"` + Content} }},
		{"nothing", func(Call) Reply { return Reply{http.StatusOK, ""} }},
	}
	for _, code := range []struct {
		status int
		name   string
	}{
		{http.StatusForbidden, "SignatureDoesNotMatch"}, {http.StatusForbidden, "AccessDenied"}, {http.StatusForbidden, "InvalidAccessKeyId"},
		{http.StatusForbidden, "InvalidClientTokenId"}, {http.StatusBadRequest, "ExpiredToken"}, {http.StatusForbidden, "RequestTimeTooSkewed"},
		{http.StatusMovedPermanently, "PermanentRedirect"}, {http.StatusBadRequest, "AuthorizationHeaderMalformed"}, {http.StatusServiceUnavailable, "SlowDown"},
		{http.StatusInternalServerError, "InternalError"}, {http.StatusBadRequest, "ValidationException"}, {http.StatusBadRequest, "NobodyKnows"},
		{http.StatusForbidden, "InvalidObjectState"}, {http.StatusBadRequest, "KMS.DisabledException"}, {http.StatusOK, "InternalError"},
	} {
		faults = append(faults, Fault{fmt.Sprint(code.status, " ", code.name), func(c Call) Reply {
			switch message := repeated(c); {
			case strings.Contains(c.Text, "Action=AssumeRole"):
				return STSError(code.status, code.name, escape(message))
			case c.Header.Get("X-Amz-Target") != "":
				return DynamoDBError(code.status, code.name, message)
			default:
				return S3Error(code.status, code.name, escape(message))
			}
		}})
	}
	return faults
}

// repeated is what AWS says of a signature that does not match: the request with all its headers, and the ID of the access key.
func repeated(c Call) string {
	return fmt.Sprintf("The key %s: The Canonical String for this request should have been\n'%s\n%s\nauthorization:%s\nx-amz-security-token:%s\n'\nSecretAccessKey=%s",
		accessKey(c), c.Method, c.URL.Path, c.Header.Get("Authorization"), c.Header.Get("X-Amz-Security-Token"), "target-secret")
}

// accessKey is the ID of the key that signed.
func accessKey(c Call) string {
	_, credential, _ := strings.Cut(c.Header.Get("Authorization"), "Credential=")
	id, _, _ := strings.Cut(credential, "/")
	return id
}

func escape(text string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}
