package copying

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
)

// object is one object of the fake.
type object struct {
	data     []byte
	etag     string
	modified time.Time
	meta     map[string]string
	kind     string // content type
	tags     map[string]string
	class    string
	sum      string // checksum over the whole object
	sumType  types.ChecksumType
}

type bucket struct {
	objects map[string]*object
	keys    []string // sorted; nil after a change
	kms     bool     // ETags are no digests
	plain   bool     // objects have no checksum
}

type pending struct {
	bucket, key string
	in          *s3.CreateMultipartUploadInput
	begun       time.Time
	initiator   string
	parts       map[int32][]byte
}

// call is one request, as a hook and the journal see it.
type call struct{ op, bucket, key string }

// copies reports whether the request makes S3 copy content.
func (c call) copies() bool { return c.op == "CopyObject" || c.op == "UploadPartCopy" }

// fakeS3 is two buckets in memory that behave as S3's documentation says. It is safe for concurrent use.
type fakeS3 struct {
	mu       sync.Mutex
	buckets  map[string]*bucket
	uploads  map[string]*pending
	now      time.Time
	step     time.Duration // how much later it is after each write
	seq      int
	pageSize int
	partPage int
	calls    []call
	quiet    bool // keep no journal
	running  int  // requests that copy
	most     int  // of them at once
	// before runs before each call, without the lock; its error is the call's.
	before func(context.Context, call) error
	// after runs after a call that did what it should: the answer is lost if it errs.
	after func(call) error
}

const (
	from = "reports"
	to   = "lake"
)

var day = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newFake() *fakeS3 {
	return &fakeS3{buckets: map[string]*bucket{from: {objects: map[string]*object{}}, to: {objects: map[string]*object{}}},
		uploads: map[string]*pending{}, now: day, step: 2 * time.Second, pageSize: 1000, partPage: 1000}
}

// put writes an object as its owner would, in one request.
func (f *fakeS3) put(bucket, key, data string) *object {
	f.mu.Lock()
	defer f.mu.Unlock()
	o := &object{data: []byte(data), meta: map[string]string{}, tags: map[string]string{}, kind: "text/plain"}
	f.store(bucket, key, o, digest(o.data))
	return o
}

// store must be called with the lock.
func (f *fakeS3) store(name, key string, o *object, etag string) {
	b := f.buckets[name]
	f.seq++
	if b.kms {
		etag = "kms" + strconv.Itoa(f.seq)
	}
	o.etag = `"` + etag + `"`
	if o.modified.IsZero() {
		o.modified = f.now.Truncate(time.Second)
	}
	if o.sum = fmt.Sprint(crc32.ChecksumIEEE(o.data)); b.plain {
		o.sum = ""
	}
	o.sumType = types.ChecksumTypeFullObject
	if b.objects[key] == nil {
		b.keys = nil
	}
	b.objects[key] = o
	f.now = f.now.Add(f.step)
}

func (f *fakeS3) remove(name, key string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.buckets[name].objects, key)
	f.buckets[name].keys = nil
}

func (f *fakeS3) get(name, key string) *object {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.buckets[name].objects[key]
}

func (f *fakeS3) count(op string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		if c.op == op || op == "" {
			n++
		}
	}
	return n
}

func digest(data []byte) string {
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:])
}

// says is an error as the SDK wraps one.
func says(op string, status int, code string) error {
	return &smithy.OperationError{ServiceID: "S3", OperationName: op, Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}},
		Err:      &smithy.GenericAPIError{Code: code, Message: "words of S3"},
	}}
}

// enter runs the hook and takes the lock; the caller must call the function that it returns.
func (f *fakeS3) enter(ctx context.Context, c call) (func(), error) {
	f.mu.Lock()
	if !f.quiet {
		f.calls = append(f.calls, c)
	}
	if c.copies() {
		f.running++
		f.most = max(f.most, f.running)
	}
	before := f.before
	f.mu.Unlock()
	var err error
	if before != nil {
		err = before(ctx, c)
	}
	if err == nil {
		err = ctx.Err()
	}
	f.mu.Lock()
	if err == nil && f.buckets[c.bucket] == nil {
		err = says(c.op, 404, "NoSuchBucket")
	}
	end := func() {
		if c.copies() {
			f.running--
		}
		f.mu.Unlock()
	}
	if err != nil {
		end()
		return nil, err
	}
	return end, nil
}

func (f *fakeS3) leave(c call) error {
	if f.after != nil {
		return f.after(c)
	}
	return nil
}

func (f *fakeS3) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	done, err := f.enter(ctx, call{"ListObjectsV2", *in.Bucket, aws.ToString(in.Prefix)})
	if err != nil {
		return nil, err
	}
	defer done()
	b := f.buckets[*in.Bucket]
	if b.keys == nil {
		b.keys = slices.Sorted(maps.Keys(b.objects))
	}
	position, prefix := aws.ToString(in.StartAfter), aws.ToString(in.Prefix)
	if in.ContinuationToken != nil {
		position = strings.TrimPrefix(*in.ContinuationToken, "token:")
	}
	at, found := slices.BinarySearch(b.keys, max(position, prefix))
	if found && position >= prefix {
		at++
	}
	size := f.pageSize
	if in.MaxKeys != nil {
		size = min(size, int(*in.MaxKeys))
	}
	out := &s3.ListObjectsV2Output{EncodingType: in.EncodingType, IsTruncated: aws.Bool(false)}
	for ; at < len(b.keys) && strings.HasPrefix(b.keys[at], prefix); at++ {
		if len(out.Contents) == size {
			out.IsTruncated, out.NextContinuationToken = aws.Bool(true), aws.String("token:"+b.keys[at-1])
			break
		}
		o := b.objects[b.keys[at]]
		out.Contents = append(out.Contents, types.Object{Key: aws.String(url.QueryEscape(b.keys[at])), Size: aws.Int64(int64(len(o.data))),
			ETag: aws.String(o.etag), LastModified: aws.Time(o.modified)})
	}
	return out, nil
}

func (f *fakeS3) HeadObject(ctx context.Context, in *s3.HeadObjectInput, _ ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	done, err := f.enter(ctx, call{"HeadObject", *in.Bucket, *in.Key})
	if awserror.Code(err) == "NoSuchBucket" {
		err = says("HeadObject", 404, "NotFound")
	}
	if err != nil {
		return nil, err
	}
	defer done()
	o := f.buckets[*in.Bucket].objects[*in.Key]
	if o == nil {
		return nil, says("HeadObject", 404, "NotFound")
	}
	out := &s3.HeadObjectOutput{ContentLength: aws.Int64(int64(len(o.data))), ETag: aws.String(o.etag), LastModified: aws.Time(o.modified),
		Metadata: maps.Clone(o.meta), ContentType: aws.String(o.kind)}
	if len(o.tags) > 0 {
		out.TagCount = aws.Int32(int32(len(o.tags)))
	}
	if o.sum != "" && in.ChecksumMode == types.ChecksumModeEnabled {
		out.ChecksumCRC32, out.ChecksumType = aws.String(o.sum), o.sumType
	}
	return out, nil
}

func (f *fakeS3) GetObjectTagging(ctx context.Context, in *s3.GetObjectTaggingInput, _ ...func(*s3.Options)) (*s3.GetObjectTaggingOutput, error) {
	done, err := f.enter(ctx, call{"GetObjectTagging", *in.Bucket, *in.Key})
	if err != nil {
		return nil, err
	}
	defer done()
	o := f.buckets[*in.Bucket].objects[*in.Key]
	if o == nil {
		return nil, says("GetObjectTagging", 404, "NoSuchKey")
	}
	out := &s3.GetObjectTaggingOutput{}
	for _, name := range slices.Sorted(maps.Keys(o.tags)) {
		out.TagSet = append(out.TagSet, types.Tag{Key: aws.String(name), Value: aws.String(o.tags[name])})
	}
	return out, nil
}

// source finds what a copy is to read.
func (f *fakeS3) source(op, header string) (*object, error) {
	text, err := url.PathUnescape(header)
	if err != nil {
		return nil, err
	}
	name, key, _ := strings.Cut(text, "/")
	if f.buckets[name] == nil {
		return nil, says(op, 404, "NoSuchBucket")
	}
	if o := f.buckets[name].objects[key]; o != nil {
		return o, nil
	}
	return nil, says(op, 404, "NoSuchKey")
}

func (f *fakeS3) CopyObject(ctx context.Context, in *s3.CopyObjectInput, _ ...func(*s3.Options)) (*s3.CopyObjectOutput, error) {
	c := call{"CopyObject", *in.Bucket, *in.Key}
	done, err := f.enter(ctx, c)
	if err != nil {
		return nil, err
	}
	defer done()
	o, err := f.source(c.op, *in.CopySource)
	if err != nil {
		return nil, err
	}
	if match := aws.ToString(in.CopySourceIfMatch); match != "" && match != o.etag {
		return nil, says(c.op, 412, "PreconditionFailed")
	}
	fresh := &object{data: bytes.Clone(o.data), meta: maps.Clone(o.meta), tags: maps.Clone(o.tags), kind: o.kind, class: string(in.StorageClass)}
	f.store(*in.Bucket, *in.Key, fresh, digest(o.data))
	return &s3.CopyObjectOutput{CopyObjectResult: &types.CopyObjectResult{ETag: aws.String(fresh.etag)}}, f.leave(c)
}
