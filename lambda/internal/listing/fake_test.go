package listing

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// bucket is S3's documented behaviour over sorted keys. Its pages hold at most pageSize keys.
type bucket struct {
	keys     []string
	pageSize int
	// after fails the call of that number, counted from 1.
	after int
	err   error

	asked []s3.ListObjectsV2Input
}

func (b *bucket) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	b.asked = append(b.asked, *in)
	if b.err != nil && len(b.asked) >= b.after {
		return nil, b.err
	}
	position := aws.ToString(in.StartAfter)
	if in.ContinuationToken != nil {
		position = strings.TrimPrefix(*in.ContinuationToken, "token:")
	}
	size := int(aws.ToInt32(in.MaxKeys))
	if b.pageSize > 0 {
		size = min(size, b.pageSize)
	}
	out := &s3.ListObjectsV2Output{EncodingType: in.EncodingType, IsTruncated: aws.Bool(false)}
	if size == 0 { // as S3 does: no keys, and no word about more
		return out, nil
	}
	for _, key := range slices.Sorted(slices.Values(b.keys)) {
		if !strings.HasPrefix(key, aws.ToString(in.Prefix)) || key <= position {
			continue
		}
		if len(out.Contents) == size {
			out.IsTruncated = aws.Bool(true)
			out.NextContinuationToken = aws.String("token:" + position)
			break
		}
		position = key
		out.Contents = append(out.Contents, types.Object{
			Key: aws.String(url.QueryEscape(key)), Size: aws.Int64(int64(len(key))), ETag: aws.String(`"e"`),
			LastModified: aws.Time(time.Date(2026, 1, 2, 12, 4, 5, 0, time.FixedZone("JST", 9*3600))),
		})
	}
	return out, nil
}
