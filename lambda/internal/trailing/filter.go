package trailing

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/trailfile"
)

const (
	maxTexts = 100
	maxText  = 2048
)

// filter is what an event must match: one pattern of each list that is not empty. An event without the field does not match.
type filter struct {
	eventName, eventSource, principalArn, errorCode, sourceIp patterns
}

// patterns are strings of which one must match: the whole value or, if the pattern ends in "*", its beginning. So "*" matches any value.
type patterns struct {
	texts []string
	nets  []netip.Prefix
}

// readFilter reads the field "filter".
func readFilter(raw json.RawMessage) (f filter, err error) {
	object, err := event.Parse(raw)
	if invalid := (*event.Invalid)(nil); errors.As(err, &invalid) {
		return f, &event.Invalid{Field: `field "filter", ` + invalid.Field, Found: invalid.Found, Expected: invalid.Expected}
	}
	lists := map[string]*patterns{
		"eventName": &f.eventName, "eventSource": &f.eventSource, "principalArn": &f.principalArn, "errorCode": &f.errorCode, "sourceIp": &f.sourceIp,
	}
	names := []string{"eventName", "eventSource", "principalArn", "errorCode", "sourceIp"}
	for _, name := range sortedNames(object) {
		if lists[name] == nil {
			return f, event.Unknown("field of filter", name, names)
		}
		if lists[name].texts, err = texts(object[name], fmt.Sprintf("field %q of filter", name), `text with "*" at most at its end`, isPattern); err != nil {
			return f, err
		}
	}
	return f, f.sourceIp.readNets()
}

// readNets moves the networks from texts to nets.
func (p *patterns) readNets() error {
	var texts []string
	for _, text := range p.texts {
		if !strings.Contains(text, "/") {
			texts = append(texts, text)
			continue
		}
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return &event.Invalid{Field: `field "sourceIp" of filter`, Found: event.Quote(text), Expected: "an address, a service's name, or a network such as 10.0.0.0/8"}
		}
		p.nets = append(p.nets, network)
	}
	p.texts = texts
	return nil
}

// passes reports whether an event matches.
func (f *filter) passes(e *trailfile.Fields) bool {
	return f.eventName.match(e.EventName) && f.eventSource.match(e.EventSource) && f.errorCode.match(e.ErrorCode) &&
		f.sourceIp.match(e.SourceIPAddress) && (f.principalArn.match(e.PrincipalARN) || f.principalArn.match(e.IssuerARN))
}

func (p *patterns) match(text []byte) bool {
	if len(p.texts) == 0 && len(p.nets) == 0 {
		return true
	}
	if text == nil {
		return false
	}
	for _, pattern := range p.texts {
		if beginning, isPrefix := strings.CutSuffix(pattern, "*"); string(text) == pattern || isPrefix && len(text) >= len(beginning) && string(text[:len(beginning)]) == beginning { // no copy
			return true
		}
	}
	if len(p.nets) == 0 {
		return false
	}
	address, err := netip.ParseAddr(string(text))
	return err == nil && slices.ContainsFunc(p.nets, func(n netip.Prefix) bool { return n.Contains(address.Unmap()) })
}

func isPattern(text string) bool { return !strings.Contains(strings.TrimSuffix(text, "*"), "*") }

// texts reads a string, or a list of them; null means absent.
func texts(raw json.RawMessage, field, expected string, valid func(string) bool) ([]string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	list := []json.RawMessage{raw}
	if raw[0] == '[' {
		list = nil // Unmarshal would overwrite raw
		if err := json.Unmarshal(raw, &list); err != nil || len(list) == 0 || len(list) > maxTexts {
			return nil, &event.Invalid{Field: field, Found: fmt.Sprintf("a list of %d", len(list)), Expected: fmt.Sprintf("a string, or a list of 1 to %d", maxTexts)}
		}
	}
	var found []string
	for _, one := range list {
		text, ok, err := event.Object{"": one}.Text("", maxText)
		if err != nil || !ok || text == "" || !valid(text) {
			return nil, &event.Invalid{Field: field, Found: event.Describe(one), Expected: expected}
		}
		found = append(found, text)
	}
	return found, nil
}

func sortedNames(object event.Object) []string {
	var names []string
	for name := range object {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
