package main

import (
	"slices"
	"strings"
)

// higher are actions above those that a grant gives, by service.
var higher = map[string][]string{
	"dynamodb":       {"dynamodb:PutItem", "dynamodb:DeleteTable", "dynamodb:PutResourcePolicy", "dynamodb:PartiQLSelect"},
	"ec2":            {"ec2:RunInstances"},
	"kms":            {"kms:Encrypt", "kms:CreateGrant", "kms:PutKeyPolicy", "kms:ReEncryptFrom"},
	"logs":           {"logs:DeleteLogGroup"},
	"s3":             {"s3:PutObject", "s3:DeleteObject", "s3:PutBucketPolicy", "s3:GetObjectAcl"},
	"secretsmanager": {"secretsmanager:PutSecretValue"},
	"sns":            {"sns:Subscribe", "sns:SetTopicAttributes"},
	"sqs":            {"sqs:ReceiveMessage", "sqs:SetQueueAttributes"},
	"sts":            {"sts:TagSession", "sts:SetSourceIdentity"},
}

var actionOperators = []*operator{
	{name: "drop an action", statement: func(s *statement) (all []change) {
		actions := list(s.raw["Action"])
		for i := range actions {
			if len(actions) > 1 {
				all = append(all, s.set("Action", without(actions, i), "without "+word(actions[i]), i))
			}
		}
		return all
	}},
	{name: "action to service:*", statement: widerAction(func(service, _ string) string { return service + ":*" })},
	{name: "action to *", statement: widerAction(func(string, string) string { return "*" })},
	{name: "action to verb*", statement: widerAction(func(service, action string) string {
		verb := strings.IndexFunc(action[1:], func(r rune) bool { return 'A' <= r && r <= 'Z' })
		if verb < 0 {
			return service + ":" + action
		}
		return service + ":" + action[:1+verb] + "*"
	})},
	{name: "add a higher action", statement: func(s *statement) (all []change) {
		actions := list(s.raw["Action"])
		if len(actions) == 0 {
			return nil
		}
		service, _, _ := strings.Cut(word(actions[0]), ":")
		for _, action := range higher[service] {
			if !slices.Contains(actions, any(action)) && word(actions[0]) != service+":*" {
				all = append(all, s.set("Action", append(slices.Clone(actions), action), "and "+action))
			}
		}
		return all
	}},
	{name: "Action to NotAction", statement: func(s *statement) []change { return s.swapped("Action", "NotAction") }},
}

// widerAction replaces an action by a pattern that takes it in: the first of those that have the same one.
func widerAction(wider func(service, action string) string) func(*statement) []change {
	return func(s *statement) (all []change) {
		actions := list(s.raw["Action"])
		tried := map[string]bool{}
		for i := range actions {
			service, action, ok := strings.Cut(word(actions[i]), ":")
			if !ok {
				continue
			}
			if to := wider(service, action); to != actions[i] && !tried[to] {
				tried[to] = true
				all = append(all, s.set("Action", instead(actions, i, to), to, i))
			}
		}
		return all
	}
}

func word(node any) string { s, _ := node.(string); return s }
