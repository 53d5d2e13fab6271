package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Each expected value is computed by hand from AWS's limits, one limit at a time.
func TestWhatBoundsACopy(t *testing.T) {
	for _, c := range []struct {
		name    string
		w       work
		seconds float64
		limit   string
	}{
		// 1,000,000 / 3,500
		{"one prefix", work{objects: 1e6, prefixes: 1, bytes: mib}, 285.7, "S3: writes under a prefix"},
		// 100,000,000 / (10 x 3,500)
		{"ten prefixes", work{objects: 1e8, prefixes: 10, bytes: mib}, 2857.1, "S3: writes under a prefix"},
		// 800 transitions / 4 of a batch x 500 objects = 100,000 a second, less than 100 x 3,500
		{"a hundred prefixes", work{objects: 1e10, prefixes: 100, bytes: mib}, 100000, "Step Functions: transitions"},
		// 10 batches at once of 10 objects each, in the 0.1 s of a listing and 10 / 2,293 s
		{"small batches", work{objects: 1e6, prefixes: 1, bytes: mib, batch: 10}, 1043.6, "batches at once"},
		// 20,000 / 2, less than 10 x 3,500
		{"no bucket keys", work{objects: 1e8, prefixes: 10, bytes: mib, keyRequests: 2}, 10000, "KMS: requests"},
		// An object takes 2 + 4 + 2 answers of 0.1 s, and 1 GiB at 90 MB/s: 12.73 s, of which 256 at once are 20.11 a second. With a listing in 500 of
		// them, 10 functions copy 200.3.
		{"objects in parts", work{objects: 1e6, prefixes: 1, bytes: gib}, 1e6 / 200.3, "batches at once"},
		// An object takes 404 answers and 100 GiB at 90 MB/s: 1,233.4 s, of which 256 at once are 0.2076 a second. 10 batches have 4 functions each.
		{"large objects", work{objects: 1e6, prefixes: 1, bytes: 100 * gib}, 1e6 / (40 * 0.2076), "batches at once"},
		// 20 x 10 functions are 200; while they start, 100 a second, nothing but their number bounds the copy.
		{"the start", work{objects: 1e3, prefixes: 20, bytes: gib}, 1000 / (100 * 20.03), "Lambda: new environments"},
		// 150 x 10 functions, of which Lambda runs 1,000, from the tenth second on
		{"many prefixes of objects in parts", work{objects: 1e7, prefixes: 150, bytes: gib}, 1e7/20030 + 4.5, "Lambda: concurrent executions"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := simulate(c.w)
			if r.refused != "" || r.limit != c.limit || math.Abs(r.seconds-c.seconds) > 0.01*c.seconds {
				t.Errorf("found %q, %.1f s, by %s, expected %.1f s by %s", r.refused, r.seconds, r.limit, c.seconds, c.limit)
			}
		})
	}
}

// A Map Run starts 100 children a second: with 100 at once, in batches of 10 objects, that is what is met.
func TestChildrenStarted(t *testing.T) {
	defer func(i input) { perPrefix = i }(perPrefix)
	perPrefix.value = 200
	if r := simulate(work{objects: 1e6, prefixes: 1, bytes: mib, batch: 10}); r.limit != "Step Functions: children started" || math.Abs(r.seconds-1000) > 2 {
		t.Errorf("found %.1f s by %s, expected 1,000 s by the children started", r.seconds, r.limit)
	}
}

// What a million objects cost under one prefix, by AWS's prices and by hand: a COPY for each, and 3,000 listings, 1,000 pages of the origin and one of the
// destination for each of 2,000 batches; 4 transitions, a trace and 10 KB of logs of each; 10 functions of 0.5 GB for 286 seconds.
func TestWhatAMillionCosts(t *testing.T) {
	r := simulate(work{objects: 1e6, prefixes: 1, bytes: mib, keyRequests: 2})
	// The keys bound nothing here: 10,000 objects a second are more than 3,500.
	for _, c := range []struct {
		name            string
		found, expected float64
	}{
		{"S3", r.requests, 4.70 + 3000*0.0000047},
		{"Lambda", r.compute, 10*0.5*285.7*0.0000133334 + 2000*0.0000002},
		{"Step Functions", r.states, 0.20},
		{"logs and traces", r.logs, 2000*10e3*0.76/1e9 + 2000*0.000005},
		{"KMS", r.keys, 6.00},
		{"S3 Batch Operations", batchOperations(work{objects: 1e6}), 0.25 + 1.00 + 0.0028 + 4.70},
	} {
		if math.Abs(c.found-c.expected) > 0.005*c.expected {
			t.Errorf("%s: found $%.4f, expected $%.4f", c.name, c.found, c.expected)
		}
	}
	// 2,000 batches of large objects: each has 4 transitions, one of the map, and 3 for each of 500 objects.
	if r := simulate(work{objects: 1e6, prefixes: 1, bytes: 100 * gib}); math.Abs(r.states-2000*1505*0.000025) > 0.01 {
		t.Errorf("found $%.2f, expected $75.25", r.states)
	}
}

func TestWhatCannotBeCopied(t *testing.T) {
	for _, c := range []struct {
		w    work
		says string
	}{
		{work{objects: 1e10, prefixes: 99, bytes: mib}, "a Map Run reads 100 million items: 100 prefixes at least"},
		{work{objects: 1e10, prefixes: 100, bytes: mib}, ""},
		{work{objects: 1e6, prefixes: 1001, bytes: mib}, "1,001 prefixes, and at most 1,000 open Map Runs"},
		{work{objects: 1e6, prefixes: 1, bytes: 100 * gib, batch: 2500}, "27,500 events, and a history ends at 25,000"},
	} {
		if r := simulate(c.w); r.refused != c.says {
			t.Errorf("%v: found %q, expected %q", c.w, r.refused, c.says)
		}
	}
}

// One function: 256 requests at once of 0.1 s and 1 MiB at 90 MB/s copy 2,293 objects a second; small ones 2,560, less than the 2,810 of its share
// of a processor and the 3,500 of a prefix.
func TestOneFunction(t *testing.T) {
	for bytes, expected := range map[float64]float64{mib: 2293, 0: 2560} {
		if found := walkRate(bytes); math.Abs(found-expected) > 1 {
			t.Errorf("%.0f bytes: found %.1f objects a second, expected %.1f", bytes, found, expected)
		}
	}
	for bytes, expected := range map[float64][2]float64{1: {1, 0}, 256 * mib: {1, 0}, 256*mib + 1: {4, 2}, gib: {6, 2}} {
		if writes, reads := objectRequests(bytes); writes != expected[0] || reads != expected[1] {
			t.Errorf("%.0f bytes: found %.0f writes and %.0f reads, expected %.0f", bytes, writes, reads, expected)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range [][2]string{
		{count(0), "0"}, {count(999), "999"}, {count(3500), "3,500"}, {count(133333), "133,333"}, {count(1e6), "1 million"}, {count(12.5e6), "12.5 million"}, {count(1e10), "10 billion"},
		{span(0.44), "0.4 seconds"}, {span(119), "119 seconds"}, {span(120), "2.0 minutes"}, {span(28571), "7.9 hours"}, {span(485000), "5.6 days"},
		{dollars(0), "–"}, {dollars(0.0194), "$0.019"}, {dollars(0.2), "$0.20"}, {dollars(5.236), "$5.24"}, {dollars(52306.4), "$52,306"},
	} {
		if c[0] != c[1] {
			t.Errorf("found %q, expected %q", c[0], c[1])
		}
	}
}

// The figure of copy's processor time is the one that make bench stored last, to a fifth.
func TestMeasured(t *testing.T) {
	text, err := os.ReadFile("../figures/functions.json")
	if err != nil {
		t.Fatal(err)
	}
	var stored struct{ Figures []struct{ Name, Of string } }
	if err := json.Unmarshal(text, &stored); err != nil {
		t.Fatal(err)
	}
	for _, f := range stored.Figures {
		var micros float64
		if f.Name == "CPU an object" {
			if _, err := fmt.Sscanf(f.Of, "copy %g µs", &micros); err != nil || math.Abs(micros*1e-6/processor.value-1) > 0.2 {
				t.Errorf("found %q, %v, expected about %s", f.Of, err, processor.text)
			}
			return
		}
	}
	t.Error("found no figure of the processor time of an object")
}

// The settings of the app, and what it says of a batch, are the inputs; its own tests hold its documents to what it deploys. Its costs of a million
// objects, which take another time of the functions, are about the same.
func TestSettings(t *testing.T) {
	for document, sentences := range map[string][]string{
		"configuration.md": {"| `copyPartMiB` | objects larger than this are copied in parts of this size: 5 to 5,120 MiB | 256 |", "S3 takes 3,500 copies a second for a prefix | 10 |"},
		"workloads.md":     {"batches of 500 objects, 10 at once for each prefix (`copyConcurrency`). An object larger than 10 GiB is copied by invocations of its own"},
		"costs.md":         {"A batch has 500 objects and takes 4 transitions", "| copy requests | 1,000,000 | $0.0047 per 1,000 | $4.70 |", "An inventory costs $0.0028 per million objects"},
		"performance.md":   {"`copy` and `trail` have 512 MiB", "half as many at once as it has MiB of memory"},
	} {
		text, err := os.ReadFile("../../docs/" + document)
		if err != nil {
			t.Fatal(err)
		}
		words := strings.Join(strings.Fields(string(text)), " ")
		for _, sentence := range sentences {
			if !strings.Contains(words, sentence) {
				t.Errorf("docs/%s: found no %q, which the inputs are taken from", document, sentence)
			}
		}
		if _, together, ok := strings.Cut(words, "| together | | | $"); ok {
			var dollars float64
			if _, err := fmt.Sscanf(together, "%g", &dollars); err != nil || math.Abs(simulate(work{objects: 1e6, prefixes: 1, bytes: mib}).total()-dollars) > 0.05 {
				t.Errorf("docs/%s: found $%.8s for a million objects, expected about $%.2f", document, together, simulate(work{objects: 1e6, prefixes: 1, bytes: mib}).total())
			}
		}
	}
}

// The document has the tables as they are computed, and each page of an input.
func TestTheDocument(t *testing.T) {
	page, err := os.ReadFile("../../" + document)
	if err != nil {
		t.Fatal(err)
	}
	expected, err := filled(string(page))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(expected, string(page)); diff != "" {
		t.Errorf("%s (-computed +found), go run ./bench/scale -update writes it:\n%s", document, diff)
	}
	if lines := strings.Count(string(page), "\n"); lines > 190 {
		t.Errorf("found %d lines, expected at most 190", lines)
	}
}
