package targetrole

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/fakeaws"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
)

// The answers of STS as its documentation has them.
func TestReasons(t *testing.T) {
	for _, c := range []struct {
		name, code, message string
		status              int
		expected            Reason
	}{
		{"trust policy", "AccessDenied", "User: x is not authorized to perform: sts:AssumeRole", 403, Denied},
		{"expired session of the function", "ExpiredToken", "The security token included in the request is expired", 403, OwnCredentials},
		{"unknown key", "InvalidClientTokenId", "The security token included in the request is invalid.", 403, OwnCredentials},
		{"wrong secret", "SignatureDoesNotMatch", "The request signature we calculated does not match", 403, OwnCredentials},
		{"inactive region", "RegionDisabledException", "STS is not activated in this region for account:1", 403, RegionDisabled},
		{"long session", "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.", 400, DurationRefused},
		{"role chaining", "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.", 400, DurationRefused},
		{"other validation", "ValidationError", "1 validation error detected: Value at 'externalId'", 400, Other},
		{"throttling", "Throttling", "Rate exceeded", 400, Throttled},
		{"outage", "ServiceUnavailable", "", 503, Unavailable},
		{"failure", "InternalFailure", "", 500, Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := fakeaws.Start(t, func(fakeaws.Call) fakeaws.Reply { return fakeaws.STSError(c.status, c.code, c.message) }, nil)
			_, err := Config(fakeaws.Config(server.URL), reader, Limits{Call: 300 * time.Millisecond}).Credentials.Retrieve(context.Background())
			var refused *Refused
			var api smithy.APIError
			var failed *smithy.OperationError
			if !errors.As(err, &refused) || refused.Reason != c.expected || refused.RoleARN != reader.ARN || !strings.HasPrefix(server.URL, "http://"+refused.Host) {
				t.Fatalf("found %#v, expected the reason %d", err, c.expected)
			}
			if !errors.As(err, &api) || api.ErrorCode() != c.code || !errors.As(err, &failed) || failed.Operation() != "AssumeRole" || pace.Classify(err) != pace.Final {
				t.Errorf("found %v, expected the code %s of AssumeRole, not to be repeated", err, c.code)
			}
		})
	}
}

func TestWithoutOwnCredentials(t *testing.T) {
	server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), nil)
	config := fakeaws.Config(server.URL)
	config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, &awsclient.NoCredentials{}
	})
	_, err := Config(config, reader, Limits{}).Credentials.Retrieve(context.Background())
	var refused *Refused
	if !errors.As(err, &refused) || refused.Reason != OwnCredentials || len(server.Calls("AssumeRole")) != 0 {
		t.Errorf("found %v, expected that the own credentials are missing", err)
	}
}

// An outage of STS passes within the call, and an answer that is cut is repeated.
func TestAShortOutageIsRepeated(t *testing.T) {
	for name, first := range map[string]fakeaws.Reply{
		"503":       {Status: 503},
		"empty 200": {Status: 200},
		"cut":       {Status: 200, Body: fakeaws.Assumed(time.Hour)(fakeaws.Call{}).Body[:300]},
		"no token":  {Status: 200, Body: strings.ReplaceAll(fakeaws.Assumed(time.Hour)(fakeaws.Call{}).Body, "target-token", "")},
	} {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int64
			server := fakeaws.Start(t, func(c fakeaws.Call) fakeaws.Reply {
				if calls.Add(1) < 3 {
					return first
				}
				return fakeaws.Assumed(time.Hour)(c)
			}, nil)
			got, err := Config(fakeaws.Config(server.URL), reader, Limits{}).Credentials.Retrieve(context.Background())
			if err != nil || got.AccessKeyID != "ASIATARGET" || calls.Load() != 3 {
				t.Errorf("found %q, %v after %d calls, expected credentials after 3", got.AccessKeyID, err, calls.Load())
			}
		})
	}
}

// A session that S3 refuses is replaced once, and the call is repeated once; if S3 refuses the next as well, that is the error.
func TestARefusedSessionIsReplaced(t *testing.T) {
	for _, code := range []string{"ExpiredToken", "InvalidAccessKeyId"} {
		for _, refused := range []int64{1, 100} {
			var answers atomic.Int64
			server := fakeaws.Start(t, fakeaws.Assumed(time.Hour), func(fakeaws.Call) fakeaws.Reply {
				if answers.Add(1) > 1 && answers.Load() <= 1+refused { // the first is good
					return fakeaws.S3Error(http.StatusForbidden, code, "no longer valid")
				}
				return fakeaws.Reply{Status: 200, Body: `<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`}
			})
			base := fakeaws.Config(server.URL)
			base.RetryMaxAttempts = 0
			pace.New(4).Apply(&base)
			client := s3.NewFromConfig(Config(base, reader, Limits{}), func(o *s3.Options) { o.UsePathStyle = true })
			var err error
			for range 2 {
				_, err = client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("bucket")})
			}
			if good := refused == 1; (err == nil) != good || answers.Load() != 3 || len(server.Calls("AssumeRole")) != 2 && good {
				t.Errorf("%s, %d times: found %v after %d answers and %d sessions, expected success %t after 3 and 2", code, refused, err, answers.Load(), len(server.Calls("AssumeRole")), good)
			}
		}
	}
}
