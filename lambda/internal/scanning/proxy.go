package scanning

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"

	"github.com/crossgrant/crossgrant/lambda/internal/event"
)

// call is what of an API Gateway event matters here: the body of a GET does not.
type call struct {
	method string
	object event.Object
}

// proxyCall tells the kinds of events apart by what only API Gateway writes: payload version 2.0 with
// requestContext.http.method, or payload version 1.0 (all REST APIs) with httpMethod beside a
// requestContext. Everything else is a plain event.
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

// parameters returns the query parameters, each of which must be among known and be given once.
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

// query prefers the forms that keep a repeated parameter apart: the raw query string of version 2.0 and
// the multi-value map of version 1.0. Elsewhere repeated values are joined by commas or lost.
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
