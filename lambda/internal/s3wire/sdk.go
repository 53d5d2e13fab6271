package s3wire

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
)

// requireResults makes the SDK's client repeat requests whose answer reports success without a result: the SDK takes an empty answer for an empty
// result.
func requireResults(stack *middleware.Stack) error {
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("crossgrant:RequireResults",
		func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			out, metadata, err := next.HandleDeserialize(ctx, in)
			if err == nil {
				if missing := missingOf(out.Result); missing != "" {
					err = awsclient.Incomplete("found a success without %s, expected it", missing)
				}
			}
			return out, metadata, err
		}), middleware.Before)
}

// missingOf returns what a result lacks that S3 documents to be in each.
func missingOf(result any) string {
	switch r := result.(type) {
	case *s3.CopyObjectOutput:
		if r.CopyObjectResult == nil || aws.ToString(r.CopyObjectResult.ETag) == "" {
			return "the copy's ETag"
		}
	case *s3.UploadPartCopyOutput:
		if r.CopyPartResult == nil || aws.ToString(r.CopyPartResult.ETag) == "" {
			return "the part's ETag"
		}
	case *s3.CompleteMultipartUploadOutput:
		if aws.ToString(r.ETag) == "" {
			return "the object's ETag"
		}
	case *s3.CreateMultipartUploadOutput:
		if aws.ToString(r.UploadId) == "" {
			return "the upload's ID"
		}
	case *s3.GetObjectTaggingOutput:
		if r.TagSet == nil {
			return "a set of tags"
		}
	case *s3.ListObjectsV2Output:
		if r.IsTruncated == nil && r.Name == nil && r.KeyCount == nil {
			return "a listing"
		}
	case *s3.ListPartsOutput:
		if r.IsTruncated == nil && r.UploadId == nil {
			return "a list of parts"
		}
	case *s3.ListMultipartUploadsOutput:
		if r.IsTruncated == nil && r.Bucket == nil {
			return "a list of uploads"
		}
	}
	return ""
}
