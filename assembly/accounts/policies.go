package accounts

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/managedpolicy"
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

// document reads a policy as [Document] does, notes an error, and keeps the path of the policy within the properties. No path is that of a policy whose
// statements are resources of their own.
func (a *Accounts) document(r *assembly.Resource, place string, value any, name string, path ...any) *policy.Document {
	d, err := Document(r, place, a.withIdentities(value), name)
	if err != nil {
		a.note(r, place, err.Error())
		return d
	}
	if len(path) > 0 {
		a.places[d] = Place{r, path, nil}
	}
	return d
}

// Place is where templates have a policy.
type Place struct {
	// Resource is the resource whose properties have it.
	Resource *assembly.Resource
	// Path is where in the properties, by keys and indexes. None for a policy of Each.
	Path []any
	// Each are the resources of which each is one statement, such as the permissions of a function. None otherwise.
	Each []*assembly.Resource
}

// PlaceOf returns where templates have a policy of these accounts. ok is false for one that no template has, or that cannot be read.
func (a *Accounts) PlaceOf(d *policy.Document) (p Place, ok bool) {
	p, ok = a.places[d]
	return p, ok && p.Resource.Stack.Facts == ""
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
	for _, statement := range assembly.Listed(whole["Statement"]) {
		one, ok := statement.(map[string]any)
		if !ok {
			return document
		}
		statements = append(statements, statementWithUnknownCondition(one, condition))
	}
	return with(whole, "Statement", statements)
}

// ConditionOf is the condition of a template under which a statement is there, if that cannot be decided before deployment. "" for a statement that is there.
func ConditionOf(s *policy.Statement) string {
	for operator, keys := range s.Elements().Conditions {
		if strings.EqualFold(operator, unknownOperator) {
			for condition := range keys {
				return policy.Readable(condition)
			}
		}
	}
	return ""
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

// readManagedPolicies reads the customer managed policies of the templates.
func (a *Accounts) readManagedPolicies() {
	for _, r := range a.assembly.OfType("AWS::IAM::ManagedPolicy") {
		a.managed[r.ARN] = a.document(r, "PolicyDocument", r.Properties["PolicyDocument"], "the managed policy "+r.Name+by(r), "PolicyDocument")
	}
}

// managedPolicy returns a managed policy by its ARN: one that is given or of a template, or one of AWS as the data of [managedpolicy] has it. Any other
// may allow or deny anything.
func (a *Accounts) managedPolicy(arn, what string) *policy.Document {
	if d := a.managed[arn]; d != nil {
		return d
	}
	d, name := unknownDocument(arn, true), what+" "+path.Base(arn)
	if p, ok := managedpolicy.Lookup(arn); ok {
		var err error
		if d, err = policy.Parse(p.Document); err != nil {
			panic(err) // it is part of the program
		}
		name += " (AWS's " + p.Version + ", as of " + managedpolicy.Date() + ")"
		a.ofAWS = append(a.ofAWS, arn)
	} else {
		a.unknown[d] = arn
	}
	d.Name = name
	a.managed[arn] = d
	return d
}

// Unknown is the ARN of a managed policy, or of a group of IAM, whose policy is not known. "" for any other policy.
func (a *Accounts) Unknown(d *policy.Document) string { return a.unknown[d] }

// IsOfAWS says that a policy is a managed policy of AWS, whoever gave it.
func (a *Accounts) IsOfAWS(d *policy.Document) bool {
	for name, one := range a.managed {
		if one == d {
			return arn.Account(name) == "aws"
		}
	}
	return false
}

// ManagedPoliciesOfAWS are the ARNs of the managed policies of AWS that are taken from the data of this program, sorted.
func (a *Accounts) ManagedPoliciesOfAWS() []string { return slices.Sorted(slices.Values(a.ofAWS)) }

// PartsOf are the other resources of the templates that the policies of a resource are in: those that attach them, and managed policies.
func (a *Accounts) PartsOf(r *assembly.Resource) []*assembly.Resource {
	all := slices.Clone(a.parts[r])
	for _, arn := range append(assembly.Listed(r.Properties["ManagedPolicyArns"]), r.Properties["PermissionsBoundary"]) {
		all = append(all, a.assembly.ByARN(text(arn))...)
	}
	return all
}
