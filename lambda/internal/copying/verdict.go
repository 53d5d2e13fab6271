package copying

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// verdict is whether the destination has what the origin has, and by what that is known.
type verdict string

const (
	differs    verdict = ""
	byETag     verdict = "etag"
	byChecksum verdict = "checksum"
	byTime     verdict = "time"
	unsure     verdict = "unsure" // ask for checksums
)

// judge compares what the listings show; there says whether the destination has the key at all. ETags decide only if they are equal: that of
// a copy in parts, or under SSE-KMS, is no digest of the content.
//
// Then the copy must be strictly newer. LastModified has whole seconds, so an origin that was written again within the second of its copy
// looks as old as the copy. It is also the time at which an upload in parts was begun. One thing stays open: an origin that was uploaded in
// parts, begun before and completed after the copy of its predecessor of exactly the same size, looks older than that copy.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
func judge(origin, destination entry, there bool) verdict {
	switch {
	case !there || origin.size != destination.size:
		return differs
	case origin.etag != "" && origin.etag == destination.etag:
		return byETag
	case !destination.modified.After(origin.modified):
		return differs
	}
	return unsure
}

// byChecksums settles what judge cannot. Where the destination may not be read, size and time are all there is; the first denial is
// remembered for the life of the process.
func (r *run) byChecksums(ctx context.Context, key string) (verdict, error) {
	if r.f.blind.Load() {
		return byTime, nil
	}
	destination, err := r.head(ctx, r.f.grant.Destination, key)
	switch {
	case isDenied(err):
		r.f.blind.Store(true)
		return byTime, nil
	case isMissing(err):
		return differs, nil
	case err != nil:
		return differs, err
	}
	origin, err := r.head(ctx, r.f.grant.Origin, key)
	if err != nil {
		return differs, r.orGone(ctx, key, err)
	}
	return compareChecksums(origin, destination), nil
}

// compareChecksums lets equal checksums of the same kind prove that two objects are the same. Different ones prove that they are not only
// where they are over the whole object: one over parts depends on how the parts were cut.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html.
func compareChecksums(origin, destination *s3.HeadObjectOutput) verdict {
	theirs, ours := checksumsOf(origin), checksumsOf(destination)
	for i := range theirs {
		if theirs[i] == nil || ours[i] == nil || origin.ChecksumType != destination.ChecksumType {
			continue
		}
		if *theirs[i] == *ours[i] {
			return byChecksum
		}
		if origin.ChecksumType == types.ChecksumTypeFullObject {
			return differs
		}
	}
	return byTime
}

func checksumsOf(h *s3.HeadObjectOutput) []*string {
	return []*string{h.ChecksumCRC64NVME, h.ChecksumCRC32, h.ChecksumCRC32C, h.ChecksumSHA1, h.ChecksumSHA256, h.ChecksumSHA512,
		h.ChecksumMD5, h.ChecksumXXHASH3, h.ChecksumXXHASH64, h.ChecksumXXHASH128}
}

func (r *run) head(ctx context.Context, bucket, key string) (*s3.HeadObjectOutput, error) {
	return r.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: aws.String(bucket), Key: aws.String(key), ChecksumMode: types.ChecksumModeEnabled})
}
