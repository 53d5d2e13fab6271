package subprocess

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// output copies the output of a program to a writer. exec.Cmd does so too, but then its Wait lasts until the last process that the program
// left behind has closed the pipe.
type output struct {
	reader, writer *os.File // nil if nothing has to be copied
	to             io.Writer
	copied         chan struct{}
	err            error
}

func capture(command *exec.Cmd, to io.Writer) (*output, error) {
	o := &output{to: to, copied: make(chan struct{})}
	switch to := to.(type) {
	case nil:
		return o, nil
	case *os.File:
		command.Stdout, command.Stderr = to, to // the program writes to the file itself
		return o, nil
	}
	var err error
	if o.reader, o.writer, err = os.Pipe(); err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = o.writer, o.writer
	return o, nil
}

// started closes this process's copy of the write end of the pipe and, if the program is running, starts to copy.
func (o *output) started(running bool) {
	if o.reader == nil {
		close(o.copied)
		return
	}
	o.writer.Close()
	if !running {
		o.reader.Close()
		close(o.copied)
		return
	}
	go func() {
		_, o.err = io.Copy(o.to, o.reader)
		o.reader.Close() // if the writer failed, the program must get an error, not block on a full pipe
		close(o.copied)
	}()
}

// finish waits until everything is copied. A process that still holds the pipe after the grace period has left the process group.
func (o *output) finish(grace time.Duration) error {
	select {
	case <-o.copied:
	case <-time.After(grace):
		o.reader.Close()
		<-o.copied
	}
	if errors.Is(o.err, os.ErrClosed) {
		return nil
	}
	return o.err
}

// tailSize is the number of bytes that a Tail keeps.
const tailSize = 64 << 10

// Tail keeps the last 64 KiB that are written to it. As the Output of a program, it provides the end of the output for an error message. It is
// safe for concurrent use.
type Tail struct {
	mutex sync.Mutex
	kept  bytes.Buffer
}

// Write never returns an error.
func (t *Tail) Write(p []byte) (int, error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.kept.Write(p)
	if extra := t.kept.Len() - tailSize; extra > 0 {
		t.kept.Next(extra)
	}
	return len(p), nil
}

// String returns what is kept so far.
func (t *Tail) String() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return t.kept.String()
}
