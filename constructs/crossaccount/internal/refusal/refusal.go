// Package refusal tells an expected error of the CDK from any other panic. The Go bindings turn every error of the CDK into a panic; this
// package decides only whether it is the one that the caller knows, by its message, and never hides another one.
package refusal

import (
	"runtime"
	"strings"
)

// Catch calls f and reports whether the CDK refused what f does with an error whose message contains text. Any other panic passes
// through unchanged.
func Catch(text string, f func()) (refused bool) {
	defer func() {
		problem := recover()
		if problem == nil {
			return
		}
		err, ok := problem.(error)
		if _, bug := problem.(runtime.Error); !ok || bug || !strings.Contains(err.Error(), text) {
			panic(problem)
		}
		refused = true
	}()
	f()
	return false
}
