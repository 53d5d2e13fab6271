package copying

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// partBytes returns the size of the parts of an object: the configured size, or whole mebibytes more if there would be too many parts.
func partBytes(configured, size int64) (int64, error) {
	least := (size + maxParts - 1) / maxParts
	if least <= configured {
		return configured, nil
	}
	least = (least + 1<<20 - 1) >> 20 << 20
	if least > maxPart {
		return 0, fmt.Errorf("found an object of %d bytes, expected at most %d, which is what S3 can copy", size, int64(maxParts)*maxPart)
	}
	return least, nil
}

// partCount returns the number of parts of an object.
func partCount(size, part int64) int32 { return int32((size + part - 1) / part) }

// partRange returns the header x-amz-copy-source-range of part n, counted from 1, and its size in bytes.
func partRange(n int32, size, part int64) (string, int64) {
	from := int64(n-1) * part
	to := min(from+part, size)
	return fmt.Sprintf("bytes=%d-%d", from, to-1), to - from
}

// createInput is the request that creates an upload, with all that CopyObject would copy by itself. Values of metadata that are not ASCII come
// encoded as in RFC 2047, and S3 decodes them again.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html.
func createInput(head *s3.HeadObjectOutput, tags string) (*s3.CreateMultipartUploadInput, []func(*s3.Options)) {
	in := &s3.CreateMultipartUploadInput{
		Metadata: head.Metadata, ContentType: head.ContentType, ContentEncoding: head.ContentEncoding,
		ContentDisposition: head.ContentDisposition, ContentLanguage: head.ContentLanguage, CacheControl: head.CacheControl,
		WebsiteRedirectLocation: head.WebsiteRedirectLocation,
	}
	if tags != "" {
		in.Tagging = aws.String(tags)
	}
	in.ChecksumAlgorithm, in.ChecksumType = checksumAlgorithm(head)
	expires := aws.ToString(head.ExpiresString)
	if expires == "" {
		return in, nil
	}
	if at, err := http.ParseTime(expires); err == nil {
		in.Expires = aws.Time(at)
		return in, nil
	}
	// S3 keeps any text, such as "0", and the field takes a time only.
	return in, []func(*s3.Options){s3.WithAPIOptions(smithyhttp.SetHeaderValue("Expires", expires))}
}

// checksumAlgorithm keeps the origin's algorithm if S3 can compute a full object checksum from those of the parts. Otherwise S3 uses its
// default, CRC64NVME of the full object.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html.
func checksumAlgorithm(head *s3.HeadObjectOutput) (types.ChecksumAlgorithm, types.ChecksumType) {
	switch {
	case head.ChecksumType != types.ChecksumTypeFullObject:
	case head.ChecksumCRC64NVME != nil:
		return types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeFullObject
	case head.ChecksumCRC32C != nil:
		return types.ChecksumAlgorithmCrc32c, types.ChecksumTypeFullObject
	case head.ChecksumCRC32 != nil:
		return types.ChecksumAlgorithmCrc32, types.ChecksumTypeFullObject
	}
	return "", ""
}

// originTags returns the origin's tags in the form of the header x-amz-tagging. S3 returns their count only to those who may read them.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html.
func (r *run) originTags(key string, head *s3.HeadObjectOutput) (string, error) {
	if aws.ToInt32(head.TagCount) == 0 {
		return "", nil
	}
	out, err := r.client.GetObjectTagging(r.finishBy, &s3.GetObjectTaggingInput{Bucket: &r.grant.Origin, Key: &key})
	if err != nil {
		return "", err
	}
	pairs := make([]string, 0, len(out.TagSet))
	for _, tag := range out.TagSet {
		pairs = append(pairs, queryEscape(aws.ToString(tag.Key))+"="+queryEscape(aws.ToString(tag.Value)))
	}
	return strings.Join(pairs, "&"), nil
}

// queryEscape writes a space as "%20", which is unambiguous.
func queryEscape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// copyInParts makes one attempt to copy an object in parts.
func (r *run) copyInParts(key string, head *s3.HeadObjectOutput) (outcome, error) {
	size := aws.ToInt64(head.ContentLength)
	part, err := partBytes(r.grant.PartBytes, size)
	if err != nil {
		return outcome{}, err
	}
	tags, err := r.originTags(key, head)
	if err != nil {
		return outcome{}, r.orStopped(r.orGone(key, err), nil)
	}
	in, opts := createInput(head, tags)
	id, err := r.createUpload(key, in, opts...)
	if err != nil {
		return outcome{}, r.orStopped(err, nil)
	}
	return r.finishUpload(upload{Key: key, ID: id, ETag: aws.ToString(head.ETag), PartBytes: part}, size, map[int32]types.CompletedPart{})
}

// createUpload creates an upload and returns its ID. If S3's answer does not say whether it created one, those of this function are looked for and
// aborted.
func (r *run) createUpload(key string, in *s3.CreateMultipartUploadInput, opts ...func(*s3.Options)) (string, error) {
	if r.tooLate() {
		return "", &stopped{}
	}
	in.Bucket, in.Key = &r.grant.Destination, &key
	out, err := r.client.CreateMultipartUpload(r.copyBy, in, opts...)
	if err == nil && (out == nil || aws.ToString(out.UploadId) == "") {
		err = incomplete("CreateMultipartUpload")
	}
	if err != nil {
		if isUncertain(err) {
			r.abortUncertain(key)
		}
		return "", err
	}
	return *out.UploadId, nil
}

// finishUpload copies the missing parts and completes the upload. If the time runs out and a later invocation can resume it, the upload stays;
// in every other failure it is aborted, since S3 charges for its parts.
func (r *run) finishUpload(u upload, size int64, have map[int32]types.CompletedPart) (outcome, error) {
	earlier, err := r.copyParts(u, size, have)
	if awserror.Code(err) == noSuchUpload {
		return r.afterAbort(u)
	}
	if err == nil {
		if err = r.completeUpload(u, size, have); isUncertain(err) || awserror.Code(err) == noSuchUpload {
			err = r.lookForObject(u, size, have, err)
		}
	}
	if err == nil {
		r.abortUploads(earlier)
		return outcome{bytes: size}, nil
	}
	if errors.Is(err, errAborted) {
		return outcome{}, err
	}
	var stop *stopped
	if err = r.orStopped(err, &u); errors.As(err, &stop) && r.resumable {
		return outcome{}, err
	}
	_ = r.abortUpload(u)
	switch {
	case stop != nil:
		return outcome{}, &stopped{cause: stop.cause}
	case isPrecondition(err):
		return outcome{}, errChanged
	}
	return outcome{}, r.orStopped(r.orGone(u.Key, err), nil)
}

// lookForObject looks at the destination when S3 did not say whether it completed an upload: it may have made the object, and only its answer was
// lost. It returns nil if the object is there, and otherwise the error of the upload.
func (r *run) lookForObject(u upload, size int64, have map[int32]types.CompletedPart, err error) error {
	if r.cancelled() {
		return err
	}
	same, lookErr := r.compareKey(u.Key, etagOf(partsInOrder(u, size, have)))
	missing := awserror.Code(err) == noSuchUpload
	switch {
	case lookErr == nil && same != differs:
		if !missing {
			_ = r.abortUpload(u) // which is open if another invocation made the object
		}
		return nil
	case lookErr == nil && missing:
		return errAborted
	}
	return err
}

// afterAbort looks at the destination when somebody has aborted or completed the upload, such as another invocation for the same key.
func (r *run) afterAbort(u upload) (outcome, error) {
	same, err := r.compareKey(u.Key, "")
	if err == nil && same == differs {
		err = errAborted
	}
	return outcome{same: same}, err
}

// copyParts copies the parts that have lacks, and returns the uploads of the same key that this function left earlier. S3 copies a part only while
// the origin's ETag is the same. The caller's slot is free meanwhile: each part takes one.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html.
func (r *run) copyParts(u upload, size int64, have map[int32]types.CompletedPart) (earlier []openUpload, err error) {
	parts := partCount(size, u.PartBytes)
	var missing []int32
	for n := int32(1); n <= parts; n++ {
		if _, done := have[n]; !done {
			missing = append(missing, n)
		}
	}
	group, ctx := errgroup.WithContext(r.copyBy)
	var mu sync.Mutex
	source := s3keys.CopySource(r.grant.Origin, u.Key)
	copyPart := func(n int32) (err error) {
		defer failure.Caught(&err)
		span, _ := partRange(n, size, u.PartBytes)
		out, err := r.client.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
			Bucket: &r.grant.Destination, Key: &u.Key, UploadId: &u.ID, PartNumber: &n,
			CopySource: &source, CopySourceRange: &span, CopySourceIfMatch: &u.ETag,
		})
		if err != nil {
			return err
		}
		if out == nil || out.CopyPartResult == nil || aws.ToString(out.CopyPartResult.ETag) == "" {
			return incomplete("UploadPartCopy")
		}
		r.parts.Add(1)
		mu.Lock()
		defer mu.Unlock()
		have[n] = copiedPart(n, out.CopyPartResult)
		return nil
	}
	var late error // the last answer of S3 for a part that could not be tried again, without cancelling those that may still finish
	r.withoutSlot(func() {
		group.Go(func() (err error) {
			defer failure.Caught(&err)
			earlier = r.earlierUploads(ctx, u)
			return nil
		})
		for _, n := range missing {
			if r.slots.take(r.startBy, forPart) != nil {
				break
			}
			if ctx.Err() != nil {
				r.slots.release()
				break
			}
			group.Go(func() error {
				defer r.slots.release()
				err := copyPart(n)
				if errors.Is(err, pace.ErrTooLate) {
					mu.Lock()
					defer mu.Unlock()
					late, err = err, nil
				}
				return err
			})
		}
		err = group.Wait()
	})
	if err == nil && len(have) < int(parts) {
		err = &stopped{upload: &u, cause: late}
	}
	return earlier, err
}

func (r *run) completeUpload(u upload, size int64, have map[int32]types.CompletedPart) error {
	out, err := r.client.CompleteMultipartUpload(r.finishBy, &s3.CompleteMultipartUploadInput{
		Bucket: &r.grant.Destination, Key: &u.Key, UploadId: &u.ID,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: partsInOrder(u, size, have)},
	})
	if err == nil && (out == nil || aws.ToString(out.ETag) == "") {
		return incomplete("CompleteMultipartUpload")
	}
	return err
}

func partsInOrder(u upload, size int64, have map[int32]types.CompletedPart) []types.CompletedPart {
	parts := make([]types.CompletedPart, 0, len(have))
	for n := int32(1); n <= partCount(size, u.PartBytes); n++ {
		parts = append(parts, have[n])
	}
	return parts
}

// etagOf returns the ETag that S3 gives the object of these parts, without quotes; empty if it cannot be known. It is the MD5 of the MD5s of the
// parts, which their ETags are unless the bucket encrypts with KMS.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html.
func etagOf(parts []types.CompletedPart) string {
	all := md5.New()
	for _, part := range parts {
		sum, err := hex.DecodeString(unquoted(aws.ToString(part.ETag)))
		if err != nil || len(sum) != md5.Size {
			return ""
		}
		_, _ = all.Write(sum)
	}
	return fmt.Sprintf("%x-%d", all.Sum(nil), len(parts))
}

// listParts returns the uploaded parts, except those of a wrong size.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html.
func (r *run) listParts(u upload, size int64) (map[int32]types.CompletedPart, error) {
	have := map[int32]types.CompletedPart{}
	in := &s3.ListPartsInput{Bucket: &r.grant.Destination, Key: &u.Key, UploadId: &u.ID}
	var progress s3keys.Progress
	for {
		out, err := r.client.ListParts(r.finishBy, in)
		if err != nil {
			return nil, err
		}
		for _, part := range out.Parts {
			n := aws.ToInt32(part.PartNumber)
			if n < 1 || n > partCount(size, u.PartBytes) {
				continue
			}
			if _, bytes := partRange(n, size, u.PartBytes); aws.ToInt64(part.Size) == bytes && aws.ToString(part.ETag) != "" {
				have[n] = listedPart(part)
			}
		}
		if !aws.ToBool(out.IsTruncated) {
			return have, nil
		}
		if err := progress.Page(len(out.Parts), aws.ToString(out.NextPartNumberMarker)); err != nil {
			return nil, fmt.Errorf("list the parts of an upload of key %q: %w", u.Key, err)
		}
		in.PartNumberMarker = out.NextPartNumberMarker
	}
}

// A request that completes an upload carries every checksum that S3 computed of a part: for some algorithms S3 requires it.

func copiedPart(n int32, c *types.CopyPartResult) types.CompletedPart {
	return types.CompletedPart{PartNumber: &n, ETag: c.ETag, ChecksumCRC32: c.ChecksumCRC32, ChecksumCRC32C: c.ChecksumCRC32C,
		ChecksumCRC64NVME: c.ChecksumCRC64NVME, ChecksumMD5: c.ChecksumMD5, ChecksumSHA1: c.ChecksumSHA1, ChecksumSHA256: c.ChecksumSHA256,
		ChecksumSHA512: c.ChecksumSHA512, ChecksumXXHASH3: c.ChecksumXXHASH3, ChecksumXXHASH64: c.ChecksumXXHASH64, ChecksumXXHASH128: c.ChecksumXXHASH128}
}

func listedPart(c types.Part) types.CompletedPart {
	return types.CompletedPart{PartNumber: c.PartNumber, ETag: c.ETag, ChecksumCRC32: c.ChecksumCRC32, ChecksumCRC32C: c.ChecksumCRC32C,
		ChecksumCRC64NVME: c.ChecksumCRC64NVME, ChecksumMD5: c.ChecksumMD5, ChecksumSHA1: c.ChecksumSHA1, ChecksumSHA256: c.ChecksumSHA256,
		ChecksumSHA512: c.ChecksumSHA512, ChecksumXXHASH3: c.ChecksumXXHASH3, ChecksumXXHASH64: c.ChecksumXXHASH64, ChecksumXXHASH128: c.ChecksumXXHASH128}
}
