package faults_test

import (
	"crypto/md5"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	. "github.com/crossgrant/crossgrant/sandbox/internal/faultproxy"
)

// report is the answer of copy.
type report struct {
	Error   string
	Copied  int
	Bytes   int64
	Skipped struct{ ETag, Checksum, Time int }
	Gone    int
	Failed  []struct{ Key, Operation, Code, Message string }
	Next    string
}

func (r report) skipped() int { return r.Skipped.ETag + r.Skipped.Checksum + r.Skipped.Time }

// accounted is how many objects the answer speaks of, the failed ones without room in it included.
func (r report) accounted() int {
	n := r.Copied + r.skipped() + r.Gone
	for _, f := range r.Failed {
		more := 1
		if f.Code == "TooMany" {
			fmt.Sscan(f.Message, &more)
		}
		n += more
	}
	return n
}

func (b *bench) copyFunction(timeout time.Duration) *function {
	b.t.Helper()
	variables := map[string]string{
		"CROSSGRANT_BUCKET": b.destination, "CROSSGRANT_ORIGIN_BUCKET": b.origin, "CROSSGRANT_COPY_PREFIXES": `["inbox/","a b/ü/"]`, "CROSSGRANT_COPY_PART_MIB": "5",
	}
	if b.parallel > 0 {
		variables["CROSSGRANT_COPY_PARALLEL"] = strconv.Itoa(b.parallel)
	}
	return start(b.t, b.proxy, "copy", b.store.keys, timeout, variables)
}

// copyOnce invokes copy and checks that its answer accounts for each object.
func (b *bench) copyOnce(f *function, next string) (report, bool) {
	b.t.Helper()
	event := map[string]string{}
	if next != "" {
		event["next"] = next
	}
	text, complete := f.invoke(event)
	var r report
	if text == nil {
		return r, false
	}
	if err := json.Unmarshal(text, &r); err != nil {
		b.t.Errorf("copy answered %.500s, expected JSON", text)
		return r, false
	}
	whole := r.Error == "" && r.Next == "" && next == ""
	switch n := r.accounted(); {
	case whole && n != b.keys, n > b.keys:
		b.t.Errorf("copy accounted for %d of %d objects: %.500s", n, b.keys, text)
	case complete && len(r.Failed) > 0:
		b.t.Errorf("copy succeeded though objects failed: %.500s", text)
	case !complete && r.Error == "" && len(r.Failed) == 0:
		b.t.Errorf("copy failed without a reason: %.500s", text)
	}
	return r, complete
}

// finish lets copy run without faults until it is through, and compares the buckets.
func (b *bench) finish(f *function) {
	b.t.Helper()
	b.proxy.Set(chance(b.t))
	next := ""
	for range 10 {
		r, complete := b.copyOnce(f, next)
		if next = r.Next; next != "" {
			continue
		}
		if !complete {
			b.t.Errorf("without faults, copy answered %+v", r)
		}
		for n := 0; b.store.abortDeletes && n < 5; n++ { // until no upload is left to abort, and what that deleted is copied again
			b.copyOnce(f, "")
		}
		b.requireEqual()
		return
	}
	b.t.Error("copy was not through after ten invocations without faults")
}

// copyCase is a way in which copies go wrong.
type copyCase struct {
	name  string
	rules []Rule
	// says are texts that the first answer has, besides an error. Default: it may say what it wants.
	says []string
	// works means that the first invocation has to succeed in spite of the faults.
	works bool
	// timeout of the function. Default a minute.
	timeout time.Duration
	// moto says that this case needs what only moto has, such as a role, or a clock that nobody looks at.
	moto bool
}

// large says that a case is about what only a large object needs.
func (c copyCase) large() bool {
	switch c.rules[0].Operation {
	case "*", "CopyObject", "ListObjectsV2", "AssumeRole":
		return c.name == "a mixture" || c.name == "truncated XML"
	}
	return true
}

// kinds of a case: what it lets go wrong, and how, and what has to come of that.
func (c copyCase) kinds() []string {
	comes := "an answer"
	switch {
	case c.works:
		comes = "success"
	case len(c.says) > 0:
		comes = "an error"
	}
	kinds := []string{comes}
	for _, r := range c.rules {
		how, _, _ := strings.Cut(string(r.Fault), " ") // such as the status
		kinds = append(kinds, r.Operation, how)
	}
	return kinds
}

// one lets the first n requests of an operation go wrong.
func one(operation string, f Fault, n int) []Rule {
	return []Rule{{Operation: operation, Fault: f, Most: n}}
}

// some lets a tenth of the requests go wrong: that one of them does so in all five attempts is one chance in 100,000.
func some(operation string, f Fault) []Rule {
	return []Rule{{Operation: operation, Fault: f, Probability: 0.1}}
}

func always(operation string, f Fault) []Rule { return []Rule{{Operation: operation, Fault: f}} }

func copyCases() []copyCase {
	const short = 6 * time.Second
	return []copyCase{
		{name: "a tenth is throttled", rules: some("*", SlowDown), works: true},
		{name: "a tenth fails within S3", rules: some("*", InternalError), works: true},
		{name: "a tenth is unavailable", rules: some("*", ServiceUnavailable), works: true},
		{name: "a tenth is reset", rules: some("*", Reset), works: true},
		{name: "a mixture", rules: []Rule{{Operation: "*", Fault: SlowDown, Probability: 0.07}, {Operation: "*", Fault: InternalError, Probability: 0.07}, {Operation: "*", Fault: Reset, Probability: 0.07}}, works: true},
		{name: "slow answers", rules: []Rule{{Operation: "*", Fault: Slow, Probability: 0.2, Delay: 300 * time.Millisecond}}, works: true},
		{name: "stalls, then resets", rules: []Rule{{Operation: "*", Fault: Stall, Probability: 0.1, Delay: 200 * time.Millisecond}}, works: true},
		{name: "truncated XML", rules: some("*", TruncatedXML), works: true},
		{name: "truncated bodies", rules: some("*", TruncatedBody), works: true},
		{name: "request timeouts", rules: some("CopyObject", RequestTimeout), works: true},

		{name: "CopyObject says 200 with an error", rules: some("CopyObject", Error200), works: true},
		{name: "CopyObject says 200 with SlowDown", rules: some("CopyObject", SlowDown200), works: true},
		{name: "CopyObject says nothing", rules: some("CopyObject", Empty200), works: true},
		{name: "CopyObject sends white space and is reset", rules: one("CopyObject", Blank200, 3), works: true},
		{name: "CopyObject works and its answer is lost", rules: some("CopyObject", AnswerLost), works: true},
		{name: "CopyObject works and says 500", rules: some("CopyObject", AnswerLost500), works: true},
		{name: "CopyObject always says nothing", rules: always("CopyObject", Empty200), timeout: short},
		{name: "CopyObject is always throttled", rules: always("CopyObject", SlowDown), timeout: short, says: []string{"SlowDown"}},
		{name: "CopyObject always fails", rules: always("CopyObject", InternalError), timeout: short, says: []string{"InternalError"}},
		{name: "CopyObject hangs", rules: always("CopyObject", Hang), timeout: short},

		{name: "parts say 200 with an error", rules: some("UploadPartCopy", Error200), works: true},
		{name: "a part says nothing", rules: one("UploadPartCopy", Empty200, 1), works: true},
		{name: "a part's answer is lost", rules: one("UploadPartCopy", AnswerLost, 1), works: true},
		{name: "a part hangs", rules: one("UploadPartCopy", Hang, 1), timeout: short},
		{name: "parts are denied and aborting fails", rules: []Rule{{Operation: "UploadPartCopy", Fault: AccessDenied}, {Operation: "AbortMultipartUpload", Fault: InternalError}}, timeout: short, says: []string{"AccessDenied"}},
		{name: "the upload is gone at a part", rules: []Rule{{Operation: "UploadPartCopy", Fault: NoSuchUpload, Most: 1, Skip: 1}}, works: true},
		{name: "Create says nothing", rules: one("CreateMultipartUpload", Empty200, 1), works: true},
		{name: "Create works and its answer is lost", rules: one("CreateMultipartUpload", AnswerLost, 1), works: true},
		{name: "Create works and its answer is cut", rules: one("CreateMultipartUpload", TruncatedXML, 1), works: true},
		{name: "Complete says nothing", rules: one("CompleteMultipartUpload", Empty200, 1), works: true},
		{name: "Complete says 200 with an error", rules: one("CompleteMultipartUpload", Error200, 2), works: true},
		{name: "Complete always says 200 with an error", rules: always("CompleteMultipartUpload", Error200), timeout: short, says: []string{"InternalError"}},
		{name: "Complete sends white space and is reset", rules: one("CompleteMultipartUpload", Blank200, 1), works: true},
		{name: "Complete works and its answer is lost", rules: one("CompleteMultipartUpload", AnswerLost, 1), works: true},
		{name: "Complete works and says 500", rules: one("CompleteMultipartUpload", AnswerLost500, 1), works: true},
		{name: "Complete works and its answer is cut", rules: one("CompleteMultipartUpload", TruncatedXML, 1), works: true},

		{name: "a page comes again and again", rules: always("ListObjectsV2", RepeatedPage)},
		{name: "a listing never ends", rules: always("ListObjectsV2", EndlessListing), timeout: short, says: []string{""}},
		{name: "listing is denied", rules: always("ListObjectsV2", AccessDenied), says: []string{"denied"}},
		{name: "HEAD is forbidden", rules: always("HeadObject", Forbidden)},
		{name: "tags may not be read", rules: always("GetObjectTagging", AccessDenied)},
		{name: "uploads may not be listed", rules: always("ListMultipartUploads", AccessDenied), works: true},
		{name: "KMS denies", rules: always("CopyObject", KMSDenied), says: []string{"AccessDenied"}},
		{name: "KMS throttles", rules: some("CopyObject", KMSThrottled), works: true},
		{name: "objects are archived", rules: one("CopyObject", Archived, 2), says: []string{"InvalidObjectState"}},
		{name: "the bucket is in another region", rules: always("*", PermanentRedirect), says: []string{"region"}},
		{name: "a redirect to another region's endpoint", rules: always("ListObjectsV2", TemporaryRedirect), timeout: short, says: []string{""}},
		{name: "the clock is wrong, once", rules: one("*", TimeTooSkewed, 1), works: true},
		// A server that looks at the clock itself contradicts the fault's.
		{name: "the clock is wrong, now and then", rules: some("*", TimeTooSkewed), works: true, moto: true},
		{name: "the session expires in between", rules: []Rule{{Operation: "CopyObject", Fault: ExpiredToken, Skip: 3, Most: 1}}, works: true, moto: true},
		{name: "the session's key is unknown", rules: one("*", InvalidAccessKeyID, 1), works: true, moto: true},
		{name: "signatures do not match", rules: one("CopyObject", SignatureMismatch, 2)},
		{name: "no signature matches", rules: always("*", SignatureMismatch), says: []string{"SignatureDoesNotMatch"}},
		{name: "the bucket is gone", rules: always("CopyObject", NoSuchBucket), says: []string{"NoSuchBucket"}},

		{name: "STS throttles at first", rules: one("AssumeRole", RoleThrottled, 2), works: true, moto: true},
		{name: "STS always throttles", rules: always("AssumeRole", RoleThrottled), says: []string{"AssumeRole"}, moto: true, timeout: short},
		{name: "STS is unavailable", rules: always("AssumeRole", RoleUnavailable), says: []string{"AssumeRole"}, moto: true, timeout: short},
		{name: "STS denies", rules: always("AssumeRole", RoleDenied), says: []string{"AssumeRole"}, moto: true},
		{name: "STS is disabled in the region", rules: always("AssumeRole", RegionDisabled), says: []string{"region"}, moto: true},
		{name: "the function's own session is expired", rules: always("AssumeRole", RoleTokenExpired), says: []string{"xpired"}, moto: true},
		{name: "STS hangs", rules: always("AssumeRole", Hang), says: []string{"STS"}, moto: true, timeout: short},
		{name: "STS resets", rules: one("AssumeRole", Reset, 2), works: true, moto: true},
		{name: "STS sends half an answer", rules: one("AssumeRole", TruncatedXML, 1), works: true, moto: true},
	}
}

// TestCopy lets copies go wrong. Each answer accounts for each object; without faults, the next one completes the copy. With -short, a sample does.
func TestCopy(t *testing.T) {
	small, big, seeds := 6, 1, 1
	if *whole {
		small, big, seeds = 120, 3, 3
	}
	cases := sampled(t, copyCases(), copyCase.kinds)
	for _, s := range stores(t) {
		for _, c := range cases {
			if c.moto && s.keys != nil {
				continue
			}
			for n := range seeds {
				name := s.name + "/" + c.name
				if seeds > 1 {
					name = fmt.Sprintf("%s/%d", name, n)
				}
				t.Run(name, func(t *testing.T) {
					parallel(t)
					big := big
					if !*whole && !c.large() {
						big = 0
					}
					tryCopy(t, newBench(t, s, small, big), c)
				})
			}
		}
	}
}

func tryCopy(t *testing.T, b *bench, c copyCase) {
	if c.timeout == 0 {
		c.timeout = 60 * time.Second
	}
	f := b.copyFunction(c.timeout)
	b.proxy.Set(chance(t), c.rules...)
	r, complete := b.copyOnce(f, "")
	faults := b.proxy.Faults()
	text := string(f.answers[0])
	switch {
	case len(faults) == 0:
		t.Logf("no request met the fault: %v", b.proxy.Requests())
	case c.works && (!complete || r.Next != ""):
		t.Errorf("in spite of %v, expected success, found %.700s", faults, text)
	case len(c.says) > 0 && complete && r.Next == "":
		t.Errorf("%v: expected an error, found %.700s", faults, text)
	}
	for _, says := range c.says {
		if len(faults) > 0 && !strings.Contains(text, says) {
			t.Errorf("%v: found %.700s, expected it to say %s", faults, text, says)
		}
	}
	if strings.Contains(text, "internal error:") {
		t.Errorf("%v: found an internal error, expected its cause: %.700s", faults, text)
	}
	if f.ended > 0 {
		t.Errorf("%v: copy did not answer within its time", faults)
	}
	b.finish(f)
}

// TestCopyWithLittleTime lets copy run out of time again and again, each time from where it said it had to continue.
func TestCopyWithLittleTime(t *testing.T) {
	for _, s := range stores(t) {
		t.Run(s.name, func(t *testing.T) {
			parallel(t)
			b := newBench(t, s, 20, 1)
			f := b.copyFunction(2 * time.Second)
			b.proxy.Set(chance(b.t), Rule{Operation: "CopyObject", Fault: Slow, Delay: 700 * time.Millisecond}, Rule{Operation: "UploadPartCopy", Fault: Slow, Delay: 700 * time.Millisecond})
			next, invocations := "", 0
			for ; invocations < 60; invocations++ {
				r, complete := b.copyOnce(f, next)
				if !complete && r.Next == "" {
					t.Fatalf("invocation %d: found %.500s, expected progress", invocations, f.answers[len(f.answers)-1])
				}
				if next = r.Next; next == "" {
					break
				}
			}
			if next != "" {
				t.Errorf("copy was not through after %d invocations of 2 s", invocations)
			}
			b.finish(f)
		})
	}
}

// TestKills ends copy at points by chance, as a lack of memory or a host that fails do. What it was at is copied by the next invocation, and no
// upload stays open.
func TestKills(t *testing.T) {
	kills := 4
	switch {
	case *whole:
		kills = 20
	case testing.Short():
		kills = 2
	}
	random := rand.New(rand.NewPCG(*seed, 20))
	for _, s := range stores(t) {
		for n := range kills {
			at := 2 + random.IntN(40)
			t.Run(fmt.Sprintf("%s/%d at request %d", s.name, n, at), func(t *testing.T) {
				parallel(t)
				b := newBench(t, s, 6, 2)
				f := b.copyFunction(60 * time.Second)
				b.proxy.Set(chance(b.t))
				b.proxy.Before(func(_ string, request int) {
					if request == at {
						f.kill()
					}
				})
				b.copyOnce(f, "")
				b.finish(f)
			})
		}
	}
}

// TestChanges writes, replaces and deletes objects while copy is at them.
func TestChanges(t *testing.T) {
	for _, s := range stores(t) {
		t.Run(s.name, func(t *testing.T) {
			parallel(t)
			b := newChangingBench(t, s, 20, 1)
			f := b.copyFunction(60 * time.Second)
			b.proxy.Set(chance(b.t), Rule{Operation: "UploadPartCopy", Fault: Slow, Delay: 100 * time.Millisecond})
			random := rand.New(rand.NewPCG(chance(t), 30))
			b.proxy.Before(func(operation string, n int) {
				switch {
				// moto ignores x-amz-copy-source-if-match, by which the change of a part is noticed.
				case operation == "UploadPartCopy" && n%2 == 0 && s.name != "moto":
					b.put("inbox/large-0", "", content(large-n, byte(n)))
				case operation == "CopyObject" && n%3 == 0:
					b.put(fmt.Sprintf("inbox/%04d.txt", 7*random.IntN(3)), "", fmt.Appendf(nil, "%s again %d", marker, n))
				}
			})
			event, _ := f.invoke(map[string]string{})
			if event == nil {
				t.Error("copy did not answer")
			}
			b.finish(f)
		})
	}
}

// TestNotifications lets events of created objects come twice and together, with faults, and each object is copied.
func TestNotifications(t *testing.T) {
	for _, s := range stores(t) {
		t.Run(s.name, func(t *testing.T) {
			parallel(t)
			b := newBench(t, s, 8, 1)
			f := b.copyFunction(30 * time.Second)
			var messages []map[string]any
			for n := range 3 {
				for key, text := range b.wanted() {
					body, err := json.Marshal(map[string]any{"version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": "Object Created", "source": "aws.s3", "account": source,
						"time": "2026-01-01T00:00:00Z", "region": region, "resources": []string{"arn:aws:s3:::" + b.origin}, "detail": map[string]any{
							"version": "0", "bucket": map[string]any{"name": b.origin}, "object": map[string]any{"key": key, "size": len(text), "etag": fmt.Sprintf("%x", md5.Sum([]byte(text))), "sequencer": fmt.Sprintf("%018X", n)}, "reason": "PutObject"}})
					if err != nil {
						t.Fatal(err)
					}
					messages = append(messages, map[string]any{"messageId": fmt.Sprint("m-", len(messages)), "receiptHandle": "r", "body": string(body), "attributes": map[string]any{},
						"eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:" + region + ":" + source + ":q", "awsRegion": region})
				}
			}
			b.proxy.Set(chance(b.t), some("*", SlowDown)...)
			left := messages
			for range 5 {
				text, complete := f.invoke(map[string]any{"Records": left})
				var said struct {
					BatchItemFailures []struct{ ItemIdentifier string }
				}
				if err := json.Unmarshal(text, &said); err != nil || !complete {
					t.Fatalf("found %.500s, expected the messages to deliver again", text)
				}
				again := map[string]bool{}
				for _, m := range said.BatchItemFailures {
					again[m.ItemIdentifier] = true
				}
				var rest []map[string]any
				for _, m := range left {
					if again[m["messageId"].(string)] {
						rest = append(rest, m)
					}
				}
				if left = rest; len(left) == 0 {
					break
				}
			}
			if len(left) > 0 {
				t.Errorf("%d of %d messages still fail after five deliveries with a tenth of the requests throttled", len(left), len(messages))
			}
			if n := b.proxy.Requests()["CopyObject"]; n > 2*b.keys {
				t.Errorf("found %d calls of CopyObject for %d objects, each in three messages; %v", n, b.keys-1, b.proxy.Faults())
			}
			b.proxy.Set(chance(b.t))
			b.requireEqual()
			b.finish(f)
		})
	}
}
