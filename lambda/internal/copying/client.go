package copying

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Lister lists either bucket: s3:ListBucket.
type Lister interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// HeadReader reads the metadata of an object: s3:GetObject.
type HeadReader interface {
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
}

// TagReader reads the origin's tags: s3:GetObjectTagging.
type TagReader interface {
	GetObjectTagging(context.Context, *s3.GetObjectTaggingInput, ...func(*s3.Options)) (*s3.GetObjectTaggingOutput, error)
}

// ObjectCopier copies an object by one request: s3:GetObject and s3:GetObjectTagging on the origin, s3:PutObject and s3:PutObjectTagging on the
// destination.
type ObjectCopier interface {
	CopyObject(context.Context, *s3.CopyObjectInput, ...func(*s3.Options)) (*s3.CopyObjectOutput, error)
}

// UploadCreator creates a multipart upload: s3:PutObject and s3:PutObjectTagging.
type UploadCreator interface {
	CreateMultipartUpload(context.Context, *s3.CreateMultipartUploadInput, ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error)
}

// PartCopier copies a part: s3:GetObject on the origin, s3:PutObject on the destination.
type PartCopier interface {
	UploadPartCopy(context.Context, *s3.UploadPartCopyInput, ...func(*s3.Options)) (*s3.UploadPartCopyOutput, error)
}

// PartLister lists the parts of an upload: s3:ListMultipartUploadParts.
type PartLister interface {
	ListParts(context.Context, *s3.ListPartsInput, ...func(*s3.Options)) (*s3.ListPartsOutput, error)
}

// UploadCompleter makes the parts an object: s3:PutObject.
type UploadCompleter interface {
	CompleteMultipartUpload(context.Context, *s3.CompleteMultipartUploadInput, ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error)
}

// UploadAborter deletes the parts: s3:AbortMultipartUpload.
type UploadAborter interface {
	AbortMultipartUpload(context.Context, *s3.AbortMultipartUploadInput, ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error)
}

// UploadLister lists the uploads that are neither completed nor aborted: s3:ListBucketMultipartUploads.
type UploadLister interface {
	ListMultipartUploads(context.Context, *s3.ListMultipartUploadsInput, ...func(*s3.Options)) (*s3.ListMultipartUploadsOutput, error)
}

// Client has the calls to S3 that a copy needs, safe for concurrent use; *s3.Client has them. The grant permits no others. The client decides how
// many requests a prefix gets at once and which are repeated.
type Client interface {
	Lister
	HeadReader
	TagReader
	ObjectCopier
	UploadCreator
	PartCopier
	PartLister
	UploadCompleter
	UploadAborter
	UploadLister
}
