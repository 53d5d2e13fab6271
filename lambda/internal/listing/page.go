package listing

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// tail is room for what follows the objects: a key of 1,024 bytes may take six times as many in JSON.
const tail = 8 << 10

// page is an answer under construction: its bytes, and no other data of what was read.
type page struct {
	json     bytes.Buffer
	maxBytes int
	count    int
	pages    int
	last     string
	more     bool
}

type entry struct {
	Key          string `json:"key"`
	Size         int64  `json:"size"`
	LastModified string `json:"lastModified"`
	ETag         string `json:"etag"`
}

func newPage(bucket string, maxBytes int) *page {
	p := &page{maxBytes: maxBytes}
	p.json.WriteString(`{"bucket":` + text(bucket) + `,"objects":[`)
	return p
}

// add appends an object, or sets more if the answer would become larger than maxBytes.
func (p *page) add(object types.Object, encoding types.EncodingType) error {
	key, err := s3keys.Decode(aws.ToString(object.Key), encoding)
	if err != nil {
		return err
	}
	encoded, err := answer.JSON(entry{
		Key:          key,
		Size:         aws.ToInt64(object.Size),
		LastModified: aws.ToTime(object.LastModified).UTC().Format(time.RFC3339Nano),
		ETag:         strings.Trim(aws.ToString(object.ETag), `"`),
	})
	if err != nil {
		return err
	}
	if p.count > 0 && p.json.Len()+1+len(encoded)+tail > p.maxBytes {
		p.more = true
		return nil
	}
	if p.count > 0 {
		p.json.WriteByte(',')
	}
	p.json.Write(encoded)
	p.count++
	p.last = key
	return nil
}

// close completes the answer; it has a next only if there are more objects.
func (p *page) close() []byte {
	p.json.WriteString(`],"count":` + strconv.Itoa(p.count))
	if p.more {
		p.json.WriteString(`,"next":` + text(p.last))
	}
	p.json.WriteByte('}')
	return p.json.Bytes()
}

func text(s string) string {
	out, err := answer.JSON(s)
	if err != nil {
		panic(err) // a string always encodes
	}
	return string(out)
}
