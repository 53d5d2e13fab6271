package trailing

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/identifier"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

var errNoToken = errors.New("S3 says that its page is not the last one but gives no token for the next")

// item is the next log file to read, with what was passed on the way to it. The last one has no file.
type item struct {
	// key is the log file; empty for none.
	key string
	// record is the one to begin with, and etag the file's that an earlier answer began with.
	record int
	etag   string
	// passed counts what was not read, and through is the last key of it, or the key.
	passed  passed
	through string
}

// passed counts keys that are read over.
type passed struct{ digests, others, otherTimes int }

// files lists the log files of a request in order, page by page. A file that next returned it does not return again.
type files struct {
	f       *Function
	wanted  request
	folders []string
	after   string // in the first of folders
	keys    []string
	token   *string
	listed  bool // the first folder's last page is in keys
	item    item // what is passed so far
	first   *item
}

// filesOf begins where the request's position is.
func (f *Function) filesOf(ctx context.Context, wanted request) (*files, error) {
	l := &files{f: f, wanted: wanted, after: wanted.start.Key}
	switch {
	case wanted.key != "":
		l.first = &item{key: wanted.key, record: wanted.start.Record, etag: wanted.start.ETag, through: wanted.key}
		return l, nil
	case wanted.start.Record > 0:
		l.first = &item{key: wanted.start.Key, record: wanted.start.Record, etag: wanted.start.ETag, through: wanted.start.Key}
	}
	if wanted.prefix != "" {
		l.folders = []string{wanted.prefix}
		return l, nil
	}
	return l, l.plan(ctx)
}

// plan lists the folders of a range.
func (l *files) plan(ctx context.Context) (err error) {
	regions := map[string][]string{}
	for _, base := range l.wanted.bases {
		names := l.wanted.regions
		if len(names) == 0 {
			if names, err = l.f.regionsOf(ctx, base); err != nil {
				return err
			}
		}
		regions[base] = names
	}
	start, again := folderOf(l.after, l.wanted.bases)
	for _, folder := range foldersOf(days(l.wanted.times, l.wanted.late, l.f.now()), regions) {
		if !again || start.compare(folder) <= 0 {
			l.folders = append(l.folders, folder.prefix())
		}
	}
	if len(l.folders) > 0 && !strings.HasPrefix(l.after, l.folders[0]) {
		l.after = ""
	}
	return nil
}

// regionsOf lists the folders below a base.
func (f *Function) regionsOf(ctx context.Context, base string) (regions []string, err error) {
	in := &s3.ListObjectsV2Input{Bucket: aws.String(f.grant.Bucket), Prefix: aws.String(base), Delimiter: aws.String("/")}
	for {
		out, err := f.lister.ListObjectsV2(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, common := range out.CommonPrefixes {
			name, err := regionOf(base, aws.ToString(common.Prefix))
			if err != nil {
				return nil, err
			}
			if identifier.IsRegion(name) {
				regions = append(regions, name)
			}
		}
		if !aws.ToBool(out.IsTruncated) {
			slices.Sort(regions)
			return slices.Compact(regions), nil
		}
		if aws.ToString(out.NextContinuationToken) == "" {
			return nil, errNoToken
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

// next returns the next log file; last says that there is none any more. With an error, the item is what was passed before it.
func (l *files) next(ctx context.Context) (found item, last bool, err error) {
	if l.first != nil {
		found, l.first = *l.first, nil
		return found, false, nil
	}
	for {
		for len(l.keys) > 0 {
			key := l.keys[0]
			l.keys = l.keys[1:]
			l.item.through = key
			if l.count(key) {
				continue
			}
			l.item.key = key
			return l.take(), false, nil
		}
		if l.listed {
			l.folders, l.listed, l.after = l.folders[1:], false, ""
			if len(l.folders) > 0 {
				l.item.through = l.folders[0] // no key lies before a folder's name in it
			}
		}
		if len(l.folders) == 0 {
			return l.take(), true, nil
		}
		if err := l.list(ctx); err != nil {
			return l.take(), true, err
		}
	}
}

// count counts a key that is read over.
func (l *files) count(key string) bool {
	late := l.wanted.late
	if len(l.wanted.bases) == 0 {
		late = -1 // who names a prefix wants all of it
	}
	switch kind := kindOf(key); {
	case kind == digest:
		l.item.passed.digests++
	case kind == other:
		l.item.passed.others++
	case !l.wanted.times.mayHold(key, late):
		l.item.passed.otherTimes++
	default:
		return false
	}
	return true
}

func (l *files) take() item {
	found := l.item
	l.item = item{}
	return found
}

// list reads the next page of the first folder.
func (l *files) list(ctx context.Context) error {
	in := &s3.ListObjectsV2Input{
		Bucket: aws.String(l.f.grant.Bucket), Prefix: aws.String(l.folders[0]), EncodingType: types.EncodingTypeUrl, ContinuationToken: l.token,
	}
	if l.after != "" && l.token == nil {
		in.StartAfter = aws.String(l.after)
	}
	out, err := l.f.lister.ListObjectsV2(ctx, in)
	if err != nil {
		return err
	}
	for _, object := range out.Contents {
		key, err := s3keys.Decode(aws.ToString(object.Key), out.EncodingType)
		if err != nil {
			return err
		}
		l.keys = append(l.keys, key)
	}
	if l.token = nil; aws.ToBool(out.IsTruncated) {
		if l.token = out.NextContinuationToken; aws.ToString(l.token) == "" {
			return errNoToken
		}
	}
	l.listed = l.token == nil
	return nil
}
