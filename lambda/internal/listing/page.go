package listing

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/jsontext"
)

// tail is room for what follows the objects: a key of 1,024 bytes may take six times as many in JSON.
const tail = 8 << 10

// page is an answer under construction: its bytes, and no other data of what was read.
type page struct {
	json     []byte
	maxBytes int
	count    int
	pages    int
	last     string
	more     bool
	failed   error // of the call at which the answer ended
}

func newPage(bucket string, maxBytes int) *page {
	p := &page{maxBytes: maxBytes}
	p.json = append(jsontext.AppendString([]byte(`{"bucket":`), bucket), `,"objects":[`...)
	return p
}

// add appends an object, or sets more if the answer would become larger than maxBytes.
func (p *page) add(key string, object types.Object) {
	before := len(p.json)
	if p.count > 0 {
		p.json = append(p.json, ',')
	}
	p.json = appendObject(p.json, key, object)
	if p.count > 0 && len(p.json)+tail > p.maxBytes {
		p.json, p.more = p.json[:before], true
		return
	}
	p.count++
	p.last = key
}

// reserve makes room for so many objects more, as large as those that are there, if there are some: growing step by step would take several times as
// much memory.
func (p *page) reserve(objects int) {
	if p.count > 0 {
		size := min(len(p.json)/p.count*objects, p.maxBytes-len(p.json))
		p.json = slices.Grow(p.json, max(size, 0))
	}
}

// appendObject appends {"key","size","lastModified","etag"} as encoding/json would.
func appendObject(to []byte, key string, object types.Object) []byte {
	to = jsontext.AppendString(append(to, `{"key":`...), key)
	to = strconv.AppendInt(append(to, `,"size":`...), aws.ToInt64(object.Size), 10)
	to = aws.ToTime(object.LastModified).UTC().AppendFormat(append(to, `,"lastModified":"`...), time.RFC3339Nano)
	to = jsontext.AppendString(append(to, `","etag":`...), strings.Trim(aws.ToString(object.ETag), `"`))
	return append(to, '}')
}

// close completes the answer; it has a next only if there are more objects.
func (p *page) close() []byte {
	p.json = strconv.AppendInt(append(p.json, `],"count":`...), int64(p.count), 10)
	if p.more {
		p.json = jsontext.AppendString(append(p.json, `,"next":`...), p.last)
	}
	return append(p.json, '}')
}
