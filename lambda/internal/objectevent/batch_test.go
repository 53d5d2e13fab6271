package objectevent

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestHandleBatch(t *testing.T) {
	malformed, denied := errors.New("malformed"), errors.New("denied")
	var steps []string
	failures := HandleBatch([]Message{
		{ID: "a", Objects: []Object{{Bucket: "b", Key: "1"}}}, {ID: "b", Err: malformed}, {ID: "c", Objects: []Object{{Bucket: "b", Key: "2"}, {Bucket: "b", Key: "3"}}}, {ID: "d"},
	}, func(objects []Object) func() error {
		steps = append(steps, fmt.Sprint("start ", len(objects)))
		return func() error {
			steps = append(steps, fmt.Sprint("wait ", len(objects)))
			if len(objects) == 2 {
				return denied
			}
			return nil
		}
	})
	if expected := []string{"start 1", "start 2", "start 0", "wait 1", "wait 2", "wait 0"}; !slices.Equal(steps, expected) {
		t.Errorf("found %q, expected %q", steps, expected)
	}
	if expected := []string{"b", "c"}; !slices.Equal(failures.IDs(), expected) || failures[0].Err != malformed || failures[1].Err != denied {
		t.Errorf("found %v, expected the messages %q", failures, expected)
	}
	if expected := "message b: malformed\nmessage c: denied"; failures.Err().Error() != expected || !errors.Is(failures.Err(), denied) {
		t.Errorf("found %q, expected %q", failures.Err(), expected)
	}
}

func TestABatchWithoutFailures(t *testing.T) {
	failures := HandleBatch([]Message{{ID: "a"}}, func([]Object) func() error { return func() error { return nil } })
	if failures.IDs() != nil || failures.Err() != nil {
		t.Errorf("found %v, %v, expected none", failures.IDs(), failures.Err())
	}
}

// A batch may have 10,000 messages, which no line of a log holds.
func TestTheLogHasTwentyMessages(t *testing.T) {
	for n, expected := range map[int]string{20: "message m: x", 21: "and 1 more messages"} {
		var failures Failures
		for range n {
			failures = append(failures, Failure{"m", errors.New("x")})
		}
		lines := strings.Split(failures.Err().Error(), "\n")
		if last := lines[len(lines)-1]; last != expected || len(lines) != n {
			t.Errorf("%d messages: found %d lines, the last %q, expected %q", n, len(lines), last, expected)
		}
	}
}

// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html: a function stops at the first failure of a FIFO queue, and returns
// all messages that failed or were not handled.
func TestAFIFOQueueKeepsItsOrder(t *testing.T) {
	denied := errors.New("denied")
	for _, c := range []struct {
		name     string
		messages []Message
		steps    string
		failed   string
	}{
		{"all succeed, one after the other", []Message{{ID: "a", group: "g"}, {ID: "b", group: "g"}}, "start a, end a, start b, end b", ""},
		{"behind the first failure", []Message{{ID: "a", group: "g"}, {ID: "bad", group: "g"}, {ID: "c", group: "g"}, {ID: "d", group: "h"}},
			"start a, end a, start bad, end bad", "bad c d"},
		{"behind a malformed one", []Message{{ID: "a", group: "g"}, {ID: "b", group: "g", Err: denied}, {ID: "c", group: "g"}}, "start a, end a", "b c"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var steps []string
			for i, m := range c.messages {
				c.messages[i].Objects = []Object{{Key: m.ID}}
			}
			failures := HandleBatch(c.messages, func(objects []Object) func() error {
				steps = append(steps, "start "+objects[0].Key)
				return func() error {
					if steps = append(steps, "end "+objects[0].Key); objects[0].Key == "bad" {
						return denied
					}
					return nil
				}
			})
			if got := strings.Join(steps, ", "); got != c.steps || strings.Join(failures.IDs(), " ") != c.failed {
				t.Errorf("found %q and %q, expected %q and %q", got, failures.IDs(), c.steps, c.failed)
			}
			if len(failures) > 0 && (!errors.Is(failures[0].Err, denied) ||
				failures[1].Err.Error() != fmt.Sprintf("not handled, since message %q of this FIFO queue failed before it", failures[0].ID)) {
				t.Errorf("found %v", failures)
			}
		})
	}
}

func TestALongErrorOfAMessageIsCut(t *testing.T) {
	long := errors.New(strings.Repeat("x", 1<<20))
	got := Failures{{"m1", long}, {"m2", errors.New("short")}}.Err()
	if text := got.Error(); !strings.HasPrefix(text, "message m1: xxx") || !strings.HasSuffix(text, " bytes more)\nmessage m2: short") || len(text) > 1000 || !errors.Is(got, long) {
		t.Errorf("found %d bytes: %.100s", len(text), text)
	}
}
