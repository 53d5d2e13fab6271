package failure

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
)

// Codes of one meaning, by all services.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and API_AssumeRole.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
var (
	expired   = []string{"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
	unknown   = []string{"InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException", "InvalidToken", "InvalidSecurity", "MissingAuthenticationToken"}
	signature = []string{"SignatureDoesNotMatch", "InvalidSignatureException", "InvalidSignature", "IncompleteSignature", "IncompleteSignatureException"}
	clock     = []string{"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"}
	elsewhere = []string{"PermanentRedirect", "TemporaryRedirect", "MovedPermanently", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "Redirect"}
	closed    = []string{"AllAccessDisabled", "AccountProblem", "NotSignedUp", "OptInRequired", "UnauthorizedAccess"}
)

// Incomplete is the error of a call whose answer was a success and lacks what AWS documents that it has; found says what.
func Incomplete(service, operation, found string) error {
	return &smithy.OperationError{ServiceID: service, OperationName: operation,
		Err: &smithy.GenericAPIError{Code: CodeIncompleteAnswer, Message: found, Fault: smithy.FaultServer}}
}

// BadListing is the error of a listing that cannot be true, such as one that repeats its pages.
func BadListing(bucket string, err error) error {
	return &Failure{Status: http.StatusInternalServerError, Code: CodeBadAnswer, Message: fmt.Sprintf(
		"the listing of bucket %s cannot be used: %v; invoke again, and check what is between this function and S3 if it stays", bucket, err)}
}

// ofAnswer is the failure of a call that AWS answered.
func ofAnswer(facts awserror.Facts, grant Grant) Failure {
	code := word(facts.Code)
	call := facts.Service + " " + facts.Operation
	if facts.Operation == "" {
		call = "the call to AWS"
	}
	f := Failure{Status: http.StatusInternalServerError, Code: code}
	if code == "" {
		f.Code = awsclient.CodeOf(facts.Status) // of the answer to a HEAD
	}
	says := func(format string, args ...any) Failure {
		f.Message = call + " " + fmt.Sprintf(format, args...)
		return f
	}
	on := grant.on(facts.Service)
	switch {
	case isThrottled(facts):
		f.Status = http.StatusTooManyRequests
		return says("is throttled: try again later and less often%s", throttling(facts, grant.Resource))
	case slices.Contains(expired, code) && facts.Service == "STS":
		return says("was refused: the credentials of this function's own role have expired (%s); Lambda renews them for its next execution environment; "+
			"elsewhere, renew the credentials in the environment", code)
	case slices.Contains(expired, code):
		return says("was refused: the session of %s has expired (%s); invoke again, since each new session is asked for when the last one is refused", grant.role(), code)
	case code == "RegionDisabledException":
		return says("was refused: STS is not active in this region for the account of %s; activate the region in that account's IAM settings, "+
			"under security token service endpoints", grant.role())
	case slices.Contains(unknown, code) && facts.Service == "STS":
		return says("was refused: AWS does not know the credentials of this function's own role (%s); if its role was deleted and made again, deploy the "+
			"function again; if the region was enabled lately, wait for it", code)
	case slices.Contains(unknown, code):
		return says("was refused: AWS does not know the credentials of the session of %s (%s); invoke again; if it stays, check that the role still exists "+
			"and that its account has enabled this region", grant.role(), code)
	case slices.Contains(signature, code):
		return says("was refused: the signature does not match (%s); check that nothing between this function and AWS, such as a proxy, changes "+
			"requests, and that access key and secret belong together", code)
	case slices.Contains(clock, code):
		return says("was refused: the clock of this function differs from AWS's (%s); set the clock", code)
	case slices.Contains(elsewhere, code), facts.Status == http.StatusMovedPermanently, facts.Status == http.StatusTemporaryRedirect:
		return says("was refused: %s is in %s, expected the region of this function; deploy the function there, or name a bucket of its region (%s)",
			grant.Resource, inRegion(facts.Region()), f.Code)
	case code == "ValidationError" && strings.Contains(facts.Message, "DurationSeconds"):
		return says("was refused%s: the requested session is too long; lower CROSSGRANT_SESSION_SECONDS: a role that another one assumes has at most 1 hour, "+
			"and no role more than its maximum session duration", on)
	case facts.Service == "STS" && (code == "ValidationError" || code == "InvalidParameterValue"):
		return says("was refused%s: a parameter is malformed (%s); check the role's ARN, the external ID, the source identity and the session's duration", on, code)
	case slices.Contains(closed, code):
		return says("was refused%s: the account that owns it is closed, suspended or not signed up for the service (%s)", on, code)
	case isDenied(facts):
		f.Status = http.StatusForbidden
		return says("%s", denial(facts, grant))
	case strings.HasPrefix(code, "KMS"):
		return says("failed%s: its KMS key cannot be used (%s); check that the key is enabled, not pending deletion, and of this region", on, code)
	case code == "NoSuchBucket", code == "ResourceNotFoundException":
		f.Message = fmt.Sprintf("%s: there is no %s in the account and region of this role and function", call, grant.Resource)
		return f
	case code == "InvalidObjectState":
		return says("was refused%s: the object is archived; restore it first", on)
	case code == "RequestTimeout":
		return says("failed%s: %s waited in vain for the request; check the network, and invoke again", on, facts.Service)
	case facts.Status >= 500, code == "InternalFailure", code == "InternalError", code == "InternalServerError":
		return says("failed%s: %s answered %s, a fault of the service that the attempts did not outlast; invoke again, and look at the AWS Health "+
			"Dashboard if it stays", on, facts.Service, answered(facts))
	case code == CodeIncompleteAnswer:
		return says("failed%s: the answer lacks what belongs to it, so nobody knows whether %s did what it was asked for; invoke again, and check what is between "+
			"this function and AWS if it stays", on, facts.Service)
	case code == "BadRequest":
		return says("was refused%s without a reason; check that the bucket is in the region of this function, and that the session has not expired", on)
	case facts.Status == http.StatusNotFound && facts.Service == "S3":
		return says("failed: there is no such object in %s, or no such bucket", grant.Resource)
	}
	return says("was refused%s with %s; this function's log has AWS's words under this request id", on, answered(facts))
}

// answered names an answer by its status and code.
func answered(facts awserror.Facts) string {
	parts := []string{}
	if facts.Status != 0 {
		parts = append(parts, fmt.Sprint(facts.Status))
	}
	if code := word(facts.Code); code != "" {
		parts = append(parts, code)
	}
	return strings.Join(parts, " ")
}

func codeOr(code, other string) string {
	if code == "" {
		return other
	}
	return code
}

func inRegion(region string) string {
	if region == "" {
		return "another region"
	}
	return "region " + region
}

// denial says who was denied what, and what to check. AWS's message names the kind of the policy that decided, and whether it was about a key.
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
func denial(facts awserror.Facts, grant Grant) string {
	if facts.Service == "STS" {
		return fmt.Sprintf("was denied: this function may not assume %s; check the role's trust policy, "+
			"this function's own policy and the policy of the STS endpoint%s", grant.role(), decidedBy(facts.Message))
	}
	text := fmt.Sprintf("was denied to %s on %s", grant.role(), grant.Resource)
	if strings.Contains(facts.Code, "KMS") || strings.Contains(facts.Message, "kms:") || strings.Contains(facts.Message, "KMS") {
		return text + ": it may not use the KMS key of it; check the key's policy, and that the role may kms:Decrypt with it, and kms:GenerateDataKey to write" +
			decidedBy(facts.Message)
	}
	service := facts.Service
	if service == "" {
		service = "the service"
	}
	return text + fmt.Sprintf("; check the role's policies, the policy and the account of the resource, and the policy of the %s endpoint", service) + decidedBy(facts.Message)
}

// decidedBy names the kind of policy that AWS's message gives as the reason.
func decidedBy(message string) string {
	for _, kind := range []string{"identity-based policy", "resource-based policy", "VPC endpoint policy", "permissions boundary", "session policy",
		"service control policy", "resource control policy", "role trust policy"} {
		if !strings.Contains(message, kind) {
			continue
		}
		if strings.Contains(message, "explicit deny") {
			return "; AWS names an explicit deny in the " + kind
		}
		return "; AWS names the " + kind
	}
	return ""
}

// isDenied knows the codes of all services: AccessDenied, AccessDeniedException, KMS.AccessDeniedException and so on; and the answer to a HEAD, which
// has a status only.
func isDenied(facts awserror.Facts) bool {
	code := facts.Code
	return strings.Contains(code, "AccessDenied") || slices.Contains([]string{"UnauthorizedOperation", "AuthorizationError", "Forbidden"}, code) ||
		code == "" && facts.Status == http.StatusForbidden
}

// isThrottled also knows the 503 of S3 without a code, which is its "Slow Down".
func isThrottled(facts awserror.Facts) bool {
	code := strings.TrimPrefix(facts.Code, "KMS.")
	_, known := retry.DefaultThrottleErrorCodes[code]
	return known || strings.HasPrefix(code, "Throttl") || facts.Status == http.StatusTooManyRequests ||
		facts.Service == "S3" && (facts.Status == http.StatusServiceUnavailable || code == "ServiceUnavailable")
}

// throttling says what is used up.
func throttling(facts awserror.Facts, resource string) string {
	switch {
	case strings.HasPrefix(facts.Code, "KMS."):
		return "; KMS has a limit of requests a second for each account"
	case facts.Code == "ProvisionedThroughputExceededException":
		return "; the capacity of " + resource + " is used up"
	case facts.Service == "DynamoDB":
		return "; more is asked of " + resource + " than its limit or the account's"
	case facts.Service == "STS":
		return "; too many sessions are asked for in this region"
	case facts.Service == "S3":
		return "; S3 asks for fewer requests on " + resource
	}
	return ""
}
