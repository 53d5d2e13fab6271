package apigateway

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// Request is an HTTP request for an API.
type Request struct {
	Method string
	// Path begins with a slash, without the stage, and RawQuery has no question mark.
	Path, RawQuery string
	Header         http.Header
	Body           []byte
	// ID is that of the request, and At its time.
	ID string
	At time.Time
	// Caller is the ARN of who signed the request, and Key the access key. "" for nobody.
	Caller, Key string
}

const address = "127.0.0.1"

// domain is the name of the API's host.
func (m *Match) domain() string {
	return m.API.ID + ".execute-api." + m.API.Resource.Stack.Region + ".amazonaws.com"
}

// header is what the function sees of the headers of a request.
func (m *Match) header(r Request) http.Header {
	header := r.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Host", m.domain())
	header.Set("X-Forwarded-For", address)
	header.Set("X-Forwarded-Port", "443")
	header.Set("X-Forwarded-Proto", "https")
	if len(r.Body) > 0 {
		header.Set("Content-Length", strconv.Itoa(len(r.Body)))
	}
	return header
}

// withStage is the path with the stage, which only the stage $default does not have.
func (m *Match) withStage(path string) string {
	if m.Stage == "$default" {
		return path
	}
	return "/" + m.Stage + path
}

// Event is the event of the route's function.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
func (m *Match) Event(r Request) ([]byte, error) {
	query, err := url.ParseQuery(r.RawQuery)
	if err != nil {
		return nil, err
	}
	if m.route.version == "1.0" {
		return m.event1(r, query)
	}
	header := m.header(r)
	cookies := header.Values("Cookie")
	header.Del("Cookie")
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: m.key(), RawPath: m.withStage(r.Path), RawQueryString: r.RawQuery, Headers: joined(header, strings.ToLower),
		QueryStringParameters: joined(query, same), PathParameters: m.parameters,
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: m.key(), AccountID: m.API.Resource.Stack.Account, Stage: m.Stage, RequestID: r.ID, APIID: m.API.ID, DomainName: m.domain(), DomainPrefix: m.API.ID,
			Time: r.At.UTC().Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: r.At.UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: r.Method, Path: m.withStage(r.Path), Protocol: "HTTP/1.1", SourceIP: address, UserAgent: r.Header.Get("User-Agent"),
			},
		},
	}
	for _, line := range cookies {
		for cookie := range strings.SplitSeq(line, ";") {
			event.Cookies = append(event.Cookies, strings.TrimSpace(cookie))
		}
	}
	if r.Caller != "" {
		event.RequestContext.Authorizer = &events.APIGatewayV2HTTPRequestContextAuthorizerDescription{IAM: &events.APIGatewayV2HTTPRequestContextAuthorizerIAMDescription{
			AccessKey: r.Key, AccountID: m.API.Resource.Stack.Account, UserARN: r.Caller,
		}}
	}
	event.Body, event.IsBase64Encoded = body(r, isText(r.Header.Get("Content-Type")))
	return json.Marshal(event)
}

// key is the key of the route.
func (m *Match) key() string {
	if m.route.path == "$default" {
		return m.route.path
	}
	return m.route.method + " " + m.route.path
}

func (m *Match) event1(r Request, query url.Values) ([]byte, error) {
	header := m.header(r)
	event := struct {
		Version string `json:"version,omitempty"`
		events.APIGatewayProxyRequest
	}{APIGatewayProxyRequest: events.APIGatewayProxyRequest{
		Resource: m.route.path, Path: r.Path, HTTPMethod: r.Method, Headers: last(header), MultiValueHeaders: header,
		QueryStringParameters: last(query), MultiValueQueryStringParameters: query, PathParameters: m.parameters,
		RequestContext: events.APIGatewayProxyRequestContext{
			AccountID: m.API.Resource.Stack.Account, APIID: m.API.ID, Stage: m.Stage, RequestID: r.ID, ResourcePath: m.route.path, Path: m.withStage(r.Path), HTTPMethod: r.Method,
			Protocol: "HTTP/1.1", DomainName: m.domain(), DomainPrefix: m.API.ID, RequestTime: r.At.UTC().Format("02/Jan/2006:15:04:05 -0700"), RequestTimeEpoch: r.At.UnixMilli(),
			Identity: events.APIGatewayRequestIdentity{SourceIP: address, UserAgent: r.Header.Get("User-Agent"), UserArn: r.Caller, AccessKey: r.Key},
		},
	}}
	if !m.API.REST {
		event.Version, event.Path = "1.0", m.withStage(r.Path)
	}
	if len(query) == 0 { // null, not an empty object
		event.QueryStringParameters, event.MultiValueQueryStringParameters = nil, nil
	}
	if len(m.parameters) == 0 {
		event.PathParameters = nil
	}
	event.Body, event.IsBase64Encoded = body(r, m.API.REST || isText(r.Header.Get("Content-Type")))
	return json.Marshal(event)
}

// body is the body of a request, as text or in Base64.
func body(r Request, asText bool) (string, bool) {
	if len(r.Body) == 0 || asText && utf8.Valid(r.Body) {
		return string(r.Body), false
	}
	return base64.StdEncoding.EncodeToString(r.Body), true
}

// isText says that HTTP APIs pass on a body as text.
func isText(contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType)
	return strings.HasPrefix(media, "text/") || slices.Contains([]string{"application/json", "application/xml", "application/javascript"}, media)
}

func same(s string) string { return s }

// joined are the values of each name with commas between them.
func joined(values map[string][]string, name func(string) string) map[string]string {
	all := map[string]string{}
	for key, v := range values {
		all[name(key)] = strings.Join(v, ",")
	}
	return all
}

// last are the last values of each name.
func last(values map[string][]string) map[string]string {
	all := map[string]string{}
	for key, v := range values {
		if len(v) > 0 {
			all[key] = v[len(v)-1]
		}
	}
	return all
}

// Response is an HTTP response.
type Response struct {
	Status int         `json:"status"`
	Header http.Header `json:"header"`
	Body   []byte      `json:"body"`
	// Note says why the response is not what the function returned. "" if it is.
	Note string `json:"note,omitempty"`
}

// message is a response of API Gateway's own.
func message(status int, says, note string) Response {
	text, _ := json.Marshal(map[string]string{"message": says}) // never fails: texts only
	return Response{Status: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: text, Note: note}
}

// NotFound is the response to a request that no route takes.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
func (api *API) NotFound() Response {
	note := "no route takes the request; there are " + strings.Join(api.Routes(), ", ")
	if api.REST {
		return message(http.StatusForbidden, "Missing Authentication Token", note)
	}
	return message(http.StatusNotFound, "Not Found", note)
}

// Unauthorized is the response to a request without a signature, for a route that needs one.
func (api *API) Unauthorized() Response {
	const note = "the route needs a signed request (AWS_IAM)"
	if api.REST {
		return message(http.StatusForbidden, "Missing Authentication Token", note)
	}
	return message(http.StatusForbidden, "Forbidden", note)
}

// Failed is the response if the function could not be invoked, failed, or returned what is no response.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html
func (api *API) Failed(note string) Response {
	if api.REST {
		return message(http.StatusBadGateway, "Internal server error", note)
	}
	return message(http.StatusInternalServerError, "Internal Server Error", note)
}

// Response is the response that the payload of the function is.
func (m *Match) Response(payload []byte) Response {
	var of struct {
		StatusCode        *int                `json:"statusCode"`
		Headers           map[string]any      `json:"headers"`
		MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
		Cookies           []string            `json:"cookies"`
		Body              *string             `json:"body"`
		IsBase64Encoded   bool                `json:"isBase64Encoded"`
	}
	err := json.Unmarshal(payload, &of)
	switch {
	case m.route.version == "2.0" && json.Valid(payload) && (err != nil || of.StatusCode == nil):
		// What has no status is a body.
		text := payload
		var plain string
		if json.Unmarshal(payload, &plain) == nil {
			text = []byte(plain)
		}
		return Response{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: text}
	case err != nil || of.StatusCode == nil || *of.StatusCode < 100 || *of.StatusCode > 599:
		return m.API.Failed("the function returned no response with a statusCode of 100 to 599 and a body that is text: " + shortened(string(payload)))
	}
	response := Response{Status: *of.StatusCode, Header: http.Header{}}
	for name, value := range of.Headers {
		text, ok := value.(string)
		if !ok {
			encoded, _ := json.Marshal(value) // it was JSON
			text = string(encoded)
		}
		response.Header.Set(name, text)
	}
	if m.route.version == "1.0" {
		for _, name := range slices.Sorted(maps.Keys(of.MultiValueHeaders)) {
			response.Header.Del(name)
			for _, value := range of.MultiValueHeaders[name] {
				response.Header.Add(name, value)
			}
		}
	} else {
		for _, cookie := range of.Cookies {
			response.Header.Add("Set-Cookie", cookie)
		}
	}
	if response.Header.Get("Content-Type") == "" {
		response.Header.Set("Content-Type", map[bool]string{true: "application/json", false: "text/plain; charset=utf-8"}[m.API.REST])
	}
	if of.Body != nil {
		response.Body = []byte(*of.Body)
	}
	if of.IsBase64Encoded && !m.API.REST { // a REST API decodes only what its binaryMediaTypes say
		decoded, err := base64.StdEncoding.DecodeString(string(response.Body))
		if err != nil {
			return m.API.Failed("the function returned a body that is not in Base64, although it says so")
		}
		response.Body = decoded
	}
	return response
}

func shortened(s string) string {
	if len(s) > 200 {
		return strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}
