package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The page says of which commit the working directory is, and when the templates were written.
func TestReportSaysFromWhatItIsMade(t *testing.T) {
	dir, from := t.TempDir(), houseAssembly(t)
	at := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	if err := os.Chtimes(filepath.Join(from, "manifest.json"), at, at); err != nil {
		t.Fatal(err)
	}
	git := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false"}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	report := func() string {
		t.Helper()
		if _, problems, code := run(t, dir, "report", "--assembly", from, "-o", "r.html"); code != 0 {
			t.Fatal(problems)
		}
		page, err := os.ReadFile(filepath.Join(dir, "r.html"))
		if err != nil {
			t.Fatal(err)
		}
		return string(page)
	}
	file := filepath.Join(dir, "app.go")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	const written = "<li>Templates written 2026-02-03 04:05:06 UTC</li>"
	if page := report(); !strings.Contains(page, written) || strings.Contains(page, "<li>Commit ") {
		t.Errorf("without a commit: found no %q, or a commit", written)
	}
	write("package app")
	git("init", "-q")
	git("add", "app.go")
	git("commit", "-q", "-m", "App")
	head := git("rev-parse", "HEAD")
	if page, expected := report(), "<li>Commit "+head+"</li>"+written; !strings.Contains(page, expected) {
		t.Errorf("found no %q", expected)
	}
	write("package other")
	if page, expected := report(), "<li>Commit "+head+", and changes that are not committed</li>"; !strings.Contains(page, expected) {
		t.Errorf("with a change: found no %q", expected)
	}
}
