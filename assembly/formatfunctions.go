package assembly

import "strings"

// formatFunctions are what a rule cannot say by properties alone.
var formatFunctions map[string]func(r *resolver, x *resource) string

func init() {
	formatFunctions = map[string]func(r *resolver, x *resource) string{
		"function": functionARN, "group": groupName, "slashed": slashed, "endpoint": endpoint,
		"busThenBar":   func(r *resolver, x *resource) string { return bus(r, x, "|") },
		"busThenSlash": func(r *resolver, x *resource) string { return bus(r, x, "/") },
	}
}

// functionARN is that of the function that an alias or a version is of: it is named by its name or its ARN.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-version.html
func functionARN(r *resolver, x *resource) string {
	v, is := r.property(x, "FunctionName")
	switch name, ok := r.lastOf(v, ":"); {
	case is != yes || !ok:
		return x.unknownAttribute("FunctionName")
	case strings.HasPrefix(v, "arn:"):
		return v
	case name == v:
		return r.write(x, "", "arn:{partition}:lambda:{region}:{account}:function:") + v
	}
	return x.unknownAttribute("FunctionName") // ACCOUNT:function:NAME
}

// groupName is what Ref gives of a security group: its id, if it says in which VPC it is.
func groupName(r *resolver, x *resource) string {
	if _, is := r.property(x, "VpcId"); is == yes {
		return x.Name
	}
	return x.unknownAttribute("Id")
}

// slashed is the name of a parameter within its ARN, which has one "/" before the name in any case.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
func slashed(r *resolver, x *resource) string {
	switch {
	case strings.HasPrefix(x.Name, "/"):
		return x.Name
	case strings.HasPrefix(x.Name, "\x00") && !r.isPlain(x.Name):
		return x.unknownAttribute("Path") // it may begin with "/"
	}
	return "/" + x.Name
}

// endpoint is where an API is called, unless it has none.
func endpoint(r *resolver, x *resource) string {
	schemes := map[string]string{"HTTP": "https", "WEBSOCKET": "wss"}
	kind, _ := r.property(x, "ProtocolType")
	if schemes[kind] == "" {
		return x.unknownAttribute("ApiEndpoint")
	}
	return r.write(x, "", schemes[kind]+"://{name}.execute-api.{region}.{suffix}")
}

// bus is the event bus of a rule, unless it is on the default bus.
func bus(r *resolver, x *resource, delimiter string) string {
	v, is := r.property(x, "EventBusName")
	ok := is == yes
	if ok && strings.HasPrefix(v, "arn:") {
		if v, ok = r.lastOf(v, ":"); ok {
			v, ok = strings.CutPrefix(v, "event-bus/")
		}
	}
	switch {
	case is == no || ok && v == "default":
		return ""
	case !ok || strings.HasPrefix(v, "\x00") && !r.isPlain(v): // it may be an ARN
		return x.unknownAttribute("EventBusName") + delimiter
	}
	return v + delimiter
}
