package trailing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/identifier"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// Lister lists the log files; *s3.Client has it.
type Lister interface {
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
}

// Getter reads a log file; *s3.Client has it. It is called for up to four files at once.
type Getter interface {
	GetObject(context.Context, *s3.GetObjectInput, ...func(*s3.Options)) (*s3.GetObjectOutput, error)
}

// logBucket is the bucket with the log files.
type logBucket struct {
	lister Lister
	getter Getter
	grant  Grant
	now    func() time.Time
}

// listedFile is the next log file to read, with what was ignored before it. The last one has no file.
type listedFile struct {
	// key is the log file; empty for none.
	key string
	// record is the first record to read, and etag that of the file in which an earlier answer ended.
	record int
	etag   string
	// ignored counts the keys before it that were not read, and upTo is the last of them, or the key.
	ignored ignored
	upTo    string
}

// fileList lists the log files of a request in order, page by page. It returns each file once.
type fileList struct {
	bucket   *logBucket
	wanted   request
	prefixes []string
	after    string // in the first of prefixes
	keys     []string
	token    *string
	last     string // the last key that the listing of the first prefix had, or the key to begin after
	progress s3keys.Progress
	listed   bool       // the last page of the first prefix is in keys
	item     listedFile // what is ignored so far
	first    *listedFile
}

// listFiles returns the files from the request's position on.
func (b *logBucket) listFiles(ctx context.Context, wanted request) (*fileList, error) {
	l := &fileList{bucket: b, wanted: wanted, after: wanted.start.Key}
	switch {
	case wanted.key != "":
		l.first = &listedFile{key: wanted.key, record: wanted.start.Record, etag: wanted.start.ETag, upTo: wanted.key}
		return l, nil
	case wanted.start.Record > 0:
		l.first = &listedFile{key: wanted.start.Key, record: wanted.start.Record, etag: wanted.start.ETag, upTo: wanted.start.Key}
	}
	if wanted.prefix != "" {
		l.prefixes = []string{wanted.prefix}
		return l, nil
	}
	return l, l.plan(ctx)
}

// plan sets the prefixes of a range of time.
func (l *fileList) plan(ctx context.Context) (err error) {
	regions := map[string][]string{}
	for _, account := range l.wanted.accounts {
		names := l.wanted.regions
		if len(names) == 0 {
			if names, err = l.bucket.listRegions(ctx, account); err != nil {
				return err
			}
		}
		regions[account] = names
	}
	start, resumed := dayPrefixOf(l.after, l.wanted.accounts)
	for _, day := range dayPrefixes(days(l.wanted.times, l.wanted.late, l.bucket.now()), regions) {
		if !resumed || start.compare(day) <= 0 {
			l.prefixes = append(l.prefixes, day.String())
		}
	}
	if len(l.prefixes) > 0 && !strings.HasPrefix(l.after, l.prefixes[0]) {
		l.after = ""
	}
	return nil
}

// listRegions lists the regions below the prefix of an account.
func (b *logBucket) listRegions(ctx context.Context, account string) (regions []string, err error) {
	in := &s3.ListObjectsV2Input{Bucket: aws.String(b.grant.Bucket), Prefix: aws.String(account), Delimiter: aws.String("/")}
	var progress s3keys.Progress
	last := ""
	for {
		out, err := b.lister.ListObjectsV2(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, common := range out.CommonPrefixes {
			name, err := regionOf(account, aws.ToString(common.Prefix))
			if err == nil {
				err = b.inOrder(last, aws.ToString(common.Prefix))
			}
			if err != nil {
				return nil, err
			}
			last = aws.ToString(common.Prefix)
			if identifier.IsRegion(name) {
				regions = append(regions, name)
			}
		}
		if !aws.ToBool(out.IsTruncated) {
			slices.Sort(regions)
			return slices.Compact(regions), nil
		}
		if err := progress.Page(len(out.Contents)+len(out.CommonPrefixes), aws.ToString(out.NextContinuationToken)); err != nil {
			return nil, failure.BadListing(b.grant.Bucket, err)
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

// next returns the next log file; last says that there are no more. With an error, the result has what was ignored before it.
func (l *fileList) next(ctx context.Context) (found listedFile, last bool, err error) {
	if l.first != nil {
		found, l.first = *l.first, nil
		return found, false, nil
	}
	for {
		for len(l.keys) > 0 {
			key := l.keys[0]
			l.keys = l.keys[1:]
			l.item.upTo = key
			if l.ignore(key) {
				continue
			}
			l.item.key = key
			return l.takeItem(), false, nil
		}
		if l.listed {
			l.prefixes, l.listed, l.after, l.last, l.progress = l.prefixes[1:], false, "", "", s3keys.Progress{}
			if len(l.prefixes) > 0 {
				l.item.upTo = l.prefixes[0] // before all its keys
			}
		}
		if len(l.prefixes) == 0 {
			return l.takeItem(), true, nil
		}
		if err := l.list(ctx); err != nil {
			return l.takeItem(), true, err
		}
	}
}

// ignore counts a key that is not read, and reports whether it is one.
func (l *fileList) ignore(key string) bool {
	late := l.wanted.late
	if len(l.wanted.accounts) == 0 {
		late = -1 // a prefix is read whole
	}
	switch kind := kindOf(key); {
	case kind == digest:
		l.item.ignored.digests++
	case kind == other:
		l.item.ignored.others++
	case !l.wanted.times.mayContain(key, late):
		l.item.ignored.otherTimes++
	default:
		return false
	}
	return true
}

func (l *fileList) takeItem() listedFile {
	found := l.item
	l.item = listedFile{}
	return found
}

// list reads the next page of the first prefix.
func (l *fileList) list(ctx context.Context) error {
	in := &s3.ListObjectsV2Input{
		Bucket: aws.String(l.bucket.grant.Bucket), Prefix: aws.String(l.prefixes[0]), EncodingType: types.EncodingTypeUrl, ContinuationToken: l.token,
	}
	if l.after != "" && l.token == nil {
		in.StartAfter = aws.String(l.after)
		l.last = l.after
	}
	out, err := l.bucket.lister.ListObjectsV2(ctx, in)
	if err != nil {
		return err
	}
	for _, object := range out.Contents {
		key, err := s3keys.Decode(aws.ToString(object.Key), out.EncodingType)
		if err != nil {
			return failure.BadListing(l.bucket.grant.Bucket, err)
		}
		if err := l.bucket.inOrder(l.last, key); err != nil {
			return err
		}
		l.last = key
		l.keys = append(l.keys, key)
	}
	if l.token = nil; aws.ToBool(out.IsTruncated) {
		l.token = out.NextContinuationToken
		if err := l.progress.Page(len(out.Contents), aws.ToString(l.token)); err != nil {
			return failure.BadListing(l.bucket.grant.Bucket, err)
		}
	}
	l.listed = l.token == nil
	return nil
}

// inOrder returns an error for a name of a listing that is not after the one before. General purpose buckets list by the bytes of the names; one
// that repeats a page, or goes back, might do so for ever.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html.
func (b *logBucket) inOrder(last, name string) error {
	if last != "" && name <= last {
		return failure.BadListing(b.grant.Bucket, fmt.Errorf("found %q after %q, expected the order of a general purpose bucket", name, last))
	}
	return nil
}
