package copying

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestJudge(t *testing.T) {
	origin := entry{key: "k", size: 5, etag: `"a"`, modified: day}
	for _, c := range []struct {
		name        string
		destination entry
		there       bool
		want        comparison
	}{
		{"not there", entry{}, false, differs},
		{"another size", entry{size: 6, etag: `"a"`, modified: day.Add(time.Hour)}, true, differs},
		{"the same ETag", entry{size: 5, etag: `"a"`, modified: day.Add(-time.Hour)}, true, byETag},
		{"another ETag, older", entry{size: 5, etag: `"b"`, modified: day.Add(-time.Second)}, true, differs},
		{"another ETag, of the same second", entry{size: 5, etag: `"b"`, modified: day}, true, differs},
		{"another ETag, newer", entry{size: 5, etag: `"b"`, modified: day.Add(time.Second)}, true, undecided},
		{"no ETag, newer", entry{size: 5, modified: day.Add(time.Second)}, true, undecided},
	} {
		if got := compare(origin, c.destination, c.there); got != c.want {
			t.Errorf("%s: found %q, expected %q", c.name, got, c.want)
		}
	}
	if got := compare(entry{size: 5, modified: day}, entry{size: 5, modified: day}, true); got != differs {
		t.Errorf("two without an ETag: found %q, expected a copy", got)
	}
}

func TestCompareChecksums(t *testing.T) {
	full, composite := types.ChecksumTypeFullObject, types.ChecksumTypeComposite
	sum := func(kind types.ChecksumType, crc32, sha256 string) *s3.HeadObjectOutput {
		h := &s3.HeadObjectOutput{ChecksumType: kind}
		if crc32 != "" {
			h.ChecksumCRC32 = aws.String(crc32)
		}
		if sha256 != "" {
			h.ChecksumSHA256 = aws.String(sha256)
		}
		return h
	}
	for _, c := range []struct {
		name                string
		origin, destination *s3.HeadObjectOutput
		want                comparison
	}{
		{"equal", sum(full, "a", ""), sum(full, "a", ""), byChecksum},
		{"different", sum(full, "a", ""), sum(full, "b", ""), differs},
		{"of other algorithms", sum(full, "a", ""), sum(full, "", "a"), byTime},
		{"of another kind", sum(full, "a", ""), sum(composite, "a", ""), byTime},
		{"none", sum("", "", ""), sum(full, "a", ""), byTime},
		{"over parts, equal", sum(composite, "a-2", ""), sum(composite, "a-2", ""), byChecksum},
		{"over parts, different: the parts may be", sum(composite, "a-2", ""), sum(composite, "b-3", ""), byTime},
		{"the second algorithm decides", sum(full, "", "a"), sum(full, "c", "b"), differs},
	} {
		if got := compareChecksums(c.origin, c.destination); got != c.want {
			t.Errorf("%s: found %q, expected %q", c.name, got, c.want)
		}
	}
}

// Under KMS each copy has an ETag of its own.
func TestEvidenceUnderKMS(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*fakeS3)
		before  func(context.Context, call) error
		want    skips
		copied  int
		failed  string
	}{
		{"checksums are equal", nil, nil, skips{Checksum: 2}, 0, ""},
		{"checksums differ", func(s *fakeS3) { s.get(to, "1").sum = "other" }, nil, skips{Checksum: 1}, 1, ""},
		{"no checksums", func(s *fakeS3) { s.get(to, "1").sum, s.get(to, "2").sum = "", "" }, nil, skips{Time: 2}, 0, ""},
		{"written again at the origin", func(s *fakeS3) { s.put(from, "1", "CONTENT") }, nil, skips{Checksum: 1}, 1, ""},
		{"written again within the second of its copy", func(s *fakeS3) {
			s.put(from, "1", "CONTENT").modified = s.get(to, "1").modified
		}, nil, skips{Checksum: 1}, 1, ""},
		{"the destination may not be read", nil, deny("HeadObject", to, 403, "Forbidden"), skips{Time: 2}, 0, ""},
		{"the destination's key is not ours", nil, deny("HeadObject", to, 403, "KMS.AccessDeniedException"), skips{Time: 2}, 0, ""},
		{"the origin may not be read", nil, deny("HeadObject", from, 403, "Forbidden"), skips{}, 0, "HeadObject AccessDenied"},
		{"the destination answers badly", nil, deny("HeadObject", to, 500, "InternalError"), skips{}, 0, "HeadObject InternalError"},
		{"gone from the destination meanwhile", nil, deny("HeadObject", to, 404, "NotFound"), skips{}, 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newFake()
			s.buckets[to].kms = true
			s.put(from, "1", "content")
			s.put(from, "2", "content")
			f := New(s, grant())
			plain(t, f, `{}`)
			if c.prepare != nil {
				c.prepare(s)
			}
			s.before = c.before
			b, _ := plain(t, f, `{}`)
			if b.Skipped != c.want || b.Copied != c.copied {
				t.Errorf("found %+v, expected %+v and %d copied", b, c.want, c.copied)
			}
			if c.failed != "" && (len(b.Failed) != 2 || b.Failed[0].Operation+" "+b.Failed[0].Code != c.failed) || c.failed == "" && len(b.Failed) != 0 {
				t.Errorf("failed %+v, expected %q", b.Failed, c.failed)
			}
			if c.copied == 1 {
				sameObject(t, s, "1")
			}
		})
	}
}

// deny lets one operation on one bucket fail.
func deny(op, bucket string, status int, code string) func(context.Context, call) error {
	return func(_ context.Context, c call) error {
		if c.op == op && c.bucket == bucket {
			return says(op, status, code)
		}
		return nil
	}
}

func TestADeniedDestinationIsAskedOnce(t *testing.T) {
	s := newFake()
	s.buckets[to].kms = true
	for _, key := range strings.Fields("1 2 3 4 5 6 7 8") {
		s.put(from, key, "content")
	}
	g := grant()
	g.Parallel = 1
	f := New(s, g)
	plain(t, f, `{}`)
	s.before = deny("HeadObject", to, 403, "Forbidden")
	for range 3 {
		if b, _ := plain(t, f, `{}`); b.Skipped.Time != 8 {
			t.Errorf("found %+v", b)
		}
	}
	if n := s.count("HeadObject"); n != 1 {
		t.Errorf("HeadObject was called %d times, expected once", n)
	}
	// Another process finds out by itself, and one that may read has better evidence.
	s.before = nil
	if b, _ := plain(t, New(s, g), `{}`); b.Skipped.Checksum != 8 {
		t.Errorf("allowed: found %+v", b)
	}
}
