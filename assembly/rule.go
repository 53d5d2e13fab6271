package assembly

import (
	"maps"
	"strings"
)

// rule says what a type's resources are called. Its texts hold, in braces:
//
//	partition region account suffix   those of the stack
//	name arn                          those of the resource
//	unknown                           what is asked for, as nobody knows it before deployment
//	Attribute                         an attribute of the resource
//	~Attribute                        one that nobody knows, of letters, digits, "-" and "_" only
//	.Property                         a property that is a text; .Property=x if it has a default; otherwise unknown without it
//	/Property                         as .Property, but of its text only what follows the last "/"
//	!function                         one of the functions in formatFunctions
//
// Each type's page in the CloudFormation Template Reference has them under "Return values", such as
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html, and the Service Authorization
// Reference has the ARNs:
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
type rule struct {
	// name is the property that is the physical name. Default AWS makes it up, of letters, digits, "-" and "_".
	name string
	// special says that a name that AWS makes up may have other characters.
	special bool
	// ref is what Ref gives. Default the name.
	ref string
	// arn is also the attribute Arn, unless that is among the attributes. Default none.
	arn string
	// attributes are the others that are known. Default none.
	attributes map[string]string
}

const unknownFormat = "{unknown}"

func (u *rule) attribute(name string) string {
	if format, is := u.attributes[name]; is {
		return format
	}
	if name == "Arn" && u.arn != "" {
		return "{arn}"
	}
	return unknownFormat
}

// rules are by type.
var rules = func() map[string]*rule {
	all := map[string]*rule{}
	for _, family := range []map[string]*rule{identityRules, dataRules, computeRules, networkRules, operationRules} {
		maps.Copy(all, family)
	}
	for _, u := range all {
		if u.ref == "" {
			u.ref = "{name}"
		}
	}
	return all
}()

// write fills in a format; attribute is what is asked for, "" for Ref.
func (r *resolver) write(x *resource, attribute, format string) string {
	if !strings.Contains(format, "{") {
		return format
	}
	if format == "{name}" {
		return x.Name
	}
	out := make([]byte, 0, len(format)+64)
	for rest := format; ; {
		before, after, found := strings.Cut(rest, "{")
		if out = append(out, before...); !found {
			return string(out)
		}
		field, behind, _ := strings.Cut(after, "}")
		out, rest = append(out, r.field(x, attribute, field)...), behind
	}
}

func (r *resolver) field(x *resource, attribute, field string) string {
	switch field {
	case "partition":
		return x.Stack.Partition
	case "region":
		return x.Stack.Region
	case "account":
		return x.Stack.Account
	case "suffix":
		return x.scope.suffix
	case "name":
		return x.Name
	case "arn":
		return x.ARN
	case "unknown":
		if attribute == "" {
			return named(x.scope.Label + "." + x.LogicalID)
		}
		return x.unknownAttribute(attribute)
	}
	name, fallback, hasFallback := strings.Cut(field[1:], "=")
	switch field[0] {
	case '!':
		return formatFunctions[name](r, x)
	case '~':
		v := x.unknownAttribute(name)
		r.plain[v] = true
		return v
	case '.', '/':
		v, is := r.property(x, name)
		ok := is == yes
		if ok && field[0] == '/' {
			v, ok = r.lastOf(v, "/")
		}
		switch {
		case ok:
			return v
		case is == no && hasFallback:
			return fallback
		}
		return x.unknownAttribute(name)
	}
	return r.write(x, field, x.rule.attribute(field))
}
