package copying

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

// maxMessage is how many bytes of a foreign text a fault repeats.
const maxMessage = 300

// Fault is one key that was not copied, and why.
type Fault struct {
	Key       string `json:"key"`
	Operation string `json:"operation"`
	Code      string `json:"code"`
	Message   string `json:"message"`
}

// faultOf says which call failed, with AWS's code for it and with what to check.
func (g Grant) faultOf(key string, err error) Fault {
	f := Fault{Key: key, Operation: operationOf(err), Code: codeOf(err)}
	var noRoute *targetrole.NoRoute
	var refused *refusal
	switch {
	case errors.As(err, new(*stopped)):
		f.Code, f.Message = "OutOfTime", "not copied before the function's time was over; it is copied when it comes again"
	case errors.As(err, &refused):
		f.Operation, f.Code, f.Message = "event", refused.code, refused.message
	case errors.Is(err, errChanged):
		f.Code, f.Message = "PreconditionFailed", "the object changed twice while it was copied; copy it again when it is left alone"
	case errors.As(err, &noRoute):
		f.Code, f.Message = "NoRoute", noRoute.Hint()
	case f.Operation == "AssumeRole":
		f.Message = failure.Of(err, failure.Grant{RoleARN: g.RoleARN, Resource: "bucket " + g.Destination}).Message
	case isDenied(err):
		f.Code = "AccessDenied"
		f.Message = fmt.Sprintf("denied to %s; check that it has %s, and may use the key of a bucket that is encrypted with KMS", g.who(), g.rights(f.Operation))
	case f.Code == "InvalidObjectState":
		f.Message = "the object is archived; restore it first"
	case f.Code == "NoSuchBucket":
		f.Message = fmt.Sprintf("there is no bucket %s or %s in this region", g.Origin, g.Destination)
	case f.Code == "SlowDown" || statusOf(err) == http.StatusServiceUnavailable:
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

// rights names what an operation takes.
func (g Grant) rights(operation string) string {
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

// who is the principal that copies.
func (g Grant) who() string {
	if g.RoleARN == "" {
		return "this function's own role"
	}
	return "role " + g.RoleARN
}

// operationOf names the innermost call: where credentials could not be had for S3, STS is what failed.
func operationOf(err error) string {
	name := "CopyObject"
	for {
		var operation *smithy.OperationError
		if !errors.As(err, &operation) {
			return name
		}
		name, err = operation.Operation(), operation.Unwrap()
	}
}

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func statusOf(err error) int {
	var response interface{ HTTPStatusCode() int }
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

// isDenied knows also the answer to a HEAD, which has a status only, and KMS's spelling.
func isDenied(err error) bool {
	code := codeOf(err)
	return strings.Contains(code, "AccessDenied") || code == "Forbidden" || code == "" && statusOf(err) == http.StatusForbidden
}

// isMissing is the answer to a HEAD for what is not there, be it the key or the bucket.
func isMissing(err error) bool {
	return codeOf(err) == "NotFound" || codeOf(err) == "" && statusOf(err) == http.StatusNotFound
}

func isPrecondition(err error) bool {
	return codeOf(err) == "PreconditionFailed" || statusOf(err) == http.StatusPreconditionFailed
}
