package trailing

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

// big is a log file of events of about that many bytes, each with a name of its own.
func big(first, n, bytes int, letter string) []byte {
	var records []string
	for i := range n {
		records = append(records, fmt.Sprintf(`{"eventName":"N%03d","eventID":"id-%d","x":"%s"}`, first+i, first+i, strings.Repeat(letter, bytes/len(letter))))
	}
	return zip(`{"Records":[` + strings.Join(records, ",") + `]}`)
}

// pages asks until there is no next, and checks the bound of each answer.
func pages(t *testing.T, f *Function, event string) (names []string, counts []int, all []skipped) {
	t.Helper()
	next := ""
	for range 100 {
		result := f.Serve(t.Context(), invocation.Request{Payload: []byte(strings.TrimSuffix(event, "}") + next + "}")})
		if result.Status != 200 || len(result.Payload) > f.maxBytes {
			t.Fatalf("status %d, %d bytes: %.300s", result.Status, len(result.Payload), result.Payload)
		}
		got := ask(t, f, strings.TrimSuffix(event, "}")+next+"}")
		for _, name := range strings.Fields(got.names()) {
			if names = append(names, name); got.ByName[name] != 1 {
				t.Errorf("%s is counted %d times", name, got.ByName[name])
			}
		}
		counts = append(counts, got.Count)
		all = append(all, got.Skipped...)
		if got.Next == "" {
			return names, counts, all
		}
		next = `,"next":"` + got.Next + `"`
	}
	t.Fatal("no end after 100 answers")
	return nil, nil, nil
}

func TestTheAnswerStaysBelowItsBound(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds with the race detector")
	}
	objects := map[string][]byte{}
	var want []string
	for i := range 4 {
		objects[key(tokyo, fmt.Sprintf("20160825T131%dZ", i), "a")] = big(i*5, 5, 600_000, "x")
	}
	for i := range 20 {
		want = append(want, fmt.Sprintf("N%03d", i))
	}
	names, counts, _ := pages(t, newFunction(&bucket{objects: objects}), everything)
	if diff := cmp.Diff(want, names); diff != "" || !cmp.Equal(counts, []int{9, 9, 2}) {
		t.Errorf("%v events an answer, (-want +got):\n%s", counts, diff)
	}
}

// Where an answer is full before a file's first event, the file is the next one's.
func TestAnAnswerThatIsFullBetweenTwoFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds with the race detector")
	}
	objects := map[string][]byte{}
	for i := range 3 {
		objects[key(tokyo, fmt.Sprintf("20160825T131%dZ", i), "a")] = big(i, 1, 3_000_000, "x")
	}
	if names, counts, _ := pages(t, newFunction(&bucket{objects: objects}), everything); !cmp.Equal(counts, []int{1, 1, 1}) || strings.Join(names, " ") != "N000 N001 N002" {
		t.Errorf("%v events an answer: %q", counts, names)
	}
}

// One that is larger than an answer is named, and the others come.
func TestAnEventThatIsLargerThanAnAnswer(t *testing.T) {
	objects := map[string][]byte{
		key(tokyo, "20160825T1310Z", "a"): big(0, 2, 10_000, "x"),
		key(tokyo, "20160825T1311Z", "b"): big(2, 2, 100_000, "x"),
		key(tokyo, "20160825T1312Z", "c"): big(4, 1, 10_000, "x"),
	}
	f := newFunction(&bucket{objects: objects})
	f.maxBytes = 80_000
	names, counts, all := pages(t, f, everything)
	zero, one := 0, 1
	second := key(tokyo, "20160825T1311Z", "b")
	want := []skipped{
		{Key: second, Record: &zero, EventID: "id-2", Reason: "the event alone is larger than an answer"},
		{Key: second, Record: &one, EventID: "id-3", Reason: "the event alone is larger than an answer"},
	}
	if diff := cmp.Diff(want, all); diff != "" || strings.Join(names, " ") != "N000 N001 N004" {
		t.Errorf("%q in %v, (-want +got):\n%s", names, counts, diff)
	}
	if _, counts, _ := pages(t, f, `{"prefix":"`+base+`","limit":0}`); !cmp.Equal(counts, []int{5}) {
		t.Errorf("only counted: %v", counts)
	}
}

// The largest record with the largest name: as JSON both may be more than an answer holds.
func TestANameThatIsLargerThanAnAnswer(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds with the race detector")
	}
	name := strings.Repeat("\u2028", 1_000_000) // six bytes each as Go writes it
	objects := map[string][]byte{
		key(tokyo, "20160825T1310Z", "a"): zip(`{"Records":[{"eventName":"A"},{"eventName":"` + name + `"},{"eventName":"B"}]}`),
	}
	for limit, want := range map[string]int{"0": 2, "1": 2, "100": 2} {
		_, counts, all := pages(t, newFunction(&bucket{objects: objects}), `{"prefix":"`+base+`","limit":`+limit+`}`)
		total := 0
		for _, n := range counts {
			total += n
		}
		if total != want || len(all) != 1 || *all[0].Record != 1 {
			t.Errorf("limit %s: %v events, %d skipped", limit, counts, len(all))
		}
	}
}

func TestNamesAndSkippedFilesStayBelowTheBound(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds with the race detector")
	}
	objects := map[string][]byte{}
	for i := range 60 {
		if i < 30 {
			objects[key(tokyo, fmt.Sprintf("20160825T13%02dZ", i), strings.Repeat("d", 800))] = nil
		}
		objects[key(tokyo, fmt.Sprintf("20160825T14%02dZ", i), "a")] = big(i*60, 60, 10, "x")
	}
	for _, limit := range []string{"0", "1000"} {
		f := newFunction(&bucket{objects: objects})
		f.maxBytes = tail + 4000
		names, counts, all := pages(t, f, `{"prefix":"`+base+`","limit":`+limit+`}`)
		total := 0
		for _, n := range counts {
			total += n
		}
		if total != 3600 || len(all) != 30 || len(counts) < 3 || limit != "0" && len(names) != 3600 {
			t.Errorf("limit %s: %d events in %v, %d skipped", limit, total, counts, len(all))
		}
	}
	f := newFunction(&bucket{objects: map[string][]byte{
		key(tokyo, "20160825T1310Z", "a"): big(0, 20, 1000, "x"), key(tokyo, "20160825T1311Z", "a"): big(20, 20, 10, "x"),
	}})
	f.maxBytes = tail + 10_000
	result := f.Serve(t.Context(), invocation.Request{Payload: []byte(ofS3("logs", key(tokyo, "20160825T1310Z", "a"), key(tokyo, "20160825T1311Z", "a")))})
	if result.FunctionError != "" || !strings.Contains(string(result.Payload), `"count":40,`) {
		t.Errorf("a notification of more events than fit: found %.300s", result.Payload)
	}
	f = newFunction(&bucket{objects: objects})
	f.maxBytes = tail + 300
	result = f.Serve(t.Context(), invocation.Request{Payload: []byte(ofS3("logs", key(tokyo, "20160825T1400Z", "a"), key(tokyo, "20160825T1401Z", "a")))})
	if result.FunctionError == "" {
		t.Errorf("a notification of too many names: found %s", result.Payload)
	}
}
