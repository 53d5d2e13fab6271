package main

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"net/http"
	"strconv"
)

// scanned is a page of Scan: as many items as the request's Limit or a mebibyte has, with the CRC-32 of the answer, as DynamoDB sends it.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
func scanned(set behaviour, r request) response {
	from, most := 0, set.Items
	if n, ok := number(r.body, `"Limit":`); ok {
		most = n
	}
	if n, ok := number(r.body, `"device-`); ok {
		from = n + 1
	}
	out := make([]byte, 0, 1<<20)
	out = append(out, `{"Items":[`...)
	n := from
	for ; n < set.Items && n < from+most && len(out) < 1<<20; n++ {
		if n > from {
			out = append(out, ',')
		}
		out = fmt.Appendf(out, `{"id":{"S":"device-%08d"},"at":{"N":"%d"},"name":{"S":"Temperature sensor %d, north wing"},"celsius":{"N":"%d.%d"},"online":{"BOOL":%t},`+
			`"tags":{"L":[{"S":"floor-%d"},{"S":"roof"}]},"firmware":{"M":{"version":{"S":"1.%d.3"},"build":{"N":"%d"}}},"note":{"NULL":true},"serial":{"S":"%016x"}}`,
			n, 1767225600+n, n, n%40, n%10, n%3 == 0, n%9, n%20, n%1000, mix(uint64(n)))
	}
	out = fmt.Appendf(out, `],"Count":%d,"ScannedCount":%d`, n-from, n-from)
	if n < set.Items {
		out = fmt.Appendf(out, `,"LastEvaluatedKey":{"id":{"S":"device-%08d"}}`, n-1)
	}
	out = append(out, '}')
	return response{http.StatusOK, fmt.Sprintf("Content-Type: application/x-amz-json-1.0\r\nx-amzn-RequestId: 0123456789\r\nx-amz-crc32: %d\r\n", crc32.ChecksumIEEE(out)), out}
}

// number reads the digits behind a text.
func number(body []byte, text string) (int, bool) {
	at := bytes.Index(body, []byte(text))
	if at < 0 {
		return 0, false
	}
	rest := bytes.TrimLeft(body[at+len(text):], " ")
	end := 0
	for end < len(rest) && '0' <= rest[end] && rest[end] <= '9' {
		end++
	}
	n, err := strconv.Atoi(string(rest[:end]))
	return n, err == nil
}
