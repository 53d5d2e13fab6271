package copying

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Lister lists either bucket: s3:ListBucket.
type Lister interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// HeadReader reads what is known of an object: s3:GetObject.
type HeadReader interface {
	HeadObject(context.Context, *s3.HeadObjectInput, ...func(*s3.Options)) (*s3.HeadObjectOutput, error)
}

// TagReader reads the origin's tags: s3:GetObjectTagging.
type TagReader interface {
	GetObjectTagging(context.Context, *s3.GetObjectTaggingInput, ...func(*s3.Options)) (*s3.GetObjectTaggingOutput, error)
}

// ObjectCopier copies an object at once: s3:GetObject and s3:GetObjectTagging there, s3:PutObject and s3:PutObjectTagging here.
type ObjectCopier interface {
	CopyObject(context.Context, *s3.CopyObjectInput, ...func(*s3.Options)) (*s3.CopyObjectOutput, error)
}

// UploadBeginner begins a copy in parts: s3:PutObject and s3:PutObjectTagging.
type UploadBeginner interface {
	CreateMultipartUpload(context.Context, *s3.CreateMultipartUploadInput, ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error)
}

// PartCopier copies a part: s3:GetObject there, s3:PutObject here.
type PartCopier interface {
	UploadPartCopy(context.Context, *s3.UploadPartCopyInput, ...func(*s3.Options)) (*s3.UploadPartCopyOutput, error)
}

// PartLister lists the parts that an upload has: s3:ListMultipartUploadParts.
type PartLister interface {
	ListParts(context.Context, *s3.ListPartsInput, ...func(*s3.Options)) (*s3.ListPartsOutput, error)
}

// UploadCompleter turns the parts into an object: s3:PutObject.
type UploadCompleter interface {
	CompleteMultipartUpload(context.Context, *s3.CompleteMultipartUploadInput, ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error)
}

// UploadAborter throws the parts away: s3:AbortMultipartUpload.
type UploadAborter interface {
	AbortMultipartUpload(context.Context, *s3.AbortMultipartUploadInput, ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error)
}

// Client is every call to S3 that a copy needs, safe for concurrent use; *s3.Client has them. There is no other: the grant has no
// right for one.
type Client interface {
	Lister
	HeadReader
	TagReader
	ObjectCopier
	UploadBeginner
	PartCopier
	PartLister
	UploadCompleter
	UploadAborter
}
