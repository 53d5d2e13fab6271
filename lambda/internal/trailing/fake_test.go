package trailing

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/klauspost/compress/gzip"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

const (
	role    = "arn:aws:iam::222222222222:role/reader"
	base    = "AWSLogs/222222222222/CloudTrail/"
	tokyo   = base + "ap-northeast-1/"
	ireland = base + "eu-west-1/"
)

// bucket is S3's documented behaviour over objects. Its pages hold at most pageSize keys.
type bucket struct {
	objects  map[string][]byte
	pageSize int
	// get may answer for the call of that number to a key, counted from 1; nil leaves it to the objects.
	get func(key string, call int) (*s3.GetObjectOutput, error)
	// list may fail the call of that number.
	list func(call int) error
	// slow is how long each GetObject takes.
	slow time.Duration

	mu     sync.Mutex
	listed []s3.ListObjectsV2Input
	got    []string
	open   int
	most   int
}

func (b *bucket) ListObjectsV2(_ context.Context, in *s3.ListObjectsV2Input, _ ...func(*s3.Options)) (*s3.ListObjectsV2Output, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.listed = append(b.listed, *in)
	if b.list != nil {
		if err := b.list(len(b.listed)); err != nil {
			return nil, err
		}
	}
	position := aws.ToString(in.StartAfter)
	if in.ContinuationToken != nil {
		position = strings.TrimPrefix(*in.ContinuationToken, "token:")
	}
	size := 1000
	if in.MaxKeys != nil {
		size = int(*in.MaxKeys)
	}
	if b.pageSize > 0 {
		size = min(size, b.pageSize)
	}
	prefix := aws.ToString(in.Prefix)
	out := &s3.ListObjectsV2Output{EncodingType: in.EncodingType, IsTruncated: aws.Bool(false)}
	written := func(name string) *string {
		if in.EncodingType == types.EncodingTypeUrl {
			name = url.QueryEscape(name)
		}
		return aws.String(name)
	}
	for _, key := range slices.Sorted(mapKeys(b.objects)) {
		if !strings.HasPrefix(key, prefix) || key <= position || in.Delimiter != nil && position != prefix && strings.HasPrefix(key, position) && position != "" {
			continue
		}
		if len(out.Contents)+len(out.CommonPrefixes) == size {
			out.IsTruncated = aws.Bool(true)
			out.NextContinuationToken = aws.String("token:" + position)
			break
		}
		position = key
		if in.Delimiter != nil {
			if name, _, folder := strings.Cut(key[len(prefix):], *in.Delimiter); folder {
				position = prefix + name + *in.Delimiter
				if n := len(out.CommonPrefixes); n == 0 || *out.CommonPrefixes[n-1].Prefix != *written(position) {
					out.CommonPrefixes = append(out.CommonPrefixes, types.CommonPrefix{Prefix: written(position)})
				}
				continue
			}
		}
		out.Contents = append(out.Contents, types.Object{Key: written(key)})
	}
	return out, nil
}

func (b *bucket) GetObject(ctx context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	key := aws.ToString(in.Key)
	b.mu.Lock()
	b.got = append(b.got, key)
	call := 0
	for _, earlier := range b.got {
		if earlier == key {
			call++
		}
	}
	b.open++
	b.most = max(b.most, b.open)
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.open--
		b.mu.Unlock()
	}()
	if b.slow > 0 {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(b.slow):
		}
	}
	if b.get != nil {
		if out, err := b.get(key, call); out != nil || err != nil {
			return out, err
		}
	}
	b.mu.Lock() // an answer of b.get's may take an object away
	content, there := b.objects[key]
	b.mu.Unlock()
	if !there {
		return nil, apiError("NoSuchKey")
	}
	etag := fmt.Sprintf(`"%x"`, len(content))
	if in.IfMatch != nil && *in.IfMatch != etag {
		return nil, apiError("PreconditionFailed")
	}
	return &s3.GetObjectOutput{Body: io.NopCloser(bytes.NewReader(content)), ContentLength: aws.Int64(int64(len(content))), ETag: aws.String(etag)}, nil
}

// prefixes returns the distinct prefixes that were listed.
func (b *bucket) prefixes() (all []string) {
	for _, in := range b.listed {
		if !slices.Contains(all, *in.Prefix) {
			all = append(all, *in.Prefix)
		}
	}
	return all
}

func apiError(code string) error { return apiSays(code, "words of S3") }

func apiSays(code, message string) error {
	return &smithy.OperationError{ServiceID: "S3", OperationName: "GetObject", Err: &smithy.GenericAPIError{Code: code, Message: message}}
}

func mapKeys(m map[string][]byte) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range m {
			if !yield(key) {
				return
			}
		}
	}
}

func zip(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return out.Bytes()
}

// fixture is the log file of the fixture, and its records as they are written.
func fixture(t testing.TB) (file []byte, records []string) {
	t.Helper()
	text, err := os.ReadFile("../trailfile/testdata/events.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Records []json.RawMessage }
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for _, record := range all.Records {
		records = append(records, string(record))
	}
	return zip(string(text)), records
}

// key is a log file's key by its region's folder and its delivery.
func key(folder, delivered, unique string) string {
	at, err := time.Parse("20060102T1504Z", delivered)
	if err != nil {
		panic(err)
	}
	region := strings.TrimSuffix(folder[strings.LastIndex(strings.TrimSuffix(folder, "/"), "/")+1:], "/")
	return fmt.Sprintf("%s%s/222222222222_CloudTrail_%s_%s_%s.json.gz", folder, at.Format("2006/01/02"), region, delivered, unique)
}

// log is a log file of small events by their times, whose names are the times' minutes and seconds.
func log(times ...string) []byte {
	var records []string
	for _, at := range times {
		records = append(records, fmt.Sprintf(`{"eventTime":%q,"eventName":%q}`, at, "E"+strings.ReplaceAll(at[14:19], ":", "")))
	}
	return zip(`{"Records":[` + strings.Join(records, ",") + `]}`)
}

type answered struct {
	StatusCode int
	Error      string
	Bucket     string
	Events     []json.RawMessage
	Count      int
	ByName     map[string]int
	Files      struct{ Read, Digests, Others, OtherTimes int }
	Skipped    []skipped
	Delivery   *delivery
	Next       string
}

func newFunction(b *bucket, prefixes ...string) *Function {
	if prefixes == nil {
		prefixes = []string{base}
	}
	f := New(b, b, Grant{RoleARN: role, Bucket: "logs", Prefixes: prefixes})
	f.now = func() time.Time { return time.Date(2016, 9, 1, 0, 0, 0, 0, time.UTC) }
	return f
}

func ask(t testing.TB, f *Function, event string) answered {
	t.Helper()
	return askIn(t, context.Background(), f, event)
}

func askIn(t testing.TB, ctx context.Context, f *Function, event string) answered {
	t.Helper()
	result := f.Serve(ctx, invocation.Request{ID: "L1", Payload: []byte(event)})
	var got answered
	if err := json.Unmarshal(result.Payload, &got); err != nil {
		t.Fatalf("%v in %.300s", err, result.Payload)
	}
	if result.Status != 200 && got.StatusCode != result.Status || result.FunctionError != "" {
		t.Fatalf("status %d and function error %q of %.300s", result.Status, result.FunctionError, result.Payload)
	}
	if got.StatusCode == 0 && got.Events == nil {
		t.Fatalf("no events in %.300s", result.Payload)
	}
	return got
}

// names returns the events' names joined by spaces.
func (a answered) names() string {
	var all []string
	for _, raw := range a.Events {
		var e struct{ EventName string }
		_ = json.Unmarshal(raw, &e)
		all = append(all, e.EventName)
	}
	return strings.Join(all, " ")
}

func common(prefix string) types.CommonPrefix { return types.CommonPrefix{Prefix: aws.String(prefix)} }

func listing(key string) s3.ListObjectsV2Output {
	return s3.ListObjectsV2Output{EncodingType: types.EncodingTypeUrl, Contents: []types.Object{{Key: aws.String(key)}}}
}

func serveText(f *Function, event string) string {
	return string(f.Serve(context.Background(), invocation.Request{ID: "L1", Payload: []byte(event)}).Payload)
}

func crc32Of(file []byte) string {
	sum := crc32.ChecksumIEEE(file)
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, sum))
}

// hangOn makes one key wait for the end of ctx.
func hangOn(ctx context.Context, which string) func(string, int) (*s3.GetObjectOutput, error) {
	return func(key string, _ int) (*s3.GetObjectOutput, error) {
		if key == which {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return nil, nil
	}
}
