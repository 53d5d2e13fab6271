package listing

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// maxPage is the most keys that S3 returns at once.
const maxPage = 1000

// walk reads the pages of prefixes, which are sorted and do not overlap, one after the other.
type walk struct {
	client   Lister
	bucket   string
	prefixes []string // the first of which is being listed
	after    string   // the last key that was read, or the key to begin after
	token    *string  // of the next page of the first prefix
	progress s3keys.Progress
}

// got is S3's answer to a request.
type got struct {
	page *s3.ListObjectsV2Output
	err  error
}

// ask requests the next page, of at most that many keys, in the background.
func (w *walk) ask(ctx context.Context, most int) <-chan got {
	in := &s3.ListObjectsV2Input{
		Bucket: aws.String(w.bucket), Prefix: aws.String(w.prefixes[0]), EncodingType: types.EncodingTypeUrl,
		MaxKeys: aws.Int32(int32(min(max(most, 1), maxPage))), ContinuationToken: w.token,
	}
	if w.token == nil && w.after != "" && w.after >= w.prefixes[0] { // a folder's marker has the prefix itself as its key
		in.StartAfter = aws.String(w.after)
	}
	answered := make(chan got, 1)
	go func() {
		var g got
		func() {
			defer failure.Caught(&g.err)
			g.page, g.err = w.client.ListObjectsV2(ctx, in)
		}()
		answered <- g
	}()
	return answered
}

// moveOn moves behind a page that was received; more is false behind the last page of the last prefix.
func (w *walk) moveOn(page *s3.ListObjectsV2Output) (more bool, err error) {
	if w.token = nil; aws.ToBool(page.IsTruncated) {
		w.token = page.NextContinuationToken
		if err := w.progress.Page(len(page.Contents), aws.ToString(w.token)); err != nil {
			return false, failure.BadListing(w.bucket, err)
		}
		return true, nil
	}
	w.prefixes, w.progress = w.prefixes[1:], s3keys.Progress{}
	return len(w.prefixes) > 0, nil
}

// read checks a key of a page and decodes it. General purpose buckets list by the bytes of the keys.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html.
func (w *walk) read(object types.Object, encoding types.EncodingType) (string, error) {
	key, err := s3keys.Decode(aws.ToString(object.Key), encoding)
	if err == nil && key <= w.after && w.after != "" {
		err = fmt.Errorf("found key %q after %q, expected the order of a general purpose bucket", key, w.after)
	}
	if err != nil {
		return "", failure.BadListing(w.bucket, err)
	}
	w.after = key
	return key, nil
}

// list fills p from the prefixes, and requests a page while it encodes the one before. It reads on after p is full until it has seen one more
// key: only that proves that there is a next page. At a call that fails, or if the time runs out, p ends with the objects that it has, if any.
func (f *Function) list(ctx context.Context, p *page, prefixes []string, wanted request) error {
	w := &walk{client: f.client, bucket: f.grant.Bucket, after: wanted.startAfter}
	for _, prefix := range prefixes {
		if !s3keys.Passed(prefix, wanted.startAfter) {
			w.prefixes = append(w.prefixes, prefix)
		}
	}
	if len(w.prefixes) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancel(ctx)
	next := w.ask(ctx, wanted.maxKeys)
	defer func() { // nothing may run between invocations
		if cancel(); next != nil {
			<-next
		}
	}()
	for next != nil {
		got := <-next
		next = nil
		if got.err != nil {
			if p.count > 0 && (ctx.Err() != nil || awserror.IsCall(got.err)) {
				if p.more = true; ctx.Err() == nil || awserror.Code(got.err) != "" { // not only out of time
					p.failed = got.err
				}
				return nil
			}
			return got.err
		}
		p.pages++
		more, err := w.moveOn(got.page)
		if err != nil {
			return err
		}
		rest := wanted.maxKeys - p.count - len(got.page.Contents)
		here := len(got.page.Contents)
		if rest > 0 && more || rest == 0 && more && w.token == nil {
			next = w.ask(ctx, rest)
			here += rest
		}
		p.reserve(here)
		for _, object := range got.page.Contents {
			key, err := w.read(object, got.page.EncodingType)
			if err != nil {
				return err
			}
			if p.count == wanted.maxKeys {
				p.more = true
				return nil
			}
			if p.add(key, object); p.more {
				return nil
			}
		}
		if next == nil && w.token != nil { // full, and S3 says that there are more
			p.more = true
		}
	}
	return nil
}
