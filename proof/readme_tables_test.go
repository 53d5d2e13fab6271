package proof

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/crossgrant/crossgrant/proof/internal/audit"
	"github.com/crossgrant/crossgrant/proof/internal/exposure"
)

var update = flag.Bool("update", false, "write the tables in README.md anew")

// The README's tables are those by which the proof judges.
func TestTablesInREADME(t *testing.T) {
	for name, want := range map[string]string{"resource types": resourceTypes(), "limits": limits()} {
		t.Run(name, func(t *testing.T) {
			begin, end := "<!-- The table of "+name+", written by go test ./proof -run TestTablesInREADME -update -->\n", "<!-- End of the table of "+name+" -->\n"
			b, err := os.ReadFile("README.md")
			if err != nil {
				t.Fatal(err)
			}
			before, rest, ok := strings.Cut(string(b), begin)
			found, after, ok2 := strings.Cut(rest, end)
			if !ok || !ok2 {
				t.Fatal("found no such table in README.md")
			}
			if found == want {
				return
			}
			if !*update {
				t.Fatal("the table in README.md is another than that of the code: run go test ./proof -run TestTablesInREADME -update")
			}
			if err := os.WriteFile("README.md", []byte(before+begin+want+end+after), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// limits is the table of what Quota counts.
func limits() string {
	text := "| what | at most | AWS's page |\n|---|---|---|\n"
	for _, l := range audit.Limits() {
		text += fmt.Sprintf("| %s | %d %s | %s |\n", l.Of, l.Max, l.Unit, l.Page)
	}
	return text
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
