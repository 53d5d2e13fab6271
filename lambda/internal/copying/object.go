package copying

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// errGone says that the origin has no such object any more.
var errGone = errors.New("the object is gone from the origin")

// stopped says that the time ran out before a copy was done; upload is what can be taken up, nil where nothing can.
type stopped struct{ upload *upload }

func (*stopped) Error() string { return errStopped.Error() }

// reconcile copies what the listings showed unless it is there already.
func (r *run) reconcile(origin, destination entry, there bool) (verdict, int64, error) {
	v, err := r.judgeFully(origin, destination, there)
	if v != differs || err != nil {
		return v, 0, err
	}
	var bytes int64
	if origin.size <= r.f.grant.PartBytes {
		bytes, err = r.copyWhole(origin.key, origin.size)
	} else {
		bytes, err = r.copyLarge(origin.key)
	}
	return differs, bytes, err
}

// judgeFully judges, by checksums where the listings do not suffice.
func (r *run) judgeFully(origin, destination entry, there bool) (verdict, error) {
	v := judge(origin, destination, there)
	if v != unsure {
		return v, nil
	}
	v, err := r.byChecksums(r.work, origin.key)
	if err != nil {
		return differs, r.orStopped(err, nil)
	}
	return v, nil
}

// copyWhole copies an object by one request. Metadata and tags come along. The storage class does not: S3's default is STANDARD, here and
// for parts. Nor does a website's redirect. Annotations are left out, as they are of parts: they take rights that the grant has not.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html.
func (r *run) copyWhole(key string, size int64) (int64, error) {
	_, err := r.client.CopyObject(r.work, &s3.CopyObjectInput{
		Bucket: aws.String(r.f.grant.Destination), Key: aws.String(key), CopySource: aws.String(s3keys.CopySource(r.f.grant.Origin, key)),
		AnnotationDirective: types.AnnotationDirectiveExclude,
	})
	if err != nil {
		return 0, r.orStopped(r.orGone(r.work, key, err), nil)
	}
	return size, nil
}

// orStopped takes an error for the end of the time where that has come; what else it was cannot be told then.
func (r *run) orStopped(err error, u *upload) error {
	if errors.Is(err, errStopped) || r.cut() {
		return &stopped{u}
	}
	return err
}

// orGone returns errGone if the origin has no such key. A role that may list only some prefixes can be told 403 for a key that is not
// there, and a HEAD has no error code that tells a missing key from a missing bucket: a listing of that one key, which is granted, decides.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html.
func (r *run) orGone(ctx context.Context, key string, err error) error {
	if codeOf(err) == "NoSuchKey" {
		return errGone
	}
	if !isDenied(err) && !isMissing(err) {
		return err
	}
	_, there, listErr := r.find(ctx, r.f.grant.Origin, key)
	if listErr == nil && !there {
		return errGone
	}
	if isMissing(err) && listErr != nil {
		return listErr // it says what a HEAD cannot
	}
	return err
}

// find looks one key up in a listing.
func (r *run) find(ctx context.Context, bucket, key string) (entry, bool, error) {
	s := newSide(r.client, nil, bucket, key, "")
	s.in.MaxKeys = aws.Int32(1)
	e, ok, err := s.next(ctx, "")
	return e, ok && e.key == key, err
}
