package s3wire

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/encoding/httpbinding"
	smithytime "github.com/aws/smithy-go/time"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/xmlread"
)

// mostResult is the longest result of a copy, in bytes. White space may precede it for as long as S3 copies.
const mostResult = 1 << 20

// CopyObject copies an object.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html.
func (c *Client) CopyObject(ctx context.Context, in *s3.CopyObjectInput, opts ...func(*s3.Options)) (*s3.CopyObjectOutput, error) {
	e, err := c.copyEndpoint(ctx, in, opts)
	if err != nil || e == nil {
		return c.Client.CopyObject(ctx, in, opts...)
	}
	key := *in.Key
	out := &s3.CopyObjectOutput{}
	err = c.caller.Do(ctx, awsclient.Call{
		Operation: "CopyObject", Target: *in.Bucket + "/" + key, PayloadHash: emptyPayload, SigningName: e.name, SigningRegion: e.region,
		MostBytes: mostResult,
		Build: func() *http.Request {
			return e.request(http.MethodPut, key, "x-id=CopyObject", func(h http.Header) {
				set(h, "X-Amz-Copy-Source", in.CopySource)
				set(h, "X-Amz-Copy-Source-If-Match", in.CopySourceIfMatch)
				set(h, "If-Match", in.IfMatch)
				set(h, "If-None-Match", in.IfNoneMatch)
				set(h, "X-Amz-Expected-Bucket-Owner", in.ExpectedBucketOwner)
				set(h, "X-Amz-Source-Expected-Bucket-Owner", in.ExpectedSourceBucketOwner)
				setText(h, "X-Amz-Object-Annotation-Directive", string(in.AnnotationDirective))
				setText(h, "X-Amz-Metadata-Directive", string(in.MetadataDirective))
				setText(h, "X-Amz-Tagging-Directive", string(in.TaggingDirective))
				setText(h, "X-Amz-Storage-Class", string(in.StorageClass))
			})
		},
		Read: func(status int, header http.Header, body []byte) error {
			result := &types.CopyObjectResult{}
			err := readResult(status, body, "CopyObjectResult", func(d *xmlread.Document, name string) error {
				if name == "ChecksumType" {
					return d.String((*string)(&result.ChecksumType))
				}
				return copied{
					&result.ETag, &result.LastModified, &result.ChecksumCRC32, &result.ChecksumCRC32C, &result.ChecksumCRC64NVME, &result.ChecksumMD5,
					&result.ChecksumSHA1, &result.ChecksumSHA256, &result.ChecksumSHA512, &result.ChecksumXXHASH3, &result.ChecksumXXHASH64, &result.ChecksumXXHASH128,
				}.read(d, name)
			})
			if err == nil && aws.ToString(result.ETag) == "" {
				err = awsclient.Incomplete("found a copy without an ETag, expected one")
			}
			*out = s3.CopyObjectOutput{
				CopyObjectResult: result, BucketKeyEnabled: boolHeader(header, "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled"),
				CopySourceVersionId: textHeader(header, "X-Amz-Copy-Source-Version-Id"), Expiration: textHeader(header, "X-Amz-Expiration"),
				RequestCharged:          types.RequestCharged(header.Get("X-Amz-Request-Charged")),
				SSECustomerAlgorithm:    textHeader(header, "X-Amz-Server-Side-Encryption-Customer-Algorithm"),
				SSECustomerKeyMD5:       textHeader(header, "X-Amz-Server-Side-Encryption-Customer-Key-Md5"),
				SSEKMSEncryptionContext: textHeader(header, "X-Amz-Server-Side-Encryption-Context"),
				SSEKMSKeyId:             textHeader(header, "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"),
				ServerSideEncryption:    types.ServerSideEncryption(header.Get("X-Amz-Server-Side-Encryption")),
				VersionId:               textHeader(header, "X-Amz-Version-Id"),
			}
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// copyEndpoint returns nil if the SDK has to make the call.
func (c *Client) copyEndpoint(ctx context.Context, in *s3.CopyObjectInput, opts []func(*s3.Options)) (*endpoint, error) {
	if in == nil || len(opts) > 0 || aws.ToString(in.Key) == "" || in.CopySource == nil {
		return nil, nil
	}
	rest := *in
	rest.Bucket, rest.Key, rest.CopySource, rest.CopySourceIfMatch, rest.IfMatch, rest.IfNoneMatch = nil, nil, nil, nil, nil, nil
	rest.ExpectedBucketOwner, rest.ExpectedSourceBucketOwner = nil, nil
	rest.AnnotationDirective, rest.MetadataDirective, rest.TaggingDirective, rest.StorageClass = "", "", "", ""
	return c.understood(ctx, in.Bucket, rest)
}

// UploadPartCopy copies a part of an object.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html.
func (c *Client) UploadPartCopy(ctx context.Context, in *s3.UploadPartCopyInput, opts ...func(*s3.Options)) (*s3.UploadPartCopyOutput, error) {
	e, err := c.partEndpoint(ctx, in, opts)
	if err != nil || e == nil {
		return c.Client.UploadPartCopy(ctx, in, opts...)
	}
	key := *in.Key
	query := "partNumber=" + strconv.Itoa(int(*in.PartNumber)) + "&uploadId=" + httpbinding.EscapePath(*in.UploadId, true) + "&x-id=UploadPartCopy"
	out := &s3.UploadPartCopyOutput{}
	err = c.caller.Do(ctx, awsclient.Call{
		Operation: "UploadPartCopy", Target: *in.Bucket + "/" + key, PayloadHash: emptyPayload, SigningName: e.name, SigningRegion: e.region,
		MostBytes: mostResult,
		Build: func() *http.Request {
			return e.request(http.MethodPut, key, query, func(h http.Header) {
				set(h, "X-Amz-Copy-Source", in.CopySource)
				set(h, "X-Amz-Copy-Source-If-Match", in.CopySourceIfMatch)
				set(h, "X-Amz-Copy-Source-Range", in.CopySourceRange)
				set(h, "X-Amz-Expected-Bucket-Owner", in.ExpectedBucketOwner)
				set(h, "X-Amz-Source-Expected-Bucket-Owner", in.ExpectedSourceBucketOwner)
			})
		},
		Read: func(status int, header http.Header, body []byte) error {
			result := &types.CopyPartResult{}
			err := readResult(status, body, "CopyPartResult", func(d *xmlread.Document, name string) error {
				return copied{
					&result.ETag, &result.LastModified, &result.ChecksumCRC32, &result.ChecksumCRC32C, &result.ChecksumCRC64NVME, &result.ChecksumMD5,
					&result.ChecksumSHA1, &result.ChecksumSHA256, &result.ChecksumSHA512, &result.ChecksumXXHASH3, &result.ChecksumXXHASH64, &result.ChecksumXXHASH128,
				}.read(d, name)
			})
			if err == nil && aws.ToString(result.ETag) == "" {
				err = awsclient.Incomplete("found a part without an ETag, expected one")
			}
			*out = s3.UploadPartCopyOutput{
				CopyPartResult: result, BucketKeyEnabled: boolHeader(header, "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled"),
				CopySourceVersionId:  textHeader(header, "X-Amz-Copy-Source-Version-Id"),
				RequestCharged:       types.RequestCharged(header.Get("X-Amz-Request-Charged")),
				SSECustomerAlgorithm: textHeader(header, "X-Amz-Server-Side-Encryption-Customer-Algorithm"),
				SSECustomerKeyMD5:    textHeader(header, "X-Amz-Server-Side-Encryption-Customer-Key-Md5"),
				SSEKMSKeyId:          textHeader(header, "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"),
				ServerSideEncryption: types.ServerSideEncryption(header.Get("X-Amz-Server-Side-Encryption")),
			}
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// partEndpoint returns nil if the SDK has to make the call.
func (c *Client) partEndpoint(ctx context.Context, in *s3.UploadPartCopyInput, opts []func(*s3.Options)) (*endpoint, error) {
	if in == nil || len(opts) > 0 || aws.ToString(in.Key) == "" || in.CopySource == nil || in.PartNumber == nil || in.UploadId == nil {
		return nil, nil
	}
	rest := *in
	rest.Bucket, rest.Key, rest.UploadId, rest.PartNumber, rest.CopySource, rest.CopySourceIfMatch, rest.CopySourceRange = nil, nil, nil, nil, nil, nil, nil
	rest.ExpectedBucketOwner, rest.ExpectedSourceBucketOwner = nil, nil
	return c.understood(ctx, in.Bucket, rest)
}

// understood returns the endpoint of a bucket if this package can make the call: rest is the input without the fields that are written.
func (c *Client) understood(ctx context.Context, bucket *string, rest any) (*endpoint, error) {
	if !onlySet(rest) {
		return nil, nil
	}
	e, err := c.endpoint(ctx, aws.ToString(bucket))
	if err != nil || !e.understood {
		return nil, err
	}
	return e, nil
}

// copied are the fields of the result of a copy.
type copied struct {
	etag                                                                              **string
	modified                                                                          **time.Time
	crc32, crc32c, crc64nvme, md5, sha1, sha256, sha512, xxhash3, xxhash64, xxhash128 **string
}

func (c copied) read(d *xmlread.Document, name string) error {
	switch name {
	case "ETag":
		return pointer(d, c.etag)
	case "LastModified":
		return readTime(d, c.modified)
	case "ChecksumCRC32":
		return pointer(d, c.crc32)
	case "ChecksumCRC32C":
		return pointer(d, c.crc32c)
	case "ChecksumCRC64NVME":
		return pointer(d, c.crc64nvme)
	case "ChecksumMD5":
		return pointer(d, c.md5)
	case "ChecksumSHA1":
		return pointer(d, c.sha1)
	case "ChecksumSHA256":
		return pointer(d, c.sha256)
	case "ChecksumSHA512":
		return pointer(d, c.sha512)
	case "ChecksumXXHASH3":
		return pointer(d, c.xxhash3)
	case "ChecksumXXHASH64":
		return pointer(d, c.xxhash64)
	case "ChecksumXXHASH128":
		return pointer(d, c.xxhash128)
	}
	return d.Skip()
}

func readTime(d *xmlread.Document, to **time.Time) error {
	text, err := d.Text()
	if err != nil {
		return err
	}
	at, err := smithytime.ParseDateTime(string(text))
	*to = &at
	return err
}

func textHeader(h http.Header, name string) *string {
	if values := h[name]; len(values) > 0 {
		return aws.String(values[0])
	}
	return nil
}

func boolHeader(h http.Header, name string) *bool {
	value, err := strconv.ParseBool(h.Get(name))
	if err != nil {
		return nil
	}
	return &value
}
