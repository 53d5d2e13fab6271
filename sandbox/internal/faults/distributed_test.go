package faults_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	. "github.com/crossgrant/crossgrant/sandbox/internal/faultproxy"
	"github.com/crossgrant/crossgrant/sandbox/internal/statemachine"
)

// environments are execution environments of copy: the function, as often at once as Lambda would run it.
type environments struct {
	b     *bench
	free  chan *function
	all   []*function
	began atomic.Int64

	mutex     sync.Mutex
	random    *rand.Rand
	throttled float64 // how many invocations Lambda refuses
	refused   int
	duration  time.Duration
	retries   int64              // requests to S3 that the function repeated, by its answers
	failed    map[string]int     // invocations by the name of their error
	spans     map[string][]*span // by key
}

// span is an invocation whose batch has a key.
type span struct{ from, until time.Time }

// afterlife is how long requests of a program that was killed may still be on their way.
const afterlife = time.Second

func (b *bench) environments(n int, timeout time.Duration, seed uint64) *environments {
	e := &environments{b: b, free: make(chan *function, n), random: rand.New(rand.NewPCG(seed, 40)), failed: map[string]int{}, spans: map[string][]*span{}}
	for range n {
		f := b.copyFunction(timeout)
		e.all = append(e.all, f)
		e.free <- f
	}
	return e
}

// invoke waits for a free environment. Each is used by one invocation at a time.
func (e *environments) invoke(function string, payload []byte) ([]byte, *statemachine.Error) {
	if !strings.HasSuffix(function, ":function:app-copy") {
		return nil, &statemachine.Error{Name: "Lambda.ResourceNotFoundException", Cause: function}
	}
	if e.refuses() {
		return nil, &statemachine.Error{Name: "Lambda.TooManyRequestsException", Cause: "Rate Exceeded."}
	}
	f := <-e.free
	defer func() { e.free <- f }()
	e.began.Add(1)
	began := e.begin(payload)
	result, err := f.Invoke(context.Background(), payload)
	if err != nil {
		return nil, &statemachine.Error{Name: "Lambda.ServiceException", Cause: err.Error()}
	}
	f.answers = append(f.answers, result.Payload)
	var said struct{ ErrorType, ErrorMessage string }
	if result.Failed {
		_ = json.Unmarshal(result.Payload, &said) // without a name below it is none that anyone expects
	}
	if said.ErrorType == "Sandbox.Timedout" || said.ErrorType == "Runtime.ExitError" {
		f.ended++
	}
	e.mutex.Lock()
	defer e.mutex.Unlock()
	began.until = time.Now()
	e.duration += began.until.Sub(began.from)
	if result.Failed {
		e.failed[said.ErrorType]++
		began.until = began.until.Add(afterlife)
		return nil, &statemachine.Error{Name: said.ErrorType, Cause: string(result.Payload)}
	}
	var r struct{ Retries int64 }
	if err := json.Unmarshal(result.Payload, &r); err != nil {
		return nil, &statemachine.Error{Name: "NoJSON", Cause: err.Error()}
	}
	e.retries += r.Retries
	return result.Payload, nil
}

// begin remembers which keys an invocation is about.
func (e *environments) begin(payload []byte) *span {
	var batch struct{ Items []map[string]any }
	_ = json.Unmarshal(payload, &batch) // the function says so itself if this is no batch
	e.mutex.Lock()
	defer e.mutex.Unlock()
	one := &span{from: time.Now(), until: time.Now().Add(time.Hour)}
	for _, item := range batch.Items {
		key, _ := item["Key"].(string)
		e.spans[key] = append(e.spans[key], one)
	}
	return one
}

func (e *environments) refuses() bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.random.Float64() >= e.throttled {
		return false
	}
	e.refused++
	return true
}

// kill ends the program of one environment.
func (e *environments) kill() {
	e.mutex.Lock()
	f := e.all[e.random.IntN(len(e.all))]
	e.mutex.Unlock()
	f.kill()
}

// definitions are those that the construct's tests compare with what is synthesized.
const definitions = project + "/constructs/workload/testdata/"

// copyMachine reads the definition of the distributed copy for the buckets of a bench, with other numbers in some of its fields, and no
// tolerated failures. It creates the bucket of the results.
func (b *bench) copyMachine(name string, numbers map[string]int) *statemachine.Machine {
	b.t.Helper()
	b.create(b.results())
	text, err := os.ReadFile(definitions + name)
	if err != nil {
		b.t.Fatal(err)
	}
	text = []byte(strings.NewReplacer("app-origin", b.origin, "app-results", b.results()).Replace(string(text)))
	numbers = maps.Clone(numbers)
	numbers["ToleratedFailurePercentage"] = 0
	for field, number := range numbers {
		text = regexp.MustCompile(`"`+field+`": *[0-9]+`).ReplaceAll(text, fmt.Appendf(nil, "%q: %d", field, number))
	}
	machine, err := statemachine.Parse(text)
	if err != nil {
		b.t.Fatal(err)
	}
	return machine
}

func (b *bench) results() string { return b.destination + "-results" }

// startCopy starts an execution.
func (b *bench) startCopy(m *statemachine.Machine, e *environments, name, input string) *statemachine.Execution {
	b.t.Helper()
	execution, err := m.Start(statemachine.Config{
		Name: "crossgrant-dev-copy", Region: region, Account: source, Invoke: e.invoke, S3: b.client, Seed: chance(b.t), Parquet: inventoryRows,
	}, name, []byte(input))
	if err != nil {
		b.t.Fatal(err)
	}
	return execution
}

// finishCopy redrives an execution until it succeeds, and returns how often.
func finishCopy(t *testing.T, execution *statemachine.Execution) (redrives int) {
	t.Helper()
	for ; ; redrives++ {
		status, output, err := execution.Wait()
		if status == statemachine.Succeeded {
			return redrives
		}
		t.Logf("the execution is %s %s %v, and is redriven", status, output, err)
		if redrives == 20 {
			t.Fatal("found no success after 20 redrives")
		}
		if err := execution.Redrive(); err != nil {
			t.Fatal(err)
		}
	}
}

// whileRunning waits until something is reached. An execution that ends before is redriven; whileRunning returns how often.
func whileRunning(t *testing.T, execution *statemachine.Execution, reached <-chan bool) (redrives int) {
	t.Helper()
	for ; ; redrives++ {
		ended := make(chan bool)
		go func() { execution.Wait(); close(ended) }()
		select {
		case <-reached:
			return redrives
		case <-ended:
		}
		status, output, err := execution.Wait()
		t.Logf("the execution is %s %s %v, and is redriven", status, output, err)
		if err := execution.Redrive(); err != nil || redrives == 20 {
			t.Fatalf("%d redrives, %v", redrives, err)
		}
	}
}

// faultyNetwork are faults of a network and of S3 that a copy meets; each with its percentage of the requests.
func faultyNetwork() (rules []Rule) {
	for _, f := range []struct {
		operation string
		fault     Fault
		percent   float64
	}{
		{"*", SlowDown, 2}, {"*", InternalError, 1}, {"*", Reset, 0.5}, {"CopyObject", AnswerLost, 0.5}, {"CopyObject", Error200, 0.5}, {"UploadPartCopy", AnswerLost, 2}, {"ListObjectsV2", TruncatedXML, 2},
	} {
		rules = append(rules, Rule{Operation: f.operation, Fault: f.fault, Probability: f.percent / 100})
	}
	return append(rules, Rule{Operation: "CopyObject", Fault: Hang, Skip: 100, Most: 2})
}

// inventoryRows reads no Parquet file, which Step Functions does itself, but the rows that it has, as JSON.
func inventoryRows(file []byte) (rows []any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(file))
	decoder.UseNumber()
	err = decoder.Decode(&rows)
	return rows, err
}

// distributedCase is one size of the run.
type distributedCase struct {
	small, large int           // objects
	batch        int           // items
	environments int           // of the function at once
	timeout      time.Duration // of the function
	kills        int           // of the function's programs
	changes      int           // objects that are written again, and as many that are deleted
}

// TestDistributedCopy copies a bucket by the state machine, with the real function: requests go wrong, programs end, objects change and go, the
// execution is stopped and redriven, and another one starts meanwhile. At the end the destination has every object, and each was copied once for
// each of its versions, unless nobody could know that it was: S3 copied it and its answer was lost, or the function of a stopped execution was at it.
// An object that changed behind the listing is copied again if its batch runs again, since the batch knows its former ETag.
func TestDistributedCopy(t *testing.T) {
	c := distributedCase{small: 600, large: 2, batch: 25, environments: 4, timeout: 5 * time.Second, kills: 3, changes: 6}
	size := *objects
	if *whole && size == 0 {
		size = 20_000
	}
	switch {
	case size >= 1000:
		c = distributedCase{small: size, large: size / 5000, batch: 500, environments: 8, timeout: 30 * time.Second, kills: 20, changes: size / 200}
	case size > 0:
		t.Fatalf("found -objects %d, expected 1,000 at least", size)
	}
	m, err := startMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.stop)
	b := bareBench(t, store{name: "memory", url: m.url, keys: memoryKeys})
	random := rand.New(rand.NewPCG(chance(t), 50))
	keys := fillPrefixes(b, m, c)
	e := b.environments(c.environments, c.timeout, chance(t))
	e.throttled = 0.05
	machine := b.copyMachine("copy-none.asl.json", map[string]int{"MaxItemsPerBatch": c.batch, "largeBytes": 5 << 20})

	b.proxy.Set(chance(t), faultyNetwork()...)
	// What happens meanwhile is spread over the copies that the run takes at least.
	var copies atomic.Int64
	var changed, gone sync.Map
	due := func(times int) func(n int64) bool {
		every := int64(len(keys)) / int64(times+1)
		return func(n int64) bool { return n%every == 0 && n/every <= int64(times) }
	}
	killed, altered, third := due(c.kills), due(c.changes), int64(len(keys)/3)
	reached := make(chan bool, 2)
	var mutex sync.Mutex
	b.proxy.Before(func(operation string, _ int) {
		if operation != "CopyObject" {
			return
		}
		n := copies.Add(1)
		if killed(n) {
			e.kill()
		}
		if n == third || n == 2*third {
			reached <- true
		}
		if altered(n) {
			mutex.Lock()
			defer mutex.Unlock()
			again, away := keys[random.IntN(len(keys))], keys[random.IntN(len(keys))]
			if _, is := gone.Load(again); !is && again != away {
				changed.Store(again, true)
				m.put(b.origin, again, fmt.Appendf(nil, "%s again %d", marker, n))
			}
			gone.Store(away, true)
			m.remove(b.origin, away)
		}
	})
	began := time.Now()
	first := b.startCopy(machine, e, "first", "{}")
	redrives := whileRunning(t, first, reached)
	first.Stop()
	if err := first.Redrive(); err != nil {
		t.Fatal(err)
	}
	redrives += whileRunning(t, first, reached)
	second := b.startCopy(machine, e, "second", "{}")
	if status, output, err := second.Wait(); status != statemachine.Succeeded || second.Totals().MapRuns > 0 {
		t.Errorf("a second start: found %s %s %v with %d Map Runs, expected it to end at once", status, output, err, second.Totals().MapRuns)
	}
	redrives += 1 + finishCopy(t, first)
	first.Idle()
	took := time.Since(began)
	b.figures(c, e, first, took, redrives)

	// Without faults: what changed behind the copy is copied, and nothing else.
	faults := b.proxy.Faults()
	b.proxy.Set(chance(t))
	e.throttled = 0
	again := b.startCopy(machine, e, "again", "{}")
	if status, output, err := again.Wait(); status != statemachine.Succeeded {
		t.Errorf("found %s %s %v without faults", status, output, err)
	}
	again.Idle()
	n := 0
	changed.Range(func(any, any) bool { n++; return true })
	if found := b.proxy.Requests()["CopyObject"]; found > n {
		t.Errorf("found %d copies by another execution, expected those of changed objects at most: %d", found, n)
	}
	requireCopied(t, m, b, e, &changed, &gone, faults)
}

// fillPrefixes puts objects under two prefixes of a bench's origin, and returns the keys of the small ones.
func fillPrefixes(b *bench, m *memory, c distributedCase) (keys []string) {
	for n := range c.small {
		prefix := "inbox/"
		if n%3 == 0 {
			prefix = "a b/ü/"
		}
		key := fmt.Sprintf("%s%06d.txt", prefix, n)
		if n%7 == 3 {
			key = fmt.Sprintf("%sa b+ü%%2F %d", prefix, n)
		}
		m.put(b.origin, key, fmt.Append(nil, marker, " ", n))
		keys = append(keys, key)
	}
	for n := range c.large {
		m.put(b.origin, fmt.Sprintf("inbox/large-%d", n), content(large, byte(n)))
	}
	return keys
}

// who says how many invocations may have copied a version of a key for the second time: none if each that was running then began after the first
// time, and so saw the copy.
func (e *environments) who(key string, first, second time.Time) (n int) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	blind := false
	for _, s := range e.spans[key] {
		if s.from.Before(second) && s.until.After(first) {
			n++
			blind = blind || s.from.Before(first) && s.until.After(second)
		}
	}
	if !blind {
		return 0
	}
	return n
}

// requireCopied compares the buckets, and counts the copies by the log of the server.
func requireCopied(t *testing.T, m *memory, b *bench, e *environments, changed, gone *sync.Map, faults map[string]int) {
	t.Helper()
	origin, _ := m.contents(b.origin)
	destination, written := m.contents(b.destination)
	missing, differ, unknown, lost, together, rerun, needless := 0, 0, 0, 0, 0, 0, 0
	for key, o := range origin {
		switch copied, ok := destination[key]; {
		case !ok:
			missing++
		case !bytes.Equal(copied.content, o.content):
			differ++
		}
	}
	for key, all := range written {
		if _, ok := origin[key]; !ok {
			if _, ok := gone.Load(key); !ok {
				unknown++
			}
		}
		versions := map[string]write{}
		for _, w := range all {
			if before, ok := versions[w.etag]; ok {
				switch e.who(key, before.at, w.at) {
				case 0:
					if _, ok := changed.Load(key); ok {
						rerun++
					} else {
						needless++
					}
				case 1:
					lost++
				default:
					together++
				}
			}
			versions[w.etag] = w
		}
	}
	answers := faults["CopyObject: "+string(AnswerLost)]
	t.Logf("%d objects: %d missing, %d with other content, %d that were never there; copied again without need %d, after an answer that was lost %d (%d were), by two invocations at once %d, since they changed behind the listing of a batch that ran again %d",
		len(origin), missing, differ, unknown, needless, lost, answers, together, rerun)
	if missing+differ+unknown+needless > 0 || lost > answers {
		t.Errorf("expected every object, and none copied again but those of which nobody could know")
	}
	for key, u := range m.bucket(b.destination).uploads {
		t.Errorf("the upload %s of %s is open at the end", key, u.key)
	}
}

// List prices of ap-northeast-1 in dollars, September 2026: https://aws.amazon.com/s3/pricing/, https://aws.amazon.com/lambda/pricing/ (arm64) and
// https://aws.amazon.com/step-functions/pricing/.
const (
	priceWrite      = 0.0047 / 1000 // COPY, PUT, LIST and the requests of parts
	priceRead       = 0.00037 / 1000
	priceInvocation = 0.20 / 1e6
	priceSecond     = 0.0000133334 / 2 // of a function with 512 MB
	priceTransition = 0.025 / 1000
)

// figures prints what a run took, and what AWS would charge for it. Here seconds of functions are those of this machine, on which they share few cores.
func (b *bench) figures(c distributedCase, e *environments, execution *statemachine.Execution, took time.Duration, redrives int) {
	totals, requests, n := execution.Totals(), b.proxy.Requests(), c.small+c.large
	reads, all := requests["HeadObject"]+requests["GetObject"]+requests["GetObjectTagging"], 0
	for _, count := range requests {
		all += count
	}
	b.t.Logf("%d objects in %.1f s: %.0f objects a second by %d environments on %d cores", n, took.Seconds(), float64(n)/took.Seconds(), c.environments, runtime.NumCPU())
	b.t.Logf("%d requests to S3: %v", all, requests)
	b.t.Logf("faults: %v", b.proxy.Faults())
	b.t.Logf("%d invocations in %.0f s of functions, which repeated %d requests; %d refused by Lambda; errors: %v", e.began.Load(), e.duration.Seconds(), e.retries, e.refused, e.failed)
	b.t.Logf("%d redrives; %d Map Runs, %d children, %d ends without success, %d of them again; %d retries of states; %d state transitions; %d events, %d at most in one history",
		redrives, totals.MapRuns, totals.Children, totals.ChildFailures, totals.ChildRedrives, totals.Retries, totals.Transitions, totals.Events, totals.MostEvents)
	storage := float64(all-reads)*priceWrite + float64(reads)*priceRead
	functions := float64(e.began.Load())*priceInvocation + e.duration.Seconds()*priceSecond
	states := float64(totals.Transitions) * priceTransition
	b.t.Logf("by list prices $%.4f: S3 $%.4f, Lambda $%.4f, Step Functions $%.4f; a million objects $%.2f", storage+functions+states, storage, functions, states, (storage+functions+states)/float64(n)*1e6)
}

// TestDistributedCopyWithLittleTime lets the function run out of time in batches and in the parts of large objects, again and again: the state
// machine goes on from where it says.
func TestDistributedCopyWithLittleTime(t *testing.T) {
	for _, s := range stores(t) {
		t.Run(s.name, func(t *testing.T) {
			parallel(t)
			b := newBench(t, s, 12, 1)
			b.parallel = 2
			e := b.environments(2, 2*time.Second, chance(t))
			machine := b.copyMachine("copy-none.asl.json", map[string]int{"largeBytes": 5 << 20})
			b.proxy.Set(chance(t), Rule{Operation: "CopyObject", Fault: Slow, Delay: 700 * time.Millisecond}, Rule{Operation: "UploadPartCopy", Fault: Slow, Delay: 1200 * time.Millisecond})
			execution := b.startCopy(machine, e, "first", "{}")
			finishCopy(t, execution)
			if n := e.began.Load(); n < 5 {
				t.Errorf("found %d invocations, expected some that go on with a batch", n)
			}
			b.proxy.Set(chance(t))
			b.requireEqual()
		})
	}
}

// TestDistributedCopyOfAnInventory copies what an inventory lists, by the definitions for both formats: URL-encoded keys in CSV, and the columns of
// Parquet.
func TestDistributedCopyOfAnInventory(t *testing.T) {
	for _, c := range []struct{ machine, format string }{{"copy-csv.asl.json", "CSV"}, {"copy-parquet.asl.json", "Parquet"}} {
		t.Run(c.format, func(t *testing.T) {
			parallel(t)
			m, err := startMemory()
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(m.stop)
			b := bareBench(t, store{name: "memory", url: m.url, keys: memoryKeys})
			fillPrefixes(b, m, distributedCase{small: 40, large: 1})
			m.put(b.origin, "inbox/later.txt", []byte(marker))
			folder := "inventory/" + b.origin + "/crossgrant-1-inbox/"
			listed, _ := m.contents(b.origin)
			delete(listed, "inbox/later.txt") // it came after the inventory
			var files []any
			for i, text := range inventoryFiles(b.origin, listed, c.format) {
				key := fmt.Sprintf("%sdata/%d", folder, i)
				m.put(b.results(), key, text)
				files = append(files, map[string]any{"key": key, "size": len(text), "MD5checksum": fmt.Sprintf("%x", md5.Sum(text))})
			}
			manifest, err := json.Marshal(map[string]any{"sourceBucket": b.origin, "fileFormat": c.format, "fileSchema": "Bucket, Key, Size, LastModifiedDate, ETag", "files": files})
			if err != nil {
				t.Fatal(err)
			}
			m.put(b.results(), folder+"2026-01-01T01-00Z/manifest.json", manifest)
			e := b.environments(2, 30*time.Second, chance(t))
			b.proxy.Set(chance(t))
			input, err := json.Marshal(map[string]string{"manifest": folder + "2026-01-01T01-00Z/manifest.checksum"})
			if err != nil {
				t.Fatal(err)
			}
			execution := b.startCopy(b.copyMachine(c.machine, map[string]int{"largeBytes": 5 << 20}), e, "first", string(input))
			if status, output, failed := execution.Wait(); status != statemachine.Succeeded {
				t.Fatalf("found %s %s %v", status, output, failed)
			}
			destination, _ := m.contents(b.destination)
			for key, o := range listed {
				if !bytes.Equal(destination[key].content, o.content) {
					t.Errorf("%q is in the inventory, not in the destination", key)
				}
			}
			if len(destination) != len(listed) {
				t.Errorf("found %d objects in the destination, expected the %d of the inventory", len(destination), len(listed))
			}
		})
	}
}

// TestDistributedCopyOfManyDataFiles holds the most data files of an inventory in Parquet to the limits of a run, which the interpreter has: with one
// more, a run fails before it copies anything.
func TestDistributedCopyOfManyDataFiles(t *testing.T) {
	parallel(t)
	m, err := startMemory()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.stop)
	b := bareBench(t, store{name: "memory", url: m.url, keys: memoryKeys})
	// A bucket's name has at most 63 characters, the name of a data file is a UUID.
	folder := "inventory/" + strings.Repeat("b", 63) + "/crossgrant-1-inbox/"
	e := b.environments(1, 30*time.Second, chance(t))
	for _, c := range []struct {
		files    int
		status   statemachine.Status
		expected string
	}{{1000, statemachine.Succeeded, ""}, {1001, statemachine.Failed, "InventoryTooLarge"}} {
		var files []any
		for i := range c.files {
			key := fmt.Sprintf("%sdata/%08d-0000-4000-8000-000000000000.parquet", folder, i)
			m.put(b.results(), key, []byte("[]"))
			files = append(files, map[string]any{"key": key, "size": 123456789, "MD5checksum": strings.Repeat("0", 32)})
		}
		manifest, err := json.Marshal(map[string]any{"sourceBucket": b.origin, "fileFormat": "Parquet", "files": files})
		if err != nil {
			t.Fatal(err)
		}
		key := folder + fmt.Sprintf("2026-01-01T%02d-00Z/manifest.json", c.files%24)
		m.put(b.results(), key, manifest)
		execution := b.startCopy(b.copyMachine("copy-parquet.asl.json", map[string]int{}), e, fmt.Sprintf("run-%d", c.files), fmt.Sprintf(`{"manifest":%q}`, key))
		status, output, failed := execution.Wait()
		if found := fmt.Sprint(failed); status != c.status || !strings.Contains(found, c.expected) {
			t.Errorf("%d files: found %s %s %s, expected %s %s", c.files, status, output, found, c.status, c.expected)
		}
	}
}

// inventoryFiles are the two data files of an inventory. Those in Parquet are rows as JSON, see inventoryRows.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-inventory.html#storage-inventory-contents
func inventoryFiles(bucket string, objects map[string]memoryObject, format string) [][]byte {
	var texts [2][]string
	for i, key := range slices.Sorted(maps.Keys(objects)) {
		o, line := objects[key], ""
		etag, modified := strings.Trim(o.etag, `"`), o.modified.UTC()
		if format == "CSV" {
			line = fmt.Sprintf(`"%s","%s","%d","%s","%s"`+"\n", bucket, strings.ReplaceAll(url.QueryEscape(key), "%2F", "/"), len(o.content), modified.Format("2006-01-02T15:04:05.000Z"), etag)
		} else {
			line = fmt.Sprintf(`{"bucket":%q,"key":%q,"size":%d,"last_modified_date":%d,"e_tag":%q}`, bucket, key, len(o.content), modified.UnixMilli(), etag)
		}
		texts[i%2] = append(texts[i%2], line)
	}
	if format == "CSV" {
		return [][]byte{[]byte(strings.Join(texts[0], "")), []byte(strings.Join(texts[1], ""))}
	}
	return [][]byte{[]byte("[" + strings.Join(texts[0], ",") + "]"), []byte("[" + strings.Join(texts[1], ",") + "]")}
}

// memoryKeys are any: the server in memory checks no signatures.
var memoryKeys = &aws.Credentials{AccessKeyID: "memory", SecretAccessKey: "secret-of-memory"}
