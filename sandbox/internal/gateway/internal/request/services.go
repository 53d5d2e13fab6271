package request

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/internal/authorization"
	"github.com/crossgrant/crossgrant/internal/denial"
)

// readSTS reads a request to STS. What AssumeRole asks for, its trust policy decides; GetCallerIdentity needs no permission.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
func readSTS(q *Request, _ Place, _ Tables) error {
	switch q.Operation {
	case "AssumeRole", "GetCallerIdentity":
		return nil
	}
	return unknown("found operation %s of STS, expected AssumeRole or GetCallerIdentity", q.Operation)
}

// readSQS reads a request to SQS, which may have the path of the queue's URL.
func readSQS(q *Request, at Place, tables Tables) error {
	if name := q.Parameters.Text("QueueUrl"); q.path != "/" && q.path != "" {
		if u, err := url.Parse(name); err != nil || u.Path != q.path {
			return malformed("found path %q, expected / or that of QueueUrl %q", q.path, name)
		}
	}
	return readOther(q, at, tables)
}

// readOther reads a request to a service of which operations and actions have the same names, and parameters name what they are on.
func readOther(q *Request, at Place, tables Tables) error {
	name := denial.ActionOf(q.Service + ":" + q.Operation)
	action, ok := authorization.Lookup(name)
	if !ok {
		return unknown("found operation %s of %s, of which the Service Authorization Reference of %s has no action", q.Operation, q.Service, authorization.Date())
	}
	context, err := tagContext(q.Parameters)
	if err != nil {
		return err
	}
	resources := []string{"*"}
	if len(action.Resources) > 0 {
		if resources = resourcesOf(q, at, tables); len(resources) == 0 {
			return unknown("found operation %s of %s, of which this sandbox does not know the resource", q.Operation, q.Service)
		}
	}
	for _, resource := range resources {
		isAction := func(one authorization.Action) bool { return one.Name == action.Name }
		if resource != "*" && !slices.ContainsFunc(authorization.On(q.Service, resource), isAction) {
			return unknown("found operation %s of %s on %s, which is of no type that the action is on", q.Operation, q.Service, resource)
		}
		q.ask(action.Name, resource, context)
	}
	switch q.Service {
	case "cloudformation":
		q.cloudFormationKeys()
		q.passRole("RoleARN", "cloudformation.amazonaws.com")
	case "lambda":
		q.passRole("Role", "lambda.amazonaws.com")
	}
	return nil
}

// passRole adds that a service is given a role, if a parameter has one.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
func (q *Request) passRole(parameter, service string) {
	if role := q.Parameters.Text(parameter); role != "" {
		q.ask("iam:PassRole", role, map[string][]string{"iam:PassedToService": {service}})
	}
}

// cloudFormationKeys adds the condition keys of requests to CloudFormation.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html#using-iam-conditions
func (q *Request) cloudFormationKeys() {
	for i := range q.Asks {
		for name, key := range map[string]string{"TemplateURL": "cloudformation:TemplateUrl", "ChangeSetName": "cloudformation:ChangeSetName", "RoleARN": "cloudformation:RoleArn"} {
			if value := q.Parameters.Text(name); value != "" {
				q.Asks[i].Context = with(q.Asks[i].Context, key, value)
			}
		}
	}
}

// tagContext are the keys of the tags that a request sets or removes.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_tags.html
func tagContext(p Parameters) (map[string][]string, error) {
	context := map[string][]string{}
	add := func(key, value string) {
		context["aws:RequestTag/"+key] = []string{value}
		context["aws:TagKeys"] = append(context["aws:TagKeys"], key)
	}
	for name, value := range p {
		if !strings.HasPrefix(strings.ToLower(name), "tag") {
			continue
		}
		switch v := value.(type) {
		case []any:
			for _, one := range v {
				if key, ok := one.(string); ok { // TagKeys
					context["aws:TagKeys"] = append(context["aws:TagKeys"], key)
					continue
				}
				tag, _ := one.(map[string]any)
				key, isKey := first(tag, "Key", "key", "TagKey").(string)
				text, isText := first(tag, "Value", "value", "TagValue").(string)
				if !isKey || !isText {
					return nil, unknown("found tags in a form that this sandbox does not know")
				}
				add(key, text)
			}
		case map[string]any:
			for key, one := range v {
				text, _ := one.(string)
				add(key, text)
			}
		case string:
			front, isKey := strings.CutSuffix(name, ".Key")
			switch {
			case isKey && strings.HasPrefix(name, "Tags.member."):
				add(v, p.Text(front+".Value"))
			case strings.HasPrefix(name, "TagKeys.member."):
				context["aws:TagKeys"] = append(context["aws:TagKeys"], v)
			case strings.HasPrefix(name, "Tags.member.") && strings.HasSuffix(name, ".Value"):
			case v == "": // an empty list
			default:
				return nil, unknown("found parameter %s, of whose tags this sandbox does not know the keys", name)
			}
		}
	}
	slices.Sort(context["aws:TagKeys"])
	return context, nil
}

func first(object map[string]any, names ...string) any {
	for _, name := range names {
		if value, ok := object[name]; ok {
			return value
		}
	}
	return nil
}

// resourcesOf are the ARNs of what a request is on. None if they are not known.
func resourcesOf(q *Request, at Place, tables Tables) []string {
	p := q.Parameters
	one := func(service, front, name string) []string {
		switch {
		case name == "":
			return nil
		case strings.HasPrefix(name, "arn:"):
			return []string{name}
		}
		return []string{at.arn(service, front+name)}
	}
	switch q.Service {
	case "cloudformation":
		name := p.Text("StackName")
		if name == "" || strings.HasPrefix(name, "arn:") {
			if name == "" && strings.HasPrefix(p.Text("ChangeSetName"), "arn:") {
				return nil
			}
			if name == "" { // of all stacks
				name = "*"
			}
		}
		if name == "*" {
			return []string{at.arn("cloudformation", "stack/*/*")}
		}
		return suffixed(one("cloudformation", "stack/", name), "/*")
	case "iam":
		for _, kind := range []struct{ parameter, kind string }{{"RoleName", "role"}, {"UserName", "user"}, {"GroupName", "group"}, {"InstanceProfileName", "instance-profile"}, {"PolicyArn", "policy"}, {"PolicyName", "policy"}} {
			name := p.Text(kind.parameter)
			switch {
			case name == "":
				continue
			case strings.HasPrefix(name, "arn:"):
				return []string{name}
			}
			if found := tables.Role(at.Account, kind.kind, name); found != "" {
				return []string{found}
			}
			path := strings.Trim(p.Text("Path"), "/")
			if path != "" {
				path += "/"
			}
			return []string{"arn:" + at.Partition + ":iam::" + at.Account + ":" + kind.kind + "/" + path + name}
		}
	case "sqs":
		if url := strings.Split(p.Text("QueueUrl"), "/"); len(url) >= 5 {
			owner := at
			owner.Account = url[len(url)-2]
			return []string{owner.arn("sqs", url[len(url)-1])}
		}
		owner := at
		if other := p.Text("QueueOwnerAWSAccountId"); other != "" {
			owner.Account = other
		}
		if name := p.Text("QueueName"); name != "" {
			return []string{owner.arn("sqs", name)}
		}
	case "sns":
		for _, name := range []string{"TopicArn", "TargetArn", "ResourceArn"} {
			if arn := p.Text(name); arn != "" {
				return one("sns", "", arn)
			}
		}
		return one("sns", "", p.Text("Name"))
	case "ssm":
		var all []string
		for _, name := range append(p.Texts("Names"), p.Text("Name"), p.Text("Path")) {
			if name != "" {
				all = append(all, one("ssm", "parameter/", strings.TrimPrefix(name, "/"))...)
			}
		}
		return all
	case "lambda":
		if id := p.Text("UUID"); id != "" {
			return one("lambda", "event-source-mapping:", id)
		}
		return one("lambda", "function:", p.Text("FunctionName"))
	case "ecr":
		if name := p.Text("repositoryName"); name != "" {
			return one("ecr", "repository/", name)
		}
		var all []string
		for _, name := range p.Texts("repositoryNames") {
			all = append(all, one("ecr", "repository/", name)...)
		}
		return all
	case "ec2":
		return one("ec2", "instance/", p.Text("InstanceId"))
	case "logs":
		return one("logs", "log-group:", p.Text("logGroupName"))
	}
	return nil
}

// suffixed adds what follows in ARNs that have no such part yet.
func suffixed(arns []string, suffix string) []string {
	for i, one := range arns {
		if strings.Count(one, "/") < 2 {
			arns[i] += suffix
		}
	}
	return arns
}

// lambdaOperations are operations of Lambda, by their method and path; "*" is the name of what they are on.
// https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
var lambdaOperations = map[string]string{
	"GET functions": "ListFunctions", "POST functions": "CreateFunction", "GET functions/*": "GetFunction", "DELETE functions/*": "DeleteFunction",
	"GET functions/*/configuration": "GetFunctionConfiguration", "PUT functions/*/configuration": "UpdateFunctionConfiguration",
	"PUT functions/*/code": "UpdateFunctionCode", "POST functions/*/invocations": "InvokeFunction",
	"GET functions/*/policy": "GetPolicy", "POST functions/*/policy": "AddPermission", "GET functions/*/versions": "ListVersionsByFunction",
	"GET functions/*/concurrency": "GetFunctionConcurrency", "PUT functions/*/concurrency": "PutFunctionConcurrency",
	"DELETE functions/*/concurrency": "DeleteFunctionConcurrency", "GET functions/*/event-invoke-config": "GetFunctionEventInvokeConfig",
	"GET event-source-mappings": "ListEventSourceMappings", "POST event-source-mappings": "CreateEventSourceMapping",
	"GET event-source-mappings/*": "GetEventSourceMapping", "PUT event-source-mappings/*": "UpdateEventSourceMapping",
	"DELETE event-source-mappings/*": "DeleteEventSourceMapping",
}

// readLambda reads the operation of a request to Lambda, and what it is on.
func (q *Request) readLambda(r *http.Request, body []byte) error {
	q.Parameters = Parameters{}
	// An invocation's body is the event, and not parameters.
	steps := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(steps) > 1 {
		route := r.Method + " " + steps[1]
		if len(steps) > 2 {
			route += "/*"
		}
		if len(steps) > 3 {
			route += "/" + strings.Join(steps[3:], "/")
		}
		q.Operation = lambdaOperations[route]
	}
	if q.Operation == "" {
		return unknown("found %s %s of Lambda, of which this sandbox does not know the operation", r.Method, r.URL.Path)
	}
	if q.Operation != "InvokeFunction" && len(body) > 0 {
		if err := json.Unmarshal(body, &q.Parameters); err != nil {
			return malformed("the body is no JSON object: %v", err)
		}
	}
	if len(steps) > 2 {
		name := map[string]string{"functions": "FunctionName", "event-source-mappings": "UUID"}[steps[1]]
		q.Parameters[name] = steps[2]
	}
	return nil
}
