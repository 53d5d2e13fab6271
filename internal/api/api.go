// Package api compares what others rely on with the lists in api/, for tests, and has those of the Go API and of the formats. It does not say which version a
// difference asks for: `make release` compares the lists with those of the release before.
package api

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// Check compares a list, of which the order does not matter, with a file that has a line for each entry. It errs if entries of the file are not found: that breaks
// what others rely on. An entry more is none, since it is a promise only when it is released, and `make release` asks for it to be in the file. With update, Check
// writes the file instead.
func Check(file string, found []string, update bool) error {
	found = slices.Compact(slices.Sorted(slices.Values(found)))
	if update {
		return os.WriteFile(file, []byte(strings.Join(found, "\n")+"\n"), 0o644)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var missing []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); !slices.Contains(found, line) {
			missing = append(missing, line)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("%s: found %d lines that are no longer true, which breaks what others rely on (docs/versioning.md). If it is meant, run this test with -update:\n%s", file, len(missing), strings.Join(missing, "\n"))
}
