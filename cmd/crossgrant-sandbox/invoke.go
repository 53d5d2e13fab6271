package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/sandbox"
	"github.com/crossgrant/crossgrant/sandbox/background"
)

func invokeCommand() *cobra.Command {
	var directory, account, event, eventFile string
	var asJSON bool
	c := &cobra.Command{
		Use:   "invoke FUNCTION [flags]",
		Short: "Invoke a deployed function",
		Long: `Invoke a function that is deployed in the sandbox, with its execution role and from its subnets, and print
what it returns. Its program is kept for the next invocation, as Lambda does; after a deployment that
changes it, another one is started.

FUNCTION is its name, its logical ID, the path of its construct, or the end of one of them that no other
function has.

Exit code: 0 if the function returned, 1 if it failed or on an error; then the end of its log is printed,
too. 130 if it is interrupted.`,
		Example: `  crossgrant sandbox invoke list --event '{"prefix": "inbox/"}'
  crossgrant sandbox invoke CrossGrant-Source/Scan/Function --event-file event.json --json`,
		DisableFlagsInUseLine: true,
		Args:                  one("FUNCTION", "the name of a deployed function"),
		RunE: func(c *cobra.Command, args []string) error {
			if c.Flags().Changed("event-file") {
				text, err := readFile(c, eventFile)
				if err != nil {
					return fmt.Errorf("--event-file: %w", err)
				}
				event = string(text)
			}
			if !json.Valid([]byte(event)) {
				return fmt.Errorf("found the event %.100q, expected JSON", event)
			}
			state, err := running(directory)
			if err != nil {
				return err
			}
			result, err := background.Invoke.Call(c.Context(), state.Control, background.InvokeInput{Function: background.Named{Name: args[0], Account: account}, Event: event})
			if err != nil {
				return err
			}
			return printInvocation(c, result, asJSON)
		},
	}
	directoryFlag(c, &directory)
	accountFlag(c, &account)
	f := c.Flags()
	f.StringVar(&event, "event", "{}", "the event as `JSON`")
	f.StringVar(&eventFile, "event-file", "", "the `file` with the event; - for standard input")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	c.MarkFlagsMutuallyExclusive("event", "event-file")
	return c
}

// accountFlag is the flag that says in which account a name is looked for.
func accountFlag(c *cobra.Command, account *string) {
	c.Flags().StringVar(account, "account", "", "the `account` of it: source, target or an ID; default any")
}

// one expects one argument.
func one(name, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("found %d arguments, expected %s: %s", len(args), name, what)
		}
		return nil
	}
}

// readFile reads a file, or standard input for "-".
func readFile(c *cobra.Command, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(c.InOrStdin())
	}
	return os.ReadFile(name)
}

// printInvocation prints what a function returned, and errs if it failed.
func printInvocation(c *cobra.Command, result sandbox.Invocation, asJSON bool) (err error) {
	if asJSON {
		payload := json.RawMessage(result.Payload)
		if !json.Valid(payload) {
			payload, _ = json.Marshal(result.Payload) // never fails: a text
		}
		err = printJSON(c.OutOrStdout(), struct {
			sandbox.Invocation
			Payload json.RawMessage `json:"payload"`
		}{result, payload})
	} else {
		_, err = fmt.Fprintln(c.OutOrStdout(), result.Payload)
	}
	if err != nil || !result.Failed {
		return err
	}
	if !asJSON {
		printEnd(c.ErrOrStderr(), result.Log)
	}
	return fmt.Errorf("function %s failed: %s", result.Function, errorOf(result.Payload))
}

// shownLines is how many lines of the log of a function that failed are printed.
const shownLines = 40

// printEnd prints the last lines of a log.
func printEnd(to io.Writer, log string) {
	lines := strings.Split(strings.TrimRight(log, "\n"), "\n")
	if skipped := len(lines) - shownLines; skipped > 0 {
		fmt.Fprintf(to, "(%d more lines: crossgrant sandbox logs)\n", skipped)
		lines = lines[skipped:]
	}
	for _, line := range lines {
		fmt.Fprintln(to, line)
	}
}

// errorOf is the message of a function's error.
func errorOf(payload string) string {
	var of struct{ ErrorType, ErrorMessage string }
	if json.Unmarshal([]byte(payload), &of) != nil || of.ErrorMessage == "" {
		return payload
	}
	if of.ErrorType == "" {
		return of.ErrorMessage
	}
	return of.ErrorType + ": " + of.ErrorMessage
}

// pollLog is how often a log that is followed is read.
const pollLog = 250 * time.Millisecond

func logsCommand() *cobra.Command {
	var directory, account string
	var follow, asJSON bool
	var since time.Duration
	c := &cobra.Command{
		Use:   "logs FUNCTION [flags]",
		Short: "Print the log of a deployed function",
		Long: `Print what a function of the sandbox wrote, with Lambda's lines START, END and REPORT of each invocation,
whether or not its role may write to CloudWatch Logs. FUNCTION is as in invoke.

Exit code: 0, also if it is not invoked yet and after Ctrl-C; 1 on an error.`,
		DisableFlagsInUseLine: true,
		Args:                  one("FUNCTION", "the name of a deployed function"),
		RunE: func(c *cobra.Command, args []string) error {
			if since < 0 {
				return fmt.Errorf("--since: found %s, expected a duration such as 10m", since)
			}
			state, err := running(directory)
			if err != nil {
				return err
			}
			in := background.LogsInput{Function: background.Named{Name: args[0], Account: account}}
			if c.Flags().Changed("since") {
				in.Since = time.Now().Add(-since)
			}
			for {
				part, err := background.Logs.Call(c.Context(), state.Control, in)
				if err != nil {
					if follow && errors.Is(err, c.Context().Err()) {
						return nil
					}
					return err
				}
				switch {
				case !asJSON:
					_, err = io.WriteString(c.OutOrStdout(), part.Text)
				case part.Text != "" || in.Offset == 0 && !follow:
					err = json.NewEncoder(c.OutOrStdout()).Encode(part)
				}
				if err != nil {
					return err
				}
				// What was written later is after what is there now, whenever that began.
				moved := part.Next != in.Offset
				in.Offset = part.Next
				switch {
				case part.Text != "" && moved:
					continue // there may be more
				case !follow:
					return nil
				}
				select {
				case <-c.Context().Done():
					return nil
				case <-time.After(pollLog):
				}
			}
		},
	}
	directoryFlag(c, &directory)
	accountFlag(c, &account)
	f := c.Flags()
	f.BoolVar(&follow, "follow", false, "go on with what is written later, until Ctrl-C")
	f.BoolVar(&asJSON, "json", false, "print JSON: an object for each part of the log, with --follow one a line")
	f.DurationVar(&since, "since", 0, "print invocations that began within this `duration`, such as 10m; default all")
	return c
}
