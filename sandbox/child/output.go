package child

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"time"
)

// output carries what a program prints to a writer. exec.Cmd does that too, but its Wait then holds until the last process that
// the program left behind has closed the pipe.
type output struct {
	reader, writer *os.File // nil if there is nothing to carry
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
		command.Stdout, command.Stderr = to, to // the program can write there itself
		return o, nil
	}
	var err error
	if o.reader, o.writer, err = os.Pipe(); err != nil {
		return nil, err
	}
	command.Stdout, command.Stderr = o.writer, o.writer
	return o, nil
}

// started drops this process's copy of the program's end of the pipe, and begins to carry if the program is running.
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
		o.reader.Close() // if the writer refused, the program must see it, not hang on a full pipe
		close(o.copied)
	}()
}

// finish waits until everything was carried; what still holds the pipe after the grace has left the process group.
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
