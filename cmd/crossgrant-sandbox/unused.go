package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/internal/columns"
	"github.com/crossgrant/crossgrant/internal/terminal"
	"github.com/crossgrant/crossgrant/sandbox"
	"github.com/crossgrant/crossgrant/sandbox/background"
)

// bootstrapStack is the stack that the CDK's command line makes, which is no part of an app.
const bootstrapStack = "CDKToolkit"

func unusedCommand() *cobra.Command {
	var directory string
	var asJSON, bootstrap bool
	c := &cobra.Command{
		Use:   "unused [flags]",
		Short: "Show what the deployed policies permit that no request needed",
		Long: `Show the Allow statements of the deployed identity, trust and resource policies that permitted no
request since the sandbox started or was reset, and the actions and resources of the others that none
needed: to narrow them, once everything has run that has to work. It changes nothing.

Most of what AWS's services do by themselves, such as what Lambda writes to logs and alarms send to
topics, makes no request here, and is shown as never used.

Exit code: 0, 1 if no sandbox runs or on an error.`,
		DisableFlagsInUseLine: true,
		Args:                  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			state, err := running(directory)
			if err != nil {
				return err
			}
			usage, err := background.GetUsage.Call(c.Context(), state.Control, struct{}{})
			if err != nil {
				return err
			}
			if !bootstrap {
				usage = withoutBootstrap(usage)
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), usage)
			}
			p := terminal.New(c.OutOrStdout())
			printUsage(p, usage)
			return p.Flush()
		},
	}
	directoryFlag(c, &directory)
	f := c.Flags()
	f.BoolVar(&bootstrap, "bootstrap", false, "show the policies of the stack "+bootstrapStack+", too")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// withoutBootstrap leaves out what the CDK's own stack permits.
func withoutBootstrap(u sandbox.Usage) sandbox.Usage {
	all := u.Statements[:0:0]
	for _, s := range u.Statements {
		if s.Stack != bootstrapStack {
			all = append(all, s)
		}
	}
	u.Statements = all
	return u
}

func printUsage(p *terminal.Printer, u sandbox.Usage) {
	var never, partly int
	stack, name := "", ""
	for _, s := range u.Statements {
		switch {
		case !s.Used:
			never++
		case len(s.Actions)+len(s.Resources) > 0:
			partly++
		default:
			continue
		}
		if of := "stack " + s.Stack + " of account " + s.Account; of != stack {
			p.Printf("%s\n", of)
			stack, name = of, ""
		}
		if s.Name != name {
			p.Wrap("  ", s.Name)
			name = s.Name
		}
		if !s.Used {
			p.Wrap("    ", "statement "+s.Statement+": never used")
		} else {
			p.Wrap("    ", "statement "+s.Statement+": used, but not for")
		}
		for _, list := range []struct {
			label    string
			patterns []string
		}{{"      actions    ", s.Actions}, {"      resources  ", s.Resources}} {
			if len(list.patterns) > 0 {
				p.Wrap(list.label, strings.Join(list.patterns, " "))
			}
		}
	}
	if never+partly > 0 {
		p.Printf("\n")
	}
	p.Wrap("", fmt.Sprintf("since %s: %s, %d never used, %d used in part", u.Since.Local().Format("2006-01-02 15:04:05"), columns.Count(len(u.Statements), "statement", "statements"), never, partly))
}
