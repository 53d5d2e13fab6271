package listing

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// maxPage is the most keys that S3 returns at once.
const maxPage = 1000

var errNoToken = errors.New("S3 says that its page is not the last one but gives no token for the next")

// request is what an event asks for.
type request struct {
	prefix     string
	startAfter string
	maxKeys    int
}

// readRequest reads the event. An empty prefix or startAfter means none.
func readRequest(payload []byte) (request, error) {
	object, err := event.Parse(payload)
	if err != nil {
		return request{}, err
	}
	if err := object.Only("prefix", "startAfter", "maxKeys"); err != nil {
		return request{}, err
	}
	var r request
	if r.prefix, _, err = object.Text("prefix", s3keys.Max); err != nil {
		return request{}, err
	}
	if r.startAfter, _, err = object.Text("startAfter", s3keys.Max); err != nil {
		return request{}, err
	}
	if r.maxKeys, err = object.Whole("maxKeys", 1, 10000, 1000); err != nil {
		return request{}, err
	}
	return r, nil
}

// list fills p from the prefixes, which are sorted and do not overlap. If the time runs out, p ends with the objects that it has.
func (f *Function) list(ctx context.Context, p *page, prefixes []string, wanted request) error {
	for _, prefix := range prefixes {
		if s3keys.Passed(prefix, wanted.startAfter) {
			continue
		}
		err := f.listPrefix(ctx, p, prefix, wanted)
		if err != nil && ctx.Err() != nil && p.count > 0 {
			p.more = true
			return nil
		}
		if err != nil || p.more {
			return err
		}
	}
	return nil
}

// listPrefix reads on after p is full until it has seen one more key: only that proves that there is a next page.
func (f *Function) listPrefix(ctx context.Context, p *page, prefix string, wanted request) error {
	in := &s3.ListObjectsV2Input{
		Bucket:       aws.String(f.grant.Bucket),
		Prefix:       aws.String(prefix),
		EncodingType: types.EncodingTypeUrl,
	}
	if wanted.startAfter != "" && wanted.startAfter >= prefix { // a folder's marker has the prefix itself as its key
		in.StartAfter = aws.String(wanted.startAfter)
	}
	for {
		in.MaxKeys = aws.Int32(int32(min(max(wanted.maxKeys-p.count, 1), maxPage)))
		out, err := f.client.ListObjectsV2(ctx, in)
		if err != nil {
			return err
		}
		p.pages++
		for _, object := range out.Contents {
			if p.count == wanted.maxKeys {
				p.more = true
				return nil
			}
			if err := p.add(object, out.EncodingType); err != nil || p.more {
				return err
			}
		}
		if !aws.ToBool(out.IsTruncated) {
			return nil
		}
		if p.count == wanted.maxKeys {
			p.more = true
			return nil
		}
		if aws.ToString(out.NextContinuationToken) == "" {
			return errNoToken
		}
		in.ContinuationToken, in.StartAfter = out.NextContinuationToken, nil
	}
}
