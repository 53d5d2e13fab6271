package copying

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
)

// errGone says that the origin no longer has the object.
var errGone = errors.New("the object is gone from the origin")

// errChanged says that the origin's object is no longer the one with which the copy began.
var errChanged = errors.New("the object changed while it was copied")

// errAborted says that the upload was aborted while its parts were copied.
var errAborted = errors.New("the upload was aborted while its parts were copied")

// noSuchUpload is S3's code for an upload that was completed or aborted.
const noSuchUpload = "NoSuchUpload"

// incomplete is the error of an answer of 200 that lacks what S3 documents that it has: whether S3 did what it was asked for is not known.
func incomplete(operation string) error {
	return failure.Incomplete("S3", operation, "S3 answered 200 without the ETag or the upload ID that belongs to it")
}

// stopped says that the time ran out before a copy was done.
type stopped struct {
	upload *upload // to resume, nil if there is none
	cause  error   // why the last attempt of a request failed, nil if none did
}

func (*stopped) Error() string { return "the time for this invocation is nearly over" }

// refusal is the error of an object that the grant does not cover.
type refusal struct{ code, message string }

func (r *refusal) Error() string { return r.message }

// maxMessage is the most bytes of a message.
const maxMessage = 500

// FailedKey is a key that was not copied, and why.
type FailedKey struct {
	Key       string `json:"key"`
	Operation string `json:"operation"`
	Code      string `json:"code"`
	Message   string `json:"message,omitempty"` // in a batch only for the first key of an operation and a code
}

// Error begins with what matters.
func (f FailedKey) Error() string {
	return fmt.Sprintf("%s: %s of key %s: %s", f.Code, f.Operation, event.Quote(f.Key), f.Message)
}

// ErrorCode is the code, for the log.
func (f FailedKey) ErrorCode() string { return f.Code }

// maxWords is the most bytes of AWS's own words about a key in the log.
const maxWords = 2 << 10

// loggedKey is a failed key for the log, which alone has AWS's own words.
type loggedKey struct {
	FailedKey
	words string
}

// Error begins with what matters.
func (l loggedKey) Error() string {
	if l.words == "" {
		return l.FailedKey.Error()
	}
	return l.FailedKey.Error() + ": " + l.words
}

// loggedKey returns what [Grant.failedKey] does, with AWS's words.
func (g Grant) loggedKey(key string, err error) loggedKey {
	l := loggedKey{FailedKey: g.failedKey(key, err)}
	if stop := (*stopped)(nil); errors.As(err, &stop) {
		err = stop.cause
	}
	if awserror.IsCall(err) {
		l.words = failure.Cut(err.Error(), maxWords)
	}
	return l
}

// failedKey returns which call failed, AWS's error code, and what to do.
func (g Grant) failedKey(key string, err error) FailedKey {
	f := g.cause(err)
	f.Key, f.Message = key, shorten(f.Message)
	return f
}

// failures is what messages of package failure may name.
func (g Grant) failures() failure.Grant {
	return failure.Grant{RoleARN: g.RoleARN, Resource: "bucket " + g.Origin + " or bucket " + g.Destination}
}

func (g Grant) cause(err error) FailedKey {
	f := FailedKey{Operation: "CopyObject"}
	if _, operation := awserror.Operation(err); operation != "" {
		f.Operation = operation
	}
	var stop *stopped
	var refused *refusal
	switch {
	case errors.As(err, &stop):
		return g.outOfTime(stop)
	case errors.As(err, &refused):
		f.Operation, f.Code, f.Message = "event", refused.code, refused.message
	case errors.Is(err, errChanged):
		f.Code, f.Message = "PreconditionFailed", "the object changed twice while it was copied; copy it again when it no longer changes"
	case errors.Is(err, errAborted):
		f.Operation, f.Code = "UploadPartCopy", noSuchUpload
		f.Message = "its upload was aborted twice while parts were copied; check who else aborts uploads in bucket " + g.Destination
	case isDenied(err) && f.Operation != "AssumeRole" && !isOfKey(err):
		f.Code = "AccessDenied"
		f.Message = fmt.Sprintf("denied to %s; check that it has %s, and may use the key of a bucket that is encrypted with KMS", g.principal(), g.actions(f.Operation))
	default:
		may := g.failures()
		if awserror.Code(err) == "InvalidObjectState" {
			may.Resource = "bucket " + g.Origin
		}
		known := failure.Of(err, may)
		if f.Code, f.Message = known.Code, known.Message; known.Code == failure.CodeInternal && awserror.Code(err) == "" { // AWS has that code, too
			f.Message = failure.LogText(err)
		}
	}
	return f
}

// outOfTime is the cause for a key that the time did not suffice for. If a request was refused or not answered before, that is the cause.
func (g Grant) outOfTime(stop *stopped) FailedKey {
	if isReason(stop.cause) {
		f := g.cause(stop.cause)
		f.Message += "; the function's time was over before it could be tried again"
		return f
	}
	return FailedKey{Operation: "CopyObject", Code: failure.CodeOutOfTime,
		Message: "not copied before the function's time was over; it is copied when the notification is delivered again"}
}

func shorten(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	return strings.ToValidUTF8(text[:maxMessage], "") + "…"
}

// actions names the actions that an operation needs.
func (g Grant) actions(operation string) string {
	read, write := "s3:GetObject on bucket "+g.Origin, "s3:PutObject on bucket "+g.Destination
	switch operation {
	case "HeadObject":
		return read
	case "GetObjectTagging":
		return "s3:GetObjectTagging on bucket " + g.Origin
	case "CopyObject":
		return "s3:GetObject and s3:GetObjectTagging on bucket " + g.Origin + ", s3:PutObject and s3:PutObjectTagging on bucket " + g.Destination
	case "CreateMultipartUpload":
		return "s3:PutObject and s3:PutObjectTagging on bucket " + g.Destination
	case "ListParts":
		return "s3:ListMultipartUploadParts on bucket " + g.Destination
	case "ListObjectsV2":
		return "s3:ListBucket on bucket " + g.Origin + " and bucket " + g.Destination
	case "CompleteMultipartUpload":
		return write
	}
	return read + ", " + write
}

// isDenied also knows the answer to a HEAD, which has a status only, and the code of KMS.
func isDenied(err error) bool {
	code := awserror.Code(err)
	return strings.Contains(code, "AccessDenied") || code == "Forbidden" || code == "" && awserror.Status(err) == http.StatusForbidden
}

// isOfKey reports whether a KMS key was the reason of a denial: S3 repeats the code of KMS, or names its action.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html.
func isOfKey(err error) bool {
	return strings.HasPrefix(awserror.Code(err), "KMS") || strings.Contains(awserror.Message(err), "kms:")
}

// isMissing reports whether err is the answer to a HEAD for a missing key or a missing bucket.
func isMissing(err error) bool {
	return awserror.Code(err) == "NotFound" || awserror.Code(err) == "" && awserror.Status(err) == http.StatusNotFound
}

func isPrecondition(err error) bool {
	return awserror.Code(err) == "PreconditionFailed" || awserror.Status(err) == http.StatusPreconditionFailed
}

// isUncertain reports whether a request that failed may have been done all the same: S3 answered with an error of its own, or not at all.
func isUncertain(err error) bool {
	if err == nil || errors.As(err, new(*stopped)) {
		return false
	}
	status := awserror.Status(err)
	return awserror.Code(err) == "IncompleteAnswer" || status < http.StatusMultipleChoices || status >= http.StatusInternalServerError
}

// isReason reports whether err says more of why the time ran out than that it did: AWS's last answer, or that a request had none.
func isReason(err error) bool {
	if _, operation := awserror.Operation(err); operation == "" {
		return false
	}
	return failure.Of(err, failure.Grant{}).Code != failure.CodeOutOfTime || !errors.Is(err, pace.ErrTooLate)
}
