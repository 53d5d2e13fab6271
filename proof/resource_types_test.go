package proof

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/exposure"
)

var update = flag.Bool("update", false, "write the table of resource types in README.md anew")

const (
	beginTypes = "<!-- The table of resource types, written by go test ./proof -run TestResourceTypes -update -->\n"
	endTypes   = "<!-- End of the table of resource types -->\n"
)

// The README's table of resource types is the one by which resources are judged.
func TestResourceTypes(t *testing.T) {
	b, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), beginTypes)
	found, after, ok2 := strings.Cut(rest, endTypes)
	if !ok || !ok2 {
		t.Fatal("found no table of resource types in README.md")
	}
	want := resourceTypes()
	if found == want {
		return
	}
	if !*update {
		t.Fatal("the table of resource types in README.md is another than that of the code: run go test ./proof -run TestResourceTypes -update")
	}
	if err := os.WriteFile("README.md", []byte(before+beginTypes+want+endTypes+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// resourceTypes is the table as the README has it.
func resourceTypes() string {
	text := "| resource type | what it can open, to whom | fine if, or judged by |\n|---|---|---|\n"
	var harmless []string
	for _, one := range exposure.Types() {
		name := "`" + one.Name + "`"
		if one.Opens == "nothing" && one.Judged == "opens nothing" {
			harmless = append(harmless, name)
			continue
		}
		text += "| " + name + " | " + one.Opens + " | " + one.Judged + " |\n"
	}
	return text + "\nThese open nothing of what they refer to: " + strings.Join(harmless, ", ") + ".\n"
}
