package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/internal/sample"
	"github.com/crossgrant/crossgrant/sandbox/internal/faultproxy"
	"github.com/crossgrant/crossgrant/sandbox/internal/localaws"
	"github.com/crossgrant/crossgrant/sandbox/internal/runtimeapi"
	"github.com/crossgrant/crossgrant/sandbox/internal/subprocess"
)

var (
	whole = flag.Bool("whole", false, "run everything, on each server that can be had")
	seed  = flag.Uint64("seed", 1, "of every choice by chance")
	// objects has figures: only with -whole are the functions slowed down by the race detector.
	objects = flag.Int("objects", 0, "how many objects the distributed copy copies, 1,000 at least; 0 is some hundred, or 20,000 with -whole")
)

const (
	region  = "ap-northeast-1"
	source  = "111111111111"
	target  = "222222222222"
	project = "../../.."
	venv    = project + "/.build/venv"
	// marker is in every object, and must be in no log.
	marker = "CONTENT-OF-AN-OBJECT"
)

var (
	binaries string
	moto     *localaws.Server
	owner    aws.Credentials // an administrator of the source account, which may read and write both accounts' buckets in moto
)

func TestMain(m *testing.M) {
	flag.Parse()
	// They mostly wait, so more of them run at once than there are cores.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	again := fmt.Sprintf("go test ./sandbox/internal/faults -seed %d", *seed)
	if testing.Short() {
		again += " -short"
	}
	fmt.Printf("seed %d; again with: %s\n", *seed, again)
	var err error
	if binaries, err = os.MkdirTemp("", "crossgrant-faults-"); err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(binaries)
	arguments := []string{"build", "-trimpath", "-tags=lambda.norpc", "-o", binaries + "/"}
	if _, err := exec.LookPath("cc"); err == nil && *whole {
		arguments = append(arguments, "-race")
	}
	build := exec.Command("go", append(arguments, "./lambda/list", "./lambda/copy", "./lambda/scan", "./lambda/trail")...)
	build.Dir = project
	if text, err := build.CombinedOutput(); err != nil {
		fmt.Printf("build the functions: %v\n%s", err, text)
		return 1
	}
	ctx := context.Background()
	if moto, err = localaws.Start(ctx, venv); err != nil {
		fmt.Println(err)
		return 1
	}
	defer moto.Stop()
	if owner, err = moto.Administrator(ctx, region, source); err != nil {
		fmt.Println(err)
		return 1
	}
	code := m.Run()
	for _, s := range stops {
		s()
	}
	return code
}

// stops end what other servers were started.
var stops []func()

// store is a server of S3 that the functions are tried against.
type store struct {
	name string
	url  string
	// keys sign, if the server knows no roles; without them the functions assume one of moto's.
	keys *aws.Credentials
	// abortDeletes says that aborting an upload deletes the object of its key, as S3 never does.
	abortDeletes bool
}

func (s store) client() *s3.Client {
	keys := owner
	if s.keys != nil {
		keys = *s.keys
	}
	return s3.NewFromConfig(aws.Config{Region: region, BaseEndpoint: aws.String(s.url), Credentials: credentials.StaticCredentialsProvider{Value: keys}},
		func(o *s3.Options) { o.UsePathStyle = true })
}

// bench is a proxy in front of a server, with buckets of its own.
type bench struct {
	t           *testing.T
	store       store
	proxy       *faultproxy.Proxy
	client      *s3.Client // not by way of the proxy
	origin      string
	destination string
	keys        int
	parallel    int // objects and parts that the function copies at once; 0 is its default
}

// large is the size of an object that is copied in parts of 5 MiB.
const large = 11 << 20

// newBench has an empty bucket, and one with small objects, of which some have tags or a name that needs encoding, and large ones. The tests that
// have the same objects share that one, since nothing changes them.
func newBench(t *testing.T, s store, small, big int) *bench {
	t.Helper()
	b := emptyBench(t, s)
	b.keys = small + big
	origins.Lock()
	defer origins.Unlock()
	name := fmt.Sprintf("%s %d %d", s.name, small, big)
	if origins.names[name] == "" {
		b.fill(small, big)
		origins.names[name] = b.origin
		origins.objects[b.origin] = b.read(b.origin)
	}
	b.origin = origins.names[name]
	return b
}

// newChangingBench is newBench with objects of its own, which the test changes.
func newChangingBench(t *testing.T, s store, small, big int) *bench {
	t.Helper()
	b := emptyBench(t, s)
	b.keys = small + big
	b.fill(small, big)
	return b
}

// origins are the buckets that tests share, and their objects by bucket.
var origins = struct {
	sync.Mutex
	names   map[string]string
	objects map[string]map[string]string
}{names: map[string]string{}, objects: map[string]map[string]string{}}

func emptyBench(t *testing.T, s store) *bench {
	t.Helper()
	b := bareBench(t, s)
	// Servers keep what they have until they end.
	t.Cleanup(b.empty)
	return b
}

// bareBench is emptyBench on a server that ends with the test.
func bareBench(t *testing.T, s store) *bench {
	t.Helper()
	p, err := faultproxy.Start(s.url, moto.AddressURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	name := bucketName(t)
	b := &bench{t: t, store: s, proxy: p, client: s.client(), origin: name + "-o", destination: name + "-d"}
	b.create(b.destination)
	return b
}

func (b *bench) create(bucket string) {
	b.t.Helper()
	if _, err := b.client.CreateBucket(b.t.Context(), bucketIn(bucket)); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) fill(small, big int) {
	b.t.Helper()
	b.create(b.origin)
	for n := range small {
		key, tags := fmt.Sprintf("inbox/%04d.txt", n), ""
		switch {
		case n%7 == 3:
			key = fmt.Sprintf("inbox/a b+ü%%2F %d", n)
		case n%7 == 5:
			tags = "kind=report"
		}
		b.put(key, tags, []byte(fmt.Sprint(marker, " ", n)))
	}
	for n := range big {
		b.put(fmt.Sprintf("inbox/large-%d", n), "", content(large, byte(n)))
	}
}

// wanted are the objects of the origin.
func (b *bench) wanted() map[string]string {
	b.t.Helper()
	origins.Lock()
	shared := origins.objects[b.origin]
	origins.Unlock()
	if shared != nil {
		return shared
	}
	return b.read(b.origin)
}

func bucketIn(name string) *s3.CreateBucketInput {
	return &s3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: region}}
}

// content is text of a size, with the marker, which differs from part to part.
func content(size int, n byte) []byte {
	text := bytes.Repeat([]byte{n}, size)
	for at := 0; at+64 < size; at += 1 << 16 {
		copy(text[at:], fmt.Sprintf("%s %d %d", marker, n, at))
	}
	return text
}

var buckets struct {
	sync.Mutex
	n int
}

func bucketName(t *testing.T) string {
	buckets.Lock()
	defer buckets.Unlock()
	buckets.n++
	return "faults-" + strconv.Itoa(buckets.n)
}

func (b *bench) put(key, tags string, text []byte) {
	b.t.Helper()
	in := &s3.PutObjectInput{Bucket: &b.origin, Key: &key, Body: bytes.NewReader(text)}
	if tags != "" {
		in.Tagging = &tags
	}
	if _, err := b.client.PutObject(b.t.Context(), in); err != nil {
		b.t.Fatal(err)
	}
}

// read returns all objects of a bucket.
func (b *bench) read(bucket string) map[string]string {
	b.t.Helper()
	all := map[string]string{}
	for pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &bucket}); pages.HasMorePages(); {
		page, err := pages.NextPage(b.t.Context())
		if err != nil {
			b.t.Fatal(err)
		}
		for _, o := range page.Contents {
			object, err := b.client.GetObject(b.t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: o.Key})
			if err != nil {
				b.t.Fatal(err)
			}
			text, err := io.ReadAll(object.Body)
			object.Body.Close()
			if err != nil {
				b.t.Fatal(err)
			}
			all[*o.Key] = string(text)
		}
	}
	return all
}

// empty deletes what was copied.
func (b *bench) empty() {
	ctx := context.Background() // the test's is over
	for pages := s3.NewListObjectsV2Paginator(b.client, &s3.ListObjectsV2Input{Bucket: &b.destination}); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			b.t.Log(err)
			return
		}
		for _, o := range page.Contents {
			if _, err := b.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.destination, Key: o.Key}); err != nil {
				b.t.Log(err)
			}
		}
	}
}

// requireEqual says which objects the destination lacks or has with other content, and which uploads are open.
func (b *bench) requireEqual() {
	b.t.Helper()
	want, got := b.wanted(), b.read(b.destination)
	for key, text := range want {
		found, ok := got[key]
		switch {
		case !ok:
			b.t.Errorf("%q is not in the destination after a run without faults", key)
		case found != text:
			b.t.Errorf("%q has %d bytes in the destination that are not the %d of the origin", key, len(found), len(text))
		}
	}
	for key := range got {
		if _, ok := want[key]; !ok {
			b.t.Errorf("%q is in the destination, not in the origin", key)
		}
	}
	for _, u := range b.uploads() {
		b.t.Errorf("the upload of %q, initiated at %v, is open after a run without faults", aws.ToString(u.Key), aws.ToTime(u.Initiated))
	}
}

// uploads are those of the destination that are open.
func (b *bench) uploads() []types.MultipartUpload {
	b.t.Helper()
	all, err := b.client.ListMultipartUploads(b.t.Context(), &s3.ListMultipartUploadsInput{Bucket: &b.destination})
	if err != nil {
		b.t.Fatal(err)
	}
	return all.Uploads
}

// logs has what a function printed.
type logs struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(p)
}

// function is a function whose requests pass the proxy.
type function struct {
	*runtimeapi.Function
	t       *testing.T
	name    string
	proxy   *faultproxy.Proxy
	log     logs
	answers [][]byte
	ended   int // invocations that ended without an answer: timed out or killed

	mutex sync.Mutex
	pid   int
}

// own are the credentials that Lambda gives to a function.
var own = aws.Credentials{AccessKeyID: "ASIAOWNKEYOFTHEFUNCTION", SecretAccessKey: "own-secret-key-of-the-function", SessionToken: "own-session-token-of-the-function"}

// start prepares a function; the test's end stops it and reads its log.
func start(t *testing.T, proxy *faultproxy.Proxy, name string, keys *aws.Credentials, timeout time.Duration, variables map[string]string) *function {
	t.Helper()
	f := &function{t: t, name: name, proxy: proxy}
	all := map[string]string{
		"AWS_LAMBDA_FUNCTION_NAME": "crossgrant-dev-" + name, "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
		"AWS_REGION": region, "AWS_DEFAULT_REGION": region, "AWS_ENDPOINT_URL": proxy.URL(),
		"AWS_ACCESS_KEY_ID": own.AccessKeyID, "AWS_SECRET_ACCESS_KEY": own.SecretAccessKey, "AWS_SESSION_TOKEN": own.SessionToken,
		"CROSSGRANT_ROLE_ARN": "arn:aws:iam::" + source + ":role/crossgrant-" + name, "CROSSGRANT_EXTERNAL_ID": "agreed",
	}
	if keys != nil {
		delete(all, "CROSSGRANT_ROLE_ARN")
		delete(all, "CROSSGRANT_EXTERNAL_ID")
		all["CROSSGRANT_ACCESS"] = "Direct"
		all["AWS_ACCESS_KEY_ID"], all["AWS_SECRET_ACCESS_KEY"], all["AWS_SESSION_TOKEN"] = keys.AccessKeyID, keys.SecretAccessKey, keys.SessionToken
	}
	maps.Copy(all, variables)
	var err error
	f.Function, err = runtimeapi.Serve(runtimeapi.Config{
		Binary: filepath.Join(binaries, name), Environment: all, FunctionARN: "arn:aws:lambda:" + region + ":" + source + ":function:" + name, Timeout: timeout, Log: &f.log,
		Started: func(pid int) {
			f.mutex.Lock()
			defer f.mutex.Unlock()
			f.pid = pid
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{own.AccessKeyID, own.SecretAccessKey, own.SessionToken, faultproxy.LeakedKeyID, marker}
	if keys != nil {
		secrets = append(secrets, keys.SecretAccessKey)
	}
	t.Cleanup(func() {
		f.Stop()
		f.requireCleanLog(append(secrets, proxy.Secrets()...))
	})
	return f
}

// invoke returns the answer, or the message of a function error; complete says that it is no error.
func (f *function) invoke(event any) (answer []byte, complete bool) {
	f.t.Helper()
	text, err := json.Marshal(event)
	if err != nil {
		f.t.Fatal(err)
	}
	result, err := f.Invoke(f.t.Context(), text)
	if err != nil {
		f.t.Fatal(err)
	}
	f.answers = append(f.answers, result.Payload)
	if !result.Failed {
		return result.Payload, true
	}
	var said struct{ ErrorType, ErrorMessage string }
	if err := json.Unmarshal(result.Payload, &said); err != nil {
		f.t.Errorf("found the error %.300s, expected JSON", result.Payload)
	}
	switch said.ErrorType {
	case "Sandbox.Timedout", "Runtime.ExitError":
		f.ended++
		return nil, false
	}
	return []byte(said.ErrorMessage), false
}

// kill ends the function's program at once, as Lambda ends one that takes too much memory.
func (f *function) kill() {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if p, err := os.FindProcess(f.pid); err == nil {
		p.Kill()
	}
}

// maxLine is the most that CloudWatch Logs takes of an event.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
const maxLine = 256 << 10

// twice returns the names that a JSON object has more than once.
func twice(object []byte) (names []string) {
	decoder, seen := json.NewDecoder(bytes.NewReader(object)), map[string]bool{}
	if _, err := decoder.Token(); err != nil {
		return nil
	}
	for decoder.More() {
		name, err := decoder.Token()
		var value json.RawMessage
		if err != nil || decoder.Decode(&value) != nil {
			return names
		}
		if text, ok := name.(string); ok {
			if seen[text] {
				names = append(names, text)
			}
			seen[text] = true
		}
	}
	return names
}

var digits = regexp.MustCompile(`[0-9]+`)

// requireCleanLog checks what the function printed, and what it answered: one line for each invocation, valid JSON, bounded, without secrets.
func (f *function) requireCleanLog(secrets []string) {
	f.t.Helper()
	invocations, plain, again := 0, map[string]int{}, map[string]int{}
	for line := range bytes.Lines(f.log.text.Bytes()) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		var entry struct{ Msg string }
		if err := json.Unmarshal(line, &entry); err != nil {
			plain[digits.ReplaceAllString(fmt.Sprintf("%.300s", line), "0")]++
		}
		if entry.Msg == "invocation" {
			invocations++
		}
		for _, name := range twice(line) {
			again[name]++
		}
		if len(line) > maxLine {
			f.t.Errorf("%s logged a line of %d bytes, expected %d at most", f.name, len(line), maxLine)
		}
		for _, s := range secrets {
			if bytes.Contains(line, []byte(s)) {
				f.t.Errorf("%s logged the secret %.12s…: %.400s", f.name, s, line)
			}
		}
	}
	for name, n := range again {
		f.t.Errorf("%s logged %d lines that have %q twice", f.name, n, name)
	}
	for line, n := range plain {
		f.t.Errorf("%s logged %d lines such as %q, expected JSON", f.name, n, line)
	}
	answered := len(f.answers) - f.ended
	if invocations < answered || invocations > len(f.answers) {
		f.t.Errorf("%s logged %d lines of invocations, expected one for each of %d (%d ended without an answer)", f.name, invocations, len(f.answers), f.ended)
	}
	for _, answer := range f.answers {
		for _, s := range secrets {
			if s != marker && bytes.Contains(answer, []byte(s)) {
				f.t.Errorf("%s answered with the secret %.12s…: %.400s", f.name, s, answer)
			}
		}
	}
	if f.t.Failed() {
		text := f.log.text.Bytes()
		f.t.Logf("log of %s:\n%s", f.name, text[max(0, len(text)-4000):])
	}
}

// chance is the seed of a test's choices, so that not all tests make the same.
func chance(t *testing.T) uint64 {
	h := fnv.New64a()
	h.Write([]byte(t.Name()))
	return h.Sum64() ^ *seed
}

// sampled are some of the cases with -short, by the seed, and all of them otherwise.
func sampled[C any](t *testing.T, cases []C, kinds func(C) []string) []C {
	t.Helper()
	if *whole {
		return cases
	}
	return sample.Of(t, *seed, cases, kinds)
}

// parallel lets a test run beside others, and says how to run it alone if it fails.
func parallel(t *testing.T) {
	t.Parallel()
	t.Cleanup(func() {
		if t.Failed() {
			options := fmt.Sprintf("-seed %d", *seed)
			if *whole {
				options += " -whole"
			}
			t.Logf("again: go test ./sandbox/internal/faults -count=1 -run \"^%s$\" %s", strings.ReplaceAll(t.Name(), "/", "$/^"), options)
		}
	})
}

// serve starts a program that listens on a free port of the loopback interface, and waits until it does.
func serve(name string, arguments func(port string) []string, variables ...string) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	address := listener.Addr().String()
	listener.Close()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", err
	}
	output := &subprocess.Tail{}
	process, err := subprocess.Start(subprocess.Spec{Name: name, Args: arguments(port), Env: append(os.Environ(), variables...), Output: output})
	if err != nil {
		return "", err
	}
	stops = append(stops, process.Stop)
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return "http://" + address, nil
		}
		select {
		case <-process.Done():
			return "", fmt.Errorf("%s ended: %v\n%s", name, process.Err(), output)
		default:
		}
	}
	return "", fmt.Errorf("%s did not listen within a minute\n%s", name, output)
}
