package accounts

import (
	"encoding/json"
	"fmt"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Document reads a policy as a resolved template has it, and calls it by a name. One that cannot be read stands for any policy: what
// depends on it is unknown, and err says why. So does one of a resource that may not exist, without an error.
func Document(r *assembly.Resource, place string, value any, name string) (*policy.Document, error) {
	if r.Conditional != "" {
		value = perhaps(value, r.Conditional)
	}
	text, err := json.Marshal(value)
	var d *policy.Document
	if err == nil {
		d, err = policy.Parse(text)
	}
	if err != nil {
		err = fmt.Errorf("the policy cannot be read, so what depends on it is unknown: %w", err)
		d = unknownDocument(r.Stack.Label+"."+r.LogicalID+"."+place, true)
	}
	d.Name = name
	return d, err
}

// document is Document, with the error among the notes.
func (a *Accounts) document(r *assembly.Resource, place string, value any, name string) *policy.Document {
	d, err := Document(r, place, value, name)
	if err != nil {
		a.note(r, place, err.Error())
	}
	return d
}

// undecided is no operator of AWS's: what it stands in is unknown.
const undecided = "IfTemplateCondition"

// perhaps puts a condition that nobody can decide into each statement.
func perhaps(document any, condition string) any {
	whole, ok := document.(map[string]any)
	if !ok {
		return document
	}
	var statements []any
	for _, statement := range list(whole["Statement"]) {
		one, ok := statement.(map[string]any)
		if !ok {
			return document
		}
		conditions := map[string]any{undecided: map[string]any{policy.Unresolved(condition): "true"}}
		if has, ok := one["Condition"].(map[string]any); ok {
			for operator, keys := range has {
				conditions[operator] = keys
			}
		}
		statements = append(statements, with(one, "Condition", conditions))
	}
	return with(whole, "Statement", statements)
}

// with is a copy of an object with another value of one key: resolved properties are shared.
func with(object map[string]any, key string, value any) map[string]any {
	changed := make(map[string]any, len(object)+1)
	for k, v := range object {
		changed[k] = v
	}
	changed[key] = value
	return changed
}

// UnknownPolicy is a policy that nobody has seen: whatever depends on it is unknown. The name is what explanations call it.
func UnknownPolicy(name string) *policy.Document {
	d := unknownDocument(name, true)
	d.Name = name
	return d
}

// unknownDocument may permit everything or nothing, and if denies is set, may deny as well.
func unknownDocument(name string, denies bool) *policy.Document {
	unknown := policy.Unresolved(name)
	statements := []any{map[string]any{"Sid": unknown, "Effect": policy.Allow, "Principal": map[string]string{"AWS": unknown}, "Action": unknown, "Resource": "*"}}
	if denies {
		statements = append(statements, with(statements[0].(map[string]any), "Effect", policy.Deny))
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // plain data
	}
	d, err := policy.Parse(text)
	if err != nil {
		panic(err) // the text is ours
	}
	return d
}
