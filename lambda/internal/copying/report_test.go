package copying

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

func TestFaults(t *testing.T) {
	g := grant()
	for _, c := range []struct {
		name string
		err  error
		want FailedKey
	}{
		{"denied", says("CopyObject", 403, "AccessDenied"), FailedKey{"k", "CopyObject", "AccessDenied",
			"denied to role " + role + "; check that it has s3:GetObject and s3:GetObjectTagging on bucket reports, s3:PutObject and s3:PutObjectTagging on bucket lake, and may use the key of a bucket that is encrypted with KMS"}},
		{"denied by KMS", says("UploadPartCopy", 403, "KMS.AccessDeniedException"), FailedKey{"k", "UploadPartCopy", "KMS.AccessDeniedException",
			"S3 UploadPartCopy was denied to role " + role + " on bucket reports or bucket lake: it may not use the KMS key of it; check the key's policy, and that the role may kms:Decrypt with it, and kms:GenerateDataKey to write"}},
		{"archived", says("CopyObject", 403, "InvalidObjectState"), FailedKey{"k", "CopyObject", "InvalidObjectState", "S3 CopyObject was refused on bucket reports: the object is archived; restore it first"}},
		{"no bucket", says("CopyObject", 404, "NoSuchBucket"), FailedKey{"k", "CopyObject", "NoSuchBucket", "S3 CopyObject: there is no bucket reports or bucket lake in the account and region of this role and function"}},
		{"slow down", says("CopyObject", 503, "SlowDown"), FailedKey{"k", "CopyObject", "SlowDown", "S3 CopyObject is throttled: try again later and less often; S3 asks for fewer requests on bucket reports or bucket lake"}},
		{"changed twice", errChanged, FailedKey{"k", "CopyObject", "PreconditionFailed", "the object changed twice while it was copied; copy it again when it no longer changes"}},
		{"anything else", errors.New("x-amz-security-token: secret"), FailedKey{"k", "CopyObject", "InternalError", "x-amz-security-token: [removed]"}},
		{"a long one", errors.New(strings.Repeat("é", 400)), FailedKey{"k", "CopyObject", "InternalError", strings.Repeat("é", 250) + "…"}},
		{"no way to STS", &targetrole.NoRoute{RoleARN: role, Host: "sts", Err: context.DeadlineExceeded}, FailedKey{"k", "CopyObject", "NoRoute", (&targetrole.NoRoute{RoleARN: role, Host: "sts"}).Hint()}},
		{"STS denies", says("AssumeRole", 403, "AccessDenied"), FailedKey{"k", "AssumeRole", "AccessDenied", "S3 AssumeRole was denied to role " + role + " on bucket reports or bucket lake; check the role's policies, the policy and the account of the resource, and the policy of the S3 endpoint"}},
	} {
		if got := g.failedKey("k", c.err); got != c.want {
			t.Errorf("%s: found    %+v\nexpected %+v", c.name, got, c.want)
		}
	}
	g.RoleARN = ""
	if got := g.failedKey("k", says("HeadObject", 403, "Forbidden")); !strings.HasPrefix(got.Message, "denied to this function's own role; check that it has s3:GetObject on bucket reports,") {
		t.Errorf("without a role: found %s", got.Message)
	}
}

// The handler sends the answer of a failure as a string within JSON, where each quote takes two bytes more.
func TestAnAnswerThatWouldNotFitEndsWithNext(t *testing.T) {
	s := newFake()
	var want []string
	for i := range 100 {
		key := fmt.Sprintf("%04d%s", i, strings.Repeat("\x01", 1000))
		s.put(from, key, "x")
		want = append(want, key)
	}
	s.before = func(_ context.Context, c call) error {
		if c.op == "CopyObject" {
			return says(c.op, 403, "InvalidObjectState")
		}
		return nil
	}
	f := New(s, grant())
	f.maxBytes = tail + 200<<10
	seen, next := map[string]bool{}, ""
	invocations := 0
	for ; invocations == 0 || next != ""; invocations++ {
		b, result := plain(t, f, `{"next":"`+next+`"}`)
		text, err := json.Marshal(string(result.Payload))
		if err != nil || len(text) > f.maxBytes {
			t.Fatalf("an answer of %d bytes, %v", len(text), err)
		}
		for _, fault := range b.Failed {
			seen[fault.Key] = true
		}
		if next = b.Next; invocations > 20 {
			t.Fatal("no end")
		}
	}
	for _, key := range want {
		if !seen[key] {
			t.Errorf("key %s was not reported", key[:4])
		}
	}
	if invocations < 4 {
		t.Errorf("%d invocations, expected several", invocations)
	}
}

// A notification has no next: what has no room is counted.
func TestANotificationOfMoreThanFits(t *testing.T) {
	var keys []string
	for range 200 {
		keys = append(keys, "other:"+strings.Repeat("k", 1000))
	}
	f := New(newFake(), grant())
	f.maxBytes = tail + 50<<10
	b, result := plain(t, f, notification(keys...))
	last := b.Failed[len(b.Failed)-1]
	if len(result.Payload) > f.maxBytes || last.Code != "TooMany" || last.Message != fmt.Sprintf("%d more keys failed, for which the answer has no room", 201-len(b.Failed)) {
		t.Errorf("%d bytes, %+v", len(result.Payload), last)
	}
	if !strings.HasSuffix(result.Err.Error(), "; it is the first of 200 keys that were not copied") {
		t.Errorf("found %v", result.Err)
	}
}
