package copying

import (
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// comparison is whether the destination has the same content as the origin, and how that is known.
type comparison string

const (
	differs    comparison = ""
	byETag     comparison = "etag"
	byChecksum comparison = "checksum"
	byTime     comparison = "time"
	undecided  comparison = "undecided" // checksums decide
)

// compare compares two objects as listings show them; exists is whether the destination has the key. ETags decide only if they are equal: the
// ETag of a multipart upload, or under SSE-KMS, is no digest of the content.
//
// Otherwise the destination must be strictly newer. LastModified has whole seconds, so an origin that was written again within the second of
// its copy looks as old as the copy. It is also the time at which a multipart upload was created. One case is not detected: a multipart upload
// to the origin that was created before, and completed after, the copy of an earlier object of exactly the same size.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
func compare(origin, destination entry, exists bool) comparison {
	switch {
	case !exists || origin.size != destination.size:
		return differs
	case origin.etag != "" && origin.etag == destination.etag:
		return byETag
	case !destination.modified.After(origin.modified):
		return differs
	}
	return undecided
}

// compareChecksums compares checksums of the same algorithm and type. Equal ones prove the same content. Different ones prove different
// content only if they are of the full object: a composite checksum depends on the sizes of the parts.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html.
func compareChecksums(origin, destination *s3.HeadObjectOutput) comparison {
	originSums, destinationSums := checksumsOf(origin), checksumsOf(destination)
	for i := range originSums {
		if originSums[i] == nil || destinationSums[i] == nil || origin.ChecksumType != destination.ChecksumType {
			continue
		}
		if *originSums[i] == *destinationSums[i] {
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
