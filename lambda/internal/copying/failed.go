package copying

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

// errGone says that the origin no longer has the object.
var errGone = errors.New("the object is gone from the origin")

// errChanged says that the origin's object, or the upload, is no longer the one with which the copy began.
var errChanged = errors.New("the object changed while it was copied")

// stopped says that the time ran out before a copy was done; upload is the upload to resume, nil if there is none.
type stopped struct{ upload *upload }

func (*stopped) Error() string { return errStopped.Error() }

// refusal is the error of an object that the grant does not cover.
type refusal struct{ code, message string }

func (r *refusal) Error() string { return r.message }

// maxMessage is the most bytes of an error of AWS that a message repeats.
const maxMessage = 300

// FailedKey is a key that was not copied, and why.
type FailedKey struct {
	Key       string `json:"key"`
	Operation string `json:"operation"`
	Code      string `json:"code"`
	Message   string `json:"message"`
}

// failedKey returns which call failed, AWS's error code, and what to check.
func (g Grant) failedKey(key string, err error) FailedKey {
	f := FailedKey{Key: key, Operation: "CopyObject", Code: awserror.Code(err)}
	if _, operation := awserror.Operation(err); operation != "" {
		f.Operation = operation
	}
	var noRoute *targetrole.NoRoute
	var refused *refusal
	switch {
	case errors.As(err, new(*stopped)):
		f.Code, f.Message = "OutOfTime", "not copied before the function's time was over; it is copied when the notification is delivered again"
	case errors.As(err, &refused):
		f.Operation, f.Code, f.Message = "event", refused.code, refused.message
	case errors.Is(err, errChanged):
		f.Code, f.Message = "PreconditionFailed", "the object changed twice while it was copied; copy it again when it no longer changes"
	case errors.As(err, &noRoute):
		f.Code, f.Message = "NoRoute", noRoute.Hint()
	case f.Operation == "AssumeRole":
		f.Message = failure.Of(err, failure.Grant{RoleARN: g.RoleARN, Resource: "bucket " + g.Destination}).Message
	case isDenied(err):
		f.Code = "AccessDenied"
		f.Message = fmt.Sprintf("denied to %s; check that it has %s, and may use the key of a bucket that is encrypted with KMS", g.principal(), g.actions(f.Operation))
	case f.Code == "InvalidObjectState":
		f.Message = "the object is archived; restore it first"
	case f.Code == "NoSuchBucket":
		f.Message = fmt.Sprintf("there is no bucket %s or %s in this region", g.Origin, g.Destination)
	case f.Code == "SlowDown" || awserror.Status(err) == http.StatusServiceUnavailable:
		f.Message = "S3 asks for fewer requests; lower CROSSGRANT_COPY_PARALLEL, or copy again later"
	default:
		f.Message = shorten(failure.LogText(err))
	}
	if f.Code == "" {
		f.Code = "Error"
	}
	return f
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

// isMissing reports whether err is the answer to a HEAD for a missing key or a missing bucket.
func isMissing(err error) bool {
	return awserror.Code(err) == "NotFound" || awserror.Code(err) == "" && awserror.Status(err) == http.StatusNotFound
}

func isPrecondition(err error) bool {
	return awserror.Code(err) == "PreconditionFailed" || awserror.Status(err) == http.StatusPreconditionFailed
}
