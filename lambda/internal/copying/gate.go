package copying

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/semaphore"
)

// errStopped says that the time in which a request may begin is over.
var errStopped = errors.New("the time for this invocation is nearly over")

// gate lets a number of requests through at once. Those that do the copying must also begin in time; those that end one, or look
// something up, may come as long as anything may.
type gate struct {
	client Client
	slots  *semaphore.Weighted
	begin  context.Context
}

func pass[I, O any](ctx context.Context, g *gate, in I, call func(context.Context, I, ...func(*s3.Options)) (O, error), opts []func(*s3.Options)) (O, error) {
	if err := g.slots.Acquire(ctx, 1); err != nil {
		var none O
		return none, err
	}
	defer g.slots.Release(1)
	return call(ctx, in, opts...)
}

func passInTime[I, O any](ctx context.Context, g *gate, in I, call func(context.Context, I, ...func(*s3.Options)) (O, error), opts []func(*s3.Options)) (O, error) {
	var none O
	if g.slots.Acquire(g.begin, 1) != nil {
		return none, errStopped
	}
	defer g.slots.Release(1)
	return call(ctx, in, opts...)
}

func (g *gate) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, opts ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return pass(ctx, g, in, g.client.ListObjectsV2, opts)
}

func (g *gate) HeadObject(ctx context.Context, in *s3.HeadObjectInput, opts ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	return pass(ctx, g, in, g.client.HeadObject, opts)
}

func (g *gate) GetObjectTagging(ctx context.Context, in *s3.GetObjectTaggingInput, opts ...func(*s3.Options)) (*s3.GetObjectTaggingOutput, error) {
	return pass(ctx, g, in, g.client.GetObjectTagging, opts)
}

func (g *gate) CopyObject(ctx context.Context, in *s3.CopyObjectInput, opts ...func(*s3.Options)) (*s3.CopyObjectOutput, error) {
	return passInTime(ctx, g, in, g.client.CopyObject, opts)
}

func (g *gate) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, opts ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	return passInTime(ctx, g, in, g.client.CreateMultipartUpload, opts)
}

func (g *gate) UploadPartCopy(ctx context.Context, in *s3.UploadPartCopyInput, opts ...func(*s3.Options)) (*s3.UploadPartCopyOutput, error) {
	return passInTime(ctx, g, in, g.client.UploadPartCopy, opts)
}

func (g *gate) ListParts(ctx context.Context, in *s3.ListPartsInput, opts ...func(*s3.Options)) (*s3.ListPartsOutput, error) {
	return pass(ctx, g, in, g.client.ListParts, opts)
}

func (g *gate) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, opts ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	return pass(ctx, g, in, g.client.CompleteMultipartUpload, opts)
}

func (g *gate) AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput, opts ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error) {
	return pass(ctx, g, in, g.client.AbortMultipartUpload, opts)
}
