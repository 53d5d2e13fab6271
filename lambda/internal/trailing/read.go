package trailing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
	"github.com/crossgrant/crossgrant/lambda/internal/trailfile"
)

const (
	// attempts is how often a file is read whose body breaks off. The SDK retries a failure before the first byte.
	attempts = 3
	pause    = 100 * time.Millisecond
)

// readFile reads a file to its end and returns the events that match, for p. A damaged, archived, denied or deleted file is returned as skipped.
func (b *logBucket) readFile(ctx context.Context, p *page, file listedFile, wanted request) (*fileEvents, error) {
	for attempt := 1; ; attempt++ {
		e := newFileEvents(p)
		retryable, err := b.readOnce(ctx, e, file, wanted)
		if err == nil || !retryable || attempt == attempts {
			return e, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(time.Duration(attempt) * pause):
		}
	}
}

// readOnce makes one attempt to read a file; retryable says that another one may succeed.
func (b *logBucket) readOnce(ctx context.Context, e *fileEvents, file listedFile, wanted request) (retryable bool, err error) {
	in := &s3.GetObjectInput{Bucket: aws.String(b.grant.Bucket), Key: aws.String(file.key)}
	if file.etag != "" { // the number of the record is valid for this version only
		in.IfMatch = aws.String(file.etag)
	}
	out, err := b.getter.GetObject(ctx, in)
	if err != nil {
		return false, b.getError(ctx, e, file.key, err)
	}
	defer out.Body.Close()
	e.etag = aws.ToString(out.ETag)
	if e.etag == "" && aws.ToInt64(out.ContentLength) == 0 {
		return true, failure.Incomplete("S3", "GetObject", "S3 answered 200 with neither the file nor its ETag")
	}
	index := -1
	err = trailfile.Read(ctx, &lengthReader{next: out.Body, left: aws.ToInt64(out.ContentLength)}, func(record []byte, fields *trailfile.Fields) error {
		if index++; index < file.record {
			return nil
		}
		if wanted.match.passes(fields) && wanted.times.contains(fields.EventTime) {
			e.add(file.key, index, fields, record)
		}
		return nil
	})
	if damage := (*trailfile.Damage)(nil); errors.As(err, &damage) {
		e.unread = &skipped{Key: file.key, Reason: "damaged: " + damage.Reason}
		return false, nil
	}
	return err != nil && ctx.Err() == nil, err
}

// getError returns nil for a file that S3 does not give and never will by trying again, which e then has as unread, and the error of any other
// failure.
func (b *logBucket) getError(ctx context.Context, e *fileEvents, key string, err error) error {
	facts := awserror.Read(err)
	denied := failure.Of(err, failure.Grant{RoleARN: b.grant.RoleARN, Resource: "this file"})
	switch code := facts.Code; {
	case facts.Operation != "" && facts.Operation != "GetObject": // such as the call to STS for credentials
		return err
	case code == "NoSuchKey", code == "AccessDenied" && b.isGone(ctx, key):
		e.gone = true
		e.unread = &skipped{Key: key, Reason: "gone: it was deleted or has expired since it was listed"}
	case code == "InvalidObjectState":
		e.unread = &skipped{Key: key, Reason: "archived: it must be restored before it can be read"}
	case code == "PreconditionFailed", facts.Status == http.StatusPreconditionFailed:
		return &event.Invalid{Field: `field "next"`, Found: fmt.Sprintf("a position in the log file %q, which was replaced since then", key), Expected: "the same file; ask again without next"}
	case denied.Status == http.StatusForbidden, strings.HasPrefix(code, "KMS") && denied.Status != http.StatusTooManyRequests:
		e.denied = &fileError{key: key, err: err}
		e.unread = &skipped{Key: key, Reason: "denied: " + denied.Message}
	case slices.Contains(refusals, code), facts.Status >= 400 && facts.Status < 500 && pace.Classify(err) == pace.Final && !slices.Contains(ofAllFiles, code):
		e.denied = &fileError{key: key, err: err}
		e.unread = &skipped{Key: key, Reason: "refused: " + denied.Message}
	default:
		return err
	}
	return nil
}

// refusals are codes with which S3 refuses a single object for good: one under a key of the customer's own, and a delete marker.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
var refusals = []string{"InvalidRequest", "InvalidArgument", "MethodNotAllowed"}

// ofAllFiles are codes that are not about one file, whose range would otherwise end with each of its files refused. A code that nobody knows is
// about the file: it must not block the range for good.
var ofAllFiles = []string{
	"NoSuchBucket", "AuthorizationHeaderMalformed", "InvalidToken", "InvalidSecurity", "MissingAuthenticationToken", "SignatureDoesNotMatch", "RequestTimeTooSkewed",
	"RequestExpired", "AllAccessDisabled", "AccountProblem", "NotSignedUp", "BadRequest",
}

// isGone reports whether a file to which S3 denies access does not exist: S3 answers 403 for a missing object to a role that may list only
// some prefixes.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func (b *logBucket) isGone(ctx context.Context, key string) bool {
	out, err := b.lister.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: aws.String(b.grant.Bucket), Prefix: aws.String(key), MaxKeys: aws.Int32(1), EncodingType: types.EncodingTypeUrl,
	})
	if err != nil {
		return false
	}
	for _, object := range out.Contents {
		if first, err := s3keys.Decode(aws.ToString(object.Key), out.EncodingType); err != nil || first == key {
			return false
		}
	}
	return true
}

// lengthReader returns an error if a body ends before its announced length: a truncated transfer is not a damaged file.
type lengthReader struct {
	next io.Reader
	left int64
}

// Read implements io.Reader.
func (r *lengthReader) Read(p []byte) (int, error) {
	n, err := r.next.Read(p)
	r.left -= int64(n)
	if errors.Is(err, io.EOF) && r.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
