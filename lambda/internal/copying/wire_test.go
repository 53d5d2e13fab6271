package copying

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
)

// seen is one request as it came over the wire.
type seen struct {
	op     string // as the API reference calls it
	path   string // decoded
	query  url.Values
	header http.Header
	body   string
}

type reply struct {
	status int
	header map[string]string
	body   string
}

// wire lets a function with the real client of S3 talk to answer, which is given each request, and keeps them.
func wire(t *testing.T, attempts int, answer func(seen) reply) (*Function, func(op string) []seen) {
	t.Helper()
	var mu sync.Mutex
	var all []seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		made := seen{operation(r), r.URL.Path, r.URL.Query(), r.Header, string(text)}
		mu.Lock()
		all = append(all, made)
		mu.Unlock()
		got := answer(made)
		for name, value := range got.header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(got.status)
		_, _ = io.WriteString(w, got.body)
	}))
	t.Cleanup(server.Close)
	config := fakeaws.Config(server.URL)
	config.RetryMaxAttempts = attempts
	g := grant()
	g.PartBytes, g.RoleARN = 5<<20, ""
	return New(s3.NewFromConfig(config), g), func(op string) (found []seen) {
		mu.Lock()
		defer mu.Unlock()
		for _, s := range all {
			if s.op == op {
				found = append(found, s)
			}
		}
		return found
	}
}

func operation(r *http.Request) string {
	query := r.URL.Query()
	switch {
	case query.Has("list-type"):
		return "ListObjectsV2"
	case r.Method == http.MethodHead:
		return "HeadObject"
	case query.Has("tagging"):
		return "GetObjectTagging"
	case r.Method == http.MethodGet && query.Has("uploads"):
		return "ListMultipartUploads"
	case query.Has("uploads"):
		return "CreateMultipartUpload"
	case query.Has("partNumber"):
		return "UploadPartCopy"
	case r.Method == http.MethodGet && query.Has("uploadId"):
		return "ListParts"
	case r.Method == http.MethodDelete:
		return "AbortMultipartUpload"
	case query.Has("uploadId"):
		return "CompleteMultipartUpload"
	}
	return "CopyObject"
}

func listed(size int64, keys ...string) reply {
	var out strings.Builder
	out.WriteString(`<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>`)
	for _, key := range keys {
		fmt.Fprintf(&out, `<Contents><Key>%s</Key><Size>%d</Size><ETag>&quot;e&quot;</ETag><LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>`,
			strings.ReplaceAll(url.QueryEscape(key), "%2F", "/"), size)
	}
	return reply{status: 200, body: out.String() + `</ListBucketResult>`}
}

const wrong200 = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>InternalError</Code><Message>We encountered an internal error. Please try again.</Message></Error>`

// s3Says answers as S3 does for one object of the origin with two parts; other may answer first.
func s3Says(key string, size int64, other func(seen) (reply, bool)) func(seen) reply {
	return func(s seen) reply {
		if got, ok := other(s); ok {
			return got
		}
		switch s.op {
		case "ListObjectsV2":
			if strings.HasPrefix(s.path, "/"+from) {
				return listed(size, key)
			}
			return listed(0)
		case "HeadObject":
			return reply{status: 200, header: map[string]string{"content-length": fmt.Sprint(size), "etag": `"e"`}}
		case "CreateMultipartUpload":
			return reply{status: 200, body: `<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>`}
		case "UploadPartCopy":
			return reply{status: 200, body: `<CopyPartResult><ETag>"p` + s.query.Get("partNumber") + `"</ETag><ChecksumCRC64NVME>c` + s.query.Get("partNumber") + `</ChecksumCRC64NVME></CopyPartResult>`}
		case "CompleteMultipartUpload":
			return reply{status: 200, body: `<CompleteMultipartUploadResult><ETag>"x-2"</ETag></CompleteMultipartUploadResult>`}
		case "AbortMultipartUpload":
			return reply{status: 204}
		case "ListMultipartUploads":
			return reply{status: 200, body: `<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>`}
		}
		return reply{status: 200, body: `<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>`}
	}
}

func nothing(seen) (reply, bool) { return reply{}, false }

func TestKeysOverTheWire(t *testing.T) {
	for key, source := range map[string]string{
		"plain/1.txt":   "reports/plain/1.txt",
		"a b":           "reports/a%20b",
		"a+b":           "reports/a%2Bb",
		"100%25":        "reports/100%2525",
		"a?versionId=b": "reports/a%3FversionId%3Db",
		"a&b=c#d;e":     "reports/a%26b%3Dc%23d%3Be",
		"a//b/":         "reports/a//b/",
		"/a":            "reports//a",
		"a/../b/./c":    "reports/a/../b/./c",
		"é/😀/あ":         "reports/%C3%A9/%F0%9F%98%80/%E3%81%82",
		"a\x01\nb":      "reports/a%01%0Ab",
		`"a\'<b>`:       "reports/%22a%5C%27%3Cb%3E",
		"a:b@c$d!e*(f)": "reports/a%3Ab%40c%24d%21e%2A%28f%29",
	} {
		for _, size := range []int64{3, 6 << 20} {
			f, calls := wire(t, 1, s3Says(key, size, nothing))
			if b, result := plain(t, f, `{}`); b.Copied != 1 || result.Err != nil {
				t.Errorf("%q: %s", key, result.Payload)
				continue
			}
			op := map[int64]string{3: "CopyObject", 6 << 20: "UploadPartCopy"}[size]
			made := calls(op)[0]
			if made.path != "/lake/"+key || made.header.Get("X-Amz-Copy-Source") != source {
				t.Errorf("%q: %s to %q from %q, expected from %q", key, op, made.path, made.header.Get("X-Amz-Copy-Source"), source)
			}
		}
	}
}

func TestOneRequestAsksForNoRightBeyondTheGrant(t *testing.T) {
	f, calls := wire(t, 1, s3Says("k", 3, nothing))
	plain(t, f, `{}`)
	header := calls("CopyObject")[0].header
	if got := header.Get("X-Amz-Object-Annotation-Directive"); got != "EXCLUDE" {
		t.Errorf("annotations: found %q, expected EXCLUDE", got)
	}
	for name := range header {
		switch name := strings.ToLower(name); name {
		case "x-amz-copy-source", "x-amz-copy-source-if-match", "x-amz-content-sha256", "x-amz-date", "x-amz-object-annotation-directive":
		default:
			if strings.HasPrefix(name, "x-amz-") {
				t.Errorf("found the header %s: %s", name, header.Get(name))
			}
		}
	}
}

func TestMetadataAndTagsOfACopyInParts(t *testing.T) {
	head := map[string]string{
		"content-length": fmt.Sprint(6 << 20), "etag": `"e"`, "content-type": "image/png", "content-encoding": "gzip", "content-language": "ja",
		"content-disposition": `attachment; filename="a b"`, "cache-control": "no-cache", "expires": "0", "x-amz-website-redirect-location": "/elsewhere",
		"x-amz-meta-team": "a b", "x-amz-meta-name": "=?UTF-8?B?w6k=?=", "x-amz-tagging-count": "2",
		"x-amz-checksum-crc32c": "AAAAAA==", "x-amz-checksum-type": "FULL_OBJECT", "x-amz-storage-class": "STANDARD_IA",
	}
	f, calls := wire(t, 1, s3Says("k", 6<<20, func(s seen) (reply, bool) {
		switch s.op {
		case "HeadObject":
			return reply{status: 200, header: head}, true
		case "GetObjectTagging":
			return reply{status: 200, body: `<Tagging><TagSet><Tag><Key>a b</Key><Value>c&amp;d=e+f</Value></Tag><Tag><Key>é</Key><Value></Value></Tag></TagSet></Tagging>`}, true
		}
		return reply{}, false
	}))
	if b, result := plain(t, f, `{}`); b.Copied != 1 {
		t.Fatalf("found %s", result.Payload)
	}
	made := calls("CreateMultipartUpload")[0]
	for name, want := range map[string]string{
		"Content-Type": "image/png", "Content-Encoding": "gzip", "Content-Language": "ja", "Content-Disposition": `attachment; filename="a b"`,
		"Cache-Control": "no-cache", "Expires": "0", "X-Amz-Website-Redirect-Location": "/elsewhere", "X-Amz-Meta-Team": "a b", "X-Amz-Meta-Name": "=?UTF-8?B?w6k=?=",
		"X-Amz-Tagging": "a%20b=c%26d%3De%2Bf&%C3%A9=", "X-Amz-Checksum-Algorithm": "CRC32C", "X-Amz-Checksum-Type": "FULL_OBJECT", "X-Amz-Storage-Class": "",
	} {
		if got := made.header.Get(name); got != want {
			t.Errorf("%s: found %q, expected %q", name, got, want)
		}
	}
	for i, span := range []string{"bytes=0-5242879", "bytes=5242880-6291455"} {
		for _, part := range calls("UploadPartCopy") {
			if part.query.Get("partNumber") == fmt.Sprint(i+1) && (part.header.Get("X-Amz-Copy-Source-Range") != span || part.header.Get("X-Amz-Copy-Source-If-Match") != `"e"`) {
				t.Errorf("part %d: found %s if %s", i+1, part.header.Get("X-Amz-Copy-Source-Range"), part.header.Get("X-Amz-Copy-Source-If-Match"))
			}
		}
	}
	if text := calls("CompleteMultipartUpload")[0].body; !strings.Contains(text, "<ChecksumCRC64NVME>c2</ChecksumCRC64NVME>") || strings.Index(text, "p1") > strings.Index(text, "p2") {
		t.Errorf("completed with %s", text)
	}
	head["expires"], head["x-amz-checksum-type"] = "Fri, 02 Jan 2026 03:04:05 GMT", "COMPOSITE"
	delete(head, "x-amz-tagging-count")
	plain(t, f, `{}`)
	made = calls("CreateMultipartUpload")[1]
	if made.header.Get("Expires") != head["expires"] || made.header.Get("X-Amz-Checksum-Algorithm") != "" || made.header.Get("X-Amz-Tagging") != "" || len(calls("GetObjectTagging")) != 1 {
		t.Errorf("found %v", made.header)
	}
}

func TestAnErrorInAnAnswerOf200(t *testing.T) {
	for op, size := range map[string]int64{"CopyObject": 3, "UploadPartCopy": 6 << 20, "CompleteMultipartUpload": 6 << 20} {
		// Each server has a count of its own, since a part that was given up may still be answered.
		answer := func(bad int32) func(seen) reply {
			var left atomic.Int32
			left.Store(bad)
			return s3Says("k", size, func(s seen) (reply, bool) {
				return reply{status: 200, body: wrong200}, s.op == op && left.Add(-1) >= 0
			})
		}
		f, calls := wire(t, 1, answer(1000))
		b, result := plain(t, f, `{}`)
		if len(b.Failed) != 1 || b.Failed[0].Operation != op || b.Failed[0].Code != "InternalError" || b.Copied != 0 {
			t.Errorf("%s: found %s", op, result.Payload)
		}
		if aborted := len(calls("AbortMultipartUpload")); op != "CopyObject" && aborted != 1 {
			t.Errorf("%s: aborted %d times", op, aborted)
		}
		f, _ = wire(t, 2, answer(1))
		if b, result := plain(t, f, `{}`); b.Copied != 1 {
			t.Errorf("%s, tried again: found %s", op, result.Payload)
		}
	}
}

// A HEAD has no body: what went wrong is its status alone.
func TestHeadsThatFailOverTheWire(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		bucket string // whose HEADs fail
		there  bool   // whether the origin still lists the key
		want   string
	}{
		{"gone", 404, from, false, "gone 1"},
		{"gone, but S3 says denied", 403, from, false, "gone 1"},
		{"denied", 403, from, true, "HeadObject AccessDenied"},
		{"broken", 500, from, true, "HeadObject InternalServerError"},
	} {
		lists := 0
		f, _ := wire(t, 1, s3Says("k", 6<<20, func(s seen) (reply, bool) {
			if s.op == "HeadObject" && strings.HasPrefix(s.path, "/"+c.bucket) {
				return reply{status: c.status}, true
			}
			if s.op == "ListObjectsV2" && strings.HasPrefix(s.path, "/"+from) {
				if lists++; lists > 1 && !c.there {
					return listed(1, "k2"), true // a longer key is another one
				}
			}
			return reply{}, false
		}))
		b, result := plain(t, f, `{}`)
		got := fmt.Sprintf("gone %d", b.Gone)
		if len(b.Failed) > 0 {
			got = b.Failed[0].Operation + " " + b.Failed[0].Code
		}
		if got != c.want {
			t.Errorf("%s: found %s, expected %s", c.name, result.Payload, c.want)
		}
	}
}

func TestPagesOfPartsOverTheWire(t *testing.T) {
	f, calls := wire(t, 1, s3Says("k", 26<<20, func(s seen) (reply, bool) {
		if s.op != "ListParts" {
			return reply{}, false
		}
		part := func(n string) string {
			return `<Part><PartNumber>` + n + `</PartNumber><ETag>"old` + n + `"</ETag><Size>5242880</Size><ChecksumCRC64NVME>c` + n + `</ChecksumCRC64NVME></Part>`
		}
		if s.query.Get("part-number-marker") == "2" {
			return reply{status: 200, body: `<ListPartsResult><IsTruncated>false</IsTruncated>` + part("4") + `</ListPartsResult>`}, true
		}
		return reply{status: 200, body: `<ListPartsResult><IsTruncated>true</IsTruncated><NextPartNumberMarker>2</NextPartNumberMarker>` + part("1") + part("2") + `</ListPartsResult>`}, true
	}))
	next, err := position{Uploads: []upload{{Key: "k", ID: "U1", ETag: `"e"`, PartBytes: 5 << 20}}}.encode(f.grant, "")
	if err != nil {
		t.Fatal(err)
	}
	b, result := plain(t, f, `{"next":"`+next+`"}`)
	var copied []string
	for _, s := range calls("UploadPartCopy") {
		copied = append(copied, s.query.Get("partNumber"))
	}
	if b.Copied != 1 || len(copied) != 3 || len(calls("ListParts")) != 2 {
		t.Fatalf("found %s, parts %v, %d listings", result.Payload, copied, len(calls("ListParts")))
	}
	text := calls("CompleteMultipartUpload")[0].body
	for _, want := range []string{"old1", "old2", "p3", "old4", "p5", "p6"} {
		at := strings.Index(text, want)
		if at < 0 {
			t.Fatalf("no %s in %s", want, text)
		}
		text = text[at:]
	}
}
