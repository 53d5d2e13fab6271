package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// check says whether what is checked out is a version that can be released: a semantic version of this module, the tag of a clean tree, and no smaller a step
// from the release before than what changed of api/ asks for.
func check(dir, version string) (commit, error) {
	const advice = "expected a version such as v1.2.3 or v1.2.3-rc.1"
	switch {
	case version == "":
		return commit{}, errors.New("found no VERSION, " + advice + ": make release VERSION=v1.2.3")
	case !semver.IsValid(version) || semver.Canonical(version) != version:
		return commit{}, fmt.Errorf("found VERSION %q, %s, as https://semver.org has it with a v", version, advice)
	}
	if err := module.Check(modulePath, version); err != nil {
		return commit{}, fmt.Errorf("found VERSION %s: %w, %s: from v2 on the path of the module has the version", version, err, advice)
	}
	status, err := git(dir, "status", "--porcelain")
	if err != nil {
		return commit{}, err
	}
	if status != "" {
		return commit{}, fmt.Errorf("found changes that are not committed, expected a clean tree:\n%s", status)
	}
	head, err := git(dir, "rev-parse", "HEAD")
	if err != nil {
		return commit{}, err
	}
	tagged, err := git(dir, "rev-parse", "--verify", "--quiet", "refs/tags/"+version+"^{commit}")
	if err != nil {
		return commit{}, fmt.Errorf("found no tag %s, expected one of the commit that is checked out: git tag -a %[1]s", version)
	}
	if tagged != head {
		return commit{}, fmt.Errorf("found tag %s at commit %s and %s checked out, expected the same: git checkout %[1]s", version, tagged, head)
	}
	seconds, err := git(dir, "log", "-1", "--format=%ct", "HEAD")
	if err != nil {
		return commit{}, err
	}
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return commit{}, fmt.Errorf("found %q as the time of the commit: %w", seconds, err)
	}
	return commit{head, time.Unix(at, 0).UTC()}, checkStep(dir, version)
}

// checkStep compares api/ with that of the release before. Each line there is something that others rely on: docs/versioning.md.
func checkStep(dir, version string) error {
	tags, err := git(dir, "tag", "--merged", "HEAD")
	if err != nil {
		return err
	}
	before := ""
	for _, tag := range strings.Fields(tags) {
		if semver.IsValid(tag) && semver.Prerelease(tag) == "" && semver.Compare(tag, version) < 0 && (before == "" || semver.Compare(tag, before) > 0) {
			before = tag
		}
	}
	if before == "" {
		return nil // the first release promises nothing yet
	}
	old, err := lines(dir, before)
	if err != nil {
		return err
	}
	current, err := lines(dir, "HEAD")
	if err != nil {
		return err
	}
	removed, added := without(old, current), without(current, old)
	sameMajor := semver.Major(before) == semver.Major(version)
	sameMinor := semver.MajorMinor(before) == semver.MajorMinor(version)
	switch {
	case len(removed) > 0 && semver.Major(before) == "v0" && sameMinor:
		return fmt.Errorf("found %s after %s, and %d lines of api/ that are no longer there, expected a higher minor version:\n%s", version, before, len(removed), some(removed))
	case len(removed) > 0 && semver.Major(before) != "v0" && sameMajor:
		return fmt.Errorf("found %s after %s, and %d lines of api/ that are no longer there, expected a higher major version:\n%s", version, before, len(removed), some(removed))
	case len(added) > 0 && sameMinor:
		return fmt.Errorf("found %s after %s, and %d new lines of api/, expected a higher minor version:\n%s", version, before, len(added), some(added))
	}
	return nil
}

// lines are those of all files below api/ at a revision, each with its file. None if there is no api/.
func lines(dir, revision string) ([]string, error) {
	names, err := git(dir, "ls-tree", "-r", "--name-only", "-z", revision, "--", "api")
	if err != nil {
		return nil, err
	}
	var all []string
	for _, name := range strings.FieldsFunc(names, func(r rune) bool { return r == 0 }) {
		text, err := git(dir, "show", revision+":"+name)
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(text) {
			all = append(all, name+": "+strings.TrimSuffix(line, "\n"))
		}
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// without are the lines that others, which are sorted, do not have.
func without(all, others []string) (some []string) {
	for _, line := range all {
		if _, has := slices.BinarySearch(others, line); !has {
			some = append(some, line)
		}
	}
	return some
}

func some(all []string) string {
	const most = 10
	if len(all) > most {
		all = append(slices.Clone(all[:most]), fmt.Sprintf("and %d more", len(all)-most))
	}
	return strings.Join(all, "\n")
}

// toolchainOf is the toolchain that a go.mod names.
func toolchainOf(name string) (string, error) {
	content, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	parsed, err := modfile.Parse(name, content, nil)
	if err != nil {
		return "", err
	}
	if parsed.Toolchain == nil {
		return "", fmt.Errorf("%s: found no toolchain, expected one: each compiles other bytes", name)
	}
	return parsed.Toolchain.Name, nil
}

func git(dir string, args ...string) (string, error) {
	c := exec.Command("git", append([]string{"-C", dir, "-c", "core.quotePath=false"}, args...)...)
	out, err := c.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(failed.Stderr)))
		}
		return "", fmt.Errorf("git %s: %w", strings.Join(args, " "), err)
	}
	return strings.TrimRight(string(out), "\n"), nil
}
