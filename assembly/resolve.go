package assembly

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/assembly/internal/intrinsic"
	"github.com/crossgrant/crossgrant/contract"
	"github.com/crossgrant/crossgrant/policy"
)

func resolve(scopes []*scope, known Known) (*Assembly, error) {
	r := &resolver{state: intrinsic.NewState(), stacks: map[environment]*scope{}, known: known, sources: map[step]sources{}}
	var problems []error
	for _, s := range scopes { // a stack comes before those that it nests
		r.locate(s)
		if err := s.readSections(); err != nil {
			problems = append(problems, fmt.Errorf("stack %s, template %s:\n%w", s.DisplayName, s.Template, err))
		}
	}
	if err := errors.Join(append(problems, known.check(scopes))...); err != nil {
		return nil, err
	}
	r.exports = findExports(scopes)
	a := &Assembly{}
	for _, s := range scopes {
		if r.state.Err() == nil && s.exists() != policy.No {
			s.fill()
			a.Stacks = append(a.Stacks, s.Stack)
		}
	}
	if err := r.state.Err(); err != nil {
		return nil, err
	}
	a.Notes, a.Assumed = sorted(r.notes, a.Stacks), r.assumed()
	a.index()
	return a, nil
}

// locate sets where a stack is deployed. All stacks whose account is unknown are taken to be in one account, in one region and in the partition "aws", as
// the CDK takes them: their exports are imported by each other. Only stacks of the same name are told apart, since they cannot be in one place.
// https://docs.aws.amazon.com/cdk/v2/guide/environments.html
func (r *resolver) locate(s *scope) {
	s.resolver = r
	if s.parent != nil {
		s.Account, s.Region, s.Partition, s.suffix = s.parent.Account, s.parent.Region, s.parent.Partition, s.parent.suffix
	} else {
		of := "" // all such stacks
		if s.apart {
			of = s.Label
		}
		p, known := partitionOf(cmp.Or(s.Region, anyRegion))
		if s.Partition, s.suffix = p.name, p.suffix; !known {
			s.Partition, s.suffix = s.unknownPseudo("Partition"), s.unknownPseudo("URLSuffix")
			r.state.MarkSimple(s.Partition)
		}
		if s.Account == "" {
			s.Account = policy.UnresolvedAccount(of)
			r.state.MarkSimple(s.Account)
			r.nowhere = append(r.nowhere, s.Stack)
		}
		if s.Region == "" {
			s.Region = policy.UnresolvedRegion(of)
			r.state.MarkSimple(s.Region)
			r.anywhere = append(r.anywhere, s.Stack)
		}
		r.stacks[environment{s.Account, s.Region, s.Name}] = s
	}
	s.functions = intrinsic.Scope{
		Template: s, State: r.state, Label: s.Label, DisplayName: s.DisplayName, Account: s.Account, Region: s.Region,
	}
}

// anyRegion is one of the partition that is assumed where the region is unknown.
const anyRegion = "us-east-1"

// assumed says what was taken as given of stacks whose account or region is unknown.
func (r *resolver) assumed() (all []Note) {
	for _, one := range []struct {
		stacks []*Stack
		what   string
	}{
		{r.nowhere, "account is not known; taken to be one and the same account, which may be any that policies name"},
		{r.anywhere, "region is not known; taken to be one and the same region of the partition aws"},
	} {
		if len(one.stacks) == 0 {
			continue
		}
		names := []string{}
		for _, s := range one.stacks {
			names = append(names, s.DisplayName)
		}
		const most = 5
		if more := len(names) - most; more > 0 {
			names = append(names[:most], fmt.Sprintf("and %d more", more))
		}
		all = append(all, Note{Place: strings.Join(names, ", "), Why: one.what})
	}
	return all
}

// partition is a group of regions with its own ARNs and domains.
type partition struct{ name, suffix string }

// partitionOf returns the partition of a region by the beginning of its name; false if that is unknown.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html and the partitions.json of the AWS SDKs
func partitionOf(region string) (partition, bool) {
	for _, p := range partitions {
		if strings.HasPrefix(region, p.prefix) {
			return p.partition, true
		}
	}
	return partition{}, false
}

var partitions = func() (all []struct {
	prefix string
	partition
}) {
	for _, line := range []struct{ prefixes, name, suffix string }{
		{"cn-", "aws-cn", "amazonaws.com.cn"},
		{"us-gov-", "aws-us-gov", "amazonaws.com"},
		{"us-iso-", "aws-iso", "c2s.ic.gov"},
		{"us-isob-", "aws-iso-b", "sc2s.sgov.gov"},
		{"eu-isoe-", "aws-iso-e", "cloud.adc-e.uk"},
		{"us-isof- eu-isof-", "aws-iso-f", "csp.hci.ic.gov"},
		{"eusc-", "aws-eusc", "amazonaws.eu"},
		{"af- ap- ca- eu- il- me- mx- sa- us-", "aws", "amazonaws.com"},
	} {
		for prefix := range strings.FieldsSeq(line.prefixes) {
			all = append(all, struct {
				prefix string
				partition
			}{prefix, partition{line.name, line.suffix}})
		}
	}
	return all
}()

var logicalID = regexp.MustCompile(`^[a-zA-Z0-9]+$`)

// readSections reads the sections of the template: parameters first, which loops may need.
func (s *scope) readSections() error {
	t := s.template
	s.template, s.mappings, s.metadata, s.Macros = nil, t.mappings, t.metadata, slices.Clone(t.macros)
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	for _, macro := range t.macros {
		s.at("", "Transform").Note("found %s, which was not run: it may change and add anything", macro)
	}
	for _, warning := range t.warnings {
		s.Note("", "", warning)
	}
	s.parameters = make(map[string]*parameter, len(t.parameters))
	for _, id := range slices.Sorted(maps.Keys(t.parameters)) {
		body, ok := t.parameters[id].(map[string]any)
		if !ok {
			problem("Parameters.%s: found a value that is not an object, expected an object with a Type", id)
		}
		s.parameters[id] = &parameter{body: body}
	}
	s.conditions = map[string]*condition{}
	for id, node := range s.section("Conditions", t.conditions, t.loops) {
		s.conditions[id] = &condition{node: node, value: policy.Indeterminate}
	}
	resources := s.section("Resources", t.resources, t.loops)
	s.resources = make(map[string]*resource, len(resources))
	for _, id := range slices.Sorted(maps.Keys(resources)) {
		body, _ := resources[id].(map[string]any)
		kind, ok := body["Type"].(string)
		switch {
		case !logicalID.MatchString(id):
			problem("Resources: found logical id %q, expected letters and digits", id)
		case !ok:
			problem("Resources.%s: found no Type, expected one such as AWS::S3::Bucket", id)
		case body["Condition"] != nil && document.String(body["Condition"]) == "":
			problem("Resources.%s: found a Condition that is not a string, expected the name of a condition", id)
		case s.parameters[id] != nil:
			problem("Resources.%s: found a parameter of the same name, expected another name for one of them", id)
		}
		metadata, own := ours(document.Object(body["Metadata"]))
		s.resources[id] = &resource{
			Resource: &Resource{
				Stack: s.Stack, LogicalID: id, Type: kind, Path: document.String(metadata["aws:cdk:path"]),
				DependsOn: sortedStrings(body["DependsOn"]), References: references(body["Properties"]),
				DeletionPolicy: document.String(body["DeletionPolicy"]), UpdateReplacePolicy: document.String(body["UpdateReplacePolicy"]),
				Metadata: document.Object(document.AsWritten(metadata)),
			},
			scope: s, condition: document.String(body["Condition"]), properties: body["Properties"], metadata: own, kind: resourceTypes[kind],
			twice: t.twice[id],
		}
	}
	if err := s.readPaths(); err != nil {
		problem("%w", err)
	}
	s.outputs = map[string]*output{}
	outputs := s.section("Outputs", t.outputs, t.loops)
	for _, id := range slices.Sorted(maps.Keys(outputs)) {
		body, ok := outputs[id].(map[string]any)
		if !ok {
			problem("Outputs.%s: found a value that is not an object, expected an object with a Value", id)
		}
		if body["Condition"] != nil && document.String(body["Condition"]) == "" {
			problem("Outputs.%s: found a Condition that is not a string, expected the name of a condition", id)
		}
		s.outputs[id] = &output{scope: s, id: id, body: body}
	}
	return errors.Join(problems...)
}

// ours splits metadata into what others read and what this program does.
func ours(metadata map[string]any) (others, own map[string]any) {
	for key, node := range metadata {
		if !strings.HasPrefix(key, contract.MetadataPrefix) {
			continue
		}
		if own == nil {
			others, own = maps.Clone(metadata), map[string]any{}
		}
		own[key] = node
		delete(others, key)
	}
	if own == nil {
		return metadata, nil
	}
	return others, own
}

// sortedStrings returns the strings of a list, or the one string in place of a list.
func sortedStrings(node any) (all []string) {
	if one, is := node.(string); is {
		return []string{one}
	}
	for _, item := range document.List(node) {
		all = append(all, document.String(item))
	}
	slices.Sort(all)
	return all
}

// references returns the names that Ref, Fn::GetAtt and Fn::Sub in a part of a template have, sorted. Among them are those of parameters.
func references(node any) (all []string) {
	var find func(any)
	find = func(node any) {
		switch v := node.(type) {
		case map[string]any:
			for _, item := range v {
				find(item)
			}
		case []any:
			for _, item := range v {
				find(item)
			}
		case *document.Call:
			text, list := document.String(v.Argument), document.List(v.Argument)
			if len(list) > 0 {
				text = cmp.Or(text, document.String(list[0]))
			}
			switch v.Name {
			case "Ref", "Fn::GetAtt":
				name, _, _ := strings.Cut(text, ".")
				all = append(all, name)
			case "Fn::Sub":
				for _, found := range substituted.FindAllStringSubmatch(text, -1) {
					all = append(all, found[1])
				}
			}
			find(v.Argument)
		}
	}
	find(node)
	slices.Sort(all)
	return slices.Compact(all)
}

var substituted = regexp.MustCompile("[$][{] *([A-Za-z0-9]+)[.} ]")

// section returns a section of the template with its loops expanded, and without macros, which only AWS can run: these are noted.
func (s *scope) section(name string, nodes map[string]any, loops bool) map[string]any {
	e := s.at("", name)
	if loops {
		nodes = e.ExpandLoops(nodes)
	}
	known := nodes
	for _, key := range slices.Sorted(maps.Keys(nodes)) {
		if !strings.HasPrefix(key, "Fn::") {
			continue
		}
		macro := document.Macro(key, nodes[key])
		e.Note("found %s, which was not run: it may add anything", macro)
		s.Macros = append(s.Macros, macro)
		known = maps.Clone(known)
		delete(known, key)
	}
	return known
}

// findExports returns the outputs by their exports.
func findExports(scopes []*scope) map[export][]*output {
	all := map[export][]*output{}
	for _, s := range scopes {
		for _, o := range s.outputs {
			if s.exists() == policy.No || o.exists() == policy.No {
				continue
			}
			if name := o.exportName(); name != "" {
				key := export{s.Account, s.Region, name}
				all[key] = append(all[key], o)
			}
		}
	}
	return all
}

// fill sets the metadata, the resources and the outputs of a stack. Keys of CloudFormation's own metadata are as written: what is in them may look
// like a function.
func (s *scope) fill() {
	r := s.resolver
	if r.base = nil; s.parent == nil && s.artifact.by != "" {
		r.use(Source{Kind: TemplateSource, Stack: s.Stack, Name: s.artifact.file, Known: true, By: s.artifact.by})
	}
	for key, node := range s.metadata {
		if s.Metadata == nil {
			s.Metadata = make(map[string]any, len(s.metadata))
		}
		if strings.HasPrefix(key, "AWS::") {
			s.Metadata[key] = document.AsWritten(node)
		} else if v := s.at("", "Metadata", key).Value(node); v != (intrinsic.Absent{}) {
			s.Metadata[key] = v
		}
	}
	own := r.base
	for _, id := range slices.Sorted(maps.Keys(s.resources)) {
		r.base = nil
		if x := s.resources[id]; x.exists() != policy.No {
			x.fill()
			x.Sources = r.base.sorted()
			s.Resources = append(s.Resources, x.Resource)
		} else {
			own = own.with(r.base)
		}
	}
	s.Sources = own.sorted()
	for _, id := range slices.Sorted(maps.Keys(s.outputs)) {
		if o := s.outputs[id]; o.exists() != policy.No {
			value, _ := o.resolve().(string)
			s.Outputs = append(s.Outputs, Output{
				Name: id, Value: value, Export: o.exportName(),
				Conditional: s.undecidedCondition(o.exists(), document.String(o.body["Condition"])),
			})
		}
	}
	s.External = s.external()
}

// external are the values that CloudFormation reads at deployment, of parameters and of dynamic references.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html
func (s *scope) external() []string {
	all := slices.Collect(maps.Keys(s.functions.Resolved))
	for name, p := range s.parameters {
		if !strings.HasPrefix(document.String(p.body["Type"]), "AWS::SSM::Parameter::Value<") {
			continue
		}
		v, given := s.given(name)
		if !given {
			v = p.body["Default"]
		}
		if key, ok := document.Text(v); ok && key != "" {
			all = append(all, "ssm:"+key)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// sorted sorts notes by stack, and removes duplicates.
func sorted(notes []Note, stacks []*Stack) []Note {
	order := map[*Stack]int{}
	for i, s := range stacks {
		order[s] = i
	}
	slices.SortFunc(notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(order[a.Stack], order[b.Stack]), strings.Compare(a.LogicalID, b.LogicalID),
			strings.Compare(a.Place, b.Place), strings.Compare(a.Why, b.Why))
	})
	return slices.Compact(notes)
}
