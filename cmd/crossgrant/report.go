package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/proof"
	"github.com/crossgrant/crossgrant/proof/page"
)

func reportCommand() *cobra.Command {
	var g given
	var file string
	c := &cobra.Command{
		Use:   "report",
		Short: "Write what prove finds as one HTML page, with a picture",
		Long: `Write what prove finds as one HTML page that needs no other file and no network: the verdict, a picture
of each grant's way, what to change, and all that was tried, hop by hop.

The file is written completely or not at all. Ends as prove does: with 0 if all is proved, with 1 if
something is broken, with 3 if something cannot be decided, with 2 on an error.`,
		Example: `  crossgrant report --assembly cdk.out -o report.html`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return inTrouble(fmt.Errorf("report: found %q, expected no arguments: the assembly is given by --assembly, the file by --output", args[0]))
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			if file == "" {
				return inTrouble(errors.New("report: found no --output, expected the file to write, such as report.html"))
			}
			a, options, err := g.load()
			if err != nil {
				return inTrouble(fmt.Errorf("report: %w", err))
			}
			report, err := proof.Prove(a, options)
			if err != nil {
				return inTrouble(fmt.Errorf("report: %w", err))
			}
			if err := writeWhole(file, func(w io.Writer) error { return page.Write(w, report) }); err != nil {
				return inTrouble(fmt.Errorf("report: %w", err))
			}
			verdict, says := report.Verdict(), summary(report, len(report.Findings()))
			if len(report.Checks) == 0 {
				says = "the assembly declares no grants"
			}
			if _, err := fmt.Fprintf(c.OutOrStdout(), "%s is written: %s, %s\n", file, colours(c.OutOrStdout()).verdict(verdict, string(verdict)), says); err != nil {
				return inTrouble(fmt.Errorf("report: print the verdict: %w", err))
			}
			return exitOf(verdict)
		},
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return inTrouble(fmt.Errorf("report: %w", err)) })
	g.flags(c)
	c.Flags().StringVarP(&file, "output", "o", "", "the HTML file to write; required")
	return c
}

// writeWhole writes a file completely or not at all: beside it first, under a name of its own.
func writeWhole(name string, write func(io.Writer) error) (err error) {
	beside, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("%w, expected a folder that can be written to", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(beside.Name()))
		}
	}()
	if err := errors.Join(write(beside), beside.Chmod(0o644), beside.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(beside.Name(), name); err != nil {
		return fmt.Errorf("%w, expected a name that a file can have", err)
	}
	return nil
}
