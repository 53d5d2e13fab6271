package assembly

import (
	"strings"

	"github.com/crossgrant/crossgrant/policy"
)

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-findinmap.html
func (e *evaluation) findInMap(argument any) any {
	l, ok := arguments(argument, 3, 4)
	if !ok {
		return e.unknown("found no list of three, expected a mapping and two keys")
	}
	var keys [3]string
	for i := range keys {
		if keys[i], ok = e.textAt(i, l[i]); !ok {
			return e.unknown("found key %d to be no text, expected a text", i)
		}
	}
	for _, key := range keys {
		if !policy.IsKnown(key) {
			return e.derived("Fn::FindInMap", e.scope.Label, keys[0], keys[1], keys[2], l[3:])
		}
	}
	if v, is := object(object(e.scope.mappings[keys[0]])[keys[1]])[keys[2]]; is {
		return e.of(v)
	}
	if len(l) == 4 {
		if v, is := object(l[3])["DefaultValue"]; is {
			return e.at(3, v)
		}
	}
	return e.unknown("found no %s in the mappings, expected it, or a DefaultValue", strings.Join(keys[:], "."))
}

// exported is what an export is known by.
type exported struct{ account, region, name string }

// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-importvalue.html
func (e *evaluation) importValue(argument any) any {
	name, ok := text(e.of(argument))
	if !ok {
		return e.unknown("found no text, expected the name of an export")
	}
	unknown := func() any { return e.derived("Fn::ImportValue", name, e.scope.Account, e.scope.Region) }
	if !policy.IsKnown(name) || e.exports == nil {
		return unknown()
	}
	switch from := e.exports[exported{e.scope.Account, e.scope.Region, name}]; len(from) {
	case 1:
		return e.output(from[0].scope, from[0].id)
	case 0:
		e.note("found no stack that exports %q in the account and region of this one, expected one: load its template, too", name)
	default:
		e.note("found %d stacks that export %q in this account and region, expected one", len(from), name)
	}
	return unknown()
}

// getStackOutput reads an output of another stack, which need not export it, of whatever account and region.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-getstackoutput.html
func (e *evaluation) getStackOutput(argument any) any {
	fields := object(e.of(argument))
	stack, output := word(fields["StackName"]), word(fields["OutputName"])
	if stack == "" || output == "" {
		return e.unknown("found no StackName or no OutputName, expected both")
	}
	from := environment{e.scope.Account, e.scope.Region, stack}
	if region, is := fields["Region"]; is {
		from.region = word(region)
	}
	if role, is := fields["RoleArn"]; is {
		from.account = "" // of the role that reads it
		if parts := strings.SplitN(word(role), ":", 6); len(parts) == 6 && e.isPlain(word(role)) {
			from.account = parts[4]
		}
	}
	if s := e.stacks[from]; s != nil && s.outputs[output] != nil {
		return e.output(s, output)
	}
	if policy.IsKnown(stack + output + from.account + from.region) {
		e.note("found no output %s of a stack %s in account %q, region %q, expected one: load its template, too",
			output, stack, from.account, from.region)
	}
	return e.derived("Fn::GetStackOutput", fields, e.scope.Account, e.scope.Region)
}

// environment is what a stack is known by.
type environment struct{ account, region, name string }
