package gateway

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/deployed"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/record"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/reply"
	"github.com/crossgrant/crossgrant/sandbox/internal/gateway/internal/request"
)

// DeleteObjects deletes the objects that the caller may delete, and answers with an error for each of the others.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html

// refused is an object that is not deleted, and why.
type refused struct {
	XMLName xml.Name `xml:"Error"`
	Key     string   `xml:"Key"`
	Version string   `xml:"VersionId,omitempty"`
	Code    string   `xml:"Code"`
	Message string   `xml:"Message"`
}

// permitObjects decides each object by itself, and leaves in the body those that may be deleted. some is false if there are none.
func (e *Endpoint) permitObjects(r *http.Request, c *call, now *deployed.Now) (some bool, err error) {
	var left []request.Object
	for _, o := range c.Objects {
		var denied *reply.Denied
		for _, ask := range o.Asks {
			if err := e.permit(r, c, ask, now); err != nil && !errors.As(err, &denied) {
				return false, err
			}
		}
		if denied == nil {
			left = append(left, o)
			continue
		}
		c.refused = append(c.refused, refused{Key: o.Key, Version: o.Version, Code: "AccessDenied", Message: denied.Message})
	}
	if len(c.refused) == 0 || len(left) == 0 {
		return len(left) > 0, nil
	}
	body := c.Deletes(left)
	c.body = &watched{Reader: bytes.NewReader(body)}
	r.ContentLength = int64(len(body))
	for name := range r.Header { // the digests of the other body
		if name == "Content-Md5" || name == "Content-Length" || name == "X-Amz-Content-Sha256" || strings.HasPrefix(name, "X-Amz-Checksum-") || name == "X-Amz-Sdk-Checksum-Algorithm" {
			r.Header.Del(name)
		}
	}
	return true, nil
}

// refuseAll answers a request of which nothing is left.
func (e *Endpoint) refuseAll(w http.ResponseWriter, c *call, err error) error {
	if err != nil {
		return err
	}
	e.gateway.decisions.Add(c.decision, record.Denied, "each of the objects is denied: "+c.refused[0].Message)
	w.Header().Set("Content-Type", "application/xml")
	io.WriteString(w, xml.Header+"<DeleteResult>"+c.refusedText()+"</DeleteResult>")
	return nil
}

func (c *call) refusedText() string {
	text, _ := xml.Marshal(c.refused) // never fails: texts only
	return string(text)
}

// maxAnswer limits the answer to DeleteObjects: each of at most 1000 objects with a key of at most 1024 bytes, escaped.
const maxAnswer = 16 << 20

// addRefused adds what was refused to the answer.
func (c *call) addRefused(response *http.Response) error {
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	response.Body.Close()
	if err != nil {
		return err
	}
	front, end, ok := strings.Cut(string(text), "</DeleteResult>")
	if !ok { // an empty element
		front, end = xml.Header+"<DeleteResult>", ""
	}
	all := front + c.refusedText() + "</DeleteResult>" + end
	setText(response, []byte(all))
	return nil
}
