// Package scanning answers with the items of one table, page by page, to plain events and to API Gateway. It does not query, filter or write.
package scanning

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/awserror"
	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

// Scanner is the call to DynamoDB that a scan needs; a [Client] has it.
type Scanner interface {
	// Scan asks for a page of a table. The input is the JSON of the request, and read reads that of each successful answer, of which it keeps
	// nothing; after its error the page is asked for again.
	Scan(ctx context.Context, table string, input []byte, read func(answer []byte) error) error
}

// Grant is what the role may scan.
type Grant struct {
	// RoleARN is the trusted role; messages name it.
	RoleARN string
	// Table is the name or the ARN of the table; a next token is valid for this form only.
	Table string
}

// Function scans a table. It is safe for concurrent use.
type Function struct {
	client   Scanner
	grant    Grant
	maxBytes int
}

// New makes the function that scans what grant covers.
func New(client Scanner, grant Grant) *Function {
	return &Function{client: client, grant: grant, maxBytes: answer.MaxBytes}
}

// Serve answers one event: {"limit","next"}, or an event of API Gateway with the same as query parameters.
func (f *Function) Serve(ctx context.Context, incoming invocation.Request) invocation.Result {
	wanted, err := readRequest(incoming.Payload, f.grant.Table)
	p := newPage(wanted.proxy, f.maxBytes)
	var failed error
	if err == nil {
		failed, err = f.scan(ctx, p, wanted)
	}
	var body []byte
	if err == nil {
		body, err = p.close(f.grant.Table)
	}
	counts := []slog.Attr{slog.Int("count", p.count), slog.Int("pages", p.pages), slog.Bool("proxy", wanted.proxy)}
	if err != nil {
		problem := failure.Of(err, failure.Grant{RoleARN: f.grant.RoleARN, Resource: "table " + f.grant.Table})
		payload := answer.Problem(problem, incoming.ID)
		if wanted.proxy {
			payload = answer.ProxyProblem(problem, incoming.ID)
		}
		result := invocation.Result{Payload: payload, Status: problem.Status, Counts: counts, Err: err}
		if wanted.unread {
			result.FunctionError = functionError
		}
		return result
	}
	if wanted.proxy {
		body = answer.Proxy(http.StatusOK, body)
	}
	return invocation.Result{Payload: body, Status: http.StatusOK, Counts: counts, Err: failed}
}

// functionError is the error type of an asynchronous invocation that fails.
const functionError = "ScanFailed"

// errFull says that the answer has no room for even one more item.
var errFull = errors.New("the answer is full")

// scan fills p with up to the wanted number of items. A page of DynamoDB has up to 1 MB and one item up to 400 KB, which as JSON may be seven
// times as long: an answer may end before the limit, with next. So it does at a call that fails after a page was read, even if DynamoDB throttles:
// failed is its error, which the next answer has if it lasts.
func (f *Function) scan(ctx context.Context, p *page, wanted request) (failed, err error) {
	response := responses.Get().(*response)
	defer response.release()
	from := wanted.start
	for {
		items, last, cut, err := f.read(ctx, response, p, from, wanted.limit-p.count)
		switch {
		case errors.Is(err, errFull) && p.count == 0:
			return nil, &failure.Failure{Status: http.StatusInternalServerError, Message: fmt.Sprintf(
				"the next item of table %s alone is larger, as JSON, than an answer of Lambda can be", f.grant.Table)}
		case errors.Is(err, errFull):
			p.last = from
			return nil, nil
		case err != nil && p.pages > 0 && (ctx.Err() != nil || awserror.IsCall(err)):
			if p.last = from; ctx.Err() != nil && awserror.Code(err) == "" { // only out of time
				err = nil
			}
			return err, nil
		case err != nil:
			return nil, startError(err, wanted)
		}
		p.pages++
		p.add(items)
		p.last = last
		if len(last) == 0 || cut || p.count >= wanted.limit {
			return nil, nil
		}
		from = last
	}
}

// scanInput is a request of Scan.
type scanInput struct {
	ExclusiveStartKey key `json:",omitempty"`
	Limit             int
	TableName         string
}

// read reads one page or, if it does not fit, the same page again with as many items as fit (cut): only DynamoDB knows the key at which a
// shorter page ends. Items that changed in between are measured again. The items are valid until the next call.
func (f *Function) read(ctx context.Context, r *response, p *page, from key, limit int) (items [][]byte, last key, cut bool, err error) {
	for {
		input, err := answer.JSON(scanInput{ExclusiveStartKey: from, Limit: limit, TableName: f.grant.Table})
		if err != nil {
			return nil, nil, false, err
		}
		if err := f.client.Scan(ctx, f.grant.Table, input, r.read); err != nil {
			return nil, nil, false, err
		}
		if items = r.items; len(items) > limit {
			return nil, nil, false, fmt.Errorf("scan table %s: found %d items, expected at most %d", f.grant.Table, len(items), limit)
		}
		fit := p.fitting(items)
		switch {
		case fit == len(items):
			return items, r.last, cut, nil
		case fit == 0:
			return nil, nil, false, errFull
		}
		limit, cut = fit, true
	}
}

// startError returns the error of a next whose key DynamoDB refuses, which happens when the table was replaced by one with another key.
func startError(err error, wanted request) error {
	if len(wanted.start) == 0 || awserror.Code(err) != "ValidationException" {
		return err
	}
	message := strings.ToLower(awserror.Message(err))
	if !strings.Contains(message, "start key") && !strings.Contains(message, "starting key") &&
		!strings.Contains(message, "exclusivestartkey") {
		return err
	}
	field := `field "next"`
	if wanted.proxy {
		field = `query parameter "next"`
	}
	return &event.Invalid{Field: field, Found: "a key that the table refuses", Expected: "the next of an earlier answer of this table"}
}
