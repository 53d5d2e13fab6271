package failure

import (
	"context"
	"crypto/x509"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/pace"
	"github.com/crossgrant/crossgrant/lambda/internal/targetrole"
)

const role = "arn:aws:iam::222222222222:role/reader"

var grant = Grant{RoleARN: role, Resource: "bucket reports"}

// answer is an error of an answer, as the SDK wraps one.
func answer(service, operation string, status int, code, message string) error {
	var err error = &smithy.GenericAPIError{Code: code, Message: message}
	if code == "" {
		err = errors.New("no code")
	}
	return &smithy.OperationError{ServiceID: service, OperationName: operation, Err: &awshttp.ResponseError{
		RequestID: "AWS1",
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: status, Header: http.Header{"X-Amz-Bucket-Region": {"eu-west-1"}}}},
			Err:      err,
		},
	}}
}

// unanswered is an error of a request without an answer, as the SDK wraps one.
func unanswered(service, operation, host string, err error) error {
	return &smithy.OperationError{ServiceID: service, OperationName: operation, Err: &awshttp.ResponseError{
		ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{}},
			Err:      &smithyhttp.RequestSendError{Err: &url.Error{Op: "Get", URL: "https://" + host + "/key?X-Amz-Security-Token=secret", Err: err}},
		},
	}}
}

const (
	words      = "secret words of AWS about 222222222222"
	deniedTo   = "role arn:aws:iam::222222222222:role/reader on bucket reports; check the role's policies, the policy and the account of the resource, and the policy of the "
	assume     = "STS AssumeRole was denied: this function may not assume role arn:aws:iam::222222222222:role/reader; check the role's trust policy, this function's own policy and the policy of the STS endpoint"
	s3Route    = "there may be no route to S3 from this subnet: check that its route table has the S3 gateway endpoint of this region or a NAT, and that the function's security group lets port 443 out"
	generic    = "internal error: the function's log has the cause under this request id"
	outage     = "a fault of the service that the attempts did not outlast; invoke again, and look at the AWS Health Dashboard if it stays"
	keyOf      = "S3 GetObject was denied to role arn:aws:iam::222222222222:role/reader on bucket reports: it may not use the KMS key of it; check the key's policy, and that the role may kms:Decrypt with it, and kms:GenerateDataKey to write"
	inAnother  = " was refused: bucket reports is in region eu-west-1, expected the region of this function; deploy the function there, or name a bucket of its region "
	ofTheRole  = " of role arn:aws:iam::222222222222:role/reader"
	forTheRole = " for role arn:aws:iam::222222222222:role/reader"
	laterLess  = ": try again later and less often"
)

// The codes are those of AWS's pages on the errors of S3, STS, DynamoDB and KMS.
func TestAnswersOfAWS(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want Failure
	}{
		{"denied by S3", answer("S3", "ListObjectsV2", 403, "AccessDenied", words), Failure{403, "AccessDenied", "S3 ListObjectsV2 was denied to " + deniedTo + "S3 endpoint", "AWS1"}},
		{"denied by DynamoDB", answer("DynamoDB", "Scan", 400, "AccessDeniedException", words), Failure{403, "AccessDeniedException", "DynamoDB Scan was denied to " + deniedTo + "DynamoDB endpoint", "AWS1"}},
		{"denied to a HEAD", answer("S3", "HeadObject", 403, "Forbidden", ""), Failure{403, "Forbidden", "S3 HeadObject was denied to " + deniedTo + "S3 endpoint", "AWS1"}},
		{"denied without a code", answer("S3", "HeadObject", 403, "", ""), Failure{403, "Forbidden", "S3 HeadObject was denied to " + deniedTo + "S3 endpoint", "AWS1"}},
		{"denied by an endpoint's policy", answer("S3", "GetObject", 403, "AccessDenied", "User: x is not authorized to perform: s3:GetObject because no VPC endpoint policy allows the s3:GetObject action"),
			Failure{403, "AccessDenied", "S3 GetObject was denied to " + deniedTo + "S3 endpoint; AWS names the VPC endpoint policy", "AWS1"}},
		{"denied explicitly", answer("S3", "GetObject", 403, "AccessDenied", "with an explicit deny in a resource-based policy"),
			Failure{403, "AccessDenied", "S3 GetObject was denied to " + deniedTo + "S3 endpoint; AWS names an explicit deny in the resource-based policy", "AWS1"}},
		{"denied by KMS", answer("S3", "GetObject", 400, "KMS.AccessDeniedException", words), Failure{403, "KMS.AccessDeniedException", keyOf, "AWS1"}},
		{"a key that is not permitted", answer("S3", "GetObject", 403, "AccessDenied", "not authorized to perform: kms:Decrypt on the resource"), Failure{403, "AccessDenied", keyOf, "AWS1"}},
		{"a key that is disabled", answer("S3", "GetObject", 400, "KMS.DisabledException", words),
			Failure{500, "KMS.DisabledException", "S3 GetObject failed on bucket reports: its KMS key cannot be used (KMS.DisabledException); check that the key is enabled, not pending deletion, and of this region", "AWS1"}},
		{"KMS is throttled", answer("S3", "GetObject", 400, "KMS.ThrottlingException", words),
			Failure{429, "KMS.ThrottlingException", "S3 GetObject is throttled" + laterLess + "; KMS has a limit of requests a second for each account", "AWS1"}},
		{"denied by STS", answer("STS", "AssumeRole", 403, "AccessDenied", words), Failure{403, "AccessDenied", assume, "AWS1"}},
		{"denied by STS within S3", &smithy.OperationError{ServiceID: "S3", OperationName: "ListObjectsV2", Err: fmt.Errorf("get identity: %w", answer("STS", "AssumeRole", 403, "AccessDenied", words))},
			Failure{403, "AccessDenied", assume, "AWS1"}},
		{"S3 asks to slow down", answer("S3", "ListObjectsV2", 503, "SlowDown", words), Failure{429, "SlowDown", "S3 ListObjectsV2 is throttled" + laterLess + "; S3 asks for fewer requests on bucket reports", "AWS1"}},
		{"S3 asks to slow down without a code", answer("S3", "HeadObject", 503, "", ""), Failure{429, "ServiceUnavailable", "S3 HeadObject is throttled" + laterLess + "; S3 asks for fewer requests on bucket reports", "AWS1"}},
		{"S3 is not available", answer("S3", "CopyObject", 503, "ServiceUnavailable", words), Failure{429, "ServiceUnavailable", "S3 CopyObject is throttled" + laterLess + "; S3 asks for fewer requests on bucket reports", "AWS1"}},
		{"a table at its capacity", answer("DynamoDB", "Scan", 400, "ProvisionedThroughputExceededException", words),
			Failure{429, "ProvisionedThroughputExceededException", "DynamoDB Scan is throttled" + laterLess + "; the capacity of bucket reports is used up", "AWS1"}},
		{"DynamoDB is throttled", answer("DynamoDB", "Scan", 400, "ThrottlingException", words),
			Failure{429, "ThrottlingException", "DynamoDB Scan is throttled" + laterLess + "; more is asked of bucket reports than its limit or the account's", "AWS1"}},
		{"STS is throttled", answer("STS", "AssumeRole", 400, "Throttling", words),
			Failure{429, "Throttling", "STS AssumeRole is throttled" + laterLess + "; too many sessions are asked for in this region", "AWS1"}},
		{"too many requests", answer("STS", "AssumeRole", 429, "Whatever", words),
			Failure{429, "Whatever", "STS AssumeRole is throttled" + laterLess + "; too many sessions are asked for in this region", "AWS1"}},
		{"STS is not available", answer("STS", "AssumeRole", 503, "ServiceUnavailable", words), Failure{500, "ServiceUnavailable", "STS AssumeRole failed" + forTheRole + ": STS answered 503 ServiceUnavailable, " + outage, "AWS1"}},
		{"STS fails", answer("STS", "AssumeRole", 500, "InternalFailure", words), Failure{500, "InternalFailure", "STS AssumeRole failed" + forTheRole + ": STS answered 500 InternalFailure, " + outage, "AWS1"}},
		{"S3 fails", answer("S3", "GetObject", 500, "InternalError", words), Failure{500, "InternalError", "S3 GetObject failed on bucket reports: S3 answered 500 InternalError, " + outage, "AWS1"}},
		{"S3 fails in a 200", answer("S3", "CopyObject", 200, "InternalError", words), Failure{500, "InternalError", "S3 CopyObject failed on bucket reports: S3 answered 200 InternalError, " + outage, "AWS1"}},
		{"DynamoDB fails without a code", answer("DynamoDB", "Scan", 502, "", ""), Failure{500, "BadGateway", "DynamoDB Scan failed on bucket reports: DynamoDB answered 502, " + outage, "AWS1"}},
		{"a region that STS does not serve", answer("STS", "AssumeRole", 403, "RegionDisabledException", words),
			Failure{500, "RegionDisabledException", "STS AssumeRole was refused: STS is not active in this region for the account" + ofTheRole + "; activate the region in that account's IAM settings, under security token service endpoints", "AWS1"}},
		{"own credentials have expired", answer("STS", "AssumeRole", 403, "ExpiredTokenException", words),
			Failure{500, "ExpiredTokenException", "STS AssumeRole was refused: the credentials of this function's own role have expired (ExpiredTokenException); Lambda renews them for its next execution environment; elsewhere, renew the credentials in the environment", "AWS1"}},
		{"own credentials are unknown", answer("STS", "AssumeRole", 403, "InvalidClientTokenId", words),
			Failure{500, "InvalidClientTokenId", "STS AssumeRole was refused: AWS does not know the credentials of this function's own role (InvalidClientTokenId); if its role was deleted and made again, deploy the function again; if the region was enabled lately, wait for it", "AWS1"}},
		{"a session has expired", answer("S3", "ListObjectsV2", 400, "ExpiredToken", words),
			Failure{500, "ExpiredToken", "S3 ListObjectsV2 was refused: the session" + ofTheRole + " has expired (ExpiredToken); invoke again, since each new session is asked for when the last one is refused", "AWS1"}},
		{"a session is unknown", answer("DynamoDB", "Scan", 400, "UnrecognizedClientException", words),
			Failure{500, "UnrecognizedClientException", "DynamoDB Scan was refused: AWS does not know the credentials of the session" + ofTheRole + " (UnrecognizedClientException); invoke again; if it stays, check that the role still exists and that its account has enabled this region", "AWS1"}},
		{"a bad signature", answer("S3", "ListObjectsV2", 403, "SignatureDoesNotMatch", words),
			Failure{500, "SignatureDoesNotMatch", "S3 ListObjectsV2 was refused: the signature does not match (SignatureDoesNotMatch); check that nothing between this function and AWS, such as a proxy, changes requests, and that access key and secret belong together", "AWS1"}},
		{"a wrong clock", answer("S3", "ListObjectsV2", 403, "RequestTimeTooSkewed", words),
			Failure{500, "RequestTimeTooSkewed", "S3 ListObjectsV2 was refused: the clock of this function differs from AWS's (RequestTimeTooSkewed); set the clock", "AWS1"}},
		{"a session that is too long", answer("STS", "AssumeRole", 400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"),
			Failure{500, "ValidationError", "STS AssumeRole was refused" + forTheRole + ": the requested session is too long; lower CROSSGRANT_SESSION_SECONDS: a role that another one assumes has at most 1 hour, and no role more than its maximum session duration", "AWS1"}},
		{"a malformed parameter", answer("STS", "AssumeRole", 400, "ValidationError", words),
			Failure{500, "ValidationError", "STS AssumeRole was refused" + forTheRole + ": a parameter is malformed (ValidationError); check the role's ARN, the external ID, the source identity and the session's duration", "AWS1"}},
		{"another region", answer("S3", "ListObjectsV2", 301, "PermanentRedirect", words), Failure{500, "PermanentRedirect", "S3 ListObjectsV2" + inAnother + "(PermanentRedirect)", "AWS1"}},
		{"another region for the time being", answer("S3", "ListObjectsV2", 307, "TemporaryRedirect", words), Failure{500, "TemporaryRedirect", "S3 ListObjectsV2" + inAnother + "(TemporaryRedirect)", "AWS1"}},
		{"another region for a HEAD", answer("S3", "HeadObject", 301, "", ""), Failure{500, "MovedPermanently", "S3 HeadObject" + inAnother + "(MovedPermanently)", "AWS1"}},
		{"a signature for another region", answer("S3", "ListObjectsV2", 400, "AuthorizationHeaderMalformed", words), Failure{500, "AuthorizationHeaderMalformed", "S3 ListObjectsV2" + inAnother + "(AuthorizationHeaderMalformed)", "AWS1"}},
		{"a location of another region", answer("S3", "CopyObject", 400, "IllegalLocationConstraintException", words), Failure{500, "IllegalLocationConstraintException", "S3 CopyObject" + inAnother + "(IllegalLocationConstraintException)", "AWS1"}},
		{"no such bucket", answer("S3", "ListObjectsV2", 404, "NoSuchBucket", words), Failure{500, "NoSuchBucket", "S3 ListObjectsV2: there is no bucket reports in the account and region of this role and function", "AWS1"}},
		{"no such table", answer("DynamoDB", "Scan", 400, "ResourceNotFoundException", words), Failure{500, "ResourceNotFoundException", "DynamoDB Scan: there is no bucket reports in the account and region of this role and function", "AWS1"}},
		{"no such object", answer("S3", "HeadObject", 404, "", ""), Failure{500, "NotFound", "S3 HeadObject failed: there is no such object in bucket reports, or no such bucket", "AWS1"}},
		{"an answer without what belongs to it", answer("S3", "CopyObject", 200, "IncompleteAnswer", words), Failure{500, "IncompleteAnswer",
			"S3 CopyObject failed on bucket reports: the answer lacks what belongs to it, so nobody knows whether S3 did what it was asked for; invoke again, and check what is between this function and AWS if it stays", "AWS1"}},
		{"an answer of ours without what belongs to it", Incomplete("S3", "CopyObject", "no ETag"), Failure{500, "IncompleteAnswer",
			"S3 CopyObject failed on bucket reports: the answer lacks what belongs to it, so nobody knows whether S3 did what it was asked for; invoke again, and check what is between this function and AWS if it stays", ""}},
		{"a HEAD that is refused", answer("S3", "HeadObject", 400, "BadRequest", "Bad Request"),
			Failure{500, "BadRequest", "S3 HeadObject was refused on bucket reports without a reason; check that the bucket is in the region of this function, and that the session has not expired", "AWS1"}},
		{"an archived object", answer("S3", "GetObject", 403, "InvalidObjectState", words), Failure{500, "InvalidObjectState", "S3 GetObject was refused on bucket reports: the object is archived; restore it first", "AWS1"}},
		{"a closed account", answer("S3", "GetObject", 403, "AllAccessDisabled", words),
			Failure{500, "AllAccessDisabled", "S3 GetObject was refused on bucket reports: the account that owns it is closed, suspended or not signed up for the service (AllAccessDisabled)", "AWS1"}},
		{"a request that did not arrive", answer("S3", "UploadPart", 400, "RequestTimeout", words), Failure{500, "RequestTimeout", "S3 UploadPart failed on bucket reports: S3 waited in vain for the request; check the network, and invoke again", "AWS1"}},
		{"a code of which nothing is known", answer("S3", "ListObjectsV2", 400, "NewCode", words),
			Failure{500, "NewCode", "S3 ListObjectsV2 was refused on bucket reports with 400 NewCode; this function's log has AWS's words under this request id", "AWS1"}},
		{"a code that is none", answer("S3", "ListObjectsV2", 400, "Bad code <secret>", words),
			Failure{500, "Bad", "S3 ListObjectsV2 was refused on bucket reports with 400 Bad; this function's log has AWS's words under this request id", "AWS1"}},
		{"the answer beside the time", errors.Join(&smithy.OperationError{ServiceID: "S3", OperationName: "ListObjectsV2", Err: context.DeadlineExceeded}, answer("STS", "AssumeRole", 503, "ServiceUnavailable", words)),
			Failure{500, "ServiceUnavailable", "STS AssumeRole failed" + forTheRole + ": STS answered 503 ServiceUnavailable, " + outage, "AWS1"}},
		{"the answer beside the end of attempts", errors.Join(pace.ErrTooLate, answer("S3", "ListObjectsV2", 503, "SlowDown", words)), Failure{429, "SlowDown", "S3 ListObjectsV2 is throttled" + laterLess + "; S3 asks for fewer requests on bucket reports", "AWS1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := Of(c.err, grant)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if strings.Contains(got.Message, "words of AWS") || strings.Contains(got.Message, "<") {
				t.Errorf("the message repeats AWS's words: %s", got.Message)
			}
		})
	}
}

func TestWithoutAnAnswer(t *testing.T) {
	const host = "reports.s3.ap-northeast-1.amazonaws.com"
	dial := func(err error) error {
		return unanswered("S3", "ListObjectsV2", host, &net.OpError{Op: "dial", Net: "tcp", Err: err})
	}
	got := func(err error) error { return unanswered("S3", "ListObjectsV2", host, err) }
	out := &smithy.OperationError{ServiceID: "S3", OperationName: "ListObjectsV2", Err: &smithy.CanceledError{Err: context.DeadlineExceeded}}
	hung := got(&net.OpError{Op: "read", Net: "tcp", Err: os.ErrDeadlineExceeded})
	const (
		failed  = "S3 ListObjectsV2 failed: "
		on      = "S3 ListObjectsV2 failed on bucket reports: "
		between = "; invoke again, and check what is between this function and AWS if it stays"
		hangs   = on + host + " did not answer in time, although it was connected; invoke again, and look at the AWS Health Dashboard if it stays"
	)
	for _, c := range []struct {
		name          string
		err           error
		code, message string
	}{
		{"a connection that times out", dial(os.ErrDeadlineExceeded), CodeNoRoute, failed + "no connection to " + host + "; " + s3Route},
		{"a connection that times out, until the time is over", errors.Join(out, dial(os.ErrDeadlineExceeded)), CodeNoRoute, failed + "no connection to " + host + "; " + s3Route},
		{"a connection that is refused", dial(syscall.ECONNREFUSED), CodeNoRoute, failed + host + " refused the connection; " + s3Route},
		{"a name that is not found", dial(&net.DNSError{Name: host, IsNotFound: true}), CodeNoRoute,
			failed + "the name " + host + " was not found; check the region and the endpoint, and that the VPC resolves names (enableDnsSupport)"},
		{"DynamoDB without a route", unanswered("DynamoDB", "Scan", "dynamodb.ap-northeast-1.amazonaws.com", &net.OpError{Op: "dial", Err: os.ErrDeadlineExceeded}), CodeNoRoute,
			"DynamoDB Scan failed: no connection to dynamodb.ap-northeast-1.amazonaws.com; there may be no route to DynamoDB from this subnet: check that its route table has the DynamoDB gateway endpoint of this region or a NAT, and that the function's security group lets port 443 out"},
		{"STS without a route", &smithy.OperationError{ServiceID: "S3", OperationName: "ListObjectsV2", Err: &targetrole.NoRoute{RoleARN: "R", Host: "sts.ap-northeast-1.amazonaws.com", Err: context.DeadlineExceeded}}, CodeNoRoute,
			"assume role R: no answer from sts.ap-northeast-1.amazonaws.com: there may be no route to STS from this subnet; check that its VPC has an STS interface endpoint with private DNS and port 443 open from the function's security group, or that the subnet has a route to a NAT"},
		{"STS that hangs", &targetrole.NoRoute{RoleARN: "R", Host: "sts.ap-northeast-1.amazonaws.com", Connected: true, Err: context.DeadlineExceeded}, CodeNoAnswer,
			"assume role R: STS (sts.ap-northeast-1.amazonaws.com) did not answer in time, although it was connected; invoke again, and look at the AWS Health Dashboard if it stays"},
		{"a certificate of nobody", got(x509.UnknownAuthorityError{}), CodeNoRoute, failed + "the certificate of " + host + " is not trusted; check AWS_CA_BUNDLE, and what is between this function and AWS"},
		{"no answer", hung, CodeNoAnswer, hangs},
		{"no answer, until the time is over", errors.Join(pace.ErrTooLate, hung, context.DeadlineExceeded), CodeNoAnswer, hangs},
		{"a connection that is closed", got(io.EOF), CodeNoAnswer, on + host + " closed the connection without an answer" + between},
		{"a connection that is reset", got(syscall.ECONNRESET), CodeNoAnswer, on + host + " closed the connection without an answer" + between},
		{"an answer that is cut", &smithy.OperationError{ServiceID: "S3", OperationName: "ListObjectsV2", Err: &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 200}}, Err: &smithy.DeserializationError{Err: &xml.SyntaxError{Msg: "unexpected EOF"}}}}}, CodeBadAnswer,
			on + "the answer of S3 could not be read to its end" + between},
		{"STS closes the connection", unanswered("STS", "AssumeRole", "sts.ap-northeast-1.amazonaws.com", io.EOF), CodeNoAnswer,
			"STS AssumeRole failed for role arn:aws:iam::222222222222:role/reader: sts.ap-northeast-1.amazonaws.com closed the connection without an answer" + between},
		{"an answer that is too long", &smithy.OperationError{ServiceID: "S3", OperationName: "ListObjectsV2", Err: &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 200}}, Err: errors.New("found an answer of more than 5 bytes")}}}, CodeBadAnswer,
			on + "the answer of S3 could not be read to its end" + between},
		{"out of time within an answer", &smithy.OperationError{ServiceID: "S3", OperationName: "ListObjectsV2", Err: &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 200}}, Err: &smithy.DeserializationError{Err: context.DeadlineExceeded}}}}, CodeOutOfTime,
			"S3 ListObjectsV2 timed out on bucket reports: S3 had not answered when the function's time was nearly over; invoke again; if it stays, " + s3Route},
		{"out of time, of a service that answered before", &Reached{out}, CodeOutOfTime,
			"S3 ListObjectsV2 was not done on bucket reports before the function's time was nearly over, although S3 answered other requests; invoke again to continue"},
		{"out of time", out, CodeOutOfTime, "S3 ListObjectsV2 timed out on bucket reports: S3 had not answered when the function's time was nearly over; invoke again; if it stays, " + s3Route},
		{"too late for a request", &smithy.OperationError{ServiceID: "S3", OperationName: "ListObjectsV2", Err: pace.ErrTooLate}, CodeOutOfTime,
			"S3 ListObjectsV2 was not made any more on bucket reports: the function's time was nearly over; invoke again to continue, or raise its timeout"},
		{"anything else", errors.New("secret"), CodeInternal, generic},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(Failure{Status: 500, Code: c.code, Message: c.message}, Of(c.err, grant)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFailuresOfTheFunctions(t *testing.T) {
	for _, c := range []struct {
		name string
		err  error
		want Failure
	}{
		{"a bad event", fmt.Errorf("x: %w", &event.Invalid{Field: "f", Found: "a", Expected: "b"}), Failure{Status: 400, Code: CodeInvalidEvent, Message: "f: found a, expected b"}},
		{"a failure of the logic's own", fmt.Errorf("x: %w", &Failure{Status: 405, Message: "m"}), Failure{Status: 405, Message: "m"}},
	} {
		if diff := cmp.Diff(c.want, Of(c.err, grant)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
	if got := Of(answer("S3", "GetObject", 403, "AccessDenied", ""), Grant{Resource: "bucket b"}).Message; !strings.HasPrefix(got, "S3 GetObject was denied to this function's own role on bucket b;") {
		t.Errorf("without a role: found %s", got)
	}
	if got := Code(fmt.Errorf("x: %w", coded{})); got != "OutsidePrefixes" {
		t.Errorf("an error that knows its code: found %q", got)
	}
	if got := Code(answer("S3", "GetObject", 403, "AccessDenied", "")); got != "AccessDenied" {
		t.Errorf("found the code %q", got)
	}
}

type coded struct{}

func (coded) Error() string     { return "x" }
func (coded) ErrorCode() string { return "OutsidePrefixes" }

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
		{"the ID of an access key", "the key ASIATARGET of asia/ASIA.txt, AKIAIOSFODNN7EXAMPLE", "the key [removed] of asia/ASIA.txt, [removed]"},
		{"a header", "authorization: AWS4-HMAC-SHA256 Credential=A, Signature=b\nnext", "authorization: [removed]\nnext"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := LogText(errors.New(c.in)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestTheLogBeginsWithTheCode(t *testing.T) {
	denied := answer("S3", "ListObjectsV2", 403, "AccessDenied", strings.Repeat("x", 1<<20))
	if got := LogText(denied); !strings.HasPrefix(got, "AccessDenied: operation error S3: ListObjectsV2") || len(got) > 17<<10 || !strings.HasSuffix(got, " bytes more)") {
		t.Errorf("found %d bytes: %.100s", len(got), got)
	}
	if got := LogText(errors.Join(fmt.Errorf("message m1: %w", denied))); !strings.HasPrefix(got, "message m1: operation") {
		t.Errorf("found %.100s", got)
	}
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc… (1 bytes more)"}, {"日本", 4, "日… (3 bytes more)"}, {"", 0, ""}} {
		if got := Cut(c.text, c.limit); got != c.want {
			t.Errorf("found %q, expected %q", got, c.want)
		}
	}
}

func TestAPanicIsAnInternalErrorWithItsTrace(t *testing.T) {
	var deep func(int)
	deep = func(n int) {
		if n > 0 {
			deep(n - 1)
		}
		_ = []int{}[n]
	}
	broken := func() (err error) {
		defer Caught(&err)
		deep(200)
		return nil
	}
	err := broken()
	if got := Of(err, grant); got.Code != CodeInternal || got.Message != generic || err.Error() != "panic: runtime error: index out of range [0] with length 0" {
		t.Errorf("found %+v, %v", got, err)
	}
	if trace := Trace(fmt.Errorf("x: %w", err)); !strings.Contains(trace, "failure_test.go") || len(trace) > 9<<10 {
		t.Errorf("found the trace %s", trace)
	}
	whole := func() (err error) { defer Caught(&err); return io.EOF }
	if err := whole(); err != io.EOF || Trace(err) != "" {
		t.Errorf("found %v, expected the error without a panic", err)
	}
	withAnswer := func() (err error) { defer Caught(&err); panic(answer("S3", "GetObject", 403, "AccessDenied", "")) }
	if got := Of(withAnswer(), grant); got.Code != CodeInternal {
		t.Errorf("found %+v, expected an internal error: the code is wrong, whatever AWS says", got)
	}
}

func TestTheCodesAreDocumented(t *testing.T) {
	document, err := os.ReadFile("../../../docs/functions.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []string{CodeInvalidEvent, CodeNoRoute, CodeNoAnswer, CodeOutOfTime, CodeBadAnswer, CodeIncompleteAnswer, CodeInternal} {
		if !strings.Contains(string(document), "`"+code+"`") {
			t.Errorf("docs/functions.md lacks %s", code)
		}
	}
}
