package trailing

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/crossgrant/crossgrant/lambda/internal/invocation"
)

func TestOutOfTime(t *testing.T) {
	objects, second := three()
	serve := func(b *bucket, limit time.Duration, event string) invocation.Result {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		return newFunction(b).Serve(ctx, invocation.Request{ID: "L1", Payload: []byte(event)})
	}
	hang := func(which string) func(string, int) (*s3.GetObjectOutput, error) {
		return func(key string, _ int) (*s3.GetObjectOutput, error) {
			if key == which {
				time.Sleep(200 * time.Millisecond)
				return nil, context.DeadlineExceeded
			}
			return nil, nil
		}
	}
	inBubble := func(name string, test func(*testing.T)) {
		t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
	}
	inBubble("after a file: what there is, with next", func(t *testing.T) {
		b := &bucket{objects: objects, get: hang(second)}
		result := serve(b, 100*time.Millisecond, everything)
		if result.Status != 200 || !strings.Contains(string(result.Payload), "E0002") || strings.Contains(string(result.Payload), "E0003") || !strings.Contains(string(result.Payload), `"next":`) {
			t.Fatalf("found %d %s", result.Status, result.Payload)
		}
		_, next, _ := strings.Cut(string(result.Payload), `"next":`)
		if got := ask(t, newFunction(&bucket{objects: objects}), `{"prefix":"`+base+`","next":`+next); got.names() != "E0003 E0004 E0005 E0006" {
			t.Errorf("then found %q %s", got.names(), got.Error)
		}
	})
	inBubble("before the first file: a failure", func(t *testing.T) {
		started := time.Now()
		result := serve(&bucket{objects: objects, slow: time.Second}, 50*time.Millisecond, everything)
		if took := time.Since(started); took != 50*time.Millisecond {
			t.Errorf("took %s, expected 50ms", took)
		}
		if result.Status != 500 || !strings.Contains(string(result.Payload), "timed out on log file") {
			t.Errorf("found %d %s", result.Status, result.Payload)
		}
	})
	t.Run("among folders without files: where it was", func(t *testing.T) {
		b := &bucket{}
		ctx, cancel := context.WithCancel(context.Background())
		b.list = func(call int) error {
			if call == 10 {
				cancel()
				return context.Canceled
			}
			return nil
		}
		event := `{"from":"2016-08-01T12:00:00Z","to":"2016-08-31T12:00:00Z","regions":"eu-west-1"`
		got := askIn(t, ctx, newFunction(b), event+`}`)
		if got.Next == "" || got.Error != "" {
			t.Fatalf("found %+v", got)
		}
		rest := &bucket{}
		if got := ask(t, newFunction(rest), event+`,"next":"`+got.Next+`"}`); got.Error != "" || rest.prefixes()[0] != ireland+"2016/08/10/" || len(rest.prefixes()) != 22 {
			t.Errorf("then listed %v, %s", rest.prefixes(), got.Error)
		}
	})
	t.Run("before the first listing: a failure", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		b := &bucket{list: func(int) error { cancel(); return context.Canceled }}
		if got := askIn(t, ctx, newFunction(b), everything); got.StatusCode != 500 {
			t.Errorf("found %+v", got)
		}
	})
}

func TestNothingGoesOnAfterTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		objects, _ := three()
		for range 20 {
			b := &bucket{objects: objects, slow: 5 * time.Millisecond}
			ask(t, newFunction(b), `{"prefix":"`+base+`","limit":1}`)
			b.mu.Lock()
			if b.open != 0 {
				t.Errorf("%d files are being read", b.open)
			}
			b.mu.Unlock()
		}
	})
}

func TestFourFilesAreReadAtOnceAndAnsweredInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		objects := map[string][]byte{}
		var want []string
		for i := range 20 {
			objects[key(tokyo, fmt.Sprintf("20160825T13%02dZ", i), "a")] = log(fmt.Sprintf("2016-08-25T13:00:%02dZ", i))
			want = append(want, fmt.Sprintf("E00%02d", i))
		}
		b := &bucket{objects: objects, slow: 5 * time.Millisecond}
		if got := ask(t, newFunction(b), everything); got.names() != strings.Join(want, " ") || b.most != 4 || len(b.got) != 20 {
			t.Errorf("found %q; %d at once, %d reads", got.names(), b.most, len(b.got))
		}
	})
}

// A bucket of many files takes no more memory than four of them.
func TestMemoryIsBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds with the race detector")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // whatever GOGC is
	var big strings.Builder
	big.WriteString(`{"Records":[`)
	for i := range 700 {
		fmt.Fprintf(&big, `{"eventName":"E%d","x":%q},`, i%7, strings.Repeat("y", 10_000))
	}
	file := zip(big.String() + `{}]}`) // 7 MB inflated
	objects := map[string][]byte{}
	for i := range 15 {
		objects[key(tokyo, fmt.Sprintf("20160825T13%02dZ", i), "a")] = file
	}
	var most uint64
	done, sampled := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(sampled)
		for {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapInuse)
			}
		}
	}()
	got := ask(t, newFunction(&bucket{objects: objects}), `{"prefix":"`+base+`","limit":0}`)
	whole := ask(t, newFunction(&bucket{objects: objects}), `{"prefix":"`+base+`","limit":1000}`)
	close(done)
	<-sampled
	if got.Count != 15*701 || len(whole.Events) == 0 || most > 150<<20 {
		t.Errorf("%d events, %d returned, %d MB in use", got.Count, len(whole.Events), most>>20)
	}
	t.Logf("most in use: %d MB", most>>20)
}
