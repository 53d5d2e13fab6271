package faults_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	tables "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	. "github.com/crossgrant/crossgrant/sandbox/internal/faultproxy"
)

// page is an answer of list, scan or trail.
type page struct {
	StatusCode int
	Error      string
	Objects    []struct{ Key string }
	Items      []struct{ ID string }
	Events     []struct{ EventID string }
	Skipped    []json.RawMessage
	Next       string
}

// reading is one of the functions that read, with what it has to read.
type reading struct {
	name      string
	server    string
	operation string // that reads the entries
	want      []string
	first     map[string]any
	next      func(string) map[string]any
	entries   func(page) []string
	function  func(*testing.T, *Proxy, time.Duration) *function
}

// readCase is a way in which reads go wrong.
type readCase struct {
	name  string
	of    []string // functions; default all
	rules func(operation string) []Rule
	// works means that the entries have to be complete in spite of the faults.
	works bool
	// statuses are those that an error may have. Default any.
	statuses []int
	says     []string
	timeout  time.Duration
}

func on(f Fault, rule Rule) func(string) []Rule {
	return func(operation string) []Rule {
		rule.Fault = f
		if rule.Operation == "" {
			rule.Operation = operation
		}
		return []Rule{rule}
	}
}

func readCases() []readCase {
	const short = 6 * time.Second
	s3Only := []string{"list", "trail"}
	return []readCase{
		{name: "a third is throttled", of: s3Only, rules: on(SlowDown, Rule{Operation: "*", Probability: 0.3}), works: true},
		{name: "a third fails", of: s3Only, rules: on(InternalError, Rule{Operation: "*", Probability: 0.3}), works: true},
		{name: "a third is reset", rules: on(Reset, Rule{Operation: "*", Probability: 0.3}), works: true},
		{name: "half an answer, now and then", rules: on(TruncatedBody, Rule{Operation: "*", Probability: 0.3}), works: true},
		{name: "cut answers, now and then", of: s3Only, rules: on(TruncatedXML, Rule{Operation: "ListObjectsV2", Probability: 0.3}), works: true},
		{name: "an empty answer, once", of: []string{"list"}, rules: on(Empty200, Rule{Most: 1}), works: true},
		{name: "an error in a 200, once", of: []string{"list"}, rules: on(Error200, Rule{Most: 1}), works: true},
		{name: "slow", rules: on(Slow, Rule{Delay: 300 * time.Millisecond, Probability: 0.3}), works: true},
		{name: "always throttled", of: s3Only, rules: on(SlowDown, Rule{Operation: "ListObjectsV2"}), statuses: []int{429}, says: []string{"SlowDown|throttled|fewer requests"}, timeout: short},
		{name: "hangs", rules: on(Hang, Rule{Operation: "*"}), timeout: short},
		{name: "denied", of: s3Only, rules: on(AccessDenied, Rule{Operation: "ListObjectsV2"}), statuses: []int{403}, says: []string{"denied"}},
		{name: "another region", of: s3Only, rules: on(PermanentRedirect, Rule{Operation: "*"}), says: []string{"region"}},
		{name: "no signature matches", of: s3Only, rules: on(SignatureMismatch, Rule{Operation: "*"})},
		{name: "a listing never ends", of: s3Only, rules: on(EndlessListing, Rule{Operation: "ListObjectsV2"}), timeout: short},
		{name: "a page comes again and again", of: s3Only, rules: on(RepeatedPage, Rule{Operation: "ListObjectsV2"}), timeout: short},
		{name: "the session is expired", of: s3Only, rules: on(ExpiredToken, Rule{Operation: "*", Most: 1}), works: true},
		{name: "the session's key is unknown", of: s3Only, rules: on(InvalidAccessKeyID, Rule{Operation: "*", Most: 1}), works: true},
		{name: "one file is denied", of: []string{"trail"}, rules: on(AccessDenied, Rule{Operation: "GetObject", Most: 1, Skip: 1})},
		{name: "one file is archived", of: []string{"trail"}, rules: on(Archived, Rule{Operation: "GetObject", Most: 1, Skip: 1})},
		{name: "a file always fails", of: []string{"trail"}, rules: on(InternalError, Rule{Operation: "GetObject", Contains: "part-3"}), timeout: 12 * time.Second},
		{name: "the table is throttled, now and then", of: []string{"scan"}, rules: on(TableThroughput, Rule{Probability: 0.3}), works: true},
		{name: "the account is throttled, now and then", of: []string{"scan"}, rules: on(TableThrottled, Rule{Probability: 0.3}), works: true},
		{name: "the table fails, now and then", of: []string{"scan"}, rules: on(TableError, Rule{Probability: 0.3}), works: true},
		{name: "the table is always throttled", of: []string{"scan"}, rules: on(TableThroughput, Rule{}), statuses: []int{429}, timeout: short},
		{name: "the table is denied", of: []string{"scan"}, rules: on(TableDenied, Rule{}), statuses: []int{403}},
		{name: "the table does not know the session", of: []string{"scan"}, rules: on(TableToken, Rule{Most: 1}), works: true},
		{name: "STS throttles", rules: on(RoleThrottled, Rule{Operation: "AssumeRole"}), timeout: short, statuses: []int{429}, says: []string{"AssumeRole|STS"}},
		{name: "STS is unavailable", rules: on(RoleUnavailable, Rule{Operation: "AssumeRole"}), timeout: short, says: []string{"AssumeRole|STS"}},
		{name: "STS denies", rules: on(RoleDenied, Rule{Operation: "AssumeRole"}), statuses: []int{403}, says: []string{"AssumeRole"}},
		{name: "STS is disabled in the region", rules: on(RegionDisabled, Rule{Operation: "AssumeRole"}), says: []string{"region"}},
		{name: "the function's own session is expired", rules: on(RoleTokenExpired, Rule{Operation: "AssumeRole"}), says: []string{"xpired"}},
		{name: "the function's own session is invalid", rules: on(RoleTokenInvalid, Rule{Operation: "AssumeRole"}), says: []string{"InvalidClientTokenId|credentials|session"}},
		{name: "the session may not be that long", rules: on(RoleSession, Rule{Operation: "AssumeRole"}), says: []string{"ValidationError|DurationSeconds|session"}},
		{name: "STS hangs", rules: on(Hang, Rule{Operation: "AssumeRole"}), says: []string{"STS"}, timeout: short},
		{name: "STS is reset at first", rules: on(Reset, Rule{Operation: "AssumeRole", Most: 2}), works: true},
		{name: "STS sends half an answer", rules: on(TruncatedXML, Rule{Operation: "AssumeRole", Most: 1}), works: true},
	}
}

// TestReads lets list, trail and scan meet faults. What they answer is complete, or an error with its cause; without faults, the same environment
// then answers completely. With -short, a sample does.
func TestReads(t *testing.T) {
	at := moto.AddressURL()
	readings := map[string]reading{"list": listReading(t), "trail": trailReading(t), "scan": scanReading(t, at)}
	if url := dynalite(); *whole && url != "" {
		readings["scan of dynalite"] = scanReading(t, url)
	}
	var tries []try
	for _, name := range slices.Sorted(maps.Keys(readings)) {
		for _, c := range readCases() {
			if r := readings[name]; len(c.of) == 0 || slices.Contains(c.of, r.name) {
				tries = append(tries, try{name, r, c})
			}
		}
	}
	for _, one := range sampled(t, tries, try.kinds) {
		t.Run(one.name+"/"+one.readCase.name, func(t *testing.T) {
			parallel(t)
			tryRead(t, one.reading, one.readCase)
		})
	}
}

// try is one case for one function.
type try struct {
	name string
	reading
	readCase
}

// kinds of a try: the function, with what goes wrong, and what has to come of that.
func (y try) kinds() []string {
	comes := "an answer"
	switch {
	case y.works:
		comes = "success"
	case len(y.statuses) > 0:
		comes = "a status"
	case len(y.says) > 0:
		comes = "an error"
	}
	operation := y.rules(y.operation)[0].Operation
	return []string{y.name + " " + operation, y.name + ": " + comes}
}

func tryRead(t *testing.T, r reading, c readCase) {
	if c.timeout == 0 {
		c.timeout = 60 * time.Second
	}
	p, err := Start(r.server, moto.AddressURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	f := r.function(t, p, c.timeout)
	p.Set(chance(t), c.rules(r.operation)...)
	entries, last, text := r.all(t, f)
	faults := p.Faults()
	switch {
	case len(faults) == 0 && c.rules(r.operation)[0].Probability == 0:
		t.Errorf("no request met the fault: %v", p.Requests())
	case len(faults) == 0:
		t.Logf("by chance, no request met the fault: %v", p.Requests())
	case c.works && last.StatusCode != 0:
		t.Errorf("in spite of %v, expected success, found %.500s", faults, text)
	case last.StatusCode == 0 && len(last.Skipped) == 0 && !slices.Equal(entries, r.want):
		t.Errorf("%v: found a success with %d entries, expected %d", faults, len(entries), len(r.want))
	case last.StatusCode != 0 && len(c.statuses) > 0 && !slices.Contains(c.statuses, last.StatusCode):
		t.Errorf("%v: found status %d, expected one of %v: %.500s", faults, last.StatusCode, c.statuses, text)
	}
	for _, says := range c.says {
		if !slices.ContainsFunc(strings.Split(says, "|"), func(s string) bool { return strings.Contains(string(text), s) }) {
			t.Errorf("%v: found %.500s, expected it to say %s", faults, text, says)
		}
	}
	if strings.Contains(last.Error, "internal error") {
		t.Errorf("%v: found an internal error, expected its cause: %.500s", faults, text)
	}
	if f.ended > 0 {
		t.Errorf("%v: %s did not answer within its time", faults, r.name)
	}
	p.Set(chance(t))
	if entries, last, text := r.all(t, f); last.StatusCode != 0 || !slices.Equal(entries, r.want) {
		t.Errorf("without faults, found %d entries, expected %d: %.500s", len(entries), len(r.want), text)
	}
}

// all reads page after page. Entries come once each and in any order between pages of trail.
func (r reading) all(t *testing.T, f *function) (entries []string, last page, text []byte) {
	t.Helper()
	event := r.first
	var skipped []json.RawMessage
	for range 60 {
		var answered page
		text, _ = f.invoke(event)
		if text == nil {
			return entries, page{StatusCode: 504}, text
		}
		if err := json.Unmarshal(text, &answered); err != nil {
			t.Errorf("%s answered %.300s, expected JSON", r.name, text)
			return entries, page{StatusCode: 500}, text
		}
		last = answered
		skipped = append(skipped, answered.Skipped...)
		entries = append(entries, r.entries(answered)...)
		if answered.StatusCode != 0 || answered.Next == "" {
			break
		}
		event = r.next(answered.Next)
	}
	last.Skipped = skipped
	slices.Sort(entries)
	return entries, last, text
}

func listReading(t *testing.T) reading {
	t.Helper()
	b := newBench(t, store{name: "moto", url: moto.AddressURL()}, 40, 0)
	r := reading{name: "list", server: moto.AddressURL(), operation: "ListObjectsV2", first: map[string]any{"maxKeys": 7}}
	for key := range b.read(b.origin) {
		r.want = append(r.want, key)
	}
	slices.Sort(r.want)
	r.next = func(next string) map[string]any { return map[string]any{"maxKeys": 7, "startAfter": next} }
	r.entries = func(p page) (keys []string) {
		for _, o := range p.Objects {
			keys = append(keys, o.Key)
		}
		return keys
	}
	r.function = func(t *testing.T, p *Proxy, timeout time.Duration) *function {
		return start(t, p, "list", nil, timeout, map[string]string{"CROSSGRANT_BUCKET": b.origin, "CROSSGRANT_PREFIXES": `["inbox/"]`})
	}
	return r
}

func trailReading(t *testing.T) reading {
	t.Helper()
	const files, records = 6, 5
	prefix := "AWSLogs/" + target + "/CloudTrail/"
	client := store{url: moto.AddressURL()}.client()
	bucket := bucketName(t)
	if _, err := client.CreateBucket(t.Context(), bucketIn(bucket)); err != nil {
		t.Fatal(err)
	}
	r := reading{name: "trail", server: moto.AddressURL(), operation: "GetObject", first: map[string]any{"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T06:00:00Z", "limit": 10}}
	for file := range files {
		var text bytes.Buffer
		out := gzip.NewWriter(&text)
		var all []string
		for n := range records {
			id := fmt.Sprintf("%08d-%04d-4000-8000-000000000000", file, n)
			all = append(all, fmt.Sprintf(`{"eventVersion":"1.11","eventTime":"2026-01-01T%02d:%02d:00Z","eventSource":"s3.amazonaws.com","eventName":"GetObject","awsRegion":%q,"requestParameters":{"key":%q},"eventID":%q}`,
				file, n, region, marker, id))
			r.want = append(r.want, id)
		}
		fmt.Fprintf(out, `{"Records":[%s]}`, strings.Join(all, ","))
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		key := fmt.Sprintf("%s%s/2026/01/01/%s_CloudTrail_%s_20260101T%02d05Z_part-%d0000000000.json.gz", prefix, region, target, region, file, file)
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(text.Bytes())}); err != nil {
			t.Fatal(err)
		}
	}
	r.next = func(next string) map[string]any {
		return map[string]any{"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T06:00:00Z", "limit": 10, "next": next}
	}
	r.entries = func(p page) (ids []string) {
		for _, e := range p.Events {
			ids = append(ids, e.EventID)
		}
		return ids
	}
	r.function = func(t *testing.T, p *Proxy, timeout time.Duration) *function {
		return start(t, p, "trail", nil, timeout, map[string]string{"CROSSGRANT_BUCKET": bucket, "CROSSGRANT_PREFIXES": `["` + prefix + `"]`})
	}
	return r
}

func scanReading(t *testing.T, server string) reading {
	t.Helper()
	const table = "faults-devices"
	client := dynamodb.NewFromConfig(aws.Config{Region: region, BaseEndpoint: aws.String(server), Credentials: credentials.StaticCredentialsProvider{Value: owner}})
	if _, err := client.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String(table), BillingMode: tables.BillingModePayPerRequest,
		KeySchema:            []tables.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: tables.KeyTypeHash}},
		AttributeDefinitions: []tables.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: tables.ScalarAttributeTypeS}},
	}); err != nil {
		t.Fatal(err)
	}
	// The table of some servers is there a moment later only.
	if err := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) { o.MinDelay = 100 * time.Millisecond }).
		Wait(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String(table)}, time.Minute); err != nil {
		t.Fatal(err)
	}
	r := reading{name: "scan", server: server, operation: "Scan", first: map[string]any{"limit": 7}}
	for n := range 40 {
		id := fmt.Sprintf("device-%04d", n)
		r.want = append(r.want, id)
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(table), Item: map[string]tables.AttributeValue{
			"id": &tables.AttributeValueMemberS{Value: id}, "note": &tables.AttributeValueMemberS{Value: marker}}}); err != nil {
			t.Fatal(err)
		}
	}
	r.next = func(next string) map[string]any { return map[string]any{"limit": 7, "next": next} }
	r.entries = func(p page) (ids []string) {
		for _, i := range p.Items {
			ids = append(ids, i.ID)
		}
		return ids
	}
	r.function = func(t *testing.T, p *Proxy, timeout time.Duration) *function {
		return start(t, p, "scan", nil, timeout, map[string]string{"CROSSGRANT_TABLE": table})
	}
	return r
}
