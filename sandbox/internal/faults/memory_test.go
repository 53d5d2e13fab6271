package faults_test

import (
	"cmp"
	"crypto/md5"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// memory is an S3 with what copy and state machines need, which keeps as many objects as a copy of 100,000 takes and logs what it did. What the
// functions make of S3's answers is tried against other servers, too.
type memory struct {
	url    string
	server *http.Server

	mutex   sync.Mutex
	buckets map[string]*memoryBucket
	uploads int
}

type memoryBucket struct {
	keys    []string // sorted
	objects map[string]memoryObject
	uploads map[string]*memoryUpload
	written map[string][]write // by key
}

type memoryObject struct {
	content  []byte
	etag     string
	modified time.Time
}

type memoryUpload struct {
	key       string
	parts     map[int]memoryObject
	initiated time.Time
}

// write is one line of the server's log: an object that was copied into a bucket.
type write struct {
	etag string // of the object that was copied
	at   time.Time
}

func startMemory() (*memory, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &memory{url: "http://" + listener.Addr().String(), buckets: map[string]*memoryBucket{}}
	m.server = &http.Server{Handler: m}
	go m.server.Serve(listener)
	return m, nil
}

func (m *memory) stop() { m.server.Close() }

// put and remove change objects without a request.
func (m *memory) put(bucket, key string, content []byte) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	m.bucket(bucket).put(key, newObject(content))
}

func (m *memory) remove(bucket, key string) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	b := m.bucket(bucket)
	if at, ok := slices.BinarySearch(b.keys, key); ok {
		b.keys = slices.Delete(b.keys, at, at+1)
		delete(b.objects, key)
	}
}

func (m *memory) bucket(name string) *memoryBucket {
	if m.buckets[name] == nil {
		m.buckets[name] = &memoryBucket{objects: map[string]memoryObject{}, uploads: map[string]*memoryUpload{}, written: map[string][]write{}}
	}
	return m.buckets[name]
}

// contents returns the objects of a bucket, and what was copied into it.
func (m *memory) contents(bucket string) (objects map[string]memoryObject, written map[string][]write) {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	b := m.bucket(bucket)
	return maps.Clone(b.objects), maps.Clone(b.written)
}

func newObject(content []byte) memoryObject {
	return memoryObject{content, fmt.Sprintf(`"%x"`, md5.Sum(content)), time.Now()}
}

func (b *memoryBucket) put(key string, o memoryObject) {
	if at, ok := slices.BinarySearch(b.keys, key); !ok {
		b.keys = slices.Insert(b.keys, at, key)
	}
	b.objects[key] = o
}

// refused is an answer of S3 that is an error.
type refused struct {
	status int
	code   string
}

func (r refused) Error() string { return r.code }

var (
	noSuchKey    = refused{http.StatusNotFound, "NoSuchKey"}
	noSuchUpload = refused{http.StatusNotFound, "NoSuchUpload"}
	precondition = refused{http.StatusPreconditionFailed, "PreconditionFailed"}
	notThere     = refused{http.StatusNotImplemented, "NotImplemented"}
)

func (m *memory) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	name, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	m.mutex.Lock()
	text, header, err := m.answer(r, name, key, body)
	m.mutex.Unlock()
	status := http.StatusOK
	if err, ok := err.(refused); ok {
		status, text = err.status, []byte(fmt.Sprintf("<Error><Code>%s</Code><Message>%s</Message></Error>", err.code, err.code))
	}
	for field, value := range header {
		w.Header().Set(field, value)
	}
	w.Header().Set("x-amz-request-id", "4442587FB7D0A2F9")
	if r.Method != http.MethodHead {
		w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(text)
	}
}

func (m *memory) answer(r *http.Request, name, key string, body []byte) (text []byte, header map[string]string, err error) {
	b, query := m.bucket(name), r.URL.Query()
	upload := b.uploads[query.Get("uploadId")]
	if query.Has("uploadId") && (upload == nil || upload.key != key) {
		return nil, nil, noSuchUpload
	}
	switch {
	case key == "" && r.Method == http.MethodPut:
		return nil, nil, nil // the bucket is there at once
	case key == "" && query.Has("uploads"):
		return b.listUploads(query.Get("prefix")), nil, nil
	case key == "" && r.Method == http.MethodGet:
		return b.list(query), nil, nil
	case r.Method == http.MethodPost && query.Has("uploads"):
		m.uploads++
		id := strconv.Itoa(m.uploads)
		b.uploads[id] = &memoryUpload{key: key, parts: map[int]memoryObject{}, initiated: time.Now()}
		return []byte("<InitiateMultipartUploadResult><UploadId>" + id + "</UploadId></InitiateMultipartUploadResult>"), nil, nil
	case r.Method == http.MethodPost && upload != nil:
		delete(b.uploads, query.Get("uploadId"))
		etag := b.complete(upload)
		return []byte("<CompleteMultipartUploadResult><ETag>" + escape(etag) + "</ETag></CompleteMultipartUploadResult>"), nil, nil
	case r.Method == http.MethodDelete && upload != nil:
		delete(b.uploads, query.Get("uploadId"))
		return nil, nil, nil
	case r.Method == http.MethodGet && upload != nil:
		return upload.list(), nil, nil
	case r.Method == http.MethodGet && query.Has("tagging"):
		return []byte("<Tagging><TagSet></TagSet></Tagging>"), nil, nil
	case r.Method == http.MethodPut && r.Header.Get("X-Amz-Copy-Source") != "":
		return m.copy(r, b, key, upload)
	case r.Method == http.MethodPut:
		o := newObject(body)
		b.put(key, o)
		return nil, map[string]string{"ETag": o.etag}, nil
	case r.Method == http.MethodHead || r.Method == http.MethodGet:
		o, ok := b.objects[key]
		if !ok {
			return nil, nil, noSuchKey
		}
		return o.content, map[string]string{"ETag": o.etag, "Last-Modified": o.modified.UTC().Format(http.TimeFormat), "Content-Length": strconv.Itoa(len(o.content))}, nil
	}
	return nil, nil, notThere
}

// copy answers CopyObject and UploadPartCopy.
func (m *memory) copy(r *http.Request, b *memoryBucket, key string, upload *memoryUpload) (text []byte, header map[string]string, err error) {
	source, err := url.PathUnescape(strings.TrimPrefix(r.Header.Get("X-Amz-Copy-Source"), "/"))
	if err != nil {
		return nil, nil, notThere
	}
	from, sourceKey, _ := strings.Cut(source, "/")
	o, ok := m.bucket(from).objects[sourceKey]
	if !ok {
		return nil, nil, noSuchKey
	}
	if match := r.Header.Get("X-Amz-Copy-Source-If-Match"); match != "" && strings.Trim(match, `"`) != strings.Trim(o.etag, `"`) {
		return nil, nil, precondition
	}
	result := "CopyObjectResult"
	if upload != nil {
		first, last, _ := strings.Cut(strings.TrimPrefix(r.Header.Get("X-Amz-Copy-Source-Range"), "bytes="), "-")
		begin, err1 := strconv.Atoi(first)
		end, err2 := strconv.Atoi(last)
		number, err3 := strconv.Atoi(r.URL.Query().Get("partNumber"))
		if err1 != nil || err2 != nil || err3 != nil || end >= len(o.content) {
			return nil, nil, refused{http.StatusBadRequest, "InvalidArgument"}
		}
		o, result = newObject(o.content[begin:end+1]), "CopyPartResult"
		upload.parts[number] = o
	} else {
		b.written[key] = append(b.written[key], write{o.etag, time.Now()})
		o.modified = time.Now()
		b.put(key, o)
	}
	return []byte(fmt.Sprintf("<%s><ETag>%s</ETag><LastModified>%s</LastModified></%s>", result, escape(o.etag), o.modified.UTC().Format(time.RFC3339), result)), nil, nil
}

func (b *memoryBucket) complete(upload *memoryUpload) (etag string) {
	var content, sums []byte
	for _, number := range slices.Sorted(maps.Keys(upload.parts)) {
		sum := md5.Sum(upload.parts[number].content)
		content, sums = append(content, upload.parts[number].content...), append(sums, sum[:]...)
	}
	o := memoryObject{content, fmt.Sprintf(`"%x-%d"`, md5.Sum(sums), len(upload.parts)), time.Now()}
	b.written[upload.key] = append(b.written[upload.key], write{"parts", time.Now()})
	b.put(upload.key, o)
	return o.etag
}

func (u *memoryUpload) list() []byte {
	text := "<ListPartsResult><IsTruncated>false</IsTruncated>"
	for _, number := range slices.Sorted(maps.Keys(u.parts)) {
		part := u.parts[number]
		text += fmt.Sprintf("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag><Size>%d</Size></Part>", number, escape(part.etag), len(part.content))
	}
	return []byte(text + "</ListPartsResult>")
}

func (b *memoryBucket) listUploads(prefix string) []byte {
	type open struct {
		id string
		*memoryUpload
	}
	var all []open
	for id, u := range b.uploads {
		if strings.HasPrefix(u.key, prefix) {
			all = append(all, open{id, u})
		}
	}
	slices.SortFunc(all, func(x, y open) int { return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.id, y.id)) })
	text := "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>"
	for _, u := range all {
		text += fmt.Sprintf("<Upload><Key>%s</Key><UploadId>%s</UploadId><Initiated>%s</Initiated><Initiator><ID>copy</ID></Initiator></Upload>",
			url.QueryEscape(u.key), u.id, u.initiated.UTC().Format(time.RFC3339))
	}
	return []byte(text + "</ListMultipartUploadsResult>")
}

// list is a page of ListObjectsV2; the last key of a page is its token.
func (b *memoryBucket) list(query url.Values) []byte {
	prefix, most := query.Get("prefix"), 1000
	if n, err := strconv.Atoi(query.Get("max-keys")); err == nil {
		most = min(most, n)
	}
	at, _ := slices.BinarySearch(b.keys, max(prefix, query.Get("start-after"), query.Get("continuation-token")))
	var text strings.Builder
	n, last := 0, ""
	for ; at < len(b.keys) && n < most && strings.HasPrefix(b.keys[at], prefix); at++ {
		key := b.keys[at]
		if key == query.Get("start-after") || key == query.Get("continuation-token") {
			continue
		}
		o := b.objects[key]
		fmt.Fprintf(&text, "<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>%s</ETag><Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>",
			url.QueryEscape(key), o.modified.UTC().Format("2006-01-02T15:04:05.000Z"), escape(o.etag), len(o.content))
		n, last = n+1, key
	}
	more := at < len(b.keys) && strings.HasPrefix(b.keys[at], prefix)
	head := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><EncodingType>url</EncodingType><KeyCount>%d</KeyCount><IsTruncated>%t</IsTruncated>`, n, more)
	if more {
		head += "<NextContinuationToken>" + escape(last) + "</NextContinuationToken>"
	}
	return []byte(head + text.String() + "</ListBucketResult>")
}

func escape(text string) string {
	var out strings.Builder
	if err := xml.EscapeText(&out, []byte(text)); err != nil {
		panic(err) // a strings.Builder takes everything
	}
	return out.String()
}
