package background

import (
	"context"
	"os"
	"time"

	"github.com/crossgrant/crossgrant/sandbox"
	"github.com/crossgrant/crossgrant/sandbox/control"
	"github.com/crossgrant/crossgrant/sandbox/environment"
)

// The operations of a background process.
const (
	// GetStatus says what is known of the sandbox.
	GetStatus = control.Operation[struct{}, Status]("status")
	// GetDecisions are the last decisions with a greater number than the one that is given, the oldest one first.
	GetDecisions = control.Operation[int64, []sandbox.Decision]("decisions")
	// GetUsage says what the deployed policies permit that no request needed.
	GetUsage = control.Operation[struct{}, sandbox.Usage]("usage")
	// GetAccess gets credentials.
	GetAccess = control.Operation[AccessOf, environment.Access]("access")
	// Reset empties all accounts.
	Reset = control.Operation[struct{}, struct{}]("reset")
	// stop ends the process.
	stop = control.Operation[struct{}, struct{}]("stop")
)

// AccessOf says whose credentials to get.
type AccessOf struct {
	// Account is "source", "target" or an ID, also of an account that nobody has named yet.
	Account string `json:"account"`
	// Role is the ARN of a role that the account's administrator assumes. "" for the administrator.
	Role string `json:"role,omitempty"`
}

// process is a background process that is usable.
type process struct {
	sandbox   *sandbox.Sandbox
	directory string
	started   time.Time
	stop      func()
}

// serve makes a server answer every operation.
func (p *process) serve(s *control.Server) {
	GetStatus.Serve(s, func(context.Context, struct{}) (Status, error) { return p.status(), nil })
	p.serveWorkloads(s)
	GetDecisions.Serve(s, func(_ context.Context, after int64) ([]sandbox.Decision, error) {
		return p.sandbox.Decisions(after), nil
	})
	GetUsage.Serve(s, func(context.Context, struct{}) (sandbox.Usage, error) { return p.sandbox.Usage(), nil })
	GetAccess.Serve(s, func(ctx context.Context, of AccessOf) (environment.Access, error) {
		account, err := p.sandbox.Account(of.Account)
		if err != nil {
			return environment.Access{}, err
		}
		return p.sandbox.Access(ctx, account, of.Role)
	})
	Reset.Serve(s, func(ctx context.Context, _ struct{}) (struct{}, error) { return struct{}{}, p.sandbox.Reset(ctx) })
	stop.Serve(s, func(context.Context, struct{}) (struct{}, error) { p.stop(); return struct{}{}, nil })
}

func (p *process) status() Status {
	return Status{
		Directory: p.directory, Endpoint: p.sandbox.Endpoint(), Region: p.sandbox.Region, Accounts: accounts(p.sandbox),
		Process: os.Getpid(), Started: p.started.UTC().Truncate(time.Millisecond), Log: logFile(p.directory),
	}
}
