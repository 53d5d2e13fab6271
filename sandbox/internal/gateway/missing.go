package gateway

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/record"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/reply"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/request"
)

// maxMissing limits what is read of the answer that something is missing.
const maxMissing = 64 << 10

// missing returns an error for the answer that there is no such object, if the caller may not list it: S3 does not tell such callers what is there.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html
func (c *call) missing(response *http.Response) error {
	list, ok := c.listing()
	if !ok {
		return nil
	}
	r := response.Request
	if r.Method != http.MethodHead {
		text, err := io.ReadAll(io.LimitReader(response.Body, maxMissing))
		if err != nil {
			return err
		}
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(text), response.Body), response.Body}
		if !bytes.Contains(text, []byte("<Code>NoSuchKey</Code>")) {
			return nil
		}
	}
	e := c.endpoint
	chain, err := e.decide(r, c, list, e.gateway.stacks.Now())
	if err != nil || chain.Passes == policy.Yes {
		return err
	}
	denied := &reply.Denied{Message: proof.DenialMessage(chain) + ". There is no such object, which S3 tells only those who may list it"}
	d := &record.Decision{Time: time.Now(), From: e.workload, Caller: c.session.ARN(), Service: c.Service, Operation: c.Operation}
	d.Asked(chain)
	e.gateway.decisions.Add(d, record.Denied, denied.Message)
	return denied
}

// listing is what has to be permitted for a caller to learn that the object of a request is missing: to list it, with its key as the prefix. ok is false for a
// request that reads no object, or a version of one.
func (c *call) listing() (list request.Ask, ok bool) {
	for _, ask := range c.Asks {
		if !strings.HasPrefix(ask.Action, "s3:GetObject") || strings.HasPrefix(ask.Action, "s3:GetObjectVersion") {
			continue
		}
		a, _ := arn.Parse(ask.Resource)
		bucket, key, _ := strings.Cut(a.Resource, "/")
		a.Resource = bucket
		return request.Ask{Action: "s3:ListBucket", Resource: a.String(), Context: map[string][]string{"s3:prefix": {key}}}, key != ""
	}
	return request.Ask{}, false
}
