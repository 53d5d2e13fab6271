// Package scanning answers with the items of one table, page by page, to plain events and to API Gateway. It does not query, filter or write.
package scanning

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

// Scanner is the call to DynamoDB that a scan needs; *dynamodb.Client has it.
type Scanner interface {
	Scan(context.Context, *dynamodb.ScanInput, ...func(*dynamodb.Options)) (*dynamodb.ScanOutput, error)
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
	if err == nil {
		err = f.scan(ctx, p, wanted)
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
		return invocation.Result{Payload: payload, Status: problem.Status, Counts: counts, Err: err}
	}
	if wanted.proxy {
		body = answer.Proxy(http.StatusOK, body)
	}
	return invocation.Result{Payload: body, Status: http.StatusOK, Counts: counts}
}
