package copying

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
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
	out, err := r.client.GetObjectTagging(r.finishBy, &s3.GetObjectTaggingInput{Bucket: aws.String(r.grant.Origin), Key: aws.String(key)})
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

// finishUpload copies the missing parts and completes the upload. If the time runs out and a later invocation can resume it, the upload stays;
// in every other failure it is aborted, since S3 charges for its parts.
func (r *run) finishUpload(u upload, size int64, have map[int32]types.CompletedPart) (int64, error) {
	if have == nil {
		have = map[int32]types.CompletedPart{}
	}
	err := r.copyParts(u, size, have)
	if err == nil {
		err = r.completeUpload(u, size, have)
	}
	if err == nil {
		return size, nil
	}
	switch err = r.orStopped(err, &u); {
	case errors.As(err, new(*stopped)) && r.resumable:
		return 0, err
	case errors.As(err, new(*stopped)):
		r.abortUpload(u)
		return 0, &stopped{}
	case awserror.Code(err) == "NoSuchUpload":
		return 0, errChanged
	}
	r.abortUpload(u)
	if isPrecondition(err) {
		return 0, errChanged
	}
	return 0, r.orStopped(r.orGone(r.finishBy, u.Key, err), nil)
}

// copyParts copies the parts that have lacks. S3 copies a part only while the origin's ETag is the same.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html.
func (r *run) copyParts(u upload, size int64, have map[int32]types.CompletedPart) error {
	group, ctx := errgroup.WithContext(r.finishBy)
	group.SetLimit(r.grant.Parallel)
	var mu sync.Mutex
	var late atomic.Bool
	source := s3keys.CopySource(r.grant.Origin, u.Key)
	for n := int32(1); n <= partCount(size, u.PartBytes) && ctx.Err() == nil && !late.Load(); n++ {
		mu.Lock()
		_, done := have[n]
		mu.Unlock()
		if done {
			continue
		}
		group.Go(func() error {
			span, _ := partRange(n, size, u.PartBytes)
			out, err := r.client.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
				Bucket: aws.String(r.grant.Destination), Key: aws.String(u.Key), UploadId: aws.String(u.ID), PartNumber: aws.Int32(n),
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

func (r *run) completeUpload(u upload, size int64, have map[int32]types.CompletedPart) error {
	parts := make([]types.CompletedPart, 0, len(have))
	for n := int32(1); n <= partCount(size, u.PartBytes); n++ {
		parts = append(parts, have[n])
	}
	_, err := r.client.CompleteMultipartUpload(r.finishBy, &s3.CompleteMultipartUploadInput{
		Bucket: aws.String(r.grant.Destination), Key: aws.String(u.Key), UploadId: aws.String(u.ID),
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	return err
}

// listParts returns the uploaded parts, except those of a wrong size.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html.
func (r *run) listParts(u upload, size int64) (map[int32]types.CompletedPart, error) {
	have := map[int32]types.CompletedPart{}
	in := &s3.ListPartsInput{Bucket: aws.String(r.grant.Destination), Key: aws.String(u.Key), UploadId: aws.String(u.ID)}
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
			if _, bytes := partRange(n, size, u.PartBytes); aws.ToInt64(part.Size) == bytes {
				have[n] = listedPart(part)
			}
		}
		if !aws.ToBool(out.IsTruncated) {
			return have, nil
		}
		if next := aws.ToString(out.NextPartNumberMarker); next == "" || next == aws.ToString(in.PartNumberMarker) {
			return nil, s3keys.ErrNoToken
		}
		in.PartNumberMarker = out.NextPartNumberMarker
	}
}

// abortUpload deletes the parts. If that fails, the bucket's lifecycle rule for incomplete uploads does.
func (r *run) abortUpload(u upload) {
	ctx, done := r.abortContext()
	defer done()
	_, _ = r.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{
		Bucket: aws.String(r.grant.Destination), Key: aws.String(u.Key), UploadId: aws.String(u.ID),
	})
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
