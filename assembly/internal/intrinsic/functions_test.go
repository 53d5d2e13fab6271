package intrinsic

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/assembly/internal/document"
)

// Each function that is evaluated can be written in YAML's short form as well, and both readers return the same call.
func TestFunctionsInShortForm(t *testing.T) {
	names := slices.Concat(slices.Sorted(maps.Keys(functions)), conditionFunctions)
	if len(names) != 19 {
		t.Errorf("found %d functions, expected 19", len(names))
	}
	for _, name := range names {
		short, _, err := document.ReadTemplate("t.yaml", "!"+strings.TrimPrefix(name, "Fn::")+" [a]")
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if call, is := short.(*document.Call); !is || call.Name != name {
			t.Errorf("%s: found %v, expected a call of it", name, short)
		}
		if name == "Ref" { // of a list it is no function
			continue
		}
		long, err := document.ReadJSON(`{"` + name + `":["a"]}`)
		if call, is := long.(*document.Call); err != nil || !is || call.Name != name {
			t.Errorf("%s: found %v and error %v, expected a call of it", name, long, err)
		}
	}
}
