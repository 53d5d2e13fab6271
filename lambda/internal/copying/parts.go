package copying

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// S3's limits for an upload in parts; together they are its largest object, 50 TB.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html and API_CopyObject.html in the API reference.
const (
	maxParts = 10000
	maxPart  = 5 << 30
)

// partBytes is how large the parts of an object of size are: as configured, or whole mebibytes more where it would have too many.
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

// partCount is how many parts an object of size has.
func partCount(size, part int64) int32 { return int32((size + part - 1) / part) }

// partRange is the header x-amz-copy-source-range of part n, counted from 1, and how many bytes it has.
func partRange(n int32, size, part int64) (string, int64) {
	from := int64(n-1) * part
	to := min(from+part, size)
	return fmt.Sprintf("bytes=%d-%d", from, to-1), to - from
}

// Every checksum that S3 computed of a part goes into the request that completes the upload: for some algorithms S3 asks for it.

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
