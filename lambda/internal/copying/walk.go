package copying

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/objectevent"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// walk copies the keys of both buckets in order, comparing key by key.
type walk struct {
	*run
	wanted  request
	last    string          // every key up to here was looked at
	resumed map[string]bool // keys of the uploads that were resumed
	left    []openUpload    // that were open when the walk began with their prefix
	byETag  int             // keys that were skipped at once, see skips
	byTime  int
	large   []int // items of a batch that are to be copied by invocations of their own
	pages   int
	more    bool  // whether it ended before the last key
	cause   error // of a listing that was not done in time
}

func newWalk(r *run, wanted request) *walk {
	return &walk{run: r, wanted: wanted, last: wanted.from.After, resumed: map[string]bool{}}
}

// all copies as much as the time permits, and returns the error of a listing.
func (w *walk) all() error {
	w.resumeUploads()
	err := w.prefixes()
	w.jobsDone.Wait()
	w.report.skipped(byETag, w.byETag)
	w.report.skipped(byTime, w.byTime)
	if err != nil && w.tooLate() { // the listing failed because the time is over
		w.more, w.cause = true, w.reached(err)
		return nil
	}
	if err == nil && !w.more && len(w.unfinished) == 0 && w.wanted.batch == nil {
		w.abortLeft()
	}
	return err
}

// resumeUploads resumes the uploads that an earlier invocation left: at most as many as can run at once.
func (w *walk) resumeUploads() {
	for _, u := range w.wanted.from.Uploads {
		w.resumed[u.Key] = true
		started := w.uploads.Acquire(w.startBy, 1) == nil
		if started && !w.start(false, func() {
			defer w.uploads.Release(1)
			copied, err := guarded(func() (outcome, error) { return w.resumeUpload(u) })
			if stop := (*stopped)(nil); errors.As(err, &stop) && stop.upload == nil {
				err = &stopped{&upload{Key: u.Key}, stop.cause} // its position in the walk is unknown
			}
			w.record(u.Key, "", copied, err)
		}) {
			w.uploads.Release(1)
			started = false
		}
		if !started {
			w.addUnfinished(unfinished{key: u.Key, upload: &u})
		}
	}
}

func (w *walk) prefixes() error {
	for _, prefix := range w.wanted.prefixes {
		if s3keys.Passed(prefix, w.last) {
			continue
		}
		if err := w.prefix(prefix); err != nil || w.more {
			return err
		}
	}
	return nil
}

// source has objects of the origin in the order of their keys.
type source interface {
	seek(ctx context.Context, key string) (entry, bool, error)
	advance(entry)
}

// prefix starts a job for each of the origin's keys that needs one.
func (w *walk) prefix(prefix string) error {
	if w.wanted.batch != nil {
		return w.items(prefix)
	}
	w.listLeft(prefix)
	origins := newCursor(w.client, w.jobsDone.Go, w.grant.Origin, prefix, w.last)
	destinations := newCursor(w.client, w.jobsDone.Go, w.grant.Destination, prefix, w.last)
	defer func() { w.pages += origins.pages + destinations.pages }()
	origins.begin(w.startBy)
	destinations.begin(w.startBy)
	return w.compareAll(origins, destinations)
}

// compareAll starts a job for each object of the source that the destination does not have.
func (w *walk) compareAll(origins source, destinations *cursor) error {
	for {
		origin, ok, err := origins.seek(w.startBy, "")
		if err != nil || !ok {
			return err
		}
		destination, ok, err := destinations.seek(w.startBy, origin.key)
		if err != nil {
			return err
		}
		exists := ok && destination.key == origin.key
		if !w.visit(origin, destination, exists) {
			w.more = true
			return nil
		}
		if exists {
			destinations.advance(destination)
		}
		origins.advance(origin)
		w.last = origin.key
	}
}

// visit copies one key if it has to be, or returns false if it is too late or the answer has no room.
func (w *walk) visit(origin, destination entry, exists bool) bool {
	if len(w.resumed) > 0 && w.resumed[origin.key] {
		return true
	}
	switch c := compare(origin, destination, exists); {
	case c == byETag:
		w.byETag++
		return true
	case c == undecided && w.memory.headDenied.Load():
		w.byTime++
		return true
	case c == differs:
		if i, large := w.wanted.batch.isLarge(origin); large {
			if origin.key > w.wanted.from.Large {
				w.large = append(w.large, i)
			}
			return true
		}
	}
	if !w.report.reserve(origin.key) {
		return false
	}
	before := w.last
	started := w.start(origin.size == unknownSize || origin.size > w.grant.PartBytes, func() {
		defer w.report.free(origin.key)
		copied, err := guarded(func() (outcome, error) {
			if origin.size == unknownSize {
				return w.copyNotified(objectevent.Object{Key: origin.key, Size: unknownSize})
			}
			return w.copyUnlessSame(origin, destination, exists)
		})
		w.record(origin.key, before, copied, err)
	})
	if !started {
		w.report.free(origin.key)
	}
	return started
}

// reason is why the walk did not come to its end, if S3 refused or did not answer what was asked for last; nil if only the time was over. It begins
// with the code and the key.
func (w *walk) reason() *failure.Failure {
	cause, key := w.cause, ""
	for _, u := range w.unfinished {
		if !isReason(cause) && isReason(u.cause) {
			cause, key = u.cause, "key "+event.Quote(u.key)+": "
		}
	}
	if !isReason(cause) {
		return nil
	}
	known := failure.Of(cause, w.grant.failures())
	known.Message = fmt.Sprintf("%s: %s%s", known.Code, key, known.Message)
	return &known
}

// noProgress is the error of an invocation that finished nothing, since the next one would not get further either; nil if keys failed, which is an
// error of its own. It names the time only if there is no other reason.
func (w *walk) noProgress(reason *failure.Failure) error {
	if len(w.report.body.Failed) > 0 {
		return nil
	}
	if reason != nil {
		reason.Message += "; nothing was copied before the function's time was over"
		return reason
	}
	such := ""
	if len(w.unfinished) > 0 {
		such = " such as " + event.Quote(w.unfinished[0].key)
	}
	return &failure.Failure{Status: http.StatusInternalServerError, Code: failure.CodeOutOfTime, Message: "the function's time ended before one object" + such +
		" could be copied; raise its timeout, or lower CROSSGRANT_COPY_PART_MIB or CROSSGRANT_COPY_PARALLEL"}
}

// position is where the next walk continues: before the first key whose copy was stopped, except for uploads, which it resumes by key.
func (w *walk) position() position {
	p := position{After: w.last}
	if len(w.large) > 0 || w.wanted.from.Large != "" {
		p.Large = max(w.last, w.wanted.from.Large)
	}
	for _, u := range w.unfinished {
		if u.upload == nil {
			p.After = min(p.After, u.before)
		} else {
			p.Uploads = append(p.Uploads, *u.upload)
		}
	}
	slices.SortFunc(p.Uploads, func(a, b upload) int { return cmp.Compare(a.Key, b.Key) })
	return p
}
