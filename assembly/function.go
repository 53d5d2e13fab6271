package assembly

import (
	"maps"
	"slices"
)

// function resolves one of CloudFormation's functions from its argument as the template has it. What it returns is unknown by name where
// the argument is, and noted where it is wrong.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
type function func(e *evaluation, argument any) any

var functions map[string]function

func init() { // not above: they call each other by way of it
	functions = map[string]function{
		"Ref":                (*evaluation).ref,
		"Fn::GetAtt":         (*evaluation).getAtt,
		"Fn::Sub":            (*evaluation).sub,
		"Fn::Join":           (*evaluation).join,
		"Fn::Split":          (*evaluation).split,
		"Fn::Select":         (*evaluation).choose,
		"Fn::If":             (*evaluation).branch,
		"Fn::FindInMap":      (*evaluation).findInMap,
		"Fn::ImportValue":    (*evaluation).importValue,
		"Fn::GetStackOutput": (*evaluation).getStackOutput,
		"Fn::Base64":         (*evaluation).base64,
		"Fn::Cidr":           (*evaluation).cidr,
		"Fn::GetAZs":         (*evaluation).getAZs,
		"Fn::Length":         (*evaluation).length,
		"Fn::ToJsonString":   (*evaluation).toJSON,
	}
}

// conditionFunctions may stand in conditions only.
var conditionFunctions = []string{"Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"}

func functionNames() []string { return slices.Sorted(maps.Keys(functions)) }

func (e *evaluation) call(c *call) any {
	e.path = append(e.path, segment{key: c.name})
	defer func() { e.path = e.path[:len(e.path)-1] }()
	if f := functions[c.name]; f != nil {
		return f(e, c.argument)
	}
	if c.name == "Fn::Transform" {
		return e.unknown("found a macro, which was not run")
	}
	return e.unknown("found %s, expected a function that may stand here", c.name)
}

// at resolves the argument at an index.
func (e *evaluation) at(i int, node any) any {
	e.path = append(e.path, segment{index: i})
	defer func() { e.path = e.path[:len(e.path)-1] }()
	return e.of(node)
}

// textAt is at, for an argument that has to be a text. It may be unknown.
func (e *evaluation) textAt(i int, node any) (string, bool) { return text(e.at(i, node)) }

// arguments returns a list of at least and at most so many.
func arguments(argument any, least, most int) ([]any, bool) {
	l, ok := argument.([]any)
	return l, ok && least <= len(l) && len(l) <= most
}
