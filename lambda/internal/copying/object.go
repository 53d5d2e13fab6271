package copying

import (
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// unknownSize is the size of an object that was not looked up.
const unknownSize = -1

// copyUnlessSame copies an object that a listing showed, unless the destination has the same; exists is whether it has the key.
func (r *run) copyUnlessSame(origin, destination entry, exists bool) (outcome, error) {
	same, err := r.compareFully(origin, destination, exists)
	if same != differs || err != nil {
		return outcome{same: same}, err
	}
	return r.copyKnown(origin)
}

// compareFully compares two objects, by checksums if the listings do not decide.
func (r *run) compareFully(origin, destination entry, exists bool) (comparison, error) {
	c := compare(origin, destination, exists)
	if c != undecided {
		return c, nil
	}
	c, err := r.compareByChecksums(origin.key)
	if err != nil {
		return differs, r.orStopped(err, nil)
	}
	return c, nil
}

// compareByChecksums decides what compare cannot. If the destination may not be read, only size and time are known; the first denial is
// remembered for the life of the process.
func (r *run) compareByChecksums(key string) (comparison, error) {
	if r.memory.headDenied.Load() {
		return byTime, nil
	}
	destination, err := r.head(r.grant.Destination, key)
	switch {
	case isDenied(err):
		r.memory.headDenied.Store(true)
		return byTime, nil
	case isMissing(err):
		return differs, nil
	case err != nil:
		return differs, err
	}
	origin, err := r.head(r.grant.Origin, key)
	if err != nil {
		return differs, r.orGone(key, err)
	}
	return compareChecksums(origin, destination), nil
}

// copyKnown copies an object whose size and ETag are known, or the one that has replaced it since.
func (r *run) copyKnown(o entry) (outcome, error) {
	if o.size > r.grant.PartBytes {
		return r.inUpload(o.key)
	}
	copied, err := r.copyWhole(o)
	if errors.Is(err, errChanged) {
		return r.copyCurrent(o.key)
	}
	return copied, err
}

// copyWhole copies an object with one request, if the origin still has its ETag. S3 copies metadata and tags too. The storage class becomes S3's
// default, STANDARD, as for parts, and a website redirect is not copied. Annotations are excluded, as for parts: they need actions that the grant
// does not have. An object of unknown size is copied whatever its ETag is.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html.
func (r *run) copyWhole(o entry) (outcome, error) {
	if r.tooLate() {
		return outcome{}, &stopped{}
	}
	in := &s3.CopyObjectInput{
		Bucket: &r.grant.Destination, Key: &o.key, CopySource: aws.String(s3keys.CopySource(r.grant.Origin, o.key)),
		AnnotationDirective: types.AnnotationDirectiveExclude,
	}
	if o.size != unknownSize && o.etag != "" {
		in.CopySourceIfMatch = &o.etag
	}
	out, err := r.client.CopyObject(r.copyBy, in)
	switch {
	case isPrecondition(err):
		return outcome{}, errChanged
	case err == nil && (out == nil || out.CopyObjectResult == nil || aws.ToString(out.CopyObjectResult.ETag) == ""):
		err = incomplete("CopyObject")
	}
	if isUncertain(err) && !r.tooLate() {
		// S3 may have copied it, and only its answers were lost: the destination did not have the same before.
		if same, lookErr := r.compareKey(o.key, ""); lookErr == nil && same != differs {
			err = nil
		}
	}
	if err != nil {
		return outcome{}, r.orStopped(r.orGone(o.key, err), nil)
	}
	if o.size == unknownSize {
		o, _, _ = r.find(r.grant.Destination, o.key) // it is copied, even if nobody can say how large it was
	}
	return outcome{bytes: o.size}, nil
}

// copyCurrent copies the object that the origin has now, in parts as soon as the limit of uploads permits. If a small one changes as fast as it is
// looked up, whatever is there is copied.
func (r *run) copyCurrent(key string) (outcome, error) {
	o, err := r.headOrigin(key)
	if err != nil {
		return outcome{}, err
	}
	size := aws.ToInt64(o.ContentLength)
	if size > r.grant.PartBytes {
		return r.inUpload(key)
	}
	copied, err := r.copyWhole(entry{key: key, size: size, etag: aws.ToString(o.ETag)})
	if errors.Is(err, errChanged) {
		return r.copyWhole(entry{key: key, size: unknownSize})
	}
	return copied, err
}

// inUpload copies an object from the start, in its turn among those that are copied in parts.
func (r *run) inUpload(key string) (outcome, error) {
	var late error
	r.withoutSlot(func() { late = r.uploads.Acquire(r.startBy, 1) })
	if late != nil {
		return outcome{}, &stopped{}
	}
	defer r.uploads.Release(1)
	return r.copyFromStart(key)
}

// copyFromStart copies an object from the start, and once again if it changes or its upload is aborted meanwhile. The caller holds one of the uploads.
func (r *run) copyFromStart(key string) (copied outcome, err error) {
	for range 2 {
		var head *s3.HeadObjectOutput
		if head, err = r.headOrigin(key); err != nil {
			return outcome{}, err
		}
		if size := aws.ToInt64(head.ContentLength); size <= r.grant.PartBytes {
			copied, err = r.copyWhole(entry{key: key, size: size, etag: aws.ToString(head.ETag)})
		} else {
			copied, err = r.copyInParts(key, head)
		}
		if !errors.Is(err, errChanged) && !errors.Is(err, errAborted) {
			return copied, err
		}
	}
	return outcome{}, err
}

func (r *run) headOrigin(key string) (*s3.HeadObjectOutput, error) {
	head, err := r.head(r.grant.Origin, key)
	if err != nil {
		return nil, r.orStopped(r.orGone(key, err), nil)
	}
	return head, nil
}

// resumeUpload continues what an earlier invocation left. The caller holds one of the uploads.
func (r *run) resumeUpload(u upload) (outcome, error) {
	if u.ID == "" {
		return r.copyFromStart(u.Key)
	}
	head, err := r.headOrigin(u.Key)
	if stop := (*stopped)(nil); errors.As(err, &stop) {
		return outcome{}, &stopped{&u, stop.cause}
	}
	if err != nil {
		_ = r.abortUpload(u)
		return outcome{}, err
	}
	size := aws.ToInt64(head.ContentLength)
	if aws.ToString(head.ETag) != u.ETag || strings.TrimSpace(u.ETag) == "" || partCount(size, u.PartBytes) > maxParts {
		_ = r.abortUpload(u)
		return r.copyFromStart(u.Key)
	}
	have, err := r.listParts(u, size)
	if awserror.Code(err) == noSuchUpload {
		// Either it was aborted, or it was completed and the answer was lost.
		return r.copyKeyUnlessSame(u.Key)
	}
	if err != nil {
		if err = r.orStopped(err, &u); !errors.As(err, new(*stopped)) {
			_ = r.abortUpload(u)
		}
		return outcome{}, err
	}
	copied, err := r.finishUpload(u, size, have)
	if errors.Is(err, errChanged) || errors.Is(err, errAborted) {
		return r.copyFromStart(u.Key)
	}
	return copied, err
}

// copyKeyUnlessSame looks up one key in both buckets, and copies the object unless the destination has the same. The caller holds one of the
// uploads.
func (r *run) copyKeyUnlessSame(key string) (outcome, error) {
	same, err := r.compareKey(key, "")
	if same != differs || err != nil {
		return outcome{same: same}, err
	}
	return r.copyFromStart(key)
}

// compareKey looks up one key in both buckets and compares the objects. A destination that has the given ETag, without quotes, is the same.
func (r *run) compareKey(key, etag string) (comparison, error) {
	destination, exists, err := r.find(r.grant.Destination, key)
	switch {
	case err != nil:
		return differs, r.orStopped(err, nil)
	case exists && etag != "" && unquoted(destination.etag) == etag:
		return byETag, nil
	case !exists:
		destination.size = unknownSize
	}
	_, same, err := r.compareOrigin(key, destination)
	return same, err
}

// compareOrigin looks up one key of the origin and compares its object with the destination's, which has size unknownSize if there is none.
func (r *run) compareOrigin(key string, destination entry) (origin entry, same comparison, err error) {
	origin, there, err := r.find(r.grant.Origin, key)
	if err == nil && !there {
		err = errGone
	}
	if err != nil {
		return origin, differs, r.orStopped(err, nil)
	}
	same, err = r.compareFully(origin, destination, true)
	return origin, same, err
}

// unquoted returns an ETag as it is in events.
func unquoted(etag string) string { return strings.Trim(etag, `"`) }
