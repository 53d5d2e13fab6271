package scanning

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// proxyEvent is a GET of an HTTP API, payload version 2.0.
func proxyEvent(query string) string {
	return fmt.Sprintf(`{"version":"2.0","rawQueryString":%q,"requestContext":{"http":{"method":"GET"}},"isBase64Encoded":false}`, query)
}

// sample reads AWS's documented event from testdata and changes what a case needs changed.
func sample(t *testing.T, file string, change map[string]any) string {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	var event map[string]any
	if err := json.Unmarshal(raw, &event); err != nil {
		t.Fatal(err)
	}
	for name, value := range change {
		if name == "http.method" {
			event["requestContext"].(map[string]any)["http"].(map[string]any)["method"] = value
			continue
		}
		event[name] = value
	}
	out, _ := json.Marshal(event)
	return string(out)
}

type proxied struct {
	StatusCode int               `json:"statusCode"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body"`
}

func TestEventsOfAPIGateway(t *testing.T) {
	const v1, v2 = "rest-api-v1.json", "http-api-v2.json"
	token, _ := encodeToken(deviceKey("d0002"), tableName)
	type change = map[string]any
	for _, c := range []struct {
		name, file string
		change     change
		status     int
		body       string
	}{
		{"v2 as documented is a POST", v2, nil, 405, `{"error":"method: found \"POST\", expected GET","requestId":"L1"}`},
		{"v1 as documented has foreign parameters", v1, nil, 400,
			`{"error":"query parameter \"parameter1\": found an unknown name, expected only limit, next","requestId":"L1"}`},
		{"v2 with foreign parameters", v2, change{"http.method": "GET"}, 400,
			`{"error":"query parameter \"parameter1\": found an unknown name, expected only limit, next","requestId":"L1"}`},
		{"v1 POST", v1, change{"httpMethod": "POST"}, 405, `{"error":"method: found \"POST\", expected GET","requestId":"L1"}`},
		{"v2 HEAD", v2, change{"http.method": "HEAD"}, 405, `{"error":"method: found \"HEAD\", expected GET","requestId":"L1"}`},
		{"v2 without parameters", v2, change{"http.method": "GET", "rawQueryString": "", "queryStringParameters": nil}, 200,
			`{"items":[{"deviceId":"d0001"},{"deviceId":"d0002"},{"deviceId":"d0003"}],"count":3}`},
		{"v1 without parameters", v1, change{"queryStringParameters": nil, "multiValueQueryStringParameters": nil}, 200,
			`{"items":[{"deviceId":"d0001"},{"deviceId":"d0002"},{"deviceId":"d0003"}],"count":3}`},
		{"v2 with next and limit", v2, change{"http.method": "GET", "rawQueryString": "limit=5&next=" + token}, 200,
			`{"items":[{"deviceId":"d0003"}],"count":1}`},
		{"v1 with next and limit", v1, change{"multiValueQueryStringParameters": change{"limit": []string{"5"}, "next": []string{token}}}, 200,
			`{"items":[{"deviceId":"d0003"}],"count":1}`},
		{"v1 with the single-value map only", v1, change{"multiValueQueryStringParameters": nil, "queryStringParameters": change{"next": token}}, 200,
			`{"items":[{"deviceId":"d0003"}],"count":1}`},
		{"v2 with the map only", v2, change{"http.method": "GET", "rawQueryString": nil, "queryStringParameters": change{"next": token}}, 200,
			`{"items":[{"deviceId":"d0003"}],"count":1}`},
		{"v2 limit twice", v2, change{"http.method": "GET", "rawQueryString": "limit=1&limit=1"}, 400,
			`{"error":"query parameter \"limit\": found it more than once, expected it once","requestId":"L1"}`},
		{"v1 limit twice", v1, change{"multiValueQueryStringParameters": change{"limit": []string{"1", "1"}}}, 400,
			`{"error":"query parameter \"limit\": found it more than once, expected it once","requestId":"L1"}`},
		{"v2 limit escaped", v2, change{"http.method": "GET", "rawQueryString": "limit=%31%30"}, 200,
			`{"items":[{"deviceId":"d0001"},{"deviceId":"d0002"},{"deviceId":"d0003"}],"count":3}`},
		{"v2 limit too large", v2, change{"http.method": "GET", "rawQueryString": "limit=1001"}, 400,
			`{"error":"query parameter \"limit\": found \"1001\", expected a whole number from 1 to 1000","requestId":"L1"}`},
		{"v2 limit empty", v2, change{"http.method": "GET", "rawQueryString": "limit="}, 400,
			`{"error":"query parameter \"limit\": found \"\", expected a whole number from 1 to 1000","requestId":"L1"}`},
		{"v2 next altered", v2, change{"http.method": "GET", "rawQueryString": "next=" + token + "A"}, 400,
			`{"error":"query parameter \"next\": found a token that was altered or is of another table, expected the next of an earlier answer, unchanged","requestId":"L1"}`},
		{"v2 query that is none", v2, change{"http.method": "GET", "rawQueryString": "limit=%zz"}, 400,
			`{"error":"query string: found \"limit=%zz\", expected name=value pairs joined by \u0026","requestId":"L1"}`},
		{"v1 with a map that is none", v1, change{"multiValueQueryStringParameters": 5}, 400,
			`{"error":"field \"multiValueQueryStringParameters\": found the number 5, expected what API Gateway writes there","requestId":"L1"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, payload := serve(New(devices(3), grant), sample(t, c.file, c.change))
			var got proxied
			if err := json.Unmarshal([]byte(payload), &got); err != nil {
				t.Fatal(err)
			}
			want := proxied{c.status, map[string]string{"content-type": "application/json", "cache-control": "no-store"},
				strings.ReplaceAll(c.body, `\u0026`, "&")}
			if c.status == 405 {
				want.Headers["allow"] = "GET"
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// An event that only resembles one of API Gateway is a plain one with unknown fields.
func TestHalfAnEventOfAPIGatewayIsAPlainOne(t *testing.T) {
	for _, event := range []string{
		`{"httpMethod":"GET"}`,
		`{"version":"2.0","rawQueryString":"limit=1"}`,
		`{"version":"2.0","requestContext":{"http":{}}}`,
		`{"version":"2.0","requestContext":{"http":"GET"}}`,
		`{"version":"2.0","requestContext":[]}`,
		`{"httpMethod":5,"requestContext":{}}`,
		`{"httpMethod":"GET","requestContext":null}`,
	} {
		status, payload := serve(New(devices(1), grant), event)
		if status != 400 || !strings.HasPrefix(payload, `{"statusCode":400,"error":"field `) {
			t.Errorf("%s: got %s", event, payload)
		}
	}
}

func FuzzReadRequest(f *testing.F) {
	for _, file := range []string{"http-api-v2.json", "rest-api-v1.json"} {
		raw, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	token, _ := encodeToken(deviceKey("d0002"), tableName)
	f.Add([]byte(proxyEvent("limit=5&next=" + token)))
	f.Add([]byte(`{"limit":5,"next":"` + token + `"}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		r, err := readRequest(payload, tableName)
		if err == nil && (r.limit < 1 || r.limit > 1000) {
			t.Fatalf("limit %d", r.limit)
		}
	})
}
