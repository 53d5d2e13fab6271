package model

import (
	"encoding/json"
	"maps"
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// Statement is a statement that the proof writes: what a contract says, or what a remedy adds.
type Statement struct {
	Sid       string                         `json:",omitempty"`
	Effect    string                         `json:"Effect"`
	Principal any                            `json:",omitempty"`
	Action    []string                       `json:"Action"`
	Resource  []string                       `json:",omitempty"`
	Condition map[string]map[string][]string `json:",omitempty"`
}

// Known says that nothing in the statement is unknown before deployment.
func (s Statement) Known() bool { return !strings.Contains(s.Indented(), `\u0000`) }

// Indented is the statement in JSON, ready to paste.
func (s Statement) Indented() string {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // plain data
	}
	return string(text)
}

// NewDocument is a policy of statements. The name is what explanations call it.
func NewDocument(statements []Statement, name string) *policy.Document {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // plain data
	}
	d, err := policy.Parse(text)
	if err != nil {
		panic(err) // the text is ours
	}
	d.Name = name
	return d
}

// WithCondition is a condition with one more key.
func WithCondition(condition map[string]map[string][]string, operator, key string, values []string) map[string]map[string][]string {
	all := maps.Clone(condition)
	if all == nil {
		all = map[string]map[string][]string{}
	}
	keys := maps.Clone(all[operator])
	if keys == nil {
		keys = map[string][]string{}
	}
	keys[key] = values
	all[operator] = keys
	return all
}

// ActionMatches says that a pattern of actions, such as "s3:Get*", includes an action.
func ActionMatches(pattern, action string) bool {
	// By a Deny, since it takes more than an Allow to assume a role.
	d := NewDocument([]Statement{{Effect: "Deny", Action: []string{pattern}, Resource: []string{"*"}}}, "")
	return policy.Decide(policy.Request{Principal: "arn:aws:iam::" + OtherAccount + ":user/x", Action: action, Resource: "*"}, policy.Policies{Identity: []*policy.Document{d}}) != policy.ImplicitlyDenied
}
