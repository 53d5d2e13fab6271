package policy

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// DecideLines reads one request with its policies per line, as JSON, and writes one decision per line, as JSON, in the same order. For a line that
// is malformed it writes {"id":…,"error":"…"} and counts it in unreadable. With explain, each decision has the sentences of Explain, too.
//
// It writes each decision before it waits for the next line, so that a program can send its requests one by one. err is an error of in or out.
func DecideLines(in io.Reader, out io.Writer, explain bool) (unreadable int, err error) {
	r, w := bufio.NewReaderSize(in, 64<<10), bufio.NewWriter(out)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	cache := documentCache{}
	for {
		line, readErr := r.ReadBytes('\n')
		if line = bytes.TrimSpace(line); len(line) > 0 {
			answer := cache.decide(line, explain)
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

// decisionLine is one line of output.
type decisionLine struct {
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

// decide decides one line.
func (cache documentCache) decide(text []byte, explain bool) decisionLine {
	id, request, policies, err := cache.readLine(text)
	if err != nil {
		return decisionLine{ID: id, Error: err.Error()}
	}
	decision, trace := Evaluate(request, policies)
	a := decisionLine{ID: id, Decision: decision, BlockedBy: []Kind{}, Reasons: []reason{}}
	for _, k := range trace.BlockedBy() {
		a.BlockedBy = append(a.BlockedBy, jsonKind(k))
	}
	for _, s := range trace.Decisive() {
		r := reason{Policy: jsonKind(s.Policy), Index: s.Index, Statement: s.Statement, Effect: s.Effect}
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

// jsonKind returns a kind of policy as the format has it: a trust policy is the role's resource policy.
func jsonKind(k Kind) Kind {
	if k == Trust {
		return Resource
	}
	return k
}

// requestLine is one line of input.
type requestLine struct {
	ID      json.RawMessage `json:"id"`
	Request *struct {
		Principal       string                     `json:"principal"`
		Action          string                     `json:"action"`
		Resource        string                     `json:"resource"`
		ResourceAccount string                     `json:"resourceAccount"`
		Context         map[string]json.RawMessage `json:"context"`
	} `json:"request"`
	Identity        []json.RawMessage   `json:"identityPolicies"`
	Session         []json.RawMessage   `json:"sessionPolicies"`
	Boundaries      []json.RawMessage   `json:"permissionBoundaries"`
	ServiceControl  [][]json.RawMessage `json:"serviceControlPolicies"`
	ResourceControl [][]json.RawMessage `json:"resourceControlPolicies"`
	Resource        json.RawMessage     `json:"resourcePolicy"`
	Endpoints       []json.RawMessage   `json:"endpointPolicies"`
}

// readLine reads a line of input. It returns the ID also if the rest is malformed, where possible.
func (cache documentCache) readLine(text []byte) (id json.RawMessage, r Request, p Policies, err error) {
	id = json.RawMessage("null")
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return id, r, p, fmt.Errorf("line: %w; expected a JSON object", err)
	}
	if given, ok := fields["id"]; ok {
		id = given
	}
	if err := checkFields(fields); err != nil {
		return id, r, p, err
	}
	var l requestLine
	if err := json.Unmarshal(text, &l); err != nil {
		return id, r, p, fmt.Errorf("line: %w", err)
	}
	if l.Request == nil || l.Request.Principal == "" || l.Request.Action == "" {
		return id, r, p, errors.New("request: expected principal and action")
	}
	r = Request{Principal: l.Request.Principal, Action: l.Request.Action, Resource: l.Request.Resource,
		ResourceAccount: l.Request.ResourceAccount, Context: make(map[string][]string, len(l.Request.Context))}
	for key, raw := range l.Request.Context {
		if string(raw) == "null" {
			continue // the same as absent
		}
		if r.Context[key], err = contextValues(raw); err != nil {
			return id, r, p, fmt.Errorf("request.context[%q]: %w", key, err)
		}
	}
	p, err = cache.policies(&l)
	return id, r, p, err
}

// checkFields refuses misspelt fields: if a policy is overlooked, the decision may be a wrong Allowed.
func checkFields(fields map[string]json.RawMessage) error {
	expected := map[string]bool{"identityPolicies": true, "sessionPolicies": true, "permissionBoundaries": true,
		"serviceControlPolicies": true, "resourceControlPolicies": true, "resourcePolicy": true, "endpointPolicies": true}
	for _, name := range sortedKeys(fields) {
		low := strings.ToLower(name)
		if (strings.Contains(low, "polic") || strings.Contains(low, "bound")) && !expected[name] {
			return fmt.Errorf("line: found %s, expected one of %s", name, strings.Join(sortedKeys(expected), ", "))
		}
	}
	var request map[string]json.RawMessage
	if raw, ok := fields["request"]; ok && json.Unmarshal(raw, &request) != nil {
		return fmt.Errorf("request: found %.20s, expected an object", raw)
	}
	expected = map[string]bool{"principal": true, "action": true, "resource": true, "resourceAccount": true, "context": true}
	for _, name := range sortedKeys(request) {
		if !expected[name] {
			return fmt.Errorf("request: found %s, expected one of %s", name, strings.Join(sortedKeys(expected), ", "))
		}
	}
	return nil
}

// contextValues reads a string, boolean, number or a list of them.
func contextValues(raw json.RawMessage) (values []string, err error) {
	raws := []json.RawMessage{raw}
	if raw[0] == '[' {
		err = json.Unmarshal(raw, &raws)
	}
	values = make([]string, len(raws))
	for i, raw := range raws {
		switch raw[0] {
		case '"':
			err = errors.Join(err, json.Unmarshal(raw, &values[i]))
		case '[', '{', 'n':
			return nil, fmt.Errorf("found %.20s, expected a string, boolean, number or a list of them", raw)
		default: // a number stays as written, so that no digit is lost
			values[i] = string(raw)
		}
	}
	return values, err
}

// documentCache has the policies that were parsed, by their text: consecutive requests mostly have the same policies.
type documentCache map[string]*Document

// At most maxCached texts of at most maxCachedSize bytes are kept. AWS accepts no longer policy.
const (
	maxCached     = 1024
	maxCachedSize = 64 << 10
)

// parse reads a document, or returns it from the cache.
func (cache documentCache) parse(path string, text json.RawMessage) (*Document, error) {
	if d, ok := cache[string(text)]; ok {
		return d, nil
	}
	d, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(cache) >= maxCached {
		clear(cache)
	}
	if len(text) <= maxCachedSize {
		cache[string(text)] = d
	}
	return d, nil
}

// list reads a list of documents.
func (cache documentCache) list(path string, texts []json.RawMessage) ([]*Document, error) {
	var list []*Document
	for i, text := range texts {
		d, err := cache.parse(fmt.Sprintf("%s[%d]", path, i), text)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// levels reads a list of lists of documents.
func (cache documentCache) levels(path string, texts [][]json.RawMessage) ([][]*Document, error) {
	var levels [][]*Document
	for i, level := range texts {
		list, err := cache.list(fmt.Sprintf("%s[%d]", path, i), level)
		if err != nil {
			return nil, err
		}
		levels = append(levels, list)
	}
	return levels, nil
}

// policies reads all documents of a line.
func (cache documentCache) policies(l *requestLine) (p Policies, err error) {
	for _, field := range []struct {
		name  string
		texts []json.RawMessage
		list  *[]*Document
	}{
		{"identityPolicies", l.Identity, &p.Identity},
		{"sessionPolicies", l.Session, &p.Session},
		{"permissionBoundaries", l.Boundaries, &p.Boundaries},
		{"endpointPolicies", l.Endpoints, &p.Endpoints},
	} {
		if *field.list, err = cache.list(field.name, field.texts); err != nil {
			return p, err
		}
	}
	if p.ServiceControl, err = cache.levels("serviceControlPolicies", l.ServiceControl); err != nil {
		return p, err
	}
	if p.ResourceControl, err = cache.levels("resourceControlPolicies", l.ResourceControl); err != nil {
		return p, err
	}
	if text := bytes.TrimSpace(l.Resource); len(text) > 0 && !bytes.Equal(text, []byte("null")) {
		p.Resource, err = cache.parse("resourcePolicy", text)
	}
	return p, err
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
