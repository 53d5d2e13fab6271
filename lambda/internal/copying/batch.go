package copying

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// itemBatch is the input of a child workflow of Step Functions' Distributed Map: {"Items":[…],"BatchInput":{…}}. Its items are objects of the origin as
// ListObjectsV2 or an inventory lists them, and are copied as in a walk: the destination is listed once from the first key on, and the time that
// is over gives a next, with which the same batch continues.
//
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
type itemBatch struct {
	items   []item // those to copy, in the order of their keys, each key once
	refused []refusedItem
	total   int
	ignored int
	// largeBytes is the size above which an item among others is left to an invocation of its own. Zero is none.
	largeBytes int64
}

// item is an object that the batch names; its size is unknownSize if size or time is not known.
type item struct {
	entry
	index int // in Items
}

// refusedItem is an item that is not copied.
type refusedItem struct {
	key string
	why error
}

// maxBatchAnswer is the most bytes of the failed keys in a function error: Step Functions takes 32,768 characters as the cause of a failed
// execution, of which the rest of the answer needs some.
// See https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html.
const maxBatchAnswer = 24 << 10

// readBatch reads {"Items","BatchInput","next"}. BatchInput may have "keys", which is "url" if the keys are encoded as in an inventory in CSV, and
// "largeBytes".
//
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html#storage-inventory-contents
func readBatch(object event.Object, grant Grant) (*itemBatch, error) {
	if err := object.Only("Items", "BatchInput", "next"); err != nil {
		return nil, err
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(object["Items"], &raws); err != nil || raws == nil {
		return nil, &event.Invalid{Field: `field "Items"`, Found: event.Describe(object["Items"]), Expected: "an array of objects of a listing or an inventory"}
	}
	b := &itemBatch{total: len(raws)}
	encoding, err := b.readInput(object["BatchInput"])
	if err != nil {
		return nil, err
	}
	for i, raw := range raws {
		b.add(i, raw, encoding, grant)
	}
	slices.SortStableFunc(b.items, func(x, y item) int {
		return cmp.Or(cmp.Compare(x.key, y.key), y.modified.Compare(x.modified))
	})
	distinct := slices.CompactFunc(b.items, func(x, y item) bool { return x.key == y.key })
	b.ignored += len(b.items) - len(distinct)
	b.items = distinct
	return b, nil
}

func (b *itemBatch) readInput(raw json.RawMessage) (encoding types.EncodingType, err error) {
	if len(raw) == 0 {
		return "", nil
	}
	if !bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
		return "", &event.Invalid{Field: `field "BatchInput"`, Found: event.Describe(raw), Expected: "an object"}
	}
	input, err := event.Parse(raw)
	if err != nil {
		return "", err
	}
	if err := input.Only("keys", "largeBytes"); err != nil {
		return "", err
	}
	large, err := input.Whole("largeBytes", 0, math.MaxInt, 0)
	if err != nil {
		return "", err
	}
	b.largeBytes = int64(large)
	keys, _, err := input.Text("keys", 8)
	if err == nil && keys != "" && keys != "plain" && keys != "url" {
		err = &event.Invalid{Field: `field "keys"`, Found: event.Quote(keys), Expected: `"plain" or "url"`}
	}
	if keys == "url" {
		encoding = types.EncodingTypeUrl
	}
	return encoding, err
}

// add reads one item.
func (b *itemBatch) add(index int, raw json.RawMessage, encoding types.EncodingType, grant Grant) {
	fields := itemFields{}
	if !fields.read(raw) {
		b.refuse("", fmt.Sprintf("Items[%d]: found %s, expected an object with Key", index, event.Describe(raw)), "Refused")
		return
	}
	key, err := s3keys.Decode(fields.text("key"), encoding)
	switch {
	case err != nil:
		b.refuse(fields.text("key"), fmt.Sprintf("Items[%d]: %v", index, err), "Refused")
		return
	case key == "" || len(key) > s3keys.Max:
		b.refuse("", fmt.Sprintf("Items[%d]: found a key of %d bytes, expected 1 to %d", index, len(key), s3keys.Max), "Refused")
		return
	case fields.text("bucket") != "" && fields.text("bucket") != grant.Origin:
		b.refuse(key, fmt.Sprintf("found an object of bucket %s, expected one of bucket %s; check whose inventory this is", event.Quote(fields.text("bucket")), grant.Origin), "OtherBucket")
		return
	case !s3keys.Covers(grant.prefixes(), key):
		b.refuse(key, "found a key outside of the granted prefixes; check which prefix the state machine or the inventory lists", "OutsidePrefixes")
		return
	case fields.text("islatest") == "false" || fields.text("isdeletemarker") == "true":
		b.ignored++
		return
	}
	b.items = append(b.items, item{fields.entry(key), index})
}

func (b *itemBatch) refuse(key, message, code string) {
	b.refused = append(b.refused, refusedItem{key, &refusal{code, message}})
}

// digest identifies the items.
func (b *itemBatch) digest() string {
	sum := sha256.New()
	for _, i := range b.items {
		fmt.Fprintf(sum, "%d\x00%s", len(i.key), i.key)
	}
	return "items " + hex.EncodeToString(sum.Sum(nil))
}

func (b *itemBatch) find(key string) (int, bool) {
	return slices.BinarySearchFunc(b.items, key, func(i item, key string) int { return cmp.Compare(i.key, key) })
}

// has reports whether an item has the key.
func (b *itemBatch) has(key string) bool {
	_, ok := b.find(key)
	return ok
}

// isLarge reports whether an item's object is left to an invocation of its own, and the number of the item.
func (b *itemBatch) isLarge(e entry) (index int, large bool) {
	if b == nil || b.largeBytes == 0 || b.total == 1 || e.size <= b.largeBytes {
		return 0, false
	}
	at, _ := b.find(e.key)
	return b.items[at].index, true
}

// repeatsAfterLarge reports whether the batch begins again after its large items, although keys failed: a failed execution would never get to the
// large ones. The next invocation then tries the failed keys again, and fails with those that fail again.
func (w *walk) repeatsAfterLarge(err error) bool {
	return err == nil && len(w.large) > 0 && w.report.err() != nil
}

// under returns the items with a prefix, behind a key.
func (b *itemBatch) under(prefix, after string) *itemSource {
	at, _ := b.find(prefix)
	rest := b.items[at:]
	end := slices.IndexFunc(rest, func(i item) bool { return !strings.HasPrefix(i.key, prefix) })
	if end >= 0 {
		rest = rest[:end]
	}
	for len(rest) > 0 && rest[0].key <= after {
		rest = rest[1:]
	}
	return &itemSource{rest}
}

// itemSource has items in the order of their keys.
type itemSource struct{ rest []item }

func (s *itemSource) seek(context.Context, string) (entry, bool, error) {
	if len(s.rest) == 0 {
		return entry{}, false, nil
	}
	return s.rest[0].entry, true, nil
}

func (s *itemSource) advance(entry) { s.rest = s.rest[1:] }

// items starts a job for each item with a prefix that needs one.
func (w *walk) items(prefix string) error {
	origins := w.wanted.batch.under(prefix, w.last)
	if len(origins.rest) == 0 {
		return nil
	}
	// A batch needs about one page, so none is read ahead.
	destinations := newCursor(w.client, nil, w.grant.Destination, prefix, w.last)
	defer func() { w.pages += destinations.pages }()
	return w.compareAll(origins, destinations)
}

// refuseItems reports what is refused, and prepares the report for a batch.
func (w *walk) refuseItems() {
	b := w.wanted.batch
	w.report.brief, w.report.maxBytes = map[string]bool{}, tail+maxBatchAnswer
	w.report.body.Items, w.report.body.Ignored = &b.total, b.ignored
	for _, r := range b.refused {
		w.report.failed(w.grant.loggedKey(r.key, r.why))
	}
}

// batchCounts puts the large items into the answer, and returns the counts of a batch.
func (w *walk) batchCounts() []slog.Attr {
	b := w.wanted.batch
	if b == nil {
		return nil
	}
	slices.Sort(w.large)
	w.report.body.Large = w.large
	return []slog.Attr{slog.Int("items", b.total), slog.Int("ignored", b.ignored), slog.Int("large", len(w.large))}
}

// itemFields are the fields of an item, by their names in lower case without "_": ListObjectsV2 has LastModified, an inventory in CSV
// LastModifiedDate, and one in Parquet last_modified_date.
type itemFields map[string]json.RawMessage

func (f itemFields) read(raw json.RawMessage) bool {
	object := map[string]json.RawMessage{}
	if json.Unmarshal(raw, &object) != nil || len(object) == 0 {
		return false
	}
	for name, value := range object {
		f[strings.ReplaceAll(strings.ToLower(name), "_", "")] = value
	}
	return true
}

// text returns a field as text, whether it is a JSON string, a number, true or false; empty if it is absent.
func (f itemFields) text(name string) string {
	raw := f[name]
	var text string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return ""
	case json.Unmarshal(raw, &text) == nil:
		return text
	}
	return string(raw)
}

// entry returns the object; without size or time, that is for the job to look up.
func (f itemFields) entry(key string) entry {
	size, err := strconv.ParseInt(f.text("size"), 10, 64)
	modified := parseTime(cmp.Or(f.text("lastmodified"), f.text("lastmodifieddate")))
	if err != nil || size < 0 || modified.IsZero() {
		return entry{key: key, size: unknownSize}
	}
	e := entry{key: key, size: size, modified: modified}
	if etag := unquoted(f.text("etag")); etag != "" {
		e.etag = `"` + etag + `"`
	}
	return e
}

// parseTime reads a time as ISO 8601, in seconds or in milliseconds since 1970; zero if it is none of these.
func parseTime(text string) time.Time {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at
	}
	n, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil || !(0 < n && n < 1e14): // NaN is neither
		return time.Time{}
	case n > 1e11:
		return time.UnixMilli(int64(n))
	}
	return time.Unix(int64(n), 0)
}
