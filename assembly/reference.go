package assembly

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/assembly/internal/intrinsic"
	"github.com/crossgrant/crossgrant/policy"
)

// A scope is what the functions of its template refer to: parameters, pseudo parameters, conditions, resources, outputs, and the outputs of
// other stacks.
var _ intrinsic.Template = (*scope)(nil)

// Reference returns the value of Ref.
func (s *scope) Reference(e *intrinsic.Evaluation, name string) any {
	if strings.HasPrefix(name, "AWS::") {
		return s.pseudoParameter(e, name)
	}
	if s.parameters[name] != nil {
		return s.parameter(name)
	}
	x := s.resources[name]
	if x == nil || x.exists() == policy.No {
		e.Note("found a reference to %s, expected a parameter or a resource that exists", name)
		return intrinsic.Named(s.Label + "." + name) // a macro may add it
	}
	x.identify()
	return x.Ref
}

// Attribute returns the value of Fn::GetAtt.
func (s *scope) Attribute(e *intrinsic.Evaluation, id, name string) any {
	x := s.resources[id]
	if x == nil || x.exists() == policy.No {
		e.Note("found a reference to %s, expected a resource that exists", id)
		return intrinsic.Named(s.Label + "." + id + "." + name)
	}
	if output, is := strings.CutPrefix(name, "Outputs."); is && x.Type == nestedType {
		if inner := s.nested[id]; inner != nil {
			if o := inner.outputs[output]; o != nil {
				return o.resolve()
			}
			e.Note("found a reference to output %s of nested stack %s, expected one that it has", output, id)
		}
	}
	if x.Type == jsonType && name == "Value" {
		if value, ok := x.parsedJSON(); ok {
			return value
		}
	}
	return x.attribute(name)
}

// jsonType is a custom resource of the CDK that returns the value that it is given as JSON: so a template computes keys, such as the conditions of a trust
// policy that have the issuer of a cluster.
// https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.CfnJson.html
const jsonType = "Custom::AWSCDKCfnJson"

// parsedJSON returns the value of such a resource; false if it is unknown.
func (x *resource) parsedJSON() (any, bool) {
	r := x.scope.resolver
	if !r.enter(step{x.scope, "value of", x.LogicalID}) {
		return nil, false
	}
	defer r.leave()
	text, is := x.property("Value")
	var value any
	err := json.Unmarshal([]byte(strings.ReplaceAll(text, "\x00", `\u0000`)), &value) // which marks what is unknown in it
	return value, is == policy.Yes && err == nil
}

// Mapping returns the value at two keys of a mapping.
func (s *scope) Mapping(name, top, second string) (any, bool) {
	v, is := document.Object(document.Object(s.mappings[name])[top])[second]
	return v, is
}

// Import returns the output that is exported by a name in the account and region of the stack.
func (s *scope) Import(e *intrinsic.Evaluation, name string) (any, bool) {
	if s.resolver.exports == nil { // an export whose name is imported
		return nil, false
	}
	if i, is := slices.BinarySearch(s.Imports, name); !is && policy.IsKnown(name) {
		s.Imports = slices.Insert(s.Imports, i, name)
	}
	switch from := s.resolver.exports[export{s.Account, s.Region, name}]; len(from) {
	case 1:
		return from[0].resolve(), true
	case 0:
		s.resolver.use(Source{Kind: ExportSource, Stack: s.Stack, Name: name})
		e.Note("found no stack that exports %q in the account and region of this one, expected one: load its template, too", name)
	default:
		e.Note("found %d stacks that export %q in this account and region, expected one", len(from), name)
	}
	return nil, false
}

// StackOutput returns an output of any stack.
func (s *scope) StackOutput(account, region, stack, output string) (any, bool) {
	other := s.resolver.stacks[environment{account, region, stack}]
	if other == nil || other.outputs[output] == nil {
		return nil, false
	}
	return other.outputs[output].resolve(), true
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
func (s *scope) pseudoParameter(e *intrinsic.Evaluation, name string) any {
	switch name {
	case "AWS::AccountId":
		return s.Account
	case "AWS::Region":
		return s.Region
	case "AWS::Partition":
		return s.Partition
	case "AWS::URLSuffix":
		return s.suffix
	case "AWS::StackName":
		return s.Name
	case "AWS::StackId":
		if s.parent != nil {
			outer := s.parent.resources[s.Within]
			outer.identify()
			return outer.Ref
		}
		return "arn:" + s.Partition + ":cloudformation:" + s.Region + ":" + s.Account + ":stack/" + s.Name + "/" + s.unknownPseudo("StackId")
	case "AWS::NotificationARNs":
		return s.unknownPseudo("NotificationARNs")
	case "AWS::NoValue":
		return intrinsic.Absent{}
	}
	return e.Unknown("found Ref of %s, expected a pseudo parameter that this package knows", name)
}

// unknownPseudo returns a pseudo parameter that is unknown. No logical id begins with "AWS::".
func (s *scope) unknownPseudo(name string) string {
	return policy.Unresolved(s.Label + ".AWS::" + name)
}

// parameter returns the value of a parameter: the known one, the given one, or the default.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
func (s *scope) parameter(name string) any {
	p := s.parameters[name]
	if one := (step{s, "parameter", name}); p.known {
		s.resolver.useAgain(one)
	} else if s.resolver.enter(one) {
		p.value, p.known = s.parameterValue(name, p.body), true
		s.resolver.leave()
	}
	return p.value
}

func (s *scope) parameterValue(name string, body map[string]any) any {
	kind := document.String(body["Type"])
	e := s.at(name)
	v, is := s.parameterText(name, body)
	if !is {
		return intrinsic.Named(s.Label + "." + name)
	}
	if inner, stored := strings.CutPrefix(kind, "AWS::SSM::Parameter::Value<"); stored {
		key, _ := document.Text(v)
		if v, is = s.stored(key, "", name); !is {
			return intrinsic.Named(s.Label + "." + name)
		}
		kind = strings.TrimSuffix(inner, ">")
	}
	if kind != "CommaDelimitedList" && !strings.HasPrefix(kind, "List<") {
		value, ok := document.Text(v)
		if !ok {
			return e.Unknown("found a value that is not a string, expected a string")
		}
		return e.Dynamic(value)
	}
	if items, is := v.([]any); is {
		return items
	}
	value, ok := document.Text(v)
	if !ok {
		return e.Unknown("found a value that is neither a string nor a list, expected one of them")
	}
	if value = e.Dynamic(value); !policy.IsKnown(value) && !e.State.IsSimple(value) {
		return e.Derived("List", value)
	}
	items := []any{}
	for part := range strings.SplitSeq(value, ",") {
		items = append(items, strings.TrimSpace(part))
	}
	return items
}

// parameterText returns what a parameter is set to: for one of Systems Manager, the name there. It is unknown if nothing says so, or if it is secret.
func (s *scope) parameterText(name string, body map[string]any) (any, bool) {
	source := Source{Kind: ParameterSource, Stack: s.Stack, Name: name}
	if value, is := s.resolver.known.parameter(s, name); is {
		source.Value, source.Known, source.By = value, true, s.resolver.known.By
		s.use(source, name)
		return value, true
	}
	v, given := s.given(name)
	byDefault := false
	if !given {
		v, given = body["Default"]
		byDefault = given
	}
	secret, _ := document.Text(body["NoEcho"])
	switch {
	case s.parent != nil: // the template around it sets its parameters, and leaves it the defaults of the others
		return v, given
	case !given || strings.EqualFold(secret, "true"):
		s.use(source, name)
		return nil, false
	case byDefault:
		source.Value, source.Known = textOf(v), true
		s.use(source, name)
	}
	return v, true
}

// use records where a value comes from, by a parameter; "" for none. Which image an instance starts from decides no access.
func (s *scope) use(source Source, parameter string) {
	if p := s.parameters[parameter]; p == nil || !strings.Contains(document.String(p.body["Type"]), "AWS::EC2::Image::Id") {
		s.resolver.use(source)
	}
}

func textOf(v any) string {
	s, _ := document.Text(v)
	return s
}

// stored returns the value of a parameter of Systems Manager in the account and region of the stack: of a version, "" for the newest one. What asks for it is
// a parameter of the stack, "" for a dynamic reference.
func (s *scope) stored(name, version, by string) (string, bool) {
	if name == "" || !policy.IsKnown(name) {
		return "", false
	}
	id := "arn:" + s.Partition + ":ssm:" + s.Region + ":" + s.Account + ":parameter/" + strings.TrimPrefix(name, "/")
	if version != "" {
		id += ":" + version
	}
	value, is := s.resolver.known.Stored[id]
	source := Source{Kind: StoredSource, Stack: s.Stack, Name: id, Parameter: by, Value: value, Known: is}
	if is {
		source.By = s.resolver.known.By
	}
	s.use(source, by)
	return value, is
}

// Stored returns the value of a dynamic reference without "resolve:", such as "ssm:/path:3". Those of secrets are never known.
func (s *scope) Stored(reference string) (string, bool) {
	service, key, _ := strings.Cut(reference, ":")
	if service != "ssm" {
		return "", false
	}
	name, version, _ := strings.Cut(key, ":")
	return s.stored(name, version, "")
}

// given returns the value that a parameter is given: by the resource of a nested stack, or at deployment.
func (s *scope) given(name string) (any, bool) {
	outer := s.parent
	if outer == nil {
		v, is := s.artifact.parameters[name]
		return v, is
	}
	properties := document.Object(outer.resources[s.Within].properties)
	parameters, is := properties["Parameters"].(map[string]any)
	if properties["Parameters"] != nil && !is || document.FunctionIn(parameters) != "" || document.FunctionIn(properties) != "" {
		return s.at(name).Derived("Parameter", outer.Label, s.Within, name), true
	}
	node, is := parameters[name]
	if !is {
		return nil, false
	}
	for _, one := range outer.resources[s.Within].Sources { // what is resolved already does not say it again
		s.resolver.use(one)
	}
	v := outer.at(s.Within, "Properties", "Parameters", name).Value(node)
	return v, v != intrinsic.Absent{}
}

// resolve returns the value of an output.
func (o *output) resolve() any {
	r := o.scope.resolver
	if one := (step{o.scope, "output", o.id}); o.known {
		r.useAgain(one)
	} else if r.enter(one) {
		e := o.scope.at(o.id, "Value")
		if value, ok := document.Text(e.Value(o.body["Value"])); ok {
			o.value = value
		} else {
			o.value = e.Unknown("found a value that is not a string, expected a string")
		}
		o.known = true
		r.leave()
	}
	if o.value == nil { // within a cycle
		return ""
	}
	return o.value
}

// exportName is "" for an output that is not exported.
func (o *output) exportName() string {
	node, is := document.Object(o.body["Export"])["Name"]
	if !is {
		return ""
	}
	e := o.scope.at(o.id, "Export", "Name")
	name, ok := document.Text(e.Value(node))
	if !ok {
		return e.Unknown("found a name that is not a string, expected a string")
	}
	return name
}
