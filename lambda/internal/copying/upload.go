package copying

import (
	"errors"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// finish copies the parts that are missing and completes the upload. Where the time runs out first, the upload stays for a later
// invocation, if one can take it up; in every other case that fails it is aborted, since S3 charges for parts that nobody sees.
func (r *run) finish(u upload, size int64, have map[int32]types.CompletedPart) (int64, error) {
	if have == nil {
		have = map[int32]types.CompletedPart{}
	}
	err := r.copyParts(u, size, have)
	if err == nil {
		err = r.complete(u, size, have)
	}
	if err == nil {
		return size, nil
	}
	switch err = r.orStopped(err, &u); {
	case errors.As(err, new(*stopped)) && r.resumable:
		return 0, err
	case errors.As(err, new(*stopped)):
		r.abort(u)
		return 0, &stopped{}
	case codeOf(err) == "NoSuchUpload":
		return 0, errChanged
	}
	r.abort(u)
	if isPrecondition(err) {
		return 0, errChanged
	}
	return 0, r.orStopped(r.orGone(r.work, u.Key, err), nil)
}

// copyParts adds to have what it lacks. Each part is copied only while the origin is what it was.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html.
func (r *run) copyParts(u upload, size int64, have map[int32]types.CompletedPart) error {
	group, ctx := errgroup.WithContext(r.work)
	group.SetLimit(r.f.grant.Parallel)
	var mu sync.Mutex
	var late atomic.Bool
	source := s3keys.CopySource(r.f.grant.Origin, u.Key)
	for n := int32(1); n <= partCount(size, u.PartBytes) && ctx.Err() == nil && !late.Load(); n++ {
		mu.Lock()
		_, there := have[n]
		mu.Unlock()
		if there {
			continue
		}
		group.Go(func() error {
			span, _ := partRange(n, size, u.PartBytes)
			out, err := r.client.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
				Bucket: aws.String(r.f.grant.Destination), Key: aws.String(u.Key), UploadId: aws.String(u.ID), PartNumber: aws.Int32(n),
				CopySource: aws.String(source), CopySourceRange: aws.String(span), CopySourceIfMatch: aws.String(u.ETag),
			})
			if errors.Is(err, errStopped) {
				late.Store(true) // without an error, which would cancel the parts that may still finish
				return nil
			}
			if err != nil {
				return err
			}
			r.parts.Add(1)
			mu.Lock()
			defer mu.Unlock()
			have[n] = copiedPart(n, out.CopyPartResult)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if len(have) < int(partCount(size, u.PartBytes)) {
		return errStopped
	}
	return nil
}

func (r *run) complete(u upload, size int64, have map[int32]types.CompletedPart) error {
	parts := make([]types.CompletedPart, 0, len(have))
	for n := int32(1); n <= partCount(size, u.PartBytes); n++ {
		parts = append(parts, have[n])
	}
	_, err := r.client.CompleteMultipartUpload(r.work, &s3.CompleteMultipartUploadInput{
		Bucket: aws.String(r.f.grant.Destination), Key: aws.String(u.Key), UploadId: aws.String(u.ID),
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	return err
}

// listParts returns the parts that are there, but for those of another size than they should have.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html.
func (r *run) listParts(u upload, size int64) (map[int32]types.CompletedPart, error) {
	have := map[int32]types.CompletedPart{}
	in := &s3.ListPartsInput{Bucket: aws.String(r.f.grant.Destination), Key: aws.String(u.Key), UploadId: aws.String(u.ID)}
	for {
		out, err := r.client.ListParts(r.work, in)
		if err != nil {
			return nil, err
		}
		for _, part := range out.Parts {
			n := aws.ToInt32(part.PartNumber)
			if n < 1 || n > partCount(size, u.PartBytes) {
				continue
			}
			if _, bytes := partRange(n, size, u.PartBytes); aws.ToInt64(part.Size) == bytes {
				have[n] = listedPart(part)
			}
		}
		if !aws.ToBool(out.IsTruncated) {
			return have, nil
		}
		if next := aws.ToString(out.NextPartNumberMarker); next == "" || next == aws.ToString(in.PartNumberMarker) {
			return nil, errNoToken
		}
		in.PartNumberMarker = out.NextPartNumberMarker
	}
}

// abort throws the parts away. What it cannot is left to the bucket's rule for incomplete uploads.
func (r *run) abort(u upload) {
	ctx, done := r.forAborting()
	defer done()
	_, _ = r.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
		Bucket: aws.String(r.f.grant.Destination), Key: aws.String(u.Key), UploadId: aws.String(u.ID),
	})
}
