package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
)

// ecosystem names the registry that serves the versions of a pin.
type ecosystem string

const (
	goModule      ecosystem = "the Go module proxy"
	npmPackage    ecosystem = "npm"
	pythonPackage ecosystem = "PyPI"
)

// pin is a version that a file of the repository fixes.
type pin struct {
	ecosystem           ecosystem
	name, version, file string
}

// files are the files with pins. The examples are left out: they require this module, and so at least the versions of its go.mod.
var files = []struct {
	path string
	read func(file string, content []byte) ([]pin, error)
}{
	{"go.mod", readGoMod},
	{"tools/staticcheck/go.mod", readGoMod},
	{"tools/nag/go.mod", readGoMod},
	{"tools/s5cmd/go.mod", readGoMod},
	{"tools/versitygw/go.mod", readGoMod},
	{"tools/cyclonedx/go.mod", readGoMod},
	{"tools/actionlint/go.mod", readGoMod},
	{"package.json", readPackageJSON},
	{"proof/page/browser/package.json", readPackageJSON},
	{"sandbox/internal/faults/dynalite/package.json", readPackageJSON},
	{"tools/asl/package.json", readPackageJSON},
	{"requirements.txt", readRequirements},
}

func readPins(dir string) ([]pin, error) {
	var pins []pin
	var errs []error
	for _, f := range files {
		content, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.path)))
		if err != nil {
			errs = append(errs, fmt.Errorf("%w, expected the root of the repository", err))
			continue
		}
		found, err := f.read(f.path, content)
		if err == nil && len(found) == 0 {
			err = errors.New("found no pins, expected one or more")
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", f.path, err))
		}
		for _, p := range found {
			if !slices.ContainsFunc(pins, func(q pin) bool { return q.name == p.name && q.version == p.version }) {
				pins = append(pins, p)
			}
		}
	}
	return pins, errors.Join(errs...)
}

// readGoMod returns the direct requirements, and those that provide a tool.
func readGoMod(file string, content []byte) ([]pin, error) {
	parsed, err := modfile.Parse(file, content, nil)
	if err != nil {
		return nil, err
	}
	isTool := func(module string) bool {
		return slices.ContainsFunc(parsed.Tool, func(t *modfile.Tool) bool { return t.Path == module || strings.HasPrefix(t.Path, module+"/") })
	}
	var pins []pin
	for _, r := range parsed.Require {
		if !r.Indirect || isTool(r.Mod.Path) {
			pins = append(pins, pin{goModule, r.Mod.Path, r.Mod.Version, file})
		}
	}
	return pins, nil
}

func readPackageJSON(file string, content []byte) ([]pin, error) {
	var document struct{ Dependencies, DevDependencies, OptionalDependencies map[string]string }
	if err := json.Unmarshal(content, &document); err != nil {
		return nil, err
	}
	var pins []pin
	for _, group := range []map[string]string{document.Dependencies, document.DevDependencies, document.OptionalDependencies} {
		for _, name := range slices.Sorted(maps.Keys(group)) {
			pins = append(pins, pin{npmPackage, name, group[name], file})
		}
	}
	return pins, nil
}

// transitive is the comment of requirements.txt below which the packages are that the ones above need. Their versions are what those permit.
const transitive = "# What they need:"

func readRequirements(file string, content []byte) ([]pin, error) {
	var pins []pin
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if line == transitive {
			return pins, nil
		}
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, version, ok := strings.Cut(line, "==")
		if !ok {
			return nil, fmt.Errorf("found %q, expected NAME==VERSION", line)
		}
		pins = append(pins, pin{pythonPackage, name, version, file})
	}
	return nil, fmt.Errorf("found no line %q, expected it after the packages that are required directly", transitive)
}
