package copying

import (
	"errors"
	"fmt"
	"sync"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/objectevent"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// maxLogged is how many messages' errors the log holds.
const maxLogged = 20

// objects copies what a notification is about. An upload in parts that is not done in time is aborted: what comes again is the
// notification, and it has no place for the upload.
func (r *run) objects(objects []objectevent.Object) {
	for _, o := range objects {
		r.notice(o, func(err error) { r.report.failed(r.f.grant.faultOf(o.Key, err)) })
	}
	r.done.Wait()
}

// messages copies what each message is about, and returns the ids of those that are to come again, with their errors for the log.
func (r *run) messages(messages []objectevent.Message) (failed []string, logged error) {
	var mu sync.Mutex
	wrong := make([]error, len(messages))
	for i, m := range messages {
		wrong[i] = m.Err
		for _, o := range m.Objects {
			r.notice(o, func(err error) {
				f := r.f.grant.faultOf(o.Key, err)
				mu.Lock()
				defer mu.Unlock()
				wrong[i] = fmt.Errorf("key %q: %s: %s: %s", f.Key, f.Operation, f.Code, f.Message)
			})
		}
	}
	r.done.Wait()
	var errs []error
	for i, err := range wrong {
		if err == nil {
			continue
		}
		failed = append(failed, messages[i].ID)
		if len(errs) < maxLogged {
			errs = append(errs, fmt.Errorf("message %s: %w", messages[i].ID, err))
		}
	}
	if more := len(failed) - len(errs); more > 0 {
		errs = append(errs, fmt.Errorf("and %d more messages", more))
	}
	return failed, errors.Join(errs...)
}

// notice copies one object; failed is called with the error if it is not copied.
func (r *run) notice(o objectevent.Object, failed func(error)) {
	if err := r.foreign(o); err != nil {
		failed(err)
		return
	}
	if !r.start(func() {
		bytes, err := r.copyLarge(o.Key)
		if err = r.settle(differs, bytes, err); err != nil {
			failed(err)
		}
	}) {
		failed(&stopped{})
	}
}

// refusal is an object that is not this function's to copy.
type refusal struct{ code, message string }

func (r *refusal) Error() string { return r.message }

func (r *run) foreign(o objectevent.Object) error {
	switch {
	case o.Bucket != r.f.grant.Origin:
		return &refusal{"OtherBucket", fmt.Sprintf("found an object of bucket %s, expected one of bucket %s; check what sends the notification",
			event.Quote(o.Bucket), r.f.grant.Origin)}
	case !s3keys.Covers(r.f.prefixes, o.Key):
		return &refusal{"OutsidePrefixes", "found a key outside of the granted prefixes; check what sends the notification, and its filter"}
	}
	return nil
}
