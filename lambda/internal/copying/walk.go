package copying

import (
	"cmp"
	"errors"
	"slices"

	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// walk goes through the keys of both buckets side by side.
type walk struct {
	*run
	wanted  request
	last    string          // every key up to here was looked at
	resumed map[string]bool // keys of the uploads that were taken up
	pages   int
	more    bool // whether it ended before the last key
}

func newWalk(r *run, wanted request) *walk {
	return &walk{run: r, wanted: wanted, last: wanted.from.After, resumed: map[string]bool{}}
}

// all does as much as there is time for, and returns the error of a listing.
func (w *walk) all() error {
	w.takeUp()
	err := w.prefixes()
	w.done.Wait()
	if err != nil && w.over() { // the listing was what the end of the time stopped
		w.more = true
		return nil
	}
	return err
}

// takeUp begins with the uploads that were left: they have waited the longest, and there are never more than can run.
func (w *walk) takeUp() {
	for _, u := range w.wanted.from.Uploads {
		w.resumed[u.Key] = true
		begun := w.uploads.Acquire(w.begin, 1) == nil
		if begun && !w.start(func() {
			defer w.uploads.Release(1)
			v, bytes, err := w.resume(u)
			if halt := (*stopped)(nil); errors.As(err, &halt) && halt.upload == nil {
				err = &stopped{&upload{Key: u.Key}} // its place in the walk is unknown
			}
			w.record(u.Key, "", v, bytes, err)
		}) {
			w.uploads.Release(1)
			begun = false
		}
		if !begun {
			w.leave(leftover{key: u.Key, upload: &u})
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
	origin := newSide(w.client, w.done.Go, w.f.grant.Origin, prefix, w.last)
	destination := newSide(w.client, w.done.Go, w.f.grant.Destination, prefix, w.last)
	defer func() { w.pages += origin.pages + destination.pages }()
	for {
		theirs, ok, err := origin.next(w.begin, "")
		if err != nil || !ok {
			return err
		}
		ours, ok, err := destination.next(w.begin, theirs.key)
		if err != nil {
			return err
		}
		there := ok && ours.key == theirs.key
		if !w.visit(theirs, ours, there) {
			w.more = true
			return nil
		}
		if there {
			destination.take(ours)
		}
		origin.take(theirs)
		w.last = theirs.key
	}
}

// visit deals with one key, or returns false if there is no time or no room left for it.
func (w *walk) visit(theirs, ours entry, there bool) bool {
	if w.resumed[theirs.key] {
		return true
	}
	switch v := judge(theirs, ours, there); {
	case v == byETag:
		w.report.skipped(v)
		return true
	case v == unsure && w.f.blind.Load():
		w.report.skipped(byTime)
		return true
	case w.report.full(int(w.running.Load())):
		return false
	}
	before := w.last
	return w.start(func() {
		v, bytes, err := w.reconcile(theirs, ours, there)
		w.record(theirs.key, before, v, bytes, err)
	})
}

// position is where the next walk goes on: before the first key whose copy was stopped, but for uploads, which it takes up by name.
func (w *walk) position() position {
	p := position{After: w.last}
	for _, l := range w.left {
		if l.upload == nil {
			p.After = min(p.After, l.before)
		} else {
			p.Uploads = append(p.Uploads, *l.upload)
		}
	}
	slices.SortFunc(p.Uploads, func(a, b upload) int { return cmp.Compare(a.Key, b.Key) })
	return p
}
