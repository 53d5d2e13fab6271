package trailing

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

// overTheWire makes the function with the real clients of S3 and STS.
func overTheWire(sts, url string) *Function {
	config := targetrole.Config(fakeaws.Config(sts), targetrole.Role{ARN: role, SessionName: "trail"},
		targetrole.Limits{Call: time.Minute})
	client := s3.NewFromConfig(config, func(o *s3.Options) {
		o.BaseEndpoint = aws.String(url)
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported // as config.LoadDefaultConfig sets it
	})
	f := New(client, client, Grant{RoleARN: role, Bucket: "logs", Prefixes: []string{base}})
	f.now = newFunction(nil).now
	return f
}

// serveS3 is an S3 whose answers need more than a body.
func serveS3(t *testing.T, answer http.HandlerFunc) *Function {
	t.Helper()
	sts := fakeaws.Start(t, fakeaws.Assumed(time.Hour), nil)
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return overTheWire(sts.URL, server.URL)
}

func send(w http.ResponseWriter, file []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Encoding", "gzip") // as CloudTrail stores its files
	w.Header().Set("ETag", `"e"`)
	w.Header().Set("Content-Length", strconv.Itoa(len(file)))
	_, _ = w.Write(file)
}

func TestAFileWithContentEncodingIsGunzippedOnce(t *testing.T) {
	file, _ := fixture(t)
	f := serveS3(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/logs/"+fixtureKey || !strings.Contains(r.Header.Get("Authorization"), "Credential=ASIATARGET/") {
			t.Errorf("asked %s %s", r.Method, r.URL)
		}
		if got := r.Header.Get("Accept-Encoding"); strings.Contains(got, "gzip") { // then the transport would gunzip, and know no length
			t.Errorf("Accept-Encoding %q", got)
		}
		send(w, file)
	})
	if got := ask(t, f, `{"key":"`+fixtureKey+`"}`); len(got.Events) != 6 || got.Error != "" || len(got.Skipped) != 0 {
		t.Errorf("found %d events, %+v, %s", len(got.Events), got.Skipped, got.Error)
	}
}

func TestAConnectionThatIsCutIsTriedAgain(t *testing.T) {
	file, _ := fixture(t)
	for _, c := range []struct {
		name   string
		cuts   int32
		events int
		status int
	}{
		{"once", 1, 6, 0},
		{"twice", 2, 6, 0},
		{"always", 99, 0, 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			var calls atomic.Int32
			f := serveS3(t, func(w http.ResponseWriter, _ *http.Request) {
				if calls.Add(1) > c.cuts {
					send(w, file)
					return
				}
				w.Header().Set("Content-Length", strconv.Itoa(len(file)))
				_, _ = w.Write(file[:len(file)/2])
				_ = http.NewResponseController(w).Flush()
				panic(http.ErrAbortHandler)
			})
			got := ask(t, f, `{"key":"`+fixtureKey+`"}`)
			if len(got.Events) != c.events || got.StatusCode != c.status || len(got.Skipped) != 0 || calls.Load() != min(c.cuts+1, 3) {
				t.Errorf("found %d events, %d %s, %+v after %d calls", len(got.Events), got.StatusCode, got.Error, got.Skipped, calls.Load())
			}
		})
	}
}

// S3 sends its checksum of an object, and the client compares it at the end: other bytes are no damage of the file.
func TestAChecksumOfS3ThatIsWrongIsTriedAgain(t *testing.T) {
	file, _ := fixture(t)
	var calls atomic.Int32
	f := serveS3(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Checksum-Mode") != "ENABLED" {
			t.Error("no checksum is asked for")
		}
		body := append([]byte{}, file...)
		if calls.Add(1) == 1 {
			body[len(body)/2] ^= 1
		}
		w.Header().Set("X-Amz-Checksum-Crc32", crc32Of(file))
		send(w, body)
	})
	if got := ask(t, f, `{"key":"`+fixtureKey+`"}`); len(got.Events) != 6 || calls.Load() != 2 || len(got.Skipped) != 0 {
		t.Errorf("found %d events, %+v, %s after %d calls", len(got.Events), got.Skipped, got.Error, calls.Load())
	}
}

func TestARangeOverTheWire(t *testing.T) {
	var mu sync.Mutex
	var asked []string
	record := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, what)
	}
	file := log("2016-08-25T13:00:01Z", "2016-08-25T13:00:02Z")
	name := key(tokyo, "20160825T1310Z", "a+b")
	f := serveS3(t, func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		switch {
		case q.Get("list-type") == "" && r.Header.Get("If-Match") == `"other"`:
			w.WriteHeader(http.StatusPreconditionFailed)
			fmt.Fprint(w, `<Error><Code>PreconditionFailed</Code><Message>m</Message></Error>`)
		case q.Get("list-type") == "":
			record(r.URL.Path + " " + r.Header.Get("If-Match"))
			send(w, file)
		case q.Get("delimiter") == "/":
			fmt.Fprintf(w, `<ListBucketResult><IsTruncated>false</IsTruncated><CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes></ListBucketResult>`, tokyo)
		case q.Get("encoding-type") != "url": // XML cannot hold every key
			t.Errorf("asked %s", r.URL)
		default:
			record(q.Get("prefix") + " " + q.Get("start-after"))
			keys := ""
			if q.Get("prefix") == tokyo+"2016/08/25/" && q.Get("start-after") == "" {
				keys = `<Contents><Key>` + strings.ReplaceAll(name, "+", "%2B") + `</Key></Contents>`
			}
			fmt.Fprintf(w, `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>%s</ListBucketResult>`, keys)
		}
	})
	const event = `{"from":"2016-08-25T13:00:00Z","to":"2016-08-25T23:30:00Z"`
	first := ask(t, f, event+`,"limit":1}`)
	second := ask(t, f, event+`,"next":"`+first.Next+`"}`)
	if first.names() != "E0001" || second.names() != "E0002" || second.Next != "" {
		t.Errorf("found %q and %q; %s %s", first.names(), second.names(), first.Error, second.Error)
	}
	mu.Lock()
	defer mu.Unlock()
	for _, want := range []string{tokyo + "2016/08/25/ ", tokyo + "2016/08/26/ ", "/logs/" + name + " ", "/logs/" + name + ` "e"`, tokyo + "2016/08/25/ " + name} {
		found := false
		for _, got := range asked {
			found = found || got == want
		}
		if !found {
			t.Errorf("not asked: %q among %q", want, asked)
		}
	}
}

func TestErrorsOverTheWire(t *testing.T) {
	const ids = `","requestId":"L1","awsRequestId":"AWSREQUEST0001"}`
	s3Says := func(status int, code string) func(fakeaws.Call) fakeaws.Reply {
		return func(c fakeaws.Call) fakeaws.Reply {
			if c.URL.Query().Get("list-type") != "" {
				return fakeaws.Reply{Status: 200, Body: `<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>` + fixtureKey + `</Key></Contents></ListBucketResult>`}
			}
			return fakeaws.S3Error(status, code, "words of S3")
		}
	}
	for _, c := range []struct {
		name    string
		sts, s3 func(fakeaws.Call) fakeaws.Reply
		want    string
	}{
		{"STS denies", func(fakeaws.Call) fakeaws.Reply { return fakeaws.STSError(403, "AccessDenied", "no") }, nil,
			`{"statusCode":403,"error":"STS AssumeRole was denied: this function may not assume role ` + role +
				`; check the role's trust policy, this function's own policy and the policy of the STS endpoint` + ids},
		{"S3 denies", fakeaws.Assumed(time.Hour), s3Says(403, "AccessDenied"),
			`{"statusCode":403,"error":"S3 GetObject was denied to role ` + role + ` on log file \"` + fixtureKey + `\" of bucket logs; check the role's policies, the policy and the account of the resource, and the policy of the S3 endpoint` + ids},
		{"S3 throttles", fakeaws.Assumed(time.Hour), s3Says(503, "SlowDown"),
			`{"statusCode":429,"error":"S3 GetObject is throttled: try again later and less often; S3 asks for fewer requests on log file \"` + fixtureKey + `\" of bucket logs` + ids},
		{"no such key", fakeaws.Assumed(time.Hour), s3Says(404, "NoSuchKey"),
			`{"statusCode":404,"error":"there is no log file \"` + fixtureKey + `\" in bucket logs","requestId":"L1"}`},
		{"S3 breaks", fakeaws.Assumed(time.Hour), s3Says(500, "InternalError"),
			`{"statusCode":500,"error":"S3 GetObject failed on log file \"` + fixtureKey + `\" of bucket logs: S3 answered 500 InternalError, a fault of the service that the attempts did not outlast; invoke again, and look at the AWS Health Dashboard if it stays` + ids},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := fakeaws.Start(t, c.sts, c.s3)
			f := overTheWire(server.URL, server.URL)
			if got := serveText(f, `{"key":"`+fixtureKey+`"}`); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
