package copying

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// entry is an object as a listing shows it.
type entry struct {
	key      string
	size     int64
	etag     string
	modified time.Time
}

// cursor reads the keys of one bucket under one prefix, in order. It holds one page, and reads the next one ahead.
type cursor struct {
	client   Lister
	spawn    func(func()) // starts to read a page ahead; nil reads none ahead
	in       s3.ListObjectsV2Input
	page     *s3.ListObjectsV2Output
	ahead    chan listResult
	progress s3keys.Progress
	at       int
	last     string // the last key that was read, or the key to begin after
	pages    int
}

// listResult is the result of a listing.
type listResult struct {
	page *s3.ListObjectsV2Output
	err  error
}

func newCursor(client Lister, spawn func(func()), bucket, prefix, after string) *cursor {
	c := &cursor{client: client, spawn: spawn, last: after, in: s3.ListObjectsV2Input{
		Bucket: aws.String(bucket), Prefix: aws.String(prefix), EncodingType: types.EncodingTypeUrl,
	}}
	if after != "" && after >= prefix { // a folder's marker has the prefix itself as its key
		c.in.StartAfter = aws.String(after)
	}
	return c
}

// begin starts to read the next page ahead.
func (c *cursor) begin(ctx context.Context) {
	if c.spawn == nil {
		return
	}
	in, ahead := c.in, make(chan listResult, 1)
	c.ahead = ahead
	c.spawn(func() { ahead <- c.list(ctx, in) })
}

// seek returns the next object whose key is not before the given one; ok is false at the end.
func (c *cursor) seek(ctx context.Context, key string) (e entry, ok bool, err error) {
	for {
		for c.page != nil && c.at < len(c.page.Contents) {
			if e, err = c.decode(c.page.Contents[c.at]); err != nil {
				return entry{}, false, err
			}
			if e.key >= key {
				return e, true, nil
			}
			c.advance(e)
		}
		if c.page != nil && !aws.ToBool(c.page.IsTruncated) {
			return entry{}, false, nil
		}
		if err := c.nextPage(ctx, key); err != nil {
			return entry{}, false, err
		}
	}
}

// advance moves behind e.
func (c *cursor) advance(e entry) { c.at, c.last = c.at+1, e.key }

// nextPage moves to the next page. If even the page that was read ahead ends before key, it lists again from just before key, so that many
// keys which only this bucket has need not all be read.
func (c *cursor) nextPage(ctx context.Context, key string) error {
	got := listResult{}
	if c.ahead != nil {
		got = <-c.ahead
		c.ahead = nil
	}
	near := justBefore(key)
	if got.page == nil && got.err == nil || got.page != nil && c.endsBefore(got.page, near) {
		in := c.in
		if near > c.last && near >= aws.ToString(in.Prefix) {
			in.StartAfter, in.ContinuationToken = aws.String(near), nil
		}
		got = c.list(ctx, in)
	}
	if got.err != nil {
		return got.err
	}
	c.page, c.at = got.page, 0
	c.pages++
	if !aws.ToBool(c.page.IsTruncated) {
		return nil
	}
	if err := c.progress.Page(len(c.page.Contents), aws.ToString(c.page.NextContinuationToken)); err != nil {
		return c.refuse(err)
	}
	c.in.ContinuationToken, c.in.StartAfter = c.page.NextContinuationToken, nil
	c.begin(ctx)
	return nil
}

// refuse is the error of a listing that cannot be true.
func (c *cursor) refuse(err error) error {
	return failure.BadListing(aws.ToString(c.in.Bucket), err)
}

func (c *cursor) list(ctx context.Context, in s3.ListObjectsV2Input) (got listResult) {
	defer failure.Caught(&got.err)
	got.page, got.err = c.client.ListObjectsV2(ctx, &in)
	return got
}

// endsBefore reports whether page is not the last one and all its keys sort before key.
func (c *cursor) endsBefore(page *s3.ListObjectsV2Output, key string) bool {
	if n := len(page.Contents); n > 0 && aws.ToBool(page.IsTruncated) {
		last, err := s3keys.Decode(aws.ToString(page.Contents[n-1].Key), page.EncodingType)
		return err == nil && last < key
	}
	return false
}

// decode reads an object of the page. General purpose buckets list by the bytes of the keys; directory buckets do not, and could not be
// compared key by key.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html.
func (c *cursor) decode(o types.Object) (entry, error) {
	key, err := s3keys.Decode(aws.ToString(o.Key), c.page.EncodingType)
	if err != nil {
		return entry{}, c.refuse(err)
	}
	if c.last != "" && key <= c.last {
		return entry{}, c.refuse(fmt.Errorf("found key %s after %s, expected the order of a general purpose bucket", event.Quote(key), event.Quote(c.last)))
	}
	return entry{key, aws.ToInt64(o.Size), aws.ToString(o.ETag), aws.ToTime(o.LastModified)}, nil
}

// justBefore returns a key that sorts shortly before key: key without its last character.
func justBefore(key string) string {
	_, n := utf8.DecodeLastRuneInString(key)
	return key[:len(key)-n]
}
