package workload

import (
	"bytes"
	"context"
	"debug/elf"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// module writes a Go module with one main package for each name, and returns its folder.
func module(t *testing.T, body string, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	moduleIn(t, dir, body, names...)
	return dir
}

func moduleIn(t *testing.T, dir, body string, names ...string) {
	t.Helper()
	files := map[string]string{"go.mod": "module example.com/functions\n\ngo 1.26\n"}
	for _, name := range names {
		files[filepath.Join(name, "main.go")] = "package main\n\nfunc main() {\n\t" + body + "\n}\n"
	}
	for name, content := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// code returns the binary that is deployed.
func code(t *testing.T, build *Build, pkg string) []byte {
	t.Helper()
	dir, err := build.asset(pkg)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || entries[0].Name() != "bootstrap" {
		t.Fatalf("found files %v (%v), expected bootstrap alone", entries, err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestCompileForBothArchitectures(t *testing.T) {
	dir := module(t, `println("hello")`, "one", "two")
	for architecture, machine := range map[Architecture]elf.Machine{"": elf.EM_AARCH64, ARM64: elf.EM_AARCH64, X86_64: elf.EM_X86_64} {
		build, err := Compile(context.Background(), BuildProps{Dir: dir, Packages: []string{"./one", "./two"}, Architecture: architecture})
		if err != nil {
			t.Fatal(err)
		}
		for _, pkg := range []string{"./one", "./two"} {
			file, err := elf.NewFile(bytes.NewReader(code(t, build, pkg)))
			if err != nil {
				t.Fatal(err)
			}
			if file.Machine != machine {
				t.Errorf("%s for %q: found %s, expected %s", pkg, architecture, file.Machine, machine)
			}
			if libraries, _ := file.ImportedLibraries(); len(libraries) != 0 {
				t.Errorf("%s: found shared libraries %q, expected a static program", pkg, libraries)
			}
		}
	}
}

func TestOneSourceGivesTheSameBytesInEveryCheckout(t *testing.T) {
	var found [][]byte
	for range 2 {
		build, err := Compile(context.Background(), BuildProps{Dir: module(t, `println("hello")`, "one"), Packages: []string{"./one"}})
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, code(t, build, "./one"))
	}
	if !bytes.Equal(found[0], found[1]) {
		t.Error("found different bytes from two folders")
	}
}

// A umask that keeps others out must not keep Lambda out.
func TestLambdaCanRunTheFunctionWhateverTheUmask(t *testing.T) {
	build, err := Compile(context.Background(), BuildProps{Dir: module(t, `println("hello")`, "one"), Packages: []string{"./one"}})
	if err != nil {
		t.Fatal(err)
	}
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	dir, err := build.asset("./one")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, filepath.Join(dir, "bootstrap")} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%s: found %v (%v), expected mode 755", filepath.Base(path), info.Mode(), err)
		}
	}
}

func TestAChangeOfTheSourceIsCompiled(t *testing.T) {
	dir := module(t, `println("hello")`, "one")
	compile := func() []byte {
		build, err := Compile(context.Background(), BuildProps{Dir: dir, Packages: []string{"./one"}})
		if err != nil {
			t.Fatal(err)
		}
		return code(t, build, "./one")
	}
	before := compile()
	if err := os.WriteFile(filepath.Join(dir, "one", "main.go"), []byte("package main\n\nfunc main() { println(\"goodbye\") }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(before, compile()) {
		t.Error("found the old program after the source had changed")
	}
}

func TestGoFlagsOfTheUserDoNotChangeTheProgram(t *testing.T) {
	dir := module(t, `println("hello")`, "one")
	build := func() []byte {
		b, err := Compile(context.Background(), BuildProps{Dir: dir, Packages: []string{"./one"}})
		if err != nil {
			t.Fatal(err)
		}
		return code(t, b, "./one")
	}
	before := build()
	t.Setenv("GOFLAGS", "-tags=other -race")
	t.Setenv("GOARCH", "386")
	if !bytes.Equal(before, build()) {
		t.Error("found another program under the user's GOFLAGS")
	}
}

func TestCompileProblems(t *testing.T) {
	for name, c := range map[string]struct {
		body     string
		packages []string
		expected string
	}{
		"a compile error as the compiler prints it": {"undefinedFunction()", []string{"./one"}, "main.go:4:2: undefined: undefinedFunction"},
		"a package that is not there":               {"", []string{"./three"}, "directory not found"},
		"no package":                                {"", nil, "found no package, expected at least one, such as ./lambda/list"},
		"two packages of one name":                  {"", []string{"./one", "./other/one"}, "found packages ./one and ./other/one, expected last elements that differ"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Compile(context.Background(), BuildProps{Dir: module(t, c.body, "one", "other/one"), Packages: c.packages})
			if err == nil || !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %s", err, c.expected)
			}
		})
	}
}

// Start returns before the compiler has ended; what needs the code waits for it, and gets its error.
func TestConstructsWaitForTheBuild(t *testing.T) {
	for _, c := range []struct{ body, expected string }{{`println("hello")`, ""}, {"undefinedFunction()", "undefined: undefinedFunction"}} {
		build, err := Start(context.Background(), BuildProps{Dir: module(t, c.body, "one"), Packages: []string{"./one"}})
		if err != nil {
			t.Fatal(err)
		}
		_, err = build.asset("./one")
		if (c.expected == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.expected) {
			t.Errorf("%s: found %v, expected %q", c.body, err, c.expected)
		}
		if again := build.Wait(); again != err {
			t.Errorf("%s: found %v after %v, expected the same", c.body, again, err)
		}
	}
}

// The folder of a function follows a binary that is replaced, as Go does, and one that is written anew in its place.
func TestTheFolderHasTheNewestBinary(t *testing.T) {
	dir := t.TempDir()
	file, name := filepath.Join(dir, "one"), filepath.Join(dir, "one.asset", "bootstrap")
	if err := os.Mkdir(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		content string
		replace bool
	}{{"first", false}, {"second", false}, {"third", true}, {"third", false}} {
		if c.replace {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(file, []byte(c.content), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := link(file, name); err != nil {
			t.Fatal(err)
		}
		if found, err := os.ReadFile(name); err != nil || string(found) != c.content {
			t.Errorf("found %q (%v), expected %q", found, err, c.content)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 2 {
		t.Errorf("found %v (%v), expected the binary and the folder alone", entries, err)
	}
}

func TestCancelledBuildEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Compile(ctx, BuildProps{Dir: module(t, "", "one"), Packages: []string{"./one"}}); err == nil {
		t.Error("found no error")
	}
}
