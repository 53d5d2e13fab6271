package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
)

func TestManualPage(t *testing.T) {
	root := &cobra.Command{Use: "grant", Short: "Give - and take"}
	c := &cobra.Command{
		Use: "try [flags] FILE", Short: "Try 'it'", Long: "Try:\n\n  a-b  one \\ two\n.not a request\n'nor this", Example: "  grant try `x`",
		RunE: func(*cobra.Command, []string) error { return nil },
	}
	c.Flags().StringP("output", "o", "out", "the `directory` of results")
	c.Flags().Bool("json", false, "print JSON")
	root.AddCommand(c)
	expected := `.TH "GRANT-TRY" 1 "" crossgrant crossgrant
.SH NAME
grant\-try \- Try \(aqit\(aq
.SH SYNOPSIS
.nf
grant try [flags] FILE
.fi
.SH DESCRIPTION
.nf
Try:

  a\-b  one \e two
\&.not a request
\(aqnor this
.fi
.SH OPTIONS
.TP
\fB\-\-json\fR
print JSON
.TP
\fB\-o\fR, \fB\-\-output\fR \fIdirectory\fR
the directory of results (default "out")
.SH EXAMPLES
.nf
  grant try ` + "\\`x\\`" + `
.fi
.SH SEE ALSO
\fBgrant\fR(1)
`
	if diff := cmp.Diff(expected, manualPage(c)); diff != "" {
		t.Errorf("page (-expected +found):\n%s", diff)
	}
	if page := manualPage(root); !strings.Contains(page, ".SH COMMANDS\n.TP\n\\fBgrant\\-try\\fR(1)\nTry \\(aqit\\(aq\n") || strings.Contains(page, "SEE ALSO") {
		t.Errorf("found no command in\n%s", page)
	}
}

func TestManual(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	if out, problems, code := run(t, t.TempDir(), "man", "--output", dir); code != 0 || out+problems != "" {
		t.Fatalf("found exit %d, %q and %q", code, out, problems)
	}
	pages, err := os.ReadDir(dir)
	if err != nil || len(pages) != 18 {
		t.Errorf("found %d pages, %v, expected 18", len(pages), err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "crossgrant-contract-diff.1"))
	if err != nil || !strings.HasPrefix(string(page), ".TH \"CROSSGRANT-CONTRACT-DIFF\" 1 ") || !strings.Contains(string(page), "\n\\fB\\-\\-fail\\-on\\fR \\fIKIND\\fR\n") {
		t.Errorf("found %v and\n%s", err, page)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args     []string
		expected string
	}{
		"no directory":             {nil, "crossgrant: man: found no --output, expected the directory to write to, such as ~/.local/share/man/man1\n"},
		"a file where none can be": {[]string{"-o", file}, "crossgrant: man: --output: mkdir " + file + ": not a directory, expected a directory that can be written to\n"},
		"an argument in its place": {[]string{dir}, "crossgrant: man: found arguments [\"" + dir + "\"], expected none, only flags\n"},
	} {
		if out, problems, code := run(t, t.TempDir(), append([]string{"man"}, c.args...)...); code != 2 || out != "" || problems != c.expected {
			t.Errorf("%s: found exit %d, %q and %q, expected 2 and %q", name, code, out, problems, c.expected)
		}
	}
}
