package copying

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// creation is the request that begins a copy in parts, with what one request to copy the whole object would take along by itself. Values of
// metadata that are not ASCII come encoded as RFC 2047 says, and S3 decodes them again.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html.
func creation(head *s3.HeadObjectOutput, tags string) (*s3.CreateMultipartUploadInput, []func(*s3.Options)) {
	in := &s3.CreateMultipartUploadInput{
		Metadata: head.Metadata, ContentType: head.ContentType, ContentEncoding: head.ContentEncoding,
		ContentDisposition: head.ContentDisposition, ContentLanguage: head.ContentLanguage, CacheControl: head.CacheControl,
		WebsiteRedirectLocation: head.WebsiteRedirectLocation,
	}
	if tags != "" {
		in.Tagging = aws.String(tags)
	}
	in.ChecksumAlgorithm, in.ChecksumType = checksumFor(head)
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

// checksumFor keeps the origin's algorithm where a checksum over the whole object can be made of its parts' ones. Otherwise S3 takes its
// default, which is CRC64NVME over the whole object.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html.
func checksumFor(head *s3.HeadObjectOutput) (types.ChecksumAlgorithm, types.ChecksumType) {
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

// tagsOf returns the origin's tags as the header x-amz-tagging has them. S3 counts them only for who may read them.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html.
func (r *run) tagsOf(key string, head *s3.HeadObjectOutput) (string, error) {
	if aws.ToInt32(head.TagCount) == 0 {
		return "", nil
	}
	out, err := r.client.GetObjectTagging(r.work, &s3.GetObjectTaggingInput{Bucket: aws.String(r.f.grant.Origin), Key: aws.String(key)})
	if err != nil {
		return "", err
	}
	pairs := make([]string, 0, len(out.TagSet))
	for _, tag := range out.TagSet {
		pairs = append(pairs, queryEscape(aws.ToString(tag.Key))+"="+queryEscape(aws.ToString(tag.Value)))
	}
	return strings.Join(pairs, "&"), nil
}

// queryEscape writes a space so that it can be taken for nothing else.
func queryEscape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
