package scanning

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
	"github.com/crossgrant/crossgrant/lambda/internal/failure"
	"github.com/crossgrant/crossgrant/lambda/internal/objectevent"
)

const (
	maxLimit     = 1000
	defaultLimit = 100
)

// request is what an event asks for.
type request struct {
	proxy  bool
	unread bool // nobody reads the answer
	limit  int
	start  key
}

// readRequest reads an event of any kind. Even with an error, the request says whether it came through API Gateway, which decides the form of
// the answer.
func readRequest(payload []byte, table string) (request, error) {
	object, err := event.Parse(payload)
	if err != nil {
		return request{}, err
	}
	call, ok := proxyCall(object)
	if !ok {
		own, unread, err := objectevent.Own(object)
		if err != nil {
			return request{unread: unread}, err
		}
		r, err := readPlain(own, table)
		r.unread = unread
		return r, err
	}
	r := request{proxy: true, limit: defaultLimit}
	if call.method != http.MethodGet {
		return r, &failure.Failure{
			Status:  http.StatusMethodNotAllowed,
			Message: "method: found " + event.Quote(call.method) + ", expected GET",
		}
	}
	query, err := call.parameters("limit", "next")
	if err != nil {
		return r, err
	}
	if text, given := query["limit"]; given {
		if r.limit, err = event.ParseWhole(`query parameter "limit"`, text, 1, maxLimit); err != nil {
			return r, err
		}
	}
	if text, given := query["next"]; given {
		r.start, err = decodeToken(text, table, `query parameter "next"`)
	}
	return r, err
}

func readPlain(object event.Object, table string) (request, error) {
	if err := object.Only("limit", "next"); err != nil {
		return request{}, err
	}
	limit, err := object.Whole("limit", 1, maxLimit, defaultLimit)
	if err != nil {
		return request{}, err
	}
	r := request{limit: limit}
	text, given, err := object.Text("next", maxToken)
	if err != nil || !given {
		return r, err
	}
	r.start, err = decodeToken(text, table, `field "next"`)
	return r, err
}

// call is a request that came through API Gateway: its method and the event.
type call struct {
	method string
	object event.Object
}

// proxyCall recognizes an event of API Gateway by fields that only it writes: payload version 2.0 with requestContext.http.method, or payload
// version 1.0 (all REST APIs) with httpMethod and a requestContext. Every other event is a plain one.
func proxyCall(object event.Object) (call, bool) {
	var requestContext struct {
		HTTP struct {
			Method string `json:"method"`
		} `json:"http"`
	}
	if !isObject(object["requestContext"]) {
		return call{}, false
	}
	if textOf(object["version"]) == "2.0" {
		err := json.Unmarshal(object["requestContext"], &requestContext)
		return call{requestContext.HTTP.Method, object}, err == nil && requestContext.HTTP.Method != ""
	}
	method := textOf(object["httpMethod"])
	return call{method, object}, method != ""
}

func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

func textOf(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		return ""
	}
	return text
}

// parameters returns the query parameters, each of which must be among known and occur once.
func (c call) parameters(known ...string) (map[string]string, error) {
	all, err := c.query()
	if err != nil {
		return nil, err
	}
	single := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		field := "query parameter " + event.Quote(name)
		switch {
		case !slices.Contains(known, name):
			return nil, event.Unknown("query parameter", name, known)
		case len(all[name]) != 1:
			return nil, &event.Invalid{Field: field, Found: "it more than once", Expected: "it once"}
		}
		single[name] = all[name][0]
	}
	return single, nil
}

// query returns the query parameters from the fields that keep repeated ones apart: the raw query string of version 2.0 and the multi-value map
// of version 1.0. Other fields join repeated values by commas or lose them.
func (c call) query() (map[string][]string, error) {
	if raw := textOf(c.object["rawQueryString"]); raw != "" {
		values, err := url.ParseQuery(raw)
		if err != nil {
			return nil, &event.Invalid{Field: "query string", Found: event.Quote(raw), Expected: "name=value pairs joined by &"}
		}
		return values, nil
	}
	var multi map[string][]string
	if err := c.read("multiValueQueryStringParameters", &multi); err != nil || len(multi) > 0 {
		return multi, err
	}
	var single map[string]string
	if err := c.read("queryStringParameters", &single); err != nil {
		return nil, err
	}
	values := make(map[string][]string, len(single))
	for name, value := range single {
		values[name] = []string{value}
	}
	return values, nil
}

func (c call) read(field string, into any) error {
	raw, ok := c.object[field]
	if !ok {
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return &event.Invalid{
			Field: "field " + event.Quote(field), Found: event.Describe(raw), Expected: "what API Gateway writes there",
		}
	}
	return nil
}
