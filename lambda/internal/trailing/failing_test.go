package trailing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
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

// What S3 will not give by trying again is named with its cause, and the range goes on.
func TestAFileThatS3DoesNotGive(t *testing.T) {
	const denied = "denied: S3 GetObject was denied to role " + role + " on this file"
	for _, c := range []struct {
		name  string
		err   error
		there bool
		want  string
	}{
		{"expired since it was listed", apiError("NoSuchKey"), true, "gone: it was deleted or has expired since it was listed"},
		{"expired, as S3 says it to who may list only under prefixes", apiError("AccessDenied"), false, "gone: it was deleted or has expired since it was listed"},
		{"archived", apiError("InvalidObjectState"), true, "archived: it must be restored before it can be read"},
		{"denied", apiError("AccessDenied"), true, denied + "; check the role's policies"},
		{"its key denied", apiError("KMS.AccessDeniedException"), true, denied + ": it may not use the KMS key of it"},
		{"its key denied, as S3 says it", apiSays("AccessDenied", "User: arn is not authorized to perform: kms:Decrypt on resource: arn"), true, denied + ": it may not use the KMS key of it"},
		{"its key disabled", apiError("KMS.DisabledException"), true, "denied: S3 GetObject failed on this file: its KMS key cannot be used (KMS.DisabledException)"},
		{"its key gone", apiError("KMS.NotFoundException"), true, "denied: S3 GetObject failed on this file: its KMS key cannot be used (KMS.NotFoundException)"},
		{"under a key of the customer's", apiError("InvalidRequest"), true, "refused: S3 GetObject was refused on this file with InvalidRequest"},
		{"refused by a code that nobody knows", refused(400, "SomethingNew"), true, "refused: S3 GetObject was refused on this file with 400 SomethingNew"},
		{"a delete marker", apiError("MethodNotAllowed"), true, "refused: S3 GetObject was refused on this file with MethodNotAllowed"},
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
				return nil, c.err
			}
			got := ask(t, newFunction(b), everything)
			if got.names() != "E0001 E0002 E0005 E0006" || got.Next != "" || got.Files.Read != 2 {
				t.Fatalf("found %q, next %q, %s", got.names(), got.Next, got.Error)
			}
			if len(got.Skipped) != 1 || got.Skipped[0].Key != second || !strings.HasPrefix(got.Skipped[0].Reason, c.want) {
				t.Errorf("found    %+v\nexpected %s", got.Skipped, c.want)
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

// An answer without events must not hide that nobody may read them.
func TestOnlyDeniedFilesAreAnError(t *testing.T) {
	objects, second := three()
	first, third := key(tokyo, "20160825T1310Z", "a"), key(tokyo, "20160825T1320Z", "c")
	refuse := func(code string, keys ...string) func(string, int) (*s3.GetObjectOutput, error) {
		return func(key string, _ int) (*s3.GetObjectOutput, error) {
			if slices.Contains(keys, key) {
				return nil, apiError(code)
			}
			return nil, nil
		}
	}
	for _, c := range []struct {
		name, event string
		get         func(string, int) (*s3.GetObjectOutput, error)
		status      int
		want        string
	}{
		{"all three", everything, refuse("AccessDenied", first, second, third), 403, `S3 GetObject was denied to role ` + role + ` on log file "` + first + `" and 2 others of bucket logs; check`},
		{"of a range", `{"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z"}`, refuse("KMS.AccessDeniedException", first, second, third), 403, `and 2 others of bucket logs: it may not use the KMS key`},
		{"counted only", `{"prefix":"` + base + `","limit":0}`, refuse("AccessDenied", first, second, third), 403, `and 2 others of bucket logs`},
		{"their keys disabled", everything, refuse("KMS.DisabledException", first, second, third), 500, `and 2 others of bucket logs: its KMS key cannot be used (KMS.DisabledException)`},
		{"the one that is asked for", `{"key":"` + second + `"}`, refuse("AccessDenied", second), 403, `on log file "` + second + `" of bucket logs`},
		{"two of three", everything, refuse("AccessDenied", first, second), 0, ""},
		{"all are archived", everything, refuse("InvalidObjectState", first, second, third), 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := ask(t, newFunction(&bucket{objects: objects, get: c.get}), c.event)
			if got.StatusCode != c.status || !strings.Contains(got.Error, c.want) {
				t.Errorf("found    %d %s\nexpected %d %s", got.StatusCode, got.Error, c.status, c.want)
			}
		})
	}
}

// Over several answers the error comes with the last, so that what is behind the denied files can be reached.
func TestOnlyDeniedFilesInSeveralAnswers(t *testing.T) {
	for _, c := range []struct {
		name             string
		readable, status int
		want             string
	}{
		{"nothing can be read", -1, 403, "others of bucket logs"},
		{"the first can be read", 0, 0, ""},
		{"one in the middle can be read", 20, 0, ""},
		{"the last can be read", 39, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			objects, readable := map[string][]byte{}, ""
			for i := range 40 {
				name := key(tokyo, fmt.Sprintf("20160825T13%02dZ", i), "a")
				objects[name] = log("2016-08-25T13:00:01Z")
				if i == c.readable {
					readable = name
				}
			}
			f := newFunction(&bucket{objects: objects, get: func(key string, _ int) (*s3.GetObjectOutput, error) {
				if key == readable {
					return nil, nil
				}
				return nil, apiError("AccessDenied")
			}})
			f.maxBytes = tail + 4000
			skipped, events, answers, next := 0, 0, 0, ""
			var got answered
			for range 40 {
				got = ask(t, f, `{"prefix":"`+base+`"`+next+`}`)
				answers++
				skipped += len(got.Skipped)
				events += len(got.Events)
				if got.Next == "" {
					break
				}
				next = `,"next":"` + got.Next + `"`
			}
			if got.StatusCode != c.status || !strings.Contains(got.Error, c.want) || answers < 3 {
				t.Errorf("found %d %s after %d answers", got.StatusCode, got.Error, answers)
			}
			if c.status == 0 && (events != 1 || skipped != 39) {
				t.Errorf("found %d events and %d skipped files", events, skipped)
			}
		})
	}
}

// Whatever fails for a while, what was read is answered, and the answers together have every event once.
func TestAFailureForAWhileLosesNothing(t *testing.T) {
	objects, second := three()
	first := key(tokyo, "20160825T1310Z", "a")
	for _, c := range []struct {
		name   string
		code   string
		status int
		fail   func(whole []byte) (*s3.GetObjectOutput, error)
	}{
		{"throttled", "SlowDown", 429, func([]byte) (*s3.GetObjectOutput, error) { return nil, apiError("SlowDown") }},
		{"broken", "InternalError", 500, func([]byte) (*s3.GetObjectOutput, error) { return nil, apiError("InternalError") }},
		{"KMS throttles", "KMS.ThrottlingException", 429, func([]byte) (*s3.GetObjectOutput, error) { return nil, apiError("KMS.ThrottlingException") }},
		{"an expired session", "ExpiredToken", 500, func([]byte) (*s3.GetObjectOutput, error) { return nil, apiError("ExpiredToken") }},
		{"no connection", "connection reset", 500, func([]byte) (*s3.GetObjectOutput, error) {
			return nil, &smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: errors.New("connection reset")}
		}},
		{"a body that is cut", "unexpected EOF", 500, func(b []byte) (*s3.GetObjectOutput, error) {
			return &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(b[:20])), ContentLength: aws.Int64(int64(len(b)))}, nil
		}},
		{"an empty answer", "neither the file nor its ETag", 500, func([]byte) (*s3.GetObjectOutput, error) {
			return &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(nil)), ContentLength: aws.Int64(0)}, nil
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bucket{objects: objects}
			which := second
			b.get = func(key string, _ int) (*s3.GetObjectOutput, error) {
				if key != which {
					return nil, nil
				}
				return c.fail(objects[key])
			}
			f := newFunction(b)
			result := f.Serve(t.Context(), invocation.Request{ID: "L1", Payload: []byte(everything)})
			var got answered
			if err := json.Unmarshal(result.Payload, &got); err != nil {
				t.Fatal(err)
			}
			if result.Status != 200 || got.names() != "E0001 E0002" || got.Next == "" || len(got.Skipped) != 0 {
				t.Fatalf("found %d %s, expected the events before the file, and next", result.Status, result.Payload)
			}
			if result.Err == nil || !strings.Contains(result.Err.Error(), c.code) || !strings.Contains(result.Err.Error(), second) {
				t.Errorf("found %v for the log, expected %s of %s", result.Err, c.code, second)
			}
			if again := ask(t, f, `{"prefix":"`+base+`","next":"`+got.Next+`"}`); again.StatusCode != c.status || len(again.Events) != 0 {
				t.Errorf("if it lasts: found %d %s, expected %d", again.StatusCode, again.Error, c.status)
			}
			b.get = nil
			if rest := ask(t, f, `{"prefix":"`+base+`","next":"`+got.Next+`"}`); rest.names() != "E0003 E0004 E0005 E0006" || rest.Next != "" {
				t.Errorf("the rest: found %q %s", rest.names(), rest.Error)
			}
			which, b.get = first, func(key string, _ int) (*s3.GetObjectOutput, error) {
				if key != first {
					return nil, nil
				}
				return c.fail(objects[key])
			}
			if nothing := ask(t, f, everything); nothing.StatusCode != c.status {
				t.Errorf("nothing was read: found %d %s, expected %d", nothing.StatusCode, nothing.Error, c.status)
			}
		})
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
		{"three times", 3, func(b []byte) (io.Reader, int) { return bytes.NewReader(b[:20]), len(b) }, "E0001 E0002"},
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
			if got.names() != c.want || len(got.Skipped) != 0 || (got.Next != "") != (c.times == attempts) {
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
		{"after a file", everything, 2, apiError("SlowDown"), 0},
		{"no such bucket", everything, 1, apiError("NoSuchBucket"), 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bucket{objects: objects, pageSize: 1, list: func(call int) error {
				if call == c.call {
					return c.err
				}
				return nil
			}}
			got := ask(t, newFunction(b), c.event)
			if got.StatusCode != c.status {
				t.Errorf("found %d %s, expected %d", got.StatusCode, got.Error, c.status)
			}
			if c.status == 0 && (got.names() != "E0001 E0002" || got.Next == "") {
				t.Errorf("found %q, next %q, expected the file before", got.names(), got.Next)
			}
		})
	}
}

// forever is a page after which there are more, for which its token is always the same.
func forever(out s3.ListObjectsV2Output) s3.ListObjectsV2Output {
	out.IsTruncated, out.NextContinuationToken = aws.Bool(true), aws.String("token")
	return out
}

// A listing is refused that goes back, or never comes to its end with ever other tokens.
func TestListingsThatGoBack(t *testing.T) {
	a, b, c := key(tokyo, "20160825T1310Z", "a"), key(tokyo, "20160825T1311Z", "b"), key(tokyo, "20160825T1312Z", "c")
	page := func(token string, keys ...string) *s3.ListObjectsV2Output {
		out := &s3.ListObjectsV2Output{EncodingType: types.EncodingTypeUrl, IsTruncated: aws.Bool(token != ""), NextContinuationToken: aws.String(token)}
		for _, key := range keys {
			out.Contents = append(out.Contents, types.Object{Key: aws.String(key)})
		}
		return out
	}
	for _, tc := range []struct {
		name, expected string
		answer         func(n int) *s3.ListObjectsV2Output
	}{
		{"within a page", `found "` + a, func(int) *s3.ListObjectsV2Output { return page("", b, a) }},
		{"a page that repeats", `found "` + a, func(n int) *s3.ListObjectsV2Output { return page(fmt.Sprint(n), a, b) }},
		{"two pages that repeat", `found "` + a, func(n int) *s3.ListObjectsV2Output { return page(fmt.Sprint(n), []string{a, b, c}[(n-1)%3]) }},
		{"empty pages", "1000 pages in a row", func(n int) *s3.ListObjectsV2Output { return page(fmt.Sprint(n)) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			objects := map[string][]byte{a: log("2016-08-25T13:00:01Z"), b: log("2016-08-25T13:00:02Z"), c: log("2016-08-25T13:00:03Z")}
			lister := &numbered{answer: tc.answer}
			f := New(lister, &bucket{objects: objects}, Grant{RoleARN: role, Bucket: "logs", Prefixes: []string{base}})
			result := f.Serve(t.Context(), invocation.Request{Payload: []byte(everything)})
			if result.Status != 500 || result.Err == nil || !strings.Contains(result.Err.Error(), tc.expected) {
				t.Errorf("found %d %s, %v; expected %s", result.Status, result.Payload, result.Err, tc.expected)
			}
		})
	}
}

// numbered answers each call by its number, counted from 1.
type numbered struct {
	answer func(n int) *s3.ListObjectsV2Output
	calls  int
}

func (l *numbered) ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	l.calls++
	return l.answer(l.calls), nil
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
		{"the same page for ever", everything, forever(listing(base + "notes.txt"))},
		{"the same log file for ever", everything, forever(listing(key(tokyo, "20160825T1310Z", "a")))},
		{"empty pages for ever", everything, forever(s3.ListObjectsV2Output{})},
		{"the same regions for ever", `{"from":"2016-08-25T13:00:00Z"}`, forever(prefixed(tokyo))},
		{"no regions for ever", `{"from":"2016-08-25T13:00:00Z"}`, forever(s3.ListObjectsV2Output{})},
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

// refused is an error of S3 with the status of its answer.
func refused(status int, code string) error {
	return &smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: &smithyhttp.ResponseError{
		Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status}}, Err: &smithy.GenericAPIError{Code: code}}}
}

// What is wrong with all files ends the answer, with next.
func TestARefusalOfAllFilesSkipsNone(t *testing.T) {
	objects, second := three()
	b := &bucket{objects: objects, get: func(key string, _ int) (*s3.GetObjectOutput, error) {
		if key != second {
			return nil, nil
		}
		return nil, refused(403, "SignatureDoesNotMatch")
	}}
	got := ask(t, newFunction(b), everything)
	if got.names() != "E0001 E0002" || got.Next == "" || len(got.Skipped) != 0 {
		t.Errorf("found %q, next %q, skipped %v, expected the first file and next", got.names(), got.Next, got.Skipped)
	}
}

// A panic while a file is read ahead is the error of the invocation, and not the end of the process.
func TestAPanicWhileAFileIsReadAhead(t *testing.T) {
	objects, _ := three()
	b := &bucket{objects: objects, get: func(string, int) (*s3.GetObjectOutput, error) { panic("broken") }}
	if got := ask(t, newFunction(b), everything); got.StatusCode != 500 || !strings.Contains(got.Error, "internal error") {
		t.Errorf("found %d %s, expected an internal error", got.StatusCode, got.Error)
	}
}
