package background

import (
	"context"
	"os"
	"time"

	"github.com/crossgrant/crossgrant/sandbox"
	"github.com/crossgrant/crossgrant/sandbox/control"
)

// The operations of a background process.
const (
	// GetStatus says what is known of the sandbox.
	GetStatus = control.Operation[struct{}, Status]("status")
	// GetDecisions are the last decisions with a greater number than the one that is given, the oldest one first.
	GetDecisions = control.Operation[int64, []sandbox.Decision]("decisions")
	// GetUsage says what the deployed policies permit that no request needed.
	GetUsage = control.Operation[struct{}, sandbox.Usage]("usage")
	// stop ends the process.
	stop = control.Operation[struct{}, struct{}]("stop")
)

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
	stop.Serve(s, func(context.Context, struct{}) (struct{}, error) { p.stop(); return struct{}{}, nil })
}

func (p *process) status() Status {
	return Status{
		Directory: p.directory, Endpoint: p.sandbox.Endpoint(), Region: p.sandbox.Region, Accounts: accounts(p.sandbox),
		Process: os.Getpid(), Started: p.started.UTC().Truncate(time.Millisecond), Log: logFile(p.directory),
	}
}
