package invocation_test

import (
	"bytes"
	"context"
	"flag"
	"log/slog"
	"net/http"
	"os"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/copying"
	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
	"github.com/crossgrant/crossgrant/lambda/internal/listing"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
	"github.com/crossgrant/crossgrant/lambda/internal/scanning"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
	"github.com/crossgrant/crossgrant/lambda/internal/trailing"
)

var update = flag.Bool("update", false, "write testdata/log.jsonl")

// functions are all functions with their real clients, but no retries by the SDK's; assume is the time for AssumeRole.
func functions(t *testing.T, base aws.Config, assume time.Duration) map[string]invocation.Serve {
	t.Helper()
	const role = "arn:aws:iam::222222222222:role/reader"
	config := targetrole.Config(base, targetrole.Role{ARN: role, SessionName: "s"}, targetrole.Limits{Call: assume})
	bucket := s3.NewFromConfig(config)
	table, err := scanning.NewClient(awsclient.Config{Config: config, Pace: pace.New(2)})
	if err != nil {
		t.Fatal(err)
	}
	return map[string]invocation.Serve{
		"list":  listing.New(bucket, listing.Grant{RoleARN: role, Bucket: "reports"}).Serve,
		"scan":  scanning.New(table, scanning.Grant{RoleARN: role, Table: "devices"}).Serve,
		"copy":  copying.New(bucket, copying.Grant{RoleARN: role, Origin: "reports", Destination: "lake", PartBytes: 5 << 20, Parallel: 2}).Serve,
		"trail": trailing.New(bucket, bucket, trailing.Grant{RoleARN: role, Bucket: "logs", Prefixes: []string{"AWSLogs/222222222222/CloudTrail/"}}).Serve,
	}
}

// The alarms of the functions are metric filters over these lines, and the test of those filters reads this file.
func TestLogLinesOfAnswers(t *testing.T) {
	denied := func(fakeaws.Call) fakeaws.Reply { return fakeaws.STSError(http.StatusForbidden, "AccessDenied", "no") }
	s3Says := func(status int, code string) func(fakeaws.Call) fakeaws.Reply {
		return func(fakeaws.Call) fakeaws.Reply { return fakeaws.S3Error(status, code, "no") }
	}
	dynamoDBSays := func(status int, code string) func(fakeaws.Call) fakeaws.Reply {
		return func(fakeaws.Call) fakeaws.Reply { return fakeaws.DynamoDBError(status, code, "no") }
	}
	says := func(body string) func(fakeaws.Call) fakeaws.Reply {
		return func(fakeaws.Call) fakeaws.Reply { return fakeaws.Reply{Status: http.StatusOK, Body: body} }
	}
	const empty = `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated></ListBucketResult>`
	var out bytes.Buffer
	for _, c := range []struct {
		function, event string
		sts, service    func(fakeaws.Call) fakeaws.Reply
	}{
		{"list", `{}`, fakeaws.Assumed(time.Hour), says(empty)},
		{"list", `{"maxKeys":-1}`, fakeaws.Assumed(time.Hour), says(empty)},
		{"list", `{}`, denied, says(empty)},
		{"list", `{}`, fakeaws.Assumed(time.Hour), s3Says(http.StatusForbidden, "AccessDenied")},
		{"list", `{}`, fakeaws.Assumed(time.Hour), s3Says(http.StatusServiceUnavailable, "SlowDown")},
		{"list", `{}`, fakeaws.Assumed(time.Hour), s3Says(http.StatusNotFound, "NoSuchBucket")},
		{"scan", `{}`, fakeaws.Assumed(time.Hour), says(`{"Count":0,"Items":[]}`)},
		{"scan", `{"version":"2.0","requestContext":{"http":{"method":"POST"}}}`, fakeaws.Assumed(time.Hour), says(`{"Count":0,"Items":[]}`)},
		{"scan", `{}`, fakeaws.Assumed(time.Hour), dynamoDBSays(http.StatusBadRequest, "AccessDeniedException")},
		{"scan", `{}`, fakeaws.Assumed(time.Hour), dynamoDBSays(http.StatusBadRequest, "ProvisionedThroughputExceededException")},
		{"scan", `{}`, fakeaws.Assumed(time.Hour), dynamoDBSays(http.StatusInternalServerError, "InternalServerError")},
		{"trail", `{"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z"}`, fakeaws.Assumed(time.Hour), says(empty)},
		{"trail", `{"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z"}`, fakeaws.Assumed(time.Hour), s3Says(http.StatusForbidden, "AccessDenied")},
		{"trail", `{"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z"}`, fakeaws.Assumed(time.Hour), s3Says(http.StatusServiceUnavailable, "SlowDown")},
		{"trail", `{"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z"}`, fakeaws.Assumed(time.Hour), s3Says(http.StatusInternalServerError, "InternalError")},
	} {
		synctest.Test(t, func(t *testing.T) { // retries wait
			config := fakeaws.Config("http://aws.test")
			config.HTTPClient = fakeaws.Direct{STS: c.sts, Service: c.service}
			handler := invocation.Handler(c.function, slog.New(slog.NewJSONHandler(&out, nil)), functions(t, config, time.Minute)[c.function])
			ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "R"})
			if _, err := handler.Invoke(ctx, []byte(c.event)); err != nil {
				t.Errorf("%s of %s failed: %v; expected an answer", c.function, c.event, err)
			}
		})
	}
	found := regexp.MustCompile(`"time":"[^"]+"`).ReplaceAll(out.Bytes(), []byte(`"time":"2026-01-02T03:04:05Z"`))
	found = regexp.MustCompile(`"durationMs":[0-9]+`).ReplaceAll(found, []byte(`"durationMs":5`))
	const file = "testdata/log.jsonl"
	if *update {
		if err := os.WriteFile(file, found, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	expected, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(expected), string(found)); diff != "" {
		t.Errorf("log lines (-expected +found); write them with -update, and run the tests of constructs/workload:\n%s", diff)
	}
}
