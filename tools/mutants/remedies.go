package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// pasting is what came of adding the statements that the proof says to add to a mutant, as they are.
type pasting struct {
	statements int
	complete   bool // the proof says nothing else to change, and nothing outside of the templates
	verdict    proof.Verdict
	worse      []string // checks that are further from proved than without the statements: of what has to work, only if they are complete
}

// heals says that the mutant is proved with the statements.
func (p *pasting) heals() bool { return p.verdict == proof.Proved }

// paste adds the statements of a report to the changed files. It says how many it added: none of those whose policy no template has.
func (s *subject) paste(report *proof.Report, changed map[string]any) (files map[string]any, n int) {
	files = maps.Clone(changed)
	var done []string
	for i := range report.Checks {
		for _, a := range report.Checks[i].Statements {
			text := a.Statement.Indented()
			if a.Of == nil {
				continue
			}
			file := a.Of.Stack.Template
			id := fmt.Sprint(file, a.Of.LogicalID, a.Kind, text)
			if slices.Contains(done, id) {
				continue
			}
			done = append(done, id)
			if files[file] == nil {
				files[file] = s.templates[file]
			}
			var statement any
			if err := json.Unmarshal([]byte(text), &statement); err != nil {
				panic(err) // the proof wrote it
			}
			if template, ok := add(files[file], a, statement); ok {
				files[file] = template
				n++
			}
		}
	}
	return files, n
}

// separate are the policies that are a resource of their own, by the type of the resource that they are for.
var separate = map[string]struct {
	policy, of string
	many       bool // of is a list
}{
	"AWS::Kinesis::Stream":        {policy: "AWS::Kinesis::ResourcePolicy", of: "ResourceArn"},
	"AWS::S3::Bucket":             {policy: "AWS::S3::BucketPolicy", of: "Bucket"},
	"AWS::SNS::Topic":             {policy: "AWS::SNS::TopicPolicy", of: "Topics", many: true},
	"AWS::SQS::Queue":             {policy: "AWS::SQS::QueuePolicy", of: "Queues", many: true},
	"AWS::SecretsManager::Secret": {policy: "AWS::SecretsManager::ResourcePolicy", of: "SecretId"},
}

// add is a template with one more statement in a policy, which it creates if there is none. ok is false for a policy that the tool does not know.
func add(template any, a proof.Addition, statement any) (changed any, ok bool) {
	id := a.Of.LogicalID
	properties := place{"Resources", id, "Properties"}
	document := func(statements ...any) any { return map[string]any{"Version": "2012-10-17", "Statement": statements} }
	into := func(p place) any {
		if at(template, p) == nil {
			return with(template, p, document(statement))
		}
		p = p.then("Statement")
		return with(template, p, append(slices.Clone(list(at(template, p))), statement))
	}
	if a.Kind == policy.Identity {
		p := properties.then("Policies")
		all := list(at(template, p))
		name := fmt.Sprint("Pasted", len(all))
		return with(template, p, append(slices.Clone(all), map[string]any{"PolicyName": name, "PolicyDocument": document(statement)})), true
	}
	for _, s := range sites[a.Of.Type] {
		if s.kind == string(a.Kind) {
			return into(properties.then(s.at...)), true
		}
	}
	kind, ok := separate[a.Of.Type]
	if !ok || a.Kind != policy.Resource {
		return nil, false
	}
	in := sites[kind.policy][0].at
	for _, other := range sorted(object(at(template, place{"Resources"}))) {
		p := place{"Resources", other, "Properties"}
		isFor := func(of any) bool { return refersTo(of, id) }
		if at(template, place{"Resources", other, "Type"}) == kind.policy && slices.ContainsFunc(list(at(template, p.then(kind.of))), isFor) {
			return into(p.then(in...)), true
		}
	}
	var of any = map[string]any{"Ref": id}
	switch {
	case kind.many:
		of = []any{of}
	case kind.of == "ResourceArn":
		of = map[string]any{"Fn::GetAtt": []any{id, "Arn"}}
	}
	created := with(map[string]any{kind.of: of}, in, document(statement))
	return with(template, place{"Resources", "Pasted" + id}, map[string]any{"Type": kind.policy, "Properties": created}), true
}

// refersTo says whether a value is a reference to a resource.
func refersTo(value any, id string) bool {
	o := object(value)
	if o["Ref"] == id {
		return true
	}
	attribute, _ := o["Fn::GetAtt"].([]any)
	return len(attribute) == 2 && attribute[0] == id
}

// compare says what came of pasting, from what the proof says before and after it.
func compare(before, after *proof.Report, statements int) *pasting {
	p := &pasting{statements: statements, complete: true, verdict: after.Verdict()}
	rank := map[proof.Verdict]int{proof.Proved: 0, proof.Undecided: 1, proof.Broken: 2}
	key := func(c *proof.Check) string {
		return fmt.Sprint(c.Rule, c.Grant, c.Name, c.Expects, c.Access.Caller, c.Access.Action, c.Access.Resource)
	}
	was := map[string]int{}
	for i := range before.Checks {
		c := &before.Checks[i]
		was[key(c)] = max(was[key(c)], rank[c.Verdict])
		p.complete = p.complete && len(c.Remedy) == len(c.Statements) && !slices.ContainsFunc(c.Statements, func(a proof.Addition) bool { return a.Of == nil })
	}
	for i := range after.Checks {
		c := &after.Checks[i]
		if rank[c.Verdict] > was[key(c)] && (p.complete || c.Expects == proof.MustFail) {
			p.worse = append(p.worse, fmt.Sprintf("%s: %s: %s", c.Rule, c.Name, strings.Join(c.Says, "; ")))
		}
	}
	return p
}

// reportPasted prints what came of pasting, and where it made something worse. It says whether it did nowhere.
func reportPasted(w io.Writer, all []*mutant) bool {
	var with, statements, complete, heals, worse int
	for _, m := range all {
		p := m.pasting
		if p == nil {
			continue
		}
		with++
		statements += p.statements
		if p.complete {
			complete++
			if p.heals() {
				heals++
			} else {
				fmt.Fprintln(w, "not healed by the statements that the proof says to add:", m)
			}
		}
		if len(p.worse) > 0 {
			worse++
			fmt.Fprintf(w, "worse with the statements that the proof says to add: %s: %s\n", m, strings.Join(p.worse, "; "))
		}
	}
	fmt.Fprintf(w, "the proof says statements to add to %d, %d in all: pasted, they make %d worse; of %d to which it says nothing else, they heal %d\n",
		with, statements, worse, complete, heals)
	return worse == 0
}
