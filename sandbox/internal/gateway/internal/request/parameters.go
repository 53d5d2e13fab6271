package request

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Parameters are those of a request: of a form as a map of texts, such as "Tags.member.1.Key", of JSON as it is.
type Parameters map[string]any

// Text is a parameter that is a text. "" without it.
func (p Parameters) Text(name string) string {
	s, _ := p[name].(string)
	return s
}

// Texts are those of a list: of JSON, or of a form with "NAME.member.1" or "NAME.1".
func (p Parameters) Texts(name string) []string {
	var all []string
	if list, ok := p[name].([]any); ok {
		for _, one := range list {
			if s, ok := one.(string); ok {
				all = append(all, s)
			}
		}
		return all
	}
	for i := 1; ; i++ {
		one, ok := p[name+".member."+strconv.Itoa(i)].(string)
		if !ok {
			one, ok = p[name+"."+strconv.Itoa(i)].(string)
		}
		if !ok {
			return all
		}
		all = append(all, one)
	}
}

// Pairs are keys and values of a list of a form, such as Tags.member.1.Key and Tags.member.1.Value.
func (p Parameters) Pairs(name string) (keys []string, values map[string]string) {
	values = map[string]string{}
	for i := 1; ; i++ {
		front := name + ".member." + strconv.Itoa(i) + "."
		key, ok := p[front+"Key"].(string)
		if !ok {
			return keys, values
		}
		if _, twice := values[key]; !twice {
			keys = append(keys, key)
		}
		values[key] = p.Text(front + "Value")
	}
}

// readParameters reads the operation and the parameters of a request whose body has them.
func (q *Request) readParameters(r *http.Request, body []byte) error {
	switch target := r.Header.Get("X-Amz-Target"); {
	case q.Protocol == RESTJSON:
		return q.readLambda(r, body)
	case r.URL.Path != "/" && r.URL.Path != "" && q.Service != "sqs":
		return malformed("found path %q, expected /", r.URL.Path)
	case len(body) > 0 && r.URL.RawQuery != "":
		return malformed("found parameters in the query and in the body, expected them in one of both")
	case q.Protocol == JSON && target != "" || q.Service == "cloudwatch" && target != "": // which newer clients call with JSON
		q.Protocol = JSON
		q.Operation = target[strings.LastIndexByte(target, '.')+1:]
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		if err := decoder.Decode(&q.Parameters); err != nil && len(body) > 0 {
			return malformed("the body is no JSON object: %v", err)
		}
	case target != "" || r.Header.Get("Smithy-Protocol") != "" || q.Protocol == JSON && q.Service != "sqs":
		return unknown("found a request to %s with X-Amz-Target %q and protocol %q, of which this sandbox does not know how it is written", q.Service, target, r.Header.Get("Smithy-Protocol"))
	default:
		if q.Protocol == JSON { // SQS as older clients call it
			q.Protocol = Query
		}
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return malformed("the body is no form: %v", err)
		}
		if len(form) == 0 {
			form = r.URL.Query()
		}
		q.Operation, q.Parameters = form.Get("Action"), Parameters{}
		for name, values := range form {
			if q.Parameters[name] = values[0]; len(values) > 1 {
				return malformed("found parameter %s %d times", name, len(values))
			}
		}
	}
	if q.Operation == "" || strings.ContainsAny(q.Operation, "*?: ") {
		return malformed("found operation %q, expected the name of one", q.Operation)
	}
	return nil
}

// At are the texts at a place in the parameters: of JSON by the keys of objects, and of each item of lists, such as "Entries.EventBusName"; of forms by the name, with
// the numbers of lists between the parts of it.
func (p Parameters) At(place string) (all []string) {
	name, rest, _ := strings.Cut(place, ".")
	if value, ok := p[name]; ok {
		return texts(value, rest, nil)
	}
	for key, value := range p {
		if text, isText := value.(string); isText && len(key) > len(name) && formName(key) == place {
			all = append(all, text)
		}
	}
	slices.Sort(all)
	return all
}

// formName is the name of a parameter of a form without the numbers of lists.
func formName(key string) string {
	var parts []string
	for part := range strings.SplitSeq(key, ".") {
		if _, err := strconv.Atoi(part); err != nil && part != "member" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ".")
}

// texts adds the texts at a place within a value.
func texts(value any, place string, all []string) []string {
	switch v := value.(type) {
	case []any:
		for _, one := range v {
			all = texts(one, place, all)
		}
	case map[string]any:
		if name, rest, _ := strings.Cut(place, "."); name != "" {
			all = texts(v[name], rest, all)
		}
	case string:
		if place == "" && v != "" {
			all = append(all, v)
		}
	case json.Number:
		if place == "" {
			all = append(all, v.String())
		}
	case bool:
		if place == "" {
			all = append(all, strconv.FormatBool(v))
		}
	}
	return all
}
