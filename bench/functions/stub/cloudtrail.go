package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// trailFiles has the newest generated CloudTrail log file.
type trailFiles struct {
	mutex   sync.Mutex
	records int
	file    []byte
}

func (t *trailFiles) prepare(records int) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if records > 0 && t.records != records {
		t.records, t.file = records, trail(records)
	}
}

func (t *trailFiles) get(records int, r request) response {
	if records == 0 {
		return failed(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
	}
	t.mutex.Lock()
	file := t.file
	t.mutex.Unlock()
	header := "ETag: " + etag + "\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nAccept-Ranges: bytes\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n"
	from, to, ok := strings.Cut(strings.TrimPrefix(r.byteRange, "bytes="), "-")
	first, err := strconv.Atoi(from)
	if !ok || err != nil || first >= len(file) {
		return response{http.StatusOK, header, file}
	}
	last := len(file) - 1
	if n, err := strconv.Atoi(to); err == nil {
		last = min(last, n)
	}
	return response{http.StatusPartialContent, header + fmt.Sprintf("Content-Range: bytes %d-%d/%d\r\n", first, last, len(file)), file[first : last+1]}
}

// trail is a log file whose records compress about as well as those of an account in use, 6.5 to 1: what differs from one to the next are IDs,
// times, addresses, keys and sizes.
// https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html
func trail(records int) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	hex := func(n int) string {
		out := make([]byte, n)
		for i := range out {
			out[i] = "0123456789abcdef"[random.IntN(16)]
		}
		return string(out)
	}
	base := func(n int) string {
		out := make([]byte, n)
		for i := range out {
			out[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[random.IntN(32)]
		}
		return string(out)
	}
	base64 := func(n int) string {
		out := make([]byte, n)
		for i := range out {
			out[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[random.IntN(64)]
		}
		return string(out)
	}
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	var file bytes.Buffer
	out := gzip.NewWriter(&file)
	text := []byte(`{"Records":[`)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for n := range records {
		if n > 0 {
			text = append(text, ',')
		}
		at := start.Add(time.Duration(n) * 6 * time.Millisecond).Format(time.RFC3339)
		role := pick("deploy", "reader", "etl", "api", "worker", "backup")
		instance, service := hex(16), random.IntN(4)
		text = fmt.Appendf(text, `{"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","principalId":"AROA%s:i-0%s","arn":"arn:aws:sts::222222222222:assumed-role/%s/i-0%s",`+
			`"accountId":"222222222222","accessKeyId":"ASIA%s","sessionContext":{"sessionIssuer":{"type":"Role","principalId":"AROAEXAMPLE%s","arn":"arn:aws:iam::222222222222:role/%s",`+
			`"accountId":"222222222222","userName":"%s"},"attributes":{"creationDate":"%s","mfaAuthenticated":"false"}}},"eventTime":"%s","eventSource":"%s","eventName":"%s",`+
			`"awsRegion":"ap-northeast-1","sourceIPAddress":"%d.%d.%d.%d","userAgent":"[%s]",`,
			pick("A7XWVUTSRQPONMLKJ", "B6YWVUTSRQPONMLKJ", "C5ZWVUTSRQPONMLKJ"), instance, role, instance, base(16), role, role, role, at, at,
			[...]string{"s3.amazonaws.com", "dynamodb.amazonaws.com", "sts.amazonaws.com", "kms.amazonaws.com"}[service],
			[...]string{"GetObject", "Query", "AssumeRole", "Decrypt"}[service], 10+random.IntN(3), random.IntN(256), random.IntN(256), random.IntN(256),
			pick("aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5 md/GOOS#linux md/GOARCH#arm64 api/s3#1.58.2", "Boto3/1.34.144 md/Botocore#1.34.144 ua/2.0 os/linux#5.10.220 md/arch#x86_64 lang/python#3.12.4",
				"aws-cli/2.17.13 md/awscrt#0.20.11 ua/2.0 os/linux#6.1.97 md/arch#x86_64 lang/python#3.11.8", "aws-sdk-java/2.26.20 Linux/5.10.220 OpenJDK_64-Bit_Server_VM/21.0.3"))
		text = fmt.Appendf(text, `"requestParameters":{"bucketName":"example-data-%s","Host":"example-data.s3.ap-northeast-1.amazonaws.com","key":"year=2026/month=01/day=%02d/part-%05d-%s-%s-%s.c000.snappy.parquet","versionId":"%s","x-amz-copy-source-if-match":"%s"},`+
			`"responseElements":null,"additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":%d,"AuthenticationMethod":"AuthHeader","x-amz-id-2":"%s","bytesTransferredOut":%d},`+
			`"requestID":"%s","eventID":"%s-%s-%s-%s-%s","readOnly":%t,"resources":[{"accountId":"222222222222","type":"AWS::S3::Bucket",`+
			`"ARN":"arn:aws:s3:::example-data"}],"eventType":"AwsApiCall","managementEvent":false,"recipientAccountId":"222222222222","sharedEventID":"%s-%s-%s","vpcEndpointId":"vpce-0a1b2c3d4e5f60718","eventCategory":"Data",`+
			`"tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256"}}`,
			pick("raw", "clean", "logs"), 1+random.IntN(28), random.IntN(100000), hex(8), hex(4), hex(24), base64(32), hex(32), random.IntN(2000), base64(76), random.IntN(1<<24), base(16),
			hex(8), hex(4), hex(4), hex(4), hex(12), random.IntN(2) == 0, hex(8), hex(4), hex(12))
		if len(text) > 1<<16 {
			out.Write(text)
			text = text[:0]
		}
	}
	out.Write(append(text, "]}"...))
	out.Close()
	return file.Bytes()
}
