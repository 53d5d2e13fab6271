package copying

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// errChanged says that the origin's object, or the upload, is not what it was when the copy began.
var errChanged = errors.New("the object changed while it was copied")

// copyLarge copies an object of unknown or large size, when it is its turn.
func (r *run) copyLarge(key string) (int64, error) {
	head, err := r.headOrigin(key)
	if err != nil {
		return 0, err
	}
	if size := aws.ToInt64(head.ContentLength); size <= r.f.grant.PartBytes {
		return r.copyWhole(key, size)
	}
	if r.uploads.Acquire(r.begin, 1) != nil {
		return 0, &stopped{}
	}
	defer r.uploads.Release(1)
	return r.copyInTurn(key)
}

// copyInTurn copies from the start. An object that changes meanwhile is copied once again.
func (r *run) copyInTurn(key string) (bytes int64, err error) {
	for range 2 {
		var head *s3.HeadObjectOutput
		if head, err = r.headOrigin(key); err != nil {
			return 0, err
		}
		if size := aws.ToInt64(head.ContentLength); size <= r.f.grant.PartBytes {
			return r.copyWhole(key, size)
		}
		if bytes, err = r.copyInParts(key, head); !errors.Is(err, errChanged) {
			return bytes, err
		}
	}
	return 0, err
}

func (r *run) headOrigin(key string) (*s3.HeadObjectOutput, error) {
	head, err := r.head(r.work, r.f.grant.Origin, key)
	if err != nil {
		return nil, r.orStopped(r.orGone(r.work, key, err), nil)
	}
	return head, nil
}

// copyInParts makes one attempt.
func (r *run) copyInParts(key string, head *s3.HeadObjectOutput) (int64, error) {
	size := aws.ToInt64(head.ContentLength)
	part, err := partBytes(r.f.grant.PartBytes, size)
	if err != nil {
		return 0, err
	}
	tags, err := r.tagsOf(key, head)
	if err != nil {
		return 0, r.orStopped(r.orGone(r.work, key, err), nil)
	}
	in, opts := creation(head, tags)
	in.Bucket, in.Key = aws.String(r.f.grant.Destination), aws.String(key)
	out, err := r.client.CreateMultipartUpload(r.work, in, opts...)
	if err != nil {
		return 0, r.orStopped(err, nil)
	}
	return r.finish(upload{Key: key, ID: aws.ToString(out.UploadId), ETag: aws.ToString(head.ETag), PartBytes: part}, size, nil)
}

// resume goes on with what an earlier invocation left. The caller has the turn.
func (r *run) resume(u upload) (verdict, int64, error) {
	if u.ID == "" {
		bytes, err := r.copyInTurn(u.Key)
		return differs, bytes, err
	}
	head, err := r.headOrigin(u.Key)
	if errors.As(err, new(*stopped)) {
		return differs, 0, &stopped{&u}
	}
	if err != nil {
		r.abort(u)
		return differs, 0, err
	}
	size := aws.ToInt64(head.ContentLength)
	if aws.ToString(head.ETag) != u.ETag || strings.TrimSpace(u.ETag) == "" || partCount(size, u.PartBytes) > maxParts {
		r.abort(u)
		bytes, err := r.copyInTurn(u.Key)
		return differs, bytes, err
	}
	have, err := r.listParts(u, size)
	if codeOf(err) == "NoSuchUpload" {
		// Either somebody aborted it, or it was completed and only the answer was lost: what is there decides.
		return r.reconcileAlone(u.Key)
	}
	if err != nil {
		if err = r.orStopped(err, &u); !errors.As(err, new(*stopped)) {
			r.abort(u)
		}
		return differs, 0, err
	}
	bytes, err := r.finish(u, size, have)
	if errors.Is(err, errChanged) {
		bytes, err = r.copyInTurn(u.Key)
	}
	return differs, bytes, err
}

// reconcileAlone looks one key up on both sides, and copies it unless it is there already.
func (r *run) reconcileAlone(key string) (verdict, int64, error) {
	origin, there, err := r.find(r.work, r.f.grant.Origin, key)
	if err == nil && !there {
		err = errGone
	}
	if err != nil {
		return differs, 0, r.orStopped(err, nil)
	}
	destination, there, err := r.find(r.work, r.f.grant.Destination, key)
	if err != nil {
		return differs, 0, r.orStopped(err, nil)
	}
	v, err := r.judgeFully(origin, destination, there)
	if v != differs || err != nil {
		return v, 0, err
	}
	bytes, err := r.copyInTurn(key)
	return differs, bytes, err
}
