package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/bench/functions/stubapi"
)

const xmlHeader = "Content-Type: application/xml\r\n"

func failed(status int, code, message string) response {
	return response{status, xmlHeader, fmt.Appendf(nil,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code><Message>%s</Message><RequestId>0123456789ABCDEF</RequestId><HostId>h</HostId></Error>", code, message)}
}

// session is an answer to AssumeRole for an hour.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
func session() response {
	return response{http.StatusOK, "Content-Type: text/xml\r\n", fmt.Appendf(nil, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>`+
		`<AssumedRoleUser><AssumedRoleId>AROATARGET:stub</AssumedRoleId><Arn>arn:aws:sts::222222222222:assumed-role/reader/stub</Arn></AssumedRoleUser>`+
		`<Credentials><AccessKeyId>ASIATARGET</AccessKeyId><SecretAccessKey>target-secret</SecretAccessKey><SessionToken>%s</SessionToken><Expiration>%s</Expiration></Credentials>`+
		`</AssumeRoleResult><ResponseMetadata><RequestId>stub</RequestId></ResponseMetadata></AssumeRoleResponse>`,
		strings.Repeat("token", 150), time.Now().Add(time.Hour).UTC().Format(time.RFC3339))}
}

// bucket generates its keys.
type bucket stubapi.Bucket

// key is the n-th key of a bucket, in the order of keys: the prefixes have to be in that order.
func (b bucket) key(n int) string {
	share := (b.Keys + len(b.Prefixes) - 1) / len(b.Prefixes)
	digits := [8]byte{}
	for at, rest := 7, n%share; at >= 0; at, rest = at-1, rest/10 {
		digits[at] = byte('0' + rest%10)
	}
	return b.Prefixes[n/share] + "report-2026-01-01-" + string(digits[:]) + ".json"
}

// first is the number of the first key that is not before text.
func (b bucket) first(text string) int {
	low, high := 0, b.Keys
	for low < high {
		if middle := (low + high) / 2; b.key(middle) < text {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

const (
	etag     = `"9b2cf535f27731c974343645a3985328"`
	modified = "2026-01-01T00:00:00.000Z"
)

// list is a page of ListObjectsV2, with what S3 says of each object today.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
func list(b bucket, name string, q url.Values) response {
	prefix, most := q.Get("prefix"), 1000
	if given, err := strconv.Atoi(q.Get("max-keys")); err == nil {
		most = min(most, given)
	}
	from, to := b.first(prefix), b.first(prefix+"\xff")
	if after := q.Get("start-after"); after != "" {
		from = max(from, b.first(after+"\x00"))
	}
	if token, err := strconv.Atoi(q.Get("continuation-token")); err == nil {
		from = max(from, token)
	}
	end := min(to, from+most)
	out := make([]byte, 0, 1024+max(end-from, 0)*320)
	out = append(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>"...)
	out = append(out, name...)
	out = append(out, "</Name><Prefix>"...)
	out = append(out, url.QueryEscape(prefix)...)
	out = append(out, "</Prefix>"...)
	if kind := q.Get("encoding-type"); kind != "" {
		out = append(out, "<EncodingType>"+kind+"</EncodingType>"...)
	}
	if end < to {
		out = append(out, "<NextContinuationToken>"...)
		out = strconv.AppendInt(out, int64(end), 10)
		out = append(out, "</NextContinuationToken>"...)
	}
	out = append(out, "<KeyCount>"...)
	out = strconv.AppendInt(out, int64(max(end-from, 0)), 10)
	out = append(out, "</KeyCount><MaxKeys>"...)
	out = strconv.AppendInt(out, int64(most), 10)
	out = append(out, "</MaxKeys><IsTruncated>"...)
	out = strconv.AppendBool(out, end < to)
	out = append(out, "</IsTruncated>"...)
	for n := from; n < end; n++ {
		out = append(out, "<Contents><Key>"...)
		out = append(out, b.key(n)...)
		out = append(out, "</Key><LastModified>"+modified+"</LastModified><ETag>&quot;"+etag[1:33]+"&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm>"+
			"<ChecksumType>FULL_OBJECT</ChecksumType><Size>"...)
		out = strconv.AppendInt(out, b.Size, 10)
		out = append(out, "</Size><StorageClass>STANDARD</StorageClass></Contents>"...)
	}
	return response{http.StatusOK, xmlHeader, append(out, "</ListBucketResult>"...)}
}

// store answers the requests of S3 that change nothing here.
func store(set behaviour, op operation, r request) response {
	name, key, _ := strings.Cut(strings.TrimPrefix(r.path, "/"), "/")
	b := bucket(set.Buckets[name])
	q, err := url.ParseQuery(r.query)
	if err != nil {
		return failed(http.StatusBadRequest, "InvalidURI", "Couldn't parse the specified URI.")
	}
	switch op {
	case listObjects:
		return list(b, name, q)
	case headObject:
		if n := b.first(key); key == "" || n == b.Keys || b.key(n) != key {
			return response{http.StatusNotFound, "", nil}
		}
		return response{http.StatusOK, fmt.Sprintf("Content-Length: %d\r\nETag: %s\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: application/json\r\n", b.Size, etag), nil}
	case getTagging:
		return said("<Tagging><TagSet></TagSet></Tagging>")
	case copyObject:
		return said("<CopyObjectResult><LastModified>" + modified + "</LastModified><ETag>&quot;" + etag[1:33] + "&quot;</ETag></CopyObjectResult>")
	case createUpload:
		return said("<InitiateMultipartUploadResult><Bucket>" + name + "</Bucket><Key>" + key + "</Key><UploadId>upload-1</UploadId></InitiateMultipartUploadResult>")
	case copyPart:
		return said("<CopyPartResult><LastModified>" + modified + "</LastModified><ETag>&quot;" + etag[1:33] + "&quot;</ETag></CopyPartResult>")
	case completeUpload:
		return said("<CompleteMultipartUploadResult><Bucket>" + name + "</Bucket><Key>" + key + "</Key><ETag>&quot;" + etag[1:33] + "-4&quot;</ETag></CompleteMultipartUploadResult>")
	case listParts:
		return said("<ListPartsResult><IsTruncated>false</IsTruncated></ListPartsResult>")
	case listUploads:
		return said("<ListMultipartUploadsResult><Bucket>" + name + "</Bucket><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>")
	}
	return response{http.StatusNoContent, "", nil}
}

func said(xml string) response {
	return response{http.StatusOK, xmlHeader, []byte("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml)}
}

// copiedBytes is how much a request copies.
func copiedBytes(set behaviour, op operation, r request) int64 {
	name, _, _ := strings.Cut(strings.TrimPrefix(strings.Replace(r.copySource, "%2F", "/", 1), "/"), "/")
	switch op {
	case copyObject:
		return set.Buckets[name].Size
	case copyPart:
		from, to, ok := strings.Cut(strings.TrimPrefix(r.copyRange, "bytes="), "-")
		first, _ := strconv.ParseInt(from, 10, 64)
		last, err := strconv.ParseInt(to, 10, 64)
		if !ok || err != nil {
			return set.Buckets[name].Size
		}
		return last - first + 1
	}
	return 0
}
