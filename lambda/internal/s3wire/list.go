package s3wire

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/encoding/httpbinding"
	smithytime "github.com/aws/smithy-go/time"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/xmlread"
)

// mostPage is the longest page of a listing, in bytes: 1,000 keys of 1,024 bytes, each encoded as three characters or six, and their attributes.
const mostPage = 16 << 20

// ListObjectsV2 returns a page of a listing.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html.
func (c *Client) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, opts ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	e, err := c.listEndpoint(ctx, in, opts)
	if err != nil || e == nil {
		return c.Client.ListObjectsV2(ctx, in, opts...)
	}
	query := listQuery(in)
	out := &s3.ListObjectsV2Output{}
	err = c.caller.Do(ctx, awsclient.Call{
		Operation: "ListObjectsV2", Target: *in.Bucket + "/" + aws.ToString(in.Prefix), PayloadHash: emptyPayload,
		SigningName: e.name, SigningRegion: e.region, MostBytes: mostPage,
		Build: func() *http.Request {
			return e.request(http.MethodGet, "", query, func(h http.Header) {
				set(h, "X-Amz-Expected-Bucket-Owner", in.ExpectedBucketOwner)
			})
		},
		Read: func(status int, header http.Header, body []byte) error {
			*out = s3.ListObjectsV2Output{RequestCharged: types.RequestCharged(header.Get("X-Amz-Request-Charged"))}
			return readResult(status, body, "ListBucketResult", func(d *xmlread.Document, name string) error { return readPage(d, name, out) })
		},
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// listEndpoint returns nil if the SDK has to make the call.
func (c *Client) listEndpoint(ctx context.Context, in *s3.ListObjectsV2Input, opts []func(*s3.Options)) (*endpoint, error) {
	if in == nil || len(opts) > 0 {
		return nil, nil
	}
	rest := *in
	rest.Bucket, rest.ContinuationToken, rest.Delimiter, rest.EncodingType, rest.FetchOwner, rest.MaxKeys = nil, nil, nil, "", nil, nil
	rest.Prefix, rest.StartAfter, rest.ExpectedBucketOwner = nil, nil, nil
	return c.understood(ctx, in.Bucket, rest)
}

// listQuery returns the query, its names in order, as the signature needs them.
func listQuery(in *s3.ListObjectsV2Input) string {
	var q strings.Builder
	add := func(name string, value *string) {
		if value != nil {
			q.WriteString(name)
			q.WriteByte('=')
			q.WriteString(httpbinding.EscapePath(*value, true))
			q.WriteByte('&')
		}
	}
	add("continuation-token", in.ContinuationToken)
	add("delimiter", in.Delimiter)
	if in.EncodingType != "" {
		add("encoding-type", aws.String(string(in.EncodingType)))
	}
	if in.FetchOwner != nil {
		add("fetch-owner", aws.String(strconv.FormatBool(*in.FetchOwner)))
	}
	q.WriteString("list-type=2&")
	if in.MaxKeys != nil {
		add("max-keys", aws.String(strconv.Itoa(int(*in.MaxKeys))))
	}
	add("prefix", in.Prefix)
	add("start-after", in.StartAfter)
	return strings.TrimSuffix(q.String(), "&")
}

func readPage(d *xmlread.Document, name string, out *s3.ListObjectsV2Output) error {
	switch name {
	case "Contents":
		if out.Contents == nil {
			out.Contents = make([]types.Object, 0, 64)
		}
		out.Contents = append(out.Contents, types.Object{})
		return readObject(d, &out.Contents[len(out.Contents)-1])
	case "CommonPrefixes":
		var p types.CommonPrefix
		err := d.Each(func(name string) error {
			if name == "Prefix" {
				return pointer(d, &p.Prefix)
			}
			return d.Skip()
		})
		out.CommonPrefixes = append(out.CommonPrefixes, p)
		return err
	case "ContinuationToken":
		return pointer(d, &out.ContinuationToken)
	case "Delimiter":
		return pointer(d, &out.Delimiter)
	case "EncodingType":
		return d.String((*string)(&out.EncodingType))
	case "IsTruncated":
		return readBool(d, &out.IsTruncated)
	case "KeyCount":
		return readInt32(d, &out.KeyCount)
	case "MaxKeys":
		return readInt32(d, &out.MaxKeys)
	case "Name":
		return pointer(d, &out.Name)
	case "NextContinuationToken":
		return pointer(d, &out.NextContinuationToken)
	case "Prefix":
		return pointer(d, &out.Prefix)
	case "StartAfter":
		return pointer(d, &out.StartAfter)
	}
	return d.Skip()
}

func readObject(d *xmlread.Document, o *types.Object) error {
	// One allocation for what each object has.
	v := &struct {
		key, etag string
		size      int64
		modified  time.Time
	}{}
	return d.Each(func(name string) error {
		switch name {
		case "Key":
			o.Key = &v.key
			return d.String(&v.key)
		case "ETag":
			o.ETag = &v.etag
			return d.String(&v.etag)
		case "Size":
			text, err := d.Text()
			if err == nil {
				v.size, err = strconv.ParseInt(string(text), 10, 64)
			}
			o.Size = &v.size
			return err
		case "LastModified":
			text, err := d.Text()
			if err == nil {
				v.modified, err = parseTime(text)
			}
			o.LastModified = &v.modified
			return err
		case "StorageClass":
			text, err := d.Text()
			if o.StorageClass = types.ObjectStorageClassStandard; string(text) != string(o.StorageClass) {
				o.StorageClass = types.ObjectStorageClass(text)
			}
			return err
		case "ChecksumAlgorithm":
			text, err := d.Text()
			o.ChecksumAlgorithm = append(o.ChecksumAlgorithm, types.ChecksumAlgorithm(text))
			return err
		case "ChecksumType":
			return d.String((*string)(&o.ChecksumType))
		case "Owner":
			o.Owner = &types.Owner{}
			return d.Each(func(name string) error {
				switch name {
				case "ID":
					return pointer(d, &o.Owner.ID)
				case "DisplayName":
					return pointer(d, &o.Owner.DisplayName)
				}
				return d.Skip()
			})
		case "RestoreStatus":
			o.RestoreStatus = &types.RestoreStatus{}
			return d.Each(func(name string) error {
				switch name {
				case "IsRestoreInProgress":
					return readBool(d, &o.RestoreStatus.IsRestoreInProgress)
				case "RestoreExpiryDate":
					return readTime(d, &o.RestoreStatus.RestoreExpiryDate)
				}
				return d.Skip()
			})
		}
		return d.Skip()
	})
}

func readBool(d *xmlread.Document, to **bool) error {
	text, err := d.Text()
	if err != nil {
		return err
	}
	value, err := strconv.ParseBool(string(text))
	if err != nil {
		return fmt.Errorf("found %.20q, expected true or false", text)
	}
	*to = &value
	return nil
}

func readInt32(d *xmlread.Document, to **int32) error {
	text, err := d.Text()
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(string(text), 10, 32)
	*to = aws.Int32(int32(n))
	return err
}

// parseTime parses a time as S3 writes it, "2009-10-12T17:50:30.000Z", or in any form that the SDK knows.
func parseTime(text []byte) (time.Time, error) {
	const form = "0000-00-00T00:00:00.000Z"
	if len(text) != len(form) {
		return smithytime.ParseDateTime(string(text))
	}
	var n [7]int
	field := 0
	for i, c := range text {
		switch {
		case form[i] == '0' && '0' <= c && c <= '9':
			n[field] = 10*n[field] + int(c-'0')
		case form[i] != '0' && c == form[i]:
			field++
		default:
			return smithytime.ParseDateTime(string(text))
		}
	}
	at := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6]*int(time.Millisecond), time.UTC)
	if at.Month() != time.Month(n[1]) || at.Day() != n[2] || n[3] > 23 || n[4] > 59 || n[5] > 59 {
		return smithytime.ParseDateTime(string(text)) // which says what is wrong
	}
	return at, nil
}
