package copying

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// copyUnlessSame copies an object that a listing showed, unless the destination has the same; exists is whether it has the key.
func (r *run) copyUnlessSame(origin, destination entry, exists bool) (comparison, int64, error) {
	v, err := r.compareFully(origin, destination, exists)
	if v != differs || err != nil {
		return v, 0, err
	}
	var bytes int64
	if origin.size <= r.grant.PartBytes {
		bytes, err = r.copyWhole(origin.key, origin.size)
	} else {
		bytes, err = r.copyObject(origin.key)
	}
	return differs, bytes, err
}

// compareFully compares two objects, by checksums if the listings do not decide.
func (r *run) compareFully(origin, destination entry, exists bool) (comparison, error) {
	v := compare(origin, destination, exists)
	if v != undecided {
		return v, nil
	}
	v, err := r.compareByChecksums(r.finishBy, origin.key)
	if err != nil {
		return differs, r.orStopped(err, nil)
	}
	return v, nil
}

// compareByChecksums decides what compare cannot. If the destination may not be read, only size and time are known; the first denial is
// remembered for the life of the process.
func (r *run) compareByChecksums(ctx context.Context, key string) (comparison, error) {
	if r.headDenied.Load() {
		return byTime, nil
	}
	destination, err := r.head(ctx, r.grant.Destination, key)
	switch {
	case isDenied(err):
		r.headDenied.Store(true)
		return byTime, nil
	case isMissing(err):
		return differs, nil
	case err != nil:
		return differs, err
	}
	origin, err := r.head(ctx, r.grant.Origin, key)
	if err != nil {
		return differs, r.orGone(ctx, key, err)
	}
	return compareChecksums(origin, destination), nil
}

// copyWhole copies an object with one request. S3 copies metadata and tags too. The storage class becomes S3's default, STANDARD, as for
// parts, and a website redirect is not copied. Annotations are excluded, as for parts: they need actions that the grant does not have.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html.
func (r *run) copyWhole(key string, size int64) (int64, error) {
	_, err := r.client.CopyObject(r.finishBy, &s3.CopyObjectInput{
		Bucket: aws.String(r.grant.Destination), Key: aws.String(key), CopySource: aws.String(s3keys.CopySource(r.grant.Origin, key)),
		AnnotationDirective: types.AnnotationDirectiveExclude,
	})
	if err != nil {
		return 0, r.orStopped(r.orGone(r.finishBy, key, err), nil)
	}
	return size, nil
}

// copyObject copies an object of unknown or large size, in parts as soon as the limit of uploads permits.
func (r *run) copyObject(key string) (int64, error) {
	head, err := r.headOrigin(key)
	if err != nil {
		return 0, err
	}
	if size := aws.ToInt64(head.ContentLength); size <= r.grant.PartBytes {
		return r.copyWhole(key, size)
	}
	if r.uploads.Acquire(r.startBy, 1) != nil {
		return 0, &stopped{}
	}
	defer r.uploads.Release(1)
	return r.copyFromStart(key)
}

// copyFromStart copies an object from the start, and once again if it changes meanwhile. The caller holds one of the uploads.
func (r *run) copyFromStart(key string) (bytes int64, err error) {
	for range 2 {
		var head *s3.HeadObjectOutput
		if head, err = r.headOrigin(key); err != nil {
			return 0, err
		}
		if size := aws.ToInt64(head.ContentLength); size <= r.grant.PartBytes {
			return r.copyWhole(key, size)
		}
		if bytes, err = r.copyInParts(key, head); !errors.Is(err, errChanged) {
			return bytes, err
		}
	}
	return 0, err
}

func (r *run) headOrigin(key string) (*s3.HeadObjectOutput, error) {
	head, err := r.head(r.finishBy, r.grant.Origin, key)
	if err != nil {
		return nil, r.orStopped(r.orGone(r.finishBy, key, err), nil)
	}
	return head, nil
}

// copyInParts makes one attempt to copy an object in parts.
func (r *run) copyInParts(key string, head *s3.HeadObjectOutput) (int64, error) {
	size := aws.ToInt64(head.ContentLength)
	part, err := partBytes(r.grant.PartBytes, size)
	if err != nil {
		return 0, err
	}
	tags, err := r.originTags(key, head)
	if err != nil {
		return 0, r.orStopped(r.orGone(r.finishBy, key, err), nil)
	}
	in, opts := createInput(head, tags)
	in.Bucket, in.Key = aws.String(r.grant.Destination), aws.String(key)
	out, err := r.client.CreateMultipartUpload(r.finishBy, in, opts...)
	if err != nil {
		return 0, r.orStopped(err, nil)
	}
	return r.finishUpload(upload{Key: key, ID: aws.ToString(out.UploadId), ETag: aws.ToString(head.ETag), PartBytes: part}, size, nil)
}

// resumeUpload continues what an earlier invocation left. The caller holds one of the uploads.
func (r *run) resumeUpload(u upload) (comparison, int64, error) {
	if u.ID == "" {
		bytes, err := r.copyFromStart(u.Key)
		return differs, bytes, err
	}
	head, err := r.headOrigin(u.Key)
	if errors.As(err, new(*stopped)) {
		return differs, 0, &stopped{&u}
	}
	if err != nil {
		r.abortUpload(u)
		return differs, 0, err
	}
	size := aws.ToInt64(head.ContentLength)
	if aws.ToString(head.ETag) != u.ETag || strings.TrimSpace(u.ETag) == "" || partCount(size, u.PartBytes) > maxParts {
		r.abortUpload(u)
		bytes, err := r.copyFromStart(u.Key)
		return differs, bytes, err
	}
	have, err := r.listParts(u, size)
	if awserror.Code(err) == "NoSuchUpload" {
		// Either it was aborted, or it was completed and the answer was lost: the destination's object decides.
		return r.copyKeyUnlessSame(u.Key)
	}
	if err != nil {
		if err = r.orStopped(err, &u); !errors.As(err, new(*stopped)) {
			r.abortUpload(u)
		}
		return differs, 0, err
	}
	bytes, err := r.finishUpload(u, size, have)
	if errors.Is(err, errChanged) {
		bytes, err = r.copyFromStart(u.Key)
	}
	return differs, bytes, err
}

// copyKeyUnlessSame looks up one key in both buckets, and copies the object unless the destination has the same.
func (r *run) copyKeyUnlessSame(key string) (comparison, int64, error) {
	origin, exists, err := r.find(r.finishBy, r.grant.Origin, key)
	if err == nil && !exists {
		err = errGone
	}
	if err != nil {
		return differs, 0, r.orStopped(err, nil)
	}
	destination, exists, err := r.find(r.finishBy, r.grant.Destination, key)
	if err != nil {
		return differs, 0, r.orStopped(err, nil)
	}
	v, err := r.compareFully(origin, destination, exists)
	if v != differs || err != nil {
		return v, 0, err
	}
	bytes, err := r.copyFromStart(key)
	return differs, bytes, err
}
