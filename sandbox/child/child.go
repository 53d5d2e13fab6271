// Package child runs programs whose whole process tree ends with them: on their own end, on Stop, and when a context is cancelled.
// It does not restart anything, knows nothing of what it runs, and does not follow a descendant into a process group of its own.
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

const defaultGrace = 5 * time.Second

// Spec is what to run.
type Spec struct {
	// Name is the program, looked up on the PATH unless it has a slash. Required.
	Name string
	// Args are its arguments.
	Args []string
	// Dir is its working directory. Default this process's.
	Dir string
	// Env is its whole environment, KEY=VALUE. Default this process's.
	Env []string
	// Output takes what it prints on both streams, until Done. Default nothing is kept.
	Output io.Writer
	// Grace is how long the program, and what it started, have to end after they were asked to, before they are killed.
	// Default 5 seconds.
	Grace time.Duration
}

// Process is a running program with all that it started.
type Process struct {
	command *exec.Cmd
	printed *output
	grace   time.Duration
	done    chan struct{}
	err     error
}

// Start starts the program in a process group of its own, so that a Ctrl-C in the terminal reaches it only by way of Stop.
func Start(spec Spec) (*Process, error) {
	command := exec.Command(spec.Name, spec.Args...)
	command.Dir, command.Env = spec.Dir, spec.Env
	ownGroup(command)
	printed, err := capture(command, spec.Output)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	err = command.Start()
	printed.started(err == nil)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	p := &Process{command: command, printed: printed, grace: spec.Grace, done: make(chan struct{})}
	if p.grace == 0 {
		p.grace = defaultGrace
	}
	go p.supervise()
	return p, nil
}

// supervise waits for the program, and then ends what it left behind: later its group's number may be another's.
func (p *Process) supervise() {
	p.err = p.command.Wait()
	leader := p.command.Process
	terminate(leader)
	for deadline := time.Now().Add(p.grace); alive(leader) && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	kill(leader)
	if err := p.printed.finish(p.grace); p.err == nil {
		p.err = err
	}
	close(p.done)
}

// Run starts the program and waits for its end. If ctx is cancelled first, it stops it and returns ctx's error.
func Run(ctx context.Context, spec Spec) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p, err := Start(spec)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		p.Stop()
		return ctx.Err()
	}
}

// Done is closed when the program has ended, and all that it left behind.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns how the program ended, after Done: nil, or an error that tells the exit code.
func (p *Process) Err() error {
	if p.ended() {
		return p.err
	}
	return errors.New("still running")
}

func (p *Process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Stop asks the program and all that it started to end, kills what is left after the grace, and waits for the end. It may be
// called more than once, and after the end.
func (p *Process) Stop() {
	if p.ended() {
		return
	}
	leader := p.command.Process
	terminate(leader)
	select {
	case <-p.done:
		return
	case <-time.After(p.grace):
	}
	if !p.ended() {
		kill(leader)
	}
	<-p.done
}
