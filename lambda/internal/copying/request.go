package copying

import (
	"fmt"
	"net/http"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/s3keys"
)

// request is a walk that somebody asks for.
type request struct {
	prefix   string   // as asked for; the token holds for it
	prefixes []string // what is walked, in order
	from     position
}

// readRequest reads {"prefix","next"}, both optional; empty is as good as absent.
func (f *Function) readRequest(payload []byte) (request, error) {
	object, err := event.Parse(payload)
	if err != nil {
		return request{}, err
	}
	if err := object.Only("prefix", "next"); err != nil {
		return request{}, err
	}
	r := request{prefixes: f.prefixes}
	if r.prefix, _, err = object.Text("prefix", s3keys.Max); err != nil {
		return request{}, err
	}
	if r.prefix != "" {
		if !s3keys.Covers(f.prefixes, r.prefix) {
			return request{}, f.outside(r.prefix)
		}
		r.prefixes = []string{r.prefix}
	}
	next, _, err := object.Text("next", maxToken)
	if err != nil || next == "" {
		return r, err
	}
	r.from, err = decodePosition(next, f.grant, r.prefix)
	return r, err
}

func (f *Function) outside(prefix string) error {
	return &failure.Failure{Status: http.StatusForbidden, Message: fmt.Sprintf(
		"prefix %q is outside of what %s may copy; the granted prefixes are %s", prefix, f.grant.who(), s3keys.Quoted(f.grant.Prefixes))}
}
