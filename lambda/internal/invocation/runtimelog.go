package invocation

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/crossgrant/crossgrant/lambda/internal/failure"
)

// logged says that the function error that Lambda's runtime interface client is about to print is in the log already: it prints the payload of
// each, which may be as long as an answer.
var logged atomic.Bool

// runtimeLog writes what the runtime interface client prints as JSON, one line each.
type runtimeLog struct{ log *slog.Logger }

// Write takes one line of the standard logger.
func (w runtimeLog) Write(line []byte) (int, error) {
	if bytes.HasPrefix(line, []byte(`{"errorMessage":`)) && logged.Swap(false) {
		return len(line), nil
	}
	w.log.Error("runtime", "error", failure.LogText(errors.New(strings.TrimSpace(string(line)))))
	return len(line), nil
}
