// Package failure turns an error into the status and the message that a caller may see, and into the text that a log may have. It does not
// write answers or logs.
package failure

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

// Failure is what a caller may see of an error. A package returns one as its error if it knows the status itself.
type Failure struct {
	// Status is an HTTP status: 400, 403, 405, 429 or 500.
	Status int
	// Code is AWS's error code, or one of this package if AWS did not answer; empty if there is none.
	Code string
	// Message is one sentence without secrets.
	Message string
	// AWSRequestID is the request ID of the AWS call that failed; empty if there was none.
	AWSRequestID string
}

// Error is the message.
func (f *Failure) Error() string { return f.Message }

// Codes of failures to which AWS did not give one.
const (
	// CodeInvalidEvent is an event that is malformed or asks for what the function does not do.
	CodeInvalidEvent = "InvalidEvent"
	// CodeNoRoute is a service to which no connection could be made.
	CodeNoRoute = "NoRoute"
	// CodeNoAnswer is a service that was connected, or may have been, and did not answer in time.
	CodeNoAnswer = "NoAnswer"
	// CodeOutOfTime is an invocation whose time was nearly over.
	CodeOutOfTime = "OutOfTime"
	// CodeBadAnswer is an answer that could not be read to its end.
	CodeBadAnswer = "BadAnswer"
	// CodeIncompleteAnswer is an answer of success that lacks what AWS documents that it has, such as an ETag; it has this code as the error of AWS.
	CodeIncompleteAnswer = "IncompleteAnswer"
	// CodeInternal is an error that nobody foresaw.
	CodeInternal = "InternalError"
)

// Grant is what a message may name: the role that the function uses and the resource that it reads.
type Grant struct {
	// RoleARN is the trusted role. Empty is the function's own role.
	RoleARN string
	// Resource is the resource with its type, such as "bucket reports".
	Resource string
}

// role names the role whose credentials sign.
func (g Grant) role() string {
	if g.RoleARN == "" {
		return "this function's own role"
	}
	return "role " + g.RoleARN
}

// on names what a call of a service is about.
func (g Grant) on(service string) string {
	if service == "STS" {
		return " for " + g.role()
	}
	return " on " + g.Resource
}

// Of classifies err: 400 for an invalid event, 403 if AWS denied access, 429 if AWS throttled, and 500 for everything else. An answer of AWS
// decides, also if err joins it with the error of a context whose time ran out. The message repeats nothing of what AWS returned but error codes,
// regions and kinds of policies.
func Of(err error, grant Grant) Failure {
	facts := awserror.Read(err)
	f := classify(err, facts, grant)
	if f.AWSRequestID == "" {
		f.AWSRequestID = facts.RequestID
	}
	return f
}

// Code returns the code of err for a log; empty if there is none. An error of a package that knows its code itself has a method ErrorCode, as the
// SDK's have.
func Code(err error) string {
	code := Of(err, Grant{}).Code
	var own interface{ ErrorCode() string }
	if code == CodeInternal && Trace(err) == "" && errors.As(err, &own) {
		return word(own.ErrorCode())
	}
	return code
}

func classify(err error, facts awserror.Facts, grant Grant) Failure {
	var own *Failure
	var invalid *event.Invalid
	var noRoute *targetrole.NoRoute
	switch {
	case errors.As(err, new(*panicked)):
		return internal()
	case errors.As(err, &own):
		return *own
	case errors.As(err, &invalid):
		return Failure{Status: http.StatusBadRequest, Code: CodeInvalidEvent, Message: invalid.Error()}
	case facts.Code != "" || facts.Status >= 300:
		return ofAnswer(facts, grant)
	case errors.As(err, &noRoute) && noRoute.Connected:
		return Failure{Status: http.StatusInternalServerError, Code: CodeNoAnswer, Message: noRoute.Hint()}
	case errors.As(err, &noRoute):
		return Failure{Status: http.StatusInternalServerError, Code: CodeNoRoute, Message: noRoute.Hint()}
	}
	return withoutAnswer(err, facts, grant)
}

func internal() Failure {
	return Failure{Status: http.StatusInternalServerError, Code: CodeInternal, Message: "internal error: the function's log has the cause under this request id"}
}

// secret finds credentials and the IDs of access keys: AWS repeats the canonical request, session token included, when a signature does not match. It is compiled at
// the first error, not at each cold start.
var secret = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)((?:x-amz-)?security-?token|session-?token|secret-?access-?key|authorization|credential|signature)("?\s*[:=>]\s*"?)[^\r\n"<&]+|` +
		`(?-i:\b(?:AKIA|ASIA)[A-Z0-9]{4}[A-Z0-9]*)`)
})

// maxLogText is the most bytes of the text of an error. JSON writes a byte in up to six, and CloudWatch Logs takes 256 KB for a line.
const maxLogText = 16 << 10

// LogText returns the text of an error for the log, without the values of credentials and signatures. It begins with AWS's error code, and is cut
// behind 16 KiB.
func LogText(err error) string {
	text := err.Error()
	if code := word(awserror.Code(err)); code != "" && !strings.HasPrefix(text, code) && !joins(err) {
		text = code + ": " + text
	}
	return secret().ReplaceAllString(Cut(text, maxLogText), "$1$2[removed]")
}

// joins reports whether an error is about several objects or messages, each of which begins with its own name.
func joins(err error) bool {
	_, several := err.(interface{ Unwrap() []error })
	return several
}

// Cut returns the first bytes of a text, at most limit, and how many it left out. It keeps characters whole.
func Cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	kept := strings.ToValidUTF8(text[:limit], "")
	return kept + "… (" + strconv.Itoa(len(text)-len(kept)) + " bytes more)"
}

// word returns an error code as AWS writes them, at most 64 characters; what a proxy may have put there instead is cut.
func word(code string) string {
	end := strings.IndexFunc(code, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '.' && r != '_' && r != '-'
	})
	if end >= 0 {
		code = code[:end]
	}
	return code[:min(len(code), 64)]
}
