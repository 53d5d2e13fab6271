package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag" // the flags of cobra, BSD-3-Clause
)

func manCommand() *cobra.Command {
	var dir string
	c := withErrors(&cobra.Command{
		Use:   "man --output DIRECTORY",
		Short: "Write the manual pages",
		Long: `Write a manual page of this program and one of each command, for man(1), to a directory. Releases
have them under share/man/man1.

Exit code: 0, 2 on an error.`,
		Example: `  crossgrant man --output ~/.local/share/man/man1
  man crossgrant-prove`,
		RunE: func(c *cobra.Command, _ []string) error {
			if dir == "" {
				return fmt.Errorf("found no --output, expected the directory to write to, such as ~/.local/share/man/man1")
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return fmt.Errorf("--output: %w, expected a directory that can be written to", err)
			}
			return writeManuals(c.Root(), dir)
		},
	}, 0, "none, only flags")
	c.Flags().StringVarP(&dir, "output", "o", "", "the `directory` to write the pages to; it is created")
	return c
}

// writeManuals writes the page of a command, and of each command below it.
func writeManuals(c *cobra.Command, dir string) error {
	if err := writeFile(filepath.Join(dir, manual(c)+".1"), func(w io.Writer) error {
		_, err := io.WriteString(w, manualPage(c))
		return err
	}); err != nil {
		return err
	}
	for _, sub := range documented(c) {
		if err := writeManuals(sub, dir); err != nil {
			return err
		}
	}
	return nil
}

// documented are the commands below one that have a page.
func documented(c *cobra.Command) (some []*cobra.Command) {
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() && sub.Name() != "help" {
			some = append(some, sub)
		}
	}
	return some
}

// manual is the name of a command's page.
func manual(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manualPage is the page of a command. The texts stay as the help has them, since some are tables; that is why cobra's own writer, which reads them as
// Markdown, is not used. It has no date, so that one version has the same pages everywhere.
// https://man7.org/linux/man-pages/man7/man.7.html
func manualPage(c *cobra.Command) string {
	var b strings.Builder
	section := func(title, text string) {
		fmt.Fprintf(&b, ".SH %s\n.nf\n%s\n.fi\n", title, roff(strings.Trim(text, "\n")))
	}
	fmt.Fprintf(&b, ".TH %q 1 \"\" crossgrant crossgrant\n", strings.ToUpper(manual(c)))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(manual(c)), roff(c.Short))
	usage := c.UseLine()
	if c.HasAvailableSubCommands() {
		usage = c.CommandPath() + " command"
	}
	section("SYNOPSIS", usage)
	if text := c.Long; text != "" {
		section("DESCRIPTION", text)
	}
	var options strings.Builder
	c.NonInheritedFlags().VisitAll(func(f *pflag.Flag) {
		argument, about := pflag.UnquoteUsage(f)
		name := "\\fB" + roff("--"+f.Name) + "\\fR"
		if f.Shorthand != "" {
			name = "\\fB" + roff("-"+f.Shorthand) + "\\fR, " + name
		}
		if argument != "" {
			name += " \\fI" + roff(argument) + "\\fR"
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "[]" && f.DefValue != "0" {
			about += fmt.Sprintf(" (default %q)", f.DefValue)
		}
		fmt.Fprintf(&options, ".TP\n%s\n%s\n", name, roff(about))
	})
	if options.Len() > 0 {
		b.WriteString(".SH OPTIONS\n" + options.String())
	}
	if c.HasExample() {
		section("EXAMPLES", c.Example)
	}
	var commands strings.Builder
	for _, sub := range documented(c) {
		fmt.Fprintf(&commands, ".TP\n\\fB%s\\fR(1)\n%s\n", roff(manual(sub)), roff(sub.Short))
	}
	if commands.Len() > 0 {
		b.WriteString(".SH COMMANDS\n" + commands.String())
	}
	if c.HasParent() {
		fmt.Fprintf(&b, ".SH SEE ALSO\n\\fB%s\\fR(1)\n", roff(manual(c.Parent())))
	}
	return b.String()
}

// roff escapes text for roff: the backslash, the hyphen that programs are to find, and what would be a request at the beginning of a line.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", "\\`", "'", `\(aq`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
