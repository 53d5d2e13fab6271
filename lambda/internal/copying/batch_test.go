package copying

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/crossgrant/crossgrant/lambda/internal/failure"
)

// listed are the items of a batch as Step Functions gets them from ListObjectsV2.
func (f *fakeS3) listed(keys ...string) []map[string]any {
	var items []map[string]any
	for _, key := range keys {
		o := f.get(from, key)
		items = append(items, map[string]any{"Key": key, "Size": len(o.data), "Etag": o.etag, "LastModified": o.modified.Unix(), "StorageClass": "STANDARD"})
	}
	return items
}

// inventoried are the items of a batch from an inventory in CSV, or in Parquet.
func (f *fakeS3) inventoried(parquet bool, keys ...string) []map[string]any {
	var items []map[string]any
	for _, key := range keys {
		o := f.get(from, key)
		etag, at := strings.Trim(o.etag, `"`), o.modified.Format("2006-01-02T15:04:05.000Z")
		if parquet {
			items = append(items, map[string]any{"bucket": from, "key": key, "size": len(o.data), "e_tag": etag, "last_modified_date": o.modified.UnixMilli(), "is_latest": true})
		} else {
			items = append(items, map[string]any{"Bucket": from, "Key": url.QueryEscape(key), "Size": fmt.Sprint(len(o.data)), "ETag": etag, "LastModifiedDate": at, "IsLatest": "true"})
		}
	}
	return items
}

// batchOf is the input of a child workflow.
func batchOf(items []map[string]any, input map[string]any) string {
	event := map[string]any{"Items": items}
	if items == nil {
		event["Items"] = []any{}
	}
	if input != nil {
		event["BatchInput"] = input
	}
	text, _ := json.Marshal(event)
	return string(text)
}

func asURL(input map[string]any) map[string]any {
	all := map[string]any{"keys": "url"}
	for name, value := range input {
		all[name] = value
	}
	return all
}

func TestABatchOfItems(t *testing.T) {
	keys := []string{"a/1", "a/2 é+%", "a/large", "c/1"}
	filled := func() *fakeS3 {
		s := newFake()
		for _, key := range keys {
			s.put(from, key, key)
		}
		s.put(from, "a/large", strings.Repeat("x", 25))
		s.put(from, "b/1", "outside")
		s.put(from, "a/not in the batch", "x")
		return s
	}
	bare := func(keys ...string) (items []map[string]any) { // an inventory without optional fields
		for _, key := range keys {
			items = append(items, map[string]any{"Bucket": from, "Key": url.QueryEscape(key)})
		}
		return items
	}
	all := strings.Join(keys, " ")
	for _, c := range []struct {
		name, want, failed string
		items              func(*fakeS3) string
		ignored            int
	}{
		{"as listed", all, "", func(s *fakeS3) string { return batchOf(s.listed(keys...), nil) }, 0},
		{"in any order, one of them twice", all, "", func(s *fakeS3) string { return batchOf(s.listed("c/1", "a/large", "a/2 é+%", "a/1", "c/1"), nil) }, 1},
		{"of an inventory in CSV", all, "", func(s *fakeS3) string { return batchOf(s.inventoried(false, keys...), asURL(nil)) }, 0},
		{"of an inventory in Parquet", all, "", func(s *fakeS3) string { return batchOf(s.inventoried(true, keys...), nil) }, 0},
		{"of an inventory with names only", all, "", func(s *fakeS3) string { return batchOf(bare(keys...), asURL(nil)) }, 0},
		{"none", "", "", func(*fakeS3) string { return batchOf(nil, nil) }, 0},
		{"of other versions and delete markers", "a/1", "", func(s *fakeS3) string {
			items := s.inventoried(false, "a/1", "c/1", "a/large")
			items[1]["IsLatest"], items[2]["IsDeleteMarker"] = "false", "true"
			return batchOf(items, asURL(nil))
		}, 2},
		{"outside of the prefixes", "a/1", "b/1 event OutsidePrefixes", func(s *fakeS3) string { return batchOf(s.listed("b/1", "a/1"), nil) }, 0},
		{"of another bucket", "a/1", "c/1 event OtherBucket", func(s *fakeS3) string {
			items := s.inventoried(true, "c/1", "a/1")
			items[0]["bucket"] = "other"
			return batchOf(items, nil)
		}, 0},
		{"with one that has no key", "a/1", " event Refused", func(s *fakeS3) string { return batchOf(append(s.listed("a/1"), map[string]any{"Size": 3}), nil) }, 0},
		{"with one that is gone", "a/1", "", func(s *fakeS3) string {
			defer s.remove(from, "c/1")
			return batchOf(s.listed("a/1", "c/1"), nil)
		}, 0},
	} {
		s := filled()
		event := c.items(s)
		b, result := plain(t, New(s, grant("a/", "c/")), event)
		failed := ""
		for _, f := range b.Failed {
			failed += f.Key + " " + f.Operation + " " + f.Code
		}
		if got := s.keysIn(to); got != c.want || failed != c.failed || b.Ignored != c.ignored || (result.FunctionError == "CopyIncomplete") != (c.failed != "") {
			t.Errorf("%s: found %q and %s, expected %q and %q", c.name, got, result.Payload, c.want, c.failed)
		}
		for _, key := range strings.Fields(strings.ReplaceAll(c.want, "a/2 é+%", "")) {
			sameObject(t, s, key)
		}
		if b, result = plain(t, New(s, grant("a/", "c/")), event); b.Copied != 0 {
			t.Errorf("%s, again: found %s, expected no copy", c.name, result.Payload)
		}
	}
}

// A batch of a thousand keys in a row costs one listing of the destination and a request for each copy.
func TestRequestsOfABatch(t *testing.T) {
	s := newFake()
	var keys []string
	for i := range 500 {
		keys = append(keys, fmt.Sprintf("a/%04d", 1000+i))
		s.put(from, keys[i], "x")
	}
	for i := range 3000 { // beside them, before and behind
		s.put(to, fmt.Sprintf("a/%04d", i*3), "yy")
	}
	items := s.listed(keys...)
	s.calls = nil
	b, _ := plain(t, New(s, grant("a/")), batchOf(items, nil))
	if b.Copied != 500 || *b.Items != 500 || s.count("ListObjectsV2") != 1 || s.count("") != 501 {
		t.Errorf("found %d copied with %d listings and %d requests in all, expected 500, 1 and 501", b.Copied, s.count("ListObjectsV2"), s.count(""))
	}
}

// What the state machine passes on can be wrong.
func TestAMalformedBatch(t *testing.T) {
	for event, want := range map[string]string{
		`{"Items":{}}`:                                `field "Items": found an object, expected an array`,
		`{"Items":null}`:                              `field "Items": found null, expected an array`,
		`{"Items":[],"prefix":"a/"}`:                  `field "prefix": found an unknown name, expected only Items, BatchInput, next`,
		`{"Items":[],"BatchInput":[]}`:                `field "BatchInput": found an array, expected an object`,
		`{"Items":[],"BatchInput":{"large":1}}`:       `field "large": found an unknown name, expected only keys, largeBytes`,
		`{"Items":[],"BatchInput":{"keys":"base64"}}`: `field "keys": found a string of 6 bytes`,
		`{"Items":[],"BatchInput":{"keys":"URL"}}`:    `field "keys": found "URL", expected "plain" or "url"`,
		`{"Items":[],"BatchInput":{"largeBytes":-1}}`: `field "largeBytes": found the number -1`,
		`{"Items":[],"next":"x"}`:                     `field "next": found a token that was altered`,
	} {
		b, result := plain(t, New(newFake(), grant()), event)
		if strings.Contains(event, "base64") {
			want = `field "keys": found "base64", expected "plain" or "url"`
		}
		if b.StatusCode != 400 || result.FunctionError != "CopyFailed" || !strings.HasPrefix(b.Error, want) {
			t.Errorf("%s: found %s, expected %s", event, result.Payload, want)
		}
	}
}

// A token of one batch names no key of another.
func TestATokenIsForItsBatch(t *testing.T) {
	s := newFake()
	s.put(from, "a/1", "x")
	s.put(from, "a/2", "x")
	g := grant("a/")
	read := func(next string, keys ...string) error {
		_, err := readRequest([]byte(strings.TrimSuffix(batchOf(s.listed(keys...), nil), "}")+`,"next":"`+next+`"}`), g)
		return err
	}
	of := func(uploads []upload, keys ...string) string {
		r, err := readRequest([]byte(batchOf(s.listed(keys...), nil)), g)
		if err != nil {
			t.Fatal(err)
		}
		text, _ := position{After: "a/1", Uploads: uploads}.encode(g, r.of)
		return text
	}
	if err := read(of([]upload{{Key: "a/1"}}, "a/1"), "a/1"); err != nil {
		t.Error(err)
	}
	if err := read(of(nil, "a/1"), "a/2"); err == nil {
		t.Error("the token of another batch was accepted")
	}
	if err := read(of([]upload{{Key: "a/2"}}, "a/1"), "a/1"); err == nil {
		t.Error("a token with the key of another batch was accepted")
	}
}

// Large items among others are left to invocations of their own, unless the destination has them. Alone they are copied.
func TestLargeItemsAreLeftToInvocationsOfTheirOwn(t *testing.T) {
	s := newFake()
	for _, key := range []string{"a/1", "a/large", "a/larger", "a/there"} {
		s.put(from, key, strings.Repeat(key, 10))
	}
	s.put(from, "a/1", "x")
	s.put(to, "a/there", strings.Repeat("a/there", 10))
	items := s.listed("a/there", "a/larger", "a/1", "a/large")
	f := New(s, grant("a/"))
	b, result := plain(t, f, batchOf(items, map[string]any{"largeBytes": 69}))
	if !slices.Equal(b.Large, []int{1, 3}) || s.keysIn(to) != "a/1 a/there" || result.Err != nil || b.Skipped.ETag != 1 {
		t.Fatalf("found %s and %s, expected the large items 1 and 3", result.Payload, s.keysIn(to))
	}
	for _, i := range b.Large {
		if b, result = plain(t, f, batchOf(items[i:i+1], map[string]any{"largeBytes": 69})); b.Copied != 1 || b.Large != nil {
			t.Errorf("alone: found %s", result.Payload)
		}
	}
	sameObject(t, s, "a/large")
	sameObject(t, s, "a/larger")
	s.remove(to, "a/large")
	if b, _ = plain(t, f, batchOf(s.listed("a/1", "a/large"), map[string]any{"largeBytes": 70})); b.Large != nil {
		t.Errorf("of exactly the size: found %v, expected none", b.Large)
	}
}

// Keys that failed do not keep the large items of their batch from being copied, and make it fail behind them: also if the origin has changed since
// it was listed, so that a copy of a large item never equals it.
func TestLargeItemsBesideFailedKeys(t *testing.T) {
	s := newFake()
	s.put(from, "a/large", strings.Repeat("x", 50))
	s.put(from, "a/denied", "x")
	event := batchOf(s.listed("a/large", "a/denied"), map[string]any{"largeBytes": 40})
	s.put(from, "a/large", strings.Repeat("y", 60))
	s.before = func(_ context.Context, c call) error {
		if c.op == "CopyObject" && c.key == "a/denied" {
			return says(c.op, 403, "AccessDenied")
		}
		return nil
	}
	f := New(s, grant("a/"))
	b, result := plain(t, f, event)
	if !slices.Equal(b.Large, []int{0}) || b.Next == "" || result.Err != nil {
		t.Fatalf("found %s, expected the large item and a next", result.Payload)
	}
	s.put(to, "a/large", strings.Repeat("y", 60)) // by its own invocation
	b, result = plain(t, f, strings.TrimSuffix(event, "}")+`,"next":"`+b.Next+`"}`)
	if result.FunctionError != "CopyIncomplete" || b.Large != nil || len(b.Failed) != 1 || b.Failed[0].Key != "a/denied" || s.count("UploadPartCopy") != 0 {
		t.Errorf("found %s, expected the denied key as a function error, and nothing of the large item", result.Payload)
	}
}

// The failed keys of a batch fit into what Step Functions takes as a cause, in a JSON string; a message is there once, and the others are counted.
func TestTheFailuresOfABatchFitIntoACause(t *testing.T) {
	s := newFake()
	var keys []string
	for i := range 500 {
		keys = append(keys, fmt.Sprintf("a/%s-%03d", strings.Repeat(`"`, 300), i))
		s.put(from, keys[i], "x")
	}
	s.before = func(_ context.Context, c call) error {
		if c.op == "CopyObject" {
			return says(c.op, 403, "AccessDenied")
		}
		return nil
	}
	b, result := plain(t, New(s, grant("a/")), batchOf(s.listed(keys...), nil))
	cause, _ := json.Marshal(map[string]string{"errorType": result.FunctionError, "errorMessage": string(result.Payload)})
	if len(cause) > 32768 {
		t.Errorf("found a cause of %d bytes, expected at most 32768", len(cause))
	}
	last := b.Failed[len(b.Failed)-1]
	messages := 0
	for _, f := range b.Failed {
		if f.Message != "" && f.Code == "AccessDenied" {
			messages++
		}
	}
	if result.FunctionError != "CopyIncomplete" || messages != 1 || last.Code != "TooMany" || s.count("CopyObject") != 500 ||
		!strings.HasPrefix(last.Message, fmt.Sprint(500-len(b.Failed)+1)+" more keys failed") {
		t.Errorf("found %d of them with %d messages, %d copies tried, the last %+v", len(b.Failed), messages, s.count("CopyObject"), last)
	}
}

// A batch that runs out of time goes on where it was, and gives no next beside failed keys, since Step Functions begins a failed batch again.
func TestABatchThatRunsOutOfTime(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := newFake()
			keys := []string{"a/1", "a/2", "a/3", "a/4", "a/5", "a/6"}
			for _, key := range keys {
				s.put(from, key, key)
			}
			s.before = func(_ context.Context, c call) error {
				if c.op == "CopyObject" {
					time.Sleep(40 * time.Millisecond)
					if fails && c.key == "a/1" {
						return says(c.op, 403, "AccessDenied")
					}
				}
				return nil
			}
			g := grant("a/")
			g.Parallel = 1
			f := New(s, g)
			event := batchOf(s.listed(keys...), nil)
			ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
			defer cancel()
			b, result := serve(t, ctx, f, event)
			if fails {
				if result.FunctionError != "CopyIncomplete" || b.Next != "" || len(b.Failed) != 1 {
					t.Errorf("found %s, expected a failed key and no next", result.Payload)
				}
				return
			}
			if result.Err != nil || b.Next == "" || s.keysIn(to) != "a/1 a/2" {
				t.Fatalf("found %s and %s, expected two copies and a next", result.Payload, s.keysIn(to))
			}
			s.calls = nil
			if b, result = plain(t, f, strings.TrimSuffix(event, "}")+`,"next":"`+b.Next+`"}`); b.Copied != 4 || b.Next != "" || s.count("CopyObject") != 4 {
				t.Errorf("found %s after %d copies, expected the other four", result.Payload, s.count("CopyObject"))
			}
		})
	}
}

// Whatever interrupts the batches of a run and whatever fails: a child workflow that follows large and next, and is begun again when it failed, has
// every item at the destination, or failed with it by name.
func TestBatchesEndWithEveryItemCopiedOrReported(t *testing.T) {
	forSeeds(t, 300, runBatches)
}

func runBatches(t *testing.T, seed uint64) bool {
	dice := rand.New(rand.NewPCG(seed, 0))
	s := newFake()
	s.pageSize, s.partPage = 1+dice.IntN(7), 1+dice.IntN(4)
	s.buckets[to].kms, s.buckets[to].plain = dice.IntN(2) == 0, dice.IntN(2) == 0
	var keys []string
	for i := range 1 + dice.IntN(20) {
		key := fmt.Sprintf("%c/%d é+%%", 'a'+rune(dice.IntN(3)), i)
		keys = append(keys, key)
		o := s.put(from, key, strings.Repeat(fmt.Sprint(i%10), dice.IntN(70)))
		if dice.IntN(3) == 0 {
			s.put(to, key, strings.Repeat("-", 1+dice.IntN(70))).modified = o.modified
		}
		if dice.IntN(3) == 0 {
			s.put(to, key+"x", "only here")
		}
	}
	form, input := dice.IntN(3), map[string]any{}
	if dice.IntN(2) == 0 {
		input["largeBytes"] = dice.IntN(70)
	}
	items := s.listed(keys...)
	if form > 0 {
		items = s.inventoried(form == 2, keys...)
	}
	if form == 1 {
		input = asURL(input)
	}
	dice.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	g := grant("a/", "c/")
	g.Parallel = 1 + dice.IntN(6)
	f := New(s, g)
	budget, failures := 3+dice.IntN(40), dice.IntN(12)
	var mu sync.Mutex
	left := 0
	reported := map[string]bool{}

	// copy is what the state machine does for one batch or one large item: one task, and again with next.
	var copyAll func(items []map[string]any) bool
	copyAll = func(items []map[string]any) bool {
		event := batchOf(items, input)
		for next := ""; ; {
			ctx, cancel := context.WithCancel(context.Background())
			mu.Lock()
			left, budget = budget, budget+1+dice.IntN(3)
			mu.Unlock()
			s.before = func(_ context.Context, c call) error {
				mu.Lock()
				defer mu.Unlock()
				if c.op == "AbortMultipartUpload" {
					return nil
				}
				if left--; left <= 0 {
					cancel()
				}
				if failures > 0 && dice.IntN(15) == 0 {
					failures--
					return says(c.op, 500, "InternalError")
				}
				return nil
			}
			with := event
			if next != "" {
				with = strings.TrimSuffix(event, "}") + `,"next":"` + next + `"}`
			}
			b, result := serve(t, ctx, f, with)
			cancel()
			if b.StatusCode == 400 {
				t.Errorf("found %s", result.Payload)
				return true
			}
			if result.FunctionError != "" {
				for _, failed := range b.Failed {
					reported[failed.Key] = failed.Code == "OutsidePrefixes"
				}
				if b.Next != "" || len(b.Failed) == 0 && b.StatusCode == 0 {
					t.Errorf("found %s", result.Payload)
				}
				return false
			}
			for _, i := range b.Large {
				if !copyAll(items[i : i+1]) {
					return false
				}
			}
			if next = b.Next; next == "" {
				return true
			}
		}
	}
	for tries := 0; ; tries++ {
		calm := budget > 500
		if calm {
			failures = 0
		}
		if copyAll(items) || calm && slices.ContainsFunc(keys, func(key string) bool { return reported[key] }) {
			break // items that nobody may copy fail each time, and the others of their batch are copied all the same
		}
		if budget += 100; tries > 100 {
			t.Error("the batch still fails")
			break
		}
	}
	s.before = nil
	for _, key := range keys {
		if strings.HasPrefix(key, "b/") {
			if !reported[key] {
				t.Errorf("%s is outside of the prefixes, and was not reported", key)
			}
			continue
		}
		sameObject(t, s, key)
	}
	return !t.Failed()
}

func TestTimesOfItems(t *testing.T) {
	want := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for text, ok := range map[string]bool{
		"2026-01-02T03:04:05Z": true, "2026-01-02T03:04:05.000Z": true, "1767323045": true, "1767323045000": true, "1.767323045E9": true,
		"": false, "yesterday": false, "-1": false, "0": false, "NaN": false, "1767323045000000": false,
	} {
		if got := parseTime(text); ok && !got.Equal(want) || !ok && !got.IsZero() {
			t.Errorf("%q: found %s", text, got)
		}
	}
}

// A refused item is of no AWS call.
func TestCodesOfRefusedItems(t *testing.T) {
	if got := grant().failedKey("k", &refusal{"OutsidePrefixes", "m"}); got.Operation != "event" || got.Code == failure.CodeInternal {
		t.Errorf("found %+v", got)
	}
}
