package failure

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// panicked is a panic as an error.
type panicked struct {
	value any
	stack string
}

// Error says what the panic was about, for the log.
func (p *panicked) Error() string { return "panic: " + Cut(fmt.Sprint(p.value), 1<<10) }

// Unwrap returns the error with which the code panicked, if it was one.
func (p *panicked) Unwrap() error {
	err, _ := p.value.(error)
	return err
}

// Caught turns a panic into an error, which [Of] calls an internal one. It has to be deferred by each goroutine of a function: a panic in a goroutine
// ends the process without a log line, and the caller never gets its answer.
func Caught(err *error) {
	if value := recover(); value != nil {
		*err = &panicked{value, string(debug.Stack())}
	}
}

// maxTrace is the most bytes of a trace in the log.
const maxTrace = 8 << 10

// Trace returns the trace of a panic, for the log; empty if err is none.
func Trace(err error) string {
	var p *panicked
	if !errors.As(err, &p) {
		return ""
	}
	return Cut(p.stack, maxTrace)
}
