package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/crossgrant/crossgrant/bench/functions/stubapi"
)

type page struct {
	Contents              []struct{ Key string }
	NextContinuationToken string
	IsTruncated           bool
}

func start(t *testing.T, set behaviour) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	s := newServer()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.converse(conn)
		}
	}()
	body, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + listener.Addr().String()
	if status, _ := ask(t, http.MethodPost, url+"/_stub", string(body), nil); status != http.StatusOK {
		t.Fatalf("found status %d", status)
	}
	return url
}

func ask(t *testing.T, method, url, body string, header map[string]string) (int, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

func TestListingsHaveEachKeyOnce(t *testing.T) {
	at := start(t, behaviour{Buckets: map[string]stubapi.Bucket{"origin": {Keys: 2500, Size: 4096, Prefixes: []string{"inbox/", "reports/"}}}})
	for _, c := range []struct {
		query string
		want  int
	}{
		{"", 2500},
		{"&prefix=inbox%2F", 1250},
		{"&prefix=reports%2F", 1250},
		{"&prefix=none%2F", 0},
		{"&prefix=inbox%2Freport-2026-01-01-00000007.json", 1},
		{"&start-after=inbox%2Freport-2026-01-01-00000009.json", 2490},
		{"&max-keys=7&prefix=inbox%2Freport-2026-01-01-000000", 100},
	} {
		seen, token, last := 0, "", ""
		for {
			_, text := ask(t, http.MethodGet, at+"/origin?list-type=2"+c.query+"&continuation-token="+url.QueryEscape(token), "", nil)
			var p page
			if err := xml.Unmarshal([]byte(text), &p); err != nil {
				t.Fatal(err)
			}
			for _, o := range p.Contents {
				if o.Key <= last {
					t.Fatalf("%s: found %s behind %s", c.query, o.Key, last)
				}
				last = o.Key
				seen++
			}
			if token = p.NextContinuationToken; !p.IsTruncated {
				break
			}
		}
		if seen != c.want {
			t.Errorf("%s: found %d keys, expected %d", c.query, seen, c.want)
		}
	}
}

func TestThrottlingIsTheShareAskedFor(t *testing.T) {
	at := start(t, behaviour{Throttle: 0.25, Seed: 3})
	refused := 0
	for n := range 400 {
		if status, _ := ask(t, http.MethodPut, fmt.Sprint(at, "/to/inbox/", n), "", map[string]string{"x-amz-copy-source": "from/inbox/1"}); status == http.StatusServiceUnavailable {
			refused++
		}
	}
	var now counts
	_, text := ask(t, http.MethodGet, at+"/_stub", "", nil)
	if err := json.Unmarshal([]byte(text), &now); err != nil {
		t.Fatal(err)
	}
	if refused < 60 || refused > 140 || now.Throttled != refused || now.Copied != 400-refused || now.Requests["CopyObject"] != 400 {
		t.Errorf("found %d refused and %+v, expected about 100", refused, now)
	}
}

func TestAPrefixTakesNoMoreThanItsLimit(t *testing.T) {
	var l prefixLimits
	taken := 0
	for range 1000 {
		if l.take("inbox/", 200) {
			taken++
		}
	}
	if !l.take("reports/", 200) {
		t.Error("the limit of one prefix met another")
	}
	if taken < 10 || taken > 100 {
		t.Errorf("found %d at once, expected about the 10 of a twentieth of a second", taken)
	}
}

func TestScanPages(t *testing.T) {
	at := start(t, behaviour{Items: 25})
	seen, key := 0, ""
	for {
		_, text := ask(t, http.MethodPost, at+"/", `{"TableName":"t","Limit":10`+key+`}`, map[string]string{"x-amz-target": "DynamoDB_20120810.Scan"})
		var p struct {
			Items            []json.RawMessage
			LastEvaluatedKey json.RawMessage
		}
		if err := json.Unmarshal([]byte(text), &p); err != nil {
			t.Fatal(err)
		}
		seen += len(p.Items)
		if p.LastEvaluatedKey == nil {
			break
		}
		key = `,"ExclusiveStartKey":` + string(p.LastEvaluatedKey)
	}
	if seen != 25 {
		t.Errorf("found %d items, expected 25", seen)
	}
}

func TestTrailIsARealFile(t *testing.T) {
	file := trail(2000)
	in, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Records []map[string]any }
	if err := json.Unmarshal(text, &all); err != nil || len(all.Records) != 2000 {
		t.Fatalf("found %d records, %v", len(all.Records), err)
	}
	// Of the size and the entropy that the figures speak of.
	size, ratio := float64(len(text))/2000, float64(len(text))/float64(len(file))
	if size < 1600 || size > 1950 || ratio < 6 || ratio > 7 {
		t.Errorf("found %.0f bytes a record and %.1f:1, expected about 1,760 and 6.5:1", size, ratio)
	}
}

func TestCopiesTakeTheirTime(t *testing.T) {
	set := behaviour{Buckets: map[string]stubapi.Bucket{"from": {Keys: 1, Size: 1 << 30, Prefixes: []string{"inbox/"}}}}
	for _, c := range []struct {
		op   operation
		r    request
		want int64
	}{
		{copyObject, request{copySource: "/from/inbox/1"}, 1 << 30},
		{copyObject, request{copySource: "from%2Finbox%2F1"}, 1 << 30},
		{copyPart, request{copySource: "from/inbox/1", copyRange: "bytes=100-199"}, 100},
		{listObjects, request{}, 0},
	} {
		if got := copiedBytes(set, c.op, c.r); got != c.want {
			t.Errorf("%v of %+v: found %d bytes, expected %d", c.op, c.r, got, c.want)
		}
	}
	at := start(t, behaviour{LatencyMs: 30})
	began := time.Now()
	ask(t, http.MethodGet, at+"/from?list-type=2", "", nil)
	if took := time.Since(began); took < 30*time.Millisecond {
		t.Errorf("found an answer after %s, expected 30 ms", took)
	}
}
