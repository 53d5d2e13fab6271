package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// runScan checks scanning: all items page by page through API Gateway events of both forms, their types, and bad requests.
func (d *demo) runScan(ctx context.Context) error {
	if err := d.putItems(ctx); err != nil {
		return err
	}
	f, err := d.start(ctx, "-scan")
	if err != nil {
		return err
	}
	defer f.run.Stop()

	items, pages, err := d.scanAll(ctx, f)
	if err != nil {
		return err
	}
	d.check(len(items) == moreItems+2 && pages == 3, fmt.Sprintf("GET /items?limit=1000, until there is no next: %d items in 3 pages", moreItems+2),
		fmt.Sprintf("%d items in %d pages", len(items), pages))
	pen, _ := json.Marshal(items["d0001"])
	d.check(string(pen) == `{"deviceId":"d0001","name":"This is a pen."}`, "the article's first item, as it was put", string(pen))
	d.check(items["d0002"]["name"] == "Fooooooo", "the article's second item", items["d0002"])
	serial, tags := fmt.Sprint(items["m0000"]["serial"]), fmt.Sprint(items["m0000"]["tags"])
	d.check(serial == bigNumber && tags == "[a b]", "a number with 38 digits and a set, with their types", items["m0000"])

	plain, err := f.call(ctx, `{}`)
	if err != nil {
		return err
	}
	d.check(len(plain.Items) == 100 && plain.Next != "", "{}: 100 items by default, and where to go on", plain)
	altered, _ := json.Marshal(map[string]string{"next": flip(plain.Next)})
	for _, c := range []struct {
		event, expected string
		call            func(context.Context, string) (answer, error)
		holds           func(answer) bool
	}{
		{`{"limit":10}`, "10 items", f.call, func(a answer) bool { return len(a.Items) == 10 && a.Next != "" }},
		{restEvent("limit", "10"), "REST API, GET /items?limit=10: 200 with 10 items", f.get, func(a answer) bool {
			return a.StatusCode == 200 && len(a.Items) == 10
		}},
		{httpEvent("limit=0"), "GET /items?limit=0: 400 that names limit", f.get, refused(400, "limit")},
		{httpEvent("limit=ten"), "GET /items?limit=ten: 400 that names limit", f.get, refused(400, "limit")},
		{`{"limit":1001}`, "400 that names limit", f.call, refused(400, "limit")},
		{string(altered), "a next with one letter changed: 400 that names next", f.call, refused(400, "next")},
	} {
		a, err := c.call(ctx, c.event)
		if err != nil {
			return err
		}
		label := c.expected
		if len(c.event) < 20 {
			label = c.event + ": " + label
		}
		d.check(c.holds(a), label, a)
	}
	return nil
}

// scanAll gets every page through HTTP API events and returns the items by deviceId.
func (d *demo) scanAll(ctx context.Context, f *function) (items map[string]map[string]any, pages int, err error) {
	items = map[string]map[string]any{}
	query := "limit=1000"
	for {
		a, err := f.get(ctx, httpEvent(query))
		if err != nil {
			return nil, 0, err
		}
		if a.StatusCode != 200 {
			return nil, 0, fmt.Errorf("GET /items?%s: found status %d, expected 200: %s", query, a.StatusCode, a)
		}
		pages++
		for _, item := range a.Items {
			items[fmt.Sprint(item["deviceId"])] = item
		}
		if a.Next == "" {
			return items, pages, nil
		}
		query = "limit=1000&next=" + url.QueryEscape(a.Next)
	}
}

// flip changes one letter in the middle.
func flip(text string) string {
	middle := len(text) / 2
	other := "A"
	if strings.HasPrefix(text[middle:], other) {
		other = "B"
	}
	return text[:middle] + other + text[middle+1:]
}

// httpEvent is an event of an HTTP API, payload format 2.0.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
func httpEvent(query string) string {
	values, _ := url.ParseQuery(query) // ours
	parameters := map[string]string{}
	for name := range values {
		parameters[name] = values.Get(name)
	}
	return event(map[string]any{
		"version": "2.0", "routeKey": "GET /items", "rawPath": "/items", "rawQueryString": query,
		"headers": map[string]string{"accept": "application/json"}, "queryStringParameters": parameters,
		"requestContext":  map[string]any{"stage": "$default", "http": map[string]string{"method": "GET", "path": "/items"}},
		"isBase64Encoded": false,
	})
}

// restEvent is an event of a REST API, payload format 1.0, with one query parameter.
func restEvent(name, value string) string {
	return event(map[string]any{
		"resource": "/items", "path": "/items", "httpMethod": "GET", "headers": map[string]string{},
		"queryStringParameters":           map[string]string{name: value},
		"multiValueQueryStringParameters": map[string][]string{name: {value}},
		"requestContext":                  map[string]any{"stage": "prod", "httpMethod": "GET", "resourcePath": "/items"},
		"body":                            nil, "isBase64Encoded": false,
	})
}

func event(fields map[string]any) string {
	encoded, _ := json.Marshal(fields) // text and maps always encode
	return string(encoded)
}
