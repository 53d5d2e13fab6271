package record

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// Usage says what policies permit, and what of it no request needed.
type Usage struct {
	// Since is from when on requests count.
	Since time.Time `json:"since"`
	// Statements are those that permit anything, by account, stack and resource.
	Statements []Use `json:"statements"`
}

// Use is an Allow statement of a deployed policy, and what of it permitted no request.
type Use struct {
	// Account and Stack are those of the template, and LogicalID is that of the resource whose policy it is.
	Account   string `json:"account"`
	Stack     string `json:"stack"`
	LogicalID string `json:"logicalId"`
	// Policy is the kind of the policy: identity, resource or trust; Name what it is called; and Statement its Sid, or its position from 0.
	Policy    policy.Kind `json:"policy"`
	Name      string      `json:"name"`
	Statement string      `json:"statement"`
	// Used says that the statement permitted a request. Actions and Resources are its patterns that matched no permitted request. Those of NotAction and
	// NotResource are not among them.
	Used      bool     `json:"used"`
	Actions   []string `json:"unusedActions,omitempty"`
	Resources []string `json:"unusedResources,omitempty"`
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

// Usage says what of the given statements permitted no request.
func (r *Record) Usage(all []proof.Statement) Usage {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	u := Usage{Since: r.since, Statements: []Use{}}
	for _, s := range all {
		p := r.used.partsOf(s)
		of := r.used.statements[p.id]
		left := func(kind string, list []part) (left []string) {
			for _, one := range list {
				if of == nil || !of.patterns[kind+one.pattern] {
					left = append(left, policy.Readable(one.pattern))
				}
			}
			return left
		}
		u.Statements = append(u.Statements, Use{
			Account: s.Of.Stack.Account, Stack: s.Of.Stack.Name, LogicalID: s.Of.LogicalID, Policy: s.Kind, Name: policy.Readable(s.Document.Name), Statement: s.Name(),
			Used: of != nil, Actions: left("action ", p.actions), Resources: left("resource ", p.resources),
		})
	}
	return u
}
