package gateway

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/identity"
)

// signed is a request of an administrator of account 111111111111 that is signed.
func (w world) signed(service, method, path string, body io.Reader, payload string, header ...string) *http.Request {
	w.t.Helper()
	return w.signedBy(w.Administrator(source), service, method, path, body, payload, header...)
}

// signedBy is a request that is signed with credentials.
func (w world) signedBy(c aws.Credentials, service, method, path string, body io.Reader, payload string, header ...string) *http.Request {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), method, w.AddressURL()+path, body)
	if err != nil {
		w.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	if service == "s3" {
		r.Header.Set("X-Amz-Content-Sha256", payload)
	}
	if err := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" }).SignHTTP(w.t.Context(), c, r, payload, service, region, time.Now()); err != nil {
		w.t.Fatal(err)
	}
	return r
}

const unsignedPayload = "UNSIGNED-PAYLOAD"

// The local AWS chooses account, service and region by more than what is signed. None of that reaches it from a client.
func TestClientsDoNotSteerTheLocalAWS(t *testing.T) {
	w := start(t)
	w.deploy(source, "Roles", roles)
	_, port, _ := strings.Cut(strings.TrimPrefix(w.AddressURL(), "http://"), ":")
	r := w.signed("s3", "GET", "/lake/1", nil, unsignedPayload, "User-Agent", "aws-cli region/us-east-1")
	for _, name := range []string{"X-Moto-Account-Id", "X_Moto_Account_Id", "X_moto-account-id"} {
		r.Header[name] = []string{target}
	}
	r.Header["X-Amz-Meta-My_Key"] = []string{"kept"}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusForbidden { // x-amz-meta-my_key is not signed
		t.Errorf("a header that is not signed: found status %d, expected 403", response.StatusCode)
	}
	delete(r.Header, "X-Amz-Meta-My_Key")
	if response, err = http.DefaultClient.Do(r); err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	last := w.behind.last()
	if response.StatusCode != http.StatusOK || last.Header.Get("X-Moto-Account-Id") != source || strings.Contains(last.Header.Get("User-Agent"), "region") {
		t.Fatalf("found status %d and %v", response.StatusCode, last.Header)
	}
	for name := range last.Header {
		if strings.Contains(name, "_") {
			t.Errorf("found header %s, which WSGI takes for the one with hyphens", name)
		}
	}
	for name, c := range map[string]struct {
		request  *http.Request
		expected string // host that the local AWS sees; "" for a request that is refused
	}{
		"a table, at the host of a bucket": {w.signed("dynamodb", "POST", "/", strings.NewReader("{}"), digestOf("{}"), "X-Amz-Target", "DynamoDB_20120810.ListTables", "Host", "lake.localhost:"+port), "localhost:" + port},
		"another region in the URL":        {w.signed("sqs", "GET", "/?Action=GetQueueUrl&QueueName=q&Other=https%3A%2F%2Fsqs.us-east-1.amazonaws.com%2F", nil, digestOf("")), ""},
		"the region of the signature":      {w.signed("sqs", "GET", "/?Action=GetQueueUrl&QueueName=q&Other=https%3A%2F%2Fsqs.eu-west-1.amazonaws.com%2F", nil, digestOf("")), "127.0.0.1:" + port},
		"a parameter that Go does not see": {withQuery(w.signed("s3", "GET", "/lake/1", nil, unsignedPayload), "versionId=1;x"), ""},
		"a parameter that is there twice":  {w.signed("s3", "GET", "/lake/1?versionId=1&version%49d=2", nil, unsignedPayload), ""},
		"two signatures":                   {w.signed("s3", "GET", "/lake/1?X-Amz-Signature=x", nil, unsignedPayload), ""},
	} {
		n := len(w.behind.requests())
		response, err := http.DefaultClient.Do(c.request)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		response.Body.Close()
		found := ""
		if len(w.behind.requests()) > n {
			found = w.behind.last().Host
		}
		if found != c.expected || (response.StatusCode == http.StatusBadRequest) != (c.expected == "") {
			t.Errorf("%s: found status %d, and that host %q was asked, expected %q", name, response.StatusCode, found, c.expected)
		}
	}
}

// withQuery has a query that is not signed.
func withQuery(r *http.Request, query string) *http.Request {
	r.URL.RawQuery = query
	return r
}

func digestOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// raw sends bytes on a connection of its own and returns what comes back until its end, or until nothing comes for a while.
func (w world) raw(text string) string {
	w.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(w.AddressURL(), "http://"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		w.t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	answer, _ := io.ReadAll(c)
	return string(answer)
}

// bytesOf is a request as it is sent.
func bytesOf(r *http.Request, body string, more ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", r.Method, r.URL.RequestURI(), r.URL.Host)
	for name, values := range r.Header {
		fmt.Fprintf(&b, "%s: %s\r\n", name, values[0])
	}
	for _, line := range more {
		b.WriteString(line + "\r\n")
	}
	return b.String() + "\r\n" + body
}

// No bytes of one request become another request behind the gateway.
func TestRequestsAreNotSmuggled(t *testing.T) {
	w := start(t)
	w.deploy(source, "Roles", roles)
	const inner = "GET /lake/smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	for name, c := range map[string]struct {
		text   string
		passed []string // bodies of the requests that are passed on
	}{
		"both lengths": {
			bytesOf(w.signed("s3", "PUT", "/lake/1", nil, unsignedPayload), "1\r\nx\r\n0\r\n\r\n"+inner, "Transfer-Encoding: chunked", "Content-Length: 5"), []string{"x"}},
		"two lengths":          {bytesOf(w.signed("s3", "PUT", "/lake/1", nil, unsignedPayload), "x"+inner, "Content-Length: 1", "Content-Length: 40"), nil},
		"an unknown encoding":  {bytesOf(w.signed("s3", "PUT", "/lake/1", nil, unsignedPayload), "x"+inner, "Transfer-Encoding: xchunked", "Content-Length: 1"), nil},
		"a body of a GET":      {bytesOf(w.signed("s3", "GET", "/lake/1", nil, unsignedPayload), inner, fmt.Sprintf("Content-Length: %d", len(inner)), "Connection: close"), []string{inner}},
		"pipelined":            {bytesOf(w.signed("s3", "GET", "/lake/1", nil, unsignedPayload), "") + bytesOf(w.signed("s3", "GET", "/lake/2", nil, unsignedPayload), "", "Connection: close"), []string{"", ""}},
		"a header of 2 MB":     {bytesOf(w.signed("s3", "GET", "/lake/1", nil, unsignedPayload), "", "X-Large: "+strings.Repeat("x", 2<<20)), nil},
		"a line break in one":  {bytesOf(w.signed("s3", "GET", "/lake/1", nil, unsignedPayload), "", "X-A: a\rX-Moto-Account-Id: 222222222222", "Connection: close"), nil},
		"another host's":       {strings.Replace(bytesOf(w.signed("s3", "GET", "/lake/1", nil, unsignedPayload), "", "Connection: close"), "GET /lake", "GET http://example.com/lake", 1), nil},
		"HTTP/1.0 and no host": {"GET /lake/1 HTTP/1.0\r\n\r\n", nil},
	} {
		before := len(w.behind.requests())
		answer := w.raw(c.text)
		var passed []string
		for _, r := range w.behind.requests()[before:] {
			body, _ := io.ReadAll(r.Body)
			passed = append(passed, string(body))
			if strings.Contains(r.URL.Path, "smuggled") || r.Header.Get("X-Moto-Account-Id") != source {
				t.Errorf("%s: found that %s of account %s was passed on", name, r.URL, r.Header.Get("X-Moto-Account-Id"))
			}
		}
		if fmt.Sprint(passed) != fmt.Sprint(c.passed) {
			t.Errorf("%s: found that %q was passed on, expected %q; the answer is %.200q", name, passed, c.passed, answer)
		}
	}
}

// Clients that send no end of their headers keep nobody else waiting, and not for ever.
func TestSlowClients(t *testing.T) {
	w := start(t)
	w.deploy(source, "Roles", roles)
	var all []net.Conn
	for range 100 {
		c, err := net.Dial("tcp", strings.TrimPrefix(w.AddressURL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		io.WriteString(c, "GET /lake/1 HTTP/1.1\r\nHost: ")
		all = append(all, c)
	}
	client := s3.NewFromConfig(w.config(w.Administrator(source)))
	if _, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String("1")}); err != nil {
		t.Errorf("found %v beside %d slow clients", err, len(all))
	}
	if limit := w.front.server.ReadHeaderTimeout; limit <= 0 || limit > time.Minute {
		t.Errorf("found a limit of %s for headers, expected one of at most a minute", limit)
	}
}

// Who goes away in the middle of an upload has uploaded nothing, and leaves nothing running.
func TestClientsThatGoAway(t *testing.T) {
	var whole, broken atomic.Int64
	w := start(t)
	w.deploy(source, "Roles", roles)
	w.behind.toS3 = func(_ http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			broken.Add(1)
		} else {
			whole.Add(1)
		}
	}
	before, goroutines := int64(len(w.Decisions(0))), runtime.NumGoroutine()
	const clients = 20
	for i := range clients {
		c, err := net.Dial("tcp", strings.TrimPrefix(w.AddressURL(), "http://"))
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(c, bytesOf(w.signed("s3", "PUT", "/lake/1", nil, unsignedPayload), strings.Repeat("x", 100_000), "Content-Length: 1000000"))
		for deadline := time.Now().Add(10 * time.Second); len(w.Decisions(before)) <= i && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		}
		c.Close()
	}
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if broken.Load() == clients && runtime.NumGoroutine() <= goroutines+10 {
			break
		}
	}
	if whole.Load() > 0 || broken.Load() != clients || runtime.NumGoroutine() > goroutines+10 {
		t.Errorf("found %d whole and %d broken uploads, and %d goroutines after %d, expected %d broken ones and no more goroutines", whole.Load(), broken.Load(), runtime.NumGoroutine(), goroutines, clients)
	}
}

var bodySize = flag.Int64("body", 32<<20, "how many `bytes` the body has that passes the gateway in little memory")

// Bodies pass as streams, also those whose digest is signed.
func TestLargeBodiesTakeLittleMemory(t *testing.T) {
	most := min(64<<20, uint64(*bodySize)*3/4)
	w := start(t)
	w.deploy(source, "Roles", roles)
	w.behind.toS3 = func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil || r.Method == http.MethodPut && n != *bodySize {
			http.Error(w, fmt.Sprint(n, err), http.StatusBadRequest)
		}
		if r.Method == http.MethodGet {
			io.CopyN(w, zeros{}, *bodySize)
		}
	}
	digest := sha256.New()
	io.CopyN(digest, zeros{}, *bodySize)
	signedDigest := hex.EncodeToString(digest.Sum(nil))
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	other := m.HeapInuse // of the tests before
	done := make(chan struct{})
	peak := make(chan uint64)
	go func() {
		var found uint64
		for {
			select {
			case <-done:
				peak <- found
				return
			case <-time.After(5 * time.Millisecond):
				runtime.ReadMemStats(&m)
				found = max(found, m.HeapInuse)
			}
		}
	}()
	for name, r := range map[string]*http.Request{
		"an upload":                       w.signed("s3", "PUT", "/lake/1", io.LimitReader(zeros{}, *bodySize), unsignedPayload),
		"an upload whose digest is known": w.signed("s3", "PUT", "/lake/1", io.LimitReader(zeros{}, *bodySize), signedDigest),
		"a download":                      w.signed("s3", "GET", "/lake/1", nil, unsignedPayload),
	} {
		if r.Method == http.MethodPut {
			r.ContentLength = *bodySize
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		n, err := io.Copy(io.Discard, bufio.NewReader(response.Body))
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK || r.Method == http.MethodGet && n != *bodySize {
			t.Errorf("%s: found status %d and %d bytes, %v", name, response.StatusCode, n, err)
		}
	}
	close(done)
	if found := max(<-peak, other) - other; found > most {
		t.Errorf("found %d more bytes of memory in use, expected at most %d", found, most)
	} else {
		t.Logf("%d bytes in three requests: at most %d more bytes of memory in use", *bodySize, found)
	}
}

// zeros are bytes without an end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// An answer that breaks off is no whole answer.
func TestAnAnswerThatBreaksOff(t *testing.T) {
	w := start(t)
	w.deploy(source, "Roles", roles)
	w.behind.toS3 = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, "half")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	got, err := s3.NewFromConfig(w.config(w.Administrator(source))).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("lake"), Key: aws.String("1")})
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(got.Body); err == nil {
		t.Errorf("found %q and no error, expected one", text)
	}
}

// What a request costs in the gateway, with a backend that answers at once.
func BenchmarkRequest(b *testing.B) {
	w := start(b)
	w.deploy(source, "Roles", roles)
	w.behind.toS3 = func(http.ResponseWriter, *http.Request) {}
	now := time.Now()
	const role = "arn:aws:iam::111111111111:role/first"
	nobody := credentialsOf(w.sessions.Add(identity.Session{Role: role, RoleID: w.stacks.Now().UniqueID(role), Name: "s", Issued: now, Expires: now.Add(time.Hour)}))
	for name, c := range map[string]struct {
		by     aws.Credentials
		status int
	}{"allowed": {w.Administrator(source), http.StatusOK}, "denied": {nobody, http.StatusForbidden}} {
		b.Run(name, func(b *testing.B) {
			r := w.signedBy(c.by, "s3", "GET", "/lake/1", nil, unsignedPayload)
			b.ReportAllocs()
			for b.Loop() {
				response, err := http.DefaultClient.Do(r)
				if err != nil {
					b.Fatal(err)
				}
				io.Copy(io.Discard, response.Body)
				response.Body.Close()
				if response.StatusCode != c.status {
					b.Fatal(response.Status)
				}
			}
		})
	}
}
