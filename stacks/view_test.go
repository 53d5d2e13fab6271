package stacks

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The golden views are the whole access that the app gives; each line of a change to them is a change of someone's rights.
func TestPolicyViews(t *testing.T) {
	a := synthesize(t, nil)
	for name, found := range map[string]string{"source": a.source.View(), "target": a.target.View()} {
		file := filepath.Join("testdata", "policies-"+name+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(found), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		expected, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(expected), found); diff != "" {
			t.Errorf("policies of the %s stack (-expected +found; read them, then accept with -update):\n%s", name, diff)
		}
	}
}
