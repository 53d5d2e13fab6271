package plugin

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/internal/columns"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof"
)

// What CDK prints of a violation:
//
//	ERROR description (crossgrant)
//
//	   Suggested fix: fix
//	   Acknowledge with 'crossgrant::ID'
const (
	width   = 100
	before  = len("ERROR ")
	after   = len(" (" + Name + ")")
	fixes   = len("   Suggested fix: ")
	indent  = "   "
	atMost  = 3 // of a finding's checks and resources
	further = "      "
)

// Severities: CDK fails for the first two, and nobody can acknowledge the first one.
const (
	fatal   = "fatal"
	broken  = "error"
	warning = "warning"
)

// violation is a finding as CDK reports it. Resources on which someone acknowledged it are listed as such, which takes them out of the report; all
// others are one violation without a construct.
func violation(dir string, f *proof.Finding, acknowledged func(path, id string) bool) *awscdk.PolicyViolation {
	id := f.ID()
	resources := []*awscdk.PolicyViolatingResource{}
	var left []*assembly.Resource
	where := f.Where()
	for _, r := range where {
		if !acknowledged(r.Path, id) {
			left = append(left, r)
			continue
		}
		resources = append(resources, &awscdk.PolicyViolatingResource{
			ResourceLogicalId: jsii.String(r.LogicalID), TemplatePath: jsii.String(filepath.Join(dir, r.Stack.Template)), Locations: &[]*string{jsii.String("Properties")},
		})
	}
	if len(where) == 0 {
		acknowledged("", id) // which CDK finds itself
	}
	if len(left) > 0 || len(where) == 0 {
		resources = append(resources, &awscdk.PolicyViolatingResource{Locations: &[]*string{}})
	}
	one := &awscdk.PolicyViolation{
		RuleName: jsii.String(id), Description: jsii.String(description(f, left)), Severity: jsii.String(broken), ViolatingResources: &resources,
	}
	if len(f.Remedy) > 0 {
		one.Fix = jsii.String(fix(f.Remedy))
	}
	return one
}

// failure is an app that cannot be proved. Its severity is one that nobody can acknowledge.
func failure(what string, err error) *awscdk.PolicyViolation {
	return &awscdk.PolicyViolation{
		RuleName: jsii.String(failed), Severity: jsii.String(fatal), Description: jsii.String(lines([]string{what + ": " + err.Error()})),
		ViolatingResources: nowhere(),
	}
}

// nowhere is what has no construct, so that it is reported whichever stacks are selected.
func nowhere() *[]*awscdk.PolicyViolatingResource {
	return &[]*awscdk.PolicyViolatingResource{{Locations: &[]*string{}}}
}

// unusable is an acknowledgement that no finding has: of a whole rule, which would cover what comes later, or of what is not there any more.
func unusable(a acknowledgement, findings []*proof.Finding) *awscdk.PolicyViolation {
	on := cmp.Or(a.path, "the app")
	one := &awscdk.PolicyViolation{RuleName: jsii.String(stale), Severity: jsii.String(warning), ViolatingResources: nowhere(),
		Description: jsii.String(lines([]string{"found an acknowledgement of " + Name + "::" + a.id + " on " + on + ", expected one of what is found there: nothing has this ID"})),
		Fix:         jsii.String(fix([]string{"remove it: what it was for is put right, or has changed, and is a violation of its own then"}))}
	if !slices.Contains(append(rules(), failed, wholeRule, stale), a.id) {
		return one
	}
	var ids []string
	for _, f := range findings {
		where := f.Where()
		if f.Kind() == a.id && (a.path == "" || slices.ContainsFunc(where, func(r *assembly.Resource) bool { return covers(a.path, r.Path) })) {
			ids = append(ids, Name+"::"+f.ID())
		}
	}
	one.RuleName, one.Severity = jsii.String(wholeRule), jsii.String(fatal)
	one.Description = jsii.String(lines([]string{"found an acknowledgement of the whole rule " + Name + "::" + a.id + " on " + on + ", which would cover whatever comes later, expected one of a finding"}))
	one.Fix = jsii.String(fix([]string{"remove it: nothing is found there"}))
	if len(ids) > 0 {
		one.Fix = jsii.String(fix(append([]string{"correct what is found there, or acknowledge in its place, as far as you accept it:"}, ids...)))
	}
	return one
}

// description is what was found, why, and where.
func description(f *proof.Finding, where []*assembly.Resource) string {
	var names, paths []string
	for _, c := range f.Checks {
		names = append(names, policy.Readable(c.Name))
	}
	for _, r := range where {
		paths = append(paths, place(r))
	}
	about := "grant " + f.Checks[0].Grant
	if f.Checks[0].Grant == "" {
		about = "no grant"
	}
	sentences := []string{fmt.Sprintf("%s, %s: %s", f.Verdict, about, first(names, "; "))}
	for _, sentence := range f.Says {
		sentences = append(sentences, policy.Readable(sentence))
	}
	if rests := f.RestsOn(); len(rests) > 0 {
		sentences = append(sentences, policy.Readable("rests on "+first(rests, "; ")))
	}
	if len(paths) > 0 {
		sentences = append(sentences, "at "+first(paths, ", "))
	}
	return lines(sentences)
}

// place is a resource's construct path, or its stack and logical ID where the template has no paths, or its file and ARN if facts have it.
func place(r *assembly.Resource) string {
	switch {
	case r.Stack.Facts != "":
		return r.Stack.Facts + ": " + r.LogicalID
	case r.Path == "":
		return r.Stack.Name + "." + r.LogicalID
	}
	return r.Path
}

// first joins the first few of several texts.
func first(all []string, separator string) string {
	return columns.First(all, atMost, separator)
}

// lines are sentences, each on lines of its own, that leave room for what CDK prints before the first and after the last one.
func lines(sentences []string) string {
	var all []string
	for i, sentence := range sentences {
		room := width - max(before, len(indent))
		if i == len(sentences)-1 {
			room -= after
		}
		all = append(all, columns.Wrap(sentence, room)...)
	}
	return strings.Join(all, "\n"+indent)
}

// fix is a remedy: sentences in lines, and the statement below a sentence unchanged, so that it can be pasted.
func fix(remedy []string) string {
	var all []string
	for _, one := range remedy {
		sentence, statement, _ := strings.Cut(one, "\n")
		all = append(all, columns.Wrap(sentence, width-fixes)...)
		for line := range strings.Lines(statement) {
			all = append(all, strings.TrimSuffix(line, "\n"))
		}
	}
	return strings.Join(all, "\n"+further)
}
