package copying

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/semaphore"
)

// Lister lists either bucket: s3:ListBucket.
type Lister interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// HeadReader reads the metadata of an object: s3:GetObject.
type HeadReader interface {
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
}

// TagReader reads the origin's tags: s3:GetObjectTagging.
type TagReader interface {
	GetObjectTagging(context.Context, *s3.GetObjectTaggingInput, ...func(*s3.Options)) (*s3.GetObjectTaggingOutput, error)
}

// ObjectCopier copies an object by one request: s3:GetObject and s3:GetObjectTagging on the origin, s3:PutObject and s3:PutObjectTagging on the
// destination.
type ObjectCopier interface {
	CopyObject(context.Context, *s3.CopyObjectInput, ...func(*s3.Options)) (*s3.CopyObjectOutput, error)
}

// UploadCreator creates a multipart upload: s3:PutObject and s3:PutObjectTagging.
type UploadCreator interface {
	CreateMultipartUpload(context.Context, *s3.CreateMultipartUploadInput, ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error)
}

// PartCopier copies a part: s3:GetObject on the origin, s3:PutObject on the destination.
type PartCopier interface {
	UploadPartCopy(context.Context, *s3.UploadPartCopyInput, ...func(*s3.Options)) (*s3.UploadPartCopyOutput, error)
}

// PartLister lists the parts of an upload: s3:ListMultipartUploadParts.
type PartLister interface {
	ListParts(context.Context, *s3.ListPartsInput, ...func(*s3.Options)) (*s3.ListPartsOutput, error)
}

// UploadCompleter makes the parts an object: s3:PutObject.
type UploadCompleter interface {
	CompleteMultipartUpload(context.Context, *s3.CompleteMultipartUploadInput, ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error)
}

// UploadAborter deletes the parts: s3:AbortMultipartUpload.
type UploadAborter interface {
	AbortMultipartUpload(context.Context, *s3.AbortMultipartUploadInput, ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error)
}

// Client has the calls to S3 that a copy needs, safe for concurrent use; *s3.Client has them. The grant permits no others.
type Client interface {
	Lister
	HeadReader
	TagReader
	ObjectCopier
	UploadCreator
	PartCopier
	PartLister
	UploadCompleter
	UploadAborter
}

// errStopped says that it is too late to start a request.
var errStopped = errors.New("the time for this invocation is nearly over")

// limiter is a client that makes a limited number of requests at once. Requests that copy must also start before startBy ends; those that
// complete or abort an upload, or only read, need not.
type limiter struct {
	client  Client
	slots   *semaphore.Weighted
	startBy context.Context
}

func limit[I, O any](ctx context.Context, l *limiter, in I, call func(context.Context, I, ...func(*s3.Options)) (O, error), opts []func(*s3.Options)) (O, error) {
	if err := l.slots.Acquire(ctx, 1); err != nil {
		var none O
		return none, err
	}
	defer l.slots.Release(1)
	return call(ctx, in, opts...)
}

func limitBefore[I, O any](ctx context.Context, l *limiter, in I, call func(context.Context, I, ...func(*s3.Options)) (O, error), opts []func(*s3.Options)) (O, error) {
	var none O
	if l.slots.Acquire(l.startBy, 1) != nil {
		return none, errStopped
	}
	defer l.slots.Release(1)
	return call(ctx, in, opts...)
}

func (l *limiter) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, opts ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return limit(ctx, l, in, l.client.ListObjectsV2, opts)
}

func (l *limiter) HeadObject(ctx context.Context, in *s3.HeadObjectInput, opts ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	return limit(ctx, l, in, l.client.HeadObject, opts)
}

func (l *limiter) GetObjectTagging(ctx context.Context, in *s3.GetObjectTaggingInput, opts ...func(*s3.Options)) (*s3.GetObjectTaggingOutput, error) {
	return limit(ctx, l, in, l.client.GetObjectTagging, opts)
}

func (l *limiter) CopyObject(ctx context.Context, in *s3.CopyObjectInput, opts ...func(*s3.Options)) (*s3.CopyObjectOutput, error) {
	return limitBefore(ctx, l, in, l.client.CopyObject, opts)
}

func (l *limiter) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, opts ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	return limitBefore(ctx, l, in, l.client.CreateMultipartUpload, opts)
}

func (l *limiter) UploadPartCopy(ctx context.Context, in *s3.UploadPartCopyInput, opts ...func(*s3.Options)) (*s3.UploadPartCopyOutput, error) {
	return limitBefore(ctx, l, in, l.client.UploadPartCopy, opts)
}

func (l *limiter) ListParts(ctx context.Context, in *s3.ListPartsInput, opts ...func(*s3.Options)) (*s3.ListPartsOutput, error) {
	return limit(ctx, l, in, l.client.ListParts, opts)
}

func (l *limiter) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, opts ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	return limit(ctx, l, in, l.client.CompleteMultipartUpload, opts)
}

func (l *limiter) AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput, opts ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error) {
	return limit(ctx, l, in, l.client.AbortMultipartUpload, opts)
}
