package copying

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
)

// tail is room for the rest of the answer: the token and the numbers.
const tail = 2 * maxToken

// roomFor is the most that a failed key takes: its bytes and those of the message may each become seven by JSON in a JSON string.
func roomFor(key string) int { return 7*(len(key)+maxMessage) + 256 }

// report is an answer under construction. It is safe for concurrent use.
type report struct {
	mu       sync.Mutex
	maxBytes int
	bytes    int             // of the failed keys, as JSON within the JSON string of a function error
	reserved int             // for running jobs
	unlisted int             // failed keys without room in the answer
	brief    map[string]bool // what the message was given for already, where it is given once; nil where each key has it
	first    error           // of the failed keys, for the log
	body     body
}

type skips struct {
	ETag     int `json:"etag"`
	Checksum int `json:"checksum"`
	Time     int `json:"time"`
}

// body is the answer. With a status code it is also the failure of the invocation.
type body struct {
	StatusCode   int         `json:"statusCode,omitempty"`
	Error        string      `json:"error,omitempty"`
	RequestID    string      `json:"requestId,omitempty"`
	AWSRequestID string      `json:"awsRequestId,omitempty"`
	Origin       string      `json:"origin"`
	Destination  string      `json:"destination"`
	Copied       int         `json:"copied"`
	Bytes        int64       `json:"bytes"`
	Skipped      skips       `json:"skipped"`
	Gone         int         `json:"gone"`
	Retries      int64       `json:"retries"`
	Throttled    int64       `json:"throttled"`
	Items        *int        `json:"items,omitempty"`   // of a batch
	Ignored      int         `json:"ignored,omitempty"` // of them: other versions than the current one, delete markers, and duplicates
	Large        []int       `json:"large,omitempty"`   // of them, by number from 0: those to copy by invocations of their own
	Failed       []FailedKey `json:"failed"`
	Next         string      `json:"next,omitempty"`
	Reason       string      `json:"reason,omitempty"` // why there is a next, if it is not the time alone
}

func (p *report) copied(bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.body.Copied++
	p.body.Bytes += bytes
}

func (p *report) skipped(c comparison, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch c {
	case byETag:
		p.body.Skipped.ETag += n
	case byChecksum:
		p.body.Skipped.Checksum += n
	default:
		p.body.Skipped.Time += n
	}
}

func (p *report) gone() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.body.Gone++
}

func (p *report) failed(f loggedKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	listed := f.FailedKey
	if same := f.Operation + " " + f.Code; p.brief != nil && p.brief[same] {
		listed.Message = ""
	} else if p.brief != nil {
		p.brief[same] = true
	}
	text, _ := answer.JSON(listed)
	escaped, _ := json.Marshal(string(text)) // as the handler writes the message of an error
	if p.bytes+len(escaped)+tail > p.maxBytes && len(p.body.Failed) > 0 {
		p.unlisted++
		return
	}
	p.bytes += len(escaped)
	p.body.Failed = append(p.body.Failed, listed)
	if p.first == nil {
		p.first = f
	}
}

// reserve keeps room for a key in case that its job fails; false if the answer might then have no room for all running jobs.
func (p *report) reserve(key string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	room := roomFor(key)
	if p.brief == nil && len(p.body.Failed) > 0 && p.bytes+p.reserved+room+tail > p.maxBytes {
		return false
	}
	p.reserved += room
	return true
}

// free is the reverse of reserve, after the job has ended.
func (p *report) free(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reserved -= roomFor(key)
}

// json returns the answer, after all jobs have ended.
func (p *report) json() []byte {
	if p.body.Failed == nil {
		p.body.Failed = []FailedKey{}
	}
	if p.unlisted > 0 {
		p.body.Failed = append(p.body.Failed, FailedKey{Code: "TooMany", Message: fmt.Sprintf("%d more keys failed, for which the answer has no room", p.unlisted)})
	}
	text, err := answer.JSON(p.body)
	if err != nil {
		panic(err) // strings and numbers always encode
	}
	return text
}

// err is the error for the log: how many keys failed, and the first of them. The answer has them all.
func (p *report) err() error {
	n := len(p.body.Failed) + p.unlisted
	if n == 0 {
		return nil
	}
	if n == 1 {
		return p.first
	}
	return fmt.Errorf("%w; it is the first of %d keys that were not copied", p.first, n)
}

func (p *report) counts() []slog.Attr {
	counts := []slog.Attr{
		slog.Int("copied", p.body.Copied), slog.Int64("bytes", p.body.Bytes), slog.Int("skippedByETag", p.body.Skipped.ETag),
		slog.Int("skippedByChecksum", p.body.Skipped.Checksum), slog.Int("skippedByTime", p.body.Skipped.Time),
		slog.Int("gone", p.body.Gone), slog.Int("failed", len(p.body.Failed)+p.unlisted), slog.Bool("more", p.body.Next != ""),
		slog.Int64("retries", p.body.Retries), slog.Int64("throttled", p.body.Throttled),
	}
	if p.body.Reason != "" {
		counts = append(counts, slog.String("reason", p.body.Reason))
	}
	return counts
}
