package sigv4

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// The keys of AWS's examples.
const (
	s3Secret   = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
	iamSecret  = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	emptySHA   = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	s3Scope    = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
	otherScope = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/"
)

// request reads a request as it is on the wire.
func request(t *testing.T, text string) *http.Request {
	t.Helper()
	head, body, _ := strings.Cut(text, "\n\n")
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + body)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The examples of AWS's documentation, with their signatures.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
var examples = map[string]struct{ secret, request string }{
	"GET object": {s3Secret, `GET /test.txt HTTP/1.1
Host: examplebucket.s3.amazonaws.com
Range: bytes=0-9
x-amz-content-sha256: ` + emptySHA + `
x-amz-date: 20130524T000000Z
Authorization: ` + s3Scope + `SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41
`},
	"PUT object": {s3Secret, `PUT /test$file.text HTTP/1.1
Host: examplebucket.s3.amazonaws.com
Date: Fri, 24 May 2013 00:00:00 GMT
x-amz-date: 20130524T000000Z
x-amz-storage-class: REDUCED_REDUNDANCY
x-amz-content-sha256: 44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072
Authorization: ` + s3Scope + `SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd
`},
	"a part of the query without a value": {s3Secret, `GET /?lifecycle HTTP/1.1
Host: examplebucket.s3.amazonaws.com
x-amz-date: 20130524T000000Z
x-amz-content-sha256: ` + emptySHA + `
Authorization: ` + s3Scope + `SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543
`},
	"a list": {s3Secret, `GET /?max-keys=2&prefix=J HTTP/1.1
Host: examplebucket.s3.amazonaws.com
x-amz-date: 20130524T000000Z
x-amz-content-sha256: ` + emptySHA + `
Authorization: ` + s3Scope + `SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7
`},
	"a presigned URL": {s3Secret, `GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404 HTTP/1.1
Host: examplebucket.s3.amazonaws.com
`},
	"ListUsers of IAM": {iamSecret, `GET /?Action=ListUsers&Version=2010-05-08 HTTP/1.1
Host: iam.amazonaws.com
Content-Type: application/x-www-form-urlencoded; charset=utf-8
X-Amz-Date: 20150830T123600Z
Authorization: ` + otherScope + `iam/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7
`},
	"get-vanilla of AWS's test suite": {iamSecret, `GET / HTTP/1.1
Host: example.amazonaws.com
X-Amz-Date: 20150830T123600Z
Authorization: ` + otherScope + `service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31
`},
}

func TestExamplesOfAWS(t *testing.T) {
	for name, c := range examples {
		t.Run(name, func(t *testing.T) {
			r := request(t, c.request)
			s, err := Read(r)
			if err != nil {
				t.Fatal(err)
			}
			verify := func(r *http.Request, secret string, at time.Time) error {
				return s.Verify(r, secret, emptySHA, at, 15*time.Minute)
			}
			if err := verify(r, c.secret, s.Time); err != nil {
				t.Errorf("found %v, expected a valid signature of\n%s", err, s.canonical(r, s.canonicalPaths(r.URL)[0], emptySHA))
			}
			if err := verify(r, "another secret", s.Time); !errors.Is(err, ErrMismatch) {
				t.Errorf("with another secret key: found %v, expected %v", err, ErrMismatch)
			}
			late := ErrSkewed
			if s.Presigned {
				late = ErrExpired
			}
			if err := verify(r, c.secret, s.Time.Add(25*time.Hour)); !errors.Is(err, late) {
				t.Errorf("a day later: found %v, expected %v", err, late)
			}
			if err := verify(r, c.secret, s.Time.Add(-16*time.Minute)); !errors.Is(err, ErrSkewed) {
				t.Errorf("before its time: found %v, expected %v", err, ErrSkewed)
			}
			for what, change := range map[string]func(*http.Request){
				"method":          func(r *http.Request) { r.Method = "DELETE" },
				"path":            func(r *http.Request) { r.URL.Path += "x" },
				"query":           func(r *http.Request) { r.URL.RawQuery += "&prefix=private/" },
				"host":            func(r *http.Request) { r.Host = "other.s3.amazonaws.com" },
				"unsigned header": func(r *http.Request) { r.Header.Set("X-Amz-Acl", "public-read") },
			} {
				changed := r.Clone(context.Background())
				change(changed)
				expected := ErrMismatch
				if what == "unsigned header" {
					expected = ErrUnsigned
				}
				if err := verify(changed, c.secret, s.Time); !errors.Is(err, expected) {
					t.Errorf("with another %s: found %v, expected %v", what, err, expected)
				}
			}
		})
	}
}

// chunked is the body of the examples: 65 KiB of "a" in chunks of 64 KiB and 1 KiB, with the signatures of the documentation.
func chunked(first, second, last, trailer string) string {
	return "10000;chunk-signature=" + first + "\r\n" + strings.Repeat("a", 65536) + "\r\n400;chunk-signature=" + second + "\r\n" + strings.Repeat("a", 1024) +
		"\r\n0;chunk-signature=" + last + "\r\n" + trailer + "\r\n"
}

const chunkedHead = `PUT /examplebucket/chunkObject.txt HTTP/1.1
Host: s3.amazonaws.com
x-amz-date: 20130524T000000Z
x-amz-storage-class: REDUCED_REDUNDANCY
Content-Encoding: aws-chunked
x-amz-decoded-content-length: 66560
`

// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
func TestChunksAsInAWSsExamples(t *testing.T) {
	plain := chunked("ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648", "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
		"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9", "")
	withTrailer := chunked("b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2", "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
		"2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
		"x-amz-checksum-crc32c:sOO8/Q==\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n")
	for name, c := range map[string]struct{ head, body string }{
		"without a trailer": {chunkedHead + fmt.Sprintf("x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD\nContent-Length: %d\nAuthorization: ", len(plain)) + s3Scope +
			"SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class,Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9", plain},
		"with a trailer": {chunkedHead + fmt.Sprintf("x-amz-content-sha256: STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER\nx-amz-trailer: x-amz-checksum-crc32c\nContent-Length: %d\nAuthorization: ", len(withTrailer)) + s3Scope +
			"SignedHeaders=content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer,Signature=106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e", withTrailer},
	} {
		t.Run(name, func(t *testing.T) {
			read := func(body string) (string, error) {
				r := request(t, c.head+"\n\n"+body)
				s, err := Read(r)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.Verify(r, s3Secret, "", s.Time, time.Minute); err != nil {
					t.Fatalf("found %v, expected a valid signature of\n%s", err, s.canonical(r, s.canonicalPaths(r.URL)[0], ""))
				}
				in, err := s.Body(r, s3Secret)
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(in)
				return string(text), err
			}
			if found, err := read(c.body); err != nil || found != c.body {
				t.Errorf("found %d bytes, %v, expected the %d bytes as they came", len(found), err, len(c.body))
			}
			for what, change := range map[string][2]string{
				"another byte": {"a\r\n400;", "b\r\n400;"}, "another byte of the second chunk": {"a\r\n0;", "b\r\n0;"}, "another signature of the last chunk": {"\r\n0;chunk-signature=", "\r\n0;chunk-signature=0"},
			} {
				changed := strings.Replace(c.body, change[0], change[1], 1)
				found, err := read(changed[:len(c.body)])
				if err == nil || len(found) >= len(c.body) {
					t.Errorf("%s: found %d bytes and no error, expected an error before the end", what, len(found))
				}
			}
			if _, err := read(strings.Replace(c.body, "sOO8", "sOO9", 1)); strings.Contains(c.body, "sOO8") && !errors.Is(err, ErrMismatch) {
				t.Errorf("another trailer: found %v, expected %v", err, ErrMismatch)
			}
		})
	}
}

func TestABodyWithASignedDigest(t *testing.T) {
	for name, c := range map[string]struct {
		body     string
		expected error
	}{"the one": {"content", nil}, "another": {"contend", ErrPayload}} {
		r := request(t, "PUT /lake/1 HTTP/1.1\nHost: localhost\nContent-Length: 7\n\n"+c.body)
		s := &Signature{Payload: Digest([]byte("content"))}
		in, err := s.Body(r, "")
		if err != nil {
			t.Fatal(err)
		}
		found, err := io.ReadAll(in)
		if !errors.Is(err, c.expected) || c.expected == nil && string(found) != c.body || c.expected != nil && len(found) == len(c.body) {
			t.Errorf("%s: found %q, %v, expected %v", name, found, err, c.expected)
		}
	}
}

// What the SDK's own signer signs is valid: paths and queries with special characters, headers with spaces, and a digest of the body.
func TestWhatTheSDKSigns(t *testing.T) {
	for _, service := range []string{"s3", "dynamodb", "lambda"} {
		for _, path := range []string{"/", "/lake/a b+c/ü~.txt", "/lake/a//b/", "/lake/%2F%25", "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations", "/lake/a%20b=c&d?prefix=a%2Fb+c&delimiter=%2F&marker=", "/?b=2&a=1&a=0&a-b=1"} {
			r, err := http.NewRequest("PUT", "http://localhost:4566"+path, strings.NewReader("body"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("X-Amz-Meta-Note", "  two   words ")
			digest := Digest([]byte("body"))
			if service == "s3" {
				r.Header.Set("X-Amz-Content-Sha256", digest)
			}
			at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
			signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
			if err := signer.SignHTTP(t.Context(), aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "secret", SessionToken: "token"}, r, digest, service, "eu-west-1", at); err != nil {
				t.Fatal(err)
			}
			var wire bytes.Buffer
			if err := r.Write(&wire); err != nil {
				t.Fatal(err)
			}
			received, err := http.ReadRequest(bufio.NewReader(&wire))
			if err != nil {
				t.Fatal(err)
			}
			s, err := Read(received)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Verify(received, "secret", digest, at, time.Minute); err != nil || s.SessionToken != "token" || s.Service != service {
				t.Errorf("%s %s: found %v, token %q, expected a valid signature of\n%s", service, path, err, s.SessionToken, s.canonical(received, s.canonicalPaths(received.URL)[0], digest))
			}
		}
	}
}

func TestSignaturesThatCannotBeRead(t *testing.T) {
	const ok = "AWS4-HMAC-SHA256 Credential=AKIA/20260102/eu-west-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature="
	digits := strings.Repeat("0", 64)
	for name, c := range map[string]struct {
		header, query, date string
		expected            error
	}{
		"none":                      {"", "", "", ErrMissing},
		"Signature Version 2":       {"AWS AKIA:signature", "", "20260102T030405Z", ErrVersion2},
		"a URL of Version 2":        {"", "AWSAccessKeyId=AKIA&Signature=x&Expires=1767323045", "", ErrVersion2},
		"of another day":            {ok + digits, "", "20260103T030405Z", ErrMalformed},
		"no time":                   {ok + digits, "", "", ErrMalformed},
		"a short signature":         {ok + "00", "", "20260102T030405Z", ErrMalformed},
		"no region":                 {strings.Replace(ok, "eu-west-1", "", 1) + digits, "", "20260102T030405Z", ErrMalformed},
		"a host that is unsigned":   {strings.Replace(ok, "host;", "", 1) + digits, "", "20260102T030405Z", ErrMalformed},
		"an expiry of eight days":   {"", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=691200", "", ErrMalformed},
		"an expiry before its time": {"", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=-1", "", ErrMalformed},
		"another algorithm":         {"", "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256", "", ErrMalformed},
	} {
		r, err := http.NewRequest("GET", "http://localhost/?"+c.query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.header != "" {
			r.Header.Set("Authorization", c.header)
		}
		if c.date != "" {
			r.Header.Set("X-Amz-Date", c.date)
		}
		if _, err := Read(r); !errors.Is(err, c.expected) {
			t.Errorf("%s: found %v, expected %v", name, err, c.expected)
		}
	}
}

// Whatever comes between chunks, reading ends, and gives no more than came.
func FuzzChunks(f *testing.F) {
	f.Add([]byte("4\r\nbody\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"), int64(4))
	f.Add([]byte("ffffffffffffffff\r\n"), int64(4))
	f.Fuzz(func(t *testing.T, body []byte, length int64) {
		s := &Signature{Payload: unsignedTrailer, decoded: max(length, 0)}
		in, err := s.Body(&http.Request{Body: io.NopCloser(bytes.NewReader(body))}, "")
		if err != nil {
			t.Fatal(err)
		}
		found, err := io.ReadAll(in)
		if !bytes.HasPrefix(body, found) {
			t.Errorf("found %q, %v, which is not what came", found, err)
		}
	})
}
