package scanning

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash/crc32"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/crossgrant/crossgrant/lambda/internal/awsclient"
)

// Client makes the one request to DynamoDB that a scan needs, safe for concurrent use. The SDK's client and its schemas of all operations would take
// a quarter of the function's start. Its errors have the form of the SDK's.
type Client struct {
	caller awsclient.Caller
	// url is dynamodb.REGION.amazonaws.com for every account: the only name that VPC endpoints and firewalls know.
	url    url.URL
	region string
}

// NewClient returns a client for a configuration.
func NewClient(config awsclient.Config) (*Client, error) {
	endpoint, err := awsclient.Endpoint(config.Config, "DynamoDB", "dynamodb")
	if err != nil {
		return nil, err
	}
	return &Client{url: endpoint, region: config.Region, caller: awsclient.Caller{
		Service: "DynamoDB", Credentials: config.Credentials, HTTP: config.HTTPClient, Pace: config.Pace, Signer: v4.NewSigner(),
	}}, nil
}

// mostAnswer is the longest answer that is read, in bytes. A page has at most 1 MiB as DynamoDB measures items, and no text of JSON is longer for
// that than numbers: a set of numbers has 2 bytes for -1E-130, which DynamoDB may write as "-0.", 129 zeros and a one, 135 bytes with its quotes and comma.
// So a page has at most 68 MiB; a control character takes 6 bytes for one, and an empty string in a list 9.
// See https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html.
const mostAnswer = 72 << 20

// Scan implements [Scanner].
// See https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html.
func (c *Client) Scan(ctx context.Context, table string, input []byte, read func(answer []byte) error) error {
	hash := sha256.Sum256(input)
	return c.caller.Do(ctx, awsclient.Call{
		Operation: "Scan", Target: table, PayloadHash: hex.EncodeToString(hash[:]), SigningName: "dynamodb", SigningRegion: c.region, MostBytes: mostAnswer,
		Build: func() *http.Request {
			return awsclient.Post(c.url, input, http.Header{
				"Content-Type": {"application/x-amz-json-1.0"}, "X-Amz-Target": {"DynamoDB_20120810.Scan"},
				"Accept-Encoding": {"identity"}, // the checksum is of what is sent
			})
		},
		Read: func(status int, header http.Header, body []byte) error {
			if status < 200 || status > 299 {
				return readError(status, header, body)
			}
			if err := check(header.Get("X-Amz-Crc32"), body); err != nil {
				return err
			}
			return read(body)
		},
	})
}

// check compares an answer with DynamoDB's checksum of it, if there is one. The request whose answer differs is repeated.
func check(checksum string, body []byte) error {
	if checksum == "" {
		return nil
	}
	if found := strconv.FormatUint(uint64(crc32.ChecksumIEEE(body)), 10); checksum != found {
		return awsclient.Incomplete("found the CRC32 %s of %d bytes, expected %.20q", found, len(body), checksum)
	}
	return nil
}

// readError reads the answer to a request that failed. Its code may have a namespace before it and a URL behind it.
// See https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html and
// https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html#operation-error-serialization.
func readError(status int, header http.Header, body []byte) error {
	var said struct {
		Type    string `json:"__type"`
		Code    any
		Message string // or "message"
	}
	_ = json.Unmarshal(body, &said)
	code := header.Get("X-Amzn-Errortype")
	if code == "" {
		code = said.Type
	}
	if text, ok := said.Code.(string); ok && code == "" {
		code = text
	}
	code, _, _ = strings.Cut(code, ":")
	if _, after, found := strings.Cut(code, "#"); found {
		code = after
	}
	return awsclient.APIError(status, code, said.Message)
}
