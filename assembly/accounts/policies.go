package accounts

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// Document reads a policy of a resolved template and gives it a name. If the policy cannot be read, the result is an unknown policy, and the
// error says why. If the resource may not exist, whatever depends on the policy is unknown, without an error.
func Document(r *assembly.Resource, place string, value any, name string) (*policy.Document, error) {
	if r.Conditional != "" {
		value = withUnknownCondition(value, r.Conditional)
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

// document reads a policy as [Document] does, and notes an error.
func (a *Accounts) document(r *assembly.Resource, place string, value any, name string) *policy.Document {
	d, err := Document(r, place, value, name)
	if err != nil {
		a.note(r, place, err.Error())
	}
	return d
}

// unknownOperator is not an operator of AWS, so a condition with it is unknown.
const unknownOperator = "IfTemplateCondition"

// withUnknownCondition adds a template condition that cannot be decided to each statement of a policy.
func withUnknownCondition(document any, condition string) any {
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
		statements = append(statements, statementWithUnknownCondition(one, condition))
	}
	return with(whole, "Statement", statements)
}

func statementWithUnknownCondition(statement map[string]any, condition string) map[string]any {
	conditions := map[string]any{unknownOperator: map[string]any{policy.Unresolved(condition): "true"}}
	if has, ok := statement["Condition"].(map[string]any); ok {
		for operator, keys := range has {
			conditions[operator] = keys
		}
	}
	return with(statement, "Condition", conditions)
}

// with returns a copy of an object with another value of one key. Resolved properties are shared, so they must not be changed.
func with(object map[string]any, key string, value any) map[string]any {
	changed := make(map[string]any, len(object)+1)
	for k, v := range object {
		changed[k] = v
	}
	changed[key] = value
	return changed
}

// UnknownPolicy returns a policy of unknown content: whatever depends on it is unknown. Explanations use the name.
func UnknownPolicy(name string) *policy.Document {
	d := unknownDocument(name, true)
	d.Name = name
	return d
}

// unknownDocument returns a policy that may allow anything or nothing, and with denies may also deny.
func unknownDocument(name string, denies bool) *policy.Document {
	unknown := policy.Unresolved(name)
	statements := []any{map[string]any{"Sid": unknown, "Effect": policy.Allow, "Principal": map[string]string{"AWS": unknown}, "Action": unknown, "Resource": "*"}}
	if denies {
		statements = append(statements, with(statements[0].(map[string]any), "Effect", policy.Deny))
	}
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // strings only
	}
	d, err := policy.Parse(text)
	if err != nil {
		panic(err) // written above
	}
	return d
}

// builtIn are managed policies of AWS that many apps use.
// https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
//
//go:embed managed/*.json
var builtIn embed.FS

// readManagedPolicies reads the customer managed policies of the templates.
func (a *Accounts) readManagedPolicies() {
	for _, r := range a.assembly.OfType("AWS::IAM::ManagedPolicy") {
		a.managed[r.ARN] = a.document(r, "PolicyDocument", r.Properties["PolicyDocument"], "the managed policy "+r.Name+by(r))
	}
}

// managedPolicy returns a managed policy by its ARN. One that is neither given nor built in is unknown. The managed policies of AWS that deny
// have Deny or Quarantine in their names; the others only allow.
func (a *Accounts) managedPolicy(arn, what string) *policy.Document {
	if d := a.managed[arn]; d != nil {
		return d
	}
	name := path.Base(arn)
	ofAWS := strings.Contains(arn, ":iam::aws:policy/")
	d := unknownDocument(arn, !ofAWS || strings.Contains(name, "Deny") || strings.Contains(name, "Quarantine"))
	if ofAWS {
		if text, err := builtIn.ReadFile("managed/" + name + ".json"); err == nil {
			if d, err = policy.Parse(text); err != nil {
				panic(err) // an embedded file
			}
		}
	}
	d.Name = what + " " + name
	a.managed[arn] = d
	return d
}
