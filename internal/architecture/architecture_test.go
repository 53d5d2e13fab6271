package architecture

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/crossgrant/crossgrant"

// room is a row of the table in ARCHITECTURE.md: a package, its floor, and what it is for.
type room struct {
	floor    int
	sentence string
}

// rooms reads the table. The root package is "app.go".
func rooms(document string) (map[string]room, error) {
	row := regexp.MustCompile("(?m)^\\| ([0-9]) \\| `([^`]+)` \\| (.+) \\|$")
	all := map[string]room{}
	for _, cells := range row.FindAllStringSubmatch(document, -1) {
		floor, _ := strconv.Atoi(cells[1])
		if _, twice := all[cells[2]]; twice {
			return nil, fmt.Errorf("found %s twice", cells[2])
		}
		all[cells[2]] = room{floor, cells[3]}
	}
	if len(all) == 0 {
		return nil, errors.New("found no table of packages")
	}
	return all, nil
}

// imports are the packages of this module, each with those of this module that its code imports. Tests may import what they like.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	command := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	command.Dir = "../.."
	out, err := command.Output()
	if err != nil {
		t.Fatalf("list packages: %v", err)
	}
	all := map[string][]string{}
	decoder := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("list packages: %v", err)
		}
		all[name(p.ImportPath)] = []string{}
		for _, imported := range p.Imports {
			if imported == module || strings.HasPrefix(imported, module+"/") {
				all[name(p.ImportPath)] = append(all[name(p.ImportPath)], name(imported))
			}
		}
	}
}

func name(path string) string {
	if path == module {
		return "app.go"
	}
	return strings.TrimPrefix(path, module+"/")
}

// problems are what is wrong with the imports, by the floors.
func problems(floors map[string]room, imports map[string][]string) []string {
	var all []string
	for importer, imported := range imports {
		from, ok := floors[importer]
		if !ok {
			all = append(all, importer+": found no row, expected its floor and what it is for")
			continue
		}
		for _, p := range imported {
			to, ok := floors[p]
			switch {
			case !ok: // reported as an importer
			case strings.HasPrefix(importer+"/", "lambda/") != strings.HasPrefix(p+"/", "lambda/"):
				all = append(all, fmt.Sprintf("%s imports %s: package lambda is apart, and imports nothing of the rest", importer, p))
			case walled(importer, p):
				all = append(all, fmt.Sprintf("%s imports %s: that is the inside of %s", importer, p, owner(p)))
			case to.floor > from.floor:
				all = append(all, fmt.Sprintf("%s (floor %d) imports %s (floor %d): expected imports to go down", importer, from.floor, p, to.floor))
			case to.floor == from.floor && to.floor > 0 && top(importer) != top(p):
				all = append(all, fmt.Sprintf("%s imports %s, both on floor %d: expected imports to go down", importer, p, from.floor))
			}
		}
	}
	for p := range floors {
		if _, ok := imports[p]; !ok {
			all = append(all, p+": found a row, but no such package")
		}
	}
	slices.Sort(all)
	return all
}

// walled says that a package is inside another one, and not of the importer's own inside.
func walled(importer, p string) bool {
	inside := owner(p)
	return inside != "" && importer != inside && !strings.HasPrefix(importer, inside+"/internal/")
}

// owner is the package whose inside a package is, "" for none: that of the module is everyone's, and lambda's is its functions'.
func owner(p string) string {
	before, _, ok := strings.Cut(p, "/internal/")
	if !ok || before == "lambda" {
		return ""
	}
	return before
}

func top(p string) string {
	first, _, _ := strings.Cut(p, "/")
	return first
}

func TestImportsGoDown(t *testing.T) {
	document, err := os.ReadFile("../../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	floors, err := rooms(string(document))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems(floors, imports(t)) {
		t.Error(problem)
	}
	for p, r := range floors {
		if !strings.HasSuffix(r.sentence, ".") || strings.Count(r.sentence, " ") < 1 {
			t.Errorf("%s: found %q, expected a sentence that says what it is for", p, r.sentence)
		}
	}
}

func TestProblems(t *testing.T) {
	floors := map[string]room{}
	for p, floor := range map[string]int{"contract": 0, "internal/arn": 0, "policy": 0, "policy/internal/scan": 0, "assembly": 1, "assembly/accounts": 1,
		"lambda/list": 1, "lambda/internal/event": 1, "proof": 2, "constructs/network": 2, "stacks": 3} {
		floors[p] = room{floor: floor}
	}
	for name, c := range map[string]struct{ importer, imported, want string }{
		"down":                       {"stacks", "contract", ""},
		"down by two":                {"proof", "policy", ""},
		"within one tree":            {"assembly/accounts", "assembly", ""},
		"one's own inside":           {"policy", "policy/internal/scan", ""},
		"what is inside the module":  {"assembly", "internal/arn", ""},
		"within the ground floor":    {"policy", "internal/arn", ""},
		"a function's own":           {"lambda/list", "lambda/internal/event", ""},
		"up":                         {"policy", "assembly", "policy (floor 0) imports assembly (floor 1): expected imports to go down"},
		"across":                     {"proof", "constructs/network", "proof imports constructs/network, both on floor 2: expected imports to go down"},
		"another one's inside":       {"assembly", "policy/internal/scan", "assembly imports policy/internal/scan: that is the inside of policy"},
		"from a function":            {"lambda/list", "contract", "lambda/list imports contract: package lambda is apart, and imports nothing of the rest"},
		"of a function":              {"stacks", "lambda/internal/event", "stacks imports lambda/internal/event: package lambda is apart, and imports nothing of the rest"},
		"a package without a floor":  {"attic", "contract", "attic: found no row, expected its floor and what it is for"},
		"a floor without its tenant": {"", "", "proof: found a row, but no such package"},
	} {
		t.Run(name, func(t *testing.T) {
			all := map[string][]string{}
			for p := range floors {
				if c.importer != "" || p != "proof" {
					all[p] = nil
				}
			}
			if c.importer != "" {
				all[c.importer] = []string{c.imported}
			}
			found := strings.Join(problems(floors, all), "\n")
			if found != c.want {
				t.Errorf("found %q, expected %q", found, c.want)
			}
		})
	}
}

func TestRooms(t *testing.T) {
	found, err := rooms("# A\n\n| floor | package | for |\n|---|---|---|\n| 1 | `assembly` | Reads assemblies back. |\n| 0 | `policy` | Decides requests. |\n")
	if err != nil || len(found) != 2 || found["assembly"] != (room{1, "Reads assemblies back."}) {
		t.Errorf("found %v, %v", found, err)
	}
	if _, err := rooms("no table"); err == nil {
		t.Error("found no error for a document without a table")
	}
	if _, err := rooms("| 1 | `a` | One. |\n| 2 | `a` | Two. |\n"); err == nil {
		t.Error("found no error for a package that stands twice")
	}
}
