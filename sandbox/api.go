package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/crossgrant/crossgrant/assembly"
	"github.com/crossgrant/crossgrant/sandbox/internal/apigateway"
)

// APIRequest is an HTTP request for a deployed API of API Gateway.
type APIRequest struct {
	// API names the API, as find says, if URL is a path. "" for the only one.
	API string `json:"api,omitempty"`
	// URL is the URL of the API with a path in it, https://ID.execute-api.REGION.amazonaws.com/…, or a path, without the stage.
	URL string `json:"url"`
	// Method is that of HTTP.
	Method string `json:"method"`
	// Header has the headers of the request, and Body its body.
	Header http.Header `json:"header,omitempty"`
	Body   []byte      `json:"body,omitempty"`
	// Unsigned says that the request has no signature; else it has that of the administrator of the API's account.
	Unsigned bool `json:"unsigned,omitempty"`
}

// APIResponse is the response of an API.
type APIResponse = apigateway.Response

// IsAPI says that a URL is one of an API of API Gateway.
func IsAPI(u *url.URL) bool { return strings.Contains(u.Hostname(), ".execute-api.") }

// RequestAPI sends a request to a deployed API: API Gateway finds the route, and invokes its function if the function's permissions let it.
func (s *Sandbox) RequestAPI(ctx context.Context, account *Account, r APIRequest) (APIResponse, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return APIResponse{}, fmt.Errorf("read the URL: %w", err)
	}
	api, err := s.findAPI(account, u, r.API)
	if err != nil {
		return APIResponse{}, err
	}
	path := "/" + strings.TrimPrefix(u.Path, "/")
	stage, path, err := stageOf(api, path, u.Host != "")
	if err != nil {
		return APIResponse{}, err
	}
	match, err := api.Find(stage, r.Method, path)
	switch {
	case errors.Is(err, apigateway.ErrNoRoute):
		return api.NotFound(), nil
	case err != nil:
		return APIResponse{}, err
	case match.Authorization == "AWS_IAM" && r.Unsigned:
		return api.Unauthorized(), nil
	case match.Authorization != "AWS_IAM" && match.Authorization != "NONE":
		return APIResponse{}, fmt.Errorf("found a route with authorization %s, expected NONE or AWS_IAM: the sandbox runs no authorizers", match.Authorization)
	}
	return s.passToFunction(ctx, api, match, apigateway.Request{Method: r.Method, Path: path, RawQuery: u.RawQuery, Header: r.Header, Body: r.Body, At: time.Now()}, r.Unsigned)
}

// passToFunction invokes the function of a route.
func (s *Sandbox) passToFunction(ctx context.Context, api *apigateway.API, match *apigateway.Match, r apigateway.Request, unsigned bool) (APIResponse, error) {
	owner := api.Resource.Stack.Account
	if match.Authorization == "AWS_IAM" && !unsigned {
		account, err := s.Account(owner)
		if err != nil {
			return APIResponse{}, err
		}
		c, err := account.credentials.Retrieve(ctx)
		if err != nil {
			return APIResponse{}, err
		}
		r.Caller, r.Key = "arn:aws:sts::"+owner+":assumed-role/Administrator/crossgrant", c.AccessKeyID
	}
	function := s.gateway.Deployed().ByARN(match.Function)
	if len(function) != 1 || function[0].Type != functionType {
		return APIResponse{}, fmt.Errorf("found a route to function %s, which no deployed stack has, expected one of a deployed stack, without a version or an alias", match.Function)
	}
	if err := s.gateway.Permit("apigateway.amazonaws.com", "lambda:InvokeFunction", match.Function, match.SourceARN(r.Method), owner); err != nil {
		return api.Failed("API Gateway may not invoke the function: " + err.Error()), nil
	}
	r.ID = "api-" + fmt.Sprint(r.At.UnixNano())
	event, err := match.Event(r)
	if err != nil {
		return APIResponse{}, fmt.Errorf("read the query of the URL: %w", err)
	}
	result, err := s.invoke(ctx, function[0], event)
	if err != nil {
		return APIResponse{}, err
	}
	if result.Failed {
		return api.Failed("function " + result.Function + " failed: " + result.Payload), nil
	}
	return match.Response([]byte(result.Payload)), nil
}

// findAPI finds the API of a URL, or by its name.
func (s *Sandbox) findAPI(account *Account, u *url.URL, name string) (*apigateway.API, error) {
	all := apigateway.APIs(s.gateway.Deployed())
	if u.Host != "" {
		id, _, _ := strings.Cut(u.Hostname(), ".")
		for _, api := range all {
			if api.ID == id {
				return api, nil
			}
		}
	}
	var resources []*assembly.Resource
	for _, api := range all {
		resources = append(resources, api.Resource)
	}
	if u.Host != "" {
		if len(all) == 0 {
			return nil, fmt.Errorf("found no deployed API for %s, expected one: deploy it first", u.Host)
		}
		return nil, fmt.Errorf("found no deployed API for %s, expected the ID of one of\n%s", u.Host, listed(resources))
	}
	r, err := among(resources, "API", account, name)
	if err != nil {
		return nil, err
	}
	return all[slices.Index(resources, r)], nil
}

// stageOf is the stage of a request, and its path without it. In a URL with a host, the path begins with the stage, unless that is $default.
func stageOf(api *apigateway.API, path string, inURL bool) (stage, rest string, err error) {
	first, after, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case len(api.Stages) == 0:
		return "", "", fmt.Errorf("found API %s without a stage, expected one that is deployed", api.ID)
	case inURL && slices.Contains(api.Stages, first):
		return first, "/" + after, nil
	case slices.Contains(api.Stages, "$default"):
		return "$default", path, nil
	case inURL:
		return "", "", fmt.Errorf("found path %s, expected one that begins with a stage of the API: %s", path, strings.Join(api.Stages, ", "))
	case len(api.Stages) > 1:
		return "", "", fmt.Errorf("found stages %s, expected one: give the URL, https://%s.execute-api.REGION.amazonaws.com/STAGE%s", strings.Join(api.Stages, ", "), api.ID, path)
	}
	return api.Stages[0], path, nil
}
