package copying

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
	"github.com/crossgrant/crossgrant/lambda/internal/token"
)

// covers is which keys a token of a walk may name.
func covers(g Grant, prefix string) func(string) bool {
	return func(key string) bool { return strings.HasPrefix(key, prefix) && s3keys.Covers(g.prefixes(), key) }
}

func TestTokens(t *testing.T) {
	g := grant("a/", "c/")
	want := position{After: "a/1", Uploads: []upload{{Key: "a/0", ID: "id", ETag: `"e"`, PartBytes: 10}, {Key: "c/1"}}}
	text, err := want.encode(g, "")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := decodePosition(text, g, "", covers(g, "")); err != nil || !got.equal(want) {
		t.Fatalf("found %+v, %v", got, err)
	}
	other := g
	other.Destination = "archive"
	made := func(body any) string {
		text, err := token.Encode(body, tokenContext(g, ""))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	with := func(u ...upload) string { return made(tokenBody{1, position{Uploads: u}}) }
	good := upload{Key: "a/0", ID: "id", ETag: `"e"`, PartBytes: 10}
	for _, c := range []struct {
		name, token, prefix string
		grant               Grant
		ok                  bool
	}{
		{"the twin that is right", with(good), "", g, true},
		{"of another prefix", text, "a/", g, false},
		{"of another destination", text, "", other, false},
		{"altered", text[:40] + "A" + text[41:], "", g, false},
		{"of another version", made(tokenBody{2, position{}}), "", g, false},
		{"with a key outside of the prefixes", with(upload{Key: "b/1", ID: "id", ETag: "e", PartBytes: 10}), "", g, false},
		{"with no key", with(upload{}), "", g, false},
		{"with parts of no size", with(upload{Key: "a/0", ID: "id", ETag: "e"}), "", g, false},
		{"with parts too large", with(upload{Key: "a/0", ID: "id", ETag: "e", PartBytes: maxPart + 1}), "", g, false},
		{"without an ETag", with(upload{Key: "a/0", ID: "id", PartBytes: 10}), "", g, false},
		{"with too many uploads", with(slices.Repeat([]upload{good}, maxUploads+1)...), "", g, false},
		{"with a key too long", made(tokenBody{1, position{After: strings.Repeat("a", 1025)}}), "", g, false},
	} {
		if got, err := decodePosition(c.token, c.grant, c.prefix, covers(c.grant, c.prefix)); (err == nil) != c.ok {
			t.Errorf("%s: found %+v, %v", c.name, got, err)
		}
	}
}

func TestTheLongestTokenIsAccepted(t *testing.T) {
	worst := strings.Repeat("\x01", 1024)
	p := position{After: worst}
	for range maxUploads {
		p.Uploads = append(p.Uploads, upload{Key: worst, ID: strings.Repeat("x", 1024), ETag: `"0123456789abcdef0123456789abcdef-10000"`, PartBytes: maxPart})
	}
	text, err := p.encode(grant(), "")
	if err != nil || len(text) > maxToken {
		t.Fatalf("%d bytes, %v", len(text), err)
	}
	if got, err := decodePosition(text, grant(), "", covers(grant(), "")); err != nil || !got.equal(p) {
		t.Errorf("found %v", err)
	}
}
