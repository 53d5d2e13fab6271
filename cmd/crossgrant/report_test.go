package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReport(t *testing.T) {
	whole := houseAssembly(t)
	broken := houseAssembly(t, `Sid: Objects, Effect: Allow, Action: "s3:GetObject"`, `Sid: Objects, Effect: Allow, Action: "s3:*"`)
	open := houseAssembly(t, "PrivateDnsEnabled: true", "PrivateDnsEnabled: '{{resolve:ssm:/dns}}'")
	empty := houseAssembly(t, "CrossGrant::", "Other::")
	for name, c := range map[string]struct {
		args []string
		code int
		out  string // what is printed begins with this
		page string // is in the page
	}{
		"proved":       {[]string{"--assembly", whole}, 0, "r.html is written: proved, ", "</svg>Proved</h1>"},
		"broken":       {[]string{"--assembly", broken}, 1, "r.html is written: broken, ", "</svg>Broken</h1>"},
		"undecided":    {[]string{"--assembly", open}, 3, "r.html is written: undecided, ", "</svg>Undecided</h1>"},
		"without any":  {[]string{"--assembly", empty}, 0, "r.html is written: proved, the assembly declares no grants\n", "Nothing to prove</h1>"},
		"no assembly":  {[]string{"--assembly", "nowhere"}, 2, "crossgrant: report: ", ""},
		"an argument":  {[]string{"cdk.out"}, 2, "crossgrant: report: found \"cdk.out\", expected no arguments", ""},
		"a bad flag":   {[]string{"--json"}, 2, "crossgrant: report: unknown flag: --json\n", ""},
		"a bad option": {[]string{"--scp", "x"}, 2, "crossgrant: report: --scp: found \"x\", expected ACCOUNT=FILE", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			out, problems, code := run(t, dir, append([]string{"report", "-o", "r.html"}, c.args...)...)
			if code != c.code || !strings.HasPrefix(out+problems, c.out) || strings.Count(out+problems, "\n") != 1 {
				t.Errorf("found exit %d, %q, %q", code, out, problems)
			}
			page, err := os.ReadFile(filepath.Join(dir, "r.html"))
			if c.page == "" && !errors.Is(err, os.ErrNotExist) || !strings.Contains(string(page), c.page) {
				t.Errorf("found %v and a page of %d bytes, expected %q in it", err, len(page), c.page)
			}
		})
	}
}

func TestReportNeedsAFile(t *testing.T) {
	whole, dir := houseAssembly(t), t.TempDir()
	for expected, args := range map[string][]string{
		"report: found no --output, expected the file to write": nil,
		"expected a folder that can be written to":              {"-o", "nowhere/r.html"},
		"expected a name that a file can have":                  {"-o", "."},
	} {
		out, problems, code := run(t, dir, append([]string{"report", "--assembly", whole}, args...)...)
		if code != 2 || out != "" || !strings.Contains(problems, expected) {
			t.Errorf("%v: found exit %d, %q, %q, expected %q", args, code, out, problems, expected)
		}
	}
}

func TestAFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "r.html")
	for _, c := range []struct {
		text     string
		err      error
		expected string
	}{{"first", nil, "first"}, {"half of the sec", errors.New("no more"), "first"}, {"third", nil, "third"}} {
		err := writeWhole(name, func(w io.Writer) error {
			_, err := io.WriteString(w, c.text)
			return errors.Join(err, c.err)
		})
		if !errors.Is(err, c.err) {
			t.Errorf("found %v, expected %v", err, c.err)
		}
		if text, err := os.ReadFile(name); err != nil || string(text) != c.expected {
			t.Errorf("found %q, %v, expected %q", text, err, c.expected)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("found %v, %v, expected one file", files, err)
	}
}
