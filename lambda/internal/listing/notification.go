package listing

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/objectevent"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// functionError is the error type of an asynchronous invocation that fails.
const functionError = "ListFailed"

// serveNotification lists the objects of a notification. Its invocation is asynchronous, so a failure is an error of the function; the answer
// to a batch has the IDs of the messages that failed.
func (f *Function) serveNotification(ctx context.Context, id string, notification objectevent.Event, err error) invocation.Result {
	if err == nil && notification.Messages != nil {
		return f.serveBatch(ctx, notification.Messages)
	}
	p := newPage(f.grant.Bucket, f.maxBytes)
	if err == nil {
		err = f.listObjects(ctx, p, notification.Objects)
	}
	result := f.result(p, err, id, []slog.Attr{slog.Int("count", p.count)})
	if err != nil {
		result.FunctionError = functionError
	}
	return result
}

func (f *Function) serveBatch(ctx context.Context, messages []objectevent.Message) invocation.Result {
	count := 0
	failures := objectevent.HandleBatch(messages, func(objects []objectevent.Object) func() error {
		return func() error {
			p := newPage(f.grant.Bucket, f.maxBytes)
			err := f.listObjects(ctx, p, objects)
			count += p.count
			return err
		}
	})
	counts := []slog.Attr{slog.Int("count", count), slog.Int("messages", len(messages)), slog.Int("failed", len(failures))}
	return invocation.Result{Payload: answer.Batch(failures.IDs()), Status: http.StatusOK, Counts: counts, Err: failures.Err()}
}

// listObjects lists exactly these objects. An object that no longer exists is no error: a notification may come late, and twice.
func (f *Function) listObjects(ctx context.Context, p *page, objects []objectevent.Object) error {
	for _, o := range objects {
		switch {
		case o.Bucket != f.grant.Bucket:
			return &failure.Failure{Status: http.StatusForbidden, Message: fmt.Sprintf(
				"the notification is about bucket %s; role %s may list bucket %s", event.Quote(o.Bucket), f.grant.RoleARN, f.grant.Bucket)}
		case !s3keys.Covers(f.prefixes, o.Key):
			return f.outside(o.Key)
		}
		if err := f.listObject(ctx, p, o.Key); err != nil {
			return err
		}
	}
	return nil
}

// listObject lists one object: its key is the first of the keys that begin with it.
func (f *Function) listObject(ctx context.Context, p *page, key string) error {
	out, err := f.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{
		Bucket: aws.String(f.grant.Bucket), Prefix: aws.String(key), MaxKeys: aws.Int32(1), EncodingType: types.EncodingTypeUrl,
	})
	if err != nil {
		return err
	}
	p.pages++
	for _, object := range out.Contents {
		found, err := s3keys.Decode(aws.ToString(object.Key), out.EncodingType)
		if err != nil || found != key {
			return err
		}
		if err := p.add(object, out.EncodingType); err != nil {
			return err
		}
	}
	return nil
}
