package copying

import (
	"slices"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
	"github.com/crossgrant/crossgrant/lambda/internal/token"
)

// maxUploads is how many objects are copied in parts at once, and so how many a token can name.
const maxUploads = 4

// maxToken bounds a token in bytes: five keys of 1,024 bytes, each byte six in JSON, with ids and ETags, then four for three in base64.
const maxToken = 64 << 10

const tokenVersion = 1

// position is where a walk goes on: every key up to After is done, but for those of Uploads, which are under way.
type position struct {
	After   string   `json:"after"`
	Uploads []upload `json:"uploads,omitempty"`
}

// upload is a copy in parts that a later invocation can take up. Without an ID it has yet to begin.
type upload struct {
	Key       string `json:"key"`
	ID        string `json:"id,omitempty"`
	ETag      string `json:"etag,omitempty"`
	PartBytes int64  `json:"part,omitempty"`
}

func (p position) equal(other position) bool {
	return p.After == other.After && slices.Equal(p.Uploads, other.Uploads)
}

type tokenBody struct {
	Version int `json:"v"`
	position
}

// encode makes the token of p for a walk of one prefix. It opens nothing that a walk from the beginning does not.
func (p position) encode(g Grant, prefix string) (string, error) {
	return token.Encode(tokenBody{tokenVersion, p}, walkOf(g, prefix))
}

// decodePosition undoes encode. A token that was made up must not lead out of the granted prefixes, nor to parts that S3 does not take.
func decodePosition(text string, g Grant, prefix string) (position, error) {
	const field = `field "next"`
	var body tokenBody
	if err := token.Decode(text, walkOf(g, prefix), field, maxToken, &body); err != nil {
		return position{}, err
	}
	sound := body.Version == tokenVersion && len(body.Uploads) <= maxUploads && len(body.After) <= s3keys.Max
	for _, u := range body.Uploads {
		sound = sound && u.Key != "" && s3keys.Covers([]string{prefix}, u.Key) && s3keys.Covers(s3keys.Merge(g.Prefixes), u.Key) &&
			(u.ID == "" || u.ETag != "" && u.PartBytes > 0 && u.PartBytes <= maxPart)
	}
	if !sound {
		return position{}, &event.Invalid{Field: field, Found: "a token of another version of this function", Expected: "the next of an earlier answer, unchanged"}
	}
	return body.position, nil
}

// walkOf names what a token holds for.
func walkOf(g Grant, prefix string) string {
	return "copy\x00" + g.Origin + "\x00" + g.Destination + "\x00" + prefix
}
