package copying

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
	"github.com/crossgrant/crossgrant/lambda/internal/token"
)

// Grant is what is copied, and how.
type Grant struct {
	// RoleARN is the trusted role; messages name it. Empty is the function's own role.
	RoleARN string
	// Origin is the bucket that is read.
	Origin string
	// Destination is the bucket that is written.
	Destination string
	// Prefixes are the granted prefixes, in both buckets; empty means the whole bucket.
	Prefixes []string
	// PartBytes is the size above which an object is copied in parts, and of a part: 5 MiB to 5 GiB, since S3 takes nothing else. Required.
	PartBytes int64
	// Parallel is how many objects and parts are copied at once. Required.
	Parallel int
}

// prefixes are the granted prefixes in order, without those inside others.
func (g Grant) prefixes() []string { return s3keys.Merge(g.Prefixes) }

// principal names the role that copies.
func (g Grant) principal() string {
	if g.RoleARN == "" {
		return "this function's own role"
	}
	return "role " + g.RoleARN
}

func (g Grant) outside(prefix string) error {
	return &failure.Failure{Status: http.StatusForbidden, Message: fmt.Sprintf(
		"prefix %q is outside of what %s may copy; the granted prefixes are %s", prefix, g.principal(), s3keys.Quoted(g.Prefixes))}
}

// request is what an event asks for.
type request struct {
	of       string     // what a token is valid for: the prefix as in the event, or the items of a batch
	prefixes []string   // to walk, in order
	batch    *itemBatch // its items instead of the origin's listing; nil for a walk
	from     position
}

// readRequest reads {"prefix","next"}, both optional, or a batch, which may have "next", too; empty means absent.
func readRequest(payload []byte, grant Grant) (request, error) {
	object, err := event.Parse(payload)
	if err != nil {
		return request{}, err
	}
	r := request{prefixes: grant.prefixes()}
	if object["Items"] != nil {
		if r.batch, err = readBatch(object, grant); err != nil {
			return request{}, err
		}
		r.of = r.batch.digest()
	} else if err := r.readPrefix(object, grant); err != nil {
		return request{}, err
	}
	next, _, err := object.Text("next", maxToken)
	if err != nil || next == "" {
		return r, err
	}
	r.from, err = decodePosition(next, grant, r.of, func(key string) bool {
		return s3keys.Covers(grant.prefixes(), key) && (r.batch != nil && r.batch.has(key) || r.batch == nil && s3keys.Covers([]string{r.of}, key))
	})
	return r, err
}

// readPrefix reads the prefix of a walk.
func (r *request) readPrefix(object event.Object, grant Grant) (err error) {
	if err := object.Only("prefix", "next"); err != nil {
		return err
	}
	if r.of, _, err = object.Text("prefix", s3keys.Max); err != nil || r.of == "" {
		return err
	}
	if !s3keys.Covers(r.prefixes, r.of) {
		return grant.outside(r.of)
	}
	r.prefixes = []string{r.of}
	return nil
}

// maxUploads is how many objects are copied in parts at once, and so the most that a token names.
const maxUploads = 16

// maxToken bounds a token in bytes: 17 keys of 1,024 bytes, each byte six in JSON, with ids and ETags, then four for three in base64.
const maxToken = 192 << 10

const tokenVersion = 1

// position is where a walk continues: every key up to After is done, except those of Uploads. Of a batch, the large items up to the key Large were
// left to invocations of their own already.
type position struct {
	After   string   `json:"after"`
	Uploads []upload `json:"uploads,omitempty"`
	Large   string   `json:"large,omitempty"`
}

// upload is a multipart upload that a later invocation can resume. Without an ID it has not been created.
type upload struct {
	Key       string `json:"key"`
	ID        string `json:"id,omitempty"`
	ETag      string `json:"etag,omitempty"`
	PartBytes int64  `json:"part,omitempty"`
}

func (p position) equal(other position) bool {
	return p.After == other.After && p.Large == other.Large && slices.Equal(p.Uploads, other.Uploads)
}

type tokenBody struct {
	Version int `json:"v"`
	position
}

// encode returns the token of p for a walk of one prefix, or for one batch. It gives no more access than from the beginning.
func (p position) encode(g Grant, of string) (string, error) {
	return token.Encode(tokenBody{tokenVersion, p}, tokenContext(g, of))
}

// decodePosition is the reverse of encode. A forged token must not lead to other keys, nor to parts that S3 does not accept.
func decodePosition(text string, g Grant, of string, covers func(key string) bool) (position, error) {
	const field = `field "next"`
	var body tokenBody
	if err := token.Decode(text, tokenContext(g, of), field, maxToken, &body); err != nil {
		return position{}, err
	}
	valid := body.Version == tokenVersion && len(body.Uploads) <= maxUploads && len(body.After) <= s3keys.Max && len(body.Large) <= s3keys.Max
	for _, u := range body.Uploads {
		valid = valid && u.Key != "" && covers(u.Key) &&
			(u.ID == "" || u.ETag != "" && u.PartBytes > 0 && u.PartBytes <= maxPart)
	}
	if !valid {
		return position{}, &event.Invalid{Field: field, Found: "a token of another version of this function", Expected: "the next of an earlier answer, unchanged"}
	}
	return body.position, nil
}

// tokenContext is what a token is valid for.
func tokenContext(g Grant, of string) string {
	return "copy\x00" + g.Origin + "\x00" + g.Destination + "\x00" + of
}

// S3's limits for a multipart upload; together they are its largest object, 50 TB.
// See https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html and API_CopyObject.html in the API reference.
const (
	maxParts = 10000
	maxPart  = 5 << 30
)
