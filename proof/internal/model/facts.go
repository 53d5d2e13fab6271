package model

import (
	"path"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/assembly/accounts"
	"github.com/crossgrant/crossgrant/assembly/facts"
	"github.com/crossgrant/crossgrant/assembly/network"
	"github.com/crossgrant/crossgrant/internal/managedpolicy"
	"github.com/crossgrant/crossgrant/policy"
)

// ToGiveOf are the facts that decide what is unknown of a resource that no template has, or of a managed policy. None of one that facts cannot be about.
func ToGiveOf(resource string) []facts.Want {
	if w, ok := facts.About(resource); ok {
		return []facts.Want{w}
	}
	return nil
}

// ToGive says which facts decide what is unknown of a resource that no template has. "" for one that facts cannot be about.
func ToGive(resource string) string {
	if w, ok := facts.About(resource); ok {
		return w.String()
	}
	return ""
}

// ToGiveOfNetwork are the facts that decide a way of a workload.
func ToGiveOfNetwork(w *network.Workload, missing []network.Missing) []facts.Want {
	s := w.Resource.Stack
	if !policy.IsKnown(s.Account + s.Region + s.Partition) {
		return nil
	}
	var all []facts.Want
	for _, one := range missing {
		if strings.HasPrefix(one.Part, "pl-") {
			all = append(all, facts.Want{Resource: "arn:" + s.Partition + ":ec2:" + s.Region + ":" + s.Account + ":prefix-list/" + one.Part})
			continue
		}
		vpc := one.VPC
		if vpc == "" {
			vpc = facts.UnknownVPC
		}
		all = append(all, facts.Want{Resource: "arn:" + s.Partition + ":ec2:" + s.Region + ":" + s.Account + ":vpc/" + vpc, Part: one.Part})
	}
	return all
}

// with are resources with all of which their policies consist.
func (m *Model) with(resources []*assembly.Resource) []*assembly.Resource {
	var all []*assembly.Resource
	for _, r := range resources {
		if r != nil && r.Stack != nil && !slices.Contains(all, r) {
			all = append(append(all, r), m.Accounts.PartsOf(r)...)
		}
	}
	return all
}

// OpenOf are the facts that would say what the templates leave open of some resources: the values of parameters that what was found names, or that may
// decide whether a resource is there.
func (m *Model) OpenOf(resources []*assembly.Resource, found string) []facts.Want {
	var all []facts.Want
	for _, r := range m.with(resources) {
		for _, s := range slices.Concat(r.Sources, r.Stack.Sources) {
			if w, ok := facts.Of(s); ok && (r.Conditional != "" || names(found, s)) {
				all = append(all, w)
			}
		}
	}
	return all
}

// names says that a text may be about the value of a source that is not known.
func names(text string, s assembly.Source) bool {
	switch {
	case s.Kind == assembly.ExportSource:
		return strings.Contains(text, "ImportValue")
	case s.Kind == assembly.ParameterSource:
		return strings.Contains(text, s.Stack.Label+"."+s.Name)
	case s.Parameter != "":
		return strings.Contains(text, s.Stack.Label+"."+s.Parameter)
	}
	return strings.Contains(text, "resolve ssm")
}

// IsOpen says that a text in the policies of a resource has a value that the templates leave open, and not only what AWS generates.
func (m *Model) IsOpen(text string, r *assembly.Resource) bool {
	return !policy.IsKnown(text) && len(m.OpenOf([]*assembly.Resource{r}, policy.Readable(text))) > 0
}

// RestOn is what no template has for sure and some resources depend on, by name: facts, and defaults of parameters.
func (m *Model) RestOn(resources []*assembly.Resource) []string {
	var all []string
	for i, r := range resources {
		if r != nil && r.Stack != nil && !slices.Contains(resources[:i], r) {
			all = append(all, m.Memo(restOn{r}, func() any { return m.restOn(r) }).([]string)...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// restOn is the key of what a resource depends on.
type restOn struct{ *assembly.Resource }

func (m *Model) restOn(resource *assembly.Resource) []string {
	var all []string
	for _, r := range m.with([]*assembly.Resource{resource}) {
		for _, s := range slices.Concat(r.Sources, r.Stack.Sources) {
			if s.Known {
				all = append(all, s.String())
			}
		}
		if r.Stack.Facts != "" {
			all = append(all, accounts.FactName(r))
		}
		for _, one := range managedARNs(r) {
			if _, ok := m.byFacts[one]; ok {
				all = append(all, m.byFacts[one])
			}
		}
	}
	return all
}

// managedARNs are the ARNs of the managed policies that a role or user has itself, its boundary included.
func managedARNs(r *assembly.Resource) []string {
	var all []string
	for _, one := range append(slices.Clone(items(r.Properties["ManagedPolicyArns"])), r.Properties["PermissionsBoundary"]) {
		if text, ok := one.(string); ok {
			all = append(all, text)
		}
	}
	return all
}

// Given are what facts say, the defaults of parameters, and the managed policies of AWS that nobody gave, as what is taken to be so.
func (m *Model) Given() []facts.Assumption {
	all := slices.Clone(m.facts)
	if names := m.Accounts.ManagedPoliciesOfAWS(); len(names) > 0 {
		for i, name := range names {
			names[i] = path.Base(name)
		}
		all = append(all, facts.Assumption{Note: assembly.Note{Place: "managed policies of AWS", Why: "taken to be as of " + managedpolicy.Date() + ": " + strings.Join(names, ", ")}})
	}
	seen := map[assembly.Source]bool{}
	add := func(sources []assembly.Source) {
		for _, s := range sources {
			if !s.Known || seen[s] {
				continue
			}
			seen[s] = true
			note := assembly.Note{Stack: s.Stack, LogicalID: s.Name, Why: "taken to have its default, which another value at deployment or in facts would replace"}
			if s.By != "" {
				note = assembly.Note{Stack: &assembly.Stack{DisplayName: s.By, Label: s.By, Facts: s.By}, LogicalID: s.String(), Why: "taken to be so"}
			}
			all = append(all, facts.Assumption{Name: s.String(), Note: note})
		}
	}
	for _, s := range m.Assembly.Stacks {
		add(s.Sources)
		for _, r := range s.Resources {
			if add(r.Sources); s.Facts != "" && r.ARN != "" {
				all = append(all, facts.Assumption{Name: accounts.FactName(r), Note: assembly.Note{Stack: s, LogicalID: r.LogicalID, Why: "taken to be as the file says"}})
			}
		}
	}
	return all
}
