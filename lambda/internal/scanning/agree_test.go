package scanning

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
)

// sent is what a server sees of a request.
type sent struct {
	Method, Path, Host string
	Header             map[string]string
	Scope              string
	Body               any
}

// server records requests and answers all alike.
type server struct {
	status int
	header map[string]string
	body   string

	mu  sync.Mutex
	got []sent
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope, _, _ = strings.Cut(scope, ",")
	this := sent{Method: r.Method, Path: r.URL.RequestURI(), Host: r.Host, Scope: scope, Header: map[string]string{}}
	for _, name := range []string{"Content-Type", "X-Amz-Target", "Accept-Encoding", "X-Amz-Security-Token", "Content-Length"} {
		this.Header[name] = r.Header.Get(name)
	}
	_ = json.Unmarshal(body, &this.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, this)
	for name, value := range s.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(s.status)
	_, _ = io.WriteString(w, s.body)
}

// Do answers within this process.
func (s *server) Do(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// both makes our client and the SDK's, of which ours repeats calls.
func both(t *testing.T, url string, over aws.HTTPClient) (*Client, *dynamodb.Client) {
	t.Helper()
	config := aws.Config{
		Region: "eu-west-1", HTTPClient: over, BaseEndpoint: aws.String(url), Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "ASIA", SecretAccessKey: "secret", SessionToken: "token", AccountID: "222222222222"}, nil
		}),
	}
	ours, err := NewClient(awsclient.Config{Config: config, Pace: pace.New(1)})
	if err != nil {
		t.Fatal(err)
	}
	return ours, dynamodb.NewFromConfig(config, func(o *dynamodb.Options) { o.AccountIDEndpointMode = aws.AccountIDEndpointModeDisabled })
}

// Our requests are the SDK's.
func TestRequestsAreTheSDKs(t *testing.T) {
	s := &server{status: 200, body: `{"Count":0,"Items":[]}`}
	web := httptest.NewServer(s)
	defer web.Close()
	for _, path := range []string{"", "/", "/below"} {
		ours, sdk := both(t, web.URL+path, awsclient.NewHTTP(1, nil))
		for _, table := range []string{tableName, "arn:aws:dynamodb:eu-west-1:222222222222:table/access-sample-table", "a.b-c_D"} {
			for _, start := range []item{
				nil, {"deviceId": str("d0001")}, {"a \"b\" <&>\x01": str("é😀\u2028\"\\/<>\x00"), "at": num("-12345678901234567890123456789012345678E-20")},
				{"id": &types.AttributeValueMemberB{Value: []byte{0, 255, 1}}, "n": num("0")},
			} {
				s.got = nil
				f := New(ours, Grant{RoleARN: role, Table: table})
				r := &response{}
				from := sdkKey(t, start)
				if start == nil {
					from = nil
				}
				if _, _, _, err := f.read(t.Context(), r, newPage(false, f.maxBytes), from, 7); err != nil {
					t.Fatal(err)
				}
				if _, err := sdk.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table, Limit: aws.Int32(7), ExclusiveStartKey: start}); err != nil {
					t.Fatal(err)
				}
				for i := range s.got {
					if s.got[i].Header["Content-Length"] = ""; s.got[i].Body == nil {
						t.Errorf("%s: found a body that is no JSON", table)
					}
				}
				if diff := cmp.Diff(s.got[1], s.got[0]); diff != "" {
					t.Errorf("%s from %v (-SDK +ours):\n%s", table, start, diff)
				}
			}
		}
	}
}

// Our errors say what the SDK's say, for the same answers.
func TestErrorsAreTheSDKs(t *testing.T) {
	const id = "AWS1"
	space := "com.amazonaws.dynamodb.v20120810#"
	for _, c := range []struct {
		name   string
		status int
		header string // X-Amzn-ErrorType
		body   string
		code   string
		class  pace.Class
	}{
		{"throughput", 400, "", `{"__type":"` + space + `ProvisionedThroughputExceededException","message":"m"}`, "ProvisionedThroughputExceededException", pace.Throttled},
		{"throttling", 400, "", `{"__type":"com.amazon.coral.availability#ThrottlingException","message":"m"}`, "ThrottlingException", pace.Throttled},
		{"the account's limit", 400, "", `{"__type":"` + space + `RequestLimitExceeded","message":"m"}`, "RequestLimitExceeded", pace.Throttled},
		{"a server error", 500, "", `{"__type":"` + space + `InternalServerError","message":"m"}`, "InternalServerError", pace.Transient},
		{"unavailable", 503, "", `{"__type":"com.amazon.coral.service#ServiceUnavailableException","message":"m"}`, "ServiceUnavailableException", pace.Throttled},
		{"denied, with a capital", 400, "", `{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"m"}`, "AccessDeniedException", pace.Final},
		{"an unknown session", 400, "", `{"__type":"com.amazon.coral.service#UnrecognizedClientException","message":"m"}`, "UnrecognizedClientException", pace.Session},
		{"an expired session", 400, "", `{"__type":"com.amazon.coral.service#ExpiredTokenException","message":"m"}`, "ExpiredTokenException", pace.Session},
		{"no table", 400, "", `{"__type":"` + space + `ResourceNotFoundException","message":"m"}`, "ResourceNotFoundException", pace.Final},
		{"not valid", 400, "", `{"__type":"com.amazon.coral.validate#ValidationException","message":"The provided starting key is invalid"}`, "ValidationException", pace.Final},
		{"the code in the header", 400, space + "ResourceNotFoundException:http://internal.amazon.com/coral/", `{"message":"m"}`, "ResourceNotFoundException", pace.Final},
		{"another in the header", 400, "ThrottlingException", `{"__type":"x#Other","message":"m"}`, "ThrottlingException", pace.Throttled},
		{"the code as code", 400, "", `{"code":"x#ValidationException:y","message":"m"}`, "ValidationException", pace.Final},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			s := &server{status: c.status, body: c.body, header: map[string]string{"X-Amzn-RequestId": id, "X-Amz-Crc32": fmt.Sprint(crc32.ChecksumIEEE([]byte(c.body)))}}
			if c.header != "" {
				s.header["X-Amzn-ErrorType"] = c.header
			}
			ours, sdk := both(t, "http://aws.test", s)
			found := ours.Scan(t.Context(), tableName, []byte(`{}`), func([]byte) error { return errors.New("this is no success") })
			_, want := sdk.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(tableName)})
			facts := func(err error) awserror.Facts {
				f := awserror.Read(err)
				return awserror.Facts{Service: f.Service, Operation: f.Operation, Code: f.Code, Message: f.Message, Status: f.Status, RequestID: f.RequestID}
			}
			if !reflect.DeepEqual(facts(found), facts(want)) || facts(found).Code != c.code || facts(found).RequestID != id {
				t.Errorf("found    %+v of %v\nexpected %+v of %v", facts(found), found, facts(want), want)
			}
			if pace.Classify(found) != c.class || pace.Classify(want) != c.class {
				t.Errorf("found the class %d and %d, expected %d", pace.Classify(found), pace.Classify(want), c.class)
			}
			var operation *smithy.OperationError
			if !errors.As(found, &operation) {
				t.Errorf("found %T, expected the error of an operation", found)
			}
		})
	}
}

// An answer that is not that of DynamoDB has the status as its code.
func TestErrorsWithoutACode(t *testing.T) {
	for body, want := range map[string]string{"<html>no</html>": "BadGateway", "": "BadGateway", `{"__type":5,"message":"m"}`: "BadGateway", `[]`: "BadGateway"} {
		err := readError(http.StatusBadGateway, http.Header{}, []byte(body))
		if got := awserror.Code(err); got != want {
			t.Errorf("%q: found the code %q, expected %q", body, got, want)
		}
	}
}

// An answer that differs from its checksum is asked for again.
func TestChecksums(t *testing.T) {
	const body = `{"Count":1,"Items":[{"deviceId":{"S":"d0001"}}]}`
	right := fmt.Sprint(crc32.ChecksumIEEE([]byte(body)))
	for _, c := range []struct {
		name, checksum string
		status         int
	}{
		{"right", right, 200},
		{"none", "", 200},
		{"wrong", "1", 500},
		{"no number", "x", 500},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			s := &server{status: 200, body: body, header: map[string]string{}}
			if c.checksum != "" {
				s.header["X-Amz-Crc32"] = c.checksum
			}
			ours, _ := both(t, "http://aws.test", s)
			status, payload := serve(New(ours, grant), `{}`)
			if calls := map[int]int{200: 1, 500: 5}[c.status]; status != c.status || len(s.got) != calls {
				t.Errorf("found %d %s after %d calls", status, payload, len(s.got))
			}
			// The next answer is right.
			s.header["X-Amz-Crc32"] = right
			if status, _ := serve(New(ours, grant), `{}`); status != 200 {
				t.Errorf("found %d", status)
			}
		})
	}
}

// endless is an HTTP client whose answers do not end.
type endless struct{}

func (endless) Do(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(spaces{})}, nil
}

type spaces struct{}

func (spaces) Read(b []byte) (int, error) {
	copy(b, slices.Repeat([]byte{' '}, len(b)))
	return len(b), nil
}

func TestAnAnswerWithoutAnEndIsAnError(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 72 MiB")
	}
	ours, _ := both(t, "http://aws.test", endless{})
	if status, payload := serve(New(ours, grant), `{}`); status != 500 {
		t.Errorf("found %d %s", status, payload)
	}
}

func TestAnEndpointThatIsNoneIsAnError(t *testing.T) {
	if _, err := NewClient(awsclient.Config{Config: aws.Config{Region: "eu-west-1", BaseEndpoint: aws.String("dynamodb")}}); err == nil {
		t.Error("found no error")
	}
}
