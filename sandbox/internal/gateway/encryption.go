package gateway

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/request"
)

// Objects can be under another key than that of their bucket: under the one that whoever put them named. The gateway remembers the buckets where this has happened, and of an object there it
// asks the local AWS for the key. Of the parts of an upload it remembers the key that the upload began with.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html

// ownKeys are the buckets with objects, and the uploads, under keys of their own. The zero value has none.
type ownKeys struct{ buckets, uploads sync.Map }

// encryption is what something is encrypted with, if that is not the key of its bucket.
type encryption struct {
	own     bool          // it is under another key, or S3's own
	managed string        // the alias of the AWS managed key that it is under. "" for none
	asks    []request.Ask // what S3 asks KMS for, for whoever uses it
}

// encryptionIn is the encryption that the asks of a request name.
func encryptionIn(asks []request.Ask) (found encryption) {
	for _, ask := range asks {
		switch {
		case ask.Through == "s3" && strings.HasPrefix(ask.Action, "kms:"):
			found.asks = append(found.asks, ask)
		case ask.OwnKey || ask.ManagedKey != "":
			found.own, found.managed = ask.OwnKey, ask.ManagedKey
		}
	}
	return found
}

// remember remembers an object or an upload that is under a key of its own, and forgets an upload that is over. The response is that of the local AWS.
func (k *ownKeys) remember(c *call, response *http.Response) error {
	if c.Service != "s3" || response.StatusCode >= 300 {
		return nil
	}
	upload := response.Request.URL.Query().Get("uploadId")
	if c.Operation == "CompleteMultipartUpload" || c.Operation == "AbortMultipartUpload" {
		k.uploads.Delete(upload)
	}
	found := encryptionIn(c.Asks)
	if !found.own && found.managed == "" {
		return nil
	}
	if bucket, ok := bucketOf(c.Asks[0].Resource); ok {
		k.buckets.Store(bucket, true)
	}
	if c.Operation != "CreateMultipartUpload" {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	response.Body.Close()
	if err != nil {
		return err
	}
	response.Body = io.NopCloser(bytes.NewReader(text))
	var answer struct {
		UploadID string `xml:"UploadId"`
	}
	if err := xml.Unmarshal(text, &answer); err != nil {
		return err
	}
	k.uploads.Store(answer.UploadID, found)
	return nil
}

// encryptionOf is what the object of an ask is encrypted with, if that is not the key of its bucket.
func (g *Gateway) encryptionOf(r *http.Request, c *call, ask request.Ask) (encryption, error) {
	switch {
	case c.Service != "s3":
		return encryption{}, nil
	case ask.Action == "s3:PutObject" && (c.Operation == "UploadPart" || c.Operation == "UploadPartCopy" || c.Operation == "CompleteMultipartUpload"):
		if found, ok := g.keys.uploads.Load(r.URL.Query().Get("uploadId")); ok {
			return found.(encryption), nil
		}
	case ask.Action == "s3:GetObject" || ask.Action == "s3:GetObjectVersion":
		bucket, _ := bucketOf(ask.Resource)
		if _, ok := g.keys.buckets.Load(bucket); ok {
			return g.encryptionThere(r, c, ask, bucket)
		}
	}
	return encryption{}, nil
}

// encryptionThere asks the local AWS what an object is encrypted with.
func (g *Gateway) encryptionThere(r *http.Request, c *call, ask request.Ask, bucket string) (encryption, error) {
	a, _ := arn.Parse(ask.Resource)
	query := ""
	if version := ask.Context["s3:VersionId"]; len(version) == 1 {
		query = "versionId=" + url.QueryEscape(version[0])
	}
	response, err := g.ask(r.Context(), c, http.MethodHead, a.Resource, query)
	if err != nil {
		return encryption{}, err
	}
	response.Body.Close()
	kind, key := response.Header.Get("X-Amz-Server-Side-Encryption"), response.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
	switch {
	case kind == "": // none of its own, or there is no such object
		return encryption{}, nil
	case kind == "AES256":
		return encryption{own: true}, nil
	case key == "":
		return encryption{managed: "alias/aws/s3"}, nil
	}
	encrypted := ask.Resource
	if strings.EqualFold(response.Header.Get("X-Amz-Server-Side-Encryption-Bucket-Key-Enabled"), "true") {
		encrypted = bucket
	}
	return encryption{own: true, asks: []request.Ask{request.KeyAsk("kms:Decrypt", key, c.region, encrypted)}}, nil
}
