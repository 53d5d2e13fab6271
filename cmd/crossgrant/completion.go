package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"
)

// shells are those that completion writes a script for.
var shells = []string{"bash", "fish", "powershell", "zsh"}

func completionCommand() *cobra.Command {
	c := withErrors(&cobra.Command{
		Use:   "completion SHELL",
		Short: "Write the script with which a shell completes commands and flags",
		Long: `Write the script with which a shell completes the commands, the flags and some of the flags' values.
SHELL is bash, fish, powershell or zsh. Releases have the scripts under share/completions.

Exit code: 0, 2 on an error.`,
		Example: `  source <(crossgrant completion bash)
  crossgrant completion bash > /etc/bash_completion.d/crossgrant
  crossgrant completion zsh > "${fpath[1]}/_crossgrant"
  crossgrant completion fish > ~/.config/fish/completions/crossgrant.fish
  crossgrant completion powershell | Out-String | Invoke-Expression`,
		RunE: func(c *cobra.Command, args []string) error {
			root, out := c.Root(), c.OutOrStdout()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(out, true)
			case "fish":
				return root.GenFishCompletion(out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(out)
			case "zsh":
				return root.GenZshCompletion(out)
			}
			return fmt.Errorf("found shell %q, expected one of %q", args[0], shells)
		},
	}, 1, "one shell, of bash, fish, powershell and zsh")
	c.ValidArgs = slices.Clone(shells)
	return c
}

// completes lets shells complete the values of a flag, which has to be there.
func completes(c *cobra.Command, flag string, values []string) {
	if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}
