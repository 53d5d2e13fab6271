// Package fakeaws is an HTTP server for tests, to which the real SDK clients send their requests. It returns the answers of the test and keeps no
// state.
package fakeaws

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// RequestID is the request ID of every answer.
const RequestID = "AWSREQUEST0001"

// Call is one request.
type Call struct {
	*http.Request
	// Text is the whole body.
	Text string
}

// Reply is one answer. Without a status the connection is closed instead.
type Reply struct {
	Status int
	Body   string
}

// Server answers STS by one function and the other services by another.
type Server struct {
	URL string

	mu    sync.Mutex
	calls []Call
}

// Direct is an HTTP client that answers within this process, as a [Server] does. In a bubble of testing/synctest, a connection would stop the clock.
type Direct struct{ STS, Service func(Call) Reply }

// Do implements aws.HTTPClient.
func (d Direct) Do(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		body, _ = io.ReadAll(request.Body)
		_ = request.Body.Close()
	}
	call := Call{request, string(body)}
	answer := d.Service
	if strings.Contains(call.Text, "Action=AssumeRole") {
		answer = d.STS
	}
	reply := answer(call)
	if reply.Status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	recorder := httptest.NewRecorder()
	reply.write(recorder)
	return recorder.Result(), nil
}

func (r Reply) write(w http.ResponseWriter) {
	w.Header().Set("x-amz-request-id", RequestID)
	w.Header().Set("x-amzn-requestid", RequestID)
	if strings.HasPrefix(r.Body, "{") {
		w.Header().Set("content-type", "application/x-amz-json-1.0")
	} else {
		w.Header().Set("content-type", "application/xml")
	}
	w.WriteHeader(r.Status)
	_, _ = io.WriteString(w, r.Body)
}

// Start runs a server until the test ends.
func Start(t testing.TB, sts, service func(Call) Reply) *Server {
	t.Helper()
	s := &Server{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		call := Call{r, string(body)}
		s.mu.Lock()
		s.calls = append(s.calls, call)
		s.mu.Unlock()
		answer := service
		if strings.Contains(call.Text, "Action=AssumeRole") {
			answer = sts
		}
		reply := answer(call)
		if reply.Status == 0 {
			panic(http.ErrAbortHandler)
		}
		reply.write(w)
	}))
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// Calls returns the requests so far whose body or path contains part.
func (s *Server) Calls(part string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Call
	for _, call := range s.calls {
		if strings.Contains(call.Text, part) || strings.Contains(call.URL.Path, part) {
			found = append(found, call)
		}
	}
	return found
}

// Config is the configuration of the function's own account, with one attempt per call.
func Config(url string) aws.Config {
	return aws.Config{
		Region:           "ap-northeast-1",
		BaseEndpoint:     aws.String(url),
		RetryMaxAttempts: 1,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIASOURCE", SecretAccessKey: "source-secret"}, nil
		}),
	}
}

// Assumed is the answer of STS with credentials that are valid for the given time.
func Assumed(hold time.Duration) func(Call) Reply {
	return func(Call) Reply {
		return Reply{http.StatusOK, fmt.Sprintf(`<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::222222222222:assumed-role/reader/list</Arn>
<AssumedRoleId>AROA:list</AssumedRoleId></AssumedRoleUser>
<Credentials><AccessKeyId>ASIATARGET</AccessKeyId><SecretAccessKey>target-secret</SecretAccessKey>
<SessionToken>target-token</SessionToken><Expiration>%s</Expiration></Credentials></AssumeRoleResult>
<ResponseMetadata><RequestId>%s</RequestId></ResponseMetadata></AssumeRoleResponse>`,
			time.Now().Add(hold).UTC().Format(time.RFC3339), RequestID)}
	}
}

// STSError is an error answer of STS.
func STSError(status int, code, message string) Reply {
	return Reply{status, fmt.Sprintf(`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>`+
		`<Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>`, code, message, RequestID)}
}

// S3Error is an error answer of S3.
func S3Error(status int, code, message string) Reply {
	return Reply{status, fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message>`+
		`<RequestId>%s</RequestId><HostId>host</HostId></Error>`, code, message, RequestID)}
}

// DynamoDBError is an error answer of DynamoDB.
func DynamoDBError(status int, code, message string) Reply {
	return Reply{status, fmt.Sprintf(`{"__type":"com.amazonaws.dynamodb.v20120810#%s","message":%q}`, code, message)}
}
