package trailing

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

var fixtureKey = key(tokyo, "20160825T1435Z", "aaaaaaaaaaaaaaaa")

func TestTheAnswerInFull(t *testing.T) {
	file, records := fixture(t)
	f := newFunction(&bucket{objects: map[string][]byte{fixtureKey: file}})
	result := f.Serve(t.Context(), invocation.Request{ID: "L1", Payload: []byte(`{"key":"` + fixtureKey + `","filter":{"eventName":["StopLogging","AssumeRole"]}}`)})
	want := `{"bucket":"logs","events":[` + records[1] + "," + records[3] + "," + records[5] + `],"count":3,"byName":{"AssumeRole":2,"StopLogging":1},` +
		`"files":{"read":1,"digests":0,"others":0,"otherTimes":0},"skipped":[]}`
	if got := string(result.Payload); got != want || result.Status != 200 {
		t.Errorf("status %d, (-want +got):\n%s", result.Status, cmp.Diff(want, got))
	}
	// White space, digits and escapes are those of the file.
	for _, part := range []string{"\n      \"eventVersion\": \"1.11\",\n", "12345678901234567890.123456789012345678e-5"} {
		if !strings.Contains(string(result.Payload), part) {
			t.Errorf("%q is not there", part)
		}
	}
}

func TestFilters(t *testing.T) {
	file, _ := fixture(t)
	const all = "ConsoleLogin AssumeRole GetObject StopLogging GenerateDataKey AssumeRole"
	for _, c := range []struct{ name, filter, want string }{
		{"none", `{}`, all},
		{"null", `null`, all},
		{"a name", `{"eventName":"ConsoleLogin"}`, "ConsoleLogin"},
		{"a name in other letters' case", `{"eventName":"consolelogin"}`, ""},
		{"the beginning of a name without a star", `{"eventName":"Console"}`, ""},
		{"the beginning of a name", `{"eventName":"Get*"}`, "GetObject"},
		{"one of two names", `{"eventName":["GetObject","Gen*"]}`, "GetObject GenerateDataKey"},
		{"any name", `{"eventName":"*"}`, all},
		{"a nested name is none", `{"eventName":"Nested"}`, ""},
		{"a source", `{"eventSource":"sts.amazonaws.com"}`, "AssumeRole AssumeRole"},
		{"name and source", `{"eventName":"AssumeRole","eventSource":"s3.amazonaws.com"}`, ""},
		{"name and address", `{"eventName":"AssumeRole","sourceIp":"203.0.113.9"}`, "AssumeRole"},
		{"a session's ARN", `{"principalArn":"arn:aws:sts::222222222222:assumed-role/reader/crossgrant-dev-list"}`, "GetObject"},
		{"the role's ARN", `{"principalArn":"arn:aws:iam::222222222222:role/reader"}`, "GetObject"},
		{"a user's ARN", `{"principalArn":"arn:aws:iam::222222222222:user/team/alice"}`, "AssumeRole"},
		{"all users of a path", `{"principalArn":"arn:aws:iam::222222222222:user/team/*"}`, "AssumeRole"},
		{"anybody with an ARN", `{"principalArn":"*"}`, "GetObject StopLogging AssumeRole"},
		{"an error", `{"errorCode":"AccessDenied"}`, "GetObject"},
		{"any error", `{"errorCode":"*"}`, "GetObject GenerateDataKey"},
		{"an address", `{"sourceIp":"192.0.2.44"}`, "ConsoleLogin"},
		{"a network", `{"sourceIp":"10.0.0.0/8"}`, "AssumeRole GetObject"},
		{"a network written with a host", `{"sourceIp":"10.0.12.9/24"}`, "AssumeRole GetObject"},
		{"a network beside it", `{"sourceIp":"10.0.13.0/24"}`, ""},
		{"a network of IPv6", `{"sourceIp":"2001:db8::/32"}`, "StopLogging"},
		{"networks and a service", `{"sourceIp":["203.0.113.0/24","cloudtrail.amazonaws.com"]}`, "GenerateDataKey AssumeRole"},
		{"every IPv4 address and no service", `{"sourceIp":"0.0.0.0/0"}`, "ConsoleLogin AssumeRole GetObject AssumeRole"},
		{"all services of AWS's", `{"sourceIp":"cloudtrail.*"}`, "GenerateDataKey"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFunction(&bucket{objects: map[string][]byte{fixtureKey: file}})
			got := ask(t, f, `{"key":"`+fixtureKey+`","filter":`+c.filter+`}`)
			if got.names() != c.want || got.Count != len(got.Events) || got.Error != "" {
				t.Errorf("found %q, expected %q; count %d; %s", got.names(), c.want, got.Count, got.Error)
			}
		})
	}
}

func TestTimesOfEvents(t *testing.T) {
	file, _ := fixture(t)
	timeless := zip(`{"Records":[{"eventName":"No"},{"eventName":"Bad","eventTime":"yesterday"},{"eventName":"Good","eventTime":"2016-08-25T13:30:00.5Z"}]}`)
	timelessKey := key(tokyo, "20160825T1435Z", "bbbbbbbbbbbbbbbb")
	for _, c := range []struct{ name, where, times, want string }{
		{"from is inclusive", fixtureKey, `"from":"2016-08-25T13:59:59Z"`, "StopLogging GenerateDataKey AssumeRole"},
		{"to is exclusive", fixtureKey, `"to":"2016-08-25T13:04:59Z"`, "ConsoleLogin"},
		{"both", fixtureKey, `"from":"2016-08-25T13:04:59Z","to":"2016-08-25T14:00:00Z"`, "AssumeRole GetObject StopLogging"},
		{"in another zone", fixtureKey, `"from":"2016-08-25T22:04:59+09:00","to":"2016-08-25T23:00:00+09:00"`, "AssumeRole GetObject StopLogging"},
		{"a part of a second", fixtureKey, `"from":"2016-08-25T13:59:59.5Z"`, "GenerateDataKey AssumeRole"},
		{"without times also events without one", timelessKey, `"limit":9`, "No Bad Good"},
		{"with times only events that have one", timelessKey, `"from":"2016-08-25T00:00:00Z"`, "Good"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFunction(&bucket{objects: map[string][]byte{fixtureKey: file, timelessKey: timeless}})
			for _, where := range []string{`"key"`, `"prefix"`} {
				if got := ask(t, f, `{`+where+`:"`+c.where+`",`+c.times+`}`); got.names() != c.want {
					t.Errorf("%s: found %q, expected %q; %s", where, got.names(), c.want, got.Error)
				}
			}
		})
	}
}

func TestLimits(t *testing.T) {
	file, _ := fixture(t)
	b := &bucket{objects: map[string][]byte{fixtureKey: file, key(tokyo, "20160825T1440Z", "b"): file}}
	f := newFunction(b)
	got := ask(t, f, `{"prefix":"`+base+`","limit":0}`)
	if len(got.Events) != 0 || got.Count != 12 || got.Next != "" || !cmp.Equal(got.ByName, map[string]int{"ConsoleLogin": 2, "AssumeRole": 4, "GetObject": 2, "StopLogging": 2, "GenerateDataKey": 2}) {
		t.Errorf("only counted: %+v", got)
	}
	if got = ask(t, f, `{"prefix":"`+base+`","limit":5}`); len(got.Events) != 5 || got.Count != 5 || got.Next == "" || got.ByName["AssumeRole"] != 1 {
		t.Errorf("five: %+v", got)
	}
	if got = ask(t, f, `{"prefix":"`+base+`","limit":12}`); len(got.Events) != 12 || got.Next != "" {
		t.Errorf("exactly all: %d events, next %q", len(got.Events), got.Next)
	}
	if got = ask(t, f, `{"prefix":"`+base+`"}`); len(got.Events) != 12 {
		t.Errorf("by default: %d events", len(got.Events))
	}
}

// Whatever the limit and the size of S3's pages, all pages together are what one call answers.
func TestEveryLimitGivesTheSameEvents(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds with the race detector")
	}
	file, _ := fixture(t)
	objects := map[string][]byte{base: nil, tokyo + "2016/08/25/": nil}
	for _, folder := range []string{tokyo, ireland} {
		for _, at := range []string{"20160824T2350Z", "20160825T1310Z", "20160826T0005Z"} {
			objects[key(folder, at, "aaaaaaaaaaaaaaaa")] = file
		}
		objects[key(folder, "20160825T1312Z", "damaged")] = file[:100]
		objects[key(folder, "20160825T1313Z", "empty")] = zip(`{"Records":[]}`)
		objects[strings.Replace(folder, "CloudTrail", "CloudTrail-Digest", 1)+"2016/08/25/222222222222_CloudTrail-Digest_x_20160825T131000Z.json.gz"] = nil
	}
	for _, where := range []string{`"prefix":"AWSLogs/"`, `"prefix":"` + tokyo + `"`, `"from":"2016-08-24T12:00:00Z","to":"2016-08-26T12:00:00Z"`, `"from":"2016-08-25T12:00:00Z"`} {
		whole := ask(t, newFunction(&bucket{objects: objects}, base, "AWSLogs/"), `{`+where+`,"limit":1000,"filter":{"eventName":["AssumeRole","GetObject"]}}`)
		if len(whole.Events) < 6 || whole.Next != "" {
			t.Fatalf("%s: %d events, next %q, %s", where, len(whole.Events), whole.Next, whole.Error)
		}
		for limit := 1; limit <= len(whole.Events)+1; limit++ {
			f := newFunction(&bucket{objects: objects, pageSize: 1 + limit%4}, base, "AWSLogs/")
			var all answered
			names := map[string]int{}
			next := ""
			for range 200 {
				page := ask(t, f, fmt.Sprintf(`{%s,"limit":%d,"filter":{"eventName":["AssumeRole","GetObject"]}%s}`, where, limit, next))
				if page.StatusCode != 0 || len(page.Events) > limit || page.Count != len(page.Events) {
					t.Fatalf("%s: %+v", where, page)
				}
				all.Events = append(all.Events, page.Events...)
				all.Skipped = append(all.Skipped, page.Skipped...)
				for name, n := range page.ByName {
					names[name] += n
				}
				if page.Next == "" {
					break
				}
				next = `,"next":"` + page.Next + `"`
			}
			if !cmp.Equal(whole.Events, all.Events) || !cmp.Equal(whole.ByName, names) || !cmp.Equal(whole.Skipped, all.Skipped) {
				t.Errorf("%s, limit %d: %d events, %v and %d skipped, expected %d, %v and %d", where, limit,
					len(all.Events), names, len(all.Skipped), len(whole.Events), whole.ByName, len(whole.Skipped))
			}
		}
	}
}

func TestFilesThatHoldNoEventsAreCounted(t *testing.T) {
	file, _ := fixture(t)
	b := &bucket{objects: map[string][]byte{
		"trail/AWSLogs/o-exampleorg/222222222222/CloudTrail/": nil,
		"trail/AWSLogs/o-exampleorg/222222222222/CloudTrail-Digest/eu-west-1/2016/08/25/222222222222_CloudTrail-Digest_eu-west-1_all_eu-west-1_20160825T131000Z.json.gz": nil,
		"trail/AWSLogs/o-exampleorg/222222222222/CloudTrail/eu-west-1/2016/08/25/222222222222_CloudTrail_eu-west-1_20160825T1310Z_x.json.gz":                             file,
		"trail/AWSLogs/o-exampleorg/222222222222/CloudTrail/notes.txt":                                                                                                   nil,
		"trail/AWSLogs/o-exampleorg/222222222222/CloudTrail-Insight/eu-west-1/2016/08/25/222222222222_CloudTrail-Insight_eu-west-1_20160825T1310Z_x.json.gz": zip(
			`{"Records":[{"eventVersion":"1.08","eventTime":"2016-08-25T13:00:00Z","eventType":"AwsCloudTrailInsight","insightDetails":{"eventName":"PutObject"}}]}`),
	}}
	got := ask(t, newFunction(b, "trail/"), `{"prefix":"trail/AWSLogs/"}`)
	if got.Files.Read != 2 || got.Files.Digests != 1 || got.Files.Others != 2 || got.Count != 7 || got.ByName[""] != 1 || len(got.Skipped) != 0 {
		t.Errorf("found %+v", got)
	}
	if len(b.got) != 2 {
		t.Errorf("read %v", b.got)
	}
}

func TestRefused(t *testing.T) {
	where := `"prefix":"` + base + `"`
	for _, c := range []struct{ name, event, want string }{
		{"nothing asked for", `{}`, `400: event: found none of "key", "prefix" and "from", expected {"key":"…"} for one log file, {"prefix":"…"} for all under it, or {"from":"2016-08-25T13:00:00Z","to":"…"} for a range of time`},
		{"an end alone", `{"to":"2016-08-25T13:00:00Z"}`, `400: event: found none of "key", "prefix" and "from"`},
		{"key and prefix", `{"key":"a","prefix":"b"}`, `400: field "prefix": found it next to "key", expected one of "key", "prefix" and "from"`},
		{"an unknown field", `{"Prefix":"x"}`, `400: field "Prefix": found an unknown name, expected only key, prefix, from, to, account, regions, lateHours, filter, limit, next; the nearest is prefix`},
		{"not JSON", `{"prefix"`, `400: event: found`},
		{"a prefix outside", `{"prefix":"AWSLogs/333333333333/CloudTrail/"}`, `403: prefix "AWSLogs/333333333333/CloudTrail/" is outside of what role ` + role + ` may read; the granted prefixes are "` + base + `"`},
		{"a prefix shorter than the granted one", `{"prefix":"AWSLogs/"}`, `403: prefix "AWSLogs/" is outside`},
		{"a key outside", `{"key":"AWSLogs/333333333333/CloudTrail/x.json.gz"}`, `403: key "AWSLogs/333333333333/CloudTrail/x.json.gz" is outside`},
		{"a digest", `{"key":"` + base + `222222222222_CloudTrail-Digest_x.json.gz"}`, `400: field "key": found a digest file, which has hashes and no events, expected a log file`},
		{"no log file", `{"key":"` + base + `notes.txt"}`, `400: field "key": found a key that is not a log file's, expected a log file of CloudTrail, whose name ends in .json.gz`},
		{"a file that is not there", `{"key":"` + base + `x.json.gz"}`, `404: there is no log file "` + base + `x.json.gz" in bucket logs`},
		{"too long a key", `{"key":"` + strings.Repeat("k", 1025) + `"}`, `400: field "key": found a string of 1025 bytes`},
		{"too long a prefix", `{"prefix":"` + strings.Repeat("k", 1025) + `"}`, `400: field "prefix": found a string of 1025 bytes`},
		{"too high a limit", `{` + where + `,"limit":1001}`, `400: field "limit": found the number 1001, expected a whole number from 0 to 1000`},
		{"a time without a zone", `{"from":"2016-08-25T13:00:00"}`, `400: field "from": found the string "2016-08-25T13:00:00", expected a time such as 2016-08-25T13:00:00Z`},
		{"a time before CloudTrail", `{"from":"0001-01-01T00:00:00Z"}`, `400: field "from": found the string`},
		{"a time that is a number", `{"from":"2016-08-25T13:00:00Z","to":1}`, `400: field "to": found the number 1`},
		{"an end at the beginning", `{"from":"2016-08-25T13:00:00Z","to":"2016-08-25T13:00:00Z"}`, `400: field "from": found 2016-08-25T13:00:00Z, expected a time before 2016-08-25T13:00:00Z`},
		{"a beginning in the future", `{"from":"2016-09-02T00:00:00Z"}`, `400: field "from": found 2016-09-02T00:00:00Z, expected a time before 2016-09-01T00:00:00Z, the range's end ("to", or now)`},
		{"more than a year", `{"from":"2015-08-01T00:00:00Z","to":"2016-08-01T00:00:01Z"}`, `400: field "to": found a time more than 366 days after "from"`},
		{"regions next to a prefix", `{` + where + `,"regions":"eu-west-1"}`, `400: field "regions": found it next to "key" or "prefix", expected it only with "from" alone`},
		{"an account next to a key", `{"key":"` + fixtureKey + `","account":"222222222222"}`, `400: field "account": found it next`},
		{"lateHours next to a prefix", `{` + where + `,"lateHours":1}`, `400: field "lateHours": found it next`},
		{"too many lateHours", `{"from":"2016-08-25T13:00:00Z","lateHours":721}`, `400: field "lateHours": found the number 721`},
		{"a region that is none", `{"from":"2016-08-25T13:00:00Z","regions":["eu-west-1","../x"]}`, `400: field "regions": found the string "../x", expected a region such as ap-northeast-1`},
		{"no region", `{"from":"2016-08-25T13:00:00Z","regions":[]}`, `400: field "regions": found a list of 0, expected a string, or a list of 1 to 100`},
		{"an account that is none", `{"from":"2016-08-25T13:00:00Z","account":"2222"}`, `400: field "account": found "2222", expected 12 digits`},
		{"too long an account", `{"from":"2016-08-25T13:00:00Z","account":"2222222222222"}`, `400: field "account": found a string of 13 bytes`},
		{"an account that is not granted", `{"from":"2016-08-25T13:00:00Z","account":"333333333333"}`, `400: field "account": found "333333333333", expected an account of the granted prefixes "` + base + `"`},
		{"a filter that is none", `{` + where + `,"filter":"x"}`, `400: field "filter", event: found the string "x", expected a JSON object`},
		{"an unknown field of the filter", `{` + where + `,"filter":{"eventname":"x"}}`, `400: field of filter "eventname": found an unknown name, expected only eventName, eventSource, principalArn, errorCode, sourceIp; the nearest is eventName`},
		{"a field of the filter twice", `{` + where + `,"filter":{"eventName":"x","eventName":"y"}}`, `400: field "filter", field "eventName": found it twice, expected it once`},
		{"a filter's number", `{` + where + `,"filter":{"eventName":1}}`, `400: field "eventName" of filter: found the number 1, expected text with "*" at most at its end`},
		{"a filter's empty text", `{` + where + `,"filter":{"errorCode":["x",""]}}`, `400: field "errorCode" of filter: found the string ""`},
		{"a star in the middle", `{` + where + `,"filter":{"principalArn":"arn:aws:iam::*:role/x"}}`, `400: field "principalArn" of filter: found the string "arn:aws:iam::*:role/x", expected text with "*" at most at its end`},
		{"a network that is none", `{` + where + `,"filter":{"sourceIp":"10.0.0.0/33"}}`, `400: field "sourceIp" of filter: found "10.0.0.0/33", expected an address, a service's name, or a network such as 10.0.0.0/8`},
		{"too many texts", `{` + where + `,"filter":{"eventName":["x"` + strings.Repeat(`,"x"`, 100) + `]}}`, `400: field "eventName" of filter: found a list of 101`},
		{"a next of nobody", `{` + where + `,"next":"AAAA"}`, `400: field "next": found a token that was altered or is of another function or resource`},
		{"a next that is a number", `{` + where + `,"next":1}`, `400: field "next": found the number 1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &bucket{}
			got := ask(t, newFunction(b), c.event)
			if text := fmt.Sprintf("%d: %s", got.StatusCode, got.Error); !strings.HasPrefix(text, c.want) || len(b.listed)+len(b.got) > 0 && got.StatusCode != 404 {
				t.Errorf("found    %s\nexpected %s; S3 was asked %d times", text, c.want, len(b.listed)+len(b.got))
			}
		})
	}
	got := ask(t, newFunction(&bucket{}, tokyo), `{"from":"2016-08-25T13:00:00Z"}`)
	if want := `field "from": found no granted prefix that ends in CloudTrail/ (granted: "` + tokyo + `"), expected "prefix" or "key" next to it, such as {"prefix":"AWSLogs/ACCOUNT/CloudTrail/REGION/2016/08/25/"}`; got.Error != want {
		t.Errorf("found %s", got.Error)
	}
	f := New(&bucket{}, &bucket{}, Grant{RoleARN: role, Bucket: "logs"})
	if got := ask(t, f, `{"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z"}`); !strings.Contains(got.Error, "(granted: the whole bucket)") {
		t.Errorf("the whole bucket: found %s", got.Error)
	}
	if got := ask(t, f, `{"prefix":"anything/"}`); got.Error != "" {
		t.Errorf("a prefix of the whole bucket: found %s", got.Error)
	}
}

func TestANextHoldsForItsRequest(t *testing.T) {
	file, _ := fixture(t)
	b := &bucket{objects: map[string][]byte{fixtureKey: file}}
	next := ask(t, newFunction(b), `{"prefix":"`+base+`","limit":2}`).Next
	for name, event := range map[string]string{
		"another prefix": `{"prefix":"` + tokyo + `","next":"` + next + `"}`,
		"another filter": `{"prefix":"` + base + `","filter":{"eventName":"x"},"next":"` + next + `"}`,
		"a key":          `{"key":"` + fixtureKey + `","next":"` + next + `"}`,
	} {
		if got := ask(t, newFunction(b), event); got.StatusCode != 400 || !strings.Contains(got.Error, `field "next"`) {
			t.Errorf("%s: found %d %s", name, got.StatusCode, got.Error)
		}
	}
	other := New(b, b, Grant{RoleARN: role, Bucket: "other", Prefixes: []string{base}})
	if got := ask(t, other, `{"prefix":"`+base+`","next":"`+next+`"}`); got.StatusCode != 400 {
		t.Errorf("another bucket: found %+v", got)
	}
	if got := ask(t, newFunction(b), `{"limit":1,"prefix":"`+base+`","filter":null,"next":"`+next+`"}`); got.names() != "GetObject" {
		t.Errorf("another limit: found %q, %s", got.names(), got.Error)
	}
	// A file of which an answer has a part must not change before the next.
	b.objects[fixtureKey] = append(b.objects[fixtureKey], zip(" ")...)
	if got := ask(t, newFunction(b), `{"prefix":"`+base+`","next":"`+next+`"}`); got.StatusCode != 400 || !strings.Contains(got.Error, "which was replaced since") {
		t.Errorf("another file: found %d %s", got.StatusCode, got.Error)
	}
}

// A token is no signature: one that somebody makes must open nothing else.
func TestAForgedNextOpensNothing(t *testing.T) {
	secret, _ := json.Marshal("private/x.json.gz")
	for name, event := range map[string]string{
		"prefix": `{"prefix":"` + base + `"}`, "key": `{"key":"` + fixtureKey + `"}`, "range": `{"from":"2016-08-25T13:00:00Z","to":"2016-08-25T14:00:00Z"}`,
	} {
		b := &bucket{objects: map[string][]byte{"private/x.json.gz": zip(`{"Records":[{"eventName":"Secret"}]}`)}}
		wanted, err := readRequest([]byte(event), newFunction(b).grant, newFunction(b).now())
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range []int{0, 1, -1} {
			p := newPage("logs", 1<<20, 1)
			if err := p.setNext(position{Key: strings.Trim(string(secret), `"`), Record: record}, wanted); err != nil {
				t.Fatal(err)
			}
			got := ask(t, newFunction(b), strings.TrimSuffix(event, "}")+`,"next":"`+p.next+`"}`)
			if got.StatusCode != 400 || len(b.got) != 0 {
				t.Errorf("%s, record %d: found %+v, read %v", name, record, got, b.got)
			}
		}
	}
}
