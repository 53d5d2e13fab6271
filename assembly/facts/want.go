package facts

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/internal/managedpolicy"
)

// Want is one fact that a decision depends on and that nothing says: of a resource, or of a value that a template leaves open.
type Want struct {
	// Resource is the ARN of a resource or a managed policy. "" for a value that a template leaves open. Of a VPC whose ID is not known it ends with "vpc/".
	Resource string
	// Part is the ID of the subnet or the security group of the VPC that the decision depends on. "" for all that can be given.
	Part string
	// Source is where the value comes from.
	Source assembly.Source
	// Account is the account whose place in its organization it is. "" for anything else.
	Account string
}

// OfPath is the want of the place of an account in its organization.
func OfPath(account string) Want { return Want{Account: account} }

// PathName is how to call the place of an account in its organization.
func PathName(account string) string { return "path of account " + account + " in its organization" }

// About is what facts say of a resource, or of that which it is a part of, such as the bucket of an object or the table of an index. False if facts cannot be
// about it.
func About(resource string) (Want, bool) {
	a, ok := arn.Parse(resource)
	if !ok {
		return Want{}, false
	}
	switch a.Service {
	case "s3":
		if parts := strings.SplitN(a.Resource, "/", 3); parts[0] == "accesspoint" && len(parts) == 3 {
			a.Resource = parts[0] + "/" + parts[1]
		} else if parts[0] != "accesspoint" {
			a.Resource = parts[0]
		}
	case "dynamodb":
		if parts := strings.SplitN(a.Resource, "/", 3); len(parts) == 3 {
			a.Resource = parts[0] + "/" + parts[1]
		}
	case "lambda":
		if parts := strings.SplitN(a.Resource, ":", 3); len(parts) == 3 {
			a.Resource = parts[0] + ":" + parts[1]
		}
	}
	if kindOf(a) == nil && !managedARN.MatchString(a.String()) {
		return Want{}, false
	}
	return Want{Resource: a.String()}, true
}

// Of is the want of where a value comes from. False for what is known, and for what facts cannot say.
func Of(s assembly.Source) (Want, bool) {
	if s.Kind == assembly.StoredSource {
		id := s.Name // perhaps with a version
		if colon := strings.LastIndexByte(id, ':'); strings.Count(id, ":") > 5 {
			id = id[:colon]
		}
		if a, ok := arn.Parse(id); !ok || kindOf(a) == nil {
			return Want{}, false
		}
	}
	return Want{Source: s}, !s.Known
}

// VPC is the ID of the VPC that it is about, or [UnknownVPC]. "" for anything else.
func (w Want) VPC() string {
	_, id, _ := strings.Cut(w.Resource, ":vpc/")
	return id
}

// ID says which fact it is, in a few words.
func (w Want) ID() string {
	switch s := w.Source; {
	case w.Account != "":
		return PathName(w.Account)
	case w.Part != "":
		return w.Resource + " with " + w.Part
	case w.Resource != "":
		return w.Resource
	case s.Kind == assembly.ParameterSource:
		return "parameter " + s.Name + " of stack " + s.Stack.DisplayName
	case s.Kind == assembly.ExportSource:
		return "export " + s.Name + ", which stack " + s.Stack.DisplayName + " imports"
	}
	return w.Source.Name
}

// String says what to give, as a sentence of a remedy.
func (w Want) String() string {
	const file = "in a facts file (--facts FILE, Options.Facts, or facts in cdk.json): "
	a, _ := arn.Parse(w.Resource)
	switch s := w.Source; {
	case w.Account != "":
		return fmt.Sprintf("give the %s %sunder organizationPaths, %q with a path such as o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/", PathName(w.Account), file, w.Account)
	case w.VPC() == UnknownVPC:
		return fmt.Sprintf("give the facts of the VPC of %s, which no template has, %sunder resources, %q with %s", w.Part, file, w.Resource, required(network))
	case w.Resource != "" && kindOf(a) != nil:
		return fmt.Sprintf("give the facts of %s, which no template has, %sunder resources, %q with %s", w.Resource, file, w.Resource, required(kindOf(a)))
	case w.Resource != "":
		why := "which no template has"
		if a.Account == "aws" {
			why = "which AWS's managed policies of " + managedpolicy.Date() + " do not have"
			if similar := managedpolicy.Similar(w.Resource); similar != "" {
				why += " (they have " + similar + ")"
			}
		}
		return fmt.Sprintf("give the document of the managed policy %s, %s, %sunder managedPolicies, %q with what aws iam get-policy-version shows", path.Base(w.Resource), why, file, w.Resource)
	case s.Kind == assembly.ParameterSource:
		return fmt.Sprintf("give the value of parameter %s of stack %s %sunder parameters, %q with %q", s.Name, s.Stack.DisplayName, file, s.Stack.DisplayName, s.Name)
	case s.Kind == assembly.ExportSource:
		return fmt.Sprintf("give the template of the stack that exports %q in account %s and region %s %sunder templates", s.Name, s.Stack.Account, s.Stack.Region, file)
	}
	id, version := w.stored()
	field := "value"
	if version != "" {
		field = "value, and its version " + version + " in versions"
	}
	return fmt.Sprintf("give the value of %s of Systems Manager %sunder resources, %q with %s", id, file, id, field)
}

// stored is the ARN of a parameter of Systems Manager, and the version that is asked for.
func (w Want) stored() (id, version string) {
	id = w.Source.Name
	if strings.Count(id, ":") > 5 {
		colon := strings.LastIndexByte(id, ':')
		return id[:colon], id[colon+1:]
	}
	return id, ""
}

// required are the fields that have to be given of a kind.
func required(k *kind) string {
	names := []string{}
	if k.resourceType == "AWS::S3::Bucket" {
		names = append(names, "account", "region")
	}
	for _, f := range k.fields {
		if !f.optional {
			names = append(names, f.name)
		}
	}
	return strings.Join(names, ", ")
}

// Sorted returns wants in the order in which they are shown, each once.
func Sorted(all []Want) []Want {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b Want) int { return cmp.Compare(a.ID(), b.ID()) })
	return slices.CompactFunc(all, func(a, b Want) bool { return a.ID() == b.ID() })
}

// Assumption is one fact, as what is taken to be so.
type Assumption struct {
	// Name is how checks call it.
	Name string
	// Note says it.
	Note assembly.Note
}

// asFile is what the facts of a file say, by what it is about.
func (f *Facts) asFile(about string) Assumption {
	s := &assembly.Stack{Name: f.Name, Label: f.Name, DisplayName: f.Name, Facts: cmp.Or(f.File, f.Name)}
	return Assumption{about + " (by " + f.Name + ")", assembly.Note{Stack: s, LogicalID: about, Why: "taken to be as the file says"}}
}

// Assumptions are the managed policies of AWS and the paths of accounts among the facts. Resources and values of parameters are those of the assembly.
func (f *Facts) Assumptions() []Assumption {
	if f == nil {
		return nil
	}
	var all []Assumption
	for _, name := range slices.Sorted(maps.Keys(f.ManagedPolicies)) {
		all = append(all, f.asFile(name))
	}
	for _, account := range slices.Sorted(maps.Keys(f.OrganizationPaths)) {
		all = append(all, f.asFile(PathName(account)))
	}
	return all
}
