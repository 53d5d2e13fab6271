package failure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

var grant = Grant{RoleARN: "arn:aws:iam::222222222222:role/reader", Resource: "bucket reports"}

// call is an error as the SDK wraps one.
func call(service, operation, code string) error {
	return &smithy.OperationError{ServiceID: service, OperationName: operation, Err: &awshttp.ResponseError{
		RequestID: "AWS1",
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 400}},
			Err:      &smithy.GenericAPIError{Code: code, Message: "secret words of AWS"},
		},
	}}
}

func TestOf(t *testing.T) {
	const generic = "internal error: the function's log has the cause under this request id"
	for _, c := range []struct {
		name string
		err  error
		want Failure
	}{
		{"a bad event", fmt.Errorf("x: %w", &event.Invalid{Field: "f", Found: "a", Expected: "b"}),
			Failure{Status: 400, Message: "f: found a, expected b"}},
		{"a failure of the logic's own", fmt.Errorf("x: %w", &Failure{Status: 405, Message: "m"}), Failure{Status: 405, Message: "m"}},
		{"denied by S3", call("S3", "ListObjectsV2", "AccessDenied"),
			Failure{403, "S3 ListObjectsV2 was denied to role arn:aws:iam::222222222222:role/reader on bucket reports", "AWS1"}},
		{"denied by DynamoDB", call("DynamoDB", "Scan", "AccessDeniedException"),
			Failure{403, "DynamoDB Scan was denied to role arn:aws:iam::222222222222:role/reader on bucket reports", "AWS1"}},
		{"denied by KMS", call("S3", "ListObjectsV2", "KMS.AccessDeniedException"),
			Failure{403, "S3 ListObjectsV2 was denied to role arn:aws:iam::222222222222:role/reader on bucket reports", "AWS1"}},
		{"denied by EC2's word", call("S3", "ListObjectsV2", "UnauthorizedOperation"),
			Failure{403, "S3 ListObjectsV2 was denied to role arn:aws:iam::222222222222:role/reader on bucket reports", "AWS1"}},
		{"denied by STS within S3", &smithy.OperationError{ServiceID: "S3", OperationName: "ListObjectsV2",
			Err: fmt.Errorf("get identity: %w", call("STS", "AssumeRole", "AccessDenied"))},
			Failure{403, "STS AssumeRole was denied: this function may not assume role arn:aws:iam::222222222222:role/reader; " +
				"check the role's trust policy, this function's own policy and the policy of the STS endpoint", "AWS1"}},
		{"throttled", call("DynamoDB", "Scan", "ThrottlingException"),
			Failure{429, "DynamoDB Scan is throttled: try again later and less often", "AWS1"}},
		{"out of capacity", call("DynamoDB", "Scan", "ProvisionedThroughputExceededException"),
			Failure{429, "DynamoDB Scan is throttled: try again later and less often", "AWS1"}},
		{"slow down", call("S3", "ListObjectsV2", "SlowDown"),
			Failure{429, "S3 ListObjectsV2 is throttled: try again later and less often", "AWS1"}},
		{"too many requests", call("STS", "AssumeRole", "TooManyRequestsException"),
			Failure{429, "STS AssumeRole is throttled: try again later and less often", "AWS1"}},
		{"request limit", call("STS", "AssumeRole", "RequestLimitExceeded"),
			Failure{429, "STS AssumeRole is throttled: try again later and less often", "AWS1"}},
		{"another spelling of throttling", call("STS", "AssumeRole", "ThrottlingByPolicy"),
			Failure{429, "STS AssumeRole is throttled: try again later and less often", "AWS1"}},
		{"no such bucket", call("S3", "ListObjectsV2", "NoSuchBucket"),
			Failure{500, "S3 ListObjectsV2: there is no bucket reports in the account and region of this role and function", "AWS1"}},
		{"no such table", call("DynamoDB", "Scan", "ResourceNotFoundException"),
			Failure{500, "DynamoDB Scan: there is no bucket reports in the account and region of this role and function", "AWS1"}},
		{"an expired token is not a denial", call("S3", "ListObjectsV2", "ExpiredToken"), Failure{500, generic, "AWS1"}},
		{"a bad signature is not a denial", call("S3", "ListObjectsV2", "SignatureDoesNotMatch"), Failure{500, generic, "AWS1"}},
		{"out of time", &smithy.OperationError{ServiceID: "S3", OperationName: "ListObjectsV2", Err: context.DeadlineExceeded},
			Failure{Status: 500, Message: "S3 ListObjectsV2 timed out on bucket reports: the function's time was nearly over; " +
				"raise its timeout, and check that its subnet has a route to the service"}},
		{"no route", &smithy.OperationError{ServiceID: "S3", OperationName: "ListObjectsV2",
			Err: &targetrole.NoRoute{RoleARN: "R", Host: "sts.ap-northeast-1.amazonaws.com", Err: context.DeadlineExceeded}},
			Failure{Status: 500, Message: "assume role R: no answer from sts.ap-northeast-1.amazonaws.com: there may be no route to STS from this subnet; " +
				"check that its VPC has an STS interface endpoint with private DNS and port 443 open from the function's security group, " +
				"or that the subnet has a route to a NAT"}},
		{"anything else", errors.New("secret"), Failure{Status: 500, Message: generic}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Of(c.err, grant)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLogText(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"a denial stays whole",
			"operation error S3: ListObjectsV2, get credentials: failed to refresh cached credentials, api error AccessDenied: User: arn:aws:sts::1:x is not authorized",
			"operation error S3: ListObjectsV2, get credentials: failed to refresh cached credentials, api error AccessDenied: User: arn:aws:sts::1:x is not authorized"},
		{"the canonical request",
			"SignatureDoesNotMatch: should have been\nhost:sts.amazonaws.com\nx-amz-security-token:FwoGZXIvYXdz+/==\n\nhost;x-amz-security-token\nabc",
			"SignatureDoesNotMatch: should have been\nhost:sts.amazonaws.com\nx-amz-security-token:[removed]\n\nhost;x-amz-security-token\nabc"},
		{"a signed URL",
			`Get "https://b.s3.amazonaws.com/?X-Amz-Credential=ASIA/1&X-Amz-Security-Token=Fwo&X-Amz-Signature=0f&x=1": EOF`,
			`Get "https://b.s3.amazonaws.com/?X-Amz-Credential=[removed]&X-Amz-Security-Token=[removed]&X-Amz-Signature=[removed]&x=1": EOF`},
		{"XML", "<SecretAccessKey>abc</SecretAccessKey><SessionToken>def</SessionToken>",
			"<SecretAccessKey>[removed]</SecretAccessKey><SessionToken>[removed]</SessionToken>"},
		{"a header", "authorization: AWS4-HMAC-SHA256 Credential=A, Signature=b\nnext", "authorization: [removed]\nnext"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := LogText(errors.New(c.in)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
