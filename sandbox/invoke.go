package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/crossgrant/crossgrant/assembly"
)

// Invocation is what came of an invocation of a function.
type Invocation struct {
	// Function is the name of the function, and Account the ID of its account.
	Function string `json:"function"`
	Account  string `json:"account"`
	// Payload is the response, or an error as JSON with errorMessage and errorType.
	Payload string `json:"payload"`
	// Failed reports that Payload is an error: the function returned one, exited, or timed out.
	Failed bool `json:"failed"`
	// Cold reports that its program was started for it.
	Cold bool `json:"cold"`
	// Milliseconds is how long the invocation took, with the start of the program.
	Milliseconds int64 `json:"milliseconds"`
	// Log is what the function wrote meanwhile, at most the last 64 KiB.
	Log string `json:"log"`
}

// running is a function whose program is kept between invocations.
type running struct {
	turn     chan struct{} // a semaphore of one, which guards what follows
	function *Function

	mutex sync.Mutex // guards what follows, also from those who read the log
	marks []mark
}

// mark is where the log was at a time.
type mark struct {
	at     time.Time
	offset int64
}

// maxLog is how large the log of a function becomes before it is emptied, in bytes.
const maxLog = 16 << 20

// Invoke invokes a deployed function with an event, once its last invocation has ended. The function's program is kept for the next invocation; after a
// deployment that changes the function, another one is started. The function is named as find says; a nil account means any.
func (s *Sandbox) Invoke(ctx context.Context, account *Account, name string, event []byte) (Invocation, error) {
	r, err := s.find(functionType, "function", account, name)
	if err != nil {
		return Invocation{}, err
	}
	return s.invoke(ctx, r, event)
}

func (s *Sandbox) invoke(ctx context.Context, r *assembly.Resource, event []byte) (Invocation, error) {
	if !json.Valid(event) {
		return Invocation{}, errors.New("found an event that is not JSON, expected JSON")
	}
	began := time.Now()
	kept := s.keep(r.ARN)
	select {
	case kept.turn <- struct{}{}:
	case <-ctx.Done():
		return Invocation{}, ctx.Err()
	}
	defer func() { <-kept.turn }()
	deployed, err := s.getFunction(ctx, r)
	if err != nil {
		return Invocation{}, err
	}
	cold := false
	if f := kept.function; f == nil || f.version != version(deployed) {
		if f != nil {
			f.Stop()
			kept.function = nil
		}
		if kept.function, err = s.function(ctx, r, deployed); err != nil {
			return Invocation{}, err
		}
		cold = true
	}
	f := kept.function
	offset, err := kept.mark(f.log, began)
	if err != nil {
		return Invocation{}, err
	}
	payload, failed, err := f.Invoke(ctx, event)
	if err != nil {
		return Invocation{}, err
	}
	return Invocation{
		Function: f.Name, Account: r.Stack.Account, Payload: string(payload), Failed: failed, Cold: cold, Milliseconds: time.Since(began).Milliseconds(), Log: f.logFrom(offset),
	}, nil
}

// keep returns what is kept of a function.
func (s *Sandbox) keep(arn string) *running {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.running == nil {
		s.running = map[string]*running{}
	}
	if s.running[arn] == nil {
		s.running[arn] = &running{turn: make(chan struct{}, 1)}
	}
	return s.running[arn]
}

// stopFunctions stops the programs that are kept, and removes the logs.
func (s *Sandbox) stopFunctions() {
	s.mutex.Lock()
	all := s.running
	s.running = nil
	s.mutex.Unlock()
	for arn, kept := range all {
		kept.turn <- struct{}{} // until whoever invokes has ended; nobody else has a turn
		if kept.function != nil {
			kept.function.Stop()
		}
		os.Remove(s.logFile(arn))
	}
}

// mark remembers where the log is when an invocation begins. A log that is too large is emptied before.
func (k *running) mark(log *os.File, at time.Time) (int64, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	info, err := log.Stat()
	if err != nil {
		return 0, err
	}
	offset := info.Size()
	if offset > maxLog {
		if err := log.Truncate(0); err != nil {
			return 0, err
		}
		offset, k.marks = 0, nil
	}
	k.marks = append(k.marks, mark{at, offset})
	return offset, nil
}

// Log is a part of the log of a function.
type Log struct {
	// Function is the name of the function, and Account the ID of its account.
	Function string `json:"function"`
	Account  string `json:"account"`
	// Text is what the log has from an offset on, at most 1 MiB of it.
	Text string `json:"text"`
	// Next is the offset of what follows.
	Next int64 `json:"next"`
}

// maxPart is how much of a log is read at once, in bytes.
const maxPart = 1 << 20

// FunctionLog reads the log of a function, named as for Invoke, from an offset on, which is 0 or the Next of the last part. Without an offset, it begins with the
// first invocation since a time; the zero time means all.
func (s *Sandbox) FunctionLog(account *Account, name string, offset int64, since time.Time) (Log, error) {
	r, err := s.find(functionType, "function", account, name)
	if err != nil {
		return Log{}, err
	}
	part := Log{Function: r.Name, Account: r.Stack.Account}
	file, err := os.Open(s.logFile(r.ARN))
	if errors.Is(err, os.ErrNotExist) {
		return part, nil // it has not been invoked
	} else if err != nil {
		return part, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return part, err
	}
	if offset > info.Size() { // it was emptied
		offset = 0
	}
	if offset == 0 && !since.IsZero() {
		offset = s.keep(r.ARN).since(since, info.Size())
	}
	text, err := io.ReadAll(io.NewSectionReader(file, offset, maxPart))
	if err != nil {
		return part, fmt.Errorf("read the log of function %s: %w", r.Name, err)
	}
	part.Text, part.Next = lines.Replace(string(text)), offset+int64(len(text))
	return part, nil
}

// since is where the log was when the first invocation since a time began.
func (k *running) since(at time.Time, end int64) int64 {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for _, m := range k.marks {
		if !m.at.Before(at) {
			return m.offset
		}
	}
	return end
}

// logFile is the log of a function by its ARN, which has characters that are no part of file names on some systems.
func (s *Sandbox) logFile(arn string) string {
	return filepath.Join(s.work, "log-"+strings.ReplaceAll(arn, ":", "-"))
}
