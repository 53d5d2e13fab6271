package workload

import (
	"strings"
	"testing"
	"time"
)

func TestFunctionProblems(t *testing.T) {
	for name, c := range map[string]struct {
		props    GoFunctionProps
		expected []string
	}{
		"nothing set": {GoFunctionProps{}, []string{
			"Build: found nil", "Package: found nothing", `FunctionName: found ""`, `RoleName: found ""`, "Vpc: found nil",
		}},
		"a timeout over 15 minutes":    {GoFunctionProps{Timeout: 901 * time.Second}, []string{"Timeout: found 15m1s, expected whole seconds from 1s to 15m0s"}},
		"a timeout of half a second":   {GoFunctionProps{Timeout: 500 * time.Millisecond}, []string{"Timeout: found 500ms"}},
		"too little memory":            {GoFunctionProps{MemoryMiB: 127}, []string{"MemoryMiB: found 127, expected 128 to 10240"}},
		"more memory than Lambda has":  {GoFunctionProps{MemoryMiB: 10241}, []string{"MemoryMiB: found 10241"}},
		"a function name with a slash": {GoFunctionProps{FunctionName: "a/b"}, []string{`FunctionName: found "a/b", expected 1 to 64 letters, digits, - and _`}},
		"a function name that is long": {GoFunctionProps{FunctionName: strings.Repeat("a", 65)}, []string{"expected 1 to 64 letters"}},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.props.Validate()
			for _, expected := range c.expected {
				if err == nil || !strings.Contains(err.Error(), expected) {
					t.Errorf("found %v, expected %s", err, expected)
				}
			}
		})
	}
}
