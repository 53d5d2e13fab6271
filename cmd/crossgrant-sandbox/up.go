package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/sandbox"
	"github.com/crossgrant/crossgrant/sandbox/background"
	"github.com/crossgrant/crossgrant/sandbox/python"
)

func upCommand() *cobra.Command {
	var options sandbox.Options
	var directory, unknown string
	var foreground, asJSON bool
	c := &cobra.Command{
		Use:   "up [flags]",
		Short: "Start a sandbox in the background",
		Long: `Start two AWS accounts on this machine, as a process in the background, and print what to do next.
If a sandbox of this project runs already, print where.

Exit code: 0 if a sandbox runs, 1 on an error, 130 if it is interrupted.`,
		DisableFlagsInUseLine: true,
		Args:                  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			began := time.Now()
			if options.PassUnknown = unknown == "allow"; unknown != "allow" && unknown != "deny" {
				return fmt.Errorf("--unknown: found %q, expected deny or allow", unknown)
			}
			if options.Organization != "" && !organizationID.MatchString(options.Organization) {
				return fmt.Errorf("--organization: found %q, expected an ID such as o-a1b2c3d4e5", options.Organization)
			}
			if directory, err = background.Directory(directory); err != nil {
				return err
			}
			if state, err := background.Find(directory); err == nil { // even if nothing could start another one
				return printUp(c.OutOrStdout(), state.Status, alreadyRuns, asJSON)
			}
			here, err := os.Getwd()
			if err != nil {
				return err
			}
			if options.Venv, err = python.Environment(c.Context(), options.Venv, here, func(format string, args ...any) {
				fmt.Fprintf(c.ErrOrStderr(), format+"\n", args...)
			}); err != nil {
				return err
			}
			if foreground {
				return background.Serve(c.Context(), directory, options, c.ErrOrStderr(), func(s background.State) {
					printUp(c.OutOrStdout(), s.Status, usable(began), asJSON)
				})
			}
			program, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find this program, which runs the sandbox: %w", err)
			}
			state, already, err := background.Launch(c.Context(), directory, options, []string{program, "serve", "--directory", directory})
			if err != nil {
				return err
			}
			says := usable(began)
			if already {
				says = alreadyRuns
			}
			return printUp(c.OutOrStdout(), state.Status, says, asJSON)
		},
	}
	f := c.Flags()
	directoryFlag(c, &directory)
	f.StringVar(&options.Venv, "venv", "", "the `directory` of a Python environment with moto[server]; default the one that make setup made in a clone of crossgrant, else one in the user's cache, which is made once")
	f.StringVar(&options.Region, "region", sandbox.Region, "the `region` of commands that name none")
	f.StringArrayVar(&options.Accounts, "account", []string{sandbox.SourceAccount, sandbox.TargetAccount}, "the `ID` of the source account and, given again, of the target account")
	f.StringVar(&options.Organization, "organization", "", "the `ID` of the organization of the accounts; default unknown, so that what depends on it is denied")
	f.StringVar(&unknown, "unknown", "deny", "`deny` requests of which the sandbox does not know what they ask for, or allow them")
	f.BoolVar(&options.FailFast, "fail-fast", false, "answer requests without a route at once with the error SandboxNoRoute, instead of never")
	f.BoolVar(&foreground, "foreground", false, "run until Ctrl-C instead of in the background")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// organizationID is the form of the ID of an organization.
// https://docs.aws.amazon.com/organizations/latest/APIReference/API_Organization.html
var organizationID = regexp.MustCompile(`^o-[a-z0-9]{10,32}$`)

// directoryFlag is the flag by which every command finds its sandbox.
func directoryFlag(c *cobra.Command, directory *string) {
	c.Flags().StringVar(directory, "directory", "", "the `directory` of the sandbox's state; default one of the user's cache that is named after the project")
}

const alreadyRuns = "A sandbox of this project runs already"

func usable(began time.Time) string {
	return fmt.Sprintf("The sandbox is usable after %.1f s", time.Since(began).Seconds())
}

// printUp prints that a sandbox runs, and what to do next.
func printUp(out io.Writer, s background.Status, says string, asJSON bool) error {
	if asJSON {
		return printJSON(out, struct {
			background.Status
			Already bool `json:"already"`
		}{s, says == alreadyRuns})
	}
	if err := printStatus(out, s, says); err != nil {
		return err
	}
	_, err := fmt.Fprint(out, `
Next:
  crossgrant sandbox deploy           deploy the CDK app of this directory
  eval "$(crossgrant sandbox env)"    use the AWS command line or an SDK in this shell
  crossgrant sandbox down             stop it
`)
	return err
}

// printStatus prints where a sandbox runs.
func printStatus(out io.Writer, s background.Status, says string) error {
	var accounts []string
	for _, a := range s.Accounts {
		text := a.ID
		if a.Name != a.ID {
			text += " (" + a.Name + ")"
		}
		accounts = append(accounts, text)
	}
	_, err := fmt.Fprintf(out, "%s.\n  endpoint  %s\n  accounts  %s\n  region    %s\n  log       %s\n", says, s.Endpoint, strings.Join(accounts, ", "), s.Region, s.Log)
	return err
}

func printJSON(out io.Writer, value any) error {
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s\n", text)
	return err
}

// serveCommand is the background process itself, which gets its options on standard input.
func serveCommand() *cobra.Command {
	var directory string
	c := &cobra.Command{
		Use:    "serve",
		Short:  "Run the sandbox that up starts",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			var options sandbox.Options
			if err := json.NewDecoder(c.InOrStdin()).Decode(&options); err != nil {
				return fmt.Errorf("read the options of the sandbox: %w: it is crossgrant sandbox up that runs this command", err)
			}
			log := c.ErrOrStderr()
			err := background.Serve(c.Context(), directory, options, log, func(s background.State) {
				fmt.Fprintf(log, "%s the sandbox runs: process %d, endpoint %s\n", now(), s.Process, s.Endpoint)
			})
			if err == nil {
				fmt.Fprintf(log, "%s the sandbox has ended\n", now())
			}
			return err
		},
	}
	directoryFlag(c, &directory)
	return c
}

func now() string { return time.Now().UTC().Format("2006/01/02 15:04:05") }

func downCommand() *cobra.Command {
	var directory string
	var asJSON bool
	c := &cobra.Command{
		Use:   "down [flags]",
		Short: "Stop the sandbox and remove its state",
		Long: `Stop the sandbox of this project, and remove what it has: its accounts with all that is in them, and
its files except for the log. Return when no process of it is left.

Exit code: 0, also if no sandbox runs, 1 on an error, 130 if it is interrupted.`,
		DisableFlagsInUseLine: true,
		Args:                  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			if directory, err = background.Directory(directory); err != nil {
				return err
			}
			err = background.Stop(c.Context(), directory)
			ran := !errors.Is(err, background.ErrNotRunning)
			if err != nil && ran {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), struct {
					Stopped bool `json:"stopped"`
				}{ran})
			}
			if ran {
				_, err = fmt.Fprintln(c.OutOrStdout(), "The sandbox is stopped, and nothing of it is left.")
			} else {
				_, err = fmt.Fprintf(c.OutOrStdout(), "No sandbox runs for %s.\n", directory)
			}
			return err
		},
	}
	directoryFlag(c, &directory)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func statusCommand() *cobra.Command {
	var directory string
	var asJSON bool
	c := &cobra.Command{
		Use:   "status [flags]",
		Short: "Say whether a sandbox runs, and where",
		Long: `Say whether a sandbox of this project runs, and print its endpoint and its accounts.

Exit code: 0 if one runs, 1 if none does or on an error.`,
		DisableFlagsInUseLine: true,
		Args:                  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			state, err := running(directory)
			if err != nil {
				return err
			}
			status, err := background.GetStatus.Call(c.Context(), state.Control, struct{}{})
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), status)
			}
			return printStatus(c.OutOrStdout(), status, "The sandbox runs since "+status.Started.Local().Format("2006-01-02 15:04:05"))
		},
	}
	directoryFlag(c, &directory)
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// running is the sandbox that runs in a directory, as the flag of a command says it.
func running(directory string) (background.State, error) {
	directory, err := background.Directory(directory)
	if err != nil {
		return background.State{}, err
	}
	return background.Find(directory)
}
