package reply

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/request"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/sigv4"
)

// How services answer what they deny, by their pages of common errors: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html,
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html, https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html,
// https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html, https://docs.aws.amazon.com/sns/latest/api/API_Publish.html and others of the kind.
func TestErrorsOfServices(t *testing.T) {
	key := &Denied{"User: a is not authorized to perform: kms:Decrypt on resource: b"}
	for name, c := range map[string]struct {
		service  string
		protocol request.Protocol
		method   string
		err      error
		status   int
		code     string // in the body; "" for an empty body
		header   string // X-Amzn-Query-Error
	}{
		"S3":                           {"s3", request.REST, "GET", &Denied{"x"}, 403, "<Error><Code>AccessDenied</Code><Message>x</Message>", ""},
		"S3, without a body":           {"s3", request.REST, "HEAD", &Denied{"x"}, 403, "", ""},
		"IAM":                          {"iam", request.Query, "POST", &Denied{"x"}, 403, "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>", ""},
		"EC2":                          {"ec2", request.EC2, "POST", &Denied{"x"}, 403, "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not authorized to perform this operation. x</Message>", ""},
		"EC2, a wrong key":             {"ec2", request.EC2, "POST", ErrUnknownKey, 401, "<Code>AuthFailure</Code>", ""},
		"EC2, a session that is over":  {"ec2", request.EC2, "POST", ErrExpiredToken, 400, "<Code>RequestExpired</Code>", ""},
		"DynamoDB":                     {"dynamodb", request.JSON, "POST", &Denied{"x"}, 400, `{"__type":"com.amazon.coral.service#AccessDeniedException","message":"x"}`, ""},
		"KMS":                          {"kms", request.JSON, "POST", key, 400, "#AccessDeniedException", ""},
		"SQS":                          {"sqs", request.JSON, "POST", &Denied{"x"}, 400, "#AccessDeniedException", "AccessDenied;Sender"},
		"SQS, for a key":               {"sqs", request.JSON, "POST", key, 400, "#AccessDeniedException", "KMS.AccessDeniedException;Sender"},
		"SQS, from an older client":    {"sqs", request.Query, "POST", &Denied{"x"}, 403, "<Code>AccessDenied</Code>", ""},
		"SNS":                          {"sns", request.Query, "POST", &Denied{"x"}, 403, "<Code>AuthorizationError</Code>", ""},
		"SNS, for a key":               {"sns", request.Query, "POST", key, 400, "<Code>KMSAccessDenied</Code>", ""},
		"SNS, a wrong signature":       {"sns", request.Query, "POST", sigv4.ErrMismatch, 403, "<Code>SignatureDoesNotMatch</Code>", ""},
		"Lambda":                       {"lambda", request.RESTJSON, "POST", &Denied{"x"}, 403, "#AccessDeniedException", ""},
		"Lambda, what nobody can read": {"lambda", request.RESTJSON, "POST", fmt.Errorf("%w: x", request.ErrMalformed), 400, "#SerializationException", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			Error(w, httptest.NewRequest(c.method, "/", nil), c.service, c.protocol, c.err)
			body := w.Body.String()
			if w.Code != c.status || !strings.Contains(body, c.code) || (body == "") != (c.code == "") || w.Header().Get("X-Amzn-Query-Error") != c.header {
				t.Errorf("found %d %s with %v, expected %d %s and %q", w.Code, body, w.Header(), c.status, c.code, c.header)
			}
		})
	}
}
