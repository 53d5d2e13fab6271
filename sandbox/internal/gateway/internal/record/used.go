package record

import (
	"encoding/json"
	"fmt"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// Unused is an Allow statement of a deployed policy of which something permitted no request.
type Unused struct {
	// Stack is the name of the stack with its account, LogicalID that of the resource whose policy it is, and Resource what people call it.
	Account   string `json:"account"`
	Stack     string `json:"stack"`
	LogicalID string `json:"logicalId"`
	// Policy is the kind of the policy: identity, resource or trust; Name what it is called; and Statement its Sid, or its position from 0.
	Policy    policy.Kind `json:"policy"`
	Name      string      `json:"name"`
	Statement string      `json:"statement"`
	// Whole says that the statement permitted nothing. Actions and Resources are the patterns that matched no permitted request, all of them if it is the
	// whole statement.
	Whole     bool     `json:"whole"`
	Actions   []string `json:"actions,omitempty"`
	Resources []string `json:"resources,omitempty"`
}

// used is what permitted requests, by the statement. A statement that a deployment changes is another one.
type used struct {
	statements map[string]*uses
	known      map[place]*parts // what is read of a document already
}

// uses are the patterns of a statement that matched a permitted request.
type uses struct{ patterns map[string]bool }

// place is a statement in memory.
type place struct {
	of       *assembly.Resource
	document *policy.Document
	index    int
}

// parts are a statement's own patterns, each as a statement that it would be alone.
type parts struct {
	id                 string
	actions, resources []part
}

type part struct {
	pattern string
	alone   *policy.Statement // nil if it cannot be read alone, which then counts as used with the whole
}

// mostKnown limits what is remembered of documents, of which each deployment has new ones.
const mostKnown = 20000

// partsOf reads a statement once.
func (u *used) partsOf(s proof.Statement) *parts {
	at := place{s.Of, s.Document, s.Index}
	if found := u.known[at]; found != nil {
		return found
	}
	if u.known == nil || len(u.known) >= mostKnown {
		u.known = map[place]*parts{}
	}
	e := s.Elements()
	content, _ := json.Marshal(e) // never fails: texts only
	p := &parts{id: fmt.Sprintf("%s %s %s %s %d %s", s.Of.Stack.Account, s.Of.Stack.Name, s.Of.LogicalID, s.Kind, s.Index, content)}
	if !e.NotAction {
		p.actions = alone(e.Actions, func(one string) map[string]any { return map[string]any{"Action": one, "Resource": "*"} })
	}
	if !e.NotResource {
		p.resources = alone(e.Resources, func(one string) map[string]any { return map[string]any{"Action": "*", "Resource": one} })
	}
	u.known[at] = p
	return p
}

// alone are patterns, each as the statement that it would be alone.
func alone(patterns []string, elements func(string) map[string]any) (all []part) {
	for _, one := range patterns {
		statement := elements(one)
		statement["Effect"] = "Allow"
		text, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": []any{statement}}) // never fails: texts only
		p := part{pattern: one}
		if d, err := policy.Parse(text); err == nil {
			p.alone = &d.Statements[0]
		}
		all = append(all, p)
	}
	return all
}

// add marks what permitted an access.
func (u *used) add(chain *proof.Chain) {
	for _, s := range proof.Permitting(chain) {
		p := u.partsOf(s.Statement)
		if u.statements == nil {
			u.statements = map[string]*uses{}
		}
		of := u.statements[p.id]
		if of == nil {
			of = &uses{map[string]bool{}}
			u.statements[p.id] = of
		}
		for kind, list := range map[string][]part{"action ": p.actions, "resource ": p.resources} {
			for _, one := range list {
				if key := kind + one.pattern; !of.patterns[key] && (one.alone == nil || one.alone.Covers(s.Action, s.Resource) != policy.No) {
					of.patterns[key] = true
				}
			}
		}
	}
}

// Unused are those of the given statements of which something permitted no request.
func (r *Record) Unused(all []proof.Statement) []Unused {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	list := []Unused{}
	for _, s := range all {
		p := r.used.partsOf(s)
		of := r.used.statements[p.id]
		one := Unused{Account: s.Of.Stack.Account, Stack: s.Of.Stack.Name, LogicalID: s.Of.LogicalID, Policy: s.Kind, Name: policy.Readable(s.Document.Name), Statement: s.Name(), Whole: of == nil}
		left := func(kind string, list []part) (left []string) {
			for _, one := range list {
				if of == nil || !of.patterns[kind+one.pattern] {
					left = append(left, policy.Readable(one.pattern))
				}
			}
			return left
		}
		one.Actions, one.Resources = left("action ", p.actions), left("resource ", p.resources)
		if one.Whole || len(one.Actions)+len(one.Resources) > 0 {
			list = append(list, one)
		}
	}
	return list
}
