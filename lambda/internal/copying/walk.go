package copying

import (
	"cmp"
	"errors"
	"slices"

	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// walk copies the keys of both buckets in order, comparing key by key.
type walk struct {
	*run
	wanted  request
	last    string          // every key up to here was looked at
	resumed map[string]bool // keys of the uploads that were resumed
	pages   int
	more    bool // whether it ended before the last key
}

func newWalk(r *run, wanted request) *walk {
	return &walk{run: r, wanted: wanted, last: wanted.from.After, resumed: map[string]bool{}}
}

// all copies as much as the time permits, and returns the error of a listing.
func (w *walk) all() error {
	w.resumeUploads()
	err := w.prefixes()
	w.jobsDone.Wait()
	if err != nil && w.tooLate() { // the listing failed because the time is over
		w.more = true
		return nil
	}
	return err
}

// resumeUploads resumes the uploads that an earlier invocation left: at most as many as can run at once.
func (w *walk) resumeUploads() {
	for _, u := range w.wanted.from.Uploads {
		w.resumed[u.Key] = true
		started := w.uploads.Acquire(w.startBy, 1) == nil
		if started && !w.start(func() {
			defer w.uploads.Release(1)
			c, bytes, err := w.resumeUpload(u)
			if stop := (*stopped)(nil); errors.As(err, &stop) && stop.upload == nil {
				err = &stopped{&upload{Key: u.Key}} // its position in the walk is unknown
			}
			w.record(u.Key, "", c, bytes, err)
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

// prefix starts a job for each of the origin's keys that needs one.
func (w *walk) prefix(prefix string) error {
	origins := newCursor(w.client, w.jobsDone.Go, w.grant.Origin, prefix, w.last)
	destinations := newCursor(w.client, w.jobsDone.Go, w.grant.Destination, prefix, w.last)
	defer func() { w.pages += origins.pages + destinations.pages }()
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
	if w.resumed[origin.key] {
		return true
	}
	switch c := compare(origin, destination, exists); {
	case c == byETag:
		w.report.skipped(c)
		return true
	case c == undecided && w.headDenied.Load():
		w.report.skipped(byTime)
		return true
	case w.report.full(int(w.running.Load())):
		return false
	}
	before := w.last
	return w.start(func() {
		c, bytes, err := w.copyUnlessSame(origin, destination, exists)
		w.record(origin.key, before, c, bytes, err)
	})
}

// position is where the next walk continues: before the first key whose copy was stopped, except for uploads, which it resumes by key.
func (w *walk) position() position {
	p := position{After: w.last}
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
