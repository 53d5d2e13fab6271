package listing

import (
	"context"
	"errors"
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

// functionError is the type of the error by which an invocation that nobody waits for fails.
const functionError = "ListFailed"

// serveNotice lists the objects of a notification. Nobody reads an answer to one, so a failure is an error of the function; a batch names
// the messages that failed.
func (f *Function) serveNotice(ctx context.Context, id string, notice objectevent.Event, err error) invocation.Result {
	if err == nil && notice.Messages != nil {
		return f.serveBatch(ctx, notice.Messages)
	}
	p := newPage(f.grant.Bucket, f.maxBytes)
	if err == nil {
		err = f.listObjects(ctx, p, notice.Objects)
	}
	counts := []slog.Attr{slog.Int("count", p.count)}
	if err != nil {
		told := failure.Of(err, failure.Grant{RoleARN: f.grant.RoleARN, Resource: "bucket " + f.grant.Bucket})
		return invocation.Result{Payload: answer.Problem(told, id), Status: told.Status, Counts: counts, Err: err, FunctionError: functionError}
	}
	return invocation.Result{Payload: p.close(), Status: http.StatusOK, Counts: counts}
}

func (f *Function) serveBatch(ctx context.Context, messages []objectevent.Message) invocation.Result {
	var failed []string
	var problems []error
	count := 0
	for _, message := range messages {
		err := message.Err
		if err == nil {
			p := newPage(f.grant.Bucket, f.maxBytes)
			err = f.listObjects(ctx, p, message.Objects)
			count += p.count
		}
		if err != nil {
			failed = append(failed, message.ID)
			problems = append(problems, fmt.Errorf("message %s: %w", message.ID, err))
		}
	}
	counts := []slog.Attr{slog.Int("count", count), slog.Int("messages", len(messages)), slog.Int("failed", len(failed))}
	return invocation.Result{Payload: answer.Batch(failed), Status: http.StatusOK, Counts: counts, Err: errors.Join(problems...)}
}

// listObjects lists exactly these objects. One that is gone by now is no error: a notification may come late, and twice.
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

// listObject lists one object: its own key is the first of those that begin with it.
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
