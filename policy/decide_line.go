package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// line is one line of input.
type line struct {
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

// readLine reads a line of input; the id also where the rest cannot be read, if possible.
func (known documents) readLine(text []byte) (id json.RawMessage, r Request, p Policies, err error) {
	id = json.RawMessage("null")
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return id, r, p, fmt.Errorf("line: %w; expected a JSON object", err)
	}
	if given, ok := fields["id"]; ok {
		id = given
	}
	if err := foreign(fields); err != nil {
		return id, r, p, err
	}
	var l line
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
			continue // as if it were absent
		}
		if r.Context[key], err = contextValues(raw); err != nil {
			return id, r, p, fmt.Errorf("request.context[%q]: %w", key, err)
		}
	}
	p, err = known.policies(&l)
	return id, r, p, err
}

// foreign refuses fields that are misspelt: without the policy that one meant to give, the answer could be a wrong Allowed.
func foreign(fields map[string]json.RawMessage) error {
	expected := map[string]bool{"identityPolicies": true, "sessionPolicies": true, "permissionBoundaries": true,
		"serviceControlPolicies": true, "resourceControlPolicies": true, "resourcePolicy": true, "endpointPolicies": true}
	for _, name := range sorted(fields) {
		low := strings.ToLower(name)
		if (strings.Contains(low, "polic") || strings.Contains(low, "bound")) && !expected[name] {
			return fmt.Errorf("line: found %s, expected one of %s", name, strings.Join(sorted(expected), ", "))
		}
	}
	var request map[string]json.RawMessage
	if raw, ok := fields["request"]; ok && json.Unmarshal(raw, &request) != nil {
		return fmt.Errorf("request: found %.20s, expected an object", raw)
	}
	expected = map[string]bool{"principal": true, "action": true, "resource": true, "resourceAccount": true, "context": true}
	for _, name := range sorted(request) {
		if !expected[name] {
			return fmt.Errorf("request: found %s, expected one of %s", name, strings.Join(sorted(expected), ", "))
		}
	}
	return nil
}

// contextValues reads a string, bool, number or a list of them.
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
			return nil, fmt.Errorf("found %.20s, expected a string, bool, number or a list of them", raw)
		default: // a number stays as it is written: no digit gets lost
			values[i] = string(raw)
		}
	}
	return values, err
}
