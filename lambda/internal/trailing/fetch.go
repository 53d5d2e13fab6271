package trailing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
	"github.com/crossgrant/crossgrant/lambda/internal/trailfile"
)

const (
	// attempts is how often a file is read whose bytes stop to come. The SDK repeats what fails before the first byte.
	attempts = 3
	pause    = 100 * time.Millisecond
)

// stageFile reads a file to its end and stages what matches, for p. A file that is damaged, archived or gone is staged as unread.
func (f *Function) stageFile(ctx context.Context, p *page, file item, wanted request) (*stage, error) {
	for attempt := 1; ; attempt++ {
		s := newStage(p)
		broken, err := f.readFile(ctx, s, file, wanted)
		if err == nil || !broken || attempt == attempts {
			return s, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(time.Duration(attempt) * pause):
		}
	}
}

// readFile reads a file once; broken says that another attempt may read it.
func (f *Function) readFile(ctx context.Context, s *stage, file item, wanted request) (broken bool, err error) {
	in := &s3.GetObjectInput{Bucket: aws.String(f.grant.Bucket), Key: aws.String(file.key)}
	if file.etag != "" { // the count of its records holds for this file only
		in.IfMatch = aws.String(file.etag)
	}
	out, err := f.getter.GetObject(ctx, in)
	if err != nil {
		return false, f.ofGet(ctx, s, file.key, err)
	}
	defer out.Body.Close()
	s.etag = aws.ToString(out.ETag)
	index := -1
	err = trailfile.Read(ctx, &measured{next: out.Body, left: aws.ToInt64(out.ContentLength)}, func(record []byte) error {
		if index++; index < file.record {
			return nil
		}
		if fields := trailfile.FieldsOf(record); wanted.match.passes(&fields) && wanted.times.holds(fields.EventTime) {
			s.take(file.key, index, &fields, record)
		}
		return nil
	})
	if damage := (*trailfile.Damage)(nil); errors.As(err, &damage) {
		s.unread = &skipped{Key: file.key, Reason: "damaged: " + damage.Reason}
		return false, nil
	}
	return err != nil && ctx.Err() == nil, err
}

// ofGet tells the files that are no longer there from those that are refused.
func (f *Function) ofGet(ctx context.Context, s *stage, key string, err error) error {
	switch code := awserror.Code(err); {
	case code == "NoSuchKey", code == "AccessDenied" && f.isGone(ctx, key):
		s.gone = true
		s.unread = &skipped{Key: key, Reason: "gone: it was deleted or has expired since it was listed"}
	case code == "InvalidObjectState":
		s.unread = &skipped{Key: key, Reason: "archived: its storage class wants it restored before it can be read"}
	case code == "PreconditionFailed", awserror.Status(err) == http.StatusPreconditionFailed:
		return &event.Invalid{Field: `field "next"`, Found: fmt.Sprintf("a place in the log file %q, which was replaced since", key), Expected: "the same file; ask again without next"}
	default:
		return err
	}
	return nil
}

// isGone looks for a file that S3 refuses: to who may list only under prefixes, S3 calls a missing object denied.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
func (f *Function) isGone(ctx context.Context, key string) bool {
	out, err := f.lister.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: aws.String(f.grant.Bucket), Prefix: aws.String(key), MaxKeys: aws.Int32(1), EncodingType: types.EncodingTypeUrl,
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

// measured makes an error of a body that ends before its announced length: a file that was cut off on its way is not damaged.
type measured struct {
	next io.Reader
	left int64
}

// Read reads on.
func (m *measured) Read(p []byte) (int, error) {
	n, err := m.next.Read(p)
	m.left -= int64(n)
	if errors.Is(err, io.EOF) && m.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
