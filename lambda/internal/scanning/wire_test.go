package scanning

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

// overTheWire makes the function with the real clients of DynamoDB and STS.
func overTheWire(url string) *Function {
	config := targetrole.Config(fakeaws.Config(url), targetrole.Role{ARN: role, SessionName: "scan"},
		targetrole.Limits{Call: time.Minute})
	return New(dynamodb.NewFromConfig(config), grant)
}

func TestTwoPagesOfDynamoDB(t *testing.T) {
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), func(c fakeaws.Call) fakeaws.Reply {
		if strings.Contains(c.Text, "ExclusiveStartKey") {
			return fakeaws.Reply{Status: 200, Body: `{"Count":1,"Items":[{"deviceId":{"S":"d0002"},"n":{"N":"12345678901234567890123456789012345678"},"b":{"B":"aGk="}}]}`}
		}
		return fakeaws.Reply{Status: 200, Body: `{"Count":1,"Items":[{"deviceId":{"S":"d0001"},"ns":{"NS":["1","0.00000000000000000000000000000000000001"]}}],"LastEvaluatedKey":{"deviceId":{"S":"d0001"}}}`}
	})
	status, payload := serve(overTheWire(server.URL), `{"limit":10}`)
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
	token, _ := encodeToken(key{"deviceId": str("d0001")}, tableName)
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
		t.Run(c.name, func(t *testing.T) {
			server := fakeaws.Start(t, c.sts, c.db)
			query := ""
			if c.next != "" {
				query = "next=" + c.next
			}
			_, payload := serve(overTheWire(server.URL), proxyEvent(query))
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
	} {
		for _, times := range []int{1, 99} {
			t.Run(fmt.Sprintf("%s, %d times", c.name, times), func(t *testing.T) {
				calls := 0
				server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), func(call fakeaws.Call) fakeaws.Reply {
					if !strings.Contains(call.Text, "ExclusiveStartKey") {
						return fakeaws.Reply{Status: 200, Body: first}
					}
					if calls++; calls <= times {
						return fakeaws.Reply{Status: 200, Body: c.cut}
					}
					return fakeaws.Reply{Status: 200, Body: second}
				})
				f := overTheWire(server.URL)
				f.client = dynamodb.NewFromConfig(aws.Config{
					Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), Credentials: fakeaws.Config("").Credentials,
					Retryer: func() aws.Retryer {
						return retry.NewStandard(func(o *retry.StandardOptions) {
							o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
						})
					},
				})
				status, payload := serve(f, `{}`)
				got := decode(t, payload)
				if times == 1 && (status != 200 || got.Count != 2 || got.Next != nil || calls != 2) {
					t.Errorf("found %d %s after %d calls, expected both items", status, payload, calls)
				}
				if times > 1 && (status != 200 || got.Count != 1 || got.Next == nil || calls != 3) {
					t.Errorf("found %d %s after %d calls, expected the first item with next", status, payload, calls)
				}
			})
		}
	}
}

func TestNoRouteToSTSReachesTheCaller(t *testing.T) {
	status, payload := serve(overTheWire("http://127.0.0.1:1"), `{}`)
	if status != 500 || !strings.Contains(payload, "no answer from 127.0.0.1:1: there may be no route to STS from this subnet") {
		t.Errorf("got %d %s", status, payload)
	}
}

// bodies is an HTTP client that looks at the body of each request.
type bodies struct {
	aws.HTTPClient
	look func(body io.Reader)
}

func (b bodies) Do(r *http.Request) (*http.Response, error) {
	b.look(r.Body)
	return b.HTTPClient.Do(r)
}

// See hideWriterTo.
func TestTheBodyOfARequestHasNoWriteTo(t *testing.T) {
	server := fakeaws.Start(t, nil, func(fakeaws.Call) fakeaws.Reply { return fakeaws.Reply{Status: 200, Body: `{"Items":[]}`} })
	looked := 0
	client := dynamodb.NewFromConfig(fakeaws.Config(server.URL), func(o *dynamodb.Options) {
		o.HTTPClient = bodies{o.HTTPClient, func(body io.Reader) {
			if _, has := body.(io.WriterTo); has {
				t.Errorf("found %T, expected a body that is read by Read", body)
			}
			looked++
		}}
	})
	if status, payload := serve(New(client, grant), `{"limit":7}`); status != 200 || looked != 1 {
		t.Errorf("found %d %s", status, payload)
	}
	if calls := server.Calls("TableName"); len(calls) != 1 || calls[0].Text != `{"Limit":7,"TableName":"access-sample-table"}` {
		t.Errorf("found %+v", calls)
	}
}
