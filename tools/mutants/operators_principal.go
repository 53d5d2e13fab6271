package main

import (
	"maps"
	"slices"

	"github.com/crossgrant/crossgrant/policy"
)

var principalOperators = []*operator{
	{name: "principal to *", statement: func(s *statement) []change {
		if s.raw["Principal"] == nil || everybody(s.raw["Principal"]) {
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

// everybody says that a principal is anyone.
func everybody(principal any) bool {
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

// addPrincipal lets another account in, beside those who are.
func addPrincipal(account string) func(*statement) []change {
	return func(s *statement) []change {
		principal := object(s.raw["Principal"])
		if principal == nil || everybody(s.raw["Principal"]) {
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
