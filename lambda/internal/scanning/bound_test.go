package scanning

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fat(n, bytes int, letter string) *table {
	t := devices(n)
	for _, it := range t.items {
		it["text"] = str(strings.Repeat(letter, bytes/len(letter)))
	}
	return t
}

func limits(t *table) (out []int) {
	for _, in := range t.asked {
		out = append(out, in.Limit)
	}
	return out
}

func TestThePageThatDoesNotFitIsAskedForAgainShorter(t *testing.T) {
	source := fat(10, 100_000, "x")
	source.pageSize = 4
	f := New(source, grant)
	f.maxBytes = 650_000 + tail
	counts, ids := walk(t, f, 100)
	if diff := cmp.Diff([]int{6, 4}, counts); diff != "" {
		t.Errorf("items an answer (-want +got):\n%s", diff)
	}
	if !slices.IsSorted(ids) || len(slices.Compact(ids)) != 10 {
		t.Errorf("items %v", ids)
	}
	// The second page of four does not fit and is cut to two; then the second answer reads on from the sixth item.
	if diff := cmp.Diff([]int{100, 96, 2, 100, 96}, limits(source)); diff != "" {
		t.Errorf("limits (-want +got):\n%s", diff)
	}
}

func TestAPageOfWhichNothingFitsEndsTheAnswerBeforeIt(t *testing.T) {
	source := fat(4, 100_000, "x")
	source.pageSize = 2
	f := New(source, grant)
	f.maxBytes = 210_000 + tail
	counts, _ := walk(t, f, 100)
	if diff := cmp.Diff([]int{2, 2}, counts); diff != "" {
		t.Errorf("items an answer (-want +got):\n%s", diff)
	}
}

func TestItemsThatGrowBetweenTheTwoReadsAreMeasuredAnew(t *testing.T) {
	source := fat(3, 100_000, "x")
	source.onCall = func(number int) {
		if number == 2 {
			source.items[0]["text"] = str(strings.Repeat("x", 200_000))
		}
	}
	f := New(source, grant)
	f.maxBytes = 250_000 + tail
	counts, ids := walk(t, f, 100)
	if diff := cmp.Diff([]int{1, 2}, counts); diff != "" || len(ids) != 3 {
		t.Errorf("items %v, items an answer (-want +got):\n%s", ids, diff)
	}
}

func TestAnItemThatNeverFitsIsAnError(t *testing.T) {
	f := New(fat(1, 100_000, "x"), grant)
	f.maxBytes = 90_000 + tail
	status, payload := serve(f, `{}`)
	if status != 500 || !strings.Contains(payload, "the next item of table access-sample-table alone is larger, as JSON, than an answer of Lambda can be") {
		t.Errorf("got %d %.300s", status, payload)
	}
}

// The worst text is one that JSON escapes: in a proxy answer, a JSON string inside JSON, a control
// character of one byte takes seven and a quote four.
func TestTheLargestItemsStayBelowLambdasLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds with the race detector")
	}
	const lambdaLimit = 6_291_456
	for _, letter := range []string{"x", "\x01", `"`, "\u2028"} {
		for _, kind := range []string{"plain", "proxy"} {
			t.Run(fmt.Sprintf("%s of %q", kind, letter), func(t *testing.T) {
				source := fat(4, 400_000, letter)
				source.pageSize = 3
				f := New(source, grant)
				seen, next := 0, ""
				for range 20 {
					event := `{"limit":1000` + next + `}`
					if kind == "proxy" {
						event = proxyEvent("limit=1000" + next)
					}
					status, payload := serve(f, event)
					if status != 200 || len(payload) > lambdaLimit {
						t.Fatalf("status %d, %d bytes", status, len(payload))
					}
					body := payload
					if kind == "proxy" {
						var outer struct{ Body string }
						if err := json.Unmarshal([]byte(payload), &outer); err != nil {
							t.Fatal(err)
						}
						body = outer.Body
					}
					got := decode(t, body)
					seen += got.Count
					if got.Next == nil {
						break
					}
					next = `,"next":"` + *got.Next + `"`
					if kind == "proxy" {
						next = "&next=" + *got.Next
					}
				}
				if seen != 4 {
					t.Errorf("saw %d items, want 4", seen)
				}
			})
		}
	}
}
