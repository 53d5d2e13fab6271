package scanning

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

// overTheWire makes the function with the real clients of DynamoDB and STS. Without an HTTP client, it has one that connects.
func overTheWire(t *testing.T, url string, http aws.HTTPClient) *Function {
	t.Helper()
	base := fakeaws.Config(url)
	if base.HTTPClient = http; http == nil {
		base.HTTPClient = awsclient.NewHTTP(1, nil)
	}
	config := targetrole.Config(base, targetrole.Role{ARN: role, SessionName: "scan"}, targetrole.Limits{Call: time.Minute})
	client, err := NewClient(awsclient.Config{Config: config, Pace: pace.New(1)})
	if err != nil {
		t.Fatal(err)
	}
	return New(client, grant)
}

func TestTwoPagesOfDynamoDB(t *testing.T) {
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), func(c fakeaws.Call) fakeaws.Reply {
		if strings.Contains(c.Text, "ExclusiveStartKey") {
			return fakeaws.Reply{Status: 200, Body: `{"Count":1,"Items":[{"deviceId":{"S":"d0002"},"n":{"N":"12345678901234567890123456789012345678"},"b":{"B":"aGk="}}]}`}
		}
		return fakeaws.Reply{Status: 200, Body: `{"Count":1,"Items":[{"deviceId":{"S":"d0001"},"ns":{"NS":["1","0.00000000000000000000000000000000000001"]}}],"LastEvaluatedKey":{"deviceId":{"S":"d0001"}}}`}
	})
	status, payload := serve(overTheWire(t, server.URL, nil), `{"limit":10}`)
	want := `{"items":[{"deviceId":"d0001","ns":[1,0.00000000000000000000000000000000000001]},` +
		`{"b":"aGk=","deviceId":"d0002","n":12345678901234567890123456789012345678}],"count":2}`
	if status != 200 || payload != want {
		t.Errorf("got  %s\nwant %s", payload, want)
	}
	calls := server.Calls("TableName")
	if len(calls) != 2 {
		t.Fatalf("DynamoDB was asked %d times, want twice", len(calls))
	}
	for i, want := range []string{
		`{"Limit":10,"TableName":"access-sample-table"}`,
		`{"ExclusiveStartKey":{"deviceId":{"S":"d0001"}},"Limit":9,"TableName":"access-sample-table"}`,
	} {
		if calls[i].Text != want {
			t.Errorf("request %d is %s, want %s", i+1, calls[i].Text, want)
		}
	}
	if header := calls[0].Header; !strings.Contains(header.Get("Authorization"), "Credential=ASIATARGET/") || header.Get("X-Amz-Target") != "DynamoDB_20120810.Scan" {
		t.Error("DynamoDB is not asked as the target role")
	}
}

func TestErrorsOverTheWire(t *testing.T) {
	says := func(status int, code, message string) func(fakeaws.Call) fakeaws.Reply {
		return func(fakeaws.Call) fakeaws.Reply { return fakeaws.DynamoDBError(status, code, message) }
	}
	token, _ := encodeToken(deviceKey("d0001"), tableName)
	for _, c := range []struct {
		name    string
		sts, db func(fakeaws.Call) fakeaws.Reply
		next    string
		status  int
		message string
	}{
		{"STS denies", func(fakeaws.Call) fakeaws.Reply { return fakeaws.STSError(403, "AccessDenied", "no") }, nil, "", 403,
			"STS AssumeRole was denied: this function may not assume role " + role + "; check the role's trust policy, this function's own policy and the policy of the STS endpoint"},
		{"DynamoDB denies", fakeaws.Assumed(time.Hour), says(400, "AccessDeniedException", "User: x is not authorized"), "", 403,
			"DynamoDB Scan was denied to role " + role + " on table access-sample-table; check the role's policies, the policy and the account of the resource, and the policy of the DynamoDB endpoint"},
		{"DynamoDB throttles", fakeaws.Assumed(time.Hour), says(400, "ProvisionedThroughputExceededException", "slow"), "", 429,
			"DynamoDB Scan is throttled: try again later and less often; the capacity of table access-sample-table is used up"},
		{"DynamoDB throttles the account", fakeaws.Assumed(time.Hour), says(400, "ThrottlingException", "slow"), "", 429,
			"DynamoDB Scan is throttled: try again later and less often; more is asked of table access-sample-table than its limit or the account's"},
		{"no such table", fakeaws.Assumed(time.Hour), says(400, "ResourceNotFoundException", "Requested resource not found"), "", 500,
			"DynamoDB Scan: there is no table access-sample-table in the account and region of this role and function"},
		{"DynamoDB breaks", fakeaws.Assumed(time.Hour), says(500, "InternalServerError", "secret"), "", 500,
			"DynamoDB Scan failed on table access-sample-table: DynamoDB answered 500 InternalServerError, a fault of the service that the attempts did not outlast; invoke again, and look at the AWS Health Dashboard if it stays"},
		{"DynamoDB refuses next", fakeaws.Assumed(time.Hour), says(400, "ValidationException", "The provided starting key is invalid"), token, 400,
			"query parameter \"next\": found a key that the table refuses, expected the next of an earlier answer of this table"},
		{"DynamoDB refuses something else", fakeaws.Assumed(time.Hour), says(400, "ValidationException", "The provided starting key is invalid"), "", 500,
			"DynamoDB Scan was refused on table access-sample-table with 400 ValidationException; this function's log has AWS's words under this request id"},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			query := ""
			if c.next != "" {
				query = "next=" + c.next
			}
			_, payload := serve(overTheWire(t, "http://aws.test", fakeaws.Direct{STS: c.sts, Service: c.db}), proxyEvent(query))
			var got proxied
			var body struct{ Error, RequestID, AWSRequestID string }
			if json.Unmarshal([]byte(payload), &got) != nil || json.Unmarshal([]byte(got.Body), &body) != nil {
				t.Fatal(payload)
			}
			if got.StatusCode != c.status || body.Error != c.message || body.RequestID != "L1" {
				t.Errorf("got  %d %s\nwant %d %s", got.StatusCode, got.Body, c.status, c.message)
			}
			if id := body.AWSRequestID; c.status != 400 && id != fakeaws.RequestID {
				t.Errorf("AWS request id %q", id)
			}
			if retry := got.Headers["retry-after"]; (c.status == http.StatusTooManyRequests) != (retry == "1") {
				t.Errorf("retry-after %q", retry)
			}
		})
	}
}

// An answer that is not whole is asked for again, and none of it is answered.
func TestAnAnswerThatIsCut(t *testing.T) {
	const first = `{"Count":1,"Items":[{"deviceId":{"S":"d0001"}}],"LastEvaluatedKey":{"deviceId":{"S":"d0001"}}}`
	const second = `{"Count":1,"Items":[{"deviceId":{"S":"d0002"}}]}`
	for _, c := range []struct {
		name, cut string
	}{
		{"empty", ""},
		{"at the beginning", second[:1]},
		{"in an item", second[:30]},
		{"behind the items", second[:len(second)-1]},
		{"white space alone", " \n"},
		{"no answer to Scan", "{}"},
		{"a page of a proxy", "<html>try again</html>"},
	} {
		for _, times := range []int{1, 99} {
			inBubble(t, fmt.Sprintf("%s, %d times", c.name, times), func(t *testing.T) {
				calls := 0
				f := overTheWire(t, "http://aws.test", fakeaws.Direct{STS: fakeaws.Assumed(time.Hour), Service: func(call fakeaws.Call) fakeaws.Reply {
					if !strings.Contains(call.Text, "ExclusiveStartKey") {
						return fakeaws.Reply{Status: 200, Body: first}
					}
					if calls++; calls <= times {
						return fakeaws.Reply{Status: 200, Body: c.cut}
					}
					return fakeaws.Reply{Status: 200, Body: second}
				}})
				status, payload := serve(f, `{}`)
				got := decode(t, payload)
				if times == 1 && (status != 200 || got.Count != 2 || got.Next != nil || calls != 2) {
					t.Errorf("found %d %s after %d calls, expected both items", status, payload, calls)
				}
				if times > 1 && (status != 200 || got.Count != 1 || got.Next == nil || calls != 5) {
					t.Errorf("found %d %s after %d calls, expected the first item with next", status, payload, calls)
				}
			})
		}
	}
}

func TestNoRouteToSTSReachesTheCaller(t *testing.T) {
	status, payload := serve(overTheWire(t, "http://127.0.0.1:1", nil), `{}`)
	if status != 500 || !strings.Contains(payload, "no answer from 127.0.0.1:1: there may be no route to STS from this subnet") {
		t.Errorf("got %d %s", status, payload)
	}
}

// inBubble runs a test in which retries do not wait.
func inBubble(t *testing.T, name string, test func(*testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// A session that DynamoDB refuses is replaced, and the calls of an invocation are counted.
func TestARefusedSessionIsReplaced(t *testing.T) {
	for _, code := range []string{"ExpiredTokenException", "UnrecognizedClientException"} {
		inBubble(t, code, func(t *testing.T) {
			sessions := 0
			f := overTheWire(t, "http://aws.test", fakeaws.Direct{STS: func(c fakeaws.Call) fakeaws.Reply {
				sessions++
				reply := fakeaws.Assumed(time.Hour)(c)
				reply.Body = strings.ReplaceAll(reply.Body, "ASIATARGET", fmt.Sprint("ASIATARGET", sessions))
				return reply
			}, Service: func(c fakeaws.Call) fakeaws.Reply {
				if !strings.Contains(c.Header.Get("Authorization"), "ASIATARGET2/") {
					return fakeaws.DynamoDBError(400, code, "no")
				}
				return fakeaws.Reply{Status: 200, Body: `{"Items":[],"Count":0}`}
			}})
			stats := &pace.Stats{}
			result := f.Serve(pace.WithStats(t.Context(), stats), invocation.Request{})
			if result.Status != 200 || sessions != 2 || stats.Requests.Load() != 4 || stats.Retries.Load() != 1 { // 2 of STS
				t.Errorf("found %s after %d sessions, %d requests, %d retries", result.Payload, sessions, stats.Requests.Load(), stats.Retries.Load())
			}
		})
	}
}

// No request begins after the time of StartBy, and the answer has the cause.
func TestThrottledUntilTheTimeIsOver(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		begun := time.Now()
		f := overTheWire(t, "http://aws.test", fakeaws.Direct{STS: fakeaws.Assumed(time.Hour), Service: func(fakeaws.Call) fakeaws.Reply {
			if time.Since(begun) > time.Second {
				t.Error("a request began too late")
			}
			return fakeaws.DynamoDBError(400, "ThrottlingException", "slow")
		}})
		stats := &pace.Stats{}
		result := f.Serve(pace.StartBy(pace.WithStats(t.Context(), stats), begun.Add(time.Second)), invocation.Request{})
		if result.Status != 429 || !errors.Is(result.Err, pace.ErrTooLate) || stats.Throttled.Load() != stats.Requests.Load()-1 { // 1 of STS
			t.Errorf("found %d %v", result.Status, result.Err)
		}
	})
}
