// Package subprocess runs programs of which no process is left behind: when a program ends, when Stop is called or a context is cancelled, all
// the processes that it started are stopped too. It does this by process groups, so it misses a process that moves to a group of its own. If
// this process is killed, nothing stops the others.
package subprocess

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

const defaultGrace = 5 * time.Second

// Spec describes a program to run.
type Spec struct {
	// Name is the program. It is looked up in PATH unless it contains a slash. Required.
	Name string
	// Args are the arguments, without the name.
	Args []string
	// Dir is the working directory. Default that of this process.
	Dir string
	// Env is the whole environment, as KEY=VALUE. Default that of this process.
	Env []string
	// Input is standard input. Default none.
	Input *os.File
	// Output receives standard output and standard error, until Done. Default: both are discarded.
	Output io.Writer
	// Grace is the time between the request to end and the kill. Default 5 seconds.
	Grace time.Duration
}

// Process is a running program and the processes that it started. It is safe for concurrent use.
type Process struct {
	command *exec.Cmd
	output  *output
	grace   time.Duration
	done    chan struct{}
	err     error
}

// Start starts the program in its own process group, so that Ctrl-C in the terminal does not reach it. The caller must call Stop or wait for
// Done.
func Start(spec Spec) (*Process, error) {
	command := exec.Command(spec.Name, spec.Args...)
	command.Dir, command.Env = spec.Dir, spec.Env
	if spec.Input != nil {
		command.Stdin = spec.Input
	}
	ownGroup(command)
	out, err := capture(command, spec.Output)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	err = command.Start()
	out.started(err == nil)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	p := &Process{command: command, output: out, grace: spec.Grace, done: make(chan struct{})}
	if p.grace == 0 {
		p.grace = defaultGrace
	}
	go p.supervise()
	return p, nil
}

// supervise waits for the program and stops the rest of its group at once: later, the group ID may belong to other processes.
func (p *Process) supervise() {
	p.err = p.command.Wait()
	leader := p.command.Process
	terminate(leader)
	for deadline := time.Now().Add(p.grace); alive(leader) && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	kill(leader)
	if err := p.output.finish(p.grace); p.err == nil {
		p.err = err
	}
	close(p.done)
}

// Run starts the program and waits for its end. If ctx is cancelled first, Run stops the program and returns the error of ctx.
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

// ID returns the process ID of the program.
func (p *Process) ID() int { return p.command.Process.Pid }

// Done returns a channel that is closed when the program and all its processes have ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns nil if the program succeeded, or an error with its exit code. It may be called after Done is closed.
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

// Stop sends SIGTERM to the program and the processes that it started, SIGKILL to those that are left after the grace period, and waits for
// the end. It may be called more than once, and after the end.
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
