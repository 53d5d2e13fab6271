package trailfile

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// realistic is a log file's text with n records of the forms and the entropy that CloudTrail's have: IDs, times, addresses and keys that differ,
// and names, ARNs and user agents that repeat. Some 1,760 bytes a record, of which gzip makes a 6.5th. The same seed makes the same text.
//
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html
func realistic(seed uint64, n int) string {
	g := generator{rand.New(rand.NewPCG(seed, 15))}
	var out strings.Builder
	out.WriteString(`{"Records":[`)
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range n {
		if i > 0 {
			out.WriteByte(',')
		}
		at = at.Add(time.Duration(g.IntN(40)) * time.Millisecond)
		g.record(&out, at)
	}
	out.WriteString(`]}`)
	return out.String()
}

type generator struct{ *rand.Rand }

// hex returns n random bytes as hexadecimal digits.
func (g generator) hex(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return fmt.Sprintf("%x", b)
}

// id returns n letters and digits as those of access keys, and base64 n as those of S3's request IDs.
func (g generator) id(n int) string { return g.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", n) }
func (g generator) base64(n int) string {
	return g.of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", n)
}

func (g generator) of(letters string, n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = letters[g.IntN(len(letters))]
	}
	return string(b)
}

func (g generator) uuid() string {
	h := g.hex(16)
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// operations are actions with their service; parameters and answers are filled with random parts for each %s.
var operations = []struct{ service, name, parameters, answer, readOnly string }{
	{"s3", "GetObject", `{"bucketName":"lake-raw-eu-west-1","Host":"lake-raw-eu-west-1.s3.eu-west-1.amazonaws.com","key":"events/year=2026/month=01/day=01/part-%s.snappy.parquet"}`, `null`, "true"},
	{"s3", "PutObject", `{"bucketName":"reports-222222222222","Host":"reports-222222222222.s3.eu-west-1.amazonaws.com","key":"inbox/%s.json","x-amz-server-side-encryption":"aws:kms"}`,
		`{"x-amz-server-side-encryption":"aws:kms","x-amz-server-side-encryption-aws-kms-key-id":"arn:aws:kms:eu-west-1:222222222222:key/0d9f1a52-7c1e-4a53-9a8c-3b7c61e0a111"}`, "false"},
	{"kms", "Decrypt", `{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"aws:s3:arn":"arn:aws:s3:::lake-raw-eu-west-1/events/part-%s"}}`, `null`, "true"},
	{"sts", "AssumeRole", `{"roleArn":"arn:aws:iam::222222222222:role/service/ingest-worker","roleSessionName":"worker-%s","durationSeconds":3600}`,
		`{"credentials":{"accessKeyId":"ASIA%s","sessionToken":"IQoJb3JpZ2luX2VjE%s","expiration":"Jan 1, 2026, 1:00:00 AM"},"assumedRoleUser":{"assumedRoleId":"AROAJ2EXAMPLE:worker","arn":"arn:aws:sts::222222222222:assumed-role/ingest-worker/worker"}}`, "true"},
	{"dynamodb", "UpdateItem", `{"tableName":"device-state","key":{"deviceId":"%s"},"expressionAttributeNames":{"#s":"state"},"updateExpression":"SET #s = :s"}`, `null`, "false"},
	{"ec2", "DescribeInstances", `{"maxResults":1000,"instancesSet":{"items":[{"instanceId":"i-%s"}]},"filterSet":{"items":[{"name":"tag:Name","valueSet":{"items":[{"value":"worker \"blue\""}]}}]}}`, `null`, "true"},
	{"logs", "CreateLogStream", `{"logGroupName":"/aws/lambda/ingest-worker","logStreamName":"2026/01/01/[$LATEST]%s"}`, `null`, "false"},
}

var agents = []string{
	"[aws-sdk-java/2.29.23 ua/2.1 os/Linux#5.10.230-202.885.amzn2int.x86_64 lang/java#17.0.13 m/E,D]",
	"[Boto3/1.35.76 md/Botocore#1.35.76 ua/2.0 os/linux#5.10.228 md/arch#x86_64 lang/python#3.12.7 md/pyimpl#CPython exec-env/AWS_Lambda_python3.12 cfg/retry-mode#standard]",
	"aws-sdk-go-v2/1.32.6 ua/2.1 os/linux lang/go#1.23.4 md/GOOS#linux md/GOARCH#arm64 api/s3#1.71.0 m/g,E",
	"AWS Internal",
}

func (g generator) record(out *strings.Builder, at time.Time) {
	op := operations[g.IntN(len(operations))]
	role := []string{"ingest-worker", "report-builder", "lake-reader", "deployer"}[g.IntN(4)]
	session := "worker-" + g.hex(8)
	when := at.Format(time.RFC3339)
	fill := func(text string) string {
		for strings.Contains(text, "%s") {
			text = strings.Replace(text, "%s", g.hex(28), 1)
		}
		return text
	}
	fmt.Fprintf(out, `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROA%s:%s","arn":"arn:aws:sts::222222222222:assumed-role/%s/%s",`+
		`"accountId":"222222222222","accessKeyId":"ASIA%s","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAJ2UCCR6DEXAMPLE","arn":"arn:aws:iam::222222222222:role/service/%s",`+
		`"accountId":"222222222222","userName":"%s"},"attributes":{"creationDate":"%s","mfaAuthenticated":"false"}}},`, g.id(16), session, role, session, g.id(16), role, role, at.Add(-time.Duration(g.IntN(3600))*time.Second).Format(time.RFC3339))
	fmt.Fprintf(out, `"eventTime":"%s","eventSource":"%s.amazonaws.com","eventName":"%s","awsRegion":"eu-west-1","sourceIPAddress":"10.%d.%d.%d","userAgent":"%s",`,
		when, op.service, op.name, g.IntN(4), g.IntN(256), g.IntN(256), agents[g.IntN(len(agents))])
	if g.IntN(20) == 0 {
		fmt.Fprintf(out, `"errorCode":"AccessDenied","errorMessage":"User: arn:aws:sts::222222222222:assumed-role/%s/%s is not authorized to perform: %s:%s because no identity-based policy allows the action",`, role, session, op.service, op.name)
	}
	fmt.Fprintf(out, `"requestParameters":%s,"responseElements":%s,`, fill(op.parameters), fill(op.answer))
	fmt.Fprintf(out, `"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":%d,"bytesTransferredOut":%d,"x-amz-id-2":"%s"},`,
		g.IntN(4096), g.IntN(1<<20), g.base64(76))
	fmt.Fprintf(out, `"requestID":"%s","eventID":"%s","readOnly":%s,"resources":[{"accountId":"222222222222","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::lake-raw-eu-west-1"}],`+
		`"eventType":"AwsApiCall","managementEvent":false,"eventCategory":"Data",`+
		`"tlsDetails":{"tlsVersion":"TLSv1.3","clientProvidedHostHeader":"%s.eu-west-1.amazonaws.com"}}`, g.uuid(), g.uuid(), op.readOnly, op.service)
}
