package scanning

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
)

// errFull says that the answer has no room for even one more item.
var errFull = errors.New("the answer is full")

// scan fills p with up to the wanted number of items. A page of DynamoDB has up to 1 MB and one item up to 400 KB, which as JSON may be seven
// times as long: an answer may end before the limit, with next.
func (f *Function) scan(ctx context.Context, p *page, wanted request) error {
	from := wanted.start
	for {
		items, last, cut, err := f.read(ctx, p, from, wanted.limit-p.count)
		switch {
		case errors.Is(err, errFull) && p.count == 0:
			return &failure.Failure{Status: http.StatusInternalServerError, Message: fmt.Sprintf(
				"the next item of table %s alone is larger, as JSON, than an answer of Lambda can be", f.grant.Table)}
		case errors.Is(err, errFull), err != nil && ctx.Err() != nil && p.pages > 0:
			p.last = from
			return nil
		case err != nil:
			return startError(err, wanted)
		}
		p.pages++
		p.add(items)
		p.last = last
		if len(last) == 0 || cut || p.count >= wanted.limit {
			return nil
		}
		from = last
	}
}

// read reads one page or, if it does not fit, the same page again with as many items as fit (cut): only DynamoDB knows the key at which a
// shorter page ends. Items that changed in between are measured again.
func (f *Function) read(ctx context.Context, p *page, from key, limit int) (items [][]byte, last key, cut bool, err error) {
	for {
		out, err := f.client.Scan(ctx, &dynamodb.ScanInput{
			TableName:         aws.String(f.grant.Table),
			ExclusiveStartKey: from,
			Limit:             aws.Int32(int32(limit)),
		})
		if err != nil {
			return nil, nil, false, err
		}
		if len(out.Items) > limit {
			return nil, nil, false, fmt.Errorf("scan table %s: found %d items, expected at most %d", f.grant.Table, len(out.Items), limit)
		}
		items = items[:0]
		for _, item := range out.Items {
			encoded, err := encodeItem(item)
			if err != nil {
				return nil, nil, false, fmt.Errorf("item of table %s: %w", f.grant.Table, err)
			}
			items = append(items, encoded)
		}
		fit := p.fitting(items)
		switch {
		case fit == len(items):
			return items, out.LastEvaluatedKey, cut, nil
		case fit == 0:
			return nil, nil, false, errFull
		}
		limit, cut = fit, true
	}
}

// startError returns the error of a next whose key DynamoDB refuses, which happens when the table was replaced by one with another key.
func startError(err error, wanted request) error {
	if len(wanted.start) == 0 || awserror.Code(err) != "ValidationException" {
		return err
	}
	message := strings.ToLower(awserror.Message(err))
	if !strings.Contains(message, "start key") && !strings.Contains(message, "starting key") &&
		!strings.Contains(message, "exclusivestartkey") {
		return err
	}
	field := `field "next"`
	if wanted.proxy {
		field = `query parameter "next"`
	}
	return &event.Invalid{Field: field, Found: "a key that the table refuses", Expected: "the next of an earlier answer of this table"}
}
