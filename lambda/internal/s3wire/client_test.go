package s3wire

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
	"github.com/crossgrant/crossgrant/lambda/internal/xmlread"
)

func client(t testing.TB, s *server) *Client {
	config, err := awsclient.Load(environment(map[string]string{"AWS_ENDPOINT_URL": s.URL}), awsclient.Options{Region: "eu-west-1"})
	if err != nil {
		t.Fatal(err)
	}
	return New(config)
}

func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func cut(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Length", "1000")
	_, _ = io.WriteString(w, body)
	hangUp(w)
}

// Each fault of the first two answers is repeated, by ours and by the SDK's client alike.
func TestFaultsAreRepeated(t *testing.T) {
	bodies := map[string]string{
		"CopyObject": copyResult, "UploadPartCopy": strings.ReplaceAll(copyResult, "Object", "Part"),
		"ListObjectsV2":           `<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`,
		"CompleteMultipartUpload": `<CompleteMultipartUploadResult><ETag>"e-1"</ETag></CompleteMultipartUploadResult>`,
		"CreateMultipartUpload":   `<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>`,
		"GetObjectTagging":        `<Tagging><TagSet/></Tagging>`,
		"ListParts":               `<ListPartsResult><UploadId>u</UploadId><IsTruncated>false</IsTruncated></ListPartsResult>`,
		"ListMultipartUploads":    `<ListMultipartUploadsResult><Bucket>b</Bucket><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>`,
	}
	bucket, key, source := aws.String("bucket"), aws.String("dir/k"), aws.String("o/k")
	calls := map[string]func(*Client, context.Context) error{
		"CopyObject": func(c *Client, ctx context.Context) error {
			_, err := c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: key, CopySource: source})
			return err
		},
		"CopyObject by the SDK": func(c *Client, ctx context.Context) error {
			_, err := c.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: key, CopySource: source, CacheControl: aws.String("x")})
			return err
		},
		"UploadPartCopy": func(c *Client, ctx context.Context) error {
			_, err := c.UploadPartCopy(ctx, &s3.UploadPartCopyInput{Bucket: bucket, Key: key, CopySource: source, UploadId: aws.String("u"), PartNumber: aws.Int32(1)})
			return err
		},
		"ListObjectsV2": func(c *Client, ctx context.Context) error {
			_, err := c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket})
			return err
		},
		"ListObjectsV2 by the SDK": func(c *Client, ctx context.Context) error {
			_, err := c.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket, RequestPayer: "requester"})
			return err
		},
		"CompleteMultipartUpload": func(c *Client, ctx context.Context) error {
			_, err := c.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: aws.String("u")})
			return err
		},
		"CreateMultipartUpload": func(c *Client, ctx context.Context) error {
			_, err := c.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
			return err
		},
		"GetObjectTagging": func(c *Client, ctx context.Context) error {
			_, err := c.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: bucket, Key: key})
			return err
		},
		"ListParts": func(c *Client, ctx context.Context) error {
			_, err := c.ListParts(ctx, &s3.ListPartsInput{Bucket: bucket, Key: key, UploadId: aws.String("u")})
			return err
		},
		"ListMultipartUploads": func(c *Client, ctx context.Context) error {
			_, err := c.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: bucket})
			return err
		},
	}
	faults := map[string]func(w http.ResponseWriter, body string){
		"empty 200":        func(http.ResponseWriter, string) {},
		"white space only": func(w http.ResponseWriter, _ string) { _, _ = io.WriteString(w, "  \n ") },
		"cut document":     func(w http.ResponseWriter, body string) { _, _ = io.WriteString(w, body[:len(body)-9]) },
		"cut answer":       func(w http.ResponseWriter, body string) { cut(w, body[:20]) },
		"hung up":          func(w http.ResponseWriter, _ string) { hangUp(w) },
		"error in a 200": func(w http.ResponseWriter, _ string) {
			_, _ = io.WriteString(w, `<Error><Code>InternalError</Code><Message>m</Message></Error>`)
		},
		"SlowDown": func(w http.ResponseWriter, _ string) {
			w.WriteHeader(503)
			_, _ = io.WriteString(w, `<Error><Code>SlowDown</Code></Error>`)
		},
		"500": func(w http.ResponseWriter, _ string) { w.WriteHeader(500) },
		"502 of a proxy": func(w http.ResponseWriter, _ string) {
			w.WriteHeader(502)
			_, _ = io.WriteString(w, "<html><body>Bad Gateway</body>")
		},
	}
	for operation, call := range calls {
		for fault, write := range faults {
			t.Run(operation+"/"+fault, func(t *testing.T) {
				t.Parallel()
				s := start(t)
				name, _, _ := strings.Cut(operation, " ")
				s.answer = func(n int, w http.ResponseWriter) {
					if n <= 2 {
						write(w, bodies[name])
						return
					}
					_, _ = io.WriteString(w, bodies[name])
				}
				var stats pace.Stats
				if err := call(client(t, s), pace.WithStats(t.Context(), &stats)); err != nil || s.count != 3 {
					t.Errorf("found %v after %d requests, expected success after 3", err, s.count)
				}
				if stats.Requests.Load() != 3 || stats.Retries.Load() != 2 || stats.Throttled.Load() != map[bool]int64{true: 2}[fault == "SlowDown"] {
					t.Errorf("found %d requests, %d retries, %d throttled", stats.Requests.Load(), stats.Retries.Load(), stats.Throttled.Load())
				}
			})
		}
	}
}

func TestTheCauseSurvives(t *testing.T) {
	for _, sdk := range []bool{false, true} {
		s := start(t)
		s.reply(500, `<Error><Code>InternalError</Code><Message>m</Message></Error>`)
		c := client(t, s)
		list := func(ctx context.Context) error {
			in := &s3.ListObjectsV2Input{Bucket: aws.String("bucket")}
			if sdk {
				in.RequestPayer = "requester"
			}
			_, err := c.ListObjectsV2(ctx, in)
			return err
		}
		check := func(name string, err error, reason error) {
			var api smithy.APIError
			var id interface{ ServiceRequestID() string }
			if !errors.As(err, &api) || api.ErrorCode() != "InternalError" || !errors.As(err, &id) || id.ServiceRequestID() != "ID1" || reason != nil && !errors.Is(err, reason) {
				t.Errorf("%s, by the SDK %t: found %v, expected the last answer and %v", name, sdk, err, reason)
			}
		}
		check("attempts", list(t.Context()), nil)
		ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(time.Hour))
		defer cancel()
		s.answer = func(n int, w http.ResponseWriter) {
			w.Header().Set("X-Amz-Request-Id", "ID1")
			w.WriteHeader(500)
			_, _ = io.WriteString(w, `<Error><Code>InternalError</Code></Error>`)
		}
		early := pace.StartBy(ctx, time.Now().Add(30*time.Millisecond))
		check("too late", list(early), pace.ErrTooLate)
	}
}

func TestTheClockIsCorrected(t *testing.T) {
	s := start(t)
	ahead := time.Now().Add(-20 * time.Minute)
	s.answer = func(n int, w http.ResponseWriter) {
		at, _ := time.Parse("20060102T150405Z", s.last.Header.Get("X-Amz-Date"))
		w.Header().Set("Date", ahead.UTC().Format(http.TimeFormat))
		if off := at.Sub(ahead); off > 15*time.Minute || off < -15*time.Minute {
			w.WriteHeader(403)
			_, _ = io.WriteString(w, `<Error><Code>RequestTimeTooSkewed</Code></Error>`)
			return
		}
		_, _ = io.WriteString(w, copyResult)
	}
	c := client(t, s)
	for range 2 {
		if _, err := c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k"), CopySource: aws.String("o/k")}); err != nil {
			t.Fatal(err)
		}
	}
	if s.count != 3 {
		t.Errorf("found %d requests, expected one more than the two calls", s.count)
	}
}

func TestAnotherRegionIsNotFollowed(t *testing.T) {
	s := start(t)
	s.answer = func(_ int, w http.ResponseWriter) {
		w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
		w.Header().Set("Location", s.URL+"/elsewhere")
		w.WriteHeader(301)
		_, _ = io.WriteString(w, `<Error><Code>PermanentRedirect</Code></Error>`)
	}
	_, err := client(t, s).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("bucket")})
	var failed *smithy.OperationError
	if !errors.As(err, &failed) || s.count != 1 || awserror.Read(err).Region() != "eu-west-1" {
		t.Errorf("found %v after %d requests, region %q, expected eu-west-1 after one", err, s.count, awserror.Read(err).Region())
	}
}

func TestAnAnswerIsBounded(t *testing.T) {
	s := start(t)
	s.answer = func(_ int, w http.ResponseWriter) {
		_, _ = io.WriteString(w, strings.Repeat(" ", mostResult+1)+copyResult)
	}
	if _, err := client(t, s).CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k"), CopySource: aws.String("o/k")}); err == nil || s.count != 1 {
		t.Errorf("found %v after %d requests, expected an error after one", err, s.count)
	}
}

// Connections are used again, after errors as well.
func TestConnectionsAreUsedAgain(t *testing.T) {
	s := start(t)
	from := map[string]bool{}
	s.answer = func(n int, w http.ResponseWriter) {
		from[s.last.RemoteAddr] = true
		if n%2 == 0 {
			w.WriteHeader(404)
			_, _ = io.WriteString(w, strings.Repeat(" ", 300_000)+`<Error><Code>NoSuchKey</Code></Error>`)
			return
		}
		_, _ = io.WriteString(w, strings.Repeat(" ", 300_000)+copyResult)
	}
	c := client(t, s)
	for range 20 {
		_, _ = c.CopyObject(t.Context(), &s3.CopyObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k"), CopySource: aws.String("o/k")})
	}
	if len(from) != 1 {
		t.Errorf("found %d connections, expected one", len(from))
	}
}

// FuzzDocument: what this package reads, encoding/xml reads alike; what encoding/xml refuses, this package may not read as a result.
func FuzzDocument(f *testing.F) {
	for _, text := range documents {
		f.Add([]byte(strings.ReplaceAll(text, "ROOT", "CopyObjectResult")))
	}
	f.Add([]byte(`<CopyObjectResult><ETag>e</ETag></CopyObjectResult`))
	f.Add([]byte(`<CopyObjectResult><ETag>e</etag></CopyObjectResult>`))
	f.Add([]byte(`<CopyObjectResult a='>'><ETag/></CopyObjectResult >x`))
	f.Fuzz(func(t *testing.T, text []byte) {
		etag, n := "", 0
		err := readResult(200, text, "CopyObjectResult", func(d *xmlread.Document, name string) error {
			if name == "ETag" {
				n++
				return d.String(&etag)
			}
			return d.Skip()
		})
		if err != nil || n != 1 {
			return
		}
		var want struct {
			XMLName xml.Name
			ETag    string
		}
		// A prefix without a namespace, an attribute that is malformed and the like are read more freely.
		if xmlErr := xml.Unmarshal(text, &want); xmlErr == nil && (want.ETag != etag || want.XMLName.Local != "CopyObjectResult") {
			t.Errorf("%q: found %q, encoding/xml %q", text, etag, want.ETag)
		}
	})
}
