// Package apigateway finds the route of a deployed API of API Gateway for an HTTP request: of an HTTP API, or of a REST API with Lambda proxy integrations. It
// writes the event of the route's function, and reads its response. It invokes nothing and checks no permission.
package apigateway

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/policy"
)

// API is a deployed API.
type API struct {
	// Resource is the API in its template.
	Resource *assembly.Resource
	// ID is its ID, or in lower case its logical ID if the local AWS has given it none.
	ID string
	// REST says that it is a REST API, not an HTTP API.
	REST bool
	// Stages are the names of its stages, sorted.
	Stages []string

	routes []route
}

// route is a route of an HTTP API, or a method of a REST API.
type route struct {
	method        string // ANY for all
	path          string // "$default" for what no other route takes
	authorization string
	function      string // ARN; "" for no Lambda proxy integration
	problem       string // why there is no function
	version       string // of the payload
}

// APIs are the APIs of an assembly, in its order.
func APIs(a *assembly.Assembly) (all []*API) {
	for _, r := range a.OfType("AWS::ApiGatewayV2::Api") {
		if r.Properties["ProtocolType"] == "HTTP" {
			all = append(all, httpAPI(a, r))
		}
	}
	for _, r := range a.OfType("AWS::ApiGateway::RestApi") {
		all = append(all, restAPI(a, r))
	}
	return all
}

func newAPI(a *assembly.Assembly, r *assembly.Resource, stageTypes ...string) *API {
	api := &API{Resource: r, ID: r.Name}
	if !policy.IsKnown(r.Name) || r.Name == "" {
		api.ID = strings.ToLower(r.LogicalID)
	}
	for _, kind := range stageTypes {
		for _, s := range a.OfType(kind) {
			if name := text(s, "StageName"); name != "" && (text(s, "ApiId") == r.Ref || text(s, "RestApiId") == r.Ref) && !slices.Contains(api.Stages, name) {
				api.Stages = append(api.Stages, name)
			}
		}
	}
	slices.Sort(api.Stages)
	return api
}

func text(r *assembly.Resource, property string) string {
	value, _ := r.Properties[property].(string)
	return value
}

// httpAPI reads an HTTP API.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigatewayv2-route.html
func httpAPI(a *assembly.Assembly, r *assembly.Resource) *API {
	api := newAPI(a, r, "AWS::ApiGatewayV2::Stage")
	for _, one := range a.OfType("AWS::ApiGatewayV2::Route") {
		if text(one, "ApiId") != r.Ref {
			continue
		}
		method, path, ok := strings.Cut(text(one, "RouteKey"), " ")
		if !ok {
			method, path = "ANY", text(one, "RouteKey")
		}
		found := route{method: method, path: path, authorization: cmp.Or(text(one, "AuthorizationType"), "NONE"), problem: "no integration"}
		for _, i := range a.OfType("AWS::ApiGatewayV2::Integration") {
			if "integrations/"+i.Ref != text(one, "Target") {
				continue
			}
			found.version = text(i, "PayloadFormatVersion")
			found.function, found.problem = functionOf(text(i, "IntegrationType"), text(i, "IntegrationUri"))
		}
		api.routes = append(api.routes, found)
	}
	if target := text(r, "Target"); target != "" { // https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop.html#http-api-examples.cli
		found := route{method: "ANY", path: "$default", authorization: "NONE", version: "2.0"}
		if method, path, ok := strings.Cut(text(r, "RouteKey"), " "); ok {
			found.method, found.path = method, path
		}
		found.function, found.problem = functionOf("AWS_PROXY", target)
		api.routes, api.Stages = append(api.routes, found), append(api.Stages, "$default")
	}
	return api
}

// restAPI reads a REST API.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-method.html
func restAPI(a *assembly.Assembly, r *assembly.Resource) *API {
	api := newAPI(a, r, "AWS::ApiGateway::Stage", "AWS::ApiGateway::Deployment")
	api.REST = true
	parts := map[string]*assembly.Resource{}
	for _, one := range a.OfType("AWS::ApiGateway::Resource") {
		if text(one, "RestApiId") == r.Ref {
			parts[one.Ref] = one
		}
	}
	for _, one := range a.OfType("AWS::ApiGateway::Method") {
		if text(one, "RestApiId") != r.Ref {
			continue
		}
		path := ""
		for part := parts[text(one, "ResourceId")]; part != nil; part = parts[text(part, "ParentId")] { // whatever has no resource of its own is the root
			path = "/" + text(part, "PathPart") + path
		}
		found := route{method: text(one, "HttpMethod"), path: cmp.Or(path, "/"), authorization: cmp.Or(text(one, "AuthorizationType"), "NONE"), version: "1.0"}
		integration, _ := one.Properties["Integration"].(map[string]any)
		kind, _ := integration["Type"].(string)
		uri, _ := integration["Uri"].(string)
		found.function, found.problem = functionOf(kind, uri)
		api.routes = append(api.routes, found)
	}
	return api
}

// functionOf is the ARN of the function of an integration, or what it is instead.
func functionOf(kind, uri string) (function, problem string) {
	if kind != "AWS_PROXY" {
		return "", fmt.Sprintf("an integration of type %q", kind)
	}
	if _, invoked, ok := strings.Cut(uri, "/functions/"); ok {
		uri = strings.TrimSuffix(invoked, "/invocations")
	}
	if !strings.Contains(uri, ":function:") {
		return "", fmt.Sprintf("an integration with %q", policy.Readable(uri))
	}
	return uri, ""
}

// Routes are the routes, sorted, as users write them.
func (api *API) Routes() (all []string) {
	for _, r := range api.routes {
		if r.path == "$default" {
			all = append(all, r.path)
			continue
		}
		all = append(all, r.method+" "+r.path)
	}
	slices.Sort(all)
	return all
}

// Match is a route that takes a request.
type Match struct {
	// API is the API of the route, and Stage its stage.
	API   *API
	Stage string
	// Function is the ARN of the function, and Authorization how callers are authorized, such as "NONE" and "AWS_IAM".
	Function, Authorization string

	route      route
	parameters map[string]string
}

// ErrNoRoute is the error of a request that no route takes.
var ErrNoRoute = errors.New("no route takes it")

// Find returns the route that takes a request in a stage: the one of its method whose path is the most specific.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
func (api *API) Find(stage, method, path string) (*Match, error) {
	var best *Match
	var rank []int
	for _, r := range api.routes {
		if r.method != method && r.method != "ANY" {
			continue
		}
		parameters, specific, ok := match(r.path, path)
		if r.method == "ANY" {
			specific = append(specific, 1)
		} else {
			specific = append(specific, 0)
		}
		if ok && (best == nil || slices.Compare(specific, rank) < 0) {
			best, rank = &Match{API: api, Stage: stage, Function: r.function, Authorization: r.authorization, route: r, parameters: parameters}, specific
		}
	}
	switch {
	case best == nil:
		return nil, ErrNoRoute
	case best.Function == "":
		return nil, fmt.Errorf("route %s %s: found %s, expected a Lambda proxy integration (AWS_PROXY), which is what the sandbox runs", best.route.method, best.route.path, best.route.problem)
	case best.route.version != "1.0" && best.route.version != "2.0":
		return nil, fmt.Errorf("route %s %s: found PayloadFormatVersion %q, expected 1.0 or 2.0", best.route.method, best.route.path, best.route.version)
	}
	return best, nil
}

// How specific a part of a path is.
const (
	exact = iota
	parameter
	greedy
	anything
)

// match says whether a path is one of a route, with the values of its parameters.
func match(of, path string) (parameters map[string]string, specific []int, ok bool) {
	if of == "$default" {
		return nil, []int{anything}, true
	}
	parameters = map[string]string{}
	parts, given := strings.Split(strings.Trim(of, "/"), "/"), strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, part := range parts {
		name, isParameter := strings.CutPrefix(part, "{")
		name = strings.TrimSuffix(name, "}")
		switch {
		case i >= len(given):
			return nil, nil, false
		case isParameter && strings.HasSuffix(name, "+"):
			if given[i] == "" {
				return nil, nil, false
			}
			parameters[strings.TrimSuffix(name, "+")] = strings.Join(given[i:], "/")
			return parameters, append(specific, greedy), true
		case isParameter && given[i] != "":
			parameters[name] = given[i]
			specific = append(specific, parameter)
		case part == given[i]:
			specific = append(specific, exact)
		default:
			return nil, nil, false
		}
	}
	return parameters, specific, len(given) == len(parts)
}

// SourceARN is the ARN that a permission to invoke the function can name.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/arn-format-reference.html
func (m *Match) SourceARN(method string) string {
	r := m.API.Resource
	path := m.route.path
	if path != "$default" {
		path = method + path
	}
	return "arn:" + r.Stack.Partition + ":execute-api:" + r.Stack.Region + ":" + r.Stack.Account + ":" + r.Ref + "/" + m.Stage + "/" + path
}
