package copying

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"

	"github.com/crossgrant/crossgrant/lambda/internal/answer"
)

const (
	// failedKeyRoom is the most that one failed key takes: a key of 1,024 bytes, each of them seven after JSON in a JSON string, and a message.
	failedKeyRoom = 12 << 10
	// tail is room for the rest: the token and the numbers.
	tail = 2 * maxToken
)

// report is an answer under construction. It is safe for concurrent use.
type report struct {
	mu       sync.Mutex
	maxBytes int
	bytes    int // of the failed keys, as JSON within the JSON string of a function error
	unlisted int // failed keys without room in the answer
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
	Failed       []FailedKey `json:"failed"`
	Next         string      `json:"next,omitempty"`
}

func (p *report) copied(bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.body.Copied++
	p.body.Bytes += bytes
}

func (p *report) skipped(v comparison) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch v {
	case byETag:
		p.body.Skipped.ETag++
	case byChecksum:
		p.body.Skipped.Checksum++
	default:
		p.body.Skipped.Time++
	}
}

func (p *report) gone() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.body.Gone++
}

func (p *report) failed(f FailedKey) {
	p.mu.Lock()
	defer p.mu.Unlock()
	text, _ := answer.JSON(f)
	escaped, _ := json.Marshal(string(text)) // as the handler writes the message of an error
	if p.bytes+len(escaped)+tail > p.maxBytes && len(p.body.Failed) > 0 {
		p.unlisted++
		return
	}
	p.bytes += len(escaped)
	p.body.Failed = append(p.body.Failed, f)
}

// full reports whether the answer might have no room if all running jobs, and one more, failed.
func (p *report) full(running int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.body.Failed) > 0 && p.bytes+(running+1)*failedKeyRoom+tail > p.maxBytes
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
	f := p.body.Failed[0]
	return fmt.Errorf("%d keys were not copied, the first of them %q: %s: %s: %s", n, f.Key, f.Operation, f.Code, f.Message)
}

func (p *report) counts() []slog.Attr {
	return []slog.Attr{
		slog.Int("copied", p.body.Copied), slog.Int64("bytes", p.body.Bytes), slog.Int("skippedByETag", p.body.Skipped.ETag),
		slog.Int("skippedByChecksum", p.body.Skipped.Checksum), slog.Int("skippedByTime", p.body.Skipped.Time),
		slog.Int("gone", p.body.Gone), slog.Int("failed", len(p.body.Failed)+p.unlisted), slog.Bool("more", p.body.Next != ""),
	}
}
