package main

import (
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(c.values); got != c.want {
			t.Errorf("%v: found %v, expected %v", c.values, got, c.want)
		}
	}
	s := samples{}
	for _, pair := range [][2]float64{{10, 5}, {100, 10}, {9, 3}} {
		s.add("above", pair[0])
		s.add("below", pair[1])
	}
	if got := s.ratio("above", "below"); got != 3 {
		t.Errorf("found %v, expected 3, the median of 2, 10 and 3", got)
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name  string
		f     figure
		met   bool
		limit string
	}{
		{"below the most", figure{Limit: 2, Measured: 1.9, Unit: "x"}, true, "<= 2.00x"},
		{"above the most", figure{Limit: 2, Measured: 2.1, Unit: "x"}, false, "<= 2.00x"},
		{"above the least", figure{Limit: 90, AtLeast: true, Measured: 91, Unit: "%"}, true, ">= 90.0%"},
		{"below the least", figure{Limit: 90, AtLeast: true, Measured: 89, Unit: "%"}, false, ">= 90.0%"},
		{"for information", figure{Measured: 5}, true, ""},
		{"not measured", figure{Problem: "no s5cmd"}, false, ""},
	} {
		if c.f.met() != c.met || c.f.limit() != c.limit {
			t.Errorf("%s: found %t, %q, expected %t, %q", c.name, c.f.met(), c.f.limit(), c.met, c.limit)
		}
	}
}

func TestAMissingBaselineFails(t *testing.T) {
	r := &report{Figures: []figure{{Name: "copy", Problem: "build s5cmd: no network"}, {Name: "start", Limit: 1, Measured: 2, Unit: "x"}, {Name: "fine", Limit: 3, Measured: 2}}}
	err := r.problems()
	if err == nil || err.Error() != "copy: not measured: build s5cmd: no network\nstart: found 2.00x, expected <= 1.00x" {
		t.Errorf("found %v", err)
	}
}

// The document has the table of the stored figures.
func TestTheDocumentHasTheStoredFigures(t *testing.T) {
	text, err := os.ReadFile("../../" + figuresFile)
	if err != nil {
		t.Fatal(err)
	}
	var r report
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../" + document)
	if err != nil {
		t.Fatal(err)
	}
	_, inside, _, err := table(string(page))
	if err != nil {
		t.Fatal(err)
	}
	if inside != r.markdown() {
		t.Errorf("%s has other figures than %s: run make bench FIGURES=-update", document, figuresFile)
	}
	if strings.Contains(inside, "not measured") {
		t.Error("found a figure that was not measured")
	}
}

func TestMetrics(t *testing.T) {
	const printed = "goos: linux\nBenchmarkAppend-2 \t 1\t 9 ns/op\nBenchmarkApp-2   \t       5\t11083228866 ns/op\t         1.946 app/javascript\t 1.391 s/app\nPASS\n"
	found, err := metricsOf([]byte(printed), "BenchmarkApp")
	if expected := map[string]float64{"ns/op": 11083228866, "app/javascript": 1.946, "s/app": 1.391}; err != nil || !maps.Equal(found, expected) {
		t.Errorf("found %v, %v, expected %v", found, err, expected)
	}
	for name, text := range map[string]string{"nothing measured": "PASS\n", "no number": "BenchmarkApp-2 1 fast ns/op"} {
		if found, err := metricsOf([]byte(text), "BenchmarkApp"); err == nil {
			t.Errorf("%s: found %v, expected an error", name, found)
		}
	}
}
