package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// repository is a new one with a commit of each set of files, the tag that each names, and nothing of what this machine's Git is configured with.
func repository(t *testing.T, commits ...map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, value := range map[string]string{
		"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a",
		"GIT_COMMITTER_EMAIL": "a@example.com", "GIT_AUTHOR_DATE": "1700000000 +0900", "GIT_COMMITTER_DATE": "1700000000 +0900",
	} {
		t.Setenv(name, value)
	}
	run := func(args ...string) {
		t.Helper()
		if _, err := git(dir, args...); err != nil {
			t.Fatal(err)
		}
	}
	run("init", "--quiet")
	for _, files := range commits {
		for name, content := range files {
			if name == "tag" {
				continue
			}
			if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		run("add", "--all")
		run("commit", "--quiet", "--message", "x")
		if files["tag"] != "" {
			run("tag", files["tag"])
		}
	}
	return dir
}

func TestVersionsThatAreRefused(t *testing.T) {
	dir := repository(t, map[string]string{"a": "1", "tag": "v0.1.0"}, map[string]string{"a": "2", "tag": "v1.2.3"})
	for name, c := range map[string]struct{ version, expected string }{
		"none":                   {"", "found no VERSION, expected a version such as v1.2.3 or v1.2.3-rc.1: make release VERSION=v1.2.3"},
		"no v":                   {"1.2.3", `found VERSION "1.2.3", expected a version such as v1.2.3`},
		"two numbers":            {"v1.2", `found VERSION "v1.2", expected a version such as v1.2.3`},
		"build metadata":         {"v1.2.3+linux", `found VERSION "v1.2.3+linux", expected a version such as v1.2.3`},
		"another path of module": {"v2.0.0", "from v2 on the path of the module has the version"},
		"no tag":                 {"v1.2.4", "found no tag v1.2.4, expected one of the commit that is checked out: git tag -a v1.2.4"},
		"the tag of another":     {"v0.1.0", "checked out, expected the same: git checkout v0.1.0"},
	} {
		if _, err := check(dir, c.version); err == nil || !strings.Contains(err.Error(), c.expected) {
			t.Errorf("%s: found %v, expected %s", name, err, c.expected)
		}
	}
	found, err := check(dir, "v1.2.3")
	if err != nil || len(found.hash) != 40 || !found.time.Equal(time.Unix(1700000000, 0)) {
		t.Errorf("found %v, %v, expected the commit and its time", found, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "b"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := check(dir, "v1.2.3"); err == nil || !strings.Contains(err.Error(), "found changes that are not committed, expected a clean tree:\n?? b") {
		t.Errorf("found %v, expected that the tree is not clean", err)
	}
}

// A line of api/ that has gone is a break, a new one is a feature: https://semver.org.
func TestStepOfAVersion(t *testing.T) {
	const both, one, three = "pkg p, func A()\npkg p, func B()\n", "pkg p, func A()\n", "pkg p, func A()\npkg p, func B()\npkg p, func C()\n"
	for name, c := range map[string]struct {
		before, after, version string
		expected               string // "" for a version that is right
	}{
		"nothing changed":                     {"v1.2.3", both, "v1.2.4", ""},
		"a new line, minor":                   {"v1.2.3", three, "v1.3.0", ""},
		"a new line, patch":                   {"v1.2.3", three, "v1.2.4", "found v1.2.4 after v1.2.3, and 1 new lines of api/, expected a higher minor version:\napi/go.txt: pkg p, func C()"},
		"a line less, minor":                  {"v1.2.3", one, "v1.3.0", "found v1.3.0 after v1.2.3, and 1 lines of api/ that are no longer there, expected a higher major version:\napi/go.txt: pkg p, func B()"},
		"a line less, patch":                  {"v1.2.3", one, "v1.2.4", "expected a higher major version"},
		"a line less before v1, minor":        {"v0.2.3", one, "v0.3.0", ""},
		"a line less before v1, patch":        {"v0.2.3", one, "v0.2.4", "expected a higher minor version:\napi/go.txt: pkg p, func B()"},
		"a line less, from v0 to v1":          {"v0.2.3", one, "v1.0.0", ""},
		"a line less, a candidate of a patch": {"v1.2.3", one, "v1.2.4-rc.1", "expected a higher major version"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := repository(t, map[string]string{"api/go.txt": both, "tag": c.before}, map[string]string{"api/go.txt": both + "pkg p, func D()\n", "tag": "v1.9.0-rc.1"},
				map[string]string{"api/go.txt": c.after, "a": "2", "tag": c.version})
			if _, err := check(dir, c.version); (err == nil) != (c.expected == "") || err != nil && !strings.Contains(err.Error(), c.expected) {
				t.Errorf("found %v, expected %q", err, c.expected)
			}
		})
	}
}

func TestArguments(t *testing.T) {
	dir := repository(t, map[string]string{"go.mod": "module m\n\ngo 1.26.0\n\ntoolchain go1.1.1\n", "tag": "v0.1.0"})
	if err := release(dir, "v0.1.0", "", "", []string{"x"}); err == nil || !strings.Contains(err.Error(), `found arguments ["x"]`) {
		t.Errorf("found %v, expected that there is an argument", err)
	}
	if err := release(dir, "v0.1.0", "", "plan9/arm", nil); err == nil || !strings.Contains(err.Error(), `found platform "plan9/arm", expected one of [{darwin amd64}`) {
		t.Errorf("found %v, expected that there is no such platform", err)
	}
	if err := release(dir, "v0.1.0", "", "", nil); err == nil || !strings.Contains(err.Error(), "expected go1.1.1 of go.mod") {
		t.Errorf("found %v, expected that it is another compiler", err)
	}
}

var unsorted = []archived{{name: "share/b", content: []byte("b")}, {name: "crossgrant", content: []byte("binary"), program: true}, {name: "LICENSE", content: []byte("free")}}

var listing = []string{"x/LICENSE 644 2023-11-14T22:13:20Z free", "x/crossgrant 755 2023-11-14T22:13:20Z binary", "x/share/b 644 2023-11-14T22:13:20Z b"}

// What is in an archive depends on nothing of this machine, also not on its time zone.
func TestArchives(t *testing.T) {
	at := time.Unix(1700000000, 0)
	reversed := []archived{unsorted[2], unsorted[1], unsorted[0]}
	for name, write := range map[string]func(string, []archived, time.Time) ([]byte, error){"tar": tarGzip, "zip": zipped} {
		first, err := write("x", unsorted, at.In(time.FixedZone("", 9*60*60)).UTC())
		if err != nil {
			t.Fatal(err)
		}
		second, err := write("x", reversed, at.UTC())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, second) {
			t.Errorf("%s: found other bytes for another order", name)
		}
		var found []string
		if name == "tar" {
			found = inTar(t, first)
		} else {
			found = inZip(t, first)
		}
		if diff := cmp.Diff(listing, found); diff != "" {
			t.Errorf("%s (-expected +found):\n%s", name, diff)
		}
	}
}

func inTar(t *testing.T, content []byte) (all []string) {
	g, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if !g.ModTime.IsZero() || g.Name != "" {
		t.Errorf("found time %v and name %q in the header of gzip", g.ModTime, g.Name)
	}
	r := tar.NewReader(g)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Uid != 0 || h.Gid != 0 || h.Uname+h.Gname != "" {
			t.Errorf("%s: found an owner", h.Name)
		}
		all = append(all, entry(t, h.Name, h.FileInfo(), h.ModTime, r))
	}
}

func inZip(t *testing.T, content []byte) (all []string) {
	z, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry(t, f.Name, f.FileInfo(), f.Modified, r))
	}
	return all
}

func entry(t *testing.T, name string, info os.FileInfo, at time.Time, r io.Reader) string {
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	mode := "644"
	if info.Mode().Perm() == 0o755 {
		mode = "755"
	}
	return strings.Join([]string{name, mode, at.UTC().Format(time.RFC3339), string(text)}, " ")
}

// The format is that of `sha256sum`; the checksums are those of FIPS 180-2 for "abc" and of nothing.
func TestChecksums(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"b.zip": "abc", "a.json": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := (builder{out: dir}).checksums(); err != nil {
		t.Fatal(err)
	}
	const expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  a.json\nba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  b.zip\n"
	if found, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS")); err != nil || string(found) != expected {
		t.Errorf("found %s, %v, expected\n%s", found, err, expected)
	}
}

func TestLicenses(t *testing.T) {
	dir := t.TempDir()
	var all bytes.Buffer
	if err := license(&all, "m v1", dir); err == nil || !strings.Contains(err.Error(), "found no license of m v1 in "+dir) {
		t.Errorf("found %v, expected that there is none", err)
	}
	for name, content := range map[string]string{"LICENSE.md": "be free\n", "NOTICE": "by us", "license_test.go": "package x", "README": "no"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := license(&all, "m v1", dir); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("---- m v1, LICENSE.md ----\n\nbe free\n\n---- m v1, NOTICE ----\n\nby us\n\n", all.String()); diff != "" {
		t.Errorf("(-expected +found):\n%s", diff)
	}
}

func TestSBOMSaysNothingOfThisMachine(t *testing.T) {
	found, err := withoutToolHashes([]byte(`{"metadata": {"tools": [{"name": "cyclonedx-gomod", "hashes": [{"alg": "MD5"}]}]}, "components": [{"hashes": ["kept"]}]}`))
	const expected = `{
  "components": [
    {
      "hashes": [
        "kept"
      ]
    }
  ],
  "metadata": {
    "tools": [
      {
        "name": "cyclonedx-gomod"
      }
    ]
  }
}
`
	if diff := cmp.Diff(expected, string(found)); diff != "" || err != nil {
		t.Errorf("found %v and (-expected +found):\n%s", err, diff)
	}
	if _, err := withoutToolHashes([]byte(`{}`)); err == nil {
		t.Error("found no error for an SBOM that nothing has written")
	}
}
