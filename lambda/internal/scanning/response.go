package scanning

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// response turns the JSON of DynamoDB's answers to Scan into items of our answer, without the SDK's attribute values in between: to decode them
// alone takes twice the time of all of this. The SDK decodes what is beside the items, errors among it. What is not in the form that DynamoDB
// documents is left to the SDK as a whole.
//
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
type response struct {
	read    bool     // whether items are those of the last answer
	items   [][]byte // in encoder.out
	body    []byte
	encoder encoder
}

// responses has buffers of earlier invocations.
var responses = sync.Pool{New: func() any { return &response{} }}

func (r *response) release() {
	if cap(r.body) <= maxBody && cap(r.encoder.out) <= maxBody {
		responses.Put(r)
	}
}

// option makes a Scan use r.
func (r *response) option(o *dynamodb.Options) {
	o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
		return stack.Deserialize.Insert(r, "OperationDeserializer", middleware.After)
	})
}

// ID implements middleware.DeserializeMiddleware.
func (r *response) ID() string { return "crossgrant:Items" }

// HandleDeserialize implements middleware.DeserializeMiddleware: it takes the items out of the body of a successful answer. It is called for each
// attempt.
func (r *response) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	out middleware.DeserializeOutput, metadata middleware.Metadata, err error,
) {
	r.read, r.items = false, r.items[:0]
	if err := hideWriterTo(&in); err != nil {
		return out, metadata, err
	}
	out, metadata, err = next.HandleDeserialize(ctx, in)
	answer, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || answer.StatusCode < 200 || answer.StatusCode > 299 {
		return out, metadata, err
	}
	if err := r.readBody(answer.Body, answer.ContentLength); err != nil {
		return out, metadata, &smithy.DeserializationError{Err: &cutAnswer{len(r.body), err}}
	}
	rest, ok := r.takeItems()
	if !ok {
		rest = r.body
	}
	if !json.Valid(rest) { // of which some make the SDK panic
		return out, metadata, &smithy.DeserializationError{Err: &cutAnswer{len(r.body), errNoJSON}}
	}
	r.read = ok
	answer.Body = &readBody{bytes.NewReader(rest), answer.Body}
	return out, metadata, nil
}

// hideWriterTo makes net/http read the request's body by Read. smithy-go closes the body as soon as the answer begins, and its WriteTo then returns
// io.EOF as an error: if that happens before net/http has seen the body's end, it closes the connection while the answer is still being read, which
// becomes "use of closed network connection". Against a server that answers at once, this was 1 call in 20.
func hideWriterTo(in *middleware.DeserializeInput) error {
	request, ok := in.Request.(*smithyhttp.Request)
	if !ok {
		return nil
	}
	body, ok := request.GetStream().(io.ReadSeeker)
	if !ok {
		return nil
	}
	request, err := request.SetStream(struct{ io.ReadSeeker }{body})
	in.Request = request
	return err
}

// itemsOf returns the items of an answer, encoded: those that were taken out of it, or those that the SDK decoded.
func (r *response) itemsOf(out *dynamodb.ScanOutput) ([][]byte, error) {
	if r.read {
		return r.items, nil
	}
	var items [][]byte
	for _, item := range out.Items {
		encoded, err := appendItem(nil, item)
		if err != nil {
			return nil, err
		}
		items = append(items, encoded)
	}
	return items, nil
}

// cutAnswer is a successful answer that did not come whole. The SDK would take an empty one for an empty table, and would not ask again.
type cutAnswer struct {
	bytes int
	err   error
}

var errNoJSON = errors.New("it is not the JSON of an answer to Scan")

// Error says what was found.
func (c *cutAnswer) Error() string {
	return fmt.Sprintf("the answer is cut after %d bytes: %s", c.bytes, c.err)
}

// Unwrap returns the error of the connection.
func (c *cutAnswer) Unwrap() error { return c.err }

// RetryableError makes the SDK ask again.
func (c *cutAnswer) RetryableError() bool { return !errors.Is(c.err, context.Canceled) }

// readBody is a body that has been read, and is still to be closed.
type readBody struct {
	io.Reader
	io.Closer
}

// maxBody is the most bytes that are allocated for a body before they come.
const maxBody = 4 << 20

func (r *response) readBody(body io.Reader, length int64) error {
	buffer := bytes.NewBuffer(r.body[:0])
	if length > 0 {
		buffer.Grow(int(min(length, maxBody)) + bytes.MinRead) // one byte more is needed to see the end
	}
	_, err := buffer.ReadFrom(body)
	r.body = buffer.Bytes()
	return err
}

// takeItems sets the items and returns the body without them; ok is false if the body is not in the documented form.
func (r *response) takeItems() (rest []byte, ok bool) {
	e := &r.encoder
	e.reset(r.body)
	if !e.next('{') {
		return nil, false
	}
	var ends []int // of the items in e.out, which may move while it grows
	from, to := -1, -1
	for first := true; ; first = false {
		if e.next('}') {
			break
		}
		if !first && !e.next(',') {
			return nil, false
		}
		name, escaped, ok := e.text()
		switch {
		case !ok, escaped, !e.next(':'):
			return nil, false
		case string(name) != "Items":
			if !e.skip() {
				return nil, false
			}
			continue
		case from >= 0: // twice
			return nil, false
		}
		e.space()
		from = e.at
		ok = e.list(func() bool {
			ok := e.attributes(0)
			ends = append(ends, len(e.out))
			return ok
		})
		if to = e.at; !ok {
			return nil, false
		}
	}
	if e.space(); from < 0 || e.at != len(r.body) {
		return nil, false
	}
	begin := 0
	for _, end := range ends {
		r.items = append(r.items, e.out[begin:end])
		begin = end
	}
	return slices.Concat(r.body[:from], []byte("[]"), r.body[to:]), true
}
