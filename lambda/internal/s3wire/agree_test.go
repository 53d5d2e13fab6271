package s3wire

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
)

// server answers each request as set, and keeps the last one.
type server struct {
	*httptest.Server
	last   *http.Request
	count  int
	answer func(n int, w http.ResponseWriter)
}

func start(t testing.TB) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		s.last = r
		s.count++
		s.answer(s.count, w)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) reply(status int, body string) {
	s.answer = func(_ int, w http.ResponseWriter) {
		w.Header().Set("X-Amz-Request-Id", "ID1")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func environment(extra map[string]string) awsclient.Lookup {
	return func(name string) (string, bool) {
		if value, ok := extra[name]; ok {
			return value, true
		}
		value, ok := map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}[name]
		return value, ok
	}
}

// detour sends each request to one server, and leaves the name of the host as it is.
type detour struct {
	aws.HTTPClient
	url string
}

func (d detour) Do(r *http.Request) (*http.Response, error) {
	to, _ := url.Parse(d.url)
	r = r.Clone(r.Context())
	if r.Host == "" {
		r.Host = r.URL.Host
	}
	r.Header.Set("X-Amz-Test-Scheme", r.URL.Scheme)
	r.URL.Scheme, r.URL.Host = to.Scheme, to.Host
	return d.HTTPClient.Do(r)
}

// clients returns our client and the SDK's, whose connections go to the server, whatever their host.
func clients(t testing.TB, s *server, extra map[string]string, options func(*s3.Options)) (ours *Client, sdk *s3.Client) {
	config, err := awsclient.Load(environment(extra), awsclient.Options{Region: "ap-northeast-1"})
	if err != nil {
		t.Fatal(err)
	}
	config.HTTPClient = detour{config.HTTPClient, s.URL}
	ours = New(config)
	plain := config.Config
	plain.Retryer, plain.APIOptions = func() aws.Retryer { return aws.NopRetryer{} }, nil
	sdk = s3.NewFromConfig(plain, func(o *s3.Options) {
		if options != nil {
			options(o)
		}
	})
	if options != nil {
		options(&ours.options)
	}
	ours.Client = sdk // of calls that are handed to the SDK
	return ours, sdk
}

// seen is what of a request has to agree.
func seen(r *http.Request) map[string]string {
	got := map[string]string{"method": r.Method, "path": r.URL.EscapedPath(), "host": r.Host, "query": r.URL.Query().Encode()}
	for name, values := range r.Header {
		if strings.HasPrefix(name, "X-Amz-") || strings.HasPrefix(name, "If-") {
			got[name] = strings.Join(values, ",")
		}
	}
	delete(got, "X-Amz-Date") // of two times
	return got
}

var endpoints = []map[string]string{
	{},
	{"AWS_USE_FIPS_ENDPOINT": "true"},
	{"AWS_USE_DUALSTACK_ENDPOINT": "true"},
	{"AWS_ENDPOINT_URL": "http://s3.test"},
	{"AWS_ENDPOINT_URL": "http://other.test", "AWS_ENDPOINT_URL_S3": "http://10.0.0.1:9000"},
	{"AWS_ENDPOINT_URL_S3": "http://s3.test/base"},
	{"AWS_ENDPOINT_URL_S3": "http://s3.test/base/"},
}

var (
	buckets = []string{"bucket", "bucket.with.dots", "Old_Bucket", "my-access-point-aqfqprnstn7aefdfbarligizwgyfouse1a-s3alias", "xn--b"}
	pieces  = []string{"a", "b", "/", "//", ".", "..", " ", "+", "%", "%2F", "é", "😀", "?", "#", "&", "=", "~", "'", "\"", "<", ":", "@", ",", "!", "*", "(", "\\", "\t", "\n"}
)

func text(r *rand.Rand, most int) string {
	var b strings.Builder
	for range 1 + r.IntN(most) {
		b.WriteString(pieces[r.IntN(len(pieces))])
	}
	return b.String()
}

func maybe(r *rand.Rand, value string) *string {
	if r.IntN(2) == 0 {
		return nil
	}
	return &value
}

const copyResult = `<CopyObjectResult><ETag>&quot;e&quot;</ETag></CopyObjectResult>`

// For each input, both clients make the same request.
func TestRequestsAgreeWithTheSDK(t *testing.T) {
	r := rand.New(rand.NewPCG(1, uint64(time.Now().Unix()/86400)))
	s := start(t)
	for _, extra := range endpoints {
		for _, options := range []func(*s3.Options){nil, func(o *s3.Options) { o.UsePathStyle = true }} {
			ours, sdk := clients(t, s, extra, options)
			for range 60 {
				bucket, key := buckets[r.IntN(len(buckets))], text(r, 6)
				header := func() *string { return maybe(r, url.PathEscape(text(r, 3))) }
				copyIn := &s3.CopyObjectInput{
					Bucket: &bucket, Key: &key, CopySource: aws.String("o/" + url.PathEscape(text(r, 3))), CopySourceIfMatch: header(), IfMatch: header(),
					IfNoneMatch: header(), ExpectedBucketOwner: header(), ExpectedSourceBucketOwner: header(),
				}
				if r.IntN(2) == 0 {
					copyIn.AnnotationDirective, copyIn.MetadataDirective = types.AnnotationDirectiveExclude, types.MetadataDirectiveCopy
					copyIn.TaggingDirective, copyIn.StorageClass = types.TaggingDirectiveCopy, types.StorageClassGlacierIr
				}
				partIn := &s3.UploadPartCopyInput{
					Bucket: &bucket, Key: &key, CopySource: aws.String("o/k"), UploadId: aws.String(text(r, 4)), PartNumber: aws.Int32(r.Int32N(10000)),
					CopySourceIfMatch: header(), CopySourceRange: header(), ExpectedBucketOwner: header(), ExpectedSourceBucketOwner: header(),
				}
				listIn := &s3.ListObjectsV2Input{
					Bucket: &bucket, Prefix: maybe(r, text(r, 4)), StartAfter: maybe(r, text(r, 4)), ContinuationToken: maybe(r, text(r, 4)),
					Delimiter: maybe(r, "/"), ExpectedBucketOwner: header(),
				}
				if r.IntN(2) == 0 {
					listIn.EncodingType, listIn.FetchOwner, listIn.MaxKeys = types.EncodingTypeUrl, aws.Bool(true), aws.Int32(r.Int32N(1001))
				}
				for name, call := range map[string][2]func(context.Context) error{
					"CopyObject": {
						func(ctx context.Context) error { _, err := ours.CopyObject(ctx, copyIn); return err },
						func(ctx context.Context) error { _, err := sdk.CopyObject(ctx, copyIn); return err },
					},
					"UploadPartCopy": {
						func(ctx context.Context) error { _, err := ours.UploadPartCopy(ctx, partIn); return err },
						func(ctx context.Context) error { _, err := sdk.UploadPartCopy(ctx, partIn); return err },
					},
					"ListObjectsV2": {
						func(ctx context.Context) error { _, err := ours.ListObjectsV2(ctx, listIn); return err },
						func(ctx context.Context) error { _, err := sdk.ListObjectsV2(ctx, listIn); return err },
					},
				} {
					s.reply(200, map[string]string{
						"CopyObject": copyResult, "UploadPartCopy": strings.ReplaceAll(copyResult, "Object", "Part"),
						"ListObjectsV2": `<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`,
					}[name])
					s.last = nil
					ourErr := call[0](t.Context())
					our := s.last
					s.last = nil
					sdkErr := call[1](t.Context())
					if (ourErr == nil) != (sdkErr == nil) || (our == nil) != (s.last == nil) {
						t.Fatalf("%s of %q %q: found the error %v, the SDK's is %v", name, bucket, key, ourErr, sdkErr)
					}
					if our == nil {
						continue
					}
					if got := our.UserAgent(); got != userAgent[0] {
						t.Fatalf("%s of %q %q: found a request of %s, expected one of this package", name, bucket, key, got)
					}
					if diff := cmp.Diff(seen(s.last), seen(our)); diff != "" {
						t.Fatalf("%s of %q %q by %v: the SDK's request (-) and ours (+) differ\n%s", name, bucket, key, extra, diff)
					}
				}
			}
		}
	}
}

// documents are answers that both clients read alike.
var documents = []string{
	`<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<ROOT xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LastModified>2009-10-12T17:50:30.000Z</LastModified><ETag>&quot;9b2c&quot;</ETag></ROOT>`,
	"\n\n   \n<ROOT><ETag>&#34;a&#x22;</ETag><LastModified>2024-02-29T17:50:30Z</LastModified><ChecksumCRC32>AAA=</ChecksumCRC32><ChecksumXXHASH128>x</ChecksumXXHASH128></ROOT>\n",
	`<ROOT><ChecksumCRC32C>1</ChecksumCRC32C><ChecksumCRC64NVME>2</ChecksumCRC64NVME><ChecksumMD5>3</ChecksumMD5><ChecksumSHA1>4</ChecksumSHA1><ChecksumSHA256>5</ChecksumSHA256><ChecksumSHA512>6</ChecksumSHA512><ChecksumXXHASH3>7</ChecksumXXHASH3><ChecksumXXHASH64>8</ChecksumXXHASH64><Unknown><a b=">">x</a><c/></Unknown><ETag>e</ETag></ROOT>`,
	`<ROOT><!-- a comment --><ETag><![CDATA[<e>]]></ETag></ROOT>`,
	`<ns:ROOT xmlns:ns="x"><ns:ETag>e</ns:ETag></ns:ROOT>`,
}

func TestResultsAgreeWithTheSDK(t *testing.T) {
	s := start(t)
	ours, sdk := clients(t, s, nil, nil)
	ignore := cmp.Options{cmpopts.IgnoreFields(s3.CopyObjectOutput{}, "ResultMetadata"), cmpopts.IgnoreFields(s3.UploadPartCopyOutput{}, "ResultMetadata"),
		cmpopts.IgnoreFields(s3.ListObjectsV2Output{}, "ResultMetadata"),
		cmpopts.IgnoreUnexported(s3.CopyObjectOutput{}, s3.UploadPartCopyOutput{}, s3.ListObjectsV2Output{}, types.CopyObjectResult{}, types.CopyPartResult{}, types.Object{}, types.Owner{}, types.RestoreStatus{}, types.CommonPrefix{})}
	headers := map[string]string{
		"x-amz-server-side-encryption-bucket-key-enabled": "true", "x-amz-copy-source-version-id": "v1", "x-amz-expiration": "e", "x-amz-request-charged": "requester",
		"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-customer-algorithm": "AES256", "x-amz-server-side-encryption-customer-key-MD5": "m",
		"x-amz-server-side-encryption-context": "c", "x-amz-server-side-encryption-aws-kms-key-id": "k", "x-amz-version-id": "v2",
	}
	reply := func(body string) {
		s.answer = func(_ int, w http.ResponseWriter) {
			for name, value := range headers {
				w.Header().Set(name, value)
			}
			_, _ = io.WriteString(w, body)
		}
	}
	for _, text := range documents {
		reply(strings.ReplaceAll(text, "ROOT", "CopyObjectResult"))
		in := &s3.CopyObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k"), CopySource: aws.String("o/k")}
		got, err := ours.CopyObject(t.Context(), in)
		want, sdkErr := sdk.CopyObject(t.Context(), in)
		if err != nil || sdkErr != nil || !cmp.Equal(got, want, ignore) {
			t.Errorf("%s: found %v, the SDK's error is %v\n%s", text, err, sdkErr, cmp.Diff(want, got, ignore))
		}
		reply(strings.ReplaceAll(text, "ROOT", "CopyPartResult"))
		part := &s3.UploadPartCopyInput{Bucket: aws.String("bucket"), Key: aws.String("k"), CopySource: aws.String("o/k"), UploadId: aws.String("u"), PartNumber: aws.Int32(1)}
		gotPart, err := ours.UploadPartCopy(t.Context(), part)
		wantPart, sdkErr := sdk.UploadPartCopy(t.Context(), part)
		if err != nil || sdkErr != nil || !cmp.Equal(gotPart, wantPart, ignore) {
			t.Errorf("%s: found %v, the SDK's error is %v\n%s", text, err, sdkErr, cmp.Diff(wantPart, gotPart, ignore))
		}
	}
	for _, text := range []string{
		`<ListBucketResult><Name>bucket</Name><Prefix>p%2F</Prefix><KeyCount>2</KeyCount><MaxKeys>1000</MaxKeys><Delimiter>%2F</Delimiter><EncodingType>url</EncodingType>` +
			`<IsTruncated>true</IsTruncated><ContinuationToken>c</ContinuationToken><NextContinuationToken>n</NextContinuationToken><StartAfter>s</StartAfter>` +
			`<Contents><Key>p%2Fa+b</Key><LastModified>2009-10-12T17:50:30.123Z</LastModified><ETag>"e"</ETag><ChecksumAlgorithm>CRC32</ChecksumAlgorithm><ChecksumAlgorithm>SHA1</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>5368709121</Size><StorageClass>STANDARD</StorageClass>` +
			`<Owner><ID>o</ID><DisplayName>d</DisplayName></Owner><RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress><RestoreExpiryDate>2012-12-21T00:00:00.000Z</RestoreExpiryDate></RestoreStatus></Contents>` +
			`<Contents><Key>k</Key><LastModified>2009-10-31T17:50:30.000Z</LastModified><ETag>e</ETag><Size>0</Size><StorageClass>DEEP_ARCHIVE</StorageClass></Contents>` +
			`<CommonPrefixes><Prefix>p%2Fq%2F</Prefix></CommonPrefixes><CommonPrefixes><Prefix>r</Prefix></CommonPrefixes></ListBucketResult>`,
		`<ListBucketResult xmlns="x"><Name>b</Name><Prefix></Prefix><Delimiter/><IsTruncated>false</IsTruncated></ListBucketResult>`,
		"<ListBucketResult><Name>b</Name><Contents><Key>&amp;&lt;&gt;&apos;é&#x1F600;&#10;a\r\nb</Key></Contents></ListBucketResult>",
	} {
		reply(text)
		in := &s3.ListObjectsV2Input{Bucket: aws.String("bucket")}
		got, err := ours.ListObjectsV2(t.Context(), in)
		want, sdkErr := sdk.ListObjectsV2(t.Context(), in)
		if err != nil || sdkErr != nil || !cmp.Equal(got, want, ignore) {
			t.Errorf("%s: found %v, the SDK's error is %v\n%s", text, err, sdkErr, cmp.Diff(want, got, ignore))
		}
	}
}

func TestErrorsAgreeWithTheSDK(t *testing.T) {
	s := start(t)
	ours, sdk := clients(t, s, nil, nil)
	for _, c := range []struct {
		status int
		body   string
	}{
		{403, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access &amp; Denied</Message><RequestId>x</RequestId></Error>`},
		{404, `<Error><Code>NoSuchKey</Code><Message>m</Message><Key>k</Key></Error>`},
		{404, ``},
		{412, `<Error><Code>PreconditionFailed</Code><Message>m</Message><Condition>If-Match</Condition></Error>`},
		{301, `<Error><Code>PermanentRedirect</Code><Message>m</Message><Endpoint>e</Endpoint></Error>`},
		{307, `<Error><Code>TemporaryRedirect</Code><Message>m</Message></Error>`},
	} {
		s.answer = func(_ int, w http.ResponseWriter) {
			w.Header().Set("X-Amz-Request-Id", "ID1")
			w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}
		in := &s3.CopyObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k"), CopySource: aws.String("o/k")}
		_, err := ours.CopyObject(t.Context(), in)
		_, want := sdk.CopyObject(t.Context(), in)
		for name, of := range map[string]func(error) any{
			"code": func(err error) any {
				var a smithy.APIError
				return errors.As(err, &a) && a != nil && a.ErrorCode() != "" && true
			},
			"code text": func(err error) any { var a smithy.APIError; errors.As(err, &a); return a.ErrorCode() },
			"message":   func(err error) any { var a smithy.APIError; errors.As(err, &a); return a.ErrorMessage() },
			"status": func(err error) any {
				var r interface{ HTTPStatusCode() int }
				errors.As(err, &r)
				return r.HTTPStatusCode()
			},
			"request id": func(err error) any {
				var r interface{ ServiceRequestID() string }
				errors.As(err, &r)
				return r.ServiceRequestID()
			},
			"operation": func(err error) any {
				var o *smithy.OperationError
				errors.As(err, &o)
				return o.Service() + o.Operation()
			},
		} {
			if got, want := of(err), of(want); got != want {
				t.Errorf("%d %s: found the %s %v, the SDK's is %v", c.status, c.body, name, got, want)
			}
		}
	}
}

// Each field of an input is written as the SDK does, or hands the call to the SDK: none is dropped.
func TestEachFieldIsHonoured(t *testing.T) {
	s := start(t)
	ours, sdk := clients(t, s, nil, nil)
	fill := func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			p := reflect.New(v.Type().Elem())
			switch e := p.Elem(); e.Kind() {
			case reflect.String:
				e.SetString("v")
			case reflect.Bool:
				e.SetBool(true)
			case reflect.Int32:
				e.SetInt(7)
			default:
				p.Elem().Set(reflect.ValueOf(time.Unix(1e9, 0).UTC()))
			}
			v.Set(p)
		case reflect.String:
			v.SetString("V")
		case reflect.Map:
			v.Set(reflect.ValueOf(map[string]string{"a": "b"}))
		case reflect.Slice:
			v.Set(reflect.Append(v, reflect.ValueOf("RestoreStatus").Convert(v.Type().Elem())))
		default:
			t.Fatalf("found a field of kind %v", v.Kind())
		}
	}
	check := func(name, body string, in any, call func(any) error, sdkCall func(any) error) {
		v := reflect.ValueOf(in).Elem()
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() {
				continue
			}
			before := reflect.ValueOf(v.Field(i).Interface())
			fill(v.Field(i))
			s.reply(200, body)
			if err := call(in); err != nil {
				t.Fatalf("%s with %s: %v", name, field.Name, err)
			}
			our := s.last
			if err := sdkCall(in); err != nil {
				t.Fatalf("%s with %s: the SDK's error: %v", name, field.Name, err)
			}
			got, want := seen(our), seen(s.last)
			for _, header := range []string{"Expires", "Content-Type", "Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language"} {
				got[header], want[header] = our.Header.Get(header), s.last.Header.Get(header)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s with %s: the SDK's request (-) and ours (+) differ\n%s", name, field.Name, diff)
			}
			v.Field(i).Set(before)
		}
	}
	check("CopyObject", copyResult, &s3.CopyObjectInput{Bucket: aws.String("bucket"), Key: aws.String("k"), CopySource: aws.String("o/k")},
		func(in any) error { _, err := ours.CopyObject(t.Context(), in.(*s3.CopyObjectInput)); return err },
		func(in any) error { _, err := sdk.CopyObject(t.Context(), in.(*s3.CopyObjectInput)); return err })
	check("UploadPartCopy", strings.ReplaceAll(copyResult, "Object", "Part"), &s3.UploadPartCopyInput{Bucket: aws.String("bucket"), Key: aws.String("k"), CopySource: aws.String("o/k"), UploadId: aws.String("u"), PartNumber: aws.Int32(1)},
		func(in any) error {
			_, err := ours.UploadPartCopy(t.Context(), in.(*s3.UploadPartCopyInput))
			return err
		},
		func(in any) error {
			_, err := sdk.UploadPartCopy(t.Context(), in.(*s3.UploadPartCopyInput))
			return err
		})
	check("ListObjectsV2", `<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`, &s3.ListObjectsV2Input{Bucket: aws.String("bucket")},
		func(in any) error { _, err := ours.ListObjectsV2(t.Context(), in.(*s3.ListObjectsV2Input)); return err },
		func(in any) error { _, err := sdk.ListObjectsV2(t.Context(), in.(*s3.ListObjectsV2Input)); return err })
}
