package main

import (
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

// Those of an account and region that no template has. The account is not the one that the proof's probes come from.
const (
	foreignAccount = "888888888888"
	foreignRegion  = "eu-west-1"
)

var resourceOperators = []*operator{
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
		name := strings.TrimSuffix(nameOf(arn), "/*") // beside the prefix, not within
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
