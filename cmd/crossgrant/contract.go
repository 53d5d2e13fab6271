package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/crossgrant/crossgrant/contract"
)

// Exit codes of the contract commands, as of diff(1).
const (
	differs = 1
	trouble = 2
)

func contractCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "contract",
		Short: "Look into contract.json, what two accounts have agreed on",
		Long: `Look into contract.json: which roles of one account may do what to which data of another, and
what is asked of them in return. The synthesis of the data's owner writes it into its cdk.out;
whoever uses the data synthesizes with it.`,
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return inTrouble(fmt.Errorf("contract: found command %q, expected one that crossgrant contract --help names, such as diff", args[0]))
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	command.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return inTrouble(fmt.Errorf("%w, expected one that %s --help names", err, c.CommandPath()))
	})
	command.AddCommand(contractDiffCommand())
	return command
}

func contractDiffCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what a new contract widens, moves and narrows",
		Long: `Say what a new contract changes, grant by grant:

  widened   more is permitted, or less is asked for it
  moved     something is called otherwise or stands elsewhere: its user has to follow
  narrowed  less is permitted, or more is asked for it

OLD and NEW are each a contract.json, or a cdk.out that has one. Permissions are compared by what
they permit: how statements are named, cut or ordered makes no difference.

Ends with 0 if both agree on the same, with 1 if they differ, with 2 if it cannot tell.`,
		Example: `  crossgrant contract diff contract.json cdk.out
  crossgrant contract diff <(git show main:contract.json) contract.json`,
		DisableFlagsInUseLine: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return inTrouble(fmt.Errorf("contract diff: found arguments %q, expected two, the old contract and the new one: crossgrant contract diff OLD NEW", args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			before, err := readContract(args[0])
			if err != nil {
				return inTrouble(err)
			}
			after, err := readContract(args[1])
			if err != nil {
				return inTrouble(err)
			}
			changes := contract.Diff(before, after)
			if err := printChanges(c.OutOrStdout(), before, after, changes); err != nil {
				return inTrouble(fmt.Errorf("print the changes: %w", err))
			}
			if len(changes) > 0 {
				return exit{code: differs}
			}
			return nil
		},
	}
}

func inTrouble(err error) error {
	if err == nil {
		return nil
	}
	return exit{trouble, err}
}

// printChanges prints them by grant, the grants that are widened first.
func printChanges(w io.Writer, before, after contract.Contract, changes []contract.Change) error {
	var out strings.Builder
	if len(changes) == 0 {
		out.WriteString(same(before, after))
	}
	var grants []string
	count := map[contract.ChangeKind]int{}
	for _, change := range changes {
		if count[change.Kind]++; !slices.Contains(grants, change.Grant) {
			grants = append(grants, change.Grant)
		}
	}
	for _, grant := range grants {
		fmt.Fprintln(&out, grant)
		for _, change := range changes {
			if change.Grant == grant {
				wrap(&out, fmt.Sprintf("  %-10s", change.Kind+":"), change.What)
			}
		}
		fmt.Fprintln(&out)
	}
	if len(changes) > 0 {
		fmt.Fprintf(&out, "%d widened, %d moved, %d narrowed\n", count[contract.Widened], count[contract.Moved], count[contract.Narrowed])
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func same(before, after contract.Contract) string {
	alike := slices.EqualFunc(before.Grants, after.Grants, func(a, b contract.Grant) bool { return a.Digest == b.Digest })
	text := fmt.Sprintf("same: %d grants", len(after.Grants))
	if len(after.Grants) == 1 {
		text = "same: 1 grant"
	}
	if !alike {
		text += "; statements are named or cut otherwise, which changes nothing"
	}
	return text + "\n"
}
