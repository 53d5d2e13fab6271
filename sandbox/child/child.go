// Package child runs programs whose whole process tree ends with them: on Stop, and when a context is cancelled. It does not
// restart anything and knows nothing of what it runs.
package child

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// grace is how long a process has to end by itself after it was asked to, before it is killed.
const grace = 5 * time.Second

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
	// Output takes what it prints on both streams. Default nothing is kept.
	Output io.Writer
}

// Process is a running program with all that it started.
type Process struct {
	command *exec.Cmd
	done    chan struct{}
	err     error
}

// Start starts the program in a process group of its own, so that a Ctrl-C in the terminal reaches it only by way of Stop.
func Start(spec Spec) (*Process, error) {
	command := exec.Command(spec.Name, spec.Args...)
	command.Dir, command.Env = spec.Dir, spec.Env
	command.Stdout, command.Stderr = spec.Output, spec.Output
	command.WaitDelay = grace
	ownGroup(command)
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Name, err)
	}
	p := &Process{command: command, done: make(chan struct{})}
	go func() {
		p.err = command.Wait()
		close(p.done)
	}()
	return p, nil
}

// Run starts the program and waits for its end. If ctx is cancelled first, it stops it and returns ctx's error.
func Run(ctx context.Context, spec Spec) error {
	p, err := Start(spec)
	if err != nil {
		return err
	}
	select {
	case <-p.done:
		terminate(p.command.Process.Pid) // what it left behind in its group
		return p.err
	case <-ctx.Done():
		p.Stop()
		return ctx.Err()
	}
}

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns how the program ended, after Done: nil, or an error that tells the exit code.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return errors.New("still running")
	}
}

// Stop asks the program and all that it started to end, kills what is left after five seconds, and waits for the end. It may be
// called more than once.
func (p *Process) Stop() {
	pid := p.command.Process.Pid
	terminate(pid)
	select {
	case <-p.done:
	case <-time.After(grace):
	}
	kill(pid)
	<-p.done
}
