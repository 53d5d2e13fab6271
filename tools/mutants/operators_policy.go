package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// higher are actions beyond those that a grant gives, by service.
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

func actionOperators() []*operator {
	return []*operator{
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
}

// widerAction replaces an action by a pattern that includes it: the first of those that have the same one.
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

func principalOperators() []*operator {
	return []*operator{
		{name: "principal to *", statement: func(s *statement) []change {
			if s.raw["Principal"] == nil || everyone(s.raw["Principal"]) {
				return nil
			}
			return []change{s.set("Principal", "*", "*")}
		}},
		{name: "add another account", statement: addPrincipal(foreignAccount)},
		{name: "add the grantee's account", statement: func(s *statement) (all []change) {
			for _, account := range s.subject.sources() {
				all = append(all, addPrincipal(account)(s)...)
			}
			return all
		}},
		{name: "principal of another account", statement: eachPrincipal(func(arn string) string { return withPart(arn, 4, foreignAccount) })},
		{name: "principal to its account", statement: eachPrincipal(func(arn string) string {
			return withPart(withPart(arn, 5, "root"), 2, "iam")
		})},
		{name: "principal to another role", statement: eachPrincipal(func(arn string) string {
			if nameOf(arn) == "root" {
				return arn
			}
			return withPart(arn, 5, "role/another")
		})},
		{name: "service to another", statement: func(s *statement) (all []change) {
			services := list(object(s.raw["Principal"])["Service"])
			for i := range services {
				changed := maps.Clone(object(s.raw["Principal"]))
				changed["Service"] = instead(services, i, "codebuild.amazonaws.com")
				all = append(all, s.set("Principal", changed, "codebuild.amazonaws.com", "Service"))
			}
			return all
		}},
		{name: "Principal to NotPrincipal", statement: func(s *statement) []change { return s.swapped("Principal", "NotPrincipal") }},
	}
}

// everyone says that a principal is anyone.
func everyone(principal any) bool {
	return principal == "*" || slices.Equal(list(object(principal)["AWS"]), []any{"*"})
}

// sources are the accounts of the grantees.
func (s *subject) sources() []string {
	all := map[string]bool{}
	for _, g := range s.grants {
		for _, grantee := range g.Grantees {
			all[accountOf(grantee)] = true
		}
	}
	return sorted(all)
}

// addPrincipal adds another account to the principals.
func addPrincipal(account string) func(*statement) []change {
	return func(s *statement) []change {
		principal := object(s.raw["Principal"])
		if principal == nil || everyone(s.raw["Principal"]) {
			return nil
		}
		for i := range list(principal["AWS"]) {
			if s.elementText("Principal", "AWS", i) == "arn:aws:iam::"+account+":root" {
				return nil
			}
		}
		changed := maps.Clone(principal)
		changed["AWS"] = append(slices.Clone(list(principal["AWS"])), "arn:aws:iam::"+account+":root")
		return []change{s.set("Principal", changed, "and "+account, "AWS")}
	}
}

// eachPrincipal replaces each principal that is an ARN. Of a role whose name is unknown, another one stands for it.
func eachPrincipal(other func(arn string) string) func(*statement) []change {
	return func(s *statement) (all []change) {
		principal := object(s.raw["Principal"])
		for i := range list(principal["AWS"]) {
			arn := s.elementText("Principal", "AWS", i)
			to := other(arn)
			if !policy.IsKnown(to) && to != arn {
				to = withPart(to, 5, "role/another")
			}
			if accountOf(arn) != "" && to != arn {
				changed := maps.Clone(principal)
				changed["AWS"] = instead(principal["AWS"], i, to)
				all = append(all, s.set("Principal", changed, to, "AWS", i))
			}
		}
		return all
	}
}

// An account and a region that no template has. The account is not the one of the proof's probes.
const (
	foreignAccount = "888888888888"
	foreignRegion  = "eu-west-1"
)

func resourceOperators() []*operator {
	return []*operator{
		{name: "drop a resource", statement: func(s *statement) (all []change) {
			resources := list(s.raw["Resource"])
			for i := range resources {
				if len(resources) > 1 {
					all = append(all, s.set("Resource", without(resources, i), "without "+policy.Readable(s.elementText("Resource", i)), i))
				}
			}
			return all
		}},
		{name: "resource to *", statement: eachResource(func(string) string { return "*" })},
		{name: "widen the last part", statement: eachResource(func(arn string) string {
			cut := strings.TrimSuffix(arn, "*")
			cut = strings.TrimSuffix(cut, "/")
			if i := strings.LastIndexAny(cut, "/:"); i >= 0 {
				return cut[:i+1] + "*"
			}
			return arn
		})},
		{name: "append *", statement: eachResource(func(arn string) string {
			if strings.HasSuffix(arn, "*") {
				return strings.TrimRight(arn, "/*") + "*"
			}
			return arn + "*"
		})},
		{name: "add a resource", statement: func(s *statement) []change {
			resources := list(s.raw["Resource"])
			arn := s.elementText("Resource", 0)
			if len(resources) == 0 || !policy.IsKnown(arn) || nameOf(arn) == "" {
				return nil
			}
			name := strings.TrimSuffix(nameOf(arn), "/*") // next to the prefix, not within it
			more := withPart(arn, 5, name[:strings.LastIndexByte(name, '/')+1]+"another")
			return []change{s.set("Resource", append(slices.Clone(resources), more), "and "+more)}
		}},
		{name: "another prefix", statement: eachResource(func(arn string) string {
			if rest, ok := strings.CutSuffix(arn, "/*"); ok && strings.Contains(rest, "/") {
				return rest + "-old/*"
			}
			return arn
		})},
		{name: "resource in another account", statement: eachResource(func(arn string) string { return withPart(arn, 4, foreignAccount) })},
		{name: "resource in another region", statement: eachResource(func(arn string) string { return withPart(arn, 3, foreignRegion) })},
		{name: "Resource to NotResource", statement: func(s *statement) []change { return s.swapped("Resource", "NotResource") }},
	}
}

// eachResource replaces each resource by what is made of its ARN. Of an ARN that is not known to its end, the beginning and "*" stand for
// it.
func eachResource(other func(arn string) string) func(*statement) []change {
	return func(s *statement) (all []change) {
		resources := list(s.raw["Resource"])
		for i := range resources {
			arn := s.elementText("Resource", i)
			if start := strings.IndexByte(arn, 0); start >= 0 {
				arn = arn[:start] + "*"
			}
			if to := other(arn); arn != "" && arn != "*" && to != arn {
				all = append(all, s.set("Resource", instead(resources, i, to), to, i))
			}
		}
		return all
	}
}

// withPart is an ARN with another part, if it has one.
func withPart(arn string, i int, value string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[i] == "" {
		return arn
	}
	parts[i] = value
	return strings.Join(parts, ":")
}

// accountOf, serviceOfARN and nameOf are parts of an ARN. "" of what is no ARN.
func accountOf(text string) string { return arn.Account(text) }

func serviceOfARN(text string) string {
	a, _ := arn.Parse(text)
	return a.Service
}

func nameOf(text string) string {
	a, _ := arn.Parse(text)
	return a.Resource
}
