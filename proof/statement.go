package proof

import (
	"encoding/json"
	"maps"

	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
)

// statement is one of a policy that this package writes: what a contract promises, or what somebody is to add.
type statement struct {
	Sid       string                         `json:",omitempty"`
	Effect    string                         `json:"Effect"`
	Principal any                            `json:",omitempty"`
	Action    []string                       `json:"Action"`
	Resource  []string                       `json:",omitempty"`
	Condition map[string]map[string][]string `json:",omitempty"`
}

// permitted are the permissions of a grant as statements, for everyone if there is no principal to name.
func permitted(g *Grant, everyone bool) []statement {
	var all []statement
	for _, s := range g.Permissions {
		one := statement{Sid: s.Sid, Effect: "Allow", Action: s.Actions, Resource: s.Resources, Condition: s.Conditions}
		if everyone {
			one.Principal = "*"
		}
		all = append(all, one)
	}
	return all
}

// withCondition is a condition with one more key.
func withCondition(condition map[string]map[string][]string, operator, key string, values []string) map[string]map[string][]string {
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

// document is a policy of statements.
func document(statements []statement, name string) *policy.Document {
	text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // plain data
	}
	return mustParse(string(text), name)
}

// owner is the account whose resources a permission is on.
func owner(g *Grant, s contract.Statement) string {
	if s.Account != "" {
		return s.Account
	}
	return g.Target.Account
}
