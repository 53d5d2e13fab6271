package copying

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// The half of the fake that copies in parts.

func (f *fakeS3) CreateMultipartUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, _ ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error) {
	c := call{"CreateMultipartUpload", *in.Bucket, *in.Key}
	done, err := f.enter(ctx, c)
	if err != nil {
		return nil, err
	}
	defer done()
	return &s3.CreateMultipartUploadOutput{UploadId: aws.String(f.open(*in.Key, us, in))}, f.leave(c)
}

// us is the session of the function, as S3 names it.
const us = "arn:aws:sts::222222222222:assumed-role/copier/crossgrant-copy"

// open creates an upload in the destination; it must be called with the lock.
func (f *fakeS3) open(key, initiator string, in *s3.CreateMultipartUploadInput) string {
	f.seq++
	id := "upload" + strconv.Itoa(f.seq)
	f.uploads[id] = &pending{bucket: to, key: key, in: in, begun: f.now, initiator: initiator, parts: map[int32][]byte{}}
	return id
}

// leftUpload is an upload that somebody left open earlier.
func (f *fakeS3) leftUpload(key, initiator string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	defer func() { f.now = f.now.Add(f.step) }()
	return f.open(key, initiator, &s3.CreateMultipartUploadInput{})
}

func (f *fakeS3) ListMultipartUploads(ctx context.Context, in *s3.ListMultipartUploadsInput, _ ...func(*s3.Options)) (*s3.ListMultipartUploadsOutput, error) {
	done, err := f.enter(ctx, call{"ListMultipartUploads", *in.Bucket, aws.ToString(in.Prefix)})
	if err != nil {
		return nil, err
	}
	defer done()
	var ids []string
	for id, u := range f.uploads {
		if u.bucket == *in.Bucket && strings.HasPrefix(u.key, aws.ToString(in.Prefix)) {
			ids = append(ids, id)
		}
	}
	place := func(id string) string {
		return fmt.Sprintf("%s\x00%08s", f.uploads[id].key, strings.TrimPrefix(id, "upload"))
	}
	slices.SortFunc(ids, func(a, b string) int { return strings.Compare(place(a), place(b)) })
	after := fmt.Sprintf("%s\x00%08s", aws.ToString(in.KeyMarker), strings.TrimPrefix(aws.ToString(in.UploadIdMarker), "upload"))
	out := &s3.ListMultipartUploadsOutput{EncodingType: in.EncodingType, IsTruncated: aws.Bool(false)}
	for _, id := range ids {
		u := f.uploads[id]
		if in.KeyMarker != nil && place(id) <= after {
			continue
		}
		if n := len(out.Uploads); n == f.partPage {
			out.IsTruncated, out.NextKeyMarker, out.NextUploadIdMarker = aws.Bool(true), out.Uploads[n-1].Key, out.Uploads[n-1].UploadId
			break
		}
		key := u.key
		if in.EncodingType == types.EncodingTypeUrl {
			key = url.QueryEscape(key)
		}
		out.Uploads = append(out.Uploads, types.MultipartUpload{Key: &key, UploadId: aws.String(id),
			Initiated: aws.Time(u.begun.Truncate(time.Second)), Initiator: &types.Initiator{ID: aws.String(u.initiator)}})
	}
	return out, nil
}

// upload must be called with the lock.
func (f *fakeS3) upload(op, bucket, key, id string) (*pending, error) {
	if u := f.uploads[id]; u != nil && u.bucket == bucket && u.key == key {
		return u, nil
	}
	return nil, says(op, 404, "NoSuchUpload")
}

func (f *fakeS3) UploadPartCopy(ctx context.Context, in *s3.UploadPartCopyInput, _ ...func(*s3.Options)) (*s3.UploadPartCopyOutput, error) {
	c := call{"UploadPartCopy", *in.Bucket, *in.Key}
	done, err := f.enter(ctx, c)
	if err != nil {
		return nil, err
	}
	defer done()
	u, err := f.upload("UploadPartCopy", *in.Bucket, *in.Key, *in.UploadId)
	if err != nil {
		return nil, err
	}
	o, err := f.source("UploadPartCopy", *in.CopySource)
	if err != nil {
		return nil, err
	}
	if aws.ToString(in.CopySourceIfMatch) != o.etag {
		return nil, says("UploadPartCopy", 412, "PreconditionFailed")
	}
	var first, last int
	if _, err := fmt.Sscanf(*in.CopySourceRange, "bytes=%d-%d", &first, &last); err != nil || first > last || last >= len(o.data) || *in.PartNumber < 1 || *in.PartNumber > 10000 {
		return nil, says("UploadPartCopy", 400, "InvalidArgument")
	}
	u.parts[*in.PartNumber] = bytes.Clone(o.data[first : last+1])
	return &s3.UploadPartCopyOutput{CopyPartResult: &types.CopyPartResult{ETag: aws.String(digest(u.parts[*in.PartNumber]))}}, f.leave(c)
}

func (f *fakeS3) ListParts(ctx context.Context, in *s3.ListPartsInput, _ ...func(*s3.Options)) (*s3.ListPartsOutput, error) {
	done, err := f.enter(ctx, call{"ListParts", *in.Bucket, *in.Key})
	if err != nil {
		return nil, err
	}
	defer done()
	u, err := f.upload("ListParts", *in.Bucket, *in.Key, *in.UploadId)
	if err != nil {
		return nil, err
	}
	marker, _ := strconv.Atoi(aws.ToString(in.PartNumberMarker))
	out := &s3.ListPartsOutput{IsTruncated: aws.Bool(false)}
	for _, n := range slices.Sorted(maps.Keys(u.parts)) {
		if int(n) <= marker {
			continue
		}
		if len(out.Parts) == f.partPage {
			out.IsTruncated, out.NextPartNumberMarker = aws.Bool(true), aws.String(strconv.Itoa(int(*out.Parts[len(out.Parts)-1].PartNumber)))
			break
		}
		out.Parts = append(out.Parts, types.Part{PartNumber: aws.Int32(n), Size: aws.Int64(int64(len(u.parts[n]))), ETag: aws.String(digest(u.parts[n]))})
	}
	return out, nil
}

func (f *fakeS3) CompleteMultipartUpload(ctx context.Context, in *s3.CompleteMultipartUploadInput, _ ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error) {
	c := call{"CompleteMultipartUpload", *in.Bucket, *in.Key}
	done, err := f.enter(ctx, c)
	if err != nil {
		return nil, err
	}
	defer done()
	u, err := f.upload(c.op, *in.Bucket, *in.Key, *in.UploadId)
	if err != nil {
		return nil, err
	}
	var data, sums []byte
	for i, part := range in.MultipartUpload.Parts {
		have, there := u.parts[*part.PartNumber]
		if !there || aws.ToString(part.ETag) != digest(have) || i > 0 && *part.PartNumber <= *in.MultipartUpload.Parts[i-1].PartNumber {
			return nil, says(c.op, 400, "InvalidPart")
		}
		sum := md5.Sum(have)
		data, sums = append(data, have...), append(sums, sum[:]...)
	}
	tags := map[string]string{}
	values, err := url.ParseQuery(aws.ToString(u.in.Tagging))
	if err != nil {
		return nil, err
	}
	for name := range values {
		tags[name] = values.Get(name)
	}
	all := md5.Sum(sums)
	o := &object{data: data, meta: maps.Clone(u.in.Metadata), tags: tags, kind: aws.ToString(u.in.ContentType), class: string(u.in.StorageClass)}
	o.modified = u.begun.Truncate(1e9)
	f.store(*in.Bucket, *in.Key, o, hex.EncodeToString(all[:])+"-"+strconv.Itoa(len(in.MultipartUpload.Parts)))
	delete(f.uploads, *in.UploadId)
	return &s3.CompleteMultipartUploadOutput{ETag: &o.etag}, f.leave(c)
}

func (f *fakeS3) AbortMultipartUpload(ctx context.Context, in *s3.AbortMultipartUploadInput, _ ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error) {
	c := call{"AbortMultipartUpload", *in.Bucket, *in.Key}
	done, err := f.enter(ctx, c)
	if err != nil {
		return nil, err
	}
	defer done()
	if _, err := f.upload("AbortMultipartUpload", *in.Bucket, *in.Key, *in.UploadId); err != nil {
		return nil, err
	}
	delete(f.uploads, *in.UploadId)
	return &s3.AbortMultipartUploadOutput{}, f.leave(c)
}
