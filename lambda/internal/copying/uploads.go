package copying

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// An invocation that is killed, or an answer that is lost, leaves an upload that nobody completes or aborts, and S3 charges for its parts. The uploads
// that this function left are found in two ways. Beside each upload that it creates, it lists those of the same key; the earlier ones are aborted
// when the object is complete. At its end, a walk aborts those whose key needs no copy any more. "This function" is whom S3 names as the initiator
// of an upload that it has just created. Another invocation whose upload is aborted looks at the destination, and copies again if it has to.

// openUpload is an upload that is neither completed nor aborted.
type openUpload struct {
	key, id, initiator string
	initiated          time.Time
}

// maxOpen is how many open uploads of a prefix an invocation looks at; the next one sees the rest.
const maxOpen = 5000

// listUploads lists the open uploads under a prefix; exact are those of the key that is the prefix itself.
// See https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListMultipartUploads.html.
func (r *run) listUploads(ctx context.Context, prefix string, exact bool) (found []openUpload, err error) {
	in := &s3.ListMultipartUploadsInput{Bucket: &r.grant.Destination, Prefix: &prefix, EncodingType: types.EncodingTypeUrl}
	var progress s3keys.Progress
	for {
		out, err := r.client.ListMultipartUploads(ctx, in)
		if isDenied(err) {
			r.memory.uploadsDenied.Store(true)
		}
		if err != nil {
			return nil, err
		}
		others := false
		for _, u := range out.Uploads {
			key, err := s3keys.Decode(aws.ToString(u.Key), out.EncodingType)
			if err != nil {
				return nil, err
			}
			open := openUpload{key: key, id: aws.ToString(u.UploadId), initiated: aws.ToTime(u.Initiated)}
			if u.Initiator != nil {
				open.initiator = aws.ToString(u.Initiator.ID)
			}
			if others = key != prefix; !exact || !others {
				found = append(found, open)
			}
		}
		// The uploads of one key come before those of all longer keys.
		if !aws.ToBool(out.IsTruncated) || len(found) >= maxOpen || exact && others {
			return found, nil
		}
		next, err := s3keys.Decode(aws.ToString(out.NextKeyMarker), out.EncodingType)
		if err == nil {
			err = progress.Page(len(out.Uploads), next+"\n"+aws.ToString(out.NextUploadIdMarker))
		}
		if err != nil {
			return nil, fmt.Errorf("list the uploads of bucket %s: %w", r.grant.Destination, err)
		}
		in.KeyMarker, in.UploadIdMarker = &next, out.NextUploadIdMarker
	}
}

// earlierUploads returns the uploads of the same key and initiator that are not younger than u. S3 has their time in seconds. Without permission,
// or if S3 does not answer, there are none: to copy is more important.
func (r *run) earlierUploads(ctx context.Context, u upload) []openUpload {
	if r.memory.uploadsDenied.Load() {
		return nil
	}
	all, err := r.listUploads(ctx, u.Key, true)
	own := slices.IndexFunc(all, func(o openUpload) bool { return o.id == u.ID })
	if err != nil || own < 0 {
		return nil
	}
	r.memory.initiator.Store(&all[own].initiator)
	return slices.DeleteFunc(slices.Clone(all), func(o openUpload) bool {
		return o.id == u.ID || o.initiator != all[own].initiator || o.initiated.After(all[own].initiated)
	})
}

// abortUncertain aborts the uploads of a key that this function has created, if it knows as whom: one of them is the one whose creation S3 did not
// confirm.
func (r *run) abortUncertain(key string) {
	initiator := r.memory.initiator.Load()
	if initiator == nil || r.memory.uploadsDenied.Load() || r.cancelled() {
		return
	}
	all, _ := r.listUploads(r.finishBy, key, true)
	r.abortUploads(slices.DeleteFunc(all, func(o openUpload) bool { return o.initiator != *initiator }))
}

// abortUploads aborts uploads that an earlier invocation left.
func (r *run) abortUploads(left []openUpload) {
	for _, o := range left {
		if r.abortUpload(upload{Key: o.key, ID: o.id}) == nil {
			r.aborted.Add(1)
		}
	}
}

// abortUpload deletes the parts. If that fails, the next invocation finds the upload.
func (r *run) abortUpload(u upload) error {
	ctx, done := r.abortContext()
	defer done()
	_, err := r.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &r.grant.Destination, Key: &u.Key, UploadId: &u.ID})
	return err
}

// listLeft begins to list the open uploads of a walk's prefix: those that are open before the walk copies anything there.
func (w *walk) listLeft(prefix string) {
	if w.memory.uploadsDenied.Load() {
		return
	}
	w.jobsDone.Go(func() {
		var err error
		defer failure.Caught(&err) // what is left can wait
		found, _ := w.listUploads(w.startBy, prefix, false)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.left = append(w.left, found...)
	})
}

// abortLeft aborts the uploads that this function left for keys that need no copy any more: the destination has the same, or the origin has
// nothing. It is called when the walk's jobs have ended.
func (w *walk) abortLeft() {
	var needless []openUpload
	for _, o := range w.left {
		if initiator := w.memory.initiator.Load(); initiator != nil && o.initiator != *initiator {
			continue
		}
		w.start(false, func() {
			same, err := differs, error(nil)
			defer failure.Caught(&err)
			if same, err = w.compareKey(o.key, ""); err == errGone || err == nil && same != differs {
				w.mu.Lock()
				defer w.mu.Unlock()
				needless = append(needless, o)
			}
		})
	}
	w.jobsDone.Wait()
	if len(needless) == 0 || !w.learnInitiator(needless[0].key) {
		return
	}
	for _, o := range needless {
		if o.initiator == *w.memory.initiator.Load() {
			w.start(false, func() { w.abortUploads([]openUpload{o}) })
		}
	}
	w.jobsDone.Wait()
}

// learnInitiator finds out as whom S3 lists the uploads of this function, by an upload that is aborted at once. The process does so once.
func (r *run) learnInitiator(key string) bool {
	if r.memory.initiator.Load() != nil {
		return true
	}
	id, err := r.createUpload(key, &s3.CreateMultipartUploadInput{})
	if err != nil {
		return false
	}
	u := upload{Key: key, ID: id}
	r.earlierUploads(r.finishBy, u)
	_ = r.abortUpload(u)
	return r.memory.initiator.Load() != nil
}
