package objectevent

import (
	"errors"
	"fmt"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
)

// Failures are the messages of a batch that were not handled, each with its error, in the order of the batch.
type Failures []Failure

// Failure is one message that was not handled.
type Failure struct {
	// ID is the message's.
	ID string
	// Err is why.
	Err error
}

// HandleBatch handles the messages of a batch. start begins with the objects of one message and returns a function that waits for their end,
// or handles them. All messages are started before the first one is waited for. A message whose body is malformed fails without a start.
//
// The messages of a FIFO queue are handled one after the other, and behind the first one that fails no other is started: all of them fail, so
// that SQS delivers them again in their order.
//
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting
func HandleBatch(messages []Message, start func([]Object) (wait func() error)) Failures {
	if len(messages) > 0 && messages[0].group != "" {
		return handleInOrder(messages, start)
	}
	var failures Failures
	waits := make([]func() error, len(messages))
	for i, m := range messages {
		if waits[i] = func() error { return m.Err }; m.Err == nil {
			waits[i] = start(m.Objects)
		}
	}
	for i, wait := range waits {
		if err := wait(); err != nil {
			failures = append(failures, Failure{messages[i].ID, err})
		}
	}
	return failures
}

func handleInOrder(messages []Message, start func([]Object) func() error) (failures Failures) {
	for _, m := range messages {
		err := m.Err
		switch {
		case len(failures) > 0:
			err = fmt.Errorf("not handled, since message %s of this FIFO queue failed before it", event.Quote(failures[0].ID))
		case err == nil:
			err = start(m.Objects)()
		}
		if err != nil {
			failures = append(failures, Failure{m.ID, err})
		}
	}
	return failures
}

// IDs returns the IDs of the messages, which SQS is to deliver again.
func (f Failures) IDs() (ids []string) {
	for _, message := range f {
		ids = append(ids, message.ID)
	}
	return ids
}

// maxLogged is how many messages' errors the log has, and maxText the most bytes of each.
const (
	maxLogged = 20
	maxText   = 600
)

// messageError is the error of one message, cut behind its beginning.
type messageError struct{ Failure }

func (e *messageError) Error() string {
	return failure.Cut("message "+e.ID+": "+e.Err.Error(), maxText)
}
func (e *messageError) Unwrap() error { return e.Err }

// Err returns the error for the log, nil if no message failed.
func (f Failures) Err() error {
	var errs []error
	for _, message := range f[:min(len(f), maxLogged)] {
		errs = append(errs, &messageError{message})
	}
	if more := len(f) - len(errs); more > 0 {
		errs = append(errs, fmt.Errorf("and %d more messages", more))
	}
	return errors.Join(errs...)
}
