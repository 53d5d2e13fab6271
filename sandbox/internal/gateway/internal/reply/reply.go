// Package reply writes errors as AWS's services do, by protocol. It decides nothing.
package reply

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"strings"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/request"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/sigv4"
)

// Errors of the gateway beside those of package sigv4.
var (
	// ErrUnknownKey means that nobody has the access key.
	ErrUnknownKey = errors.New("the AWS access key ID of the request does not exist")
	// ErrInvalidToken means that the session token is not that of the access key.
	ErrInvalidToken = errors.New("the session token of the request is invalid")
	// ErrExpiredToken means that the session is over.
	ErrExpiredToken = errors.New("the session token of the request is expired")
	// ErrDenied means that the caller is not permitted to do this.
	ErrDenied = errors.New("access denied")
	// ErrNoRoute means that no route leads to the service. AWS answers nothing then.
	ErrNoRoute = errors.New("no route leads to the service")
	// ErrUnavailable means that the local AWS did not answer.
	ErrUnavailable = errors.New("the local AWS does not answer; start the sandbox again")
	// ErrNoChangeSet means that CloudFormation has no such change set.
	ErrNoChangeSet = errors.New("the change set does not exist")
	// ErrInvalid means that a parameter is not as the service expects it.
	ErrInvalid = errors.New("a parameter is invalid")
)

// code is what a service calls an error, and its HTTP status.
type code struct {
	name   string
	status int
}

// codes are what services call the errors: S3, those with forms, and those with JSON.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
var codes = []struct {
	err               error
	rest, query, json code
}{
	{sigv4.ErrMissing, code{"AccessDenied", 403}, code{"MissingAuthenticationToken", 403}, code{"MissingAuthenticationTokenException", 400}},
	{sigv4.ErrVersion2, code{"InvalidRequest", 400}, code{"IncompleteSignature", 400}, code{"IncompleteSignatureException", 400}},
	{sigv4.ErrMalformed, code{"AuthorizationHeaderMalformed", 400}, code{"IncompleteSignature", 400}, code{"IncompleteSignatureException", 400}},
	{sigv4.ErrSkewed, code{"RequestTimeTooSkewed", 403}, code{"SignatureDoesNotMatch", 403}, code{"InvalidSignatureException", 400}},
	{sigv4.ErrExpired, code{"AccessDenied", 403}, code{"SignatureDoesNotMatch", 403}, code{"InvalidSignatureException", 400}},
	{sigv4.ErrMismatch, code{"SignatureDoesNotMatch", 403}, code{"SignatureDoesNotMatch", 403}, code{"InvalidSignatureException", 400}},
	{sigv4.ErrUnsigned, code{"AccessDenied", 403}, code{"SignatureDoesNotMatch", 403}, code{"InvalidSignatureException", 400}},
	{sigv4.ErrPayload, code{"XAmzContentSHA256Mismatch", 400}, code{"SignatureDoesNotMatch", 403}, code{"InvalidSignatureException", 400}},
	{ErrUnknownKey, code{"InvalidAccessKeyId", 403}, code{"InvalidClientTokenId", 403}, code{"UnrecognizedClientException", 400}},
	{ErrInvalidToken, code{"InvalidToken", 400}, code{"InvalidClientTokenId", 403}, code{"UnrecognizedClientException", 400}},
	{ErrExpiredToken, code{"ExpiredToken", 400}, code{"ExpiredToken", 403}, code{"ExpiredTokenException", 400}},
	{ErrDenied, code{"AccessDenied", 403}, code{"AccessDenied", 403}, code{"AccessDeniedException", 400}},
	{ErrInvalid, code{"InvalidArgument", 400}, code{"ValidationError", 400}, code{"ValidationException", 400}},
	{ErrNoRoute, code{"SandboxNoRoute", 403}, code{"SandboxNoRoute", 403}, code{"SandboxNoRoute", 400}},
	{ErrUnavailable, code{"ServiceUnavailable", 503}, code{"ServiceUnavailable", 503}, code{"ServiceUnavailableException", 503}},
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
	{ErrNoChangeSet, code{"ChangeSetNotFound", 404}, code{"ChangeSetNotFound", 404}, code{"ChangeSetNotFound", 404}},
	{request.ErrMalformed, code{"InvalidRequest", 400}, code{"MalformedQueryString", 400}, code{"SerializationException", 400}},
}

// fault is what a service says of a fault of its own, and of errors that have no code.
var fault = code{"InternalError", 500}

// Denied is the error of a request that is not permitted, with what AWS says of it.
type Denied struct{ Message string }

func (d *Denied) Error() string { return d.Message }

// Unwrap is ErrDenied.
func (d *Denied) Unwrap() error { return ErrDenied }

// ofServices are what services call errors that have other names than in most with their protocol: those of a denial, and of a denial of their use of a key for the caller.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors
// https://repost.aws/knowledge-center/sqs-accessdenied-errors
var ofServices = map[string]struct{ denied, key code }{
	"sns": {code{"AuthorizationError", 403}, code{"KMSAccessDenied", 400}},
	"sqs": {code{"AccessDenied", 403}, code{"KMS.AccessDeniedException", 400}},
}

// ofEC2 are what EC2 calls errors that others with forms call otherwise.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html#CommonErrors
var ofEC2 = map[string]code{
	"AccessDenied": {"UnauthorizedOperation", 403}, "SignatureDoesNotMatch": {"AuthFailure", 401}, "InvalidClientTokenId": {"AuthFailure", 401}, "MissingAuthenticationToken": {"AuthFailure", 401},
	"ExpiredToken": {"RequestExpired", 400}, "ValidationError": {"InvalidParameterValue", 400},
}

// Error answers a request with an error, as a service with this protocol does; "" for a service that is not known. It returns the code.
func Error(w http.ResponseWriter, r *http.Request, service string, p request.Protocol, err error) string {
	c := codeOf(p, err)
	id := ID()
	message := err.Error()
	if of, ok := ofServices[service]; ok && errors.Is(err, ErrDenied) {
		own := of.denied
		if strings.Contains(message, "is not authorized to perform: kms:") {
			own = of.key
		}
		if p == request.Query {
			c = own
		} else { // as for clients that know the codes of the service's forms
			w.Header().Set("X-Amzn-Query-Error", own.name+";Sender")
		}
	}
	switch p {
	case request.JSON, request.RESTJSON:
		if p == request.RESTJSON && c.name == "AccessDeniedException" {
			c.status = http.StatusForbidden
		}
		w.Header().Set("X-Amzn-RequestId", id)
		w.Header().Set("X-Amzn-ErrorType", c.name)
		w.Header().Set("Content-Type", map[request.Protocol]string{request.JSON: "application/x-amz-json-1.0", request.RESTJSON: "application/json"}[p])
		w.WriteHeader(c.status)
		text, _ := json.Marshal(map[string]string{"__type": "com.amazon.coral.service#" + c.name, "message": message}) // never fails: texts only
		w.Write(text)
	case request.EC2:
		if own, ok := ofEC2[c.name]; ok {
			if c = own; c.name == "UnauthorizedOperation" {
				message = "You are not authorized to perform this operation. " + message
			}
		}
		writeXML(w, c.status, id, "<Response><Errors><Error><Code>"+c.name+"</Code><Message>"+escaped(message)+"</Message></Error></Errors><RequestID>"+id+"</RequestID></Response>")
	case request.Query:
		at := "Sender"
		if c.status >= http.StatusInternalServerError {
			at = "Receiver"
		}
		writeXML(w, c.status, id, "<ErrorResponse><Error><Type>"+at+"</Type><Code>"+c.name+"</Code><Message>"+escaped(message)+"</Message></Error><RequestId>"+id+"</RequestId></ErrorResponse>")
	default:
		w.Header().Set("X-Amz-Request-Id", id)
		if r.Method == http.MethodHead {
			w.WriteHeader(c.status)
			break
		}
		writeXML(w, c.status, id, "<Error><Code>"+c.name+"</Code><Message>"+escaped(message)+"</Message><RequestId>"+id+"</RequestId></Error>")
	}
	return c.name
}

func codeOf(p request.Protocol, err error) code {
	for _, one := range codes {
		if !errors.Is(err, one.err) {
			continue
		}
		switch p {
		case request.REST:
			return one.rest
		case request.Query, request.EC2:
			return one.query
		}
		return one.json
	}
	return fault
}

func writeXML(w http.ResponseWriter, status int, id, text string) {
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("X-Amzn-RequestId", id)
	w.WriteHeader(status)
	w.Write([]byte(xml.Header + text))
}

// XML answers a request of a service with forms: with the result of an operation, whose content is XML already.
func XML(w http.ResponseWriter, namespace, operation, result string) {
	id := ID()
	writeXML(w, http.StatusOK, id, "<"+operation+"Response xmlns=\""+namespace+"\"><"+operation+"Result>"+result+"</"+operation+"Result><ResponseMetadata><RequestId>"+id+
		"</RequestId></ResponseMetadata></"+operation+"Response>")
}

// Element is an element of XML with a text.
func Element(name, text string) string { return "<" + name + ">" + escaped(text) + "</" + name + ">" }

func escaped(text string) string {
	var b bytesWriter
	xml.EscapeText(&b, []byte(text)) // never fails: it writes into memory
	return string(b)
}

// bytesWriter collects what is written.
type bytesWriter []byte

func (b *bytesWriter) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}

// ID is a new ID of a request.
func ID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	text := hex.EncodeToString(b[:])
	return text[:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:20] + "-" + text[20:]
}
