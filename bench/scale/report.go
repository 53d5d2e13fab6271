package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
)

// document has the tables, below the root of the module.
const document = "docs/scale.md"

// table is one table of the document, below a line that names it.
type table struct{ name, text string }

const (
	kib = 1 << 10
	mib = 1 << 20
	gib = 1 << 30
)

// tables are those of the document.
func tables() []table {
	return []table{
		{"copies by number", copies()}, {"copies by one function", walks()}, {"copies by batch", batches()}, {"copies by size", sizes()}, {"copies by key", keys()}, {"copies by tool", tools()},
		{"scans", scans()}, {"trails", trails()}, {"inputs", inputTable()},
	}
}

func rows(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

func copies() string {
	lines := []string{"| objects of 1 MiB | prefixes | time | objects a second | what bounds it | S3 | Lambda | Step Functions | logs, traces | together |", "|---|---|---|---|---|---|---|---|---|---|"}
	for _, w := range []work{
		{objects: 1e6, prefixes: 1}, {objects: 1e6, prefixes: 10},
		{objects: 1e8, prefixes: 1}, {objects: 1e8, prefixes: 10}, {objects: 1e8, prefixes: 100},
		{objects: 1e10, prefixes: 10}, {objects: 1e10, prefixes: 100}, {objects: 1e10, prefixes: 1000},
	} {
		w.bytes = mib
		r := simulate(w)
		if r.refused != "" {
			lines = append(lines, fmt.Sprintf("| %s | %s | – | – | %s | | | | | |", count(w.objects), count(w.prefixes), r.refused))
			continue
		}
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |", count(w.objects), count(w.prefixes), span(r.seconds),
			count(w.objects/r.seconds), r.limit, dollars(r.requests), dollars(r.compute), dollars(r.states), dollars(r.logs), dollars(r.total())))
	}
	return rows(lines...)
}

func walks() string {
	lines := []string{"| objects of 1 MiB, one prefix | time, one invocation after the other | invocations |", "|---|---|---|"}
	for _, n := range []float64{1e5, 1e6, 1e7, 1e8} {
		seconds := n / walkRate(mib)
		lines = append(lines, fmt.Sprintf("| %s | %s | %s |", count(n), span(seconds), count(math.Ceil(seconds/functionTime.value))))
	}
	return rows(lines...)
}

func batches() string {
	lines := []string{"| objects of a batch | objects a second, one prefix | what bounds it | Step Functions for a million |", "|---|---|---|---|"}
	for _, n := range []float64{1, 10, 50, 500} {
		r := simulate(work{objects: 1e6, prefixes: 1, bytes: mib, batch: n})
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s |", count(n), count(1e6/r.seconds), r.limit, dollars(r.states)))
	}
	return rows(lines...)
}

func sizes() string {
	lines := []string{"| a million objects, one prefix | requests an object | a batch takes | time | what bounds it | together |", "|---|---|---|---|---|---|"}
	for _, size := range []struct {
		name  string
		bytes float64
	}{{"of 100 KiB", 100 * kib}, {"of 256 MiB", 256 * mib}, {"of 1 GiB", gib}, {"of 100 GiB", 100 * gib}} {
		r := simulate(work{objects: 1e6, prefixes: 1, bytes: size.bytes})
		writes, reads := objectRequests(size.bytes)
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s | %s | %s |", size.name, count(writes+reads), span(r.batchSeconds), span(r.seconds), r.limit, dollars(r.total())))
	}
	return rows(lines...)
}

func keys() string {
	lines := []string{"| 100 million objects of 1 MiB, 10 prefixes | time | what bounds it | KMS | together |", "|---|---|---|---|---|"}
	for _, c := range []struct {
		name     string
		requests float64
	}{{"SSE-S3, or SSE-KMS with bucket keys", 0}, {"SSE-KMS without a bucket key on one side", 1}, {"SSE-KMS without bucket keys on both sides", 2}} {
		r := simulate(work{objects: 1e8, prefixes: 10, bytes: mib, keyRequests: c.requests})
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s | %s |", c.name, span(r.seconds), r.limit, dollars(r.keys), dollars(r.total())))
	}
	return rows(lines...)
}

func tools() string {
	lines := []string{"| objects of 1 MiB | `copy`, distributed, 100 prefixes | S3 Batch Operations |", "|---|---|---|"}
	for _, n := range []float64{1e6, 1e8, 1e10} {
		w := work{objects: n, prefixes: 100, bytes: mib}
		lines = append(lines, fmt.Sprintf("| %s | %s | %s |", count(n), dollars(simulate(w).total()), dollars(batchOperations(w))))
	}
	return rows(lines...)
}

// scan of items of 1 KiB: a thousand of them, one page of 1 MB, answer one request.
const (
	itemsOfRequest = 1000
	itemProcessor  = 2.5e-6 // seconds, by docs/performance.md: 0.25 s for 100,000 items
	scanMemory     = 256
)

func scans() string {
	lines := []string{"| items of 1 KiB | requests | time, one after the other | read request units | they cost |", "|---|---|---|---|---|"}
	for _, n := range []float64{1e4, 1e5, 1e6, 1e8} {
		requests := n / itemsOfRequest
		seconds := requests*answerTime.value + n*itemProcessor/(scanMemory/fullProcessor.value)
		units := math.Ceil(n*kib/4096) / 2
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s | %s |", count(n), count(requests), span(seconds), count(units), dollars(units*readUnitPrice.value)))
	}
	return rows(lines...)
}

// What trail reads: CloudTrail delivers about every 5 minutes.
const (
	filesOfDay = 24 * 60 / 5
	filesAhead = 4 // readAhead of lambda/internal/trailing
	trailTime  = 300
)

func trails() string {
	lines := []string{"| log files of | files | time | requests, of 5 minutes each |", "|---|---|---|---|"}
	for _, c := range []struct {
		name           string
		accounts, days float64
	}{{"an hour of an account in one region", 1, 1. / 24}, {"a day of an account in one region", 1, 1}, {"a month of an account in one region", 1, 30}, {"a year of 100 accounts in one region", 100, 365}} {
		files := c.accounts * c.days * filesOfDay
		seconds := files * answerTime.value / filesAhead
		lines = append(lines, fmt.Sprintf("| %s | %s | %s | %s |", c.name, count(files), span(seconds), count(math.Ceil(seconds/trailTime))))
	}
	return rows(lines...)
}

// inputTable has a row for each page.
func inputTable() string {
	var pages []string
	said := map[string][]string{}
	kinds := map[string]kind{}
	for _, i := range inputs() {
		of := string(i.kind) + i.page
		if said[of] == nil {
			pages, kinds[of] = append(pages, of), i.kind
		}
		said[of] = append(said[of], i.what+": "+i.text)
	}
	lines := []string{"| from | inputs |", "|---|---|"}
	for _, of := range pages {
		from := string(kinds[of])
		if page := strings.TrimPrefix(of, from); page != "" {
			from = fmt.Sprintf("[%s](%s)", from, page)
		}
		lines = append(lines, fmt.Sprintf("| %s | %s |", from, strings.Join(said[of], "; ")))
	}
	return rows(lines...)
}

// count has thousands separated by commas, or words from a million on.
func count(n float64) string {
	for _, unit := range []struct {
		value float64
		name  string
	}{{1e9, "billion"}, {1e6, "million"}} {
		if n >= unit.value {
			return fmt.Sprintf("%.3g %s", n/unit.value, unit.name)
		}
	}
	digits := fmt.Sprintf("%.0f", n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// span is a time with two digits that count.
func span(seconds float64) string {
	for _, unit := range []struct {
		value float64
		name  string
	}{{86400, "days"}, {3600, "hours"}, {60, "minutes"}} {
		if seconds >= 2*unit.value {
			return fmt.Sprintf("%.*f %s", digits(seconds/unit.value), seconds/unit.value, unit.name)
		}
	}
	return fmt.Sprintf("%.*f seconds", digits(seconds), seconds)
}

func digits(v float64) int {
	if v < 10 {
		return 1
	}
	return 0
}

func dollars(v float64) string {
	switch {
	case v == 0:
		return "–"
	case v < 0.095:
		return fmt.Sprintf("$%.2g", v)
	case v < 100:
		return fmt.Sprintf("$%.2f", v)
	}
	return "$" + count(math.Round(v))
}

// mark is the line before a table.
func mark(name string) string { return "<!-- " + name + ": go run ./bench/scale -update -->\n" }

// filled is a page with the tables as they are computed now.
func filled(page string) (string, error) {
	for _, t := range tables() {
		before, after, found := strings.Cut(page, mark(t.name))
		if !found {
			return "", fmt.Errorf("%s: found no place for a table, expected the line %q", document, strings.TrimSpace(mark(t.name)))
		}
		for strings.HasPrefix(after, "|") {
			_, after, _ = strings.Cut(after, "\n")
		}
		page = before + mark(t.name) + t.text + after
	}
	return page, nil
}

// store writes the tables into the document below dir.
func store(dir string) error {
	file := filepath.Join(dir, filepath.FromSlash(document))
	page, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	text, err := filled(string(page))
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(text), 0o644)
}
