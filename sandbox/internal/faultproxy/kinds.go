package faultproxy

import (
	"fmt"
	"net/http"
	"time"
)

// Fault is one way in which a request goes wrong.
type Fault string

// Faults of the network, and of answers that are not what they say.
const (
	Reset          Fault = "reset"           // the connection is reset before the request reaches the service
	Stall          Fault = "stall"           // the same, after Rule.Delay
	Hang           Fault = "hang"            // no answer, until the client gives up
	Slow           Fault = "slow"            // the answer comes Rule.Delay later
	AnswerLost     Fault = "answer lost"     // the service did the work, and the connection is reset instead of its answer
	AnswerLost500  Fault = "answer lost 500" // the service did the work, and 500 is the answer
	TruncatedXML   Fault = "truncated XML"   // the answer ends early, with a Content-Length that fits
	TruncatedBody  Fault = "truncated body"  // the answer ends early, and the connection is reset
	Empty200       Fault = "empty 200"
	Blank200       Fault = "blank 200, reset" // white space, which S3 sends to keep a connection open, and then a reset
	Error200       Fault = "200 with InternalError"
	SlowDown200    Fault = "200 with SlowDown"
	RepeatedPage   Fault = "repeated page"   // the first page of a listing again and again
	EndlessListing Fault = "endless listing" // empty pages, each of which says that more follow
)

// Faults that S3 answers.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const (
	SlowDown           Fault = "503 SlowDown"
	ServiceUnavailable Fault = "503 ServiceUnavailable"
	InternalError      Fault = "500 InternalError"
	RequestTimeout     Fault = "400 RequestTimeout"
	AccessDenied       Fault = "403 AccessDenied"
	Forbidden          Fault = "403 without a body" // as for HEAD
	KMSDenied          Fault = "403 AccessDenied of KMS"
	KMSThrottled       Fault = "503 SlowDown of KMS"
	ExpiredToken       Fault = "400 ExpiredToken"
	InvalidAccessKeyID Fault = "403 InvalidAccessKeyId"
	SignatureMismatch  Fault = "403 SignatureDoesNotMatch" // it repeats the request's session token, as S3 does
	TimeTooSkewed      Fault = "403 RequestTimeTooSkewed"
	PermanentRedirect  Fault = "301 PermanentRedirect"
	TemporaryRedirect  Fault = "307 TemporaryRedirect"
	NoSuchUpload       Fault = "404 NoSuchUpload"
	NoSuchBucket       Fault = "404 NoSuchBucket"
	Archived           Fault = "403 InvalidObjectState"
)

// Faults that DynamoDB answers.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
const (
	TableThroughput Fault = "400 ProvisionedThroughputExceededException"
	TableThrottled  Fault = "400 ThrottlingException"
	TableDenied     Fault = "400 AccessDeniedException"
	TableError      Fault = "500 InternalServerError"
	TableToken      Fault = "400 UnrecognizedClientException"
)

// Faults that STS answers.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
const (
	RoleThrottled    Fault = "STS 400 Throttling"
	RoleUnavailable  Fault = "STS 503 ServiceUnavailable"
	RoleDenied       Fault = "STS 403 AccessDenied"
	RegionDisabled   Fault = "STS 403 RegionDisabledException"
	RoleTokenExpired Fault = "STS 403 ExpiredToken"
	RoleTokenInvalid Fault = "STS 403 InvalidClientTokenId"
	RoleSession      Fault = "STS 400 ValidationError"
)

// LeakedKeyID is the access key ID that SignatureMismatch answers with: no log may repeat it.
const LeakedKeyID = "AKIALEAKEDBYTHEANSWER"

// reply is an answer that the service is not asked for.
type reply struct {
	status int
	header map[string]string
	body   string
}

func s3Error(status int, code, message string) reply {
	return reply{status, map[string]string{"Content-Type": "application/xml"}, fmt.Sprintf(
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message><RequestId>4442587FB7D0A2F9</RequestId><HostId>host</HostId></Error>", code, message)}
}

func tableError(status int, kind, message string) reply {
	return reply{status, map[string]string{"Content-Type": "application/x-amz-json-1.0"}, fmt.Sprintf(`{"__type":%q,"message":%q}`, kind, message)}
}

func stsError(status int, code, message string) reply {
	return reply{status, map[string]string{"Content-Type": "text/xml"}, fmt.Sprintf(
		`<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId></ErrorResponse>`,
		code, message)}
}

func (r reply) with(name, value string) reply {
	r.header[name] = value
	return r
}

const dynamodb = "com.amazonaws.dynamodb.v20120810#"

// replyTo returns the answer of a fault that the service is not asked for.
func replyTo(f Fault, r *http.Request) (reply, bool) {
	switch f {
	case Empty200:
		return reply{http.StatusOK, map[string]string{}, ""}, true
	case Error200:
		return error200("InternalError", "We encountered an internal error. Please try again."), true
	case SlowDown200:
		return error200("SlowDown", "Please reduce your request rate."), true
	case EndlessListing:
		return reply{http.StatusOK, map[string]string{"Content-Type": "application/xml"}, `<?xml version="1.0" encoding="UTF-8"?>` +
			`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>true</IsTruncated><NextContinuationToken>same</NextContinuationToken><KeyCount>0</KeyCount><MaxKeys>1000</MaxKeys></ListBucketResult>`}, true
	case SlowDown:
		return s3Error(503, "SlowDown", "Please reduce your request rate."), true
	case ServiceUnavailable:
		return s3Error(503, "ServiceUnavailable", "Service is unable to handle request."), true
	case InternalError:
		return s3Error(500, "InternalError", "We encountered an internal error. Please try again."), true
	case RequestTimeout:
		return s3Error(400, "RequestTimeout", "Your socket connection to the server was not read from or written to within the timeout period."), true
	case AccessDenied:
		return s3Error(403, "AccessDenied", "User: arn:aws:sts::222222222222:assumed-role/x/y is not authorized to perform this action"), true
	case Forbidden:
		return reply{http.StatusForbidden, map[string]string{}, ""}, true
	case KMSDenied:
		return s3Error(403, "AccessDenied", "User: arn:aws:sts::222222222222:assumed-role/x/y is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext"), true
	case KMSThrottled:
		return s3Error(503, "SlowDown", "You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls."), true
	case ExpiredToken:
		return s3Error(400, "ExpiredToken", "The provided token has expired."), true
	case InvalidAccessKeyID:
		return s3Error(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."), true
	case SignatureMismatch:
		return reply{403, map[string]string{"Content-Type": "application/xml"}, "<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated does not match the signature you provided.</Message>" +
			"<AWSAccessKeyId>" + LeakedKeyID + "</AWSAccessKeyId><CanonicalRequest>PUT /x x-amz-security-token:" + r.Header.Get("X-Amz-Security-Token") + "</CanonicalRequest></Error>"}, true
	case TimeTooSkewed:
		return s3Error(403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large.").
			with("Date", time.Now().Add(20*time.Minute).UTC().Format(http.TimeFormat)), true
	case PermanentRedirect:
		return s3Error(301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint.").with("x-amz-bucket-region", "us-east-1"), true
	case TemporaryRedirect:
		// Port 9, discard: nobody answers there.
		return s3Error(307, "TemporaryRedirect", "Please re-send this request to the specified temporary endpoint.").with("Location", "http://127.0.0.1:9"+r.URL.RequestURI()), true
	case NoSuchUpload:
		return s3Error(404, "NoSuchUpload", "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed."), true
	case NoSuchBucket:
		return s3Error(404, "NoSuchBucket", "The specified bucket does not exist"), true
	case Archived:
		return s3Error(403, "InvalidObjectState", "The operation is not valid for the object's storage class"), true
	case TableThroughput:
		return tableError(400, dynamodb+"ProvisionedThroughputExceededException", "The level of configured provisioned throughput for the table was exceeded."), true
	case TableThrottled:
		return tableError(400, "com.amazon.coral.availability#ThrottlingException", "Throughput exceeds the current capacity of your table or index."), true
	case TableDenied:
		return tableError(400, "com.amazon.coral.service#AccessDeniedException", "User: arn:aws:sts::222222222222:assumed-role/r/s is not authorized to perform: dynamodb:Scan on resource: x"), true
	case TableError:
		return tableError(500, dynamodb+"InternalServerError", "Internal server error"), true
	case TableToken:
		return tableError(400, "com.amazon.coral.service#UnrecognizedClientException", "The security token included in the request is invalid."), true
	case RoleThrottled:
		return stsError(400, "Throttling", "Rate exceeded"), true
	case RoleUnavailable:
		return stsError(503, "ServiceUnavailable", "The request has failed due to a temporary failure of the server."), true
	case RoleDenied:
		return stsError(403, "AccessDenied", "User: arn:aws:sts::111111111111:assumed-role/a/b is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/x"), true
	case RegionDisabled:
		return stsError(403, "RegionDisabledException", "STS is not activated in this region for account:222222222222. Your account administrator can activate STS in this region using the IAM Console."), true
	case RoleTokenExpired:
		return stsError(403, "ExpiredToken", "The security token included in the request is expired"), true
	case RoleTokenInvalid:
		return stsError(403, "InvalidClientTokenId", "The security token included in the request is invalid"), true
	case RoleSession:
		return stsError(400, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"), true
	}
	return reply{}, false
}

// error200 is an error that S3 sends after the header has said 200.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
func error200(code, message string) reply {
	return s3Error(http.StatusOK, code, message)
}
