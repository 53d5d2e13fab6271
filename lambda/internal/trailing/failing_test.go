package trailing

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
)

// three are files of two events each, of which the second's key is returned.
func three() (objects map[string][]byte, second string) {
	second = key(tokyo, "20160825T1315Z", "b")
	return map[string][]byte{
		key(tokyo, "20160825T1310Z", "a"): log("2016-08-25T13:00:01Z", "2016-08-25T13:00:02Z"),
		second:                            log("2016-08-25T13:00:03Z", "2016-08-25T13:00:04Z"),
		key(tokyo, "20160825T1320Z", "c"): log("2016-08-25T13:00:05Z", "2016-08-25T13:00:06Z"),
	}, second
}

const everything = `{"prefix":"` + base + `"}`

func TestADamagedFileIsNamedAndTheOthersAreRead(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(whole []byte) []byte
		reason string
	}{
		{"cut off", func(b []byte) []byte { return b[:len(b)-4] }, "damaged: the gzip data ends too early"},
		{"a wrong checksum", func(b []byte) []byte { b[len(b)-6] ^= 1; return b }, "damaged: the checksum of the gzip data is wrong"},
		{"cut off before it was zipped", func([]byte) []byte { return zip(`{"Records":[{"eventName":"E0003"},{"eventName":`) }, "damaged: the JSON ends too early"},
		{"no gzip", func([]byte) []byte { return []byte(`{"Records":[{"eventName":"E0003"}]}`) }, "damaged: found other data than gzip, or behind it, expected only gzip"},
		{"no log file", func([]byte) []byte { return zip(`{"awsAccountId":"222222222222"}`) }, "damaged: found no Records, expected the array of a CloudTrail log file"},
		{"empty", func([]byte) []byte { return nil }, "damaged: found no data, expected a gzip file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			objects, second := three()
			objects[second] = c.change(objects[second])
			got := ask(t, newFunction(&bucket{objects: objects}), everything)
			if diff := cmp.Diff([]skipped{{Key: second, Reason: c.reason}}, got.Skipped); diff != "" || got.names() != "E0001 E0002 E0005 E0006" || got.Count != 4 || got.Files.Read != 2 {
				t.Errorf("found %q, %d files (-want +got):\n%s", got.names(), got.Files.Read, diff)
			}
			// Neither is a part of it returned where the limit ends before the damage.
			if got := ask(t, newFunction(&bucket{objects: objects}), `{"prefix":"`+base+`","limit":3}`); got.names() != "E0001 E0002 E0005" {
				t.Errorf("with a limit: found %q", got.names())
			}
			if got := ask(t, newFunction(&bucket{objects: objects}), `{"prefix":"`+base+`","limit":0}`); got.Count != 4 || got.ByName["E0003"] != 0 {
				t.Errorf("only counted: found %+v", got)
			}
		})
	}
}

func TestAFileThatS3DoesNotGive(t *testing.T) {
	for _, c := range []struct {
		name, code string
		there      bool
		want       string
	}{
		{"expired since it was listed", "NoSuchKey", true, "gone: it was deleted or has expired since it was listed"},
		{"expired, as S3 says it to who may list only under prefixes", "AccessDenied", false, "gone: it was deleted or has expired since it was listed"},
		{"archived", "InvalidObjectState", true, "archived: it must be restored before it can be read"},
		{"denied", "AccessDenied", true, `403: S3 GetObject was denied to role ` + role + ` on log file "SECOND" of bucket logs; check the role's policies, the policy and the account of the resource, and the policy of the S3 endpoint`},
		{"its key denied", "KMS.AccessDeniedException", true, `403: S3 GetObject was denied to role ` + role + ` on log file "SECOND" of bucket logs: it may not use the KMS key of it; check the key's policy, and that the role may kms:Decrypt with it, and kms:GenerateDataKey to write`},
		{"throttled", "SlowDown", true, `429: S3 GetObject is throttled: try again later and less often; S3 asks for fewer requests on log file "SECOND" of bucket logs`},
		{"broken", "InternalError", true, `500: S3 GetObject failed on log file "SECOND" of bucket logs: S3 answered InternalError, a fault of the service that the attempts did not outlast; invoke again, and look at the AWS Health Dashboard if it stays`},
	} {
		t.Run(c.name, func(t *testing.T) {
			objects, second := three()
			b := &bucket{objects: objects}
			b.get = func(key string, _ int) (*s3.GetObjectOutput, error) {
				if key != second {
					return nil, nil
				}
				if !c.there {
					b.mu.Lock()
					defer b.mu.Unlock()
					delete(b.objects, second)
				}
				return nil, apiError(c.code)
			}
			got := ask(t, newFunction(b), everything)
			found := fmt.Sprintf("%d: %s", got.StatusCode, got.Error)
			if len(got.Skipped) == 1 && got.Skipped[0].Key == second && got.names() == "E0001 E0002 E0005 E0006" {
				found = got.Skipped[0].Reason
			}
			if want := strings.ReplaceAll(c.want, "SECOND", second); found != want {
				t.Errorf("found    %s\nexpected %s", found, want)
			}
		})
	}
	b := &bucket{get: func(string, int) (*s3.GetObjectOutput, error) { return nil, apiError("AccessDenied") }}
	if got := ask(t, newFunction(b), `{"key":"`+fixtureKey+`"}`); got.StatusCode != 404 {
		t.Errorf("the one that was asked for: found %d %s", got.StatusCode, got.Error)
	}
	b.list = func(int) error { return apiError("AccessDenied") }
	if got := ask(t, newFunction(b), `{"key":"`+fixtureKey+`"}`); got.StatusCode != 403 {
		t.Errorf("nothing may be listed: found %d %s", got.StatusCode, got.Error)
	}
}

func TestABodyThatEndsTooEarlyIsReadAgain(t *testing.T) {
	for _, c := range []struct {
		name  string
		times int
		body  func(whole []byte) (io.Reader, int)
		want  string
	}{
		{"shorter than announced, twice", 2, func(b []byte) (io.Reader, int) { return bytes.NewReader(b[:20]), len(b) }, "E0001 E0002 E0003 E0004 E0005 E0006"},
		{"empty, once", 1, func(b []byte) (io.Reader, int) { return bytes.NewReader(nil), len(b) }, "E0001 E0002 E0003 E0004 E0005 E0006"},
		{"broken connection, twice", 2, func(b []byte) (io.Reader, int) {
			return io.MultiReader(bytes.NewReader(b[:20]), iotest.ErrReader(errors.New("reset"))), len(b)
		}, "E0001 E0002 E0003 E0004 E0005 E0006"},
		{"wrong to the client's own checksum", 1, func(b []byte) (io.Reader, int) {
			return io.MultiReader(bytes.NewReader(b), iotest.ErrReader(errors.New("checksum did not match"))), len(b)
		}, "E0001 E0002 E0003 E0004 E0005 E0006"},
		{"three times", 3, func(b []byte) (io.Reader, int) { return bytes.NewReader(b[:20]), len(b) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			objects, second := three()
			b := &bucket{objects: objects, get: func(key string, call int) (*s3.GetObjectOutput, error) {
				if key != second || call > c.times {
					return nil, nil
				}
				body, length := c.body(objects[second])
				return &s3.GetObjectOutput{Body: io.NopCloser(body), ContentLength: aws.Int64(int64(length))}, nil
			}}
			got := ask(t, newFunction(b), everything)
			if got.names() != c.want || len(got.Skipped) != 0 || (got.StatusCode == 500) != (c.want == "") {
				t.Errorf("found %q, %+v, %s", got.names(), got.Skipped, got.Error)
			}
		})
	}
}

func TestListingsThatFail(t *testing.T) {
	objects, _ := three()
	for _, c := range []struct {
		name, event string
		call        int
		err         error
		status      int
	}{
		{"the regions", `{"from":"2016-08-25T13:00:00Z"}`, 1, apiError("AccessDenied"), 403},
		{"the first folder", `{"from":"2016-08-25T13:00:00Z"}`, 2, apiError("AccessDenied"), 403},
		{"after a file", everything, 2, apiError("SlowDown"), 429},
		{"no such bucket", everything, 1, apiError("NoSuchBucket"), 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bucket{objects: objects, pageSize: 1, list: func(call int) error {
				if call == c.call {
					return c.err
				}
				return nil
			}}
			if got := ask(t, newFunction(b), c.event); got.StatusCode != c.status {
				t.Errorf("found %d %s, expected %d", got.StatusCode, got.Error, c.status)
			}
		})
	}
}

// oddLister gives what S3 never should.
type oddLister struct{ out s3.ListObjectsV2Output }

func (o oddLister) ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	return &o.out, nil
}

func TestOddListings(t *testing.T) {
	prefixed := func(s string) s3.ListObjectsV2Output {
		var out s3.ListObjectsV2Output
		out.CommonPrefixes = append(out.CommonPrefixes, common(s))
		return out
	}
	truncated := s3.ListObjectsV2Output{IsTruncated: aws.Bool(true)}
	for _, c := range []struct {
		name, event string
		out         s3.ListObjectsV2Output
	}{
		{"a folder that is not below the base", `{"from":"2016-08-25T13:00:00Z"}`, prefixed("elsewhere/eu-west-1/")},
		{"regions that go on without a token", `{"from":"2016-08-25T13:00:00Z"}`, truncated},
		{"keys that go on without a token", everything, truncated},
		{"a key in another encoding", everything, listing("%zz")},
		{"a key that JSON cannot carry", everything, listing("%FF")},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := New(oddLister{c.out}, &bucket{}, Grant{RoleARN: role, Bucket: "logs", Prefixes: []string{base}})
			f.now = newFunction(nil).now
			if got := ask(t, f, c.event); got.StatusCode != 500 {
				t.Errorf("found %+v", got)
			}
		})
	}
}
