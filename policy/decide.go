package policy

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// DecideLines reads one request with its policies a line, as JSON, and writes one decision a line, as JSON, in the same order. A line that
// cannot be read is answered by {"id":…,"error":"…"}, and counted. With explain, each answer has the sentences of Explain, too.
//
// An answer is written out before the next line is waited for, so that a program can put its questions one by one.
func DecideLines(in io.Reader, out io.Writer, explain bool) (unreadable int, err error) {
	r, w := bufio.NewReaderSize(in, 64<<10), bufio.NewWriter(out)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	known := documents{}
	for {
		line, readErr := r.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			answer := known.answer(line, explain)
			if answer.Error != "" {
				unreadable++
			}
			if err := encoder.Encode(answer); err != nil {
				return unreadable, fmt.Errorf("write decision: %w", err)
			}
		}
		if buffered, _ := r.Peek(r.Buffered()); readErr != nil || bytes.IndexByte(buffered, '\n') < 0 {
			if err := w.Flush(); err != nil {
				return unreadable, fmt.Errorf("write decision: %w", err)
			}
		}
		if errors.Is(readErr, io.EOF) {
			return unreadable, nil
		}
		if readErr != nil {
			return unreadable, fmt.Errorf("read request: %w", readErr)
		}
	}
}

// decided is one line of output.
type decided struct {
	ID          json.RawMessage `json:"id"`
	Decision    Decision        `json:"decision,omitempty"`
	BlockedBy   []Kind          `json:"blockedBy,omitzero"`
	Reasons     []reason        `json:"reasons,omitzero"`
	Explanation []string        `json:"explanation,omitempty"`
	Error       string          `json:"error,omitempty"`
}

// reason is a statement that led to the decision.
type reason struct {
	Policy    Kind   `json:"policy"`
	Level     *int   `json:"level,omitempty"` // of the organization
	Index     int    `json:"index"`
	Statement string `json:"statement"`
	Effect    Effect `json:"effect"`
}

// answer decides one line.
func (known documents) answer(text []byte, explain bool) decided {
	id, request, policies, err := known.readLine(text)
	if err != nil {
		return decided{ID: id, Error: err.Error()}
	}
	decision, trace := Evaluate(request, policies)
	a := decided{ID: id, Decision: decision, BlockedBy: []Kind{}, Reasons: []reason{}}
	for _, k := range trace.BlockedBy() {
		a.BlockedBy = append(a.BlockedBy, written(k))
	}
	for _, s := range trace.Decisive() {
		r := reason{Policy: written(s.Policy), Index: s.Index, Statement: s.Statement, Effect: s.Effect}
		if s.Policy == ServiceControl || s.Policy == ResourceControl {
			r.Level = &s.Level
		}
		a.Reasons = append(a.Reasons, r)
	}
	if explain {
		a.Explanation = Explain(trace)
	}
	return a
}

// written is a kind of policy as the format has it: a trust policy is its role's resource policy.
func written(k Kind) Kind {
	if k == Trust {
		return Resource
	}
	return k
}
