package denial

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	session = "arn:aws:sts::111111111111:assumed-role/reader/reports"
	object  = "arn:aws:s3:::lake/reports/1"
)

// The forms of https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html, and those of S3, KMS and STS.
func TestMessages(t *testing.T) {
	for name, c := range map[string]struct {
		message string
		found   Denial
	}{
		"identity": {"User: " + session + " is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:222222222222:table/shop because no identity-based policy allows the dynamodb:GetItem action",
			Denial{Caller: session, Action: "dynamodb:GetItem", Resource: "arn:aws:dynamodb:eu-west-1:222222222222:table/shop", Policy: IdentityBased,
				Reason: "because no identity-based policy allows the dynamodb:GetItem action"}},
		"as a program prints it, with quotes": {`An error occurred (AccessDenied) when calling the GetObject operation: User: ` + session + ` is not authorized to perform: s3:GetObject on resource: "` + object + `" because no VPC endpoint policy allows the s3:GetObject action`,
			Denial{Caller: session, Action: "s3:GetObject", Resource: object, Policy: VPCEndpoint, Reason: "because no VPC endpoint policy allows the s3:GetObject action"}},
		"with broken lines": {"User: " + session + " is not authorized to perform: s3:GetObject\r\n  on resource: \"" + object + "\"\n  because no\nidentity-based policy allows the s3:GetObject action\n",
			Denial{Caller: session, Action: "s3:GetObject", Resource: object, Policy: IdentityBased, Reason: "because no identity-based policy allows the s3:GetObject action"}},
		"a key with spaces": {`User: ` + session + ` is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::lake/my reports/1.csv" with an explicit deny in a resource-based policy`,
			Denial{Caller: session, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/my reports/1.csv", Policy: ResourceBased, Explicit: true, Reason: "with an explicit deny in a resource-based policy"}},
		"with the policy's ARN": {"User: arn:aws:iam::111111111111:user/matt is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::111111111111:role/* with an explicit deny in a service control policy: arn:aws:organizations::333333333333:policy/o-a1b2c3d4e5/service_control_policy/p-12345678",
			Denial{Caller: "arn:aws:iam::111111111111:user/matt", Action: "iam:ListRoles", Resource: "arn:aws:iam::111111111111:role/*", Policy: ServiceControl, Explicit: true,
				Reason: "with an explicit deny in a service control policy: arn:aws:organizations::333333333333:policy/o-a1b2c3d4e5/service_control_policy/p-12345678"}},
		"without a resource": {"User: arn:aws:iam::111111111111:user/matt is not authorized to perform: codecommit:ListRepositories because no permissions boundary allows the codecommit:ListRepositories action",
			Denial{Caller: "arn:aws:iam::111111111111:user/matt", Action: "codecommit:ListRepositories", Policy: Boundary, Reason: "because no permissions boundary allows the codecommit:ListRepositories action"}},
		"without a reason": {"AccessDenied: User: " + session + " is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/reports\n\tstatus code: 403, request id: 1",
			Denial{Caller: session, Action: "sts:AssumeRole", Resource: "arn:aws:iam::222222222222:role/reports"}},
		"of an unknown key": {"User: " + session + " is not authorized to perform: kms:Decrypt on the resource associated with this ciphertext because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access",
			Denial{Caller: session, Action: "kms:Decrypt", Policy: ResourceBased,
				Reason: "because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access"}},
		"by its name": {"User: " + session + " is not authorized to perform: secretsmanager:GetSecretValue on resource: token because no identity-based policy allows the secretsmanager:GetSecretValue action",
			Denial{Caller: session, Action: "secretsmanager:GetSecretValue", Resource: "token", Policy: IdentityBased,
				Reason: "because no identity-based policy allows the secretsmanager:GetSecretValue action"}},
		"a session policy": {"User: " + session + " is not authorized to perform: s3:PutObject on resource: \"" + object + "\" because no session policy allows the s3:PutObject action.",
			Denial{Caller: session, Action: "s3:PutObject", Resource: object, Policy: Session, Reason: "because no session policy allows the s3:PutObject action"}},
		"a trust policy": {"User: " + session + " is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::222222222222:role/reports because no role trust policy allows the sts:AssumeRole action",
			Denial{Caller: session, Action: "sts:AssumeRole", Resource: "arn:aws:iam::222222222222:role/reports", Policy: RoleTrust, Reason: "because no role trust policy allows the sts:AssumeRole action"}},
		"with an encoded reason": {"You are not authorized to perform this operation. User: " + session + " is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:eu-west-1:111111111111:instance/* because no identity-based policy allows the ec2:RunInstances action. Encoded authorization failure message: abc",
			Denial{Caller: session, Action: "ec2:RunInstances", Resource: "arn:aws:ec2:eu-west-1:111111111111:instance/*", Policy: IdentityBased,
				Reason: "because no identity-based policy allows the ec2:RunInstances action"}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := ParseMessage(c.message)
			if diff := cmp.Diff(c.found, found); err != nil || diff != "" {
				t.Errorf("found %v, and (-expected +found)\n%s", err, diff)
			}
		})
	}
	for message, expected := range map[string]string{
		"Access Denied": "found \"Access Denied\", expected a message such as",
		"You are not authorized to perform this operation. Encoded authorization failure message: abc": "aws sts decode-authorization-message",
	} {
		if found, err := ParseMessage(message); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("found %+v and %v, expected %q", found, err, expected)
		}
	}
}

// The elements of https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html.
func TestEvents(t *testing.T) {
	event := func(fields string) string {
		return `{"eventVersion": "1.11", "userIdentity": {"type": "AssumedRole", "arn": "` + session + `"}, "awsRegion": "eu-west-1", "recipientAccountId": "222222222222", "errorCode": "AccessDenied", ` + fields + `}`
	}
	head := event(`"eventSource": "s3.amazonaws.com", "eventName": "HeadObject", "vpcEndpointId": "vpce-1",
		"resources": [{"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::lake", "accountId": "222222222222"}, {"type": "AWS::S3::Object", "ARN": "` + object + `"}]`)
	wanted := Denial{Caller: session, Action: "s3:GetObject", Resource: object, Endpoint: "vpce-1"}
	for name, c := range map[string]struct {
		text  string
		found Denial
	}{
		"by itself":           {head, wanted},
		"with a mark":         {"\ufeff" + head, wanted},
		"of EventBridge":      {`{"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": ` + head + `}`, wanted},
		"in a file":           {`{"Records": [{"eventName": "GetObject", "eventSource": "s3.amazonaws.com"}, ` + head + `]}`, wanted},
		"of LookupEvents":     {`{"Events": [{"EventName": "HeadObject", "CloudTrailEvent": ` + quote(head) + `}]}`, wanted},
		"by parameters of S3": {event(`"eventSource": "s3.amazonaws.com", "eventName": "ListObjectsV2", "requestParameters": {"bucketName": "lake", "prefix": "reports/"}`), Denial{Caller: session, Action: "s3:ListBucket", Resource: "arn:aws:s3:::lake"}},
		"by a table's name": {event(`"eventSource": "dynamodb.amazonaws.com", "eventName": "Query", "requestParameters": {"tableName": "shop"}`),
			Denial{Caller: session, Action: "dynamodb:Query", Resource: "arn:aws:dynamodb:eu-west-1:222222222222:table/shop"}},
		"by a queue's URL": {event(`"eventSource": "sqs.amazonaws.com", "eventName": "SendMessageBatch", "requestParameters": {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/222222222222/inbox"}`),
			Denial{Caller: session, Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-west-1:222222222222:inbox"}},
		"by a role's ARN": {event(`"eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "requestParameters": {"roleArn": "arn:aws:iam::222222222222:role/reports"}`),
			Denial{Caller: session, Action: "sts:AssumeRole", Resource: "arn:aws:iam::222222222222:role/reports"}},
		"by a name": {event(`"eventSource": "secretsmanager.amazonaws.com", "eventName": "GetSecretValue", "requestParameters": {"secretId": "token"}`),
			Denial{Caller: session, Action: "secretsmanager:GetSecretValue", Resource: "token"}},
		"with a version": {event(`"eventSource": "lambda.amazonaws.com", "eventName": "GetFunction20150331v2", "requestParameters": {"functionName": "arn:aws:lambda:eu-west-1:222222222222:function:f"}`),
			Denial{Caller: session, Action: "lambda:GetFunction", Resource: "arn:aws:lambda:eu-west-1:222222222222:function:f"}},
		"by its message": {event(`"eventSource": "s3.amazonaws.com", "eventName": "CopyObject", "errorMessage": "User: ` + session + ` is not authorized to perform: s3:PutObjectTagging on resource: ` + object + ` because no identity-based policy allows the s3:PutObjectTagging action"`),
			Denial{Caller: session, Action: "s3:PutObjectTagging", Resource: object, Policy: IdentityBased, Reason: "because no identity-based policy allows the s3:PutObjectTagging action"}},
		"of a service": {strings.Replace(event(`"eventSource": "kms.amazonaws.com", "eventName": "Decrypt", "requestParameters": {"keyId": "arn:aws:kms:eu-west-1:222222222222:key/1"}`),
			`"arn": "`+session+`"`, `"invokedBy": "sns.amazonaws.com"`, 1), Denial{Caller: "sns.amazonaws.com", Action: "kms:Decrypt", Resource: "arn:aws:kms:eu-west-1:222222222222:key/1"}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := ParseEvent([]byte(c.text))
			if diff := cmp.Diff(c.found, found); err != nil || diff != "" {
				t.Errorf("found %v, and (-expected +found)\n%s", err, diff)
			}
		})
	}
	for name, c := range map[string]struct{ text, expected string }{
		"no JSON":        {"AccessDenied", "found no JSON object"},
		"something else": {`{"version": 1}`, "found an object without eventName"},
		"no error":       {`{"eventName": "GetObject", "eventSource": "s3.amazonaws.com"}`, "found an event without an error of access"},
		"another error":  {`{"eventName": "GetObject", "errorCode": "NoSuchKey"}`, `error code "NoSuchKey"`},
		"two":            {`{"Records": [` + head + "," + head + `]}`, "found 2 events of denied requests"},
		"nobody":         {strings.Replace(head, `"arn": "`+session+`"`, `"accountId": "111111111111"`, 1), "userIdentity has no ARN"},
	} {
		if found, err := ParseEvent([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.expected) {
			t.Errorf("%s: found %+v and %v, expected %q", name, found, err, c.expected)
		}
	}
}

func quote(text string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(text) + `"`
}

// What this package writes as AWS does, it reads as well.
func TestAMessageIsReadAsItIsWritten(t *testing.T) {
	for _, of := range Types() {
		for _, explicit := range []bool{false, true} {
			d := Denial{Caller: session, Action: "s3:GetObject", Resource: "arn:aws:s3:::lake/my reports/1.csv", Policy: of, Explicit: explicit}
			found, err := ParseMessage(d.Message())
			found.Reason = ""
			if err != nil || found != d {
				t.Errorf("%s: found %+v, %v, expected %+v", d.Message(), found, err, d)
			}
		}
	}
	const expected = `User: arn:aws:sts::111111111111:assumed-role/reader/reports is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::lake/reports/1" with an explicit deny in an identity-based policy`
	if found := (Denial{Caller: session, Action: "s3:GetObject", Resource: object, Policy: IdentityBased, Explicit: true}).Message(); found != expected {
		t.Errorf("found %s, expected %s", found, expected)
	}
}
