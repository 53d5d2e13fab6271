package request

import (
	"net/http"
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
		q.ask(action.Name, resource, context)
	}
	if q.Service == "cloudformation" {
		q.passRole()
	}
	return nil
}

// passRole adds that CloudFormation is given a role.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
func (q *Request) passRole() {
	role := q.Parameters.Text("RoleARN")
	for i := range q.Asks {
		for name, key := range map[string]string{"TemplateURL": "cloudformation:TemplateUrl", "ChangeSetName": "cloudformation:ChangeSetName", "RoleARN": "cloudformation:RoleArn"} {
			if value := q.Parameters.Text(name); value != "" {
				q.Asks[i].Context = with(q.Asks[i].Context, key, value)
			}
		}
	}
	if role != "" {
		q.ask("iam:PassRole", role, map[string][]string{"iam:PassedToService": {"cloudformation.amazonaws.com"}})
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
			return []string{"arn:" + at.Partition + ":iam::" + at.Account + ":" + kind.kind + "/" + strings.Trim(p.Text("Path")+"/", "/") + strings.TrimPrefix("/"+name, "/")}
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

// restOperation is the operation of a request to Lambda, by its method and its path, with the name of the function.
// https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
func restOperation(r *http.Request) (string, Parameters) {
	steps := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(steps) < 2 {
		return "", nil
	}
	p := Parameters{}
	route := r.Method + " " + strings.Join(steps[1:2], "")
	if len(steps) > 2 {
		route += "/*"
		if steps[1] == "functions" {
			p["FunctionName"] = steps[2]
		}
	}
	if len(steps) > 3 {
		route += "/" + strings.Join(steps[3:], "/")
	}
	return map[string]string{
		"GET functions": "ListFunctions", "GET functions/*": "GetFunction", "GET functions/*/configuration": "GetFunctionConfiguration", "POST functions/*/invocations": "InvokeFunction",
		"GET functions/*/policy":    "GetPolicy",
		"GET event-source-mappings": "ListEventSourceMappings", "PUT event-source-mappings/*": "UpdateEventSourceMapping", "GET event-source-mappings/*": "GetEventSourceMapping",
	}[route], p
}
