package assembly

import (
	"cmp"
	"strings"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
	"github.com/crossgrant/crossgrant/assembly/internal/intrinsic"
	"github.com/crossgrant/crossgrant/policy"
)

// identify sets the name, the ARN and the value of Ref. It evaluates only the properties that these need, so resources may refer to each
// other.
func (x *resource) identify() {
	r, one := x.scope.resolver, step{x.scope, "name of", x.LogicalID}
	if x.identified {
		r.useAgain(one)
		return
	}
	if !r.enter(one) {
		return
	}
	defer r.leave()
	generated, id := intrinsic.Named(x.scope.Label+"."+x.LogicalID), x.physicalID()
	if x.Name = generated; x.kind == nil {
		x.Name = cmp.Or(id, generated)
		x.Ref, x.identified = x.Name, true
		return
	}
	switch name, is := x.property(x.kind.name); {
	case is == policy.Yes && (id == "" || policy.IsKnown(name)):
		x.Name = name
	case id != "":
		x.Name = x.nameIn(id)
	case is == policy.No && !x.kind.otherCharacters:
		r.state.MarkSimple(generated)
	}
	// The ARN of some types is in their attributes, and Ref is the ARN of others.
	if x.ARN = x.write("Arn", x.kind.arn); x.kind.ref == "{arn}" && strings.HasPrefix(id, "arn:") {
		x.ARN = id
	}
	x.Ref = x.write("", x.kind.ref)
	x.identified = true
}

// physicalID is the ID that CloudFormation has of a deployed resource. "" if the stack is not known to be deployed.
func (x *resource) physicalID() string {
	if x.scope.parent != nil { // whose resources CloudFormation lists apart
		return ""
	}
	return x.scope.artifact.deployed[x.LogicalID]
}

// nameIn is the name in a physical ID, which is what Ref returns: the name itself, an ARN or a URL.
func (x *resource) nameIn(id string) string {
	if x.kind.ref == "{name}" {
		return id
	}
	name := id[strings.LastIndexAny(id, "/:|")+1:]
	if x.Type == "AWS::SecretsManager::Secret" && len(name) > len("-abcdef") {
		name = name[:len(name)-len("-abcdef")]
	}
	return name
}

// attribute returns an attribute by the table; one that is not in the table is unknown.
func (x *resource) attribute(name string) string {
	x.identify()
	r, one := x.scope.resolver, step{x.scope, "attribute " + name + " of", x.LogicalID}
	if v, is := x.attributes[name]; is {
		r.useAgain(one)
		return v
	}
	format := unknownFormat
	if x.kind != nil {
		format = x.kind.attribute(name)
	}
	if !r.enter(one) {
		return ""
	}
	defer r.leave()
	v := x.write(name, format)
	if x.attributes == nil {
		x.attributes = map[string]string{}
	}
	x.attributes[name] = v
	return v
}

// property evaluates a property that is a string: yes with its value, no if it is not there, and indeterminate if it is something else or a
// macro may set it.
func (x *resource) property(name string) (string, policy.Answer) {
	x.properties = x.scope.at(x.LogicalID, "Properties").Chosen(x.properties)
	properties, ok := x.properties.(map[string]any)
	if x.properties != nil && !ok || document.FunctionIn(properties) != "" {
		return "", policy.Indeterminate
	}
	node, is := properties[name]
	if !is || node == "" {
		return "", policy.No
	}
	for _, one := range x.Sources { // what is resolved already does not say it again
		x.scope.resolver.use(one)
	}
	v := x.scope.at(x.LogicalID, "Properties", name).Value(node)
	if s, ok := document.Text(v); ok {
		return s, policy.Yes
	}
	if v == (intrinsic.Absent{}) {
		return "", policy.No
	}
	return "", policy.Indeterminate
}

// fill sets all that is resolved of a resource.
func (x *resource) fill() {
	x.identify()
	if x.Conditional = x.scope.undecidedCondition(x.exists(), x.condition); x.Conditional == "" && x.twice {
		x.Conditional = "that this is what CloudFormation takes of a key that is there twice"
	}
	e := x.scope.at(x.LogicalID, "Properties")
	switch p := e.Chosen(x.properties).(type) {
	case nil:
		x.Properties = map[string]any{}
	case map[string]any:
		if transform, is := p["Fn::Transform"]; is {
			x.Macros = append(x.Macros, document.Macro("Fn::Transform", transform))
		}
		x.Properties = e.Properties(p)
	case *document.Call:
		if p.Name == "Fn::Transform" {
			x.Macros = append(x.Macros, document.Macro(p.Name, p.Argument))
		}
		x.Properties = e.Properties(map[string]any{p.Name: p.Argument})
	default:
		x.Properties = map[string]any{}
		e.Note("found a value that is not an object, expected the properties, or none")
	}
	x.properties = x.Properties // frees what the template says
	for key, node := range x.metadata {
		if v := x.scope.at(x.LogicalID, "Metadata", key).Value(node); v != (intrinsic.Absent{}) {
			x.Metadata[key] = v
		}
	}
}

// unknownAttribute returns an attribute that is unknown before deployment.
func (x *resource) unknownAttribute(name string) string {
	return intrinsic.Named(x.scope.Label + "." + x.LogicalID + "." + name)
}

// write fills in a format. attribute is what is asked for, "" for Ref.
func (x *resource) write(attribute, format string) string {
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
		out, rest = append(out, x.field(attribute, field)...), behind
	}
}

func (x *resource) field(attribute, field string) string {
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
			return intrinsic.Named(x.scope.Label + "." + x.LogicalID)
		}
		return x.unknownAttribute(attribute)
	}
	name, fallback, hasFallback := strings.Cut(field[1:], "=")
	switch field[0] {
	case '!':
		return formatFunctions[name](x)
	case '~':
		v := x.unknownAttribute(name)
		x.scope.resolver.state.MarkSimple(v)
		return v
	case '.', '/':
		v, is := x.property(name)
		ok := is == policy.Yes
		if ok && field[0] == '/' {
			v, ok = x.scope.resolver.state.CutLast(v, "/")
		}
		switch {
		case fallback == "/" && (is == policy.Indeterminate || strings.HasPrefix(v, "\x00")): // a path that begins with "/", which is all that is known of it
			return fallback + x.unknownAttribute(name)
		case ok:
			return v
		case is == policy.No && hasFallback:
			return fallback
		}
		return x.unknownAttribute(name)
	}
	return x.write(field, x.kind.attribute(field))
}

// formatFunctions write what a format cannot express by properties alone.
var formatFunctions map[string]func(*resource) string

func init() { // a literal above would depend on itself: functions write formats
	formatFunctions = map[string]func(*resource) string{
		"function": functionARN, "group": securityGroupRef, "slashed": parameterPath, "endpoint": apiEndpoint, "provider": providerURL,
		"busThenBar":   func(x *resource) string { return eventBus(x, "|") },
		"busThenSlash": func(x *resource) string { return eventBus(x, "/") },
	}
}

// functionARN returns the ARN of the function of an alias or a version, which names it by its name or its ARN.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html
func functionARN(x *resource) string {
	v, is := x.property("FunctionName")
	switch name, ok := x.scope.resolver.state.CutLast(v, ":"); {
	case is != policy.Yes || !ok:
		return x.unknownAttribute("FunctionName")
	case strings.HasPrefix(v, "arn:"):
		return v
	case name == v:
		return x.write("", "arn:{partition}:lambda:{region}:{account}:function:") + v
	}
	return x.unknownAttribute("FunctionName") // ACCOUNT:function:NAME
}

// securityGroupRef returns the value of Ref of a security group: its id if it names its VPC.
func securityGroupRef(x *resource) string {
	if _, is := x.property("VpcId"); is == policy.Yes {
		return x.Name
	}
	return x.unknownAttribute("Id")
}

// parameterPath returns the name of a parameter as its ARN has it, which always begins with "/".
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
func parameterPath(x *resource) string {
	switch {
	case strings.HasPrefix(x.Name, "/"):
		return x.Name
	case strings.HasPrefix(x.Name, "\x00") && !x.scope.resolver.state.IsSimple(x.Name):
		return x.unknownAttribute("Path") // it may begin with "/"
	}
	return "/" + x.Name
}

// apiEndpoint returns the URL of an API of a known protocol.
func apiEndpoint(x *resource) string {
	schemes := map[string]string{"HTTP": "https", "WEBSOCKET": "wss"}
	protocol, _ := x.property("ProtocolType")
	if schemes[protocol] == "" {
		return x.unknownAttribute("ApiEndpoint")
	}
	return x.write("", schemes[protocol]+"://{name}.execute-api.{region}.{suffix}")
}

// providerURL returns the URL of an identity provider as its ARN has it, without the scheme.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
func providerURL(x *resource) string {
	if v, is := x.property("Url"); is == policy.Yes && policy.IsKnown(v) {
		return strings.TrimPrefix(v, "https://")
	}
	return x.unknownAttribute("Url")
}

// eventBus returns the event bus of a rule and a delimiter; "" for the default bus.
func eventBus(x *resource, delimiter string) string {
	state := x.scope.resolver.state
	v, is := x.property("EventBusName")
	ok := is == policy.Yes
	if ok && strings.HasPrefix(v, "arn:") {
		if v, ok = state.CutLast(v, ":"); ok {
			v, ok = strings.CutPrefix(v, "event-bus/")
		}
	}
	switch {
	case is == policy.No || ok && v == "default":
		return ""
	case !ok || strings.HasPrefix(v, "\x00") && !state.IsSimple(v): // it may be an ARN
		return x.unknownAttribute("EventBusName") + delimiter
	}
	return v + delimiter
}
