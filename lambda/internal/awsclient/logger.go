package awsclient

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/aws/smithy-go/logging"
)

// mostText is the longest text of a warning in a log line, in bytes.
const mostText = 1000

// logger writes the SDK's warnings as lines of JSON, as all lines of a function are. A text that may hold a credential is not written.
type logger struct{ to io.Writer }

// Logf writes one line.
func (l logger) Logf(classification logging.Classification, format string, values ...any) {
	text := fmt.Sprintf(format, values...)
	lower := strings.ToLower(text)
	for _, secret := range []string{"token", "authorization", "signature", "credential", "secret"} {
		if strings.Contains(lower, secret) {
			text = "[removed, since it mentions a " + secret + "]"
		}
	}
	if len(text) > mostText {
		text = strings.ToValidUTF8(text[:mostText], "") + "…"
	}
	level := slog.LevelDebug
	if classification == logging.Warn {
		level = slog.LevelWarn
	}
	slog.New(slog.NewJSONHandler(l.to, nil)).Log(context.Background(), level, "sdk", "text", text)
}
