package background

import (
	"cmp"
	"context"
	"time"

	"github.com/crossgrant/crossgrant/sandbox"
	"github.com/crossgrant/crossgrant/sandbox/control"
)

// The operations of a background process that are about what is deployed.
const (
	// Invoke invokes a function.
	Invoke = control.Operation[InvokeInput, sandbox.Invocation]("invoke")
	// Logs reads the log of a function.
	Logs = control.Operation[LogsInput, sandbox.Log]("logs")
	// OpenInstance says how programs run as on an instance.
	OpenInstance = control.Operation[Named, InstanceOutput]("instance")
	// RequestAPI sends a request to an API.
	RequestAPI = control.Operation[APIInput, sandbox.APIResponse]("request-api")
	// RequestService sends a request to an AWS service.
	RequestService = control.Operation[APIInput, sandbox.APIResponse]("request-service")
)

// Named names something that is deployed.
type Named struct {
	// Name is its name or ID, its logical ID, the path of its construct, or the end of one of them that no other has. "" for the only one.
	Name string `json:"name"`
	// Account is the account that it is in: "source", "target" or an ID. "" for any.
	Account string `json:"account,omitempty"`
}

// InvokeInput says which function is invoked.
type InvokeInput struct {
	Function Named `json:"function"`
	// Event is JSON.
	Event string `json:"event"`
}

// LogsInput says which part of a log is read.
type LogsInput struct {
	Function Named `json:"function"`
	// Offset is where the part begins: 0, or the end of the last part.
	Offset int64 `json:"offset"`
	// Since is when the first invocation that is read began, at the earliest, if the offset is 0. The zero time for all.
	Since time.Time `json:"since"`
}

// APIInput is a request for an API, or for a service.
type APIInput struct {
	// Account is the account that the API is in, or whose administrator signs: "source", "target" or an ID. "" for any, and for the source account.
	Account string             `json:"account,omitempty"`
	Request sandbox.APIRequest `json:"request"`
}

// InstanceOutput is how programs run as on an instance.
type InstanceOutput struct {
	// ID is the ID of the instance, and Account that of its account.
	ID      string `json:"id"`
	Account string `json:"account"`
	// Environment is the environment of its programs, as KEY=VALUE.
	Environment []string `json:"environment"`
	// Home is the home directory of its user.
	Home string `json:"home"`
	// Note says what of its user data is not done. "" for nothing.
	Note string `json:"note,omitempty"`
}

// in is the account that a name is looked for in. Nil for any.
func (p *process) in(n Named) (*sandbox.Account, error) {
	if n.Account == "" {
		return nil, nil
	}
	return p.sandbox.Account(n.Account)
}

// serveWorkloads makes a server answer what is about functions.
func (p *process) serveWorkloads(s *control.Server) {
	Invoke.Serve(s, func(ctx context.Context, in InvokeInput) (sandbox.Invocation, error) {
		account, err := p.in(in.Function)
		if err != nil {
			return sandbox.Invocation{}, err
		}
		return p.sandbox.Invoke(ctx, account, in.Function.Name, []byte(in.Event))
	})
	Logs.Serve(s, func(_ context.Context, in LogsInput) (sandbox.Log, error) {
		account, err := p.in(in.Function)
		if err != nil {
			return sandbox.Log{}, err
		}
		return p.sandbox.FunctionLog(account, in.Function.Name, in.Offset, in.Since)
	})
	OpenInstance.Serve(s, func(_ context.Context, in Named) (InstanceOutput, error) {
		account, err := p.in(in)
		if err != nil {
			return InstanceOutput{}, err
		}
		i, err := p.sandbox.OpenInstance(account, in.Name)
		if err != nil {
			return InstanceOutput{}, err
		}
		return InstanceOutput{ID: i.ID, Account: i.Account, Environment: i.Environment(), Home: i.Home, Note: i.Note}, nil
	})
	RequestAPI.Serve(s, func(ctx context.Context, in APIInput) (sandbox.APIResponse, error) {
		account, err := p.in(Named{Account: in.Account})
		if err != nil {
			return sandbox.APIResponse{}, err
		}
		return p.sandbox.RequestAPI(ctx, account, in.Request)
	})
	RequestService.Serve(s, func(ctx context.Context, in APIInput) (sandbox.APIResponse, error) {
		account, err := p.sandbox.Account(cmp.Or(in.Account, p.sandbox.Source.ID))
		if err != nil {
			return sandbox.APIResponse{}, err
		}
		return p.sandbox.RequestService(ctx, account, in.Request)
	})
}
