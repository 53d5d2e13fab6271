package copying

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

var errNoToken = errors.New("S3 says that its page is not the last one but gives no token for the next")

// entry is an object as a listing shows it.
type entry struct {
	key      string
	size     int64
	etag     string
	modified time.Time
}

// side is one bucket's keys under one prefix, in order. It holds a page, and one more that is read meanwhile.
type side struct {
	client Lister
	spawn  func(func()) // runs the reading of the page ahead; nil reads none
	in     s3.ListObjectsV2Input
	page   *s3.ListObjectsV2Output
	ahead  chan answered
	at     int
	last   string // the last key that was read, or where to begin
	pages  int
}

// answered is what came of a listing.
type answered struct {
	page *s3.ListObjectsV2Output
	err  error
}

func newSide(client Lister, spawn func(func()), bucket, prefix, after string) *side {
	s := &side{client: client, spawn: spawn, last: after, in: s3.ListObjectsV2Input{
		Bucket: aws.String(bucket), Prefix: aws.String(prefix), EncodingType: types.EncodingTypeUrl,
	}}
	if after != "" && after >= prefix { // a folder's marker has the prefix itself as its key
		s.in.StartAfter = aws.String(after)
	}
	return s
}

// next returns the next object at or after want; ok is false at the end.
func (s *side) next(ctx context.Context, want string) (e entry, ok bool, err error) {
	for {
		for s.page != nil && s.at < len(s.page.Contents) {
			if e, err = s.decode(s.page.Contents[s.at]); err != nil {
				return entry{}, false, err
			}
			if e.key >= want {
				return e, true, nil
			}
			s.take(e)
		}
		if s.page != nil && !aws.ToBool(s.page.IsTruncated) {
			return entry{}, false, nil
		}
		if err := s.turn(ctx, want); err != nil {
			return entry{}, false, err
		}
	}
}

// take goes past e.
func (s *side) take(e entry) { s.at, s.last = s.at+1, e.key }

// turn goes to the next page. Where even the page that was read ahead ends before want, it jumps close to want, so that the many keys
// which only this side has need not all be read.
func (s *side) turn(ctx context.Context, want string) error {
	got := answered{}
	if s.ahead != nil {
		got = <-s.ahead
		s.ahead = nil
	}
	near := justBefore(want)
	if got.page == nil && got.err == nil || got.page != nil && s.endsBefore(got.page, near) {
		in := s.in
		if near > s.last && near >= aws.ToString(in.Prefix) {
			in.StartAfter, in.ContinuationToken = aws.String(near), nil
		}
		got = s.list(ctx, in)
	}
	if got.err != nil {
		return got.err
	}
	s.page, s.at = got.page, 0
	s.pages++
	if !aws.ToBool(s.page.IsTruncated) {
		return nil
	}
	if aws.ToString(s.page.NextContinuationToken) == "" {
		return errNoToken
	}
	s.in.ContinuationToken, s.in.StartAfter = s.page.NextContinuationToken, nil
	if s.spawn != nil {
		in, ahead := s.in, make(chan answered, 1)
		s.ahead = ahead
		s.spawn(func() { ahead <- s.list(ctx, in) })
	}
	return nil
}

func (s *side) list(ctx context.Context, in s3.ListObjectsV2Input) answered {
	page, err := s.client.ListObjectsV2(ctx, &in)
	return answered{page, err}
}

// endsBefore reports whether page is not the last one and all its keys sort before key.
func (s *side) endsBefore(page *s3.ListObjectsV2Output, key string) bool {
	if n := len(page.Contents); n > 0 && aws.ToBool(page.IsTruncated) {
		last, err := s3keys.Decode(aws.ToString(page.Contents[n-1].Key), page.EncodingType)
		return err == nil && last < key
	}
	return false
}

// decode reads an object of the page. General purpose buckets list by the bytes of the keys; directory buckets do not, and side by side
// with one nothing could be compared.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html.
func (s *side) decode(o types.Object) (entry, error) {
	key, err := s3keys.Decode(aws.ToString(o.Key), s.page.EncodingType)
	if err != nil {
		return entry{}, err
	}
	if s.last != "" && key <= s.last {
		return entry{}, fmt.Errorf("list bucket %s: found key %q after %q, expected the order of a general purpose bucket", aws.ToString(s.in.Bucket), key, s.last)
	}
	return entry{key, aws.ToInt64(o.Size), aws.ToString(o.ETag), aws.ToTime(o.LastModified)}, nil
}

// justBefore is a key that sorts before key, with little between them in practice: key without its last character.
func justBefore(key string) string {
	_, n := utf8.DecodeLastRuneInString(key)
	return key[:len(key)-n]
}
