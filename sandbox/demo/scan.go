package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// moreItems is the number of items besides the two sample items.
const moreItems = 2000

// batch is the largest number of items of one BatchWriteItem.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
const batch = 25

// putItems puts the items to scan into the target account's table.
func (d *demo) putItems(ctx context.Context) error {
	table, err := d.sandbox.Deployed(ctx, d.sandbox.Target, "AWS::DynamoDB::Table", "")
	if err != nil {
		return err
	}
	d.step("Putting items into %s", table)
	text := func(s string) dynamotypes.AttributeValue { return &dynamotypes.AttributeValueMemberS{Value: s} }
	items := []map[string]dynamotypes.AttributeValue{
		{"deviceId": text("d0001"), "name": text("This is a pen.")},
		{"deviceId": text("d0002"), "name": text("Fooooooo")},
	}
	for i := range moreItems {
		items = append(items, map[string]dynamotypes.AttributeValue{
			"deviceId": text(fmt.Sprintf("m%04d", i)),
			"serial":   &dynamotypes.AttributeValueMemberN{Value: bigNumber},
			"tags":     &dynamotypes.AttributeValueMemberSS{Value: []string{"a", "b"}},
		})
	}
	client := dynamodb.NewFromConfig(d.sandbox.Config(d.sandbox.Target))
	for len(items) > 0 {
		var writes []dynamotypes.WriteRequest
		for _, item := range items[:min(batch, len(items))] {
			writes = append(writes, dynamotypes.WriteRequest{PutRequest: &dynamotypes.PutRequest{Item: item}})
		}
		items = items[len(writes):]
		result, err := client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
			RequestItems: map[string][]dynamotypes.WriteRequest{table: writes},
		})
		if err != nil {
			return fmt.Errorf("write items to %s: %w", table, err)
		}
		for _, write := range result.UnprocessedItems[table] {
			items = append(items, write.PutRequest.Item)
		}
	}
	d.detail("%5d, two of them sample items", moreItems+2)
	return nil
}

// runScan checks that the function scans all items, page by page and with their types, by API Gateway events of both formats, and refuses
// bad requests.
func (d *demo) runScan(ctx context.Context) error {
	if err := d.putItems(ctx); err != nil {
		return err
	}
	f, err := d.start(ctx, "-scan")
	if err != nil {
		return err
	}
	defer f.Stop()

	items, pages, err := d.scanAll(ctx, f)
	if err != nil {
		return err
	}
	d.check(len(items) == moreItems+2 && pages == 3, fmt.Sprintf("GET /items?limit=1000, page by page: %d items in 3 pages", moreItems+2),
		fmt.Sprintf("%d items in %d pages", len(items), pages))
	pen, _ := json.Marshal(items["d0001"])
	d.check(string(pen) == `{"deviceId":"d0001","name":"This is a pen."}`, "the first sample item, unchanged", string(pen))
	d.check(items["d0002"]["name"] == "Fooooooo", "the second sample item", items["d0002"])
	serial, tags := fmt.Sprint(items["m0000"]["serial"]), fmt.Sprint(items["m0000"]["tags"])
	d.check(serial == bigNumber && tags == "[a b]", "a number with 38 digits and a string set keep their types", items["m0000"])

	plain, err := f.call(ctx, `{}`)
	if err != nil {
		return err
	}
	d.check(len(plain.Items) == 100 && plain.Next != "", "{}: 100 items by default, and next for the rest", plain)
	altered, _ := json.Marshal(map[string]string{"next": alter(plain.Next)})
	for _, c := range []struct {
		event, expected string
		call            func(context.Context, string) (response, error)
		holds           func(response) bool
	}{
		{`{"limit":10}`, "10 items", f.call, func(r response) bool { return len(r.Items) == 10 && r.Next != "" }},
		{restEvent("limit", "10"), "REST API, GET /items?limit=10: 200 with 10 items", f.get, func(r response) bool {
			return r.StatusCode == 200 && len(r.Items) == 10
		}},
		{httpEvent("limit=0"), "GET /items?limit=0: 400 that names limit", f.get, isError(400, "limit")},
		{httpEvent("limit=ten"), "GET /items?limit=ten: 400 that names limit", f.get, isError(400, "limit")},
		{`{"limit":1001}`, "400 that names limit", f.call, isError(400, "limit")},
		{string(altered), "a next with one character changed: 400 that names next", f.call, isError(400, "next")},
	} {
		r, err := c.call(ctx, c.event)
		if err != nil {
			return err
		}
		label := c.expected
		if len(c.event) < 20 {
			label = c.event + ": " + label
		}
		d.check(c.holds(r), label, r)
	}
	return nil
}

// scanAll gets every page through HTTP API events and returns the items by deviceId.
func (d *demo) scanAll(ctx context.Context, f *function) (items map[string]map[string]any, pages int, err error) {
	items = map[string]map[string]any{}
	query := "limit=1000"
	for {
		r, err := f.get(ctx, httpEvent(query))
		if err != nil {
			return nil, 0, err
		}
		if r.StatusCode != 200 {
			return nil, 0, fmt.Errorf("GET /items?%s: found status %d, expected 200: %s", query, r.StatusCode, r)
		}
		pages++
		for _, item := range r.Items {
			items[fmt.Sprint(item["deviceId"])] = item
		}
		if r.Next == "" {
			return items, pages, nil
		}
		query = "limit=1000&next=" + url.QueryEscape(r.Next)
	}
}

// alter changes one character in the middle of text.
func alter(text string) string {
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
	values, _ := url.ParseQuery(query) // the queries are constants, and valid
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
	encoded, _ := json.Marshal(fields) // never fails: strings and maps only
	return string(encoded)
}
