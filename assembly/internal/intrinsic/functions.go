package intrinsic

import (
	"strings"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/internal/arn"
	"github.com/crossgrant/crossgrant/policy"
)

func init() { // not a literal: functions evaluate their arguments, and so depend on the table
	functions = map[string]function{
		"Ref":                (*Evaluation).ref,
		"Fn::GetAtt":         (*Evaluation).getAtt,
		"Fn::Sub":            (*Evaluation).sub,
		"Fn::Join":           (*Evaluation).join,
		"Fn::Split":          (*Evaluation).split,
		"Fn::Select":         (*Evaluation).selectItem,
		"Fn::If":             (*Evaluation).conditional,
		"Fn::FindInMap":      (*Evaluation).findInMap,
		"Fn::ImportValue":    (*Evaluation).importValue,
		"Fn::GetStackOutput": (*Evaluation).getStackOutput,
		"Fn::Base64":         (*Evaluation).base64,
		"Fn::Cidr":           (*Evaluation).cidr,
		"Fn::GetAZs":         (*Evaluation).getAZs,
		"Fn::Length":         (*Evaluation).length,
		"Fn::ToJsonString":   (*Evaluation).toJSON,
	}
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-ref.html
func (e *Evaluation) ref(argument any) any {
	name, ok := document.Text(e.Value(argument))
	if !ok {
		return e.Unknown("found a value that is not a string, expected the name of a parameter or a resource")
	}
	if !policy.IsKnown(name) {
		return e.Derived("Ref", e.Label, name)
	}
	return e.Template.Reference(e, name)
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getatt.html
func (e *Evaluation) getAtt(argument any) any {
	if s, ok := argument.(string); ok {
		id, attribute, ok := strings.Cut(s, ".")
		if !ok {
			return e.Unknown("found %q, expected a logical id and an attribute with a dot between them", s)
		}
		return e.Template.Attribute(e, id, attribute)
	}
	l, ok := arguments(argument, 2, 10)
	if !ok {
		return e.Unknown("found a value that is not a list of two, expected a logical id and an attribute")
	}
	parts := make([]string, len(l))
	for i, node := range l {
		if parts[i], ok = e.textAt(i, node); !ok {
			return e.Unknown("found an item that is not a string, expected a logical id and an attribute")
		}
	}
	attribute := strings.Join(parts[1:], ".")
	if !policy.IsKnown(parts[0]) || !policy.IsKnown(attribute) {
		return e.Derived("Fn::GetAtt", e.Label, parts[0], attribute)
	}
	return e.Template.Attribute(e, parts[0], attribute)
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-findinmap.html
func (e *Evaluation) findInMap(argument any) any {
	l, ok := arguments(argument, 3, 4)
	if !ok {
		return e.Unknown("found a value that is not a list of three, expected a mapping and two keys")
	}
	var keys [3]string
	for i := range keys {
		if keys[i], ok = e.textAt(i, l[i]); !ok {
			return e.Unknown("found key %d, which is not a string, expected a string", i)
		}
	}
	for _, key := range keys {
		if !policy.IsKnown(key) {
			return e.Derived("Fn::FindInMap", e.Label, keys[0], keys[1], keys[2], l[3:])
		}
	}
	if v, is := e.Template.Mapping(keys[0], keys[1], keys[2]); is {
		return e.Value(v)
	}
	if len(l) == 4 {
		if v, is := document.Object(l[3])["DefaultValue"]; is {
			return e.at(3, v)
		}
	}
	return e.Unknown("found no %s in the mappings, expected it or a DefaultValue", strings.Join(keys[:], "."))
}

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-importvalue.html
func (e *Evaluation) importValue(argument any) any {
	name, ok := document.Text(e.Value(argument))
	if !ok {
		return e.Unknown("found a value that is not a string, expected the name of an export")
	}
	if policy.IsKnown(name) {
		if v, is := e.Template.Import(e, name); is {
			return v
		}
	}
	return e.Derived("Fn::ImportValue", name, e.Account, e.Region)
}

// getStackOutput reads an output of another stack in any account and region. It need not be exported.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
func (e *Evaluation) getStackOutput(argument any) any {
	fields := document.Object(e.Value(argument))
	stack, output := document.String(fields["StackName"]), document.String(fields["OutputName"])
	if stack == "" || output == "" {
		return e.Unknown("found no StackName or no OutputName, expected both")
	}
	account, region := e.Account, e.Region
	if other, is := fields["Region"]; is {
		region = document.String(other)
	}
	if role, is := fields["RoleArn"]; is {
		account = "" // that of the role that reads the output
		if e.State.IsSimple(document.String(role)) {
			account = arn.Account(document.String(role))
		}
	}
	if v, is := e.Template.StackOutput(account, region, stack, output); is {
		return v
	}
	if policy.IsKnown(stack + output + account + region) {
		e.Note("found no output %s of a stack %s in account %q, region %q, expected one: load its template, too", output, stack, account, region)
	}
	return e.Derived("Fn::GetStackOutput", fields, e.Account, e.Region)
}
