package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/internal/terminal"
	"github.com/crossgrant/crossgrant/policy"
	"github.com/crossgrant/crossgrant/proof/chaintext"
	"github.com/crossgrant/crossgrant/sandbox"
	"github.com/crossgrant/crossgrant/sandbox/background"
)

// trace prints decisions.
type trace struct {
	last   int
	denied bool
	caller string
	asJSON bool
}

func traceCommand() *cobra.Command {
	var t trace
	var directory string
	var follow bool
	c := &cobra.Command{
		Use:   "trace [flags]",
		Short: "Show the last requests and how they were decided",
		Long: `Show the last requests to the sandbox, the newest one last: who made each, from where, and each step of
it with the statement that decided, as crossgrant explain shows it.

The sandbox keeps the last 4,000 requests, or fewer if they take more than 8 MiB.

Exit code: 0, 1 if no sandbox runs or on an error, 130 if it is interrupted.`,
		DisableFlagsInUseLine: true,
		Args:                  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if t.last < 0 {
				return fmt.Errorf("--last: found %d, expected a number of requests from 0", t.last)
			}
			state, err := running(directory)
			if err != nil {
				return err
			}
			all, err := background.GetDecisions.Call(c.Context(), state.Control, 0)
			if err != nil {
				return err
			}
			chosen := t.choose(all)
			if err := t.print(c.OutOrStdout(), chosen[max(0, len(chosen)-t.last):]); err != nil {
				return err
			}
			if len(chosen) == 0 && !follow && !t.asJSON {
				fmt.Fprintf(c.OutOrStdout(), "found no such request among the last %d\n", len(all))
			}
			if !follow {
				return nil
			}
			return t.follow(c.Context(), c.OutOrStdout(), all, func(after int64) ([]sandbox.Decision, error) {
				return background.GetDecisions.Call(c.Context(), state.Control, after)
			})
		},
	}
	directoryFlag(c, &directory)
	f := c.Flags()
	f.IntVar(&t.last, "last", 10, "show the last `N` requests that the other flags choose")
	f.BoolVar(&t.denied, "denied", false, "show only requests that were not allowed")
	f.StringVar(&t.caller, "caller", "", "show only requests of callers whose ARN has this `text` in it")
	f.BoolVar(&follow, "follow", false, "go on with each request that comes, until Ctrl-C")
	f.BoolVar(&t.asJSON, "json", false, "print a JSON object a line")
	return c
}

// choose are the decisions that the flags choose.
func (t trace) choose(all []sandbox.Decision) []sandbox.Decision {
	var chosen []sandbox.Decision
	for _, d := range all {
		if strings.Contains(d.Caller, t.caller) && !(t.denied && d.Outcome == "allowed") {
			chosen = append(chosen, d)
		}
	}
	return chosen
}

// follow prints decisions as they come.
func (t trace) follow(ctx context.Context, out io.Writer, before []sandbox.Decision, next func(int64) ([]sandbox.Decision, error)) error {
	var last int64
	if n := len(before); n > 0 {
		last = before[n-1].Number
	}
	ticks := time.NewTicker(200 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticks.C:
		}
		more, err := next(last)
		if err != nil {
			return err
		}
		if len(more) > 0 {
			last = more[len(more)-1].Number
		}
		if err := t.print(out, t.choose(more)); err != nil {
			return err
		}
	}
}

// print prints decisions, the oldest one first.
func (t trace) print(out io.Writer, all []sandbox.Decision) error {
	if t.asJSON {
		e := json.NewEncoder(out)
		e.SetEscapeHTML(false)
		for _, d := range all {
			if err := e.Encode(d); err != nil {
				return fmt.Errorf("print the requests as JSON: %w", err)
			}
		}
		return nil
	}
	p := terminal.New(out)
	for _, d := range all {
		printDecision(p, d)
	}
	return p.Flush()
}

// printDecision prints one decision, with a line of its own at the top and an empty one at the end.
func printDecision(p *terminal.Printer, d sandbox.Decision) {
	passes := map[bool]policy.Answer{true: policy.Yes, false: policy.No}[d.Outcome == "allowed"]
	what := strings.TrimSpace(d.Service + " " + d.Operation)
	if what == "" {
		what = "a request"
	}
	p.Wrap("", fmt.Sprintf("%s  %s: %s in %.1f ms", d.Time.Local().Format("15:04:05.000"), what, p.Answer(passes, string(d.Outcome)), float64(d.Microseconds)/1000))
	if len(d.Asks) == 0 && d.Caller != "" {
		p.Wrap("  as   ", d.Caller)
	}
	if d.From != "" {
		p.Wrap("  from ", d.From)
	}
	for _, a := range d.Asks {
		p.Printf("\n")
		chaintext.Text{Chain: a.Chain, Remedies: a.Remedies}.Print(p)
	}
	if d.More > 0 {
		p.Printf("\nand %d more that were decided\n", d.More)
	}
	if d.Says != "" && (len(d.Asks) == 0 || d.Asks[len(d.Asks)-1].Chain.Passes == policy.Yes) {
		p.Wrap("      ", d.Says)
	}
	p.Printf("\n")
}
