package refusal

import (
	"errors"
	"fmt"
	"testing"
)

func TestCatch(t *testing.T) {
	index := 1
	for name, c := range map[string]struct {
		call    func()
		refused bool
		panics  string
	}{
		"no panic":                      {func() {}, false, "<nil>"},
		"the expected error":            {func() { panic(errors.New("Resolution error: physical name must be set.")) }, true, "<nil>"},
		"another error":                 {func() { panic(errors.New("no object reference found")) }, false, "no object reference found"},
		"the expected text as a string": {func() { panic("physical name must be set") }, false, "physical name must be set"},
		"a bug":                         {func() { _ = []int{0}[index] }, false, "runtime error: index out of range [1] with length 1"},
	} {
		t.Run(name, func(t *testing.T) {
			var refused bool
			found := func() (problem any) {
				defer func() { problem = recover() }()
				refused = Catch("physical name", c.call)
				return nil
			}()
			if refused != c.refused || fmt.Sprint(found) != c.panics {
				t.Errorf("found refused %v, panic %v; expected %v, %s", refused, found, c.refused, c.panics)
			}
		})
	}
}
